package modes

import (
	"errors"
	"time"

	"cat5/io/epoll"
	"cat5/io/pump"
	"cat5/io/sock"
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// relayConn is one connection of a relay: both its sockets and the pair that glues them.
type relayConn struct {
	r            *relay
	id           int64
	a, b         sock.Conn // FD < 0: not there yet, or closed
	nameA, nameB string
	race         *sock.Race // connecting
	asked        bool       // a lookup is under way
	left         int        // tries that --retry has left
	pause        time.Duration
	timer        epoll.Timer // before the next try; or the end of --connect-timeout while looking up
	tried        time.Duration
	waits        bool // for a descriptor
	pair         *pump.Pair
	udp          *udpSession // A is one of many who send to one socket; nil where it has a socket of its own
	began        time.Duration
	over         bool
}

// first makes the only connection of a relay that does not listen: to A, then to B.
func (r *relay) first() { r.join(sock.Conn{FD: -1}).connect() }

// connect goes on with the first side that is not there yet.
func (c *relayConn) connect() {
	r := c.r
	if c.over || c.stands() {
		return
	}
	side, names := r.b, r.names[1]
	if c.a.FD < 0 && c.udp == nil {
		side, names = r.a, r.names[0]
	}
	c.tried = r.k.Now()
	if names == nil {
		c.dial(side, nil)
		return
	}
	c.asked = true
	names.Resolve(func(all []sys.Addr, err error) {
		if !c.asked || c.over {
			return
		}
		c.asked = false
		r.loop.StopTimer(&c.timer)
		if err != nil {
			c.missed(err)
			return
		}
		r.t.relayResolved(c, side.hosts.String(), all)
		c.dial(side, all)
	})
	if c.asked && r.o.connectTimeout > 0 {
		c.timer.F = func() {
			c.asked = false
			c.missed(&sock.DialError{Errs: []error{sys.Wrap("connect", side.hosts.String(), sock.ErrTimeout)}})
		}
		r.loop.After(&c.timer, r.o.connectTimeout)
	}
}

// dial races the addresses. Meanwhile A is watched for a break only: there is no need to read from it before there is
// somebody to give it to, and its window keeps it from sending more than fits.
func (c *relayConn) dial(side *cable, all []sys.Addr) {
	r := c.r
	plan := side.plan
	plan.Remote = all
	if r.o.connectTimeout > 0 {
		plan.Timeout = max(r.o.connectTimeout-(r.k.Now()-c.tried), time.Millisecond)
	}
	plan.Trace = r.t.relayTrace(c, side.network, len(all) > 1)
	done := false
	race := sock.Start(r.k, r.loop, plan, func(conn sock.Conn, err error) {
		done = true
		c.race = nil
		c.answered(side, conn, err)
	})
	if !done {
		c.race = race
		c.watchA()
	}
}

// watchA notices when A breaks while B is being connected to.
func (c *relayConn) watchA() {
	r := c.r
	if c.a.FD >= 0 {
		r.loop.Watch(c.a.FD, epoll.Err, func(epoll.Event) {
			err := sys.SocketError(r.k, c.a.FD)
			if err == nil {
				err = unix.EPIPE // a unix socket that was closed
			}
			c.failed(sys.Wrap("receive", c.nameA, err))
		})
	}
}

func (c *relayConn) answered(side *cable, conn sock.Conn, err error) {
	r := c.r
	if c.a.FD >= 0 {
		r.loop.Watch(c.a.FD, 0, nil)
	}
	if c.over {
		conn.Close(r.k)
		return
	}
	if err != nil {
		c.missed(err)
		return
	}
	name := side.plan.Path
	if side.network != "unix" {
		name = conn.Peer.String()
	}
	r.t.relayConnected(c, &conn, name)
	if c.a.FD < 0 && c.udp == nil {
		c.a, c.nameA = conn, sys.SafeName(name)
		c.left, c.pause = r.o.retry, 0
		c.connect()
		return
	}
	c.b, c.nameB = conn, sys.SafeName(name)
	c.start()
}

// missed is called when a side could not be reached: it is tried again, or that was it.
func (c *relayConn) missed(err error) {
	r := c.r
	if noRoom(err) && r.sideA.listen {
		r.starve(err)
		c.waits = true
		c.watchA()
		return
	}
	if c.left == 0 {
		c.failed(err)
		return
	}
	c.left--
	c.pause = min(max(2*c.pause, 100*time.Millisecond), 5*time.Second)
	r.t.relayRetry(c, err, c.pause)
	c.timer.F = c.connect
	r.loop.After(&c.timer, c.pause)
	c.watchA()
}

// noRoom says that there was no socket to be had: nobody's address is to blame, and nobody has noticed.
func noRoom(err error) bool {
	if call := (*sys.Error)(nil); !errors.As(err, &call) || call.Call != "socket" {
		return false
	}
	for _, e := range []error{unix.EMFILE, unix.ENFILE, unix.ENOBUFS, unix.ENOMEM} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// start glues the two sides.
func (c *relayConn) start() {
	r, o := c.r, c.r.o
	if c.udp != nil {
		r.starved = false
		c.udp.start()
		return
	}
	if r.count == 1 && !r.sideA.listen {
		if err := r.t.ready(o); err != nil {
			c.failed(fail(exitWrite, err))
			return
		}
	}
	c.pair = c.glue()
	r.loop.Add(c.pair)
}

// glue makes the pair of the two sides.
func (c *relayConn) glue() *pump.Pair {
	r, o := c.r, c.r.o
	portA, portB := c.port(&c.a, c.nameA), c.port(&c.b, c.nameB)
	lane := func(src, dst pump.Port, to *sock.Conn) *pump.Lane {
		return &pump.Lane{Src: src, Dst: dst, Rate: o.rate, Record: o.record, Copy: o.copy, MaxSize: r.maxSize(to)}
	}
	p := &pump.Pair{Glue: true, Quit: -1, Idle: o.idle, Out: lane(portA, portB, &c.b), In: lane(portB, portA, &c.a)}
	if portA.Kind == pump.Dgram || portB.Kind == pump.Dgram {
		p.Quit, p.QuitIdle = time.Second, true // as cat5 udp: nobody can say that the answers are over
		if p.Idle == 0 {
			p.Idle = udpIdle
		}
	}
	p.Events = func(ev pump.Event) { r.t.relayLane(c, ev) }
	p.Done = func(*pump.Pair) { c.done() }
	if c.udp == nil { // which sees them itself
		p.Out.Tap, p.In.Tap = r.record.taps(c)
	}
	return p
}

func (c *relayConn) port(conn *sock.Conn, name string) pump.Port {
	return pump.Port{FD: conn.FD, Kind: pump.SocketKind(conn.Type), Name: name, Ends: true, Dialed: conn.Dialed, Proto: proto(conn.Network)}
}

// maxSize is the largest datagram that goes to a side; 0 where there are none.
func (r *relay) maxSize(conn *sock.Conn) int {
	side := r.b
	if !conn.Dialed {
		side = r.a
	}
	if conn.Type == unix.SOCK_STREAM {
		return 0
	}
	o := *r.o
	return (&cable{k: r.k, o: &o, network: side.network}).maxSize(conn)
}
