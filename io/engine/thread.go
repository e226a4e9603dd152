package engine

// thread: a thread of the operating system for each connection.
//
// Against process.go: clone(2) with shared memory and descriptors instead of a new process. A thread is started in
// microseconds, its end needs no wait(2), and what it learns the others can see; so what they share needs a lock, and a
// bug in one is a bug in all. It still reads and writes in a straight line and sleeps in each call.
//
// Each connection's data must be its own: the tutorial warns of handing every thread a pointer to the same variable of
// the accept loop, which the next connection overwrites. Here c is a new variable for each.
//
// In Go a goroutine that calls runtime.LockOSThread has a thread of its own, and one that ends while locked ends its
// thread. The sockets block, so that the thread really sleeps in the kernel, and not in Go's poller.
//
// Nobody can tell a thread that sleeps in read(2) to leave, but the socket can: shutdown(2) with SHUT_RD makes that read
// return the end, and with SHUT_RDWR a write that waits for room fails. It has to happen under the lock under which
// descriptors are closed: a moment later the number may be somebody else's.
//
// Where it breaks: each thread has a stack (8 MiB of address space in C by default, of which some 20 KiB are touched), a
// kernel stack of 16 KiB and a place in the scheduler; there are limits to their number (RLIMIT_NPROC, threads-max, a
// cgroup's pids), and the Go runtime gives up at 10 000. This server stops accepting at maxThreads and says so.

import (
	"runtime"
	"sync"
	"time"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

type threadServer struct {
	door
	wire
	mu    sync.Mutex
	conns map[*conn]bool
	ended sync.WaitGroup
	force bool // the grace is over
}

// maxThreads stays below what the Go runtime dies of (runtime/debug.SetMaxThreads).
const maxThreads = 9000

func serveThread(k *sys.Calls, lfd, stop int, o *Options) error {
	d, err := openDoor(k, lfd, stop, o)
	if err != nil {
		return err
	}
	d.flags = unix.SOCK_CLOEXEC // calls may block
	s := &threadServer{door: d, wire: patient(&d), conns: map[*conn]bool{}}
	defer s.settle()
	return s.run()
}

func (s *threadServer) run() error {
	defer s.drain()
	for !s.leaving() {
		ready, err := s.await()
		if err != nil {
			return err
		}
		if ready {
			if err := s.accept(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *threadServer) accept() error {
	for range burst {
		s.mu.Lock()
		full := len(s.conns) >= maxThreads
		s.mu.Unlock()
		if full {
			s.shut("there are too many threads")
			return nil
		}
		nc, err := s.door.accept()
		if err == unix.EAGAIN {
			return nil
		}
		if err != nil {
			return err
		}
		c := &nc
		s.mu.Lock()
		s.conns[c] = true
		s.mu.Unlock()
		s.ended.Go(func() { s.echo(c) })
	}
	return nil
}

// echo is a thread's whole life.
func (s *threadServer) echo(c *conn) {
	runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
	mem := newBuffers(&s.door, threadBuffer)
	var err error
	for err == nil {
		if err = s.take(c, mem); err == nil {
			err = s.give(c, mem)
		}
	}
	s.close(c, err)
}

// threadBuffer is smaller than a loop's buffer: each connection has one all the time.
const threadBuffer = 16 << 10

// drain makes every connection end where it is, and waits for the threads.
func (s *threadServer) drain() {
	s.each(func(c *conn) { s.endInput(c.fd) })
	late := time.AfterFunc(s.o.Grace, s.closeAll)
	s.ended.Wait()
	late.Stop()
}

// each calls f for every connection whose descriptor is still its own.
func (s *threadServer) each(f func(*conn)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		f(c)
	}
}

func (s *threadServer) close(c *conn, err error) {
	s.mu.Lock()
	if s.force && err == unix.EPIPE {
		err = ErrStopped
	}
	delete(s.conns, c)
	s.mu.Unlock()
	s.gone(c, err)
}

// closeAll ends those that are left: the grace is over.
func (s *threadServer) closeAll() {
	s.each(func(c *conn) {
		s.force = true
		s.door.k.Shutdown(c.fd, unix.SHUT_RDWR)
	})
}
