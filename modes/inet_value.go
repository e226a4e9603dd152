package modes

import (
	"encoding/hex"
	"net/netip"
	"strconv"
	"strings"
)

// What cat5 inet can be asked about. Reading a VALUE is a pure function of its text: no name is looked up, and no
// interface.

// inetValue is one VALUE, understood.
type inetValue struct {
	typed  string
	kind   inetKind
	addr   netip.Addr   // address, prefix
	port   int          // of an address or a port; less than 0: none
	prefix netip.Prefix // with the host bits as typed
	number uint64       // number, port
	old    string       // how an old form is written; "" for what inet_pton(3) takes
	path   string       // of a unix socket
	word   string       // the name of a service, or the protocol behind a port
	raw    bool         // the bytes were given (network form)
}

type inetKind uint8

const (
	inetAddress inetKind = iota
	inetPrefix
	inetNumber // up to 16 bits it is a port as well
	inetUnix
	inetService
)

const inetForms = "an address, a prefix, a port or number, bytes, a service or the path of a unix socket"

// parseInet understands a VALUE. Its error is one sentence without the value in front.
func parseInet(s string) (v inetValue, err error) {
	v = inetValue{typed: s, port: -1}
	switch {
	case strings.TrimSpace(s) == "":
		return v, usageError("nothing is not " + inetForms)
	case s[0] == '/', s[0] == '@', strings.HasPrefix(s, "./"), strings.HasPrefix(s, "../"):
		v.kind, v.path = inetUnix, s
		return v, nil
	}
	if b, ok := hexBytes(s); ok {
		return v.bytes(b)
	}
	if left, right, ok := strings.Cut(s, "/"); ok {
		return v.slash(left, right)
	}
	if host, port, ok := cutPort(s); ok {
		return v.withPort(host, port)
	}
	return v.plain(s)
}

// plain is a VALUE without a port and without a prefix.
func (v inetValue) plain(s string) (inetValue, error) {
	inner, bracketed := s, false
	if s[0] == '[' && strings.HasSuffix(s, "]") {
		inner, bracketed = s[1:len(s)-1], true
	}
	a, err := netip.ParseAddr(inner)
	switch {
	case len(a.Zone()) > 15:
		return v, usageError("the name of an interface has at most 15 bytes (netdevice(7))")
	case err == nil && (a.Is6() || !bracketed):
		v.addr = a
		return v, nil
	case err == nil:
		return v, usageError("brackets are for IPv6 addresses")
	case strings.Contains(s, ":"):
		return v, usageError("not an IPv6 address: " + whyNot6(inner))
	}
	n, parts, form, err := atonForm(s)
	switch {
	case err != nil && (s[0] < '0' || s[0] > '9'):
		return v.service(s)
	case err != nil:
		return v, err
	case parts > 1:
		v.addr, v.old = netip.AddrFrom4(be32(uint32(n))), form
		return v, nil
	}
	v.kind, v.number, v.old = inetNumber, n, form
	return v, nil
}

func (v inetValue) service(s string) (inetValue, error) {
	for i := range len(s) {
		if c := s[i]; c != '-' && c != '_' && c != '+' && c != '.' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			return v, usageError("not " + inetForms)
		}
	}
	v.kind, v.word = inetService, s
	return v, nil
}

// slash is ADDRESS/BITS, ADDRESS/MASK or PORT/PROTOCOL.
func (v inetValue) slash(left, right string) (inetValue, error) {
	if right == "tcp" || right == "udp" {
		n, err := parsePort(left, true)
		v.kind, v.number, v.word = inetNumber, uint64(n), right
		if err != nil {
			return v, usageError(err.Error())
		}
		return v, nil
	}
	a, err := netip.ParseAddr(left)
	if err != nil {
		return v, usageError(quoted(left) + " before the slash is not an address (a path begins with / or ./)")
	}
	if a.Zone() != "" {
		return v, usageError("a prefix has no zone")
	}
	bits, err := strconv.Atoi(right)
	if mask, e := netip.ParseAddr(right); e == nil {
		if mask.BitLen() != a.BitLen() {
			return v, usageError("the mask is not of the address's family")
		}
		if bits = maskBits(mask); bits < 0 {
			return v, usageError(right + " is not a mask: its ones are not all in front")
		}
	} else if err != nil || right != strconv.Itoa(bits) || bits < 0 || bits > a.BitLen() {
		return v, usageError(quoted(right) + " behind the slash is neither a mask nor a length from 0 to " + strconv.Itoa(a.BitLen()))
	}
	v.kind, v.addr, v.prefix = inetPrefix, a, netip.PrefixFrom(a, bits)
	return v, nil
}

