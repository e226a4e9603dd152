package hub

import (
	"net/netip"
	"testing"
)

func TestAccess(t *testing.T) {
	blocks := func(words ...string) (all []netip.Prefix) {
		for _, w := range words {
			all = append(all, netip.MustParsePrefix(w))
		}
		return all
	}
	for _, tt := range []struct {
		allow, deny []netip.Prefix
		ip          string
		want        bool
	}{
		{nil, nil, "192.0.2.1", true},
		{blocks("192.0.2.0/24"), nil, "192.0.2.255", true},
		{blocks("192.0.2.0/24"), nil, "192.0.3.0", false},
		{blocks("192.0.2.0/24"), nil, "::ffff:192.0.2.7", true}, // IPv4 that came to an IPv6 socket
		{blocks("192.0.2.0/24"), nil, "2001:db8::1", false},
		{blocks("192.0.2.7/32", "2001:db8::/32"), nil, "2001:db8::1", true},
		{nil, blocks("192.0.2.0/24"), "192.0.2.1", false},
		{nil, blocks("192.0.2.0/24"), "::ffff:192.0.2.1", false},
		{nil, blocks("192.0.2.0/24"), "192.0.3.1", true},
		{blocks("192.0.2.0/24"), blocks("192.0.2.8/29"), "192.0.2.9", false}, // who is on both may not
		{blocks("192.0.2.8/29"), blocks("192.0.2.0/24"), "192.0.2.9", false},
		{blocks("192.0.2.0/24"), blocks("192.0.2.8/29"), "192.0.2.16", true},
		{blocks("fe80::/10"), nil, "fe80::1%3", true},
		{blocks("0.0.0.0/0"), nil, "::1", false},
		{blocks("::/0"), nil, "127.0.0.1", false},
	} {
		a := Access{Allow: tt.allow, Deny: tt.deny}
		if got := a.Permits(netip.MustParseAddr(tt.ip)); got != tt.want {
			t.Errorf("%s with allow %v deny %v: %v", tt.ip, tt.allow, tt.deny, got)
		}
	}
	a := Access{UIDs: []int{0, 1000}}
	for uid, want := range map[int]bool{0: true, 1000: true, 1: false, -1: false} {
		if a.PermitsUser(uid) != want {
			t.Errorf("user %d: %v", uid, !want)
		}
	}
}
