package explain

import (
	"encoding/binary"
	"strconv"
	"strings"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// How arguments are printed.

func itoa(n int) string { return strconv.Itoa(n) }

// join is numbers with commas between them.
func join(list []int) string {
	var s []string
	for _, n := range list {
		s = append(s, itoa(n))
	}
	return strings.Join(s, ", ")
}

// braces is an address as an argument.
func braces(a sys.Addr) string {
	switch a.Family() {
	case unix.AF_INET, unix.AF_INET6:
		return "{" + a.AddrPort().String() + "}"
	case unix.AF_UNIX:
		if a.UnixName() == "" {
			return "{AF_UNIX}" // a socket without a name
		}
		return "{" + strconv.Quote(a.UnixName()) + "}"
	case unix.AF_UNSPEC:
		return "NULL"
	}
	return "{" + family(a.Family()) + "}"
}

func withAddr(_ *narrator, c *call) string { return itoa(c.int(0)) + ", " + braces(c.addr(c.in[1])) }

func nameOf(_ *narrator, c *call) string { return itoa(c.int(0)) + ", " + braces(c.addr(c.out[0])) }

// ints is arguments that are numbers, and of the others how long they are.
func ints(_ *narrator, c *call) string {
	var s []string
	for _, v := range c.in {
		switch {
		case v.CanInt():
			s = append(s, strconv.FormatInt(v.Int(), 10))
		case v.CanUint():
			s = append(s, strconv.FormatUint(v.Uint(), 10))
		case v.Kind().String() == "slice":
			s = append(s, "["+itoa(v.Len())+"]")
		case v.Kind().String() == "string":
			s = append(s, strconv.Quote(v.String()))
		default:
			s = append(s, "...")
		}
	}
	return strings.Join(s, ", ")
}

// spliceArgs shows no offsets: both descriptors' own positions are used.
func spliceArgs(_ *narrator, c *call) string {
	return itoa(c.int(0)) + ", NULL, " + itoa(c.int(1)) + ", NULL, " + itoa(c.int(2)) + ", " + bits(spliceFlags, c.int(3))
}

// shown is how many bytes of data are shown, as strace does.
const shown = 32

// withBytes is read and write: the bytes that moved, and how many were offered.
func withBytes(n *narrator, c *call) string {
	p := c.bytes(1)
	if !n.payload {
		return itoa(c.int(0)) + ", ..., " + itoa(len(p))
	}
	moved := p[:max(0, min(c.result(), len(p)))]
	if c.err() != nil {
		moved = nil
		if c.noun == "write" || c.noun == "send" {
			moved = p
		}
	}
	s := strconv.QuoteToASCII(string(moved[:min(len(moved), shown)]))
	if len(moved) > shown {
		s += "..."
	}
	return itoa(c.int(0)) + ", " + s + ", " + itoa(len(p))
}

// batchArgs is sendmmsg and recvmmsg: the messages that moved, the first few of them, and how many were offered.
func batchArgs(n *narrator, c *call) string {
	b, _ := c.in[1].Interface().(*sys.Batch)
	var list []string
	for i := range max(0, c.result()) {
		if i == 4 {
			list = append(list, "...")
			break
		}
		m := &b.Msgs[i]
		s := "{" + itoa(m.N) + " B"
		if n.payload {
			p := m.P[:min(m.N, len(m.P))]
			s = "{" + strconv.QuoteToASCII(string(p[:min(len(p), shown)]))
			if len(p) > shown {
				s += "..."
			}
		}
		if m.Seg > 0 {
			s += ", " + itoa(m.Seg) + " B each"
		}
		list = append(list, s+"}")
	}
	return itoa(c.int(0)) + ", [" + strings.Join(list, ", ") + "], " + itoa(c.int(2)) + ", "
}

func pathArgs(_ *narrator, c *call) string {
	var s []string
	for i, v := range c.in {
		switch {
		case v.Kind().String() == "string":
			s = append(s, strconv.Quote(v.String()))
		case v.CanInt() && int(v.Int()) == unix.AT_FDCWD && (i == 0 || i == 2):
			s = append(s, "AT_FDCWD")
		case v.CanUint():
			s = append(s, "0"+strconv.FormatUint(v.Uint(), 8))
		case v.CanInt() && c.call == "openat" && i == 2:
			s = append(s, openMode(int(v.Int())))
		case v.CanInt() && i == 3 && c.call == "fstatat":
			s = append(s, bits(atFlags, int(v.Int())))
		case v.CanInt():
			s = append(s, strconv.FormatInt(v.Int(), 10))
		}
	}
	return strings.Join(s, ", ")
}

func epollArgs(_ *narrator, c *call) string {
	evs, _ := c.in[1].Interface().([]unix.EpollEvent)
	var list []string
	n := max(0, min(c.result(), len(evs)))
	for _, e := range evs[:min(n, 4)] {
		list = append(list, "{"+bits(epollEvents, int(e.Events))+", "+itoa(int(e.Fd))+"}")
	}
	if n > 4 {
		list = append(list, "...")
	}
	return itoa(c.int(0)) + ", [" + strings.Join(list, ", ") + "], " + itoa(len(evs)) + ", " + itoa(c.int(2))
}

func ioctlArgs(_ *narrator, c *call) string {
	s := itoa(c.int(0)) + ", " + valueName(ioctls, int(c.uint(1)))
	if arg, ok := c.in[2].Interface().(*[64]byte); ok && c.err() == nil {
		s += ", [" + itoa(int(int32(binary.NativeEndian.Uint32(arg[:])))) + "]"
	}
	return s
}

// optionArgs is setsockopt and getsockopt. What was asked for stands in brackets.
func optionArgs(n *narrator, c *call) string {
	level, opt, val := c.int(1), c.int(2), c.bytes(3)
	c.name, c.says, c.man = n.option(level, opt)
	name := c.name
	for _, o := range otherOptions {
		if name == "" && o.level == level && o.opt == opt {
			c.name, name = o.name, o.name
		}
	}
	if name == "" {
		name = itoa(opt)
	}
	s := itoa(c.int(0)) + ", " + valueName(levels, level) + ", " + name
	switch {
	case c.call == "setsockopt":
		return s + ", " + optionValue(c.name, val)
	case c.err() != nil:
		return s
	}
	return s + ", [" + optionValue(c.name, val[:max(0, min(c.result(), len(val)))]) + "], [" + itoa(c.result()) + "]"
}

// optionValue is an option's value, as its C type is laid out.
func optionValue(name string, b []byte) string {
	i32 := func(at int) int { return int(int32(binary.NativeEndian.Uint32(b[at:]))) }
	switch {
	case name == "SO_ERROR" && len(b) == 4 && i32(0) != 0:
		return unix.ErrnoName(unix.Errno(i32(0)))
	case name == "SO_TYPE" && len(b) == 4:
		return sockType(i32(0))
	case name == "SO_DOMAIN" && len(b) == 4:
		return family(i32(0))
	case name == "SO_PROTOCOL" && len(b) == 4:
		return valueName(protocols, i32(0))
	case name == "SO_LINGER" && len(b) == 8:
		return "{l_onoff=" + itoa(i32(0)) + ", l_linger=" + itoa(i32(4)) + "}"
	case name == "SO_PEERCRED" && len(b) == 12:
		return "{pid=" + itoa(i32(0)) + ", uid=" + itoa(i32(4)) + ", gid=" + itoa(i32(8)) + "}"
	case name == "TCP_INFO" && len(b) > 0:
		return "{tcpi_state=TCP_" + sys.TCPState(b[0]) + ", ...}"
	case name == "IP_ADD_MEMBERSHIP" && len(b) == 12:
		return "{imr_multiaddr=" + dotted(b) + ", imr_address=" + dotted(b[4:]) + ", imr_ifindex=" + itoa(i32(8)) + "}"
	case (name == "SO_RCVTIMEO" || name == "SO_SNDTIMEO") && len(b) == 16:
		return "{tv_sec=" + itoa(int(binary.NativeEndian.Uint64(b))) + ", tv_usec=" + itoa(int(binary.NativeEndian.Uint64(b[8:]))) + "}"
	case name == "SO_BINDTODEVICE" || name == "TCP_CONGESTION" || name == "TCP_ULP":
		text, _, _ := strings.Cut(string(b), "\x00")
		return strconv.QuoteToASCII(text)
	case len(b) == 4:
		return itoa(i32(0))
	case len(b) == 1:
		return itoa(int(b[0]))
	case len(b) == 0:
		return "NULL"
	}
	if len(b) > 16 {
		return "..."
	}
	s := `"`
	for _, x := range b {
		s += `\x` + strconv.FormatUint(uint64(x>>4), 16) + strconv.FormatUint(uint64(x&15), 16)
	}
	return s + `"`
}

func dotted(b []byte) string {
	return join([]int{int(b[0])}) + "." + itoa(int(b[1])) + "." + itoa(int(b[2])) + "." + itoa(int(b[3]))
}
