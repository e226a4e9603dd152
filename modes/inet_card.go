package modes

import (
	"encoding/hex"
	"net/netip"
	"strconv"
	"strings"

	"cat5/io/sys"
)

// What cat5 inet says of a VALUE: a card. It is made by pure functions of the value and of what is known of the host.

// card is everything that is said of one VALUE.
type card struct {
	typed  string
	what   string
	facts  []fact
	orders []byteOrder
	lay    []layout
}

// fact is one line: what, its value, and a remark.
type fact struct{ key, value, note string }

func (c *card) say(key, value, note string) { c.facts = append(c.facts, fact{key, value, note}) }

// inetHost is what the answers depend on beside the value.
type inetHost struct {
	little   bool   // it keeps the low byte of a number first
	services string // the text of services(5)
	low      int    // net.ipv4.ip_local_port_range
	high     int    // 0: not known
	scope    uint32 // the interface index of the address's zone
}

// cards makes the card of a value; a service may have two ports.
func (h *inetHost) card(v inetValue) (card, error) {
	c := card{typed: v.typed}
	switch v.kind {
	case inetAddress:
		h.address(&c, v)
	case inetPrefix:
		h.network(&c, v)
	case inetNumber:
		h.number(&c, v)
	case inetUnix:
		return c, h.unix(&c, v)
	case inetService:
		return c, h.service(&c, v)
	}
	return c, nil
}

// address is an IPv4 or IPv6 address.
func (h *inetHost) address(c *card, v inetValue) {
	a := v.addr
	c.what = "an IPv6 address"
	if a.Is4() {
		c.what = "an IPv4 address"
	}
	switch {
	case v.raw:
		c.what += " in network form"
		c.say("inet_ntop", a.String(), "its presentation form")
	case v.old != "":
		c.what += ", in an old form"
		c.say("inet_aton", a.String(), v.old)
		c.say("inet_pton", "refuses it", "it takes four decimal numbers only")
	case a.Is6() && a.WithZone("").String() != strings.ToLower(strings.Split(strings.Trim(v.typed, "["), "%")[0]) && v.port < 0:
		c.say("short", a.String(), "as it should be written (RFC 5952)")
	}
	b := blockOf(a)
	c.say("kind", b.name, b.prefix+", "+b.doc)
	c.say("", b.says, "")
	raw := a.AsSlice()
	c.say("network form", spaced(raw), "what inet_pton writes: "+strconv.Itoa(len(raw))+" bytes")
	if a.Is4() {
		n := number4(a)
		c.say("number", strconv.FormatUint(n, 10), hex32(n)+", ntohl(s_addr)")
		c.say("s_addr", hex32(h.swapped(n, 4)), "read by this "+h.endian()+"-endian host")
		c.say("mapped", "::ffff:"+a.String(), "to an IPv6 socket (RFC 4291, 2.5.5.2)")
		if bits := maskBits(a); bits > 0 && raw[0] == 255 {
			c.say("as a mask", "/"+strconv.Itoa(bits), "")
		}
	} else {
		c.say("in full", a.WithZone("").StringExpanded(), "")
		h.inside(c, a)
	}
	c.say("reverse", reverse(a), "")
	if v.port >= 0 {
		h.port(c, uint64(v.port), "")
	}
	c.lay = append(c.lay, inetLayout(a, max(v.port, 0), h.scope))
}

// inside is what an IPv6 address holds of other addresses.
func (h *inetHost) inside(c *card, a netip.Addr) {
	b := a.As16()
	v4 := func(at int) string { return netip.AddrFrom4([4]byte(b[at : at+4])).String() }
	switch {
	case a.Is4In6():
		c.say("holds", v4(12), "an IPv4 address")
	case b[0] == 0x20 && b[1] == 0x02:
		c.say("holds", v4(2), "the IPv4 address it was made of")
	case strings.HasPrefix(hex.EncodeToString(b[:]), "0064ff9b0000000000000000"):
		c.say("holds", v4(12), "the IPv4 address it stands for")
	case strings.HasPrefix(hex.EncodeToString(b[:]), "20010000"):
		for i := 12; i < 16; i++ {
			b[i] = ^b[i]
		}
		c.say("holds", v4(12), "the client's public IPv4 address; the server's is "+v4(4))
	case b[11] == 0xff && b[12] == 0xfe && !a.IsMulticast():
		mac := []byte{b[8] ^ 2, b[9], b[10], b[13], b[14], b[15]}
		c.say("holds", strings.ReplaceAll(spaced(mac), " ", ":"), "the hardware address it was made of (RFC 4291, A)")
	}
	if zone := a.Zone(); zone != "" {
		c.say("zone", sys.SafeName(zone), "interface "+strconv.FormatUint(uint64(h.scope), 10)+", in sin6_scope_id (RFC 4007)")
	}
}

