package modes

import (
	"context"
	"encoding/binary"
	"errors"
	"time"

	"cat5/io/epoll"
	"cat5/io/sock"
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// serve binds, says so, and waits for the first peer.
func (c *cable) serve(ctx context.Context) error {
	if err := c.open(ctx); err != nil {
		return err
	}
	return c.next()
}

// open makes the listening socket and tells everybody who wants to know that it is there.
func (c *cable) open(ctx context.Context) (err error) {
	if c.o.service.lent {
		if err = c.inheritListener(); err != nil {
			return err
		}
	} else if err := c.resolve(ctx, &c.plan); err != nil {
		return err
	}
	if c.mayBind != nil {
		if err := c.mayBind(); err != nil {
			return err
		}
	}
	if err := c.mayServe(); err != nil {
		return err
	}
	if !c.o.service.lent {
		if c.listen, err = sock.Listen(c.k, c.plan); err != nil {
			return err
		}
	}
	c.enlarge(&c.listen)
	name := c.plan.BindPath
	if c.network != "unix" {
		name = c.listen.Local.String()
	}
	if c.o.portFile != "" {
		if err := writePort(c.k, c.o.portFile, c.listen.Local.AddrPort().Port()); err != nil {
			return fail(exitWrite, err)
		}
	}
	c.t.listening(c.network, name, &c.listen)
	if err := c.t.ready(c.o); err != nil {
		return fail(exitWrite, err)
	}
	return nil
}

// next waits for the next peer.
func (c *cable) next() error {
	if c.o.acceptTimeout > 0 && c.nobody.F == nil {
		c.nobody.F = func() {
			c.end(&verdict{code: exitTimeout, err: errors.New("nobody has come for " + formatDuration(c.o.acceptTimeout))})
		}
		c.loop.After(&c.nobody, c.o.acceptTimeout)
	}
	if c.plan.Type == unix.SOCK_DGRAM {
		return c.nextDatagram()
	}
	return c.loop.Watch(c.listen.FD, epoll.In, func(epoll.Event) { c.accept() })
}

// came ends the wait of --accept-timeout: there is a peer.
func (c *cable) came() {
	c.loop.StopTimer(&c.nobody)
	c.nobody.F = nil
}

// again waits for the next peer, unless the run is over by now: a signal may have closed the listener meanwhile.
func (c *cable) again() {
	if c.result != nil {
		return
	}
	if err := c.next(); err != nil {
		c.end(&verdict{code: exitListen, err: err})
	}
}

// accept takes one peer and stops accepting while it is served; the others wait in the kernel's queue.
func (c *cable) accept() {
	conn, err := sock.Accept(c.k, &c.listen, &c.plan)
	switch err {
	case nil:
	case unix.EAGAIN, unix.ECONNABORTED, unix.EPROTO, unix.ENETDOWN, unix.ENOPROTOOPT, unix.EHOSTDOWN, unix.ENONET,
		unix.EHOSTUNREACH, unix.EOPNOTSUPP, unix.ENETUNREACH, unix.EPERM:
		// "Linux accept() passes already-pending network errors on the new socket as an error code ... treated like
		// EAGAIN by retrying" (accept(2)); the peer is gone.
		return
	case unix.EMFILE, unix.ENFILE, unix.ENOBUFS, unix.ENOMEM:
		if !c.starved { // once, and not ten times a second
			c.starved = true
			c.t.warn(sys.Wrap("accept", c.listen.Local.String(), err).Error() + "; trying again")
		}
		c.loop.Watch(c.listen.FD, 0, nil)
		c.rearm.F = c.again
		c.loop.After(&c.rearm, 100*time.Millisecond)
		return
	default:
		if call := (*sys.Error)(nil); errors.As(err, &call) { // an option of the new connection: not the listener's end
			c.t.warn(err.Error())
			return
		}
		c.end(&verdict{code: exitListen, err: sys.Wrap("accept", c.listen.Local.String(), err)})
		return
	}
	c.starved = false
	if c.network == "tcp" && !c.o.access.Permits(conn.Peer.AddrPort().Addr()) {
		conn.Close(c.k)
		c.t.rejected(conn.Peer, "its address is not allowed")
		return
	}
	c.came()
	name := conn.Peer.String()
	if name == "" {
		name = "a peer without a name"
	}
	c.conns++
	c.t.accepted(c.conns, &conn, name)
	c.credentials(&conn)
	if c.o.keepOpen {
		c.loop.Watch(c.listen.FD, 0, nil)
	} else {
		c.closeListener()
	}
	c.begin(conn, name)
}

// nextDatagram: with -k every sender is heard and the latest is answered; without, the first sender is the peer.
func (c *cable) nextDatagram() error {
	if c.o.keepOpen {
		c.startDatagrams(c.listen.Local.String())
		return nil
	}
	return c.loop.Watch(c.listen.FD, epoll.In, func(epoll.Event) { c.firstDatagram() })
}

func (c *cable) firstDatagram() {
	peer, err := sock.AcceptDgram(c.k, &c.listen)
	if err == unix.EAGAIN || err == unix.ECONNREFUSED {
		return
	}
	c.came()
	c.loop.Watch(c.listen.FD, 0, nil)
	if err != nil {
		c.end(&verdict{code: exitRecv, err: err})
		return
	}
	name := peer.String()
	if name == "" {
		name = "a peer without a name, which cannot be answered"
	}
	if peer.Family() == 0 || c.listen.Peer.Family() != 0 { // else it has gone already: see link.heard
		c.conns++
		c.t.accepted(c.conns, &c.listen, name)
	}
	if c.listen.Peer.Family() == 0 {
		name = c.plan.BindPath
	}
	c.startDatagrams(name)
}

// startDatagrams hands the listening socket itself to the link: with datagrams there is no other.
func (c *cable) startDatagrams(name string) {
	conn := c.listen
	c.listen = sock.Conn{FD: -1}
	c.start(conn, name)
}

func (c *cable) closeListener() {
	if c.listen.FD < 0 {
		return
	}
	c.loop.Watch(c.listen.FD, 0, nil)
	c.loop.StopTimer(&c.rearm)
	c.listen.Close(c.k)
}

// credentials tells who the peer of a unix socket is, as the kernel noted at connect(2) or listen(2) (unix(7),
// SO_PEERCRED).
func (c *cable) credentials(conn *sock.Conn) {
	if !c.o.peerCred {
		return
	}
	pid, uid, gid, err := c.peerCred(conn)
	if err != nil {
		c.t.warn(sys.Wrap("getsockopt", "SO_PEERCRED", err).Error())
		return
	}
	c.t.peerCred(c.conns, pid, uid, gid)
}

// peerCred reads them; uid is -1 when they cannot be had.
func (c *cable) peerCred(conn *sock.Conn) (pid, uid, gid int, err error) {
	var b [12]byte // struct ucred: pid, uid, gid
	if _, err := c.k.Getsockopt(conn.FD, unix.SOL_SOCKET, unix.SO_PEERCRED, b[:]); err != nil {
		return 0, -1, 0, err
	}
	n := func(i int) int { return int(int32(binary.NativeEndian.Uint32(b[i:]))) }
	return n(0), n(4), n(8), nil
}
