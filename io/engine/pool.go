package engine

// pool: one loop that waits, and threads that do the work.
//
// Against epoll.go: the loop serves nobody itself. It puts each ready connection as a task on a ring, and worker threads,
// started once, take tasks off it: no thread is made for a connection, and none is idle while there is work. The ring
// has one lock and two condition variables (pthread_cond_wait(3)): "not empty", on which workers sleep, and "not full",
// on which the loop sleeps when the workers do not keep up. A condition is asked again after each waking ("spurious
// wakeups may occur"), hence the loops around Wait.
//
// Two threads must not have the same connection, or its bytes would change places. EPOLLONESHOT sees to that: an entry
// that has been reported is disabled until it is armed again with EPOLL_CTL_MOD (epoll_ctl(2)), which the worker does
// when it is done. If something has come meanwhile it is reported at once; nothing is lost.
//
// Where it breaks: a task must be short. Four tasks that wait for something are four workers gone, and then everybody
// waits, which is why the workers' calls do not block here either. And for work as small as an echo the way to it
// costs more than it does: a lock, a wake-up (futex(2)), another processor's cache, one epoll_ctl(2) for each message. It
// wins where a task computes.

import (
	"runtime"
	"sync"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

type poolServer struct {
	door
	wire
	waiter
	tasks   *ring
	workers sync.WaitGroup
	wake    int // an eventfd: the last connection has gone

	mu    sync.Mutex
	conns table
	live  int
	last  bool // drain has begun: the last one wakes the loop
	armed bool // the listener is watched; the loop's own
}

// poolThreads is how many workers there are, poolRing how many tasks may wait.
const (
	poolThreads = 4
	poolRing    = 256
)

// ring is a circle of tasks.
type ring struct {
	mu       sync.Mutex
	notEmpty *sync.Cond
	notFull  *sync.Cond
	tasks    [poolRing]*conn
	head, n  int // where the first one is, and how many there are
	closed   bool
}

func newRing() *ring {
	r := &ring{}
	r.notEmpty, r.notFull = sync.NewCond(&r.mu), sync.NewCond(&r.mu)
	return r
}

func (r *ring) put(c *conn) {
	r.mu.Lock()
	for r.n == poolRing {
		r.notFull.Wait()
	}
	r.tasks[(r.head+r.n)%poolRing] = c
	r.n++
	r.mu.Unlock()
	r.notEmpty.Signal()
}

// take is the next task; nil when there will be none.
func (r *ring) take() *conn {
	r.mu.Lock()
	for r.n == 0 && !r.closed {
		r.notEmpty.Wait()
	}
	var c *conn
	if r.n > 0 {
		c = r.tasks[r.head]
		r.head = (r.head + 1) % poolRing
		r.n--
	}
	r.mu.Unlock()
	r.notFull.Signal()
	return c
}

func (r *ring) close() {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.notEmpty.Broadcast()
}

func servePool(k *sys.Calls, lfd, stop int, o *Options) error {
	d, err := openDoor(k, lfd, stop, o)
	if err != nil {
		return err
	}
	s := &poolServer{door: d, wire: quick(&d), tasks: newRing()}
	defer s.settle()
	if s.waiter, err = newWaiter(k); err != nil {
		return err
	}
	defer s.waiter.close()
	s.calm = true // the workers need the processors
	if s.wake, err = k.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		return sys.Wrap("eventfd", "", err)
	}
	defer sys.Close(k, s.wake)
	for range poolThreads {
		s.workers.Go(s.work)
	}
	return s.run()
}

func (s *poolServer) run() error {
	defer s.closeAll()
	for _, fd := range []int{s.stop, s.wake} {
		if err := s.watch(unix.EPOLL_CTL_ADD, fd, unix.EPOLLIN); err != nil {
			return err
		}
	}
	for !s.over(s.count()) {
		if err := s.arm(); err != nil {
			return err
		}
		evs, err := s.wait(s.timeout())
		if err != nil {
			return err
		}
		for i := range evs {
			switch fd := int(evs[i].Fd); fd {
			case s.stop:
				err = s.drain()
			case s.door.fd:
				err = s.accept()
			case s.wake:
			default:
				s.mu.Lock() // also: what its last worker has written is seen by the next
				c := s.conns.get(fd)
				s.mu.Unlock()
				if c != nil {
					s.tasks.put(c)
				}
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// work is a worker's whole life.
func (s *poolServer) work() {
	runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
	mem, ctl := newBuffers(&s.door, bufferSize), &waiter{k: s.door.k, epfd: s.epfd}
	for {
		c := s.tasks.take()
		if c == nil {
			return
		}
		s.echo(c, mem, ctl)
	}
}

// arm watches the listener while the door is open.
func (s *poolServer) arm() error {
	open := s.open()
	if open == s.armed {
		return nil
	}
	s.armed = open
	if open {
		return s.watch(unix.EPOLL_CTL_ADD, s.door.fd, unix.EPOLLIN)
	}
	return s.watch(unix.EPOLL_CTL_DEL, s.door.fd, 0)
}

func (s *poolServer) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.live
}

func (s *poolServer) accept() error {
	for range burst {
		nc, err := s.door.accept()
		if err == unix.EAGAIN {
			return nil
		}
		if err != nil {
			return err
		}
		s.mu.Lock()
		c := s.conns.put(nc)
		s.live++
		s.mu.Unlock()
		if err := s.watch(unix.EPOLL_CTL_ADD, c.fd, unix.EPOLLIN|unix.EPOLLONESHOT); err != nil {
			s.close(c, err)
		}
	}
	return nil
}

// echo gives what is held, takes once, gives that, and arms the connection again.
func (s *poolServer) echo(c *conn, mem *buffers, ctl *waiter) {
	err := s.give(c, mem)
	if err == nil {
		if err = s.take(c, mem); err == nil {
			err = s.give(c, mem)
		}
	}
	if err == nil || err == unix.EAGAIN {
		want := uint32(unix.EPOLLIN)
		if c.pending() {
			want = unix.EPOLLOUT
		}
		fd := c.fd  // the last that is read of it: what is read after the lock is not ordered by it
		s.mu.Lock() // see run: the kernel orders the two workers, but only a lock tells Go so
		//lint:ignore SA2001 for its order alone
		s.mu.Unlock()
		if err = ctl.watch(unix.EPOLL_CTL_MOD, fd, want|unix.EPOLLONESHOT); err == nil {
			return // from here on it can be another worker's
		}
	}
	s.close(c, err)
}

// drain shuts the door and makes every connection end where it is. A connection cannot go meanwhile: workers close under
// the lock.
func (s *poolServer) drain() error {
	s.leave()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = true
	for c := range s.conns.all {
		s.endInput(c.fd)
	}
	return s.watch(unix.EPOLL_CTL_DEL, s.stop, 0) // it stays readable
}

func (s *poolServer) close(c *conn, err error) {
	s.mu.Lock()
	was := *c
	s.conns.drop(c)
	s.live--
	wake := s.last && s.live == 0
	s.mu.Unlock()
	s.gone(&was, err)
	if wake {
		one := [8]byte{1} // eventfd(2): an 8-byte integer in host order
		sys.Write(s.door.k, s.wake, one[:])
	}
}

// closeAll sends the workers home, and ends those connections that are left: the grace is over.
func (s *poolServer) closeAll() {
	s.tasks.close()
	s.workers.Wait()
	for c := range s.conns.all {
		s.close(c, ErrStopped)
	}
}
