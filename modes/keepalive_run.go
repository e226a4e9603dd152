package modes

import (
	"context"
	"errors"
	"time"

	"cat5/io/epoll"
	"cat5/io/hist"
	"cat5/io/pump"
	"cat5/io/sock"
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// keepRun is a connection that is held.
type keepRun struct {
	*cable
	e    *Env
	f    *keepFlags
	conn sock.Conn
	name string
	doc  keepReport
	up   time.Duration // the moment it was connected

	kernel prober
	beats  beats
	hist   hist.Hist
	buf    []byte
	got    int64 // bytes that came and were not asked for

	look, line, over epoll.Timer
	end              ending
	broke            error // the report could not be written
}

// ending is why the connection is held no longer.
type ending struct {
	why   endReason
	err   error         // what the kernel said, for gone
	at    time.Duration // when
	quiet time.Duration // since the peer's last sign of life, by the kernel's own clock
}

type endReason uint8

const (
	endNone    endReason = iota
	endGone              // the kernel gave its verdict: ending.err
	endFIN               // the peer has ended its side
	endTime              // --for is over, or a signal came
	endMissed            // too many beats without an answer
	endForeign           // something else than our own bytes came back
)

func runKeepalive(e *Env, o *options, f *keepFlags, operands []string) error {
	network := "tcp"
	if len(operands) > 0 && (operands[0] == "tcp" || operands[0] == "unix") {
		network, operands = operands[0], operands[1:]
	}
	if len(operands) > 0 && operands[0] == "udp" {
		return usageError("udp: datagrams have no connection that could be kept alive")
	}
	if err := f.check(o, network); err != nil {
		return err
	}
	if network == "tcp" {
		if err := f.sockopts(o); err != nil {
			return err
		}
	}
	if o.listen {
		return serveEcho(e, o, "keepalive", network, operands)
	}
	t := e.talk(o)
	t.json, t.quiet = false, o.quiet || o.json // the report is the only document
	r := &keepRun{e: e, f: f, cable: &cable{k: e.K, o: o, t: t, network: network, listen: sock.Conn{FD: -1}, began: e.K.Now()}}
	r.doc = keepReport{e: e, json: o.json, quiet: o.quiet}
	r.status = r.tellNow
	if err := r.address(operands); err != nil {
		return err
	}
	if err := r.options(); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	r.cancel = cancel
	plainSignals()
	sigs := watchSignals(r.o.service.before(r.onSignal))
	defer sigs.stop()
	return r.run(ctx)
}

// run connects, holds the connection on a loop, and tells the verdict.
func (r *keepRun) run(ctx context.Context) (err error) {
	if r.loop, err = pump.New(r.k); err != nil {
		return err
	}
	defer func() {
		r.mu.Lock()
		r.looping = false
		r.mu.Unlock()
		r.loop.Close()
	}()
	if r.conn, r.name, err = r.dialAgain(ctx); err != nil {
		return r.interrupted(ctx, err)
	}
	defer r.conn.Close(r.k)
	r.up = r.k.Now()
	if err := r.t.ready(r.o); err != nil {
		return fail(exitWrite, err)
	}
	if err := r.begin(); err != nil {
		return err
	}
	r.mu.Lock()
	r.looping = true
	pending, asked := r.signal, r.asked
	r.mu.Unlock()
	if asked {
		r.tellNow()
	}
	if pending != 0 {
		r.stopFor(pending)
	}
	err = r.loop.Run()
	r.stop(ending{why: endTime}) // unless there was a reason
	if v := r.finish(); r.broke != nil || err == nil {
		err = v
	}
	return err
}

// begin tells what was set and what follows from it, and starts to watch.
func (r *keepRun) begin() error {
	if r.network == "tcp" {
		if err := r.kernel.begin(r); err != nil {
			return err
		}
	}
	r.head()
	if err := r.loop.Watch(r.conn.FD, epoll.In, r.ready); err != nil {
		return err
	}
	if r.f.heartbeat || r.f.size > 0 {
		r.beats.begin(r)
	}
	if r.network == "tcp" {
		r.look.F = r.lookAgain
		r.lookAgain()
	}
	if r.f.watch && !r.beats.on { // else it comes with the beats
		r.line.F = func() {
			r.tellWatch()
			r.loop.After(&r.line, r.f.every)
		}
		r.loop.After(&r.line, r.f.every)
	}
	if r.f.hold > 0 {
		r.over.F = func() {
			if r.beats.last = true; !r.beats.waiting { // else that answer is waited for
				r.stop(ending{why: endTime})
			}
		}
		r.loop.After(&r.over, r.f.hold)
	}
	return r.broke
}

// stop ends the holding; the first reason stands.
func (r *keepRun) stop(end ending) {
	if r.end.why == endNone {
		end.at = r.k.Now()
		if r.kernel.info != nil && r.kernel.read(r) == nil {
			end.quiet = silence(r.kernel.info)
		}
		r.end = end
	}
	r.loop.Stop()
}

// ready reads what there is: bytes, the peer's end, or the kernel's verdict, which the next call on the socket returns
// (tcp(7): "ETIMEDOUT: the other end didn't acknowledge retransmitted data after some time").
func (r *keepRun) ready(ev epoll.Event) {
	if ev.Out {
		r.beats.push(r)
	}
	if r.buf == nil {
		r.buf = make([]byte, 64<<10)
		if r.o.sockType == unix.SOCK_SEQPACKET {
			r.buf = make([]byte, unixMax+1) // a record larger than the largest of ours shows itself
		}
	}
	for r.end.why == endNone {
		n, _, err := sys.Recvfrom(r.k, r.conn.FD, r.buf, unix.MSG_DONTWAIT, nil)
		switch {
		case err == unix.EAGAIN:
			return
		case err != nil:
			r.stop(ending{why: endGone, err: err})
		case n == 0:
			r.stop(ending{why: endFIN})
		case r.beats.on:
			r.beats.take(r, r.buf[:n])
		default:
			r.got += int64(n)
		}
	}
}

// code is what the run leaves with: see the table in docs/commands/keepalive.md.
func (r *keepRun) code() int {
	switch r.end.why {
	case endGone:
		switch {
		case errors.Is(r.end.err, unix.ECONNRESET), errors.Is(r.end.err, unix.EPIPE):
			return exitRecv
		case noAnswer(r.end.err):
			return exitTimeout
		}
		return exitRecv
	case endMissed:
		return exitTimeout
	case endForeign:
		return exitNo
	case endFIN:
		if r.beats.waiting {
			return exitRecv
		}
	case endTime:
		if r.kernel.unanswered > 0 || r.beats.inRow > 0 || r.beats.on && r.beats.answered == 0 {
			return exitTimeout
		}
	}
	return exitOK
}

// noAnswer says whether an error means that nothing came back: the time is over, or ICMP said that nothing can come
// (icmp_err_convert in the kernel's net/ipv4/icmp.c gives these; a port that is unreachable is ECONNREFUSED).
func noAnswer(err error) bool {
	switch err {
	case unix.ETIMEDOUT, unix.EHOSTUNREACH, unix.ENETUNREACH, unix.EHOSTDOWN, unix.ENONET, unix.ECONNREFUSED, unix.ENOPROTOOPT, unix.EOPNOTSUPP, unix.EACCES:
		return true
	}
	return false
}

func (r *keepRun) beating() bool { return r.f.heartbeat || r.f.size > 0 }

// left is how long it is to a verdict if nothing comes from the peer any more.
func (r *keepRun) left(now time.Duration) time.Duration {
	if !r.beats.on {
		return r.kernel.left(now)
	}
	left := time.Duration(r.f.misses()) * r.f.patience()
	if r.beats.waiting {
		left += r.beats.at - now
		if user := r.kernel.user; user > 0 && r.kernel.info.Unacked > 0 {
			left = min(left, user+r.beats.at-now)
		}
	}
	return max(left, 0)
}
