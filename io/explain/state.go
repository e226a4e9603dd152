package explain

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// sock is what is known of a descriptor.
type sock struct {
	family, typ int
	proto       int
	state       uint8 // of TCP, as last seen; 0 for not yet
	port        uint16
	ended       bool // its end has been read
	reset       bool // SO_LINGER of 0: close sends a RST
	stood       bool // its numbers have been told
	listens     bool
	shared      bool // a child has it as well
}

// What is no socket has one of these families.
const (
	noSocket = -1
	eventFD  = -2 // ours: reads and writes on it wake a loop
)

// States of TCP (net/tcp_states.h).
const (
	tcpSynSent   = 2
	tcpClose     = 7
	tcpCloseWait = 8
	tcpListen    = 10
)

// sock is what is known of fd; nil when it is no socket. What cat5 inherited is asked for once.
func (n *narrator) sock(fd int) *sock {
	if fd < 0 {
		return nil
	}
	s := n.socks[fd]
	if s == nil {
		s = &sock{family: noSocket, state: tcpClose}
		if v, err := sys.GetInt(n.k, fd, unix.SOL_SOCKET, unix.SO_DOMAIN); err == nil {
			s.family = v
			s.typ, _ = sys.GetInt(n.k, fd, unix.SOL_SOCKET, unix.SO_TYPE)
			s.proto, _ = sys.GetInt(n.k, fd, unix.SOL_SOCKET, unix.SO_PROTOCOL)
			s.state = 0
		}
		n.socks[fd] = s
	}
	if s.family == noSocket {
		return nil
	}
	return s
}

// learn notes what a call has made: descriptors, and what changes how a socket will end.
func (n *narrator) learn(c *call) {
	if c.err() != nil {
		return
	}
	fd := c.result()
	switch c.call {
	case "socket":
		s := &sock{family: c.int(0), typ: c.int(1) & 0xf, proto: c.int(2), state: tcpClose}
		if s.proto == 0 && (s.family == unix.AF_INET || s.family == unix.AF_INET6) {
			s.proto = map[int]int{unix.SOCK_STREAM: unix.IPPROTO_TCP, unix.SOCK_DGRAM: unix.IPPROTO_UDP}[s.typ]
		}
		n.socks[fd] = s
	case "accept4":
		if l := n.sock(c.int(0)); l != nil {
			n.socks[fd] = &sock{family: l.family, typ: l.typ, proto: l.proto, port: l.port}
		}
	case "eventfd":
		n.socks[fd] = &sock{family: eventFD}
	case "openat", "epoll_create1":
		n.socks[fd] = &sock{family: noSocket}
	case "socketpair":
		p, _ := c.out[0].Interface().([2]int)
		for _, fd := range p {
			n.socks[fd] = &sock{family: noSocket}
		}
	case "pipe2":
		p, _ := c.in[0].Interface().([]int)
		for _, fd := range p {
			n.socks[fd] = &sock{family: noSocket}
		}
	case "listen":
		if s := n.sock(c.int(0)); s != nil {
			s.listens = true
		}
	case "clone":
		files, _ := c.in[len(c.in)-1].Interface().([]int)
		for _, fd := range files {
			if s := n.sock(fd); s != nil {
				s.shared = true
			}
		}
	case "setsockopt":
		if s := n.sock(c.int(0)); s != nil && c.int(1) == unix.SOL_SOCKET && c.int(2) == unix.SO_LINGER {
			s.reset = optionValue("SO_LINGER", c.bytes(3)) == "{l_onoff=1, l_linger=0}"
		}
	}
}

// check tells what the kernel says of a socket after a call, where that has changed.
func (n *narrator) check(fd int, s *sock, c *call) {
	switch c.call {
	case "accept4":
		if c.err() == nil {
			fd = c.result()
			s = n.sock(fd)
		}
	case "bind", "connect", "listen", "sendto", "sendmmsg":
		n.ports(fd, s, c)
	}
	if c.call == "connect" && s.proto == unix.IPPROTO_UDP && c.err() == nil {
		n.pathMTU(fd, s)
	}
	n.checkState(fd, s, c.err())
}

// maxWatched is how many connections are looked at whenever cat5 has waited: of more, each is looked at in its turn.
const maxWatched = 32

func (n *narrator) checkAll() {
	seen := 0
	for _, fd := range slices.Sorted(maps.Keys(n.socks)) {
		if s := n.socks[fd]; s.proto == unix.IPPROTO_TCP && s.family > 0 {
			n.checkState(fd, s, nil)
			if seen++; seen == maxWatched {
				return
			}
		}
	}
}

