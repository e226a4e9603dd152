package modes

import (
	"encoding/binary"
	"strings"

	"cat5/io/pump"
	"cat5/io/sock"
	"cat5/io/sys"
	"cat5/sockopt"

	"golang.org/x/sys/unix"
)

// options checks every socket option against the kind of socket that will be made, and puts them into the plan.
func (c *cable) options() error {
	if c.o.readyFD >= 0 {
		if _, err := c.k.Fcntl(c.o.readyFD, unix.F_GETFD, 0); err != nil {
			return usageError("--ready-fd: descriptor " + itoa(c.o.readyFD) + " is not open")
		}
	}
	on := c.kinds()
	if err := c.familyOpts(on); err != nil {
		return err
	}
	for _, s := range c.o.opts {
		if err := s.CheckFor(on); err != nil {
			return usageError(err.Error())
		}
		if err := s.CheckRole(c.o.listen); err != nil {
			return usageError(err.Error())
		}
	}
	c.plan.Opts = c.o.opts
	return nil
}

// familyOpts turns the flags that have one name here and two in the kernel into the rows of the families in question.
func (c *cable) familyOpts(on sockopt.On) error {
	o := c.o
	four, six := on&(sockopt.TCP4|sockopt.UDP4) != 0, on&(sockopt.TCP6|sockopt.UDP6) != 0
	add := func(in bool, name, v string) error {
		if !in || v == "" {
			return nil
		}
		return addOpt(o, name, v)
	}
	ttl := ""
	if o.ttl > 0 {
		ttl = itoa(o.ttl)
	}
	udp := c.network == "udp"
	join4, join6 := o.join, ""
	if strings.Contains(strings.SplitN(o.join, ",", 2)[0], ":") {
		join4, join6 = "", o.join
	}
	for _, f := range []struct {
		in      bool
		name, v string
	}{
		{four, "tos", o.tos}, {six, "tclass", o.tos},
		{four, "ttl", ttl}, {six, "unicast_hops", ttl},
		{four && udp, "multicast_ttl", ttl}, {six && udp, "multicast_hops", ttl},
		{four && udp, "multicast_loop", o.loop}, {six && udp, "ipv6_multicast_loop", o.loop},
		{join4 != "", "add_membership", join4}, {join6 != "", "join_group", join6},
	} {
		if err := add(f.in, f.name, f.v); err != nil {
			return err
		}
	}
	return nil
}

// inherit sets again, on a connection that was accepted, what the kernel does not hand down from the listener.
func (c *cable) inherit(fd, family int) error {
	kind := sockopt.KindOf(family, c.plan.Type)
	for _, s := range c.plan.Opts {
		if s.CheckFor(kind) != nil {
			continue
		}
		if _, err := sockopt.Apply(c.k, fd, sockopt.Accepted, []sockopt.Setting{s}); err != nil {
			return err
		}
	}
	return nil
}

// isSet says whether a socket option was asked for.
func (c *cable) isSet(name string) bool {
	for _, s := range c.o.opts {
		if s.Option.Name == name {
			return true
		}
	}
	return false
}

// wantBuffer is how much a UDP socket may queue while we are busy with something else, in bytes: what the kernel gives by
// itself is full after a few hundred datagrams. It is a limit and not an allocation.
const wantBuffer = 4 << 20

// enlarge raises the receive buffer of a UDP socket that we read, as far as we may, unless the user has said how large it
// is to be. net.core.rmem_max caps SO_RCVBUF, silently; CAP_NET_ADMIN lifts that (socket(7), SO_RCVBUFFORCE). "The kernel
// doubles this value (to allow space for bookkeeping overhead)", so what it answers is twice what was asked for.
func (c *cable) enlarge(conn *sock.Conn) {
	if c.network != "udp" || c.o.sendOnly || c.o.exec || c.isSet("rcvbuf") || c.isSet("rcvbufforce") {
		return
	}
	size := func() int {
		n, _ := sys.GetInt(c.k, conn.FD, unix.SOL_SOCKET, unix.SO_RCVBUF)
		return n / 2
	}
	if size() >= wantBuffer {
		return
	}
	if sys.SetInt(c.k, conn.FD, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, wantBuffer) != nil {
		sys.SetInt(c.k, conn.FD, unix.SOL_SOCKET, unix.SO_RCVBUF, wantBuffer)
	}
	if c.o.verbose > 0 {
		c.t.receiveBuffer(int64(size()), wantBuffer)
	}
}

// oneByOne says that datagrams must not go out several in a call: copying is asked for, or an option makes a single send
// mean something that it does not mean of many (ip(7), IP_RECVERR: a full queue is told; udp(7): UDP_CORK, UDP_SEGMENT).
func (c *cable) oneByOne() bool {
	return c.o.copy || c.isSet("recverr") || c.isSet("ipv6_recverr") || c.isSet("udp_cork") || c.isSet("segment")
}

// kernelDrops tells of datagrams that came and that the kernel threw away because the receive buffer was full: nobody else
// knows of them. The count is the last of SO_MEMINFO's nine numbers (SK_MEMINFO_DROPS, linux/sock_diag.h); what the kernel had joined counts
// as one.
func (c *cable) kernelDrops(l *link) {
	var b [9 * 4]byte
	if c.network != "udp" {
		return
	}
	if n, err := c.k.Getsockopt(l.conn.FD, unix.SOL_SOCKET, unix.SO_MEMINFO, b[:]); err != nil || n < len(b) {
		return
	}
	if drops := binary.NativeEndian.Uint32(b[8*4:]); drops > 0 {
		c.t.thrownAway(int64(drops), l.pair.In.Joined > 0)
	}
}

// uncork sends what UDP_CORK holds back: close(2) would throw it away.
func (c *cable) uncork(l *link) {
	if c.network == "udp" && c.isSet("udp_cork") {
		sys.SetInt(c.k, l.conn.FD, unix.IPPROTO_UDP, unix.UDP_CORK, 0)
	}
}

// maxSize is the largest datagram that the socket can send: what UDP's header can say (see pump.MaxUDP4), and for unix
// sockets what fits the send buffer together with the kernel's own account of it.
func (c *cable) maxSize(conn *sock.Conn) int {
	limit := pump.MaxUDP4
	switch {
	case c.network == "unix":
		limit = unixMax
		var b [4]byte
		if _, err := c.k.Getsockopt(conn.FD, unix.SOL_SOCKET, unix.SO_SNDBUF, b[:]); err == nil {
			limit = min(unixMax, int(binary.NativeEndian.Uint32(b[:]))-32)
		}
	case conn.Local.Family() == unix.AF_INET6:
		limit = pump.MaxUDP6
		if peer := conn.Peer.AddrPort().Addr(); peer.Is4In6() {
			limit = pump.MaxUDP4
		}
	}
	switch {
	case c.o.maxSize > 0:
		limit = min(limit, c.o.maxSize)
	case c.o.record == pump.Raw:
		limit = min(limit, rawMax) // a stream is cut somewhere: not into pieces that IP would have to cut again and again
	}
	return limit
}

// rawMax is how much of a stream becomes one datagram when nothing else is said; nc's pieces are of this size too.
const rawMax = 16 << 10

// unixMax is the largest record sent over a unix socket: more is only a burden to the receiver's buffer.
const unixMax = 128 << 10
