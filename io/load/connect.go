package load

import (
	"net/netip"
	"time"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// How connections are made: a bounded number at a time, so that the queue of a server with a short one (listen(2)'s
// backlog) does not run over: TCP drops what does not fit, and tries again a second later.
const flight = 32

// perSource is how many connections come from one address of ours. A port of ours can be used once for each address of
// the server's, and there are some 28 000 to choose from (ip(7), ip_local_port_range); finding a free one becomes slow
// before none is left. All of 127.0.0.0/8 is this host, so there is no lack of addresses.
const (
	perSource  = 20000
	maxSources = 250
)

// Connect makes the connections. Each sends its first message and waits for it, so that it has been accepted for sure;
// then it is up. It returns when all are up or have failed. An error is one of ours, such as too few descriptors.
func (l *Load) Connect() error {
	began := l.k.Now()
	l.lastAt = began
	for l.r.Up+l.failed < l.cfg.Conns && !l.stopped.Load() {
		wait := tick
		for l.made < l.cfg.Conns && l.made-l.r.Up-l.failed < flight {
			again, err := l.connect(l.made)
			if err != nil {
				return err
			}
			if again { // and no event will tell when
				wait = time.Millisecond
				break
			}
			l.made++
		}
		if l.r.Up+l.failed == l.cfg.Conns {
			break
		}
		if err := l.turn(wait); err != nil {
			return err
		}
		if l.k.Now()-l.lastAt >= StallAfter {
			l.giveUp()
		}
		if l.r.Up == 0 && l.failed >= flight {
			break // nobody is there
		}
	}
	l.r.RampUp = l.k.Now() - began
	l.r.Stopped = l.stopped.Load()
	return nil
}

// giveUp ends the connections that wait for an answer.
func (l *Load) giveUp() {
	l.r.Stalled = true
	for i := range l.conns[:l.made] {
		c := &l.conns[i]
		if c.fd < 0 || c.state == up {
			continue
		}
		what := errNoAnswer
		if c.state == connecting {
			what = unix.ETIMEDOUT
		}
		l.drop(i, c, what)
	}
	for ; l.made < l.cfg.Conns; l.made++ {
		add(&l.r.Failed, errNotTried.Error())
		l.failed++
	}
}

// connect begins connection i. again says that it has to be tried once more, a moment later. The error is for what all
// connections would meet.
func (l *Load) connect(i int) (again bool, err error) {
	c := &l.conns[i]
	family := l.cfg.To.Family()
	c.fd, err = l.k.Socket(family, l.cfg.Type|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		c.fd = -1
		return false, sys.Wrap("socket", "", err)
	}
	if err := l.prepare(c.fd, family); err != nil {
		l.drop(i, c, err)
		return false, nil
	}
	err = l.k.Connect(c.fd, l.cfg.To)
	switch {
	case (err == unix.EADDRNOTAVAIL || err == unix.EAGAIN) && l.nextSource(): // TCP and UDP have different words for it
		sys.Close(l.k, c.fd)
		c.fd = -1
		return l.connect(i)
	case err == unix.EAGAIN && family == unix.AF_UNIX && l.made > l.r.Up+l.failed:
		// The server's queue is full (connect(2)); somebody of ours is in it, and will be accepted.
		sys.Close(l.k, c.fd)
		c.fd = -1
		return true, nil
	case err != nil && err != unix.EINPROGRESS && err != unix.EINTR:
		l.drop(i, c, sys.Wrap("connect", l.cfg.To.String(), err))
		return false, nil
	}
	l.sources++
	if l.sources >= perSource {
		l.nextSource()
	}
	c.out = true
	return false, l.w.watch(unix.EPOLL_CTL_ADD, c.fd, unix.EPOLLIN|unix.EPOLLOUT, i)
}

// prepare sets what has to be set before connect(2).
func (l *Load) prepare(fd, family int) error {
	if family == unix.AF_UNIX {
		if l.cfg.Type == unix.SOCK_DGRAM { // without a name nobody could answer
			return sys.Wrap("bind", "a name of its own", l.k.Bind(fd, sys.UnixUnnamed()))
		}
		return nil
	}
	if l.cfg.Type == unix.SOCK_STREAM {
		// A message is a segment, and may not wait for the acknowledgement of the one before (tcp(7), TCP_NODELAY).
		if err := sys.SetInt(l.k, fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
			return sys.Wrap("setsockopt", "TCP_NODELAY", err)
		}
	}
	if l.source == 0 {
		return nil
	}
	sys.SetInt(l.k, fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1) // the port is for connect(2) to choose (ip(7))
	from := netip.AddrFrom4([4]byte{127, 0, 0, byte(1 + l.source)})
	return sys.Wrap("bind", from.String(), l.k.Bind(fd, sys.Inet(netip.AddrPortFrom(from, 0), 0)))
}

// nextSource changes to another address of ours, where there is another.
func (l *Load) nextSource() bool {
	to := l.cfg.To.AddrPort().Addr()
	if !to.Is4() || !to.IsLoopback() || l.source == maxSources {
		return false
	}
	l.source++
	l.sources = 0
	return true
}

// connected looks at how connecting went, and greets.
func (l *Load) connected(i int, c *conn) error {
	err := sys.SocketError(l.k, c.fd)
	if err == nil && l.cfg.Type == unix.SOCK_STREAM {
		if own, e := l.k.Getsockname(c.fd); e == nil && own == l.cfg.To {
			err = errSelf
		}
	}
	if err != nil {
		return sys.Wrap("connect", l.cfg.To.String(), err)
	}
	c.state = greeting
	l.lastAt = l.k.Now()
	return nil
}
