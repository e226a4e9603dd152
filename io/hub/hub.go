// Package hub serves many peers on one loop: what one of them sends may go to all the others, to our output, nowhere, or
// to a program of its own.
//
// Peers cost no goroutine and no thread, and an idle one no buffer. What is read goes from the one buffer that it was read
// into straight to everybody who takes it; only what somebody does not take at once is kept, once for all of them, in
// chunks that count who still needs them.
//
// How to read it: hub.go (the loop), door.go (who comes in), peer.go (one of them, and how it ends), memory.go (queues),
// dgram.go (peers without connections), stdio.go (our input and output), and then one file a service.
package hub

import (
	"net/netip"
	"time"

	"cat5/io/epoll"
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// Options is what a hub is to do. The functions are called on the hub's thread; each may be nil.
type Options struct {
	Listener int     // a listening socket, or a bound datagram socket; it does not block, and remains the caller's
	Service  Service // what is done with peers
	Access   Access  // who may come in
	Max      int     // peers at a time; 0: as many as there are descriptors for
	Source   int     // of them, from one address; 0: no bound of its own

	FirstByte time.Duration // who has sent nothing by then has to go; 0: never
	Idle      time.Duration // who has neither sent nor taken anything for so long has to go; 0: never

	// A peer whose queue holds more than MaxQueue bytes of memory keeps those from being read whose bytes it would
	// get, until it has taken half of that; when it has not by Stall, it has to go. Stall 0: it is waited for.
	MaxQueue int
	Stall    time.Duration

	Linger time.Duration // how long a peer that was sent the end may take to send its own
	Grace  time.Duration // how long everything may take after Stop

	Accepted func(fd int, peer sys.Addr) error // sets options of a new connection; an error closes it
	Joined   func(p *Peer)
	Left     func(p *Peer, why error)        // why is nil when it was the peer's own end, and all was given
	Rejected func(peer sys.Addr, why string) // by Access, Max or Source
	Stalled  func(p *Peer)                   // MaxQueue has been exceeded for a second
	Warn     func(text string)
}

// Hub is many peers on one loop. It is for one thread, Post apart.
type Hub struct {
	k      *sys.Calls
	o      Options
	poller *epoll.Poller
	timers epoll.Timers
	now    time.Duration // the time of this turn
	evs    []epoll.Event
	users  []user // by descriptor
	mem    memory
	svc    Service

	door  door
	peers []*Peer
	gone  []*Peer            // to be forgotten at the end of this event
	froms map[netip.Addr]int // how many peers an address has, when that is bounded
	names map[sys.Addr]*Peer
	idle  []*Peer // not read while somebody is behind; see Peer.watch
	spare []*Peer // memory for it

	behind   int // peers over MaxQueue
	in       *input
	out      *output
	stopping bool // nothing more is taken
	ending   bool // nobody new comes in, and the hub ends with the last peer
	late     epoll.Timer
	err      error

	posts epoll.Posts // from other goroutines

	// The account: bytes taken from peers and from our input, given to them, and taken but not given.
	In, Out, Lost int64
	Ids, Refused  int64 // peers that came, and that were sent away
}

// user is what a descriptor belongs to.
type user interface{ ready(ev epoll.Event) }

// New makes a hub. Run serves; Close frees it.
func New(k *sys.Calls, o Options) (*Hub, error) {
	p, err := epoll.New(k)
	if err != nil {
		return nil, err
	}
	h := &Hub{k: k, o: o, poller: p, svc: o.Service, now: k.Now()}
	if o.Source > 0 {
		h.froms = map[netip.Addr]int{}
	}
	h.late.F = h.Cut
	if err := h.door.open(h); err != nil {
		p.Close()
		return nil, err
	}
	return h, nil
}

// Close frees the hub's own descriptors.
func (h *Hub) Close() { h.poller.Close() }

// Peers is how many there are now.
func (h *Hub) Peers() int { return len(h.peers) - len(h.gone) }

// After sets t to fire d from now; see epoll.Timers.
func (h *Hub) After(t *epoll.Timer, d time.Duration) { h.timers.Set(t, h.k.Now()+d) }

// Post makes the hub call f on its thread, soon. It is safe from any goroutine: signals come in this way.
func (h *Hub) Post(f func()) {
	h.posts.Post(h.poller, f)
}

// Run serves until Stop, or until our input's end ends everything (see Talk), and returns when all peers have gone. The
// error is the listener's or the output's.
func (h *Hub) Run() error {
	h.now = h.k.Now()
	h.svc.start(h)
	for !h.over() {
		var err error
		if h.evs, err = h.poller.Wait(h.timers.Next(h.now), h.evs[:0]); err != nil {
			h.fail(err)
			h.Cut()
			h.abandon()
			break
		}
		h.now = h.k.Now()
		for _, ev := range h.evs {
			if u := h.user(ev.FD); u != nil {
				u.ready(ev)
				h.sweep()
			}
		}
		h.timers.Run(h.now)
		h.posts.Run()
		h.sweep()
	}
	return h.err
}

// over says that there is nothing left to do.
func (h *Hub) over() bool {
	return h.ending && len(h.peers) == 0 && (h.out == nil || h.out.q.empty())
}

// Stop ends the hub: nobody new comes in, nothing more is taken, and what was taken may be given for Options.Grace.
// Programs of peers are told to end (SIGTERM), and at the end of the grace made to (SIGKILL).
func (h *Hub) Stop() {
	if h.stopping {
		return
	}
	h.stopping = true
	h.Finish()
	h.timers.Set(&h.late, h.k.Now()+h.o.Grace)
	if h.in != nil {
		h.in.watch()
	}
	for _, p := range h.peers {
		p.end()
	}
	h.sweep()
}

// Finish lets nobody new in; Run returns when those who are there have gone.
func (h *Hub) Finish() {
	h.ending = true
	h.door.close()
}

// Cut ends what is left, grace or not; programs are killed.
func (h *Hub) Cut() {
	h.stopping = true
	h.Finish()
	for _, p := range h.peers {
		if p.kid != nil {
			p.kid.signal(unix.SIGKILL)
			continue
		}
		h.leave(p, ErrStopped)
	}
	h.late.F = h.abandon // a killed program ends at once, unless the kernel itself does not let it
	h.timers.Set(&h.late, h.k.Now()+time.Second)
	if h.out != nil {
		h.Lost += h.out.q.drop(&h.mem)
	}
	h.sweep()
}

// abandon gives up on programs that cannot even be killed.
func (h *Hub) abandon() {
	for _, p := range h.peers {
		h.leave(p, ErrStopped)
	}
	h.sweep()
}

// fail ends the hub because of an error of ours. The first one stands.
func (h *Hub) fail(err error) {
	if h.err == nil {
		h.err = err
	}
	h.Stop()
}

func (h *Hub) user(fd int) user {
	if fd < len(h.users) {
		return h.users[fd]
	}
	return nil
}

// use says whom a descriptor belongs to; nil ends that, and takes it out of the poller.
func (h *Hub) use(fd int, u user) {
	for fd >= len(h.users) {
		h.users = append(h.users, nil)
	}
	h.users[fd] = u
	if u == nil {
		h.poller.Set(fd, 0)
	}
}

// held says that nothing may be taken that would go to those who are behind. A peer that alone is behind may be read: its
// own bytes are not for itself.
func (h *Hub) held(p *Peer) bool {
	return h.stopping || h.behind > 1 || h.behind == 1 && (p == nil || !p.over) || h.out != nil && h.out.full()
}

// resume looks again at those who were not read.
func (h *Hub) resume() {
	list := h.idle
	h.idle, h.spare = h.spare[:0], nil
	for i, p := range list {
		list[i] = nil
		p.idle = false
		p.watch()
	}
	h.spare = list
	if h.in != nil {
		h.in.watch()
	}
	if h.names != nil {
		h.door.watch()
	}
}

// send gives a to p: what p does not take now waits in its queue.
func (h *Hub) send(p *Peer, a *parcel) {
	if p.dead || p.shut || p.fault != nil {
		return
	}
	if p.FD < 0 {
		h.sendTo(p, a.b)
		return
	}
	n := 0
	if p.q.empty() {
		var ok bool
		if n, ok = p.write(a.b); ok && n == len(a.b) {
			return
		}
		if p.fault != nil {
			p.Lost += int64(len(a.b))
			p.conclude()
			return
		}
	}
	p.q.push(&h.mem, a, n)
	if !p.over && p.q.cost > h.o.MaxQueue {
		p.over = true
		h.behind++
		p.since = h.now
		p.told = false
		p.arm()
	}
	p.watch()
}

// all gives b to every peer but from.
func (h *Hub) all(from *Peer, b []byte) {
	a := parcel{b: b}
	for _, p := range h.peers {
		if p != from {
			h.send(p, &a)
		}
	}
}

func (h *Hub) warn(text string) {
	if h.o.Warn != nil {
		h.o.Warn(text)
	}
}

// record says that each read and write is one record: SOCK_SEQPACKET or SOCK_DGRAM.
func (h *Hub) record() bool { return h.door.typ != unix.SOCK_STREAM }
