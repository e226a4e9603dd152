package modes

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"cat5/io/epoll"
	"cat5/io/pump"
	"cat5/io/sock"
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// The life of a relay: it listens, lets peers in, and leaves when it is told to, or with its only connection.

// acceptTurn is how many peers are let in before those that are there get their turn.
const acceptTurn = 64

func (r *relay) run(ctx context.Context) (err error) {
	if r.loop, err = pump.New(r.k); err != nil {
		return err
	}
	defer func() {
		r.mu.Lock()
		r.looping = false // a signal that comes from now on must not touch the loop's descriptors
		r.mu.Unlock()
		for _, n := range r.names { // whose answers come through the loop
			if n != nil {
				n.Close()
			}
		}
		for _, c := range r.sorted() { // when the loop itself broke
			c.failed(r.why)
		}
		r.loop.Close()
	}()
	if err := r.lookups(ctx); err != nil {
		return r.interrupted(err)
	}
	if r.sideA.listen {
		if err := r.a.open(ctx); err != nil {
			return r.interrupted(err)
		}
		if r.sideA.network == "udp" {
			r.udp = newRelayUDP(r)
		}
		if err := r.listen(); err != nil {
			return err
		}
	}
	r.over.F = r.overdue
	if r.o.deadline > 0 {
		r.latest.F = r.late
		r.loop.After(&r.latest, r.began+r.o.deadline-r.k.Now())
	}
	r.mu.Lock()
	r.looping = true
	pending := r.signal
	r.mu.Unlock()
	switch {
	case pending != 0:
		r.stopFor(pending)
	case !r.sideA.listen:
		r.first()
	}
	if err := r.loop.Run(); err != nil {
		return err
	}
	if r.result == nil {
		return nil
	}
	return r.result
}

// lookups prepares what has to be looked up for each connection, and looks up what does not.
func (r *relay) lookups(ctx context.Context) error {
	for i, c := range []*cable{r.a, r.b} {
		if c.network == "unix" || c.o.listen {
			continue
		}
		res := sock.Resolver{Network: c.network, Family: r.o.family, Numeric: r.o.numeric}
		if err := c.resolveSource(ctx, res, &c.plan); err != nil {
			return err
		}
		r.names[i] = sock.NewNames(res, c.hosts, r.loop.Post)
	}
	return nil
}

// interrupted finds what really ended the work: a signal shows itself as a cancelled context.
func (r *relay) interrupted(err error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.signal != 0 {
		return &verdict{code: exitBySignal + int(r.signal), signal: r.signal}
	}
	return err
}

// listen watches the listener.
func (r *relay) listen() error {
	if r.udp != nil {
		return r.udp.watch()
	}
	return r.loop.Watch(r.a.listen.FD, epoll.In, func(epoll.Event) { r.accept() })
}

// deaf stops listening for good.
func (r *relay) deaf() {
	l := &r.a.listen
	if l.FD < 0 {
		return
	}
	if r.udp != nil { // whose sessions answer from there
		r.udp.stopped = true
		r.udp.watch()
		return
	}
	r.loop.Watch(l.FD, 0, nil)
	l.Close(r.k)
}

// accept lets peers in.
func (r *relay) accept() {
	l := &r.a.listen
	for range acceptTurn {
		if l.FD < 0 || r.paused {
			return
		}
		conn, err := sock.Accept(r.k, l, &r.a.plan)
		switch err {
		case nil:
		case unix.EAGAIN: // all are in
			r.starved = false
			return
		case unix.ECONNABORTED, unix.EPROTO, unix.ENETDOWN, unix.ENOPROTOOPT, unix.EHOSTDOWN, unix.ENONET, unix.EHOSTUNREACH,
			unix.EOPNOTSUPP, unix.ENETUNREACH, unix.EPERM:
			continue // of the new connection, which is gone (accept(2))
		case unix.EMFILE, unix.ENFILE, unix.ENOBUFS, unix.ENOMEM:
			r.starve(sys.Wrap("accept", l.Local.String(), err))
			return
		default:
			if call := (*sys.Error)(nil); errors.As(err, &call) { // an option of the new connection: not the listener's end
				r.t.warn(err.Error())
				continue
			}
			r.end(&verdict{code: exitListen, err: sys.Wrap("accept", l.Local.String(), err)})
			return
		}
		if r.ro.once {
			r.deaf()
		}
		c := r.join(conn)
		c.nameA = peerOf(&conn)
		r.t.relayAccepted(c)
		c.connect()
	}
}

