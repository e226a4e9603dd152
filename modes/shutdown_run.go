package modes

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"strconv"
	"time"

	"cat5/io/diag"
	"cat5/io/sock"
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// shutRun is one connection and the way in which it ends.
type shutRun struct {
	e     *Env
	k     *sys.Calls
	o     *options
	c     shutCase
	where *sock.HostPort // somebody else's server; nil: both ends are ours
	infer bool
	link  *diag.Link    // nil: this kernel has no table of sockets
	sniff *diag.Sniffer // nil: packets cannot be seen
	unfit string        // why they cannot
	ends  [2]shutEnd    // the client's, the server's
	steps []shutStep
	last  [2]look
	began time.Duration
}

// shutEnd is one end of the connection.
type shutEnd struct {
	role       string
	fd         int // less than 0: none, or none any more
	addr, peer netip.AddrPort
}

// look is what the kernel says of one end at one moment.
type look struct {
	state string // as sock_diag's table has it; of an open socket that is not there, as TCP_INFO has it; "gone"; "" is not known
	info  *unix.TCPInfo
	left  time.Duration // until its timer fires
	// aborts: its close() sends a RST and no FIN, as bytes are unread, or SO_LINGER is 0 s (tcp_close in net/ipv4/tcp.c). It is
	// only asked where the peer cannot be, just before a close().
	aborts bool
}

// shutStep is one call, and what it brought about.
type shutStep struct {
	at      time.Duration
	who     int
	call    string
	result  string
	remark  string
	packets []shutPacket
	was, is [2]look
}

// shutPacket is one packet; why says what it is inferred from, "" when it was seen.
type shutPacket struct {
	from  int
	label string
	why   string
}

// here makes both ends, on the loopback.
func (r *shutRun) here() error {
	k := r.k
	local := netip.MustParseAddrPort("127.0.0.1:0")
	family := unix.AF_INET
	if r.o.family == unix.AF_INET6 {
		local, family = netip.MustParseAddrPort("[::1]:0"), unix.AF_INET6
	}
	l, err := sock.Listen(k, sock.Plan{Network: "tcp", Type: unix.SOCK_STREAM, Local: []sys.Addr{sys.Inet(local, 0)}})
	if err != nil {
		return err
	}
	defer l.Close(k)
	at := l.Local.AddrPort()
	if !r.infer {
		if r.sniff, err = diag.Sniff(k, family, at.Port()); err != nil {
			r.sniff, r.unfit = nil, err.Error()
		}
	}
	r.steps = append(r.steps, shutStep{at: k.Now() - r.began, who: 1, call: "listen()", result: "0", is: [2]look{{}, {state: "LISTEN"}}})
	fd, err := k.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return sys.Wrap("socket", "", err)
	}
	r.ends[0].fd = fd
	if err := r.connect(fd, l.Local); err != nil {
		return sys.Wrap("connect", at.String(), err)
	}
	name, err := k.Getsockname(fd)
	if err != nil {
		return sys.Wrap("getsockname", "", err)
	}
	r.ends[0].addr, r.ends[0].peer = name.AddrPort(), at
	r.ends[1].addr, r.ends[1].peer = at, name.AddrPort()
	r.did(0, "connect()", "0", func() bool { return r.last[1].state != "SYN_RECV" && r.last[1].state != "gone" })
	if err := r.await(l.FD, "a connection to accept"); err != nil {
		return err
	}
	conn, _, err := sys.Accept(k, l.FD)
	if err != nil {
		return sys.Wrap("accept", at.String(), err)
	}
	r.ends[1].fd = conn
	r.did(1, "accept()", itoa(conn), nil)
	return nil
}