// checkState tells of a state that TCP has left for another.
func (n *narrator) checkState(fd int, s *sock, err error) {
	if s.proto != unix.IPPROTO_TCP {
		return
	}
	info, bad := sys.TCPInfo(n.k, fd)
	if bad != nil || info.State == s.state {
		return
	}
	from, to := "", sys.TCPState(info.State)
	line := itoa(fd) + ": "
	if s.state != 0 {
		from = sys.TCPState(s.state)
		line += from + " -> "
	}
	s.state = info.State
	n.flush()
	when := from + " -> " + to
	if to == "CLOSE" && from != "SYN_SENT" && n.broken(fd, err) {
		when = "-> CLOSE by error"
	}
	says, man := note("state", when, "")
	n.say(sys.Told{Event: "state", FD: fd, From: from, To: to, Line: line + to + s.vitals(info), Note: says, Man: man})
}

// broken looks whether an error waits on the socket, without taking it: poll(2) says POLLERR until somebody does.
func (n *narrator) broken(fd int, err error) bool {
	fds := []unix.PollFd{{Fd: int32(fd)}}
	n.k.Poll(fds, 0)
	return err != nil && err != unix.EAGAIN && err != unix.EINTR || fds[0].Revents&unix.POLLERR != 0
}

// vitals is what a connection that has just been made is like, and what one that is over had to repeat.
func (s *sock) vitals(i *unix.TCPInfo) string {
	u := func(n uint32) string { return strconv.FormatUint(uint64(n), 10) }
	switch {
	case i.State == tcpClose && i.Total_retrans > 0:
		return " (" + count(int64(i.Total_retrans), "segment") + " sent again)"
	case s.stood || i.State == tcpClose || i.State == tcpListen || i.State == tcpSynSent:
		return ""
	}
	s.stood = true
	all := []string{"MSS " + u(i.Snd_mss), "path MTU " + u(i.Pmtu)}
	if i.Snd_wnd > 0 { // since Linux 5.4
		all = append(all, "window "+u(i.Snd_wnd))
	}
	if i.Rtt > 0 {
		all = append(all, "RTT "+u(i.Rtt)+" us")
	}
	return " (" + strings.Join(all, ", ") + ")"
}

// ports tells the port that the kernel chose.
func (n *narrator) ports(fd int, s *sock, c *call) {
	if s.family != unix.AF_INET && s.family != unix.AF_INET6 || s.port != 0 {
		return
	}
	a, err := n.k.Getsockname(fd)
	if err != nil || a.AddrPort().Port() == 0 {
		return
	}
	s.port = a.AddrPort().Port()
	if c.call == "bind" {
		if asked := c.addr(c.in[1]); asked.AddrPort().Port() == s.port {
			return
		}
	}
	n.flush()
	n.say(sys.Told{Event: "state", FD: fd, To: a.String(), Line: itoa(fd) + ": local address " + a.String(),
		Note: "The kernel chose port " + itoa(int(s.port)) + ".", Man: "ip(7)"})
}

func (n *narrator) pathMTU(fd int, s *sock) {
	level, opt := unix.IPPROTO_IP, unix.IP_MTU
	if s.family == unix.AF_INET6 {
		level, opt = unix.IPPROTO_IPV6, unix.IPV6_MTU
	}
	if mtu, err := sys.GetInt(n.k, fd, level, opt); err == nil {
		says, man := note("state", "path MTU", "")
		n.say(sys.Told{Event: "state", FD: fd, Line: itoa(fd) + ": path MTU " + itoa(mtu), Note: says, Man: man})
	}
}

// closing looks at a socket for the last time: when close has returned, its number can be somebody else's.
func (n *narrator) closing(c *call) {
	fd := c.fd()
	s := n.sock(fd)
	delete(n.socks, fd)
	if s == nil || s.family == eventFD {
		return
	}
	switch {
	case s.shared:
		c.when = "shared"
	case s.proto == unix.IPPROTO_TCP:
		n.checkState(fd, s, nil)
		state := sys.TCPState(s.state)
		c.when = state
		if waiting, err := sys.IoctlInt(n.k, fd, unix.SIOCINQ); state != "LISTEN" && state != "CLOSE" && (s.reset || err == nil && waiting > 0) {
			c.when = "unread"
			if s.reset {
				c.when = "linger 0"
			}
		}
	case s.family == unix.AF_UNIX && s.listens:
		c.when = "AF_UNIX listening"
	case s.family == unix.AF_UNIX && s.typ == unix.SOCK_DGRAM:
		c.when = "AF_UNIX dgram"
	case s.family == unix.AF_UNIX:
		c.when = "AF_UNIX"
	case s.proto == unix.IPPROTO_UDP:
		c.when = "UDP"
	default:
		c.when = "socket"
	}
}
