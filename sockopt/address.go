package sockopt

import (
	"net/netip"
	"strconv"
	"strings"
)

// parseAddr reads the kinds that are made of addresses and interfaces, and keeps them as canonical text: the names of
// interfaces become numbers only when a socket is at hand (encode.go).
func (o *Option) parseAddr(text string) (v Value, why string) {
	switch o.Kind {
	case Iface, IfaceBE, Iface4:
		s, ok := canonIface(text, o.Kind == Iface4)
		if !ok {
			return v, strconv.Quote(text) + " is not the name or index of an interface"
		}
		return Value{s: s}, ""
	case MD5:
		addr, key, ok := strings.Cut(text, ",")
		ip, err := netip.ParseAddr(addr)
		if !ok || err != nil || ip.Zone() != "" {
			return v, "the value is not an address and a key, ADDR,KEY" // without the text: it may hold the key
		}
		if int64(len(key)) > o.Max || strings.Contains(key, "\x00") {
			return v, "the key is longer than " + strconv.FormatInt(o.Max, 10) + " bytes or holds a NUL"
		}
		return Value{s: ip.Unmap().String() + "," + key}, ""
	case Group4, Source4:
		return o.parseGroup(text, netip.Addr.Is4, "an IPv4")
	case Group6, Source6:
		return o.parseGroup(text, func(a netip.Addr) bool { return a.Is6() && !a.Is4In6() }, "an IPv6")
	}
	return v, "cannot be set"
}

// parseGroup reads GROUP[,SOURCE][,IFACE]. An IPv6 zone ("ff02::1%eth0") is an interface too.
func (o *Option) parseGroup(text string, family func(netip.Addr) bool, ipvN string) (v Value, why string) {
	parts := strings.Split(text, ",")
	group, err := netip.ParseAddr(parts[0])
	anycast := o.Name == "join_anycast" || o.Name == "leave_anycast" // groups in all but their addresses
	if err != nil || !family(group) || group.IsMulticast() == anycast {
		if anycast {
			return v, strconv.Quote(parts[0]) + " is not " + ipvN + " anycast address"
		}
		return v, strconv.Quote(parts[0]) + " is not " + ipvN + " multicast group"
	}
	iface := group.Zone()
	out, rest := group.WithZone("").String(), parts[1:]
	if o.Kind == Source4 || o.Kind == Source6 {
		if len(rest) == 0 {
			return v, "the source is missing, GROUP,SOURCE"
		}
		src, err := netip.ParseAddr(rest[0])
		if err != nil || !family(src) || src.IsMulticast() || src.Zone() != "" {
			return v, strconv.Quote(rest[0]) + " is not " + ipvN + " source address"
		}
		out, rest = out+","+src.String(), rest[1:]
	}
	if len(rest) > 0 && iface == "" {
		iface, rest = rest[0], rest[1:]
		if iface == "" {
			return v, "the interface is empty"
		}
	}
	if len(rest) > 0 {
		return v, strconv.Quote(strings.Join(rest, ",")) + " is too much"
	}
	if iface != "" {
		s, ok := canonIface(iface, o.Kind == Group4 || o.Kind == Source4)
		if !ok {
			return v, strconv.Quote(iface) + " is not the name or index of an interface"
		}
		if s != "any" {
			out += "," + s
		}
	}
	return Value{s: out}, ""
}

// canonIface is "any", an index, an IPv4 address where one may stand for an interface, or a name: what dev_valid_name() in
// the kernel takes, as far as it is printable, less the comma.
func canonIface(s string, addr bool) (string, bool) {
	if n, err := strconv.ParseUint(s, 10, 31); err == nil {
		if n == 0 {
			return "any", true
		}
		return strconv.FormatUint(n, 10), true
	}
	if ip, err := netip.ParseAddr(s); err == nil {
		if ip.Is4() && ip.IsUnspecified() {
			return "any", addr
		}
		return s, addr && ip.Is4() && !ip.IsMulticast()
	}
	return s, s != "" && s != "." && s != ".." && len(s) <= 15 && plain(s) && !strings.ContainsAny(s, "/:,")
}
