package modes

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"time"

	"cat5/io/epoll"
	"cat5/io/sock"
	"cat5/io/sys"
	"cat5/sockopt"

	"golang.org/x/sys/unix"
)

// probed is what one connection showed.
type probed struct {
	resolve time.Duration
	addrs   []sys.Addr
	tries   []probeTry
	conn    sock.Conn
	info    *unix.TCPInfo
	scale   [2]int // window scale: the peer's, ours (RFC 7323)
	opts    []probeOpt
	asked   bool          // a first byte was waited for, and came
	first   time.Duration // until it came, from when we were connected or had begun to send
	found   time.Duration // until --expect was there
	got     []byte
	err     error // nil: it answered
}

// probeTry is one address that was tried; probeOpt a socket option as the kernel has it.
type probeTry struct {
	addr sys.Addr
	took time.Duration // from connect(2); 0 where it was not come to
	err  error         // nil: connected
}

type probeOpt struct{ name, value string }

// maxAnswer is how much of an answer is looked at for --expect.
const maxAnswer = 64 << 10

// probe makes one connection, measures it and closes it.
func (r *probeRun) probe(ctx context.Context, tg *probeTarget) (p probed) {
	if p.err = r.dialTarget(ctx, tg, &p); p.err != nil {
		return p
	}
	defer p.conn.Close(r.k)
	if r.f.ask {
		p.err = r.exchange(ctx, tg, &p)
	}
	r.measure(tg, &p)
	return p
}

// dialTarget resolves and connects, and notes every address that was tried.
func (r *probeRun) dialTarget(ctx context.Context, tg *probeTarget, p *probed) error {
	k := r.k
	ctx, cancel := context.WithTimeout(ctx, r.o.connectTimeout)
	defer cancel()
	plan, began := tg.plan, k.Now()
	if err := tg.resolve(ctx, &plan); err != nil {
		p.resolve = k.Now() - began
		return err
	}
	p.resolve, p.addrs = k.Now()-began, plan.Remote
	talk := plan.Trace
	plan.Trace = func(ev sock.Event) {
		talk(ev)
		switch ev.Kind {
		case sock.Try:
			p.tries = append(p.tries, probeTry{addr: ev.Addr})
		case sock.Failed, sock.Connected:
			for i := range p.tries {
				if t := &p.tries[i]; t.addr == ev.Addr {
					t.took, t.err = ev.Took, ev.Err
				}
			}
		}
	}
	plan.Timeout = max(r.o.connectTimeout-p.resolve, time.Millisecond)
	conn, err := sock.DialOn(ctx, k, r.loop, plan)
	p.conn = conn
	return err
}

// measure asks the kernel about the connection as it is now.
func (r *probeRun) measure(tg *probeTarget, p *probed) {
	if tg.network == "tcp" {
		p.info, _ = sys.TCPInfo(r.k, p.conn.FD) // what cannot be had is only not shown
		// struct tcp_info, linux/tcp.h: after tcpi_options come tcpi_snd_wscale and tcpi_rcv_wscale, four bits each.
		var b [8]byte
		if n, err := r.k.Getsockopt(p.conn.FD, unix.IPPROTO_TCP, unix.TCP_INFO, b[:]); err == nil && n == len(b) {
			p.scale = [2]int{int(b[6] & 15), int(b[6] >> 4)}
			if binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
				p.scale[0], p.scale[1] = p.scale[1], p.scale[0] // bit-fields begin at the other end
			}
		}
	}
	names := []string{"mtu", "ipv6_mtu", "congestion", "nodelay", "keepalive", "user_timeout", "tos", "tclass", "ttl", "unicast_hops", "peercred", "rcvbuf", "sndbuf"}
	for _, s := range r.o.opts {
		names = append(names, s.Option.Name)
	}
	kind := sockopt.KindOf(p.conn.Local.Family(), p.conn.Type)
	seen := map[string]bool{}
	for _, n := range names {
		row, ok := sockopt.Lookup(n)
		if !ok || seen[n] || row.WO || row.On&kind == 0 {
			continue
		}
		seen[n] = true
		if kind&sockopt.Inet6 != 0 && (n == "mtu" || n == "tos" || n == "ttl") {
			continue // their IPv6 twins are the ones that count
		}
		if v, err := sockopt.Read(r.k, p.conn.FD, row); err == nil {
			p.opts = append(p.opts, probeOpt{n, v.String()})
		}
	}
}

