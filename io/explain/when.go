package explain

import (
	"encoding/binary"
	"strings"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// explain finds what is to be said of a call: a row of notes, or what the table of socket options says.
func (n *narrator) explain(c *call, s *sock) {
	errno := sys.Errno(c.err())
	when := c.circumstances(s)
	if c.call == "getsockopt" && c.name == "SO_ERROR" && errno == "" {
		if e := unix.Errno(binary.NativeEndian.Uint32(c.bytes(3))); e != 0 { // it answers for the connect, or for what came later
			c.says, c.man = note("connect", protoName(s), unix.ErrnoName(e))
			return
		}
	}
	option := c.call == "setsockopt" || c.call == "getsockopt"
	if option && c.says != "" && errno == "" && !known(c.call, when) {
		return
	}
	c.says, c.man = note(c.call, when, errno)
	if c.says == "" && errno != "" { // better what the call is for than nothing
		c.says, c.man = note(c.call, when, "")
	}
}

// known says whether notes has a row for exactly this.
func known(call, when string) bool {
	for i := range notes {
		if when != "" && notes[i].call == call && notes[i].when == when {
			return true
		}
	}
	return false
}

// protoName is TCP, UDP or AF_UNIX.
func protoName(s *sock) string {
	switch {
	case s == nil:
	case s.family == unix.AF_UNIX:
		return "AF_UNIX"
	case s.proto == unix.IPPROTO_TCP:
		return "TCP"
	case s.proto == unix.IPPROTO_UDP:
		return "UDP"
	}
	return ""
}

// circumstances are what a row of notes may stand for, beside the errno.
func (c *call) circumstances(s *sock) string {
	proto := protoName(s)
	switch c.call {
	case "socket":
		if d := c.int(0); d == unix.AF_NETLINK || d == unix.AF_PACKET {
			return family(d)
		}
		return family(c.int(0)) + " " + sockType(c.int(1)&0xf)
	case "bind":
		return c.bindsTo()
	case "connect":
		if proto == "AF_UNIX" && s.typ == unix.SOCK_DGRAM && c.err() == nil {
			return "AF_UNIX dgram"
		}
		return proto
	case "shutdown":
		if proto == "AF_UNIX" && c.int(1) == unix.SHUT_WR {
			return "AF_UNIX SHUT_WR"
		}
		if s != nil && s.state == tcpCloseWait && c.int(1) != unix.SHUT_RD {
			return "CLOSE_WAIT"
		}
		return shutHow(c.int(1))
	case "getsockopt", "setsockopt":
		return c.name
	case "ioctl":
		what := valueName(ioctls, int(c.uint(1)))
		if arg, ok := c.in[2].Interface().(*[64]byte); ok && proto == "TCP" && what == "SIOCOUTQ" && binary.NativeEndian.Uint32(arg[:]) == 0 {
			return "SIOCOUTQ 0"
		}
		if proto == "AF_UNIX" && what == "SIOCOUTQ" {
			return "AF_UNIX SIOCOUTQ"
		}
		return what
	case "close":
		return c.when
	}
	if c.when == "end" && proto == "TCP" {
		return "end TCP"
	}
	return c.when
}

// bindsTo is the kind of name that bind gives.
func (c *call) bindsTo() string {
	a := c.addr(c.in[1])
	switch a.Family() {
	case unix.AF_INET, unix.AF_INET6:
		if a.AddrPort().Port() == 0 && c.err() == nil {
			return "port 0"
		}
		return "port"
	case unix.AF_UNIX:
		switch name := a.UnixName(); {
		case name == "":
			return "no name"
		case strings.HasPrefix(name, "@"):
			return "abstract"
		}
		return "path"
	}
	return family(a.Family())
}
