package engine

// reactor: descriptor, events and callback in one struct; a loop for each processor but one.
//
// Against epoll.go: the loop no longer knows what it waits for. It has nodes, each with a descriptor, the events it is
// watched for, and a function to call; the listener, the wake-up and every connection are nodes, and run is the same
// three lines for any program. This is the reactor pattern, libevent's struct event. On top of it stands libevent's
// bufferevent: a node with a buffer for what goes out, and three callbacks: read when bytes have come, write when
// the buffer has become empty, event for the end or an error. Who writes to it never has to wait: what the peer does not take
// at once is kept. That must have a limit, or a peer that sends and does not read fills our memory: above the high-water
// mark nothing more is read from it, until it has taken all there is (in libevent: bufferevent_setwatermark).
//
// The callbacks answer the tutorial's two questions about libevent. A callback gets its node as its argument, so it can
// take itself out. And the buffer is touched after the event only to be thrown away.
//
// One loop uses one processor. Here each processor has one, with its own epoll instance, buffers and connections, so
// that they share nothing; but one processor is left to the kernel, to other threads, and to clients on the same machine:
// measured on two, a second loop only took time away from those who talk to it. (GOMAXPROCS=N in the environment is how many
// processors Go believes in.) The first loop accepts and hands connections over in turn, through an inbox with a lock and an
// eventfd that wakes the other loop: the only lock, and only for newcomers.
//
// Where it breaks: connections are spread by number, not by the work they make; two busy ones can share a loop while
// another is idle. And the straight line is gone: what a connection does next is scattered over callbacks, and has to be
// kept in a struct.

import (
	"runtime"
	"sync"
	"time"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

type reactorServer struct {
	door
	wire
	loops []*reactorLoop
	next  int // which loop gets the next connection
	dgram dgram
}

// node is what a loop waits for.
type node struct {
	fd     int
	events uint32 // what it is watched for; 0: not at all
	call   func(n *node) error
	owner  *bufferevent // nil for the listener and the like
}

// reactorLoop is one thread's nodes.
type reactorLoop struct {
	waiter
	s       *reactorServer
	nodes   []*node // by descriptor
	mem     *buffers
	live    int // bufferevents
	leaveBy time.Duration

	mu    sync.Mutex
	inbox []conn
	stop  time.Duration // not 0: leave by then
	err   error         // why, if another loop had to end
	wake  int           // an eventfd
}

func serveReactor(k *sys.Calls, lfd, stop int, o *Options) error {
	d, err := openDoor(k, lfd, stop, o)
	if err != nil {
		return err
	}
	s := &reactorServer{door: d, wire: quick(&d)}
	defer s.settle()
	defer s.closeAll()
	for range max(runtime.GOMAXPROCS(0)-1, 1) {
		l, err := s.newLoop()
		if err != nil {
			return err
		}
		s.loops = append(s.loops, l)
		if d.typ == unix.SOCK_DGRAM {
			break // one socket, one loop
		}
	}
	defer s.dgram.end(&s.door)
	var all sync.WaitGroup
	defer all.Wait()
	for _, l := range s.loops[1:] {
		all.Go(func() {
			if err := l.run(nil); err != nil { // then this is the end for all
				s.loops[0].post(func(l *reactorLoop) { l.stop, l.err = 1, err })
			}
		})
	}
	defer s.drain()
	l := s.loops[0]
	if err := l.set(&node{fd: stop, call: func(*node) error { s.drain(); return nil }}, unix.EPOLLIN); err != nil {
		return err
	}
	listener := &node{fd: lfd, call: func(*node) error { return s.accept() }}
	return l.run(func() error {
		if s.open() {
			return l.set(listener, unix.EPOLLIN)
		}
		return l.set(listener, 0)
	})
}

func (s *reactorServer) newLoop() (*reactorLoop, error) {
	w, err := newWaiter(s.door.k)
	if err != nil {
		return nil, err
	}
	l := &reactorLoop{waiter: w, s: s, mem: newBuffers(&s.door, bufferSize)}
	if l.wake, err = l.k.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		l.waiter.close()
		return nil, sys.Wrap("eventfd", "", err)
	}
	if err := l.set(&node{fd: l.wake, call: l.fetch}, unix.EPOLLIN); err != nil {
		sys.Close(l.k, l.wake)
		l.waiter.close()
		return nil, err
	}
	return l, nil
}

