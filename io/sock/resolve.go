package sock

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// Resolver says how names become addresses.
type Resolver struct {
	Network string // "tcp" or "udp": services are looked up for it
	Family  int    // unix.AF_INET or AF_INET6 to allow only that one; 0 for both
	Numeric bool   // refuse names
}

// ResolveError says that a name did not become an address, and why.
type ResolveError struct {
	Name string
	Why  string
	Kind ResolveKind
}

// ResolveKind tells apart what can be wrong with a name.
type ResolveKind uint8

const (
	NotFound    ResolveKind = iota // there is no such name, or nobody was asked
	WrongFamily                    // an address of the other family
	NoAddress                      // the name has no address of the family
	TryAgain                       // no server answered, or it failed
)

// NameOf is the name of an address (getnameinfo(3)); "" when it has none, or none could be found out.
func NameOf(ctx context.Context, ip netip.Addr) string {
	names, err := net.DefaultResolver.LookupAddr(ctx, ip.String())
	if err != nil || len(names) == 0 {
		return ""
	}
	return strings.TrimSuffix(names[0], ".")
}

func (e *ResolveError) Error() string { return "resolve " + sys.SafeName(e.Name) + ": " + e.Why }

// Resolve looks a host and its port up. For a listener an empty host is every address: [::], which takes IPv4 too
// unless only one family is allowed (ipv6(7), IPV6_V6ONLY). The addresses come in the order to try them in: the
// resolver's, the families taking turns (RFC 8305, section 4).
func (r Resolver) Resolve(ctx context.Context, a HostPort) ([]sys.Addr, error) {
	port, err := r.Port(ctx, a.Port)
	if err != nil {
		return nil, err
	}
	if a.Host == "" {
		any := netip.IPv6Unspecified()
		if r.Family == unix.AF_INET {
			any = netip.IPv4Unspecified()
		}
		return []sys.Addr{sys.Inet(netip.AddrPortFrom(any, port), 0)}, nil
	}
	ips, err := r.host(ctx, a.Host)
	if err != nil {
		return nil, err
	}
	var out []sys.Addr
	for _, ip := range interleave(ips) {
		scope, err := scope(ip)
		if err != nil {
			return nil, &ResolveError{Name: a.Host, Why: err.Error()}
		}
		out = append(out, sys.Inet(netip.AddrPortFrom(ip.WithZone(""), port), scope))
	}
	return out, nil
}

func (r Resolver) host(ctx context.Context, host string) ([]netip.Addr, error) {
	if ip, ok := literal(host); ok {
		if r.Family == unix.AF_INET && !ip.Is4() || r.Family == unix.AF_INET6 && !ip.Is6() {
			return nil, &ResolveError{host, "not an " + familyName(r.Family) + " address", WrongFamily}
		}
		return []netip.Addr{ip}, nil
	}
	if r.Numeric {
		return nil, &ResolveError{Name: host, Why: "not an address, and names are not looked up (-n)"}
	}
	network := "ip"
	switch r.Family {
	case unix.AF_INET:
		network = "ip4"
	case unix.AF_INET6:
		network = "ip6"
	}
	ips, err := net.DefaultResolver.LookupNetIP(ctx, network, host)
	if err != nil {
		if errors.As(err, new(*net.AddrError)) && r.Family != 0 {
			return nil, &ResolveError{host, "has no " + familyName(r.Family) + " address", NoAddress}
		}
		return nil, &ResolveError{host, why(ctx, err), kindOf(ctx, err)}
	}
	for i := range ips {
		ips[i] = ips[i].Unmap()
	}
	return ips, nil
}

// Port is a port by its number, or by the name of its service.
func (r Resolver) Port(ctx context.Context, port string) (uint16, error) {
	if n, ok := number(port); ok {
		return n, nil
	}
	if r.Numeric {
		return 0, &ResolveError{Name: port, Why: "not a port number, and services are not looked up (-n)"}
	}
	n, err := net.DefaultResolver.LookupPort(ctx, r.Network, port)
	if err != nil {
		return 0, &ResolveError{Name: port, Why: "no such " + r.Network + " service"}
	}
	return uint16(n), nil
}

// why tells a name that does not exist from a server that failed or did not answer.
func why(ctx context.Context, err error) string {
	var dns *net.DNSError
	if errors.As(err, &dns) {
		switch {
		case dns.IsTimeout || ctx.Err() != nil:
			return "timed out"
		case dns.IsNotFound:
			return "no such host"
		case dns.IsTemporary:
			return "the name server failed: " + sys.SafeName(dns.Err)
		}
		return sys.SafeName(dns.Err)
	}
	return err.Error()
}

// kindOf is why for programs.
func kindOf(ctx context.Context, err error) ResolveKind {
	var dns *net.DNSError
	if errors.As(err, &dns) && !dns.IsNotFound && (dns.IsTimeout || dns.IsTemporary || ctx.Err() != nil) {
		return TryAgain
	}
	return NotFound
}

// interleave lets the families take turns, beginning with the first address's, so that a dead family costs one attempt.
func interleave(ips []netip.Addr) []netip.Addr {
	if len(ips) == 0 {
		return nil
	}
	var a, b []netip.Addr
	for _, ip := range ips {
		if ip.Is4() == ips[0].Is4() {
			a = append(a, ip)
		} else {
			b = append(b, ip)
		}
	}
	var out []netip.Addr
	for i := range max(len(a), len(b)) {
		if i < len(a) {
			out = append(out, a[i])
		}
		if i < len(b) {
			out = append(out, b[i])
		}
	}
	return out
}

// scope is the interface index of a zone, which may be a number or an interface's name (RFC 4007, section 11).
func scope(ip netip.Addr) (uint32, error) {
	zone := ip.Zone()
	if zone == "" {
		return 0, nil
	}
	if n, err := strconv.ParseUint(zone, 10, 32); err == nil {
		return uint32(n), nil
	}
	ifc, err := net.InterfaceByName(zone)
	if err != nil {
		return 0, errors.New("no such interface: " + sys.SafeName(zone))
	}
	return uint32(ifc.Index), nil
}

func familyName(f int) string {
	if f == unix.AF_INET {
		return "IPv4"
	}
	return "IPv6"
}

func quote(s string) string { return strconv.Quote(s) }
