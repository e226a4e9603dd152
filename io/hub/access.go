package hub

import (
	"net/netip"
	"slices"
)

// Access says who may come in. The zero Access lets everybody in.
type Access struct {
	Allow, Deny []netip.Prefix // of addresses; IPv4 ones in their IPv4 form
	UIDs        []int          // of the users that unix peers may belong to
}

// Permits says whether a peer with this address may come in: when there is a list of those who may, it has to be on it, and
// it must not be on the list of those who may not. An IPv4 address that comes mapped into IPv6 is the IPv4 address.
func (a *Access) Permits(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	in := func(p netip.Prefix) bool { return p.Contains(ip) }
	return (len(a.Allow) == 0 || slices.ContainsFunc(a.Allow, in)) && !slices.ContainsFunc(a.Deny, in)
}

// PermitsUser is the same for the user of a unix peer.
func (a *Access) PermitsUser(uid int) bool { return len(a.UIDs) == 0 || slices.Contains(a.UIDs, uid) }
