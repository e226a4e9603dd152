package modes

import (
	"net/netip"
	"strconv"
	"strings"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// Numbers and addresses as bytes in memory.

// byteOrder is a number as memory holds it, lowest address first: on this host, and on the wire.
type byteOrder struct {
	bits        int
	little, big []byte
	hostLittle  bool
}

func (h *inetHost) order(n uint64, size int) byteOrder {
	o := byteOrder{bits: 8 * size, hostLittle: h.little}
	for i := range size {
		o.little = append(o.little, byte(n>>(8*i)))
		o.big = append(o.big, byte(n>>(8*(size-1-i))))
	}
	return o
}

// swapped is htons and htonl: on a little-endian host the bytes in the other order, on a big-endian one the number itself.
func (h *inetHost) swapped(n uint64, size int) uint64 {
	if !h.little {
		return n
	}
	var out uint64
	for i := range size {
		out = out<<8 | n>>(8*i)&0xff
	}
	return out
}

func (h *inetHost) endian() string {
	if h.little {
		return "little"
	}
	return "big"
}

// layout is a struct as it lies in memory.
type layout struct {
	name   string
	size   int
	fields []layoutField
}

type layoutField struct {
	at    int
	bytes []byte
	name  string
	means string
}

// inetLayout is struct sockaddr_in or sockaddr_in6 (ip(7), ipv6(7)), cut out of the very bytes that bind(2) and connect(2)
// are given.
func inetLayout(a netip.Addr, port int, scope uint32) layout {
	sa := sys.Inet(netip.AddrPortFrom(a.WithZone(""), uint16(port)), scope)
	b := sa.Bytes()
	portMeans := strconv.Itoa(port) + ", in network order"
	if a.Is4() {
		return layout{"struct sockaddr_in", len(b), []layoutField{
			{0, b[0:2], "sin_family", "AF_INET = " + strconv.Itoa(unix.AF_INET) + ", in host order"},
			{2, b[2:4], "sin_port", portMeans},
			{4, b[4:8], "sin_addr", a.String()},
			{8, b[8:16], "sin_zero", "nothing, to fill 16 bytes"},
		}}
	}
	return layout{"struct sockaddr_in6", len(b), []layoutField{
		{0, b[0:2], "sin6_family", "AF_INET6 = " + strconv.Itoa(unix.AF_INET6) + ", in host order"},
		{2, b[2:4], "sin6_port", portMeans},
		{4, b[4:8], "sin6_flowinfo", "no flow label"},
		{8, b[8:24], "sin6_addr", ""},
		{24, b[24:28], "sin6_scope_id", "interface " + strconv.FormatUint(uint64(scope), 10) + ", in host order"},
	}}
}

// unixLayout is struct sockaddr_un (unix(7)). Its length is part of the name: the path ends at its NUL, an abstract name
// at the length.
func unixLayout(a sys.Addr) layout {
	b := a.Bytes()
	l := layout{"struct sockaddr_un", len(b), []layoutField{{0, b[0:2], "sun_family", "AF_UNIX = " + strconv.Itoa(unix.AF_UNIX) + ", in host order"}}}
	for at := 2; at < len(b); at += 8 {
		part := b[at:min(at+8, len(b))]
		name := "sun_path"
		if at > 2 {
			name = ""
		}
		means := `"` + printable(part) + `"`
		switch {
		case at == 2 && part[0] == 0:
			means = "NUL: abstract, then " + means
		case part[len(part)-1] == 0 && len(part) == 1:
			means = "NUL"
		case part[len(part)-1] == 0:
			means += " NUL"
		}
		l.fields = append(l.fields, layoutField{at, part, name, means})
	}
	return l
}

// printable is the characters of b as hexdump(1) shows them, without NULs.
func printable(b []byte) string {
	var s []byte
	for _, x := range b {
		switch {
		case x == 0:
		case x < 0x20 || x > 0x7e:
			s = append(s, '.')
		default:
			s = append(s, x)
		}
	}
	return string(s)
}

// network is a prefix: ADDRESS/LENGTH.
func (h *inetHost) network(c *card, v inetValue) {
	p := v.prefix.Masked()
	first, last := p.Addr(), lastOf(p)
	host := p.Addr().BitLen() - p.Bits()
	c.what = "an IPv6 prefix"
	if p.Addr().Is4() {
		c.what = "an IPv4 prefix"
	}
	if v.addr != first {
		c.say("address", v.addr.String(), "inside it")
	}
	mask := maskOf(p)
	c.say("prefix", p.String(), plural(int64(p.Bits()), "bit")+" of network, "+strconv.Itoa(host)+" of host")
	c.say("mask", mask.String(), "")
	if mask.Is4() {
		c.say("", binary4(mask), "")
		c.say("wildcard", complement(mask).String(), "the mask turned over")
	}
	c.say("network", first.String(), "")
	count, hosts := powerOf2(host), ""
	lo, hi := first, last
	switch {
	case !p.Addr().Is4() && host == 1:
		c.say("last", last.String(), "two ends of a line, both usable (RFC 6164)")
	case !p.Addr().Is4():
		c.say("last", last.String(), "no broadcast in IPv6: multicast takes its place")
		if host > 1 {
			lo = first.Next()
			c.say("", first.String()+" is the routers' anycast address (RFC 4291, 2.6.1)", "")
			hosts = minus(count, 1)
		}
	case host == 0:
		c.say("broadcast", "none", "a single host")
	case host == 1:
		c.say("broadcast", "none", "two ends of a line, both usable (RFC 3021)")
	default:
		c.say("broadcast", last.String(), "RFC 919")
		lo, hi, hosts = first.Next(), last.Prev(), minus(count, 2)
	}
	c.say("first host", lo.String(), "")
	c.say("last host", hi.String(), "")
	note := ""
	if host > 0 {
		note = "2^" + strconv.Itoa(host)
	}
	c.say("addresses", count, note)
	if hosts != "" {
		c.say("hosts", hosts, "")
	}
	b := blockAround(p)
	if p.Bits() == 0 {
		b = addressBlock{p.String(), "everything", "the default route", "every address of the family"}
	}
	c.say("kind", b.name, b.prefix+", "+b.doc)
	c.say("", b.says, "")
}

// maskOf is the netmask of a prefix: ones, then zeros.
func maskOf(p netip.Prefix) netip.Addr {
	b := make([]byte, p.Addr().BitLen()/8)
	for i := range p.Bits() {
		b[i/8] |= 0x80 >> (i % 8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}

func complement(a netip.Addr) netip.Addr {
	b := a.AsSlice()
	for i := range b {
		b[i] = ^b[i]
	}
	a, _ = netip.AddrFromSlice(b)
	return a
}

// lastOf is the last address of a prefix: all bits of the host are ones.
func lastOf(p netip.Prefix) netip.Addr {
	b, m := p.Addr().AsSlice(), maskOf(p).AsSlice()
	for i := range b {
		b[i] |= ^m[i]
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}

func binary4(a netip.Addr) string {
	var s []string
	for _, b := range a.AsSlice() {
		s = append(s, padLeft(strconv.FormatUint(uint64(b), 2), 8))
	}
	return strings.Join(s, ".")
}

// powerOf2 is 2^n in decimal, for n up to 128.
func powerOf2(n int) string {
	d := []byte{1} // digits, the last one first
	for range n {
		carry := byte(0)
		for i := range d {
			x := 2*d[i] + carry
			d[i], carry = x%10, x/10
		}
		if carry > 0 {
			d = append(d, carry)
		}
	}
	return digits(d)
}

// minus is a decimal number less one digit.
func minus(s string, n byte) string {
	d := make([]byte, len(s))
	for i := range s {
		d[len(s)-1-i] = s[i] - '0'
	}
	for i := 0; ; i++ {
		if d[i] >= n {
			d[i] -= n
			break
		}
		d[i], n = d[i]+10-n, 1
	}
	for len(d) > 1 && d[len(d)-1] == 0 {
		d = d[:len(d)-1]
	}
	return digits(d)
}

func digits(d []byte) string {
	s := make([]byte, len(d))
	for i := range d {
		s[len(d)-1-i] = d[i] + '0'
	}
	return string(s)
}
