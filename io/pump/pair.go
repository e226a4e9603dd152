package pump

import (
	"time"

	"cat5/io/epoll"
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// EOF says what the end of one direction does to the other.
type EOF uint8

const (
	Half EOF = iota // the end of one direction is passed on (shutdown(SHUT_WR), close) and the other goes on
	Full            // the first end ends both, once what was taken has been given
	Keep            // the end of our input is not passed on; the end of the peer's ends both
)

// Pair is a connection and our side of it: two lanes, Out towards the connection and In from it. Either may be nil.
// Fill in the settings and give it to Loop.Add.
type Pair struct {
	Out, In *Lane

	EOF      EOF
	SendOnly bool          // the end of Out ends the pair
	PeerEnds bool          // the end of In ends the pair
	Idle     time.Duration // end when no byte has moved for this long; 0: never
	Deadline time.Duration // end at this moment on the loop's clock; 0: never
	Quit     time.Duration // end this long after Out's input has ended; less than 0: never
	QuitIdle bool          // Quit counts from the last byte that moved, when that was later
	Events   func(Event)   // told what happens, on the loop's thread; may be nil
	Done     func(*Pair)   // called once when the pair is over, before its lanes' descriptors are closed
	Glue     bool          // both sides are connections, and what breaks one is for the other too (see glue.go)

	// Why it ended, set before Done.
	Reason    Reason
	Unacked   int64 // bytes that were given to the kernel and that the peer is not known to have
	UnackedIn int64 // the same of In, with Glue
	Whole     bool  // Glue: the conversation came to its end on both sides; nothing broke, and nobody cut it short

	loop     *Loop
	active   time.Duration // when a byte last moved
	over     bool
	why      Reason // the Reason once leave has been called
	quitSet  bool
	settling time.Duration // the pause before the next look at the sockets' queues; 0: not settling
	queued   int           // bytes in them when Glue's patience was last looked at
	idle     epoll.Timer
	deadline epoll.Timer
	quit     epoll.Timer
	settle   epoll.Timer
	grace    epoll.Timer
	carry    epoll.Timer // Glue: how long the news of a break may wait behind bytes that nobody takes
}

// Reason is why a pair ended.
type Reason uint8

const (
	Ended     Reason = iota // both directions ended as asked, or broke: see Lane.Err
	IdleOut                 // nothing moved for Pair.Idle
	TimeOut                 // Pair.Deadline
	QuitAfter               // Pair.Quit after the end of the input
	Aborted                 // Pair.Abort
)

// Event is something that happened on a lane.
type Event struct {
	Kind EventKind
	Lane *Lane
	Err  error
	N    int
	Addr sys.Addr
}

// EventKind is what happened.
type EventKind uint8

const (
	SrcEnded   EventKind = iota // the lane's input ended
	HalfClosed                  // the end was passed on with shutdown(SHUT_WR)
	Broke                       // Err ended the lane
	Refused                     // Err: an ICMP error came for an earlier datagram
	Truncated                   // a datagram of N bytes was longer than the buffer
	Empty                       // an empty datagram came
	Dropped                     // a datagram of N bytes was given up (Err)
	Stranger                    // a datagram of N bytes from Addr was ignored
	Moves                       // the way the lane moves bytes (Lane.How) was chosen, or had to be changed
)

func (p *Pair) tell(ev Event) {
	if p.Events != nil {
		p.Events(ev)
	}
}

func (p *Pair) lanes(f func(*Lane)) {
	if p.Out != nil {
		f(p.Out)
	}
	if p.In != nil {
		f(p.In)
	}
}

func (p *Pair) start(l *Loop) {
	p.loop, p.active = l, l.now
	p.lanes(func(ln *Lane) { ln.start(l, p) })
	p.idle.F, p.settle.F = p.idled, p.step
	p.deadline.F = func() { p.finish(TimeOut) }
	p.quit.F = p.quitted
	p.grace.F = func() { p.finish(p.why) }
	p.carry.F = p.carried
	if p.Idle > 0 {
		l.timers.Set(&p.idle, l.now+p.Idle)
	}
	if p.Deadline > 0 {
		l.timers.Set(&p.deadline, p.Deadline)
	}
}

// idled looks at when a byte last moved, so that moving one costs no timer.
func (p *Pair) idled() {
	if left := p.active + p.Idle - p.loop.now; left > 0 {
		p.loop.timers.Set(&p.idle, p.loop.now+left)
		return
	}
	p.finish(IdleOut)
}

func (p *Pair) quitted() {
	left := p.active + p.Quit - p.loop.now
	if p.QuitIdle && p.In != nil && p.In.Waiting() {
		left = p.Quit // it is our own output that does not take what came
	}
	if p.QuitIdle && left > 0 {
		p.loop.timers.Set(&p.quit, p.loop.now+left)
		return
	}
	p.leave(QuitAfter, time.Second)
}

// step gives each lane a turn, applies the rules for the ends, and tells the poller what to watch.
func (p *Pair) step() {
	for again := true; again && !p.over; {
		p.lanes((*Lane).turn)
		again = p.conclude()
		if !again && !p.over {
			again = p.loop.watch(p)
		}
	}
}

// conclude applies the rules for the ends of the two directions. It looks at state only, so it may be called at any
// time; it says whether it changed a lane, which then needs another turn.
func (p *Pair) conclude() (changed bool) {
	if p.Glue {
		return p.glued()
	}
	out, in := p.Out, p.In
	outDone := out == nil || out.finished
	inDone := in == nil || in.finished
	if out != nil && out.EOF && p.Quit >= 0 && !p.quitSet && p.why == Ended {
		p.quitSet = true
		p.loop.timers.Set(&p.quit, p.loop.now+p.Quit)
	}
	switch {
	case inDone && in != nil && in.Err != nil:
		// Our output broke: what still comes could not be delivered. Or the connection did: what is held cannot be sent.
		if !outDone {
			out.finished, outDone = true, true
		}
	case inDone && in != nil && !outDone && (p.EOF != Half || p.PeerEnds || out.Gate != nil && !out.Gate()):
		// A gate that is shut now stays so: what opens it is something that comes in.
		changed = out.halt()
	case outDone && out != nil && !inDone && (p.EOF == Full || p.SendOnly || out.Err != nil && !connectionEnded(out)):
		changed = in.halt()
	}
	if outDone && inDone && p.settled(out, in) {
		p.finish(Ended)
	}
	return changed
}

// connectionEnded says whether what broke the lane towards the connection is the connection's own end. What the peer
// sent before is then still in the queue, and the kernel tells the end behind it. After any other failure the peer knows
// of nothing: it waits for the rest of what we send, and to wait for it would be to wait for ever.
func connectionEnded(out *Lane) bool {
	return out.Side == AtDst && out.Dst.Kind != Dgram &&
		(out.Err == unix.EPIPE || out.Err == unix.ECONNRESET || out.Err == unix.ETIMEDOUT)
}

// refused notes an ICMP error, which its report has cleared: the socket works on. It says whether err is one. EMSGSIZE is "fragmentation
// needed" here: a router could not pass a datagram on. The kernel has learned from it, and the next of that size get
// through (ip(7), IP_MTU_DISCOVER), but that one is lost.
func (p *Pair) refused(l *Lane, err error) bool {
	if !icmp(err) && err != unix.EMSGSIZE {
		return false
	}
	l.Refused++
	l.Report = err
	p.tell(Event{Kind: Refused, Lane: l, Err: err})
	return true
}

// icmp says whether an error on a datagram socket is the report of an ICMP message (ip(7), udp(7)).
func icmp(err error) bool {
	return err == unix.ECONNREFUSED || err == unix.EHOSTUNREACH || err == unix.ENETUNREACH || err == unix.EHOSTDOWN
}

// hangup is called when epoll reports an error or a hang-up on the connection that out writes to and in reads, while
// nothing is read from it any more: the peer has sent its end and now refuses what we send. Waiting for our input to find
// out would help nobody.
func (p *Pair) hangup(out, in *Lane) {
	if out.finished || in == nil || !in.finished {
		return
	}
	err := sys.SocketError(p.loop.k, out.Dst.FD)
	if out.Dst.Proto == UDP && p.refused(out, err) {
		return
	}
	if err == nil && out.Dst.Kind == Dgram {
		return // whoever read the error before us has told it
	}
	if err == nil && out.mover.held() > 0 {
		err = unix.EPIPE
	}
	if err != nil {
		out.fail(AtDst, err)
		return
	}
	out.finished = true // a unix socket whose peer closed: nothing was lost, and nothing more could be sent
}

// settled says whether the peer has acknowledged all that out gave; in reads what that peer sends. The end of both
// directions is not the end of the story: bytes that the kernel took may still be refused with a reset, and close(2) would
// not tell. There is no event for an acknowledgement, so the queue is looked at again after 1 ms, 2 ms, ... up to 100 ms;
// mostly it is empty at the first look, as the peer's FIN acknowledges what came before.
func (p *Pair) settled(out, in *Lane) bool {
	if out == nil || out.Dst.Proto != TCP || out.Out == 0 {
		return true
	}
	if out.Err != nil && (!p.Glue || out.Side == AtDst) {
		return true
	}
	if in != nil && in.Err != nil && (!p.Glue || in.Side == AtSrc) {
		// A connection that was reset acknowledges nothing any more, and SIOCOUTQ keeps what was in its queue. When our
		// output broke we leave the peer in mid-sentence: its kernel may have stopped taking ours as well.
		return true
	}
	k, fd := p.loop.k, out.Dst.FD
	if err := sys.SocketError(k, fd); err != nil {
		if out.Err == nil {
			out.Err, out.Side = err, AtDst
		}
		p.tell(Event{Kind: Broke, Lane: out, Err: err})
		return true
	}
	if n, err := sys.Unsent(k, fd); err != nil || n == 0 {
		return true
	}
	p.settling = min(max(p.settling*2, time.Millisecond), 100*time.Millisecond)
	p.loop.timers.Set(&p.settle, p.loop.now+p.settling)
	return false
}

// Still is how long no byte has moved.
func (p *Pair) Still() time.Duration { return p.loop.now - p.active }

// Abort ends the pair: no more is taken; what is held is given for at most grace.
func (p *Pair) Abort(grace time.Duration) { p.leave(Aborted, grace) }

// leave ends both inputs, and the pair when all is given and acknowledged, or after grace.
func (p *Pair) leave(why Reason, grace time.Duration) {
	if p.over || p.why != Ended { // the first reason stands, and so does its grace
		return
	}
	p.lanes(func(l *Lane) { l.halt() })
	p.why = why
	p.loop.timers.Set(&p.grace, p.loop.now+grace)
	p.loop.timers.Set(&p.settle, p.loop.now) // not step itself: leave may be called from an event, in the middle of one
}

func (p *Pair) finish(why Reason) {
	if p.over {
		return
	}
	p.over = true
	p.Reason = why
	if p.why != Ended && why == Ended {
		p.Reason = p.why
	}
	if p.Glue {
		p.Whole = p.whole()
		p.UnackedIn = p.unacked(p.In)
	}
	p.Unacked = p.unacked(p.Out)
	l := p.loop
	for _, t := range []*epoll.Timer{&p.idle, &p.deadline, &p.quit, &p.settle, &p.grace, &p.carry} {
		l.timers.Stop(t)
	}
	l.forget(p)
	if p.Done != nil {
		p.Done(p)
	}
	p.lanes(func(ln *Lane) {
		l.timers.Stop(&ln.resume)
		ln.mover.free(ln)
		ln.finished = true // a turn of the lane may be what ended the pair: it must not go on
	})
}

// unacked is how much of what the kernel took of out the peer is not known to have. After a reset SIOCOUTQ is no help (it
// keeps what it was, or says 0 once the socket is closed); tcpi_bytes_acked (RFC 4898,
// tcpEStatsAppHCThruOctetsAcked) still tells, where it counts the SYN of the side that opened, and a FIN.
func (p *Pair) unacked(out *Lane) int64 {
	if out == nil || out.Dst.Proto != TCP || out.Out == 0 || p.Whole {
		return 0
	}
	info, err := sys.TCPInfo(p.loop.k, out.Dst.FD)
	if err != nil || info.Bytes_acked == 0 && info.State == 0 { // a kernel, or a sandbox, that does not fill it
		return 0
	}
	acked := int64(info.Bytes_acked) - out.Dst.Before
	if out.Dst.Dialed && acked > 0 {
		acked--
	}
	return max(out.Out-acked, 0)
}
