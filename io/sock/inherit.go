package sock

import (
	"errors"
	"strconv"

	"cat5/io/sys"
	"cat5/sockopt"

	"golang.org/x/sys/unix"
)

// Inherit takes descriptor fd, a socket that somebody else made, bound and, where its type has connections, set to
// listen: a service manager that starts us when the first peer comes (sd_listen_fds(3)). Of p the network, the type and
// the options count. It has to be what p asks for; the error is a *ListenError.
//
// The socket stays the other's as well: its file is not removed, nothing is shut down, and Close leaves a datagram socket
// without the peer that it was given here. O_NONBLOCK is set, which both see: accept(2) has no flag for a single call.
func Inherit(k *sys.Calls, p Plan, fd int) (Conn, error) {
	c := Conn{FD: fd, Network: p.Network, Type: p.Type, Lent: true}
	if err := p.inherit(k, &c); err != nil {
		c.Close(k)
		return Conn{FD: -1}, &ListenError{err}
	}
	return c, nil
}

func (p *Plan) inherit(k *sys.Calls, c *Conn) (err error) {
	what := "descriptor " + strconv.Itoa(c.FD)
	family, err := sys.GetInt(k, c.FD, unix.SOL_SOCKET, unix.SO_DOMAIN)
	switch err {
	case nil:
	case unix.EBADF:
		c.FD = -1
		return errors.New(what + ", which LISTEN_FDS promises, is not open")
	case unix.ENOTSOCK: // whatever it is, it is not for us
		c.FD = -1
		return errors.New(what + " is not a socket, and " + socketKind(p.Network, p.Type) + " is needed")
	default:
		return sys.Wrap("getsockopt", "SO_DOMAIN", err)
	}
	typ, err := sys.GetInt(k, c.FD, unix.SOL_SOCKET, unix.SO_TYPE)
	if err != nil {
		return sys.Wrap("getsockopt", "SO_TYPE", err)
	}
	proto, err := sys.GetInt(k, c.FD, unix.SOL_SOCKET, unix.SO_PROTOCOL)
	if err != nil {
		return sys.Wrap("getsockopt", "SO_PROTOCOL", err)
	}
	network := networkOf(family, typ, proto)
	if network != p.Network || typ != p.Type {
		return errors.New(what + " is " + socketKind(network, typ) + ", and " + socketKind(p.Network, p.Type) + " is needed")
	}
	if c.Local, err = k.Getsockname(c.FD); err != nil {
		return sys.Wrap("getsockname", what, err)
	}
	c.bound = c.Local
	if typ == unix.SOCK_DGRAM {
		if c.Local.UnixName() == "" && c.Local.AddrPort().Port() == 0 {
			return errors.New(what + " is " + socketKind(network, typ) + " that is not bound to an address")
		}
	} else if on, err := sys.GetInt(k, c.FD, unix.SOL_SOCKET, unix.SO_ACCEPTCONN); err != nil || on == 0 {
		return errors.New(what + " is " + socketKind(network, typ) + " that does not listen")
	}
	if _, err := k.Fcntl(c.FD, unix.F_SETFD, unix.FD_CLOEXEC); err != nil {
		return sys.Wrap("fcntl", what, err)
	}
	flags, err := k.Fcntl(c.FD, unix.F_GETFL, 0)
	if err == nil {
		_, err = k.Fcntl(c.FD, unix.F_SETFL, flags|unix.O_NONBLOCK)
	}
	if err != nil {
		return sys.Wrap("fcntl", what, err)
	}
	if err := p.apply(k, c.FD, family, sockopt.BeforeBind); err != nil {
		return err
	}
	return p.apply(k, c.FD, family, sockopt.BeforeListen)
}

// networkOf is what cat5 calls a socket's family and protocol; "" for one that it has no command for.
func networkOf(family, typ, proto int) string {
	inet := family == unix.AF_INET || family == unix.AF_INET6
	switch {
	case family == unix.AF_UNIX:
		return "unix"
	case inet && typ == unix.SOCK_STREAM && (proto == unix.IPPROTO_TCP || proto == unix.IPPROTO_MPTCP):
		return "tcp"
	case inet && typ == unix.SOCK_DGRAM && proto == unix.IPPROTO_UDP:
		return "udp"
	}
	return ""
}

// socketKind names a kind of socket for a sentence.
func socketKind(network string, typ int) string {
	switch {
	case network == "tcp":
		return "a TCP socket"
	case network == "udp":
		return "a UDP socket"
	case network == "":
		return "a socket of another protocol"
	case typ == unix.SOCK_DGRAM:
		return "a unix datagram socket"
	case typ == unix.SOCK_SEQPACKET:
		return "a unix seqpacket socket"
	}
	return "a unix stream socket"
}

// giveBack leaves a datagram socket without the peer that it was given here: else its owner would hear nobody else for ever.
// A port that the kernel chose goes with the peer, and is taken again.
func (c *Conn) giveBack(k *sys.Calls) {
	k.Connect(c.FD, sys.Nobody())
	if now, err := k.Getsockname(c.FD); err == nil && now != c.bound {
		k.Bind(c.FD, c.bound)
	}
}
