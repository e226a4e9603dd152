package sock

import (
	"net/netip"
	"strconv"
	"strings"
)

// literal is an address that needs no looking up.
func literal(host string) (netip.Addr, bool) {
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip, true
	}
	return aton(host)
}

// aton reads the old ways to write an IPv4 address that inet_aton(3), and with it getaddrinfo(3), takes: one to four
// numbers with dots between them, decimal, octal (0...) or hexadecimal (0x...); the last one fills the bytes that are left.
// 127.1 is 127.0.0.1, 0 is 0.0.0.0.
func aton(s string) (netip.Addr, bool) {
	parts := strings.Split(s, ".")
	if s == "" || s[0] < '0' || s[0] > '9' || len(parts) > 4 {
		return netip.Addr{}, false
	}
	var all uint32
	for i, p := range parts {
		bits := 8
		if i == len(parts)-1 {
			bits = 32 - 8*i
		}
		if strings.ContainsAny(p, "_+-oObB") && !strings.HasPrefix(strings.ToLower(p), "0x") || strings.Contains(p, "_") {
			return netip.Addr{}, false // what Go reads as a number, and C does not
		}
		n, err := strconv.ParseUint(p, 0, bits)
		if err != nil {
			return netip.Addr{}, false
		}
		all = all | uint32(n)<<(32-8*i-bits)
	}
	return netip.AddrFrom4([4]byte{byte(all >> 24), byte(all >> 16), byte(all >> 8), byte(all)}), true
}