// connect is connect(2) on a non-blocking socket: one that blocks would wait for minutes where the loopback is down or a firewall
// drops its packets.
func (r *shutRun) connect(fd int, to sys.Addr) error {
	err := r.k.Connect(fd, to)
	if err != unix.EINPROGRESS && err != unix.EINTR {
		return err
	}
	ok, err := r.ready(fd, unix.POLLOUT, shutPatience)
	if err == nil && !ok {
		return sock.ErrTimeout
	}
	if err != nil {
		return err
	}
	return sys.SocketError(r.k, fd)
}

// await waits until a descriptor of ours can be read, which it must be.
func (r *shutRun) await(fd int, what string) error {
	ok, err := r.ready(fd, unix.POLLIN, shutPatience)
	if err == nil && !ok {
		err = errors.New("waited " + formatDuration(shutPatience) + " for " + what)
	}
	return err
}

// ready waits until there is something to read (POLLIN) or room to write (POLLOUT), an end or an error.
func (r *shutRun) ready(fd int, events int16, patience time.Duration) (bool, error) {
	for until := r.k.Now() + patience; ; {
		left := until - r.k.Now()
		fds := []unix.PollFd{{Fd: int32(fd), Events: events}}
		n, err := r.k.Poll(fds, int(max(left, 0)/time.Millisecond))
		switch {
		case n > 0:
			return true, nil
		case err != nil && err != unix.EINTR:
			return false, sys.Wrap("poll", "", err)
		case left <= 0:
			return false, nil
		}
	}
}

// look asks the kernel about one end.
func (r *shutRun) look(i int) (l look) {
	e := &r.ends[i]
	if r.where != nil && i == 1 || !e.addr.IsValid() {
		return l
	}
	if e.fd >= 0 {
		if info, err := sys.TCPInfo(r.k, e.fd); err == nil {
			l = look{state: diag.State(info.State).String(), info: info}
		}
	}
	if r.link == nil {
		return l
	}
	s, err := r.link.Find(e.addr, e.peer)
	switch {
	case err != nil:
	case s == nil && e.fd < 0:
		l.state = "gone"
	case s != nil:
		l.state, l.left = s.State.String(), s.Left
		if s.Info != nil {
			l.info = &s.Info.TCPInfo
		}
	}
	return l
}

// settleFor is how long the states may take to become what a step should make of them. No event tells of most of them, so
// they are looked at each millisecond; on the loopback the first look is nearly always enough. What is shown is what they are
// then.
const settleFor = time.Second

// did notes a call, waits until its effects can be seen, and notes those.
func (r *shutRun) did(who int, call, result string, settled func() bool) *shutStep {
	st := shutStep{at: r.k.Now() - r.began, who: who, call: call, result: result, was: r.last}
	for until := r.k.Now() + settleFor; ; {
		r.last = [2]look{r.look(0), r.look(1)}
		if settled == nil || settled() || r.k.Now() > until {
			break
		}
		r.k.Poll(nil, 1)
	}
	st.is = r.last
	if r.sniff != nil {
		seen, err := r.sniff.Take(r.ends[0].addr, r.ends[0].peer)
		if err != nil {
			r.unfit = err.Error()
		}
		for _, p := range seen {
			st.packets = append(st.packets, r.seen(p))
		}
	} else {
		st.packets = inferPackets(st.was, st.is, who)
	}
	r.steps = append(r.steps, st)
	return &r.steps[len(r.steps)-1]
}

// seen names a packet by what is new in it: all but the first carry an ACK.
func (r *shutRun) seen(p diag.Packet) shutPacket {
	from := 0
	if p.From == r.ends[1].addr {
		from = 1
	}
	label := "ACK"
	switch {
	case p.RST:
		label = "RST"
	case p.SYN && p.ACK:
		label = "SYN/ACK"
	case p.SYN:
		label = "SYN"
	case p.Len > 0 && p.FIN:
		label = dataLabel(uint64(p.Len)) + ", FIN"
	case p.Len > 0:
		label = dataLabel(uint64(p.Len))
	case p.FIN:
		label = "FIN"
	}
	return shutPacket{from: from, label: label}
}

func dataLabel(n uint64) string { return "data, " + plural(int64(n), "byte") }