// starve is called when there is no descriptor, or no memory, for another connection. It is said once, and for a while
// nobody is let in; who makes a connection waits in the kernel's queue.
func (r *relay) starve(err error) {
	if !r.starved {
		r.starved = true
		r.t.warn(err.Error() + "; trying again")
	}
	if r.paused {
		return
	}
	r.paused = true
	if r.udp == nil && r.a.listen.FD >= 0 { // datagrams are heard on, and new ones turned away
		r.loop.Watch(r.a.listen.FD, 0, nil)
	}
	r.rearm.F = r.again
	r.loop.After(&r.rearm, 100*time.Millisecond)
}

// again tries what there were no descriptors for: first those who are in already.
func (r *relay) again() {
	r.paused = false
	for _, c := range r.sorted() {
		if c.waits {
			if c.waits = r.paused; !c.waits {
				c.connect()
			}
		}
	}
	if r.paused || r.udp != nil || r.a.listen.FD < 0 || r.result != nil {
		return
	}
	if err := r.listen(); err != nil {
		r.end(&verdict{code: exitListen, err: err})
	}
}

// sorted is the connections that are there, the oldest first.
func (r *relay) sorted() []*relayConn {
	return slices.SortedFunc(maps.Values(r.conns), func(a, b *relayConn) int { return cmp.Compare(a.id, b.id) })
}

// join counts a new connection in.
func (r *relay) join(a sock.Conn) *relayConn {
	r.count++
	c := &relayConn{r: r, id: r.count, a: a, b: sock.Conn{FD: -1}, began: r.k.Now(), left: r.o.retry}
	r.conns[c.id] = c
	return c
}

// gone is called when a connection has been closed.
func (r *relay) gone(c *relayConn, v *verdict) {
	delete(r.conns, c.id)
	if !r.sideA.listen || r.ro.once {
		r.end(v)
		return
	}
	if r.result != nil && len(r.conns) == 0 {
		r.loop.Stop()
	}
}

// end makes v the result of the run, unless there is one, and stops the loop.
func (r *relay) end(v *verdict) {
	if r.result == nil {
		r.result = v
	}
	r.loop.Stop()
}

// onSignal is called on the goroutine of signals.
func (r *relay) onSignal(sig unix.Signal) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if sig == unix.SIGUSR1 {
		if r.looping {
			r.loop.Post(r.stats)
		}
		return
	}
	if r.signal != 0 { // a second one is an order
		sys.Die(sig)
	}
	r.signal = sig
	if r.looping {
		r.loop.Post(func() { r.stopFor(sig) })
		return
	}
	r.cancel()
}

// stopFor ends the run because of a signal: nobody is let in any more, and those who are there may come to their end, but
// not for longer than --grace.
func (r *relay) stopFor(sig unix.Signal) {
	r.t.event("signal", num("number", int64(sig)))
	if r.result == nil {
		r.result = &verdict{code: exitBySignal + int(sig), signal: sig}
	}
	r.deaf()
	for _, c := range r.sorted() {
		if !c.stands() { // still connecting
			c.failed(r.why)
		}
	}
	if len(r.conns) == 0 {
		r.loop.Stop()
		return
	}
	r.loop.After(&r.over, r.ro.grace)
}

// late is the end of --deadline: what has not come to its end is cut, and accounted for like everything else.
func (r *relay) late() {
	if r.result == nil {
		r.result = &verdict{code: exitTimeout, err: errDeadline}
		r.why = r.result
	}
	r.deaf()
	r.cutOff(0)
	if len(r.conns) == 0 {
		r.loop.Stop()
	}
}

// overdue is the end of --grace.
func (r *relay) overdue() { r.cutOff(cutGrace) }

// cutOff ends what has not come to its end. What was taken may still be given, for as long as grace.
func (r *relay) cutOff(grace time.Duration) {
	for _, c := range r.sorted() {
		switch {
		case !c.stands():
			c.failed(r.why)
		case c.pair == nil:
			c.finished() // it has no end that it could be cut off from
		default:
			c.pair.Abort(grace)
		}
	}
}