// run is the reactor. before, if any, is called before each wait.
func (l *reactorLoop) run(before func() error) error {
	for l.leaveBy == 0 || l.live > 0 && l.k.Now() < l.leaveBy {
		if before != nil {
			if err := before(); err != nil {
				return err
			}
		}
		evs, err := l.wait(l.timeout(before != nil))
		if err != nil {
			return err
		}
		for i := range evs {
			if n := l.nodes[evs[i].Fd]; n != nil {
				if err := n.call(n); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (l *reactorLoop) timeout(door bool) int {
	switch {
	case l.leaveBy != 0:
		return int((max(l.leaveBy-l.k.Now(), 0) + time.Millisecond - 1) / time.Millisecond)
	case door:
		return l.s.timeout()
	}
	return -1
}

// set is what a node is watched for from now on.
func (l *reactorLoop) set(n *node, events uint32) error {
	had := n.events
	if had == events {
		return nil
	}
	for n.fd >= len(l.nodes) {
		l.nodes = append(l.nodes, nil)
	}
	n.events, l.nodes[n.fd] = events, n
	switch {
	case had == 0:
		return l.watch(unix.EPOLL_CTL_ADD, n.fd, events)
	case events == 0:
		l.nodes[n.fd] = nil
		return l.watch(unix.EPOLL_CTL_DEL, n.fd, 0)
	}
	return l.watch(unix.EPOLL_CTL_MOD, n.fd, events)
}

func (s *reactorServer) accept() error {
	if s.typ == unix.SOCK_DGRAM {
		return s.dgram.echo(&s.door)
	}
	for range burst {
		c, err := s.door.accept()
		if err == unix.EAGAIN {
			return nil
		}
		if err != nil {
			return err
		}
		s.next = (s.next + 1) % len(s.loops)
		if s.next == 0 {
			s.loops[0].add(c)
		} else {
			s.loops[s.next].post(func(l *reactorLoop) { l.inbox = append(l.inbox, c) })
		}
	}
	return nil
}

// post changes what the lock protects, and wakes the loop to look at it.
func (l *reactorLoop) post(change func(*reactorLoop)) {
	l.mu.Lock()
	change(l)
	l.mu.Unlock()
	one := [8]byte{1} // eventfd(2): an 8-byte integer in host order
	sys.Write(l.k, l.wake, one[:])
}

// fetch is the wake-up's callback: it takes what others have posted.
func (l *reactorLoop) fetch(*node) error {
	var b [8]byte
	sys.Read(l.k, l.wake, b[:])
	l.mu.Lock()
	in, stop, err := l.inbox, l.stop, l.err
	l.inbox = nil
	l.mu.Unlock()
	for _, c := range in {
		l.add(c)
	}
	if stop != 0 && l.leaveBy == 0 {
		l.drain(stop)
	}
	return err
}

// add makes a connection an echo: what is read is written.
func (l *reactorLoop) add(c conn) {
	b := &bufferevent{conn: c, loop: l, on: &echoing}
	b.node = node{fd: c.fd, call: ready, owner: b}
	l.live++
	if err := l.set(&b.node, unix.EPOLLIN); err != nil {
		b.on.event(b, err)
	}
}

// echoing is the echo: what is read is written, and the end is the end.
var echoing = callbacks{
	read:  (*bufferevent).write,
	write: func(*bufferevent) {}, // an echo has nothing to say by itself
	event: func(b *bufferevent, err error) { b.loop.close(b, err) },
}

// drain shuts the door and makes every connection of every loop end where it is.
func (s *reactorServer) drain() {
	if s.leaving() {
		return
	}
	s.leave()
	for _, l := range s.loops[1:] {
		l.post(func(l *reactorLoop) { l.stop = s.leaveBy })
	}
	s.loops[0].drain(s.leaveBy)
}

func (l *reactorLoop) drain(by time.Duration) {
	l.leaveBy = by
	for fd, n := range l.nodes {
		switch {
		case n == nil:
		case n.owner != nil:
			l.s.endInput(fd)
		case fd != l.wake:
			l.set(n, 0) // stop stays readable, and nobody is accepted any more
		}
	}
}

func (l *reactorLoop) close(b *bufferevent, err error) {
	if b.gone {
		return
	}
	b.gone = true
	if l.leaveBy != 0 { // it may linger, and closing it would take it out
		l.set(&b.node, 0)
	}
	l.nodes[b.node.fd] = nil // closing takes it out of epoll
	l.live--
	l.s.gone(&b.conn, err)
}

// closeAll frees the loops, and ends those that are left: the grace is over.
func (s *reactorServer) closeAll() {
	for _, l := range s.loops {
		for _, c := range l.inbox {
			s.gone(&c, ErrStopped)
		}
		for _, n := range l.nodes {
			if n != nil && n.owner != nil {
				l.close(n.owner, ErrStopped)
			}
		}
		sys.Close(l.k, l.wake)
		l.waiter.close()
	}
}
