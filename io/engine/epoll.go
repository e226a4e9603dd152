package engine

// epoll: one loop again, but the kernel keeps the list.
//
// Against poll.go: descriptors are put into an epoll instance once (epoll_ctl(2), EPOLL_CTL_ADD) instead of being listed
// anew for each wait, and epoll_wait(2) returns those that are ready instead of a number of how many are. The instance
// is a tree of the watched descriptors and a list of the ready ones; when bytes arrive the socket itself puts its entry
// on that list. So a wait costs what is ready, not what is watched: with many connections and few active ones, which is
// what servers have, that is the whole difference. Closing a descriptor takes it out by itself, once nobody else holds
// the same open file description (epoll(7), "Will closing a file descriptor cause it to be removed").
//
// Level-triggered, the default: "epoll is simply a faster poll(2)" (epoll(7)). What was not read to its end is reported
// again, so reading once and going on is enough. For the same reason room to write must only be asked for while there
// is something to write: an idle socket has room always.
//
// Where it breaks: not by numbers. One loop is one processor: what takes long for one connection keeps all the others
// waiting. Regular files are always "ready", and epoll refuses them (EPERM).

import (
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

type epollServer struct {
	door
	wire
	waiter
	mem   *buffers
	conns table
	live  int  // how many there are
	armed bool // the listener is watched
	dgram dgram
}

func serveEpoll(k *sys.Calls, lfd, stop int, o *Options) error {
	d, err := openDoor(k, lfd, stop, o)
	if err != nil {
		return err
	}
	s := &epollServer{door: d, wire: quick(&d), mem: newBuffers(&d, bufferSize)}
	defer s.settle()
	if s.waiter, err = newWaiter(k); err != nil {
		return err
	}
	defer s.waiter.close()
	defer s.dgram.end(&s.door)
	return s.run()
}

func (s *epollServer) run() error {
	defer s.closeAll()
	if err := s.watch(unix.EPOLL_CTL_ADD, s.stop, unix.EPOLLIN); err != nil {
		return err
	}
	for !s.over(s.live) {
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
			default:
				if c := s.conns.get(fd); c != nil {
					s.echo(c)
				}
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// arm watches the listener while the door is open. Shut means taken out: with an empty mask epoll would still report
// EPOLLERR and EPOLLHUP (epoll_ctl(2)).
func (s *epollServer) arm() error {
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

func (s *epollServer) accept() error {
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
		c := s.conns.put(nc)
		s.live++
		c.want = unix.EPOLLIN
		if err := s.watch(unix.EPOLL_CTL_ADD, c.fd, c.want); err != nil {
			s.close(c, err)
		}
	}
	return nil
}

// echo gives what is held, takes once, and gives that. Whatever the event said, these two find out what is the matter:
// EPOLLERR and EPOLLHUP show as an error or the end.
func (s *epollServer) echo(c *conn) {
	err := s.give(c, s.mem)
	if err == nil {
		if err = s.take(c, s.mem); err == nil {
			err = s.give(c, s.mem)
		}
	}
	if err == nil || err == unix.EAGAIN {
		err = s.rewatch(c)
	}
	if err != nil {
		s.close(c, err)
	}
}

// rewatch tells the kernel when what the connection is watched for has changed.
func (s *epollServer) rewatch(c *conn) error {
	want := uint32(unix.EPOLLIN)
	if c.pending() {
		want = unix.EPOLLOUT
	}
	if want == c.want {
		return nil
	}
	c.want = want
	return s.watch(unix.EPOLL_CTL_MOD, c.fd, want)
}

// drain shuts the door and makes every connection end where it is.
func (s *epollServer) drain() error {
	s.leave()
	for c := range s.conns.all {
		s.endInput(c.fd)
	}
	return s.watch(unix.EPOLL_CTL_DEL, s.stop, 0) // it stays readable
}

func (s *epollServer) close(c *conn, err error) {
	if s.leaving() { // it may linger, and closing it would take it out
		s.watch(unix.EPOLL_CTL_DEL, c.fd, 0)
	}
	s.gone(c, err)
	s.conns.drop(c)
	s.live--
}

// closeAll ends those that are left when the loop ends: the grace is over.
func (s *epollServer) closeAll() {
	for c := range s.conns.all {
		s.close(c, ErrStopped)
	}
}