// maskBits is the length of a netmask, less than 0 for what is none.
func maskBits(mask netip.Addr) int {
	bits, ended := 0, false
	for _, b := range mask.AsSlice() {
		for i := 7; i >= 0; i-- {
			one := b>>i&1 == 1
			if one && ended {
				return -1
			}
			if one {
				bits++
			}
			ended = !one
		}
	}
	return bits
}

// cutPort splits HOST:PORT, [V6]:PORT and :PORT.
func cutPort(s string) (host, port string, ok bool) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 || s[0] != '[' && strings.Count(s, ":") > 1 || s[0] == '[' && (i == 0 || s[i-1] != ']') {
		return "", "", false
	}
	return s[:i], s[i+1:], true
}

func (v inetValue) withPort(host, port string) (inetValue, error) {
	n, err := parsePort(port, true)
	if err != nil {
		return v, usageError(err.Error())
	}
	if host == "" {
		v.kind, v.number = inetNumber, uint64(n)
		return v, nil
	}
	w, err := v.plain(host)
	if err != nil {
		return v, err
	}
	switch w.kind {
	case inetNumber: // 2130706433:80 is an old form as well
		w.kind, w.addr, w.old = inetAddress, netip.AddrFrom4(be32(uint32(w.number))), "one number of 32 bits"
	case inetService:
		return v, usageError("names of hosts are not looked up here")
	}
	w.port = int(n)
	return w, nil
}

// hexBytes is the network form: 4 or 16 bytes in hexadecimal, with blanks, commas or colons between them, or 0x and 32 digits.
func hexBytes(s string) ([]byte, bool) {
	if rest, ok := strings.CutPrefix(strings.ToLower(s), "0x"); ok && len(rest) == 32 {
		b, err := hex.DecodeString(rest)
		return b, err == nil
	}
	words := strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == ',' || r == '\t' })
	if strings.Count(s, ":") == 3 {
		words = strings.Split(s, ":")
	}
	if len(words) != 4 && len(words) != 16 {
		return nil, false
	}
	var b []byte
	for _, w := range words {
		x, err := strconv.ParseUint(strings.TrimPrefix(w, "0x"), 16, 8)
		if err != nil || len(strings.TrimPrefix(w, "0x")) != 2 {
			return nil, false
		}
		b = append(b, byte(x))
	}
	return b, true
}

func (v inetValue) bytes(b []byte) (inetValue, error) {
	v.addr, _ = netip.AddrFromSlice(b)
	v.raw = true
	return v, nil
}

// atonForm reads what inet_aton(3) takes: one to four numbers, each decimal, 0x hexadecimal or 0 octal; the last one fills
// the bytes that are left. form says how it is written, "" for four plain decimal numbers or one.
func atonForm(s string) (n uint64, parts int, form string, err error) {
	words := strings.Split(s, ".")
	bad := usageError("not " + inetForms)
	if len(words) > 4 {
		return 0, 0, "", bad
	}
	var odd []string
	for i, w := range words {
		x, err := strconv.ParseUint(w, 0, 64)
		if err != nil || strings.ContainsAny(w, "_+-") || w[0] == '0' && len(w) > 1 && strings.ContainsAny(w[1:2], "bBoO") {
			if e, ok := err.(*strconv.NumError); ok && e.Err == strconv.ErrRange {
				return 0, 0, "", usageError(quoted(w) + " does not fit an IPv4 address")
			}
			return 0, 0, "", bad
		}
		limit := uint64(255)
		if i == len(words)-1 {
			limit = 1<<(8*(5-len(words))) - 1
		}
		if x > limit {
			return 0, 0, "", usageError(quoted(w) + " does not fit: at most " + strconv.FormatUint(limit, 10) + " there")
		}
		if len(w) > 1 && w[0] == '0' {
			base := "octal"
			if w[1]|0x20 == 'x' {
				base = "hexadecimal"
			}
			if len(w) > 20 { // zeros, most of them
				w = w[:8] + "..." + w[len(w)-8:]
			}
			odd = append(odd, w+" is "+base+" for "+strconv.FormatUint(x, 10))
		}
		if i < len(words)-1 {
			n |= x << (8 * (3 - i))
		} else {
			n |= x
		}
	}
	if len(words) > 1 && len(words) < 4 {
		odd = append(odd, "the last number fills "+strconv.Itoa(5-len(words))+" bytes")
	}
	return n, len(words), strings.Join(odd, ", "), nil
}

// whyNot6 says what is wrong with something that has colons.
func whyNot6(s string) string {
	_, err := netip.ParseAddr(s)
	if err == nil {
		return "its brackets do not match"
	}
	why := err.Error()
	if i := strings.LastIndex(why, "\": "); i >= 0 {
		why = why[i+3:]
	}
	why, _, _ = strings.Cut(why, " (at")
	return why
}

func be32(n uint32) [4]byte { return [4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)} }
