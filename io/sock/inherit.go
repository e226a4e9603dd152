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
	name := "descriptor " + strconv.Itoa(c.FD)
	family, network, typ, err := what(k, c.FD)
	switch err {
	case nil:
	case unix.EBADF:
		c.FD = -1
		return errors.New(name + ", which LISTEN_FDS promises, is not open")
	case unix.ENOTSOCK: // whatever it is, it is not for us
		c.FD = -1
		return errors.New(name + " is not a socket, and " + socketKind(p.Network, p.Type) + " is needed")
	default:
		return sys.Wrap("getsockopt", name, err)
	}
	if network != p.Network || typ != p.Type {
		return errors.New(name + " is " + socketKind(network, typ) + ", and " + socketKind(p.Network, p.Type) + " is needed")
	}
	if c.Local, err = k.Getsockname(c.FD); err != nil {
		return sys.Wrap("getsockname", name, err)
	}
	c.bound = c.Local
	if typ == unix.SOCK_DGRAM {
		if c.Local.UnixName() == "" && c.Local.AddrPort().Port() == 0 {
			return errors.New(name + " is " + socketKind(network, typ) + " that is not bound to an address")
		}
	} else if on, err := sys.GetInt(k, c.FD, unix.SOL_SOCKET, unix.SO_ACCEPTCONN); err != nil || on == 0 {
		return errors.New(name + " is " + socketKind(network, typ) + " that does not listen")
	}
	if _, err := k.Fcntl(c.FD, unix.F_SETFD, unix.FD_CLOEXEC); err != nil {
		return sys.Wrap("fcntl", name, err)
	}
	flags, err := k.Fcntl(c.FD, unix.F_GETFL, 0)
	if err == nil {
		_, err = k.Fcntl(c.FD, unix.F_SETFL, flags|unix.O_NONBLOCK)
	}
	if err != nil {
		return sys.Wrap("fcntl", name, err)
	}
	if err := p.apply(k, c.FD, family, sockopt.BeforeBind); err != nil {
		return err
	}
	return p.apply(k, c.FD, family, sockopt.BeforeListen)
}

// what finds out what kind of socket a descriptor is. Errors are bare.
func what(k *sys.Calls, fd int) (family int, network string, typ int, err error) {
	var v [3]int
	for i, opt := range []int{unix.SO_DOMAIN, unix.SO_TYPE, unix.SO_PROTOCOL} {
		if v[i], err = sys.GetInt(k, fd, unix.SOL_SOCKET, opt); err != nil {
			return 0, "", 0, err
		}
	}
	return v[0], networkOf(v[0], v[1], v[2]), v[1], nil
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

// Adopt takes a connection that another process made and passed to us: it is ours to end and to close. O_NONBLOCK is set.
// What is no connection is closed and refused.
func Adopt(k *sys.Calls, fd int) (Conn, error) {
	c := Conn{FD: fd}
	if err := c.adopt(k); err != nil {
		c.Close(k)
		return Conn{FD: -1}, err
	}
	return c, nil
}

func (c *Conn) adopt(k *sys.Calls) (err error) {
	_, c.Network, c.Type, err = what(k, c.FD)
	switch {
	case err == unix.ENOTSOCK:
		return errors.New("it is not a socket")
	case err != nil:
		return sys.Wrap("getsockopt", "", err)
	case c.Network == "":
		return errors.New("it is " + socketKind(c.Network, c.Type))
	}
	if on, err := sys.GetInt(k, c.FD, unix.SOL_SOCKET, unix.SO_ACCEPTCONN); err == nil && on != 0 {
		return errors.New("it is " + socketKind(c.Network, c.Type) + " that listens, and no connection")
	}
	if c.Peer, err = k.Getpeername(c.FD); err != nil {
		return errors.New("it is " + socketKind(c.Network, c.Type) + " that is not connected")
	}
	c.Local, _ = k.Getsockname(c.FD)
	flags, err := k.Fcntl(c.FD, unix.F_GETFL, 0)
	if err == nil {
		_, err = k.Fcntl(c.FD, unix.F_SETFL, flags|unix.O_NONBLOCK)
	}
	if err != nil || c.Network != "tcp" {
		return sys.Wrap("fcntl", "", err)
	}
	if info, err := sys.TCPInfo(k, c.FD); err == nil {
		unsent, _ := sys.Unsent(k, c.FD)
		c.Before = int64(info.Bytes_acked) + int64(unsent)
	}
	return nil
}
