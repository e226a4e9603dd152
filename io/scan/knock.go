// Package scan knocks at addresses, thousands at a time on one epoll loop, and says what each answered.
package scan

import (
	"errors"
	"time"

	"cat5/io/epoll"
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// State is what an address answered.
type State uint8

const (
	Unknown  State = iota // it could not be asked: Err says why
	Open                  // a connection was made; a datagram was answered
	Closed                // the host says that nobody listens there
	Filtered              // silence, or a router's word that there is no way (Err)
	Silent                // a datagram was sent and nothing came back: it may be open, or filtered
)

func (s State) String() string {
	return [...]string{"unknown", "open", "closed", "filtered", "open|filtered"}[s]
}

// ErrTimeout says that nothing came within the time given.
var ErrTimeout = errors.New("timed out")

// ErrBusy says that this host is out of descriptors, ports or memory for now: knock again when others have ended.
var ErrBusy = errors.New("out of descriptors, ports or memory")

// Knock is one question to one address, and its answer.
type Knock struct {
	Addr    sys.Addr
	Type    int           // unix.SOCK_STREAM, SOCK_DGRAM
	Timeout time.Duration // for the answer; more than 0
	Send    []byte        // what is said once connected; a datagram is always sent, be it empty
	// Want says whether what has been heard is enough. nil: being connected is enough, or any one datagram.
	// With Want the knock ends at the peer's end and at the time-out as well, and State stays Open.
	Want func(heard []byte) bool
	Done func(*Knock) // told once, on the caller's thread; it may start other knocks

	State State
	Err   error         // why it is not Open; with Want, why no more was heard (nil at the peer's end)
	Took  time.Duration // to the connection, or to the datagram's answer
	Heard []byte        // what came, at most maxHeard bytes

	fd     int
	began  time.Duration
	expire epoll.Timer
}

// maxHeard is how much of an answer is kept, in bytes: a greeting, not a transfer.
const maxHeard = 64 << 10

// Knocker has any number of knocks in the air. It is for one thread.
type Knocker struct {
	k      *sys.Calls
	poller *epoll.Poller
	timers epoll.Timers
	byFD   []*Knock
	spare  map[int]int // by family: a TCP socket that was refused, and can be used once more
	live   int
	prompt bool // the last refusal came at once, as on loopback: it is worth asking before epoll is told
	evs    []epoll.Event
	buf    []byte

	posts epoll.Posts // from other goroutines
}

// New makes a Knocker. Close frees it.
func New(k *sys.Calls) (*Knocker, error) {
	p, err := epoll.New(k)
	if err != nil {
		return nil, err
	}
	return &Knocker{k: k, poller: p, spare: map[int]int{}, prompt: true}, nil
}

// Close ends every knock without an answer and frees all.
func (n *Knocker) Close() {
	for _, kn := range n.byFD {
		if kn != nil {
			n.drop(kn)
		}
	}
	for _, fd := range n.spare {
		sys.Close(n.k, fd)
	}
	n.spare = nil
	n.poller.Close()
}

// Live is how many knocks have no answer yet.
func (n *Knocker) Live() int { return n.live }

// Post makes the current or the next Turn call f and return. It is safe from any goroutine.
func (n *Knocker) Post(f func()) {
	n.posts.Post(n.poller, f)
}

// After sets t to fire d from now, in a Turn.
func (n *Knocker) After(t *epoll.Timer, d time.Duration) { n.timers.Set(t, n.k.Now()+d) }

// Start begins a knock; its Done may be called before Start returns. ErrBusy says that nothing was begun and that it is
// worth trying again later; every other fate is told through Done.
func (n *Knocker) Start(kn *Knock) error {
	kn.State, kn.Err, kn.Heard, kn.fd = Unknown, nil, nil, -1
	fd, err := n.socket(kn)
	if err != nil {
		return n.refuse(kn, err)
	}
	kn.fd, kn.began = fd, n.k.Now()
	n.live++
	err = n.k.Connect(fd, kn.Addr)
	switch err {
	case nil:
		n.connected(kn)
		return nil
	case unix.EINPROGRESS, unix.EINTR: // "the connection will be established asynchronously", connect(2)
		if n.prompt && kn.Type == unix.SOCK_STREAM {
			if err := n.k.Connect(fd, kn.Addr); err != unix.EALREADY && err != unix.EINPROGRESS && err != unix.EINTR {
				n.answer(kn, err)
				return nil
			}
			n.prompt = false
		}
		n.watch(kn, epoll.Out)
		return nil
	}
	n.release(kn)
	return n.refuse(kn, err)
}

// refuse is about an error before anything was in the air.
func (n *Knocker) refuse(kn *Knock, err error) error {
	switch err {
	case unix.EMFILE, unix.ENFILE, unix.ENOBUFS, unix.ENOMEM, unix.EADDRNOTAVAIL, unix.EAGAIN, unix.ENOSPC:
		// EADDRNOTAVAIL and, for a socket that is bound already, EAGAIN: "no available local ports" (connect(2)). EAGAIN of
		// a unix socket: the listener's queue is full.
		kn.Err = err
		return ErrBusy
	}
	n.conclude(kn, err)
	return nil
}

func (n *Knocker) socket(kn *Knock) (int, error) {
	family := kn.Addr.Family()
	if fd, ok := n.spare[family]; ok && kn.Type == unix.SOCK_STREAM {
		delete(n.spare, family)
		return fd, nil
	}
	return n.k.Socket(family, kn.Type|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
}

func (n *Knocker) watch(kn *Knock, want epoll.Interest) {
	if err := n.poller.Set(kn.fd, want); err != nil {
		n.end(kn, err)
		return
	}
	for kn.fd >= len(n.byFD) {
		n.byFD = append(n.byFD, nil)
	}
	n.byFD[kn.fd] = kn
	if !kn.expire.Pending() {
		kn.expire.F = func() { n.expired(kn) }
		n.timers.Set(&kn.expire, kn.began+kn.Timeout)
	}
}

// Turn waits until something has happened, at most for max (less than 0: until then), and deals with it.
func (n *Knocker) Turn(max time.Duration) (err error) {
	wait := n.timers.Next(n.k.Now())
	if wait < 0 || max >= 0 && max < wait {
		wait = max
	}
	if n.evs, err = n.poller.Wait(wait, n.evs[:0]); err != nil {
		return err
	}
	for _, ev := range n.evs {
		if ev.FD < len(n.byFD) {
			if kn := n.byFD[ev.FD]; kn != nil {
				n.ready(kn, ev)
			}
		}
	}
	n.timers.Run(n.k.Now())
	n.posts.Run()
	return nil
}
