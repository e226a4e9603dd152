package web

import (
	"errors"
	"time"

	"cat5/io/epoll"
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// errStopped is how a connection ends whose response could not be finished in the grace.
var errStopped = errors.New("stopped")

const (
	burst    = 64                     // connections accepted in one turn, so that those who are in already have theirs
	queueMax = 4096                   // connections that wait in the kernel's queue, by default the most there can be (listen(2), somaxconn)
	shutFor  = 100 * time.Millisecond // how long nobody is accepted when descriptors are used up
)

// server is the loop and what its connections share.
type server struct {
	k      *sys.Calls
	o      *Options
	tree   *tree
	poller *epoll.Poller
	timers epoll.Timers
	lfd    int
	stop   int
	conns  []*conn // by descriptor
	live   int
	ids    int64
	now    time.Duration // of this turn
	wall   time.Time     // the same on the clock on the wall
	evs    []epoll.Event

	open    bool // the listener is to be watched
	starved bool // descriptors are used up, and that was told
	reopen  epoll.Timer
	leaveBy time.Duration // not 0: nobody is accepted any more, and this is when the grace is over

	in      []byte // what is read
	out     []byte // what an answer is written in
	body    []byte // small files, entries of folders
	path    []byte
	st      unix.Stat_t
	date    []byte // of this second
	dateSec int64
	held    int64 // bytes that peers have not taken yet
	record  Record
}

func newServer(k *sys.Calls, lfd, dir, stop int, o *Options) (*server, error) {
	s := &server{k: k, o: o, lfd: lfd, stop: stop, now: k.Now(), wall: o.Wall(), open: true}
	s.in, s.body = make([]byte, maxHead), make([]byte, smallFile)
	s.reopen.F = func() { s.open = true }
	var err error
	if s.tree, err = plant(k, dir); err != nil {
		return nil, sys.Wrap("openat2", "", err)
	}
	if s.tree.walks {
		s.warn("this kernel has no openat2(2): symbolic links are not followed")
	}
	if family, err := sys.GetInt(k, lfd, unix.SOL_SOCKET, unix.SO_DOMAIN); err == nil && family != unix.AF_UNIX {
		// What is accepted inherits it. A response is one write, or a head that waits for its body (MSG_MORE); there is
		// nothing that Nagle's algorithm could do but wait.
		if err := sys.SetInt(k, lfd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
			return nil, sys.Wrap("setsockopt", "TCP_NODELAY", err)
		}
	}
	if s.poller, err = epoll.New(k); err != nil {
		return nil, err
	}
	s.poller.Hurry(true)
	if err = s.poller.Set(stop, epoll.In); err != nil {
		s.poller.Close()
		return nil, err
	}
	return s, nil
}

func (s *server) run() error {
	for s.leaveBy == 0 || s.live > 0 && s.now < s.leaveBy {
		if err := s.poller.Set(s.lfd, s.wantAccept()); err != nil {
			return err
		}
		if s.o.Turn != nil {
			s.o.Turn()
		}
		var err error
		if s.evs, err = s.poller.Wait(s.patience(), s.evs[:0]); err != nil {
			return err
		}
		s.now, s.wall = s.k.Now(), s.o.Wall()
		for i := range s.evs {
			switch fd := s.evs[i].FD; fd {
			case s.stop:
				err = s.drain()
			case s.lfd:
				err = s.accept()
			default:
				if c := s.conns[fd]; c != nil && c.fd == fd {
					s.ready(c)
				}
			}
			if err != nil {
				return err
			}
		}
		s.timers.Run(s.now)
	}
	return nil
}

func (s *server) wantAccept() epoll.Interest {
	if s.open && s.leaveBy == 0 {
		return epoll.In
	}
	return 0
}

// patience is how long the loop may wait.
func (s *server) patience() time.Duration {
	d := s.timers.Next(s.now)
	if s.leaveBy != 0 && (d < 0 || s.leaveBy-s.now < d) {
		d = max(s.leaveBy-s.now, 0)
	}
	return d
}

func (s *server) accept() error {
	for range burst {
		fd, peer, err := s.k.Accept4(s.lfd, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
		switch err {
		case nil:
			s.enter(fd, peer)
		case unix.EAGAIN:
			s.starved = false
			return nil
		case unix.EINTR, unix.ECONNABORTED, unix.EPROTO, unix.ENETDOWN, unix.ENOPROTOOPT, unix.EHOSTDOWN, unix.ENONET,
			unix.EHOSTUNREACH, unix.EOPNOTSUPP, unix.ENETUNREACH, unix.EPERM:
			// "Linux accept() passes already-pending network errors on the new socket as an error code" (accept(2)): that
			// peer is gone, the next one is not.
		case unix.EMFILE, unix.ENFILE, unix.ENOBUFS, unix.ENOMEM:
			// The connection that waits keeps the listener readable, and a loop that went on asking would burn a whole
			// processor.
			if !s.starved {
				s.starved = true
				s.warn(sys.Wrap("accept", "", err).Error() + "; who comes now waits until a connection ends")
			}
			s.open = false
			s.timers.Set(&s.reopen, s.now+shutFor)
			return nil
		default:
			return sys.Wrap("accept", "", err)
		}
	}
	return nil
}

func (s *server) enter(fd int, peer sys.Addr) {
	for fd >= len(s.conns) {
		s.conns = append(s.conns, nil)
	}
	c := s.conns[fd]
	if c == nil {
		c = &conn{}
		c.timer.F = func() { s.late(c) }
		s.conns[fd] = c
	}
	s.ids++
	s.live++
	c.fd, c.id, c.peer, c.file = fd, s.ids, peer, -1
	if s.o.Accepted != nil {
		if err := s.o.Accepted(c.id, fd, peer); err != nil {
			s.close(c, err)
			return
		}
	}
	s.wait(c, s.o.Idle)
	s.watch(c)
}

// drain shuts the door and ends what is idle. Who is in the kernel's queue came before, and may have asked already.
func (s *server) drain() error {
	s.leaveBy = max(s.now+s.o.Grace, 1)
	s.timers.Stop(&s.reopen)
	for range queueMax / burst {
		was := s.ids
		if err := s.accept(); err != nil {
			return err
		}
		if s.ids == was { // all who waited are in, or there are no descriptors for more
			break
		}
	}
	if !s.o.Lent {
		s.k.Shutdown(s.lfd, unix.SHUT_RD) // who comes now is refused, and does not wait for nothing
	}
	for _, c := range s.conns {
		if c == nil || c.fd < 0 {
			continue
		}
		if c.idle() {
			s.ready(c) // a request may be there that nobody has seen
		}
		if c.fd >= 0 && c.idle() {
			s.close(c, nil)
		}
	}
	return s.poller.Set(s.stop, 0) // it stays readable
}

// end closes what the grace has not.
func (s *server) end() {
	for _, c := range s.conns {
		if c != nil && c.fd >= 0 {
			s.fail(c, errStopped)
		}
	}
	if s.o.Turn != nil {
		s.o.Turn()
	}
	s.poller.Close()
}

func (s *server) warn(text string) {
	if s.o.Warn != nil {
		s.o.Warn(text)
	}
}