func (p *probed) opt(name string) string {
	for _, o := range p.opts {
		if o.name == name {
			return o.value
		}
	}
	return ""
}

// exchange sends what is to be sent, and waits for the first byte or for what is expected.
func (r *probeRun) exchange(ctx context.Context, tg *probeTarget, p *probed) (err error) {
	name := tg.plan.Path
	if tg.network != "unix" {
		name = p.conn.Peer.String()
	}
	began, left, over, turning := r.k.Now(), r.f.send, false, false
	end := func(e error) {
		if !over {
			err, over = e, true
			if turning { // else the next turn would be stopped
				r.loop.Stop()
			}
		}
	}
	buf := make([]byte, maxAnswer)
	var ready func(epoll.Event)
	watch := func() {
		want := epoll.In
		if len(left) > 0 {
			want |= epoll.Out
		}
		if e := r.loop.Watch(p.conn.FD, want, ready); e != nil {
			end(e)
		}
	}
	push := func() {
		for len(left) > 0 {
			n, e := sys.Sendto(r.k, p.conn.FD, left, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, nil)
			if e == unix.EAGAIN {
				break
			}
			if e != nil {
				end(sys.Wrap("send", name, e))
				return
			}
			left = left[n:]
		}
		watch()
	}
	ready = func(ev epoll.Event) {
		for !over && (ev.In || ev.Err || ev.Hup) {
			n, _, e := sys.Recvfrom(r.k, p.conn.FD, buf, unix.MSG_DONTWAIT, nil)
			switch {
			case e == unix.EAGAIN:
				ev = epoll.Event{Out: ev.Out}
			case e != nil:
				end(sys.Wrap("receive", name, e))
			case n == 0:
				end(p.ended(r.f, "the peer closed the connection"))
			default:
				r.took(p, buf[:n], began, end)
			}
		}
		if ev.Out && !over {
			push()
		}
	}
	late := epoll.Timer{F: func() { end(p.ended(r.f, "timed out after "+formatDuration(r.o.connectTimeout))) }}
	r.loop.After(&late, r.o.connectTimeout)
	push()
	if !over {
		turning = true
		e := r.turn(ctx)
		if turning = false; e != nil {
			end(e)
		}
	}
	r.loop.StopTimer(&late)
	r.loop.Watch(p.conn.FD, 0, nil)
	if !over { // a signal
		err = context.Cause(ctx)
	}
	return err
}

// took takes what came.
func (r *probeRun) took(p *probed, b []byte, began time.Duration, end func(error)) {
	now := r.k.Now() - began
	if !p.asked {
		p.asked, p.first = true, now
	}
	p.got = append(p.got, b...)
	switch {
	case bytes.Contains(p.got, r.f.expect): // of nothing, everything has it
		p.found = now
		end(nil)
	case len(p.got) >= maxAnswer:
		end(p.ended(r.f, formatBytes(int64(len(p.got)))+" came"))
	}
}

// ended is the sentence for an answer that was not the one that was waited for.
func (p *probed) ended(f *probeFlags, why string) error {
	if len(p.got) == 0 {
		return errors.New("no answer: " + why)
	}
	return errors.New("no " + quoted(string(f.expect)) + " in the answer " + firstOf(p.got) + ": " + why)
}

// firstOf is the beginning of what came, safe to show.
func firstOf(b []byte) string {
	const most = 60
	if len(b) > most {
		return quoted(string(b[:most])) + "..."
	}
	return quoted(string(b))
}
