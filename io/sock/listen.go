package sock

import (
	"cat5/io/sys"
	"cat5/sockopt"

	"golang.org/x/sys/unix"
)

// ListenError says that an address could not be bound or listened on. Its error is the *sys.Error of the call.
type ListenError struct{ Err error }

func (e *ListenError) Error() string { return e.Err.Error() }
func (e *ListenError) Unwrap() error { return e.Err }

// Listen makes a bound socket, and a listening one where the type has connections (stream, seqpacket). SO_REUSEADDR is
// set, so that connections of an earlier listener in TIME_WAIT do not keep the port ("a socket may bind, except when
// there is an active listening socket bound to the address", socket(7)); SO_REUSEPORT never is, unless asked for.
func Listen(k *sys.Calls, p Plan) (Conn, error) {
	c, err := p.listen(k)
	if err != nil {
		c.Close(k)
		return Conn{FD: -1}, &ListenError{err}
	}
	return c, nil
}

func (p *Plan) listen(k *sys.Calls) (Conn, error) {
	c := Conn{FD: -1, Network: p.Network, Type: p.Type}
	family, err := p.open(k, &c)
	if err != nil {
		return c, err
	}
	if p.Network == "tcp" {
		if err := sys.SetInt(k, c.FD, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
			return c, sys.Wrap("setsockopt", "SO_REUSEADDR", err)
		}
	}
	if err := p.apply(k, c.FD, family, sockopt.BeforeBind); err != nil {
		return c, err
	}
	if c.name, err = p.bind(k, c.FD, family, true); err != nil {
		return c, err
	}
	if err := p.apply(k, c.FD, family, sockopt.BeforeListen); err != nil {
		return c, err
	}
	if p.Type != unix.SOCK_DGRAM {
		backlog := p.Backlog
		if backlog == 0 {
			backlog = unix.SOMAXCONN
		}
		if err := k.Listen(c.FD, backlog); err != nil {
			return c, sys.Wrap("listen", p.object(), err)
		}
	}
	if c.name != nil {
		if err := c.name.publish(k); err != nil {
			return c, err
		}
	}
	if c.Local, err = k.Getsockname(c.FD); err != nil {
		return c, sys.Wrap("getsockname", p.object(), err)
	}
	return c, nil
}

// open makes the socket. The address of all addresses is IPv6's with IPv4 mapped into it; a host without IPv6 gets
// IPv4's.
func (p *Plan) open(k *sys.Calls, c *Conn) (family int, err error) {
	family = unix.AF_UNIX
	if p.Network != "unix" {
		family = p.Local[0].Family()
	}
	c.FD, err = k.Socket(family, p.Type|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err == unix.EAFNOSUPPORT && family == unix.AF_INET6 && p.DualStack && len(p.Local) > 1 {
		p.Local = p.Local[1:]
		return p.open(k, c)
	}
	if err != nil {
		c.FD = -1
		return family, sys.Wrap("socket", p.object(), err)
	}
	if family == unix.AF_INET6 {
		// ipv6(7): with IPV6_V6ONLY off "the socket can be used to send and receive packets to and from an IPv6 address
		// or an IPv4-mapped IPv6 address". The host's default is in bindv6only: do not depend on it.
		only := 1
		if p.DualStack {
			only = 0
		}
		if err := sys.SetInt(k, c.FD, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, only); err != nil {
			return family, sys.Wrap("setsockopt", "IPV6_V6ONLY", err)
		}
	}
	return family, nil
}

// object names what is bound, for errors.
func (p *Plan) object() string {
	if p.Network == "unix" {
		return sys.SafeName(p.BindPath)
	}
	if len(p.Local) > 0 {
		return p.Local[0].String()
	}
	return p.Network
}

// bind gives the socket its name: the listener's address, or the source that a dialer asked for. It returns the file of
// a unix socket.
func (p *Plan) bind(k *sys.Calls, fd, family int, listening bool) (*socketFile, error) {
	if family == unix.AF_UNIX {
		if p.BindPath == "" {
			if p.AutoBind {
				return nil, sys.Wrap("bind", "a name of its own", k.Bind(fd, sys.UnixUnnamed()))
			}
			return nil, nil
		}
		return p.bindUnix(k, fd)
	}
	for _, a := range p.Local {
		if a.Family() != family {
			continue
		}
		if ap := a.AddrPort(); !listening && ap.Port() == 0 {
			// Leave the port to connect(2), which may share it between destinations (ip(7), IP_BIND_ADDRESS_NO_PORT).
			// A kernel that refuses the hint binds all the same.
			sys.SetInt(k, fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
		}
		return nil, sys.Wrap("bind", a.String(), k.Bind(fd, a))
	}
	if len(p.Local) > 0 {
		return nil, sys.Wrap("bind", p.Local[0].String(), unix.EAFNOSUPPORT)
	}
	return nil, nil
}

// Accept takes one connection from a listener. EAGAIN means that there is none now; the other errors are bare too, for
// the caller's rules (accept(2) passes network errors of the new connection on).
func Accept(k *sys.Calls, l *Conn, p *Plan) (Conn, error) {
	fd, peer, err := sys.Accept(k, l.FD)
	if err != nil {
		return Conn{FD: -1}, err
	}
	c := Conn{FD: fd, Network: l.Network, Type: l.Type, Peer: peer}
	if err := p.apply(k, fd, peer.Family(), sockopt.Accepted); err != nil {
		c.Close(k)
		return c, err
	}
	c.Local, _ = k.Getsockname(fd)
	return c, nil
}

// AcceptDgram looks who sent the datagram that waits on an unconnected socket and connects to that peer, so that
// answers go there and nobody else is heard. The datagram stays in the queue. A unix socket that has no name (it is not
// bound), or that has gone since it sent, cannot be connected to: the Conn then has no Peer, and what was sent is heard
// all the same.
func AcceptDgram(k *sys.Calls, l *Conn) (sys.Addr, error) {
	var from sys.Addr
	var b [1]byte
	if _, _, err := sys.Recvfrom(k, l.FD, b[:], unix.MSG_PEEK|unix.MSG_DONTWAIT, &from); err != nil {
		return from, err
	}
	if l.Network == "unix" && from.UnixName() == "" {
		return sys.Addr{}, nil
	}
	if err := k.Connect(l.FD, from); err != nil && err != unix.EINTR {
		if l.Network == "unix" {
			return from, nil
		}
		return from, sys.Wrap("connect", from.String(), err)
	}
	l.Peer = from
	if local, err := k.Getsockname(l.FD); err == nil {
		l.Local = local
	}
	return from, nil
}
