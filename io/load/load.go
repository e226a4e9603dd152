// Package load is the load side of a benchmark: any number of connections on one loop, messages that are sent, waited for,
// timed, and compared byte by byte.
//
// It is a closed loop: a connection sends its next message when an answer has come (depth 1: ping-pong), so a slow server
// is asked less often. What is timed is the way there and back; a message that nobody could send yet waits for nobody.
package load

import (
	"slices"
	"sync/atomic"
	"time"

	"cat5/io/hist"
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// Config is what to do.
type Config struct {
	To     sys.Addr
	Type   int // unix.SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET
	Conns  int // connections; each is up when its first message has come back
	Active int // how many of them send afterwards; they are spread evenly among the others
	Size   int // of a message, in bytes, from 1; datagrams from MinDatagram
	Depth  int // messages of one connection that may be on their way, from 1

	Warm  time.Duration // messages are sent and not counted
	For   time.Duration // then they are counted; it ends after this
	Count int64         // or when so many have come back; 0: no such end
}

// MinDatagram is the smallest datagram: with less in it, one that comes too late could not be told from a wrong one.
const MinDatagram = header

// MaxDatagram is what fits a UDP datagram over IPv4: 65535 less 8 bytes of UDP and 20 of IP (udp(7)).
const MaxDatagram = 65507

// Result is what came of it. Times are counted from the end of the warm-up on; connections and faults from the beginning.
type Result struct {
	Up       int           // connections that stood, and whose first message came back
	RampUp   time.Duration // how long that took, all of them
	Messages int64         // that came back while it was counted
	Took     time.Duration // how long it was counted
	Trips    hist.Hist     // round trips

	Failed     []Fault // connections that never were up
	Broken     []Fault // connections that were, and ended before their time
	Lost       int64   // datagrams that did not come back within LostAfter
	Late       int64   // of these, those that came back after all
	Unanswered int64   // messages that were on their way at the end, and had not come back DrainFor later
	Silent     int     // active connections of which no message came back while it was counted
	Stalled    bool    // nothing at all came for StallAfter, and that was the end
	Stopped    bool    // by Stop
	Wrong      int64   // connections on which came what had not been sent
	First      Wrong   // the first of these
}

// Fault is something that happened to N connections.
type Fault struct {
	What string
	N    int64
}

// Wrong is a byte that came back as it had not been sent. Offset is from the beginning of the message. Extra says that
// nothing was due at all.
type Wrong struct {
	Conn       int
	Message    uint64
	Offset     int
	Sent, Came byte
	Extra      bool
}

// How long to wait for what may never come.
const (
	StallAfter = 5 * time.Second
	LostAfter  = 500 * time.Millisecond
	DrainFor   = 5 * time.Second
)

// Load is a run. It is for one goroutine, Stop apart.
type Load struct {
	k       *sys.Calls
	cfg     Config
	pattern pattern
	w       waiter
	wake    int // an eventfd: Stop writes to it
	stopped atomic.Bool

	conns  []conn
	sentAt []time.Duration // of each message on its way, Depth for each connection
	in     []byte
	out    []byte

	made    int           // connections begun
	failed  int           // of these
	source  int           // which of our addresses they come from: see connect.go
	sources int           // connections begun from it
	sending bool          // begin new messages
	count   bool          // what comes back counts
	full    bool          // Count has been reached
	onTheir int64         // messages on their way
	live    int           // active connections that are up
	lastAt  time.Duration // when the last message came back

	r Result
}

// New prepares a run: nothing is connected yet. Close frees it.
func New(k *sys.Calls, cfg Config) (*Load, error) {
	w, err := newWaiter(k)
	if err != nil {
		return nil, err
	}
	wake, err := k.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		sys.Close(k, w.epfd)
		return nil, sys.Wrap("eventfd", "", err)
	}
	l := &Load{
		k: k, cfg: cfg, w: w, wake: wake, pattern: newPattern(cfg.Size),
		conns: make([]conn, cfg.Conns), sentAt: make([]time.Duration, cfg.Conns*cfg.Depth),
		in: make([]byte, max(64<<10, MaxDatagram+1)), out: make([]byte, min(max(cfg.Size, header), MaxDatagram)),
	}
	for i := range l.conns {
		l.conns[i].fd = -1
	}
	if err := w.watch(unix.EPOLL_CTL_ADD, wake, unix.EPOLLIN, wakeUp); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

// wakeUp is the number that the eventfd has among the connections.
const wakeUp = -1

// Close closes every connection, in order: a FIN each.
func (l *Load) Close() {
	for i := range l.conns {
		if c := &l.conns[i]; c.fd >= 0 {
			sys.Close(l.k, c.fd)
			c.fd = -1
		}
	}
	sys.Close(l.k, l.w.epfd)
	sys.Close(l.k, l.wake)
}

// Stop makes Connect and Run return soon. It is safe from any goroutine, until Close is called.
func (l *Load) Stop() {
	l.stopped.Store(true)
	sys.Write(l.k, l.wake, []byte{7: 1}) // not 0 in either byte order
}

// Result is what came of it until now.
func (l *Load) Result() *Result { return &l.r }

// Run sends on the active connections: first to warm up, then counted. begin and end are called at the two ends of the
// time that counts, on this goroutine; they may take their time. An error is one of ours; what happens to connections
// is in the Result.
func (l *Load) Run(begin, end func()) error {
	l.sending = true
	now := l.k.Now()
	from := now + l.cfg.Warm
	until := from + l.cfg.For
	l.lastAt = now
	if l.cfg.Warm == 0 {
		begin()
		from = l.start()
		until = from + l.cfg.For
	}
	for a := range l.cfg.Active {
		l.serve(l.active(a), false)
	}
	for !l.full && l.live > 0 && !l.stopped.Load() {
		now = l.k.Now()
		switch {
		case l.count && now >= until:
			l.full = true
			continue
		case !l.count && now >= from:
			begin()
			from = l.start()
			until = from + l.cfg.For
			now = from
		case now-l.lastAt >= StallAfter:
			l.r.Stalled = true
			l.full = true
			continue
		}
		next := until
		if !l.count {
			next = from
		}
		if err := l.turn(min(next-now, tick)); err != nil {
			return err
		}
	}
	if l.count {
		l.r.Took = l.k.Now() - from
		if l.reached() {
			l.r.Took = l.lastAt - from
		}
		l.count = false
		end()
	}
	l.r.Stopped = l.stopped.Load()
	for a := range l.cfg.Active {
		if l.reached() {
			break // the end came before everybody's turn
		}
		if c := &l.conns[l.active(a)]; c.counted == 0 && c.fd >= 0 {
			l.r.Silent++
		}
	}
	return l.drain()
}

// reached says that Count messages have come back.
func (l *Load) reached() bool { return l.cfg.Count > 0 && l.r.Messages == l.cfg.Count }

// start begins to count, at the time that it returns.
func (l *Load) start() time.Duration {
	l.count = true
	l.lastAt = l.k.Now()
	return l.lastAt
}

// drain waits for what is on its way: bytes that come are compared to the last one.
func (l *Load) drain() error {
	l.sending = false
	for until := l.k.Now() + DrainFor; l.onTheir > 0 && !l.stopped.Load(); {
		now := l.k.Now()
		if now >= until {
			break
		}
		if err := l.turn(min(until-now, tick)); err != nil {
			return err
		}
	}
	l.r.Unanswered = l.onTheir
	return nil
}

// tick is how long a turn may wait: not more than what is looked for by the clock needs.
const tick = 50 * time.Millisecond

// turn waits for something to happen, and does what is to be done.
func (l *Load) turn(d time.Duration) error {
	evs, err := l.w.wait(int((max(d, 0) + time.Millisecond - 1) / time.Millisecond))
	if err != nil {
		return err
	}
	for _, ev := range evs {
		if i := int(ev.Fd); i != wakeUp {
			l.serve(i, ev.Events&unix.EPOLLIN != 0 || ev.Events&(unix.EPOLLERR|unix.EPOLLHUP) != 0)
		}
	}
	if l.cfg.Type == unix.SOCK_DGRAM {
		l.overdue()
	}
	return nil
}

// add counts a fault by its name.
func add(to *[]Fault, what string) {
	i := slices.IndexFunc(*to, func(f Fault) bool { return f.What == what })
	if i < 0 {
		*to, i = append(*to, Fault{What: what}), len(*to)
	}
	(*to)[i].N++
}
