package modes

import (
	"context"
	"errors"
	"sync"
	"time"

	"cat5/io/epoll"
	"cat5/io/filter"
	"cat5/io/pump"
	"cat5/io/sock"
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// cable is a run of tcp, udp or unix: our standard descriptors on one side, one peer at a time on the other.
type cable struct {
	k       *sys.Calls
	o       *options
	t       *talker
	network string
	plan    sock.Plan
	hosts   sock.HostPort // for tcp and udp
	ports   []string      // a client's, when there are several
	port    int           // the one of these that hosts is about
	reached bool          // one of them has answered
	failed  *verdict      // how the link to one of them ended badly
	many    bool          // they have several addresses
	program program
	giver   giver  // who is to pass a connection (--recv-fd)
	key     string // of --md5sig
	std     *stdio
	dump    *dumper
	loop    *pump.Loop
	listen  sock.Conn    // FD < 0 when there is none
	mayBind func() error // asked when names are resolved, before anything is bound; nil: everything may
	link    *link        // the current peer; nil when there is none
	conns   int64        // how many peers there have been
	began   time.Duration
	result  *verdict // why the run ends
	in, out int64    // the account of links that have ended
	lost    int64
	tick    epoll.Timer
	rearm   epoll.Timer
	nobody  epoll.Timer // --accept-timeout; its F is nil while nobody is waited for
	inEnded bool        // our own input has ended
	starved bool        // accepting failed for want of descriptors or memory, and that was told
	latest  epoll.Timer
	stalled epoll.Timer
	gone    []func() // what to free after this turn
	status  func()   // what SIGUSR1 does instead of telling the account; nil: that

	mu      sync.Mutex
	cancel  context.CancelCauseFunc // ends resolving and dialing
	looping bool                    // signals go to the loop
	signal  unix.Signal             // the first one that came
	asked   bool                    // SIGUSR1 came
}

// runCable is the whole life of the command.
func runCable(e *Env, o *options, network string, operands []string) error {
	return runCableAs(e, o, network, operands, nil)
}

// runCableAs is runCable with another voice than cat5's own.
func runCableAs(e *Env, o *options, network string, operands []string, as func(*cable) voice) error {
	c := &cable{k: e.K, o: o, t: e.talk(o), network: network, listen: sock.Conn{FD: -1}, began: e.K.Now()}
	if as != nil {
		c.t.voice = as(c)
	}
	c.t.event("start", str("command", network))
	err := c.prepare(operands)
	if err == nil {
		err = c.findProgram(e)
	}
	if err == nil {
		err = c.askKey()
	}
	if err != nil {
		return c.leave(err)
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	c.cancel = cancel
	plainSignals()
	defer c.catchSignals()()
	return c.leave(c.run(ctx))
}

// prepare checks everything that can be checked before a socket is made.
func (c *cable) prepare(operands []string) (err error) {
	o := c.o
	if o.json && o.hexdump && o.hexdumpFile == "" {
		return usageError("--hexdump with --json needs a file: --hexdump=FILE")
	}
	if !o.listen && len(o.access.Allow)+len(o.access.Deny) > 0 {
		return usageError("--allow and --deny are for listeners (-l)")
	}
	if o.acceptTimeout > 0 && o.keepOpen && (c.network == "udp" || o.sockType == unix.SOCK_DGRAM) {
		return usageError("--accept-timeout with --keep-open: a socket that hears every sender accepts none; --idle-timeout bounds the silence")
	}
	if err := c.address(operands); err != nil {
		return err
	}
	if err := c.options(); err != nil {
		return err
	}
	if err := c.proxies(); err != nil {
		return err
	}
	if c.std, err = c.openStdio(); err != nil {
		return err
	}
	c.t.chat = c.t.tty && c.std.in.Kind == pump.TTY && c.std.out.Kind == pump.TTY
	if o.hexdump {
		if c.dump, err = newDumper(c.k, c.t, o.hexdumpFile); err != nil {
			return fail(exitWrite, err)
		}
	}
	return nil
}

func (c *cable) run(ctx context.Context) (err error) {
	if c.loop, err = pump.New(c.k); err != nil {
		return err
	}
	defer func() {
		c.mu.Lock()
		c.looping = false // a signal that comes from now on must not touch the loop's descriptors
		c.mu.Unlock()
		c.loop.Close()
	}()
	if c.o.deadline > 0 {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeoutCause(ctx, c.o.deadline, errDeadline)
		defer stop()
	}
	for more := true; more && err == nil; {
		if err = c.turn(ctx); err == nil {
			more, err = c.another(ctx)
		}
	}
	switch {
	case err != nil:
		return c.interrupted(ctx, err)
	case c.result != nil && (c.result.code != exitOK || c.failed == nil):
		return c.result
	case c.failed != nil:
		return c.failed
	}
	return nil
}

// turn is one connection of a client, or all of a server's.
func (c *cable) turn(ctx context.Context) (err error) {
	if c.o.listen {
		err = c.serve(ctx)
	} else {
		err = c.connect(ctx)
	}
	if err != nil || !c.o.listen && !c.busy() {
		return err
	}
	c.startTicks()
	c.mu.Lock()
	c.looping = true
	pending, asked := c.signal, c.asked
	c.mu.Unlock()
	if asked {
		c.showStats()
	}
	if pending != 0 { // it came while we were dialing, too late to stop that
		c.stopFor(pending)
	}
	err = c.loop.Run()
	c.mu.Lock()
	c.looping = false
	c.mu.Unlock()
	c.free()
	return err
}

var errDeadline = errors.New("the deadline of the whole run has passed")

// interrupted finds what really ended the work: a signal or the deadline show themselves as a cancelled context.
func (c *cable) interrupted(ctx context.Context, err error) error {
	c.mu.Lock()
	sig := c.signal
	c.mu.Unlock()
	if sig != 0 {
		return &verdict{code: exitBySignal + int(sig), signal: sig}
	}
	if context.Cause(ctx) == errDeadline {
		return fail(exitTimeout, errDeadline)
	}
	return err
}

// leave frees what is left and makes the account.
func (c *cable) leave(err error) error {
	c.o.service.stopping()
	c.free()
	c.stopProgram()
	c.listen.Close(c.k)
	if c.giver.conn.FD > 0 {
		c.giver.conn.Close(c.k)
	}
	if l := c.link; l != nil { // the loop itself broke, and nobody has ended the link
		p := l.pair
		c.in, c.lost = c.in+p.In.In, c.lost+p.In.Held()
		if p.Out != nil {
			c.out, c.lost = c.out+p.Out.Out, c.lost+p.Out.Held()
		}
		l.conn.Close(c.k)
	}
	v := judge(err)
	if c.std != nil {
		if e := c.std.finish(); e != nil && v.code == exitOK {
			v = &verdict{code: exitWrite, err: e}
		}
		if c.std.doubt && c.in > 0 {
			c.t.discarded()
		}
	}
	if c.dump != nil {
		if e := c.dump.close(); e != nil && v.code == exitOK {
			v = &verdict{code: exitWrite, err: e}
		}
	}
	if c.t.onLine != nil {
		c.t.onLine()
		c.t.onLine = nil
	}
	v = c.judged(v)
	c.t.fail(v.err, c.hint(v))
	c.t.exit(v, c.in, c.out, c.lost)
	return &verdict{code: v.code, signal: v.signal}
}

// judged lets the voice, if there is one, have the last word about how it ended.
func (c *cable) judged(v *verdict) *verdict {
	if c.t.voice == nil {
		return v
	}
	return c.t.voice.ended(v)
}

// end makes v the result of the run and stops the loop. The first result stands, but a signal's is only complete when
// the link has told what it lost.
func (c *cable) end(v *verdict) {
	if r := c.result; r != nil && r.signal != 0 && v.err != nil {
		v = &verdict{code: r.code, signal: r.signal, err: v.err}
	}
	if c.result == nil || v.signal != 0 {
		c.result = v
	}
	c.loop.Stop()
}

func (c *cable) free() {
	for _, f := range c.gone {
		f()
	}
	c.gone = nil
}

// dialAgain dials, and with --retry again: 0.1 s later, then after twice as long each time, up to 5 s.
func (c *cable) dialAgain(ctx context.Context) (conn sock.Conn, name string, err error) {
	pause := 100 * time.Millisecond
	for left := c.o.retry; ; left-- {
		conn, name, err = c.dial(ctx)
		if err == nil || left == 0 || ctx.Err() != nil {
			return conn, name, err
		}
		c.t.say(1, err.Error()+"; trying again in "+formatDuration(pause))
		wait := time.NewTimer(pause)
		select {
		case <-wait.C:
		case <-ctx.Done():
			wait.Stop()
			return conn, name, err
		}
		pause = min(2*pause, 5*time.Second)
	}
}

func (c *cable) dial(ctx context.Context) (sock.Conn, string, error) {
	if c.o.connectTimeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.o.connectTimeout)
		defer cancel()
	}
	began := c.k.Now()
	plan := c.plan
	if err := c.resolve(ctx, &plan); err != nil {
		return sock.Conn{}, "", err
	}
	if err := c.withKey(&plan); err != nil {
		return sock.Conn{FD: -1}, "", err
	}
	if c.o.connectTimeout > 0 {
		plan.Timeout = max(c.o.connectTimeout-(c.k.Now()-began), time.Millisecond)
	}
	if c.manyPeers(&plan) {
		c.plan.Remote = plan.Remote // where to send to: the socket itself does not know
		conn, err := c.unconnected(&plan)
		return conn, plan.Remote[0].String(), err
	}
	if len(c.o.proxies) > 0 {
		return c.dialThrough(ctx, plan)
	}
	conn, err := sock.DialOn(ctx, c.k, c.loop, plan)
	name := plan.Path
	if c.network != "unix" {
		name = conn.Peer.String()
	}
	return conn, sys.SafeName(name), err
}

// showStats tells the account of the current peer: SIGUSR1 and --stats=T.
func (c *cable) showStats() {
	if c.status != nil {
		c.status()
		return
	}
	if c.link == nil {
		c.t.line("no peer yet")
		return
	}
	p := c.link.pair
	c.t.stats(c.link.id, "stats", p.Out, p.In, c.k.Now()-c.link.began)
}

// crlf and terminal filters have state, so each link gets its own.
func (c *cable) filters() (out, in pump.Filter) {
	if c.o.crlf {
		out = &filter.CRLF{}
	}
	if c.std.out.Kind == pump.TTY && !c.o.raw {
		in = &column{Filter: &filter.Terminal{}, t: c.t}
	}
	return out, in
}
