package modes

import (
	"math"
	"net/netip"
	"strings"
)

// Who may come in: --allow, --deny, --allow-uid.

// addPrefixes adds one address or CIDR block, or several with commas between them.
func addPrefixes(list *[]netip.Prefix, flag, v string) error {
	for _, word := range strings.Split(v, ",") {
		p, err := parsePrefix(strings.TrimSpace(word))
		if err != "" {
			return usageError("--" + flag + ": " + quoted(word) + " " + err)
		}
		*list = append(*list, p)
	}
	return nil
}

// parsePrefix reads 192.0.2.7, 192.0.2.0/24, 2001:db8::/32. IPv4 mapped into IPv6 is IPv4, as it is when a peer comes in.
// The error is the end of a sentence about the word.
func parsePrefix(s string) (p netip.Prefix, err string) {
	const what = "is not an address or a block of them: 192.0.2.7, 192.0.2.0/24, 2001:db8::/32"
	address, bits, block := strings.Cut(s, "/")
	ip, e := netip.ParseAddr(address)
	if e != nil || ip.Zone() != "" {
		return p, what
	}
	if !block {
		ip = ip.Unmap()
		return netip.PrefixFrom(ip, ip.BitLen()), ""
	}
	if p, e = netip.ParsePrefix(address + "/" + bits); e != nil {
		return p, what
	}
	if ip.Is4In6() {
		if p.Bits() < 96 {
			return p, "mixes IPv4 with IPv6: a block of ::ffff:0:0/96 has at least 96 bits"
		}
		p = netip.PrefixFrom(ip.Unmap(), p.Bits()-96)
	}
	if p != p.Masked() {
		return p, "has bits behind the /" + itoa(p.Bits()) + ": " + p.Masked().String() + " is the block"
	}
	return p, ""
}

// maxUID is the largest uid: -1 means "none" to the kernel (setreuid(2)). Where an int has 32 bits it is as large as that can
// be.
const maxUID = min(math.MaxInt, 1<<32-2)

func addUID(o *options, v string) error {
	var uid int
	if err := setCount(&uid, "allow-uid", v, 0, maxUID); err != nil {
		return err
	}
	o.access.UIDs = append(o.access.UIDs, uid)
	return nil
}
