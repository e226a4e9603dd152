package modes

import "net/netip"

// addressBlock is a part of the address space that is set aside for something.
type addressBlock struct {
	prefix string
	name   string
	doc    string // where it is laid down
	says   string
}

// addressBlocks is what IANA's special-purpose and multicast registries and the RFCs set aside. The longest prefix that
// an address is in says what it is.
var addressBlocks = []addressBlock{
	{"0.0.0.0/32", "unspecified", "RFC 1122, 3.2.1.3", "bind(2): every address of this host (INADDR_ANY)"},
	{"0.0.0.0/8", "this network", "RFC 1122, 3.2.1.3", "only as a source, of a host that does not know its network yet"},
	{"10.0.0.0/8", "private", "RFC 1918", "networks of one's own; never routed on the Internet"},
	{"100.64.0.0/10", "shared (carrier-grade NAT)", "RFC 6598", "between a provider's NAT and its customers"},
	{"127.0.0.0/8", "loopback", "RFC 1122, 3.2.1.3", "this host itself; never leaves it"},
	{"169.254.0.0/16", "link-local", "RFC 3927", "chosen by the host itself when nobody gave it an address"},
	{"172.16.0.0/12", "private", "RFC 1918", "networks of one's own; never routed on the Internet"},
	{"192.0.0.0/24", "IETF protocol assignments", "RFC 6890, 2.1", "single addresses with a meaning of their own"},
	{"192.0.0.0/29", "service continuity (DS-Lite)", "RFC 7335", "the ends of a tunnel for IPv4 in IPv6"},
	{"192.0.0.8/32", "dummy address", "RFC 7600", "the source of ICMP from a router without IPv4"},
	{"192.0.0.9/32", "PCP anycast", "RFC 7723", "the nearest server of the Port Control Protocol"},
	{"192.0.0.10/32", "TURN anycast", "RFC 8155", "the nearest relay for traversal of NAT"},
	{"192.0.0.170/32", "NAT64 discovery", "RFC 8880", "what ipv4only.arpa resolves to"},
	{"192.0.0.171/32", "NAT64 discovery", "RFC 8880", "what ipv4only.arpa resolves to"},
	{"192.0.2.0/24", "documentation (TEST-NET-1)", "RFC 5737", "for examples; nobody has it"},
	{"192.31.196.0/24", "AS112", "RFC 7535", "answers reverse look-ups of private addresses"},
	{"192.52.193.0/24", "multicast tunnels (AMT)", "RFC 7450", "relays for multicast to networks without it"},
	{"192.88.99.0/24", "6to4 relays (deprecated)", "RFC 7526", "was the nearest relay between 6to4 and IPv6"},
	{"192.168.0.0/16", "private", "RFC 1918", "networks of one's own; never routed on the Internet"},
	{"192.175.48.0/24", "AS112, by delegation", "RFC 7534", "answers reverse look-ups of private addresses"},
	{"198.18.0.0/15", "benchmarks", "RFC 2544", "for measuring devices between two networks"},
	{"198.51.100.0/24", "documentation (TEST-NET-2)", "RFC 5737", "for examples; nobody has it"},
	{"203.0.113.0/24", "documentation (TEST-NET-3)", "RFC 5737", "for examples; nobody has it"},
	{"224.0.0.0/4", "multicast", "RFC 5771", "a group of hosts; who wants to hear it joins"},
	{"224.0.0.0/24", "multicast, this link only", "RFC 5771, 4", "routers never forward it, whatever its TTL"},
	{"224.0.1.0/24", "multicast, internetwork control", "RFC 5771, 5", "protocols whose packets may cross routers"},
	{"232.0.0.0/8", "multicast, source-specific", "RFC 4607", "joined together with the sender (IP_ADD_SOURCE_MEMBERSHIP)"},
	{"233.0.0.0/8", "multicast, GLOP", "RFC 3180", "belongs to the AS whose number is in its middle bytes"},
	{"233.252.0.0/24", "documentation (MCAST-TEST-NET)", "RFC 6676", "for examples of multicast"},
	{"234.0.0.0/8", "multicast, by unicast prefix", "RFC 6034", "belongs to whoever has the prefix in it"},
	{"239.0.0.0/8", "multicast, administratively scoped", "RFC 2365", "for an organisation's own use, as private addresses are"},
	{"240.0.0.0/4", "reserved", "RFC 1112, 4", "class E: nobody has it"},
	{"255.255.255.255/32", "limited broadcast", "RFC 919, 7", "everybody on this link; needs SO_BROADCAST"},
	{"0.0.0.0/0", "global unicast", "RFC 791", "an ordinary address of the Internet"},

	{"::/128", "unspecified", "RFC 4291, 2.5.2", "bind(2): every address of this host (in6addr_any)"},
	{"::1/128", "loopback", "RFC 4291, 2.5.3", "this host itself; never leaves it"},
	{"::ffff:0:0/96", "IPv4-mapped", "RFC 4291, 2.5.5.2", "an IPv4 peer, seen by an IPv6 socket; not on the wire"},
	{"::/96", "IPv4-compatible (deprecated)", "RFC 4291, 2.5.5.1", "was for tunnels; nobody uses it"},
	{"64:ff9b::/96", "NAT64", "RFC 6052", "an IPv4 host, for hosts that have IPv6 only"},
	{"64:ff9b:1::/48", "NAT64, local use", "RFC 8215", "the same, inside one network"},
	{"100::/64", "discard-only", "RFC 6666", "routers throw away what is sent there"},
	{"100:0:0:1::/64", "dummy prefix", "RFC 9780", "for tests of MPLS paths"},
	{"2001::/23", "IETF protocol assignments", "RFC 2928", "blocks with a meaning of their own"},
	{"2001::/32", "Teredo", "RFC 4380", "IPv6 in UDP through a NAT"},
	{"2001:1::1/128", "PCP anycast", "RFC 7723", "the nearest server of the Port Control Protocol"},
	{"2001:1::2/128", "TURN anycast", "RFC 8155", "the nearest relay for traversal of NAT"},
	{"2001:1::3/128", "DNS-SD registration anycast", "RFC 9665", "the nearest registrar of services"},
	{"2001:2::/48", "benchmarks", "RFC 5180", "for measuring devices between two networks"},
	{"2001:3::/32", "multicast tunnels (AMT)", "RFC 7450", "relays for multicast to networks without it"},
	{"2001:4:112::/48", "AS112", "RFC 7535", "answers reverse look-ups of private addresses"},
	{"2001:10::/28", "ORCHID (deprecated)", "RFC 4843", "was for hashes of keys in place of addresses"},
	{"2001:20::/28", "ORCHIDv2", "RFC 7343", "hashes of keys in place of addresses; never routed"},
	{"2001:30::/28", "drone remote id", "RFC 9374", "identities of unmanned aircraft"},
	{"2001:db8::/32", "documentation", "RFC 3849", "for examples; nobody has it"},
	{"2002::/16", "6to4", "RFC 3056", "made from an IPv4 address, for tunnels; deprecated in use"},
	{"2620:4f:8000::/48", "AS112, by delegation", "RFC 7534", "answers reverse look-ups of private addresses"},
	{"3fff::/20", "documentation", "RFC 9637", "for examples of large networks"},
	{"5f00::/16", "segment routing (SRv6)", "RFC 9602", "names of segments inside one operator's network"},
	{"fc00::/7", "unique local", "RFC 4193", "networks of one's own; never routed on the Internet"},
	{"fe80::/10", "link-local", "RFC 4291, 2.5.6", "valid on one link, so an interface belongs to it (%eth0)"},
	{"fec0::/10", "site-local (deprecated)", "RFC 3879", "was what unique local is now"},
	{"ff00::/8", "multicast", "RFC 4291, 2.7", "a group of hosts; who wants to hear it joins"},
	{"ff01::/16", "multicast, this interface only", "RFC 4291, 2.7", "for programs of one host"},
	{"ff02::/16", "multicast, this link only", "RFC 4291, 2.7", "an interface belongs to it (%eth0)"},
	{"ff02::1:ff00:0/104", "solicited-node multicast", "RFC 4291, 2.7.1", "where neighbours are asked for, in place of ARP"},
	{"ff03::/16", "multicast, this realm", "RFC 7346", "larger than a link, made by the network's technology"},
	{"ff04::/16", "multicast, administratively local", "RFC 7346", "the smallest scope that has to be set up"},
	{"ff05::/16", "multicast, this site", "RFC 7346", "one site"},
	{"ff08::/16", "multicast, this organisation", "RFC 7346", "several sites of one organisation"},
	{"ff0e::/16", "multicast, global", "RFC 7346", "everywhere"},
	{"2000::/3", "global unicast", "RFC 4291, 2.5.4", "an ordinary address of the Internet"},
	{"::/0", "reserved by the IETF", "RFC 4291, 2.4", "nobody has it"},
}

// blockOf is the block that says most about an address.
func blockOf(a netip.Addr) (best addressBlock) {
	bits := -1
	for _, b := range addressBlocks {
		if p := netip.MustParsePrefix(b.prefix); p.Bits() > bits && p.Addr().BitLen() == a.BitLen() && p.Contains(a.WithZone("")) {
			best, bits = b, p.Bits()
		}
	}
	return best
}

// blockAround is the smallest block that a whole prefix is in.
func blockAround(of netip.Prefix) (best addressBlock) {
	bits := -1
	for _, b := range addressBlocks {
		if p := netip.MustParsePrefix(b.prefix); p.Bits() > bits && p.Bits() <= of.Bits() && p.Addr().BitLen() == of.Addr().BitLen() && p.Contains(of.Addr()) {
			best, bits = b, p.Bits()
		}
	}
	return best
}
