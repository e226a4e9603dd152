package engine

// goroutine: a goroutine for each connection, Go's own model.
//
// Against thread.go: the code stays a straight line, but what sleeps is no thread. The sockets do not block; where a
// read would have to wait, the goroutine is parked, its thread goes on with another one, and the runtime's own poller (an
// epoll instance, edge-triggered, see netpoll_epoll.go in Go's runtime) makes it runnable again. So this is epoll
// underneath, with the state of each connection kept on a small stack instead of in a struct, and a scheduler that uses
// all processors without our help. That is what package net does.
//
// os.NewFile on a descriptor with O_NONBLOCK gives it to that poller. SyscallConn then lets us make the calls ourselves:
// the function is called until it returns true, and the goroutine sleeps in between.
//
// Where it breaks: late. A goroutine with its stack and buffer costs some 8 KiB where a loop needs a hundred bytes, and
// each message costs two trips through the scheduler: a half more processor time than a loop's.

import (
	"os"
	"sync"
	"time"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

type goroutineServer struct {
	door
	wire
	mu    sync.Mutex
	conns map[*conn]bool
	ended sync.WaitGroup
	force bool // the grace is over
}

func serveGoroutine(k *sys.Calls, lfd, stop int, o *Options) error {
	d, err := openDoor(k, lfd, stop, o)
	if err != nil {
		return err
	}
	s := &goroutineServer{door: d, wire: quick(&d), conns: map[*conn]bool{}}
	defer s.settle()
	return s.run()
}

func (s *goroutineServer) run() error {
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

func (s *goroutineServer) accept() error {
	for range burst {
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

// echo is a goroutine's whole life.
func (s *goroutineServer) echo(c *conn) {
	f := os.NewFile(uintptr(c.fd), "connection")
	mem := newBuffers(&s.door, goroutineBuffer)
	raw, err := f.SyscallConn()
	// What the two functions find is in err: EAGAIN makes the goroutine sleep. They are made once, not for each message.
	take := func(uintptr) bool { err = s.take(c, mem); return err != unix.EAGAIN }
	give := func(uintptr) bool { err = s.give(c, mem); return err != unix.EAGAIN }
	for err == nil {
		if err = either(raw.Read(take), &err); err == nil {
			err = either(raw.Write(give), &err)
		}
	}
	s.close(c, f, err)
}

// goroutineBuffer is small: each connection has one all the time.
const goroutineBuffer = 8 << 10

// either is what went wrong: in waiting, or in the call.
func either(waiting error, call *error) error {
	if waiting != nil {
		return waiting
	}
	return *call
}

// drain makes every connection end where it is, and waits for the goroutines.
func (s *goroutineServer) drain() {
	s.each(func(c *conn) { s.endInput(c.fd) })
	late := time.AfterFunc(s.o.Grace, s.closeAll)
	s.ended.Wait()
	late.Stop()
}

// each calls f for every connection whose descriptor is still its own.
func (s *goroutineServer) each(f func(*conn)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		f(c)
	}
}

func (s *goroutineServer) close(c *conn, f *os.File, err error) {
	s.mu.Lock()
	if s.force && err == unix.EPIPE {
		err = ErrStopped
	}
	delete(s.conns, c)
	s.mu.Unlock()
	fd := -1
	if s.rest.on.Load() { // it may linger, in a descriptor that is not the poller's
		fd, _ = s.door.k.Fcntl(c.fd, unix.F_DUPFD_CLOEXEC, 0)
	}
	f.Close() // the poller's as well
	c.fd = fd
	s.gone(c, err)
}

// closeAll ends those that are left: the grace is over.
func (s *goroutineServer) closeAll() {
	s.each(func(c *conn) {
		s.force = true
		s.door.k.Shutdown(c.fd, unix.SHUT_RDWR)
	})
}
