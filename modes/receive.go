package modes

import (
	"errors"

	"cat5/io/epoll"
	"cat5/io/sock"
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// --recv-fd: what comes over a unix socket is a connection (unix(7), SCM_RIGHTS), which takes the unix socket's place. The other
// side of it is --pass-fd. Who may hand us one is up to the unix socket: --mode, --peercred.

// giver is a peer that is to pass a connection.
type giver struct {
	conn sock.Conn // the unix socket; its descriptor is 0 when there is none
	name string
	late epoll.Timer
}

// begin is start, or what has to come before.
func (c *cable) begin(conn sock.Conn, name string) {
	if !c.o.recvFD {
		c.start(conn, name)
		return
	}
	c.giver = giver{conn: conn, name: name}
	if err := c.loop.Watch(conn.FD, epoll.In, func(epoll.Event) { c.receive() }); err != nil {
		c.end(&verdict{code: exitRecv, err: err})
		return
	}
	if c.o.idle > 0 {
		c.giver.late.F = func() {
			c.noGift(&verdict{code: exitTimeout, err: errors.New(c.giver.name + " passed no connection within " + formatDuration(c.o.idle))})
		}
		c.loop.After(&c.giver.late, c.o.idle)
	}
}

// receive takes what the giver sends: one byte goes with the descriptor, as there has to be one (unix(7)).
func (c *cable) receive() {
	var b [1]byte
	n, fd, err := c.k.RecvFD(c.giver.conn.FD, b[:])
	name := c.giver.name
	switch {
	case err == unix.EINTR || err == unix.EAGAIN:
		return
	case err != nil:
		c.noGift(&verdict{code: exitRecv, err: sys.Wrap("recvmsg", name, err)})
		return
	case fd < 0 && n == 0:
		c.noGift(&verdict{code: exitRecv, err: errors.New(name + " has gone without passing a connection")})
		return
	case fd < 0:
		c.noGift(&verdict{code: exitRecv, err: errors.New(name + " sends bytes, and no connection")})
		return
	}
	conn, err := sock.Adopt(c.k, fd)
	if err != nil {
		c.noGift(&verdict{code: exitRecv, err: errors.New(name + " passed a descriptor that cannot be carried: " + err.Error())})
		return
	}
	c.giver.leave(c)
	peer := sys.SafeName(conn.Peer.String())
	if peer == "" {
		peer = "a peer without a name"
	}
	c.t.adopted(c.conns, &conn, peer, name)
	c.start(conn, peer)
}

// noGift ends the run, or with --keep-open the wait for this giver.
func (c *cable) noGift(v *verdict) {
	c.giver.leave(c)
	if !c.o.listen || !c.o.keepOpen {
		c.end(v)
		return
	}
	c.t.fail(v.err, "")
	c.loop.Post(c.again)
}

// leave closes the unix socket, if there is one.
func (g *giver) leave(c *cable) {
	if g.conn.FD <= 0 {
		return
	}
	c.loop.Watch(g.conn.FD, 0, nil)
	c.loop.StopTimer(&g.late)
	g.conn.Close(c.k)
	g.conn.FD = 0
}
