package engine

// poll: one loop, a list handed over with each wait.
//
// Against select.go: poll(2) takes an array of descriptors instead of three bit sets, so there is no limit but the
// process's own (RLIMIT_NOFILE), and a descriptor's number does not matter. What is asked (events) and what is answered
// (revents) are two fields, so the array survives the call and need not be copied. A negative descriptor is skipped:
// that is how the listener is taken out for a while. Interest is a field too: POLLIN, or POLLOUT while the peer has not
// taken everything.
//
// Where it breaks: the kernel still walks the whole array twice in each call (once to ask and to queue itself at every
// socket, once to leave those queues), and we walk it once more to find who was meant. A thousand connections of which
// one is active cost a thousand times as much as one. Handing the array over is copying it: 8 bytes a connection, each
// time.

import (
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

type pollServer struct {
	door
	wire
	mem   *buffers
	fds   []unix.PollFd // the listener, stop, then the connections
	conns []conn        // conns[i] is fds[i]
	dgram dgram
}

func servePoll(k *sys.Calls, lfd, stop int, o *Options) error {
	d, err := openDoor(k, lfd, stop, o)
	if err != nil {
		return err
	}
	s := &pollServer{door: d, wire: quick(&d), mem: newBuffers(&d, bufferSize)}
	defer s.settle()
	s.fds = []unix.PollFd{{Fd: int32(lfd), Events: unix.POLLIN}, {Fd: int32(stop), Events: unix.POLLIN}}
	s.conns = make([]conn, first)
	defer s.dgram.end(&s.door)
	return s.run()
}

// first is where the connections begin in the array.
const first = 2

func (s *pollServer) run() error {
	defer s.closeAll()
	for !s.over(len(s.fds) - first) {
		s.fds[0].Fd = -1
		if s.open() {
			s.fds[0].Fd = int32(s.door.fd)
		}
		n, err := s.door.k.Poll(s.fds, s.timeout())
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return sys.Wrap("poll", "", err)
		}
		// From the end: who leaves is replaced by the last one, which has been looked at by then. New ones come after.
		for i := len(s.fds) - 1; i >= first && n > 0; i-- {
			if s.fds[i].Revents != 0 {
				n--
				s.echo(i)
			}
		}
		if s.fds[1].Revents != 0 {
			s.drain()
		}
		if s.fds[0].Fd >= 0 && s.fds[0].Revents != 0 {
			if err := s.accept(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *pollServer) accept() error {
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
		s.conns = append(s.conns, c)
		s.fds = append(s.fds, unix.PollFd{Fd: int32(c.fd), Events: unix.POLLIN})
	}
	return nil
}

// echo gives what is held, takes once, and gives that. Whatever the event said, these two find out what is the matter:
// POLLERR and POLLHUP show as an error or the end.
func (s *pollServer) echo(i int) {
	c := &s.conns[i]
	err := s.give(c, s.mem)
	if err == nil {
		if err = s.take(c, s.mem); err == nil {
			err = s.give(c, s.mem)
		}
	}
	if err == nil || err == unix.EAGAIN {
		s.fds[i].Events = unix.POLLIN
		if c.pending() {
			s.fds[i].Events = unix.POLLOUT
		}
		return
	}
	s.close(i, err)
}

// drain shuts the door and makes every connection end where it is.
func (s *pollServer) drain() {
	s.leave()
	for i := first; i < len(s.conns); i++ {
		s.endInput(s.conns[i].fd)
	}
	s.fds[1] = unix.PollFd{Fd: -1} // it stays readable
}

func (s *pollServer) close(i int, err error) {
	s.gone(&s.conns[i], err)
	last := len(s.fds) - 1
	s.fds[i], s.conns[i] = s.fds[last], s.conns[last]
	s.fds, s.conns = s.fds[:last], s.conns[:last]
}

// closeAll ends those that are left when the loop ends: the grace is over.
func (s *pollServer) closeAll() {
	for len(s.fds) > first {
		s.close(len(s.fds)-1, ErrStopped)
	}
}
