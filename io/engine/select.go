package engine

// select: one loop, one thread, everybody served when there is something to serve.
//
// Against goroutine.go: nobody sleeps for one connection any more. The one thread sleeps for all of them, in select(2),
// which takes sets of descriptors to watch and leaves in them those that are ready. So no lock is needed, no stack for
// each connection, and no call may block: sockets are O_NONBLOCK, and what a peer does not take is kept for it until
// the set says that there is room. (man select: a descriptor reported ready may block after all, for instance when a
// packet had a wrong checksum; O_NONBLOCK is the cure.)
//
// The sets are overwritten by the answer, so they are copied before each call; the number that comes back says how many
// are ready and not which, so every descriptor up to the highest is looked at.
//
// Where it breaks: an fd_set has 1024 bits (FD_SETSIZE), and a descriptor of 1024 or more does not fit; in C, FD_SET
// with such a number writes past the set's end ("undefined behavior", select(2)). Raising RLIMIT_NOFILE changes nothing.
// This server says so, turns such a peer away, and goes on. And like poll it costs what is watched, not what is ready:
// the kernel looks at every bit up to the highest descriptor, twice.

import (
	"errors"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

type selectServer struct {
	door
	wire
	mem    *buffers
	conns  table
	live   int
	rd, wr unix.FdSet // what is watched
	r, w   unix.FdSet // the copy that select overwrites
	tv     unix.Timeval
	full   bool // that the set is full has been said
	dgram  dgram
}

// errSelect is why a connection was turned away.
var errSelect = errors.New("select cannot watch descriptors of 1024 and more (FD_SETSIZE)")

func serveSelect(k *sys.Calls, lfd, stop int, o *Options) error {
	d, err := openDoor(k, lfd, stop, o)
	if err != nil {
		return err
	}
	if max(lfd, stop) >= unix.FD_SETSIZE {
		return errSelect
	}
	s := &selectServer{door: d, wire: quick(&d), mem: newBuffers(&d, bufferSize)}
	defer s.settle()
	defer s.dgram.end(&s.door)
	return s.run()
}

func (s *selectServer) run() error {
	defer s.closeAll()
	s.rd.Set(s.stop)
	for !s.over(s.live) {
		s.rd.Clear(s.door.fd)
		if s.open() {
			s.rd.Set(s.door.fd)
		}
		s.r, s.w = s.rd, s.wr
		n, err := s.door.k.Select(max(len(s.conns), s.door.fd+1, s.stop+1), &s.r, &s.w, nil, s.wait())
		if err == unix.EINTR {
			continue // the sets are not to be looked at: "the file descriptor sets are unmodified"
		}
		if err != nil {
			return sys.Wrap("select", "", err)
		}
		for fd := 0; fd < len(s.conns) && n > 0; fd++ {
			if c := s.conns.get(fd); c != nil && (s.r.IsSet(fd) || s.w.IsSet(fd)) {
				n--
				s.echo(c)
			}
		}
		if s.r.IsSet(s.stop) {
			s.drain()
		}
		if s.r.IsSet(s.door.fd) {
			if err := s.accept(); err != nil {
				return err
			}
		}
	}
	return nil
}

// wait is the time-out as select has it: nil for none. Linux changes it in the call, so it is made anew.
func (s *selectServer) wait() *unix.Timeval {
	msec := s.timeout()
	if msec < 0 {
		return nil
	}
	s.tv = unix.NsecToTimeval(int64(msec) * 1e6)
	return &s.tv
}

func (s *selectServer) accept() error {
	if s.typ == unix.SOCK_DGRAM {
		return s.dgram.echo(&s.door)
	}
	for range burst {
		nc, err := s.door.accept()
		if err == unix.EAGAIN {
			return nil
		}
		if err != nil {
			return err
		}
		if nc.fd >= unix.FD_SETSIZE {
			if !s.full {
				s.full = true
				s.warn(errSelect.Error() + ": who comes now is turned away, until a connection ends")
			}
			s.gone(&nc, errSelect)
			continue
		}
		s.full = false
		s.conns.put(nc)
		s.live++
		s.rd.Set(nc.fd)
	}
	return nil
}

// echo gives what is held, takes once, and gives that. Whatever the set said, these two find out what is the matter.
func (s *selectServer) echo(c *conn) {
	err := s.give(c, s.mem)
	if err == nil {
		if err = s.take(c, s.mem); err == nil {
			err = s.give(c, s.mem)
		}
	}
	if err == nil || err == unix.EAGAIN {
		s.rd.Set(c.fd)
		s.wr.Clear(c.fd)
		if c.pending() {
			s.rd.Clear(c.fd)
			s.wr.Set(c.fd)
		}
		return
	}
	s.close(c, err)
}

// drain shuts the door and makes every connection end where it is.
func (s *selectServer) drain() {
	s.leave()
	for c := range s.conns.all {
		s.endInput(c.fd)
	}
	s.rd.Clear(s.stop) // it stays readable
}

func (s *selectServer) close(c *conn, err error) {
	s.rd.Clear(c.fd)
	s.wr.Clear(c.fd)
	s.gone(c, err)
	s.conns.drop(c)
	s.live--
}

// closeAll ends those that are left when the loop ends: the grace is over.
func (s *selectServer) closeAll() {
	for c := range s.conns.all {
		s.close(c, ErrStopped)
	}
}