// read is read(2) at one end, when something has come. The result is false when nothing came from a server elsewhere.
func (r *shutRun) read(who int) (bool, error) {
	if r.where == nil {
		if err := r.await(r.ends[who].fd, "something to read"); err != nil {
			return false, err
		}
	} else if ok, err := r.ready(r.ends[who].fd, unix.POLLIN, r.patience()); err != nil || !ok {
		st := r.did(who, "read()", "waits", nil)
		st.remark = "nothing came in " + formatDuration(r.patience())
		return false, err
	}
	b := make([]byte, 4096)
	n, err := sys.Read(r.k, r.ends[who].fd, b)
	r.did(who, "read()", result(n, err, true), nil)
	return true, nil
}

func (r *shutRun) patience() time.Duration {
	if r.o.idle > 0 {
		return r.o.idle
	}
	return shutWait
}

func result(n int, err error, reading bool) string {
	switch {
	case err != nil:
		return "-1 " + sys.Errno(err)
	case n == 0 && reading:
		return "0, the end"
	}
	return strconv.Itoa(n)
}

// write is write(2) at one end, whose failure may be just what is to be shown. A broken connection raises SIGPIPE too, which
// Go's runtime takes.
func (r *shutRun) write(who int, text string) error {
	n, err := sys.Write(r.k, r.ends[who].fd, []byte(text))
	r.did(who, "write("+itoa(len(text))+")", result(n, err, false), func() bool {
		is := &r.last[who]
		return err != nil || is.state == "CLOSE" || is.info != nil && is.info.Unacked == 0 && is.info.Notsent_bytes == 0
	})
	return err
}

// pass is a write that has to arrive, as the other end waits for it.
func (r *shutRun) pass(who int, text string) error {
	return sys.Wrap("write", r.ends[1-who].addr.String(), r.write(who, text))
}

// shutdown is shutdown(2) at the client's end.
func (r *shutRun) shutdown(how int, name string) {
	err := r.k.Shutdown(r.ends[0].fd, how)
	st := r.did(0, "shutdown("+name+")", result(0, err, false), func() bool {
		s := r.last[0].state
		return err != nil || how == unix.SHUT_RD || s != "ESTABLISHED" && s != "FIN_WAIT1" && s != "LAST_ACK"
	})
	was, is := st.was[0].info, st.is[0].info
	if how == unix.SHUT_RD && len(st.packets) == 0 && was != nil && is != nil && was.Segs_out == is.Segs_out {
		st.remark = "no packet: segs_out still " + count32(is.Segs_out)
	}
}

// aborts says what look.aborts says. What comes between this and the close is missed.
func (r *shutRun) aborts(fd int) bool {
	var linger [8]byte // struct linger: l_onoff, l_linger (socket(7))
	n, err := r.k.Getsockopt(fd, unix.SOL_SOCKET, unix.SO_LINGER, linger[:])
	if err == nil && n == 8 && binary.NativeEndian.Uint32(linger[:]) != 0 && binary.NativeEndian.Uint32(linger[4:]) == 0 {
		return true
	}
	unread, err := sys.IoctlInt(r.k, fd, unix.SIOCINQ)
	return err == nil && unread > 0
}

// close is close(2).
func (r *shutRun) close(who int) {
	if r.where != nil {
		r.last[who].aborts = r.aborts(r.ends[who].fd)
	}
	before := r.last
	err := sys.Close(r.k, r.ends[who].fd)
	r.ends[who].fd = -1
	r.did(who, "close()", result(0, err, false), func() bool {
		switch r.last[who].state {
		case "ESTABLISHED", "FIN_WAIT1", "LAST_ACK", "CLOSING": // something is still on its way
			return false
		case "gone": // at once, by an RST: that has to arrive
			return r.where != nil || before[who].state != "ESTABLISHED" || r.last[1-who].state == "CLOSE"
		}
		return true
	})
}
