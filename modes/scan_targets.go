package modes

import (
	"context"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"cat5/io/sock"
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// What the operands of scan mean: hosts, networks in CIDR notation, and a list of ports.

const (
	fewHosts  = 256     // how many may be scanned without --yes
	mostHosts = 1 << 16 // and with it
)

// portSpan is the ports from lo to hi, both in it.
type portSpan struct{ lo, hi uint16 }

// parsePorts reads "22,80,8000-8100,http", or "-" for all. Names are left to lookup, which may be nil. The ports come in
// ascending order, each once.
func parsePorts(s string, lookup func(name string) (uint16, error)) ([]uint16, error) {
	var all []portSpan
	for _, word := range strings.Split(s, ",") {
		r, err := parsePortSpan(word, lookup)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	var ports []uint16
	for _, r := range all {
		for p := int(r.lo); p <= int(r.hi); p++ {
			ports = append(ports, uint16(p))
		}
		if len(ports) > 1<<17 { // many ranges that overlap
			slices.Sort(ports)
			ports = slices.Compact(ports)
		}
	}
	slices.Sort(ports)
	return slices.Compact(ports), nil
}

func parsePortSpan(word string, lookup func(string) (uint16, error)) (portSpan, error) {
	if word == "-" {
		return portSpan{1, 65535}, nil
	}
	lo, hi, ranged := strings.Cut(word, "-")
	if ranged && isNumber(lo+hi) {
		a, err := scanPort(lo, "1")
		if err != nil {
			return portSpan{}, err
		}
		b, err := scanPort(hi, "65535")
		if err != nil {
			return portSpan{}, err
		}
		if a > b {
			return portSpan{}, usageError("ports " + word + ": the first is greater than the last")
		}
		return portSpan{a, b}, nil
	}
	if isNumber(word) {
		p, err := scanPort(word, "")
		return portSpan{p, p}, err
	}
	if word == "" || lookup == nil {
		return portSpan{}, usageError("ports " + quoted(word) + ": a number, a service, a range 8000-8100 or - for all is needed, separated by commas")
	}
	p, err := lookup(word)
	return portSpan{p, p}, err
}

func isNumber(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// scanPort reads one end of a range; one that is left out is the default.
func scanPort(s, def string) (uint16, error) {
	if s == "" {
		s = def
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > 65535 {
		return 0, usageError("port " + s + " is out of range (1 to 65535)")
	}
	return uint16(n), nil
}

// parseNetwork reads the operand 10.0.0.0/28; ok is false when s is not one.
func parseNetwork(s string) (p netip.Prefix, ok bool, err error) {
	if !strings.Contains(s, "/") {
		return p, false, nil
	}
	if p, err = netip.ParsePrefix(s); err != nil {
		return p, true, usageError("network " + quoted(s) + ": an address, a slash and a prefix length are needed (RFC 4632): 10.0.0.0/28")
	}
	return p.Masked(), true, nil
}

// hostsOf is how many addresses a network has to knock at: not its own name, and not the broadcast address (RFC 919),
// unless it is too small to have them (RFC 3021). At most mostHosts+1.
func hostsOf(p netip.Prefix) int {
	free := p.Addr().BitLen() - p.Bits()
	if free > 16 {
		return mostHosts + 1
	}
	n := 1 << free
	if p.Addr().Is4() && n > 2 {
		n -= 2
	}
	return n
}

func addressesOf(p netip.Prefix) []netip.Addr {
	n := hostsOf(p)
	ip := p.Addr()
	if ip.Is4() && 32-p.Bits() > 1 {
		ip = ip.Next()
	}
	out := make([]netip.Addr, 0, n)
	for range n {
		out = append(out, ip)
		ip = ip.Next()
	}
	return out
}

// near says that an address is on this host or in a private network: whoever scans it knows whose it is.
func near(ip netip.Addr) bool { return ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast() }

// scanHost is one address to scan and what to call it.
type scanHost struct {
	name string
	ip   netip.Addr
	addr sys.Addr // without a port; with its scope
}

// scanHosts looks the operands up. Nothing is sent but by the resolver.
func (s *scanRun) scanHosts(ctx context.Context, words []string) error {
	total := 0
	for _, w := range words {
		p, isNet, err := parseNetwork(w)
		switch {
		case err != nil:
			return err
		case !isNet:
			if w == "" || strings.ContainsAny(w, " \t\r\n\x00@[]") {
				return usageError("host " + quoted(w) + " is not a name, an address or a network")
			}
			if isNumber(w) && w != "0" { // which would be an address in the network 0.0.0.0/8 (inet_aton(3))
				return usageError("host " + w + ": is it a port? Ports are one operand, the last, with commas: 22,80,8000-8100")
			}
			total++
		case !s.yes && !near(p.Addr()):
			return usageError("network " + w + " is neither private nor this host: --yes if it is yours to scan")
		default:
			total += hostsOf(p)
		}
	}
	if total > fewHosts && !s.yes {
		return usageError(strconv.Itoa(total) + " hosts are more than " + strconv.Itoa(fewHosts) + ": --yes if that is meant")
	}
	if total > mostHosts {
		return usageError("more than " + strconv.Itoa(mostHosts) + " hosts at once are too many")
	}
	r := sock.Resolver{Network: s.proto(), Family: s.o.family, Numeric: s.o.numeric}
	for _, w := range words {
		if p, isNet, _ := parseNetwork(w); isNet {
			if four := p.Addr().Is4(); s.o.family == unix.AF_INET6 && four || s.o.family == unix.AF_INET && !four {
				return usageError("network " + w + " is not of the family asked for")
			}
			for _, ip := range addressesOf(p) {
				s.addHost(ip.String(), sys.Inet(netip.AddrPortFrom(ip, 0), 0))
			}
			continue
		}
		all, err := r.Resolve(ctx, sock.HostPort{Host: w, Port: "0"})
		if err != nil {
			return err
		}
		s.tellHost(w, all)
		s.addHost(w, all[0])
	}
	return nil
}

// addHost adds an address once, whatever names it has.
func (s *scanRun) addHost(name string, a sys.Addr) {
	for _, h := range s.hosts[:min(len(s.hosts), fewHosts)] {
		if h.addr == a {
			return
		}
	}
	s.hosts = append(s.hosts, scanHost{name: name, ip: a.AddrPort().Addr(), addr: a})
}
