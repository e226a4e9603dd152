package wrap

import (
	"encoding/binary"
	"strconv"
)

// socks4Request is CONNECT in SOCKS4 ("SOCKS: A protocol for TCP proxy across firewalls", Y.-D. Lee): version, command,
// port, address, the user's name and a NUL. A name follows the address 0.0.0.x, with x not 0, and a NUL of its own
// (SOCKS4A). That is also all that 4A has for an IPv6 address.
func socks4Request(t Target, user string) []byte {
	b := binary.BigEndian.AppendUint16([]byte{4, 1}, t.Port)
	if t.Addr.Is4() {
		ip := t.Addr.As4()
		return append(append(append(b, ip[:]...), user...), 0)
	}
	name := t.Host
	if t.Addr.IsValid() {
		name = t.Addr.String()
	}
	b = append(append(append(b, 0, 0, 0, 1), user...), 0)
	return append(append(b, name...), 0)
}

// socks4 hears the one answer there is: a zero, the code, and a port and an address that mean nothing for CONNECT.
type socks4 struct {
	got  [8]byte
	have int
}

func (d *socks4) hear(p []byte) step {
	n := copy(d.got[d.have:], p)
	d.have += n
	// Some proxies put the version where the zero belongs.
	if v := d.got[0]; v != 0 && v != 4 {
		return step{took: n, err: malformed("its first byte is " + byteName(v) + ", not 0")}
	}
	if d.have > 1 && d.got[1] != 90 { // a no may be shorter than it should
		return step{took: n, err: &Refusal{Code: int(d.got[1]), Words: socks4Words(d.got[1])}}
	}
	return step{took: n, done: d.have == len(d.got)}
}

func (d *socks4) bound() string { return "" }

func socks4Words(code byte) string {
	switch code {
	case 91:
		return "request rejected or failed"
	case 92:
		return "request rejected: the proxy cannot reach identd on this host"
	case 93:
		return "request rejected: identd on this host and the request name different users"
	}
	return "reply " + strconv.Itoa(int(code)) + ", which SOCKS4 does not have"
}

// byteName is a byte as a person can recognise it.
func byteName(b byte) string {
	s := "0x" + string("0123456789abcdef"[b>>4]) + string("0123456789abcdef"[b&15])
	if b > ' ' && b < 0x7f {
		s += " (" + string(rune(b)) + ")"
	}
	return s
}
