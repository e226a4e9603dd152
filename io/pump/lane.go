package pump

import (
	"errors"
	"io"
	"time"

	"cat5/io/epoll"
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// Filter rewrites the bytes of a lane on their way. Append appends to dst what src becomes, Flush what was held back
// at the end of input; both return the extended slice.
type Filter interface {
	Append(dst, src []byte) []byte
	Flush(dst []byte) []byte
}

// Lane is one direction: it takes from Src and gives to Dst, in order and without loss. Fill in the settings, give it
// to a Pair, and read the counts at any time on the loop's thread.
type Lane struct {
	Src, Dst Port

	// Settings; the zero value of each means "no such thing".
	Filter  Filter         // rewrites bytes on their way (streams only)
	Tap     func(p []byte) // sees the bytes as they are given to the network's side, before or after Filter (see TapGiven)
	Record  Record         // how records become a stream and a stream becomes records, where one end keeps records
	MaxSize int            // the largest datagram to send, in bytes; 0: 65507
	Limit   int64          // take this many bytes and then behave as at the end of input; 0: no limit
	Takes   int64          // the same, counted in datagrams, or in reads of a stream
	Rate    int64          // bytes a second at most
	Every   time.Duration  // pause this long after each line given
	Gate    func() bool    // says whether more may be taken now; asked anew on every turn
	Discard bool           // take and throw away: Dst is not used
	Only    sys.Addr       // datagrams from others are ignored and counted in Strangers
	From    func(sys.Addr) // told the sender of each datagram, before it is given on (unconnected sockets)
	Copy    bool           // move by copying even where splice could do it
	KeepDst bool           // at the end of input leave Dst as it is: no FIN, no close

	// TapGiven makes Tap see what is given to Dst instead of what is taken from Src.
	TapGiven bool

	// Counts, in bytes and records (datagrams).
	In, Out               int64 // taken from Src; given to Dst (after Filter)
	RecordsIn, RecordsOut int64
	Dropped               int64 // bytes taken that the kernel refused to queue (ENOBUFS) and that were given up
	Truncated             int64 // datagrams that were longer than the buffer
	Refused               int64 // ICMP errors reported on a connected datagram socket; Report is the last of them
	Strangers             int64 // datagrams ignored because of Only
	Joined                int64 // messages in which the kernel gave several datagrams (UDP_GRO); it counts each as one

	Report error

	// How it ended.
	EOF  bool  // Src has ended, or Limit was reached
	Err  error // what broke the lane; nil for a clean end
	Side Side  // which end Err belongs to

	loop     *Loop
	pair     *Pair
	mover    mover
	canRead  bool          // Src may have bytes: epoll said so, or it has not been tried yet
	canWrite bool          // the same for room in Dst
	flushed  bool          // Filter.Flush has been called
	finished bool          // Dst has been told the end (or Err is set): nothing more will happen
	cut      bool          // no more is taken, though the input has not ended
	gone     bool          // Glue: Src has reported a break or a hang-up while Dst took nothing
	notRead  time.Duration // not before this moment: Rate, a terminal in the background
	notWrite time.Duration // not before this moment: Every, ENOBUFS
	taken    int64         // how often something was taken, where Takes counts it
	inserted []byte        // what Insert still has to send
	doubt    error         // an answer of the kernel's that may be about an earlier datagram
	patience time.Duration // the pause before a datagram is offered to a full queue again
	tokens   bucket
	resume   epoll.Timer
}

// Side names an end of a lane.
type Side uint8

const (
	AtSrc Side = iota
	AtDst
)

// mover is how a lane carries bytes, chosen once from what its two ends are. It is the seam for more: they
// come beside copier, splicer, dropper, recorder and batcher, and nothing else learns of them. (A splicer that the kernel refuses puts a
// copier in its own place.)
//
// The errors of fill and drain are bare errnos: EAGAIN for "not now", io.EOF from fill at the end of input.
type mover interface {
	room() bool  // fill may be called: more may be taken
	ready() bool // drain may be called: something can be given
	held() int64 // bytes taken and not yet given
	fill(l *Lane) error
	drain(l *Lane) error
	halt()         // no more may be taken, though the input has not ended
	flush(l *Lane) // the input has ended: whatever waits for more input is as complete as it gets
	park(l *Lane)  // the turn is over: give shared buffers back, keep what is held
	free(l *Lane)  // the lane is over
}

func (l *Lane) start(loop *Loop, p *Pair) {
	l.loop, l.pair = loop, p
	l.canRead = !l.Src.mustPoll() && l.Src.Kind != TTY
	l.canWrite = !l.Dst.mustPoll()
	l.resume.F = p.step
	l.tokens.start(l.Rate, loop.now)
	l.mover = choose(l)
}

// choose picks the way of moving bytes. This is the only place that knows which there are.
func choose(l *Lane) mover {
	if l.Src.Kind.records() || l.Dst.Kind.records() && !l.Discard {
		if canBatch(l) {
			return newBatcher(l)
		}
		return newRecorder(l)
	}
	if canSplice(l) {
		return newSplicer(l)
	}
	if canDrop(l) {
		return dropper{}
	}
	return &copier{}
}

// copies goes on with c, where the kernel does not do it any other way.
func (l *Lane) copies(c *copier) {
	l.mover = c
	l.pair.tell(Event{Kind: Moves, Lane: l})
}

// wantRead and wantWrite are the whole rule of what a lane is watched for: pure functions of its state.
func (l *Lane) wantRead() bool {
	return !l.EOF && !l.finished && l.mover.room() && l.loop.now >= l.notRead && (l.Gate == nil || l.Gate())
}

func (l *Lane) wantWrite() bool {
	return !l.finished && (l.mover.ready() || len(l.inserted) > 0) && l.loop.now >= l.notWrite
}

// turn moves at most one buffer of bytes, so that no lane starves another.
func (l *Lane) turn() {
	if l.finished {
		return
	}
	if l.wantWrite() && l.canWrite {
		l.drain()
	}
	if l.wantRead() && l.canRead {
		l.fill()
		if l.wantWrite() && l.canWrite {
			l.drain()
		}
	}
	if !l.finished && l.EOF && !l.flushed && l.mover.room() {
		l.flushed = true
		l.mover.flush(l)
		if l.wantWrite() && l.canWrite {
			l.drain()
		}
	}
	if !l.finished && l.EOF && l.flushed && !l.mover.ready() && len(l.inserted) == 0 {
		l.finish()
	}
	l.mover.park(l)
	l.schedule()
}

func (l *Lane) fill() {
	if l.Src.Kind == TTY && !l.Src.foreground(l.loop.k) {
		l.notRead = l.loop.now + time.Second/2
		return
	}
	if l.Src.mustPoll() || l.Src.Kind == TTY {
		l.canRead = false
	}
	before := l.In + l.RecordsIn
	err := l.mover.fill(l)
	if moved := l.In + l.RecordsIn - before; moved > 0 {
		l.pair.active = l.loop.now
		l.tokens.take(l.In)
		l.counted()
	}
	side := AtSrc
	if s, ok := err.(*sided); ok {
		side, err = s.side, s.err
	}
	switch {
	case err == nil:
	case err == unix.EAGAIN:
		l.canRead = false
	case err == io.EOF:
		l.stop()
	case l.Src.Proto == UDP && l.pair.refused(l, err): // udp(7): reported once, on the next call
	default:
		l.fail(side, err)
	}
}

// emptied notes that a socket gave less than was asked for: there is no more, and epoll will say when there is. A FIFO
// may never say so (see Std), and a file is always ready.
func (l *Lane) emptied(short bool) {
	if short && l.Src.Kind.socket() {
		l.canRead = false
	}
}

func (l *Lane) drain() {
	if l.Dst.mustPoll() {
		l.canWrite = false
	}
	before := l.Out + l.RecordsOut
	err := l.give()
	if l.Out+l.RecordsOut != before {
		l.pair.active = l.loop.now
	}
	side := AtDst
	if s, ok := err.(*sided); ok {
		side, err = s.side, s.err
	}
	switch {
	case err == nil:
		l.patience = 0
	case err == unix.EAGAIN:
		l.canWrite = false
		if l.Dst.Kind == Dgram && l.Dst.To != nil {
			// An unconnected unix datagram socket is "writable" while its peer's queue is full: only time helps.
			l.canWrite = true
			l.patience = min(max(2*l.patience, time.Millisecond), 50*time.Millisecond)
			l.notWrite = l.loop.now + l.patience
		}
	default:
		l.fail(side, err)
	}
}

// stop ends the input: what is held is still given, then Dst is told the end.
func (l *Lane) stop() {
	if !l.EOF {
		l.EOF = true
		l.pair.tell(Event{Kind: SrcEnded, Lane: l})
	}
}

// halt is stop from our side: the input has not ended, but no more is taken of it. It says whether that is new.
func (l *Lane) halt() bool {
	if l.EOF || l.finished {
		return false
	}
	l.EOF, l.cut = true, true
	l.mover.halt()
	return true
}

// fail ends the lane at once. What it holds stays held, for the account.
func (l *Lane) fail(side Side, err error) {
	if l.finished {
		return
	}
	if side == AtSrc && l.mover.held() > 0 {
		// The kernel gives what had arrived before it gives the error: we do the same. The error waits in Err.
		l.Err, l.Side, l.EOF = err, side, true
		return
	}
	if l.Err == nil {
		l.Err, l.Side = err, side
	}
	l.finished = true
	l.pair.tell(Event{Kind: Broke, Lane: l, Err: err})
}

// finish tells Dst that no more will come: a FIN on the connection, a close for what is only written to.
func (l *Lane) finish() {
	l.finished = true
	if l.Err != nil { // the error that waited in fail
		l.pair.tell(Event{Kind: Broke, Lane: l, Err: l.Err})
		return
	}
	if l.KeepDst || l.Discard {
		return
	}
	k := l.loop.k
	switch {
	case l.Dst.Kind == Dgram: // a datagram socket has no end to tell
	case !l.ends():
	case l.Dst.Ends:
		err := k.Shutdown(l.Dst.FD, unix.SHUT_WR)
		if err != nil && err != unix.ENOTCONN {
			l.broke(err)
			return
		}
		l.pair.tell(Event{Kind: HalfClosed, Lane: l})
	case l.Dst.Own || l.Dst.OnClose != nil:
		l.closeDst()
	}
}

// closeDst closes Dst. First it comes out of the poller: that follows the open file description, which others may keep
// open, and could not be told about a descriptor that has been closed or is somebody else's by then (epoll(7), Q6).
func (l *Lane) closeDst() {
	l.loop.poller.Set(l.Dst.FD, 0)
	l.loop.at(l.Dst.FD).writer = nil
	err := errors.Unwrap(l.Dst.Close(l.loop.k))
	if l.Dst.OnClose != nil {
		if e := l.Dst.OnClose(); err == nil {
			err = e
		}
	}
	l.Dst.FD = -1
	if err != nil {
		l.broke(err)
	}
}

// broke notes what went wrong at the very end.
func (l *Lane) broke(err error) {
	l.Err, l.Side = err, AtDst
	l.pair.tell(Event{Kind: Broke, Lane: l, Err: err})
}

// schedule sets the timer that ends a pause; a pause is a reason not to be watched, so nothing else would wake us.
func (l *Lane) schedule() {
	at := time.Duration(0)
	if !l.finished {
		if !l.EOF && l.notRead > l.loop.now {
			at = l.notRead
		}
		if l.notWrite > l.loop.now && (l.mover.ready() || len(l.inserted) > 0) && (at == 0 || l.notWrite < at) {
			at = l.notWrite
		}
	}
	if at == 0 {
		l.loop.timers.Stop(&l.resume)
		return
	}
	l.loop.timers.Set(&l.resume, at)
}
