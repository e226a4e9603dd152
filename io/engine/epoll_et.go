package engine

// epoll-et: the same, told once of each change.
//
// Against epoll.go: EPOLLET. Level-triggered epoll says "there are bytes" in each wait until there are none;
// edge-triggered says "bytes have come" when they come, and not again before more do. So a connection is put in once,
// for everything (EPOLLIN, EPOLLOUT, EPOLLRDHUP), and epoll_ctl is never called for it again: where peers are slow that
// saves a call for each change of interest. The price is a promise: after an event, read or write until EAGAIN, or the
// bytes that are left are never heard of (epoll(7), "Level-triggered and edge-triggered").
//
// Two things follow. Sockets must not block, or the last read of the round would sleep. And a peer that sends without
// end would never let the round end: epoll(7) warns of that starvation and advises a list of those that are not
// finished, which is "again" here. One read can be saved: one that filled less than the buffer has emptied the socket
// (epoll(7) allows that conclusion for streams), unless EPOLLRDHUP says that the end is there to be read as well.
//
// The tutorial's edge-triggered server echoes a line 23 times a second. It reads with a buffer of 4 bytes and writes
// each piece: a line of 64 bytes becomes 16 small writes. Nagle's algorithm (RFC 896) sends the first at once and keeps
// the others back until it is acknowledged; the peer, having nothing to say, delays its acknowledgement for 40 ms
// (RFC 1122, 4.2.3.2) in the hope of something to send it with. Each line waits that out. Buffers of a decent size
// make it one write, and TCP_NODELAY (tcp(7)) makes small ones go at once; here are both.
//
// Where it breaks: it is no faster where peers keep up, since interest does not change there; it is only easier to get
// wrong. An event lost by mistake is a connection that hangs.

import (
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

type epollETServer struct {
	door
	wire
	waiter
	mem   *buffers
	conns table
	live  int   // how many there are
	again []int // those that had not come to EAGAIN when their round was over
	armed bool  // the listener is watched
	dgram dgram
}

// rounds is how often one connection is read before others have their turn.
const rounds = 16

func serveEpollET(k *sys.Calls, lfd, stop int, o *Options) error {
	d, err := openDoor(k, lfd, stop, o)
	if err != nil {
		return err
	}
	s := &epollETServer{door: d, wire: quick(&d), mem: newBuffers(&d, bufferSize)}
	defer s.settle()
	if s.waiter, err = newWaiter(k); err != nil {
		return err
	}
	defer s.waiter.close()
	defer s.dgram.end(&s.door)
	return s.run()
}

func (s *epollETServer) run() error {
	defer s.closeAll()
	if err := s.watch(unix.EPOLL_CTL_ADD, s.stop, unix.EPOLLIN); err != nil {
		return err
	}
	var turn []int
	for !s.over(s.live) {
		if err := s.arm(); err != nil {
			return err
		}
		timeout := s.timeout()
		if len(s.again) > 0 {
			timeout = 0
		}
		evs, err := s.wait(timeout)
		if err != nil {
			return err
		}
		turn, s.again = s.again, turn[:0]
		for i := range evs {
			switch fd := int(evs[i].Fd); fd {
			case s.stop:
				err = s.drain()
			case s.door.fd:
				err = s.accept()
			default:
				if c := s.conns.get(fd); c != nil {
					s.echo(c, evs[i].Events)
				}
			}
			if err != nil {
				return err
			}
		}
		for _, fd := range turn {
			if c := s.conns.get(fd); c != nil {
				s.echo(c, unix.EPOLLRDHUP) // what the event said is not known any more: read until EAGAIN
			}
		}
	}
	return nil
}

// arm watches the listener while the door is open; level-triggered, as one turn accepts only so many.
func (s *epollETServer) arm() error {
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

func (s *epollETServer) accept() error {
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
		if err := s.watch(unix.EPOLL_CTL_ADD, c.fd, unix.EPOLLIN|unix.EPOLLOUT|unix.EPOLLRDHUP|unix.EPOLLET); err != nil {
			s.close(c, err)
		}
	}
	return nil
}

// echo gives and takes until the kernel says EAGAIN to one of the two: the next event for that one is then certain.
func (s *epollETServer) echo(c *conn, events uint32) {
	maybeEnd := events&(unix.EPOLLRDHUP|unix.EPOLLHUP|unix.EPOLLERR) != 0
	err := s.give(c, s.mem)
	for i := 0; err == nil; i++ {
		if i == rounds {
			s.again = append(s.again, c.fd)
			return
		}
		if err = s.take(c, s.mem); err != nil {
			break
		}
		emptied := !s.record && !maybeEnd && len(c.held) < len(s.mem.buf)
		if err = s.give(c, s.mem); err == nil && emptied {
			return
		}
	}
	if err != unix.EAGAIN {
		s.close(c, err)
	}
}

// drain shuts the door and makes every connection end where it is.
func (s *epollETServer) drain() error {
	s.leave()
	for c := range s.conns.all {
		s.endInput(c.fd)
	}
	return s.watch(unix.EPOLL_CTL_DEL, s.stop, 0) // it stays readable
}

func (s *epollETServer) close(c *conn, err error) {
	s.gone(c, err)
	s.conns.drop(c)
	s.live--
}

// closeAll ends those that are left when the loop ends: the grace is over.
func (s *epollETServer) closeAll() {
	for c := range s.conns.all {
		s.close(c, ErrStopped)
	}
}