// number is a number of up to 32 bits; one of up to 16 is a port, too.
func (h *inetHost) number(c *card, v inetValue) {
	n := v.number
	c.what = "a number of 32 bits"
	if n < 1<<16 {
		c.what = "a port, or a number of 16 bits"
	}
	if v.old != "" {
		c.say("value", strconv.FormatUint(n, 10), v.old)
	}
	if n < 1<<16 {
		h.port(c, n, v.word)
		c.say("hex", "0x"+strconv.FormatUint(n, 16), "")
		c.say("htons", hex16(h.swapped(n, 2)), strconv.FormatUint(h.swapped(n, 2), 10)+"; ntohs does the same")
		c.orders = append(c.orders, h.order(n, 2))
	} else {
		c.say("hex", hex32(n), "")
	}
	c.say("htonl", hex32(h.swapped(n, 4)), strconv.FormatUint(h.swapped(n, 4), 10)+"; ntohl does the same")
	c.orders = append(c.orders, h.order(n, 4))
	if v.word == "" {
		a := netip.AddrFrom4(be32(uint32(n)))
		c.say("inet_aton", a.String(), "one number: an old form (inet_aton(3))")
		c.say("inet_pton", "refuses it", "it takes four decimal numbers only")
		if n >= 1<<16 {
			b := blockOf(a)
			c.say("kind", b.name, b.prefix+", "+b.doc)
		}
	}
	if n < 1<<16 {
		c.lay = append(c.lay, inetLayout(netip.IPv4Unspecified(), int(n), 0))
	}
}

// port says which service has a port and who may bind it.
func (h *inetHost) port(c *card, n uint64, only string) {
	for _, proto := range []string{"tcp", "udp"} {
		if only != "" && only != proto {
			continue
		}
		if s := serviceIn(h.services, proto, uint16(n)); s != "" {
			c.say(proto, s, serviceFile)
		} else if only != "" {
			c.say(proto, "no service", serviceFile)
		}
	}
	switch {
	case n == 0:
		c.say("range", "none", "bind(2) with it asks the kernel for a free port")
	case n < 1024:
		c.say("range", "system, 0-1023", "RFC 6335, 6; takes CAP_NET_BIND_SERVICE")
	case n < 49152:
		c.say("range", "user, 1024-49151", "RFC 6335, 6")
	default:
		c.say("range", "dynamic, 49152-65535", "RFC 6335, 6")
	}
	if h.high > 0 && int(n) >= h.low && int(n) <= h.high {
		c.say("", "this host gives clients "+strconv.Itoa(h.low)+"-"+strconv.Itoa(h.high)+" (ip_local_port_range)", "")
	}
}

func (h *inetHost) service(c *card, v inetValue) error {
	c.what = "a service"
	port := uint64(0)
	for _, proto := range []string{"tcp", "udp"} {
		if n, ok := portIn(h.services, proto, v.word); ok {
			c.say(proto, strconv.Itoa(int(n)), serviceFile)
			port = uint64(n)
		}
	}
	if len(c.facts) == 0 {
		return usageError(quoted(v.typed) + ": no service of that name in " + serviceFile + ", and hosts are not looked up here (a path begins with / or ./)")
	}
	c.say("htons", hex16(h.swapped(port, 2)), strconv.FormatUint(h.swapped(port, 2), 10))
	c.orders = append(c.orders, h.order(port, 2))
	return nil
}

// unix is a path or an abstract name.
func (h *inetHost) unix(c *card, v inetValue) error {
	a, err := sys.Unix(v.path)
	if err != nil {
		return usageError(quoted(v.typed) + ": " + err.Error())
	}
	c.what = "the path of a unix socket"
	c.say("length", strconv.Itoa(len(v.path))+" of "+strconv.Itoa(sys.MaxUnixPath)+" bytes", "without the NUL at its end (unix(7))")
	if v.path[0] == '@' {
		c.what = "an abstract name of a unix socket"
		c.facts = nil
		c.say("length", strconv.Itoa(len(v.path)-1)+" of "+strconv.Itoa(sys.MaxUnixPath)+" bytes", "behind the NUL, shown as @ (unix(7))")
		c.say("kind", "no file", "goes with its last socket; no permissions")
	}
	c.lay = append(c.lay, unixLayout(a))
	return nil
}

func number4(a netip.Addr) (n uint64) {
	for _, b := range a.AsSlice() {
		n = n<<8 | uint64(b)
	}
	return n
}

func spaced(b []byte) string {
	var s []string
	for _, x := range b {
		s = append(s, hex.EncodeToString([]byte{x}))
	}
	return strings.Join(s, " ")
}

func hex16(n uint64) string { return "0x" + padLeft(strconv.FormatUint(n, 16), 4) }
func hex32(n uint64) string { return "0x" + padLeft(strconv.FormatUint(n, 16), 8) }

func padLeft(s string, n int) string { return strings.Repeat("0", max(0, n-len(s))) + s }

// reverse is the name under which the domain of the address is looked up (RFC 1035, 3.5; RFC 3596, 2.5).
func reverse(a netip.Addr) string {
	raw := a.AsSlice()
	var s strings.Builder
	for i := len(raw) - 1; i >= 0; i-- {
		if a.Is4() {
			s.WriteString(strconv.Itoa(int(raw[i])) + ".")
		} else {
			x := hex.EncodeToString(raw[i : i+1])
			s.WriteString(x[1:] + "." + x[:1] + ".")
		}
	}
	if a.Is4() {
		return s.String() + "in-addr.arpa"
	}
	return s.String() + "ip6.arpa"
}
