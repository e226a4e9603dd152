package wrap

import (
	"encoding/binary"
	"net/netip"
	"strconv"
)

// Methods of authentication (RFC 1928, section 3).
const (
	methodNone     = 0x00
	methodGSSAPI   = 0x01
	methodPassword = 0x02
	methodRefused  = 0xff
)

// Types of addresses (RFC 1928, section 5).
const (
	typeIPv4 = 1
	typeName = 3
	typeIPv6 = 4
)

// socks5Greeting offers the methods that we have (RFC 1928, section 3). The proxy chooses, so that it is told a password only if it wants one.
func socks5Greeting(user bool) []byte {
	if user {
		return []byte{5, 2, methodNone, methodPassword}
	}
	return []byte{5, 1, methodNone}
}

// socks5Login is user and password (RFC 1929, section 2).
func socks5Login(user, password string) []byte {
	b := append([]byte{1, byte(len(user))}, user...)
	return append(append(b, byte(len(password))), password...)
}

// socks5Request is CONNECT (RFC 1928, section 4).
func socks5Request(t Target) []byte {
	b := []byte{5, 1, 0}
	switch {
	case t.Addr.Is4():
		ip := t.Addr.As4()
		b = append(append(b, typeIPv4), ip[:]...)
	case t.Addr.IsValid():
		ip := t.Addr.As16()
		b = append(append(b, typeIPv6), ip[:]...)
	default:
		b = append(append(b, typeName, byte(len(t.Host))), t.Host...)
	}
	return binary.BigEndian.AppendUint16(b, t.Port)
}

// socks5 hears the choice of a method, perhaps what became of a password, and the reply.
type socks5 struct {
	p    *Proxy
	t    Target
	turn int
	got  [4 + 1 + 255 + 2]byte // the answer of this turn, as far as it has come
	have int
}

// Turns of the conversation.
const (
	turnMethod = iota
	turnLogin
	turnReply
)

func (d *socks5) hear(p []byte) step {
	took := 0
	for {
		need, err := d.need()
		if err != nil {
			return step{took: took, err: err}
		}
		if d.have == need {
			s := d.answered()
			s.took = took
			return s
		}
		if took == len(p) {
			return step{took: took}
		}
		n := copy(d.got[d.have:need], p[took:])
		d.have, took = d.have+n, took+n
	}
}

// need is how many bytes the answer of this turn is known to have, which its own first bytes tell; an answer that is
// a no, or none of this protocol, is an error as soon as that is plain.
func (d *socks5) need() (int, error) {
	if d.turn == turnLogin {
		return d.needLogin()
	}
	if d.have > 0 && d.got[0] != 5 {
		return 0, malformed("its first byte is " + byteName(d.got[0]) + ", not 5")
	}
	if d.turn == turnMethod {
		return 2, nil
	}
	if d.have > 1 && d.got[1] != 0 {
		return 0, &Refusal{Code: int(d.got[1]), Words: socks5Words(d.got[1])}
	}
	if d.have < 5 { // version, reply, reserved, type; and the length, if the address is a name
		return 5, nil
	}
	switch d.got[3] {
	case typeIPv4:
		return 4 + 4 + 2, nil
	case typeIPv6:
		return 4 + 16 + 2, nil
	case typeName:
		return 4 + 1 + int(d.got[4]) + 2, nil
	}
	return 0, malformed("an address of type " + byteName(d.got[3]))
}

func (d *socks5) needLogin() (int, error) {
	// The version of this answer is 1; some proxies say 5.
	if d.have > 0 && d.got[0] != 1 && d.got[0] != 5 {
		return 0, malformed("its first byte is " + byteName(d.got[0]) + ", not 1")
	}
	if d.have > 1 && d.got[1] != 0 { // "If the server returns a `failure' ... it MUST close the connection" (RFC 1929, section 2)
		return 0, &Refusal{Code: int(d.got[1]), Words: "user or password refused", method: true}
	}
	return 2, nil
}

// answered is called when the answer of this turn is complete.
func (d *socks5) answered() step {
	turn := d.turn
	if turn == turnReply {
		return step{done: true}
	}
	d.have = 0
	switch {
	case turn == turnLogin:
		d.p.trace(Event{Kind: Authenticated})
	case d.got[1] == methodNone:
		d.p.trace(Event{Kind: Method, Text: "no authentication"})
	case d.got[1] == methodPassword && d.p.User != "":
		d.p.trace(Event{Kind: Method, Text: "user and password"})
		d.turn = turnLogin
		return step{say: socks5Login(d.p.User, d.p.Password)}
	default:
		return step{err: &Refusal{Code: int(d.got[1]), Words: d.methodWords(d.got[1]), method: true}}
	}
	d.turn = turnReply
	return step{say: socks5Request(d.t)}
}

// methodWords says why the proxy's choice ends the conversation: "if the selected METHOD is X'FF', none of the methods
// listed by the client are acceptable, and the client MUST close the connection" (RFC 1928, section 3).
func (d *socks5) methodWords(m byte) string {
	switch {
	case m == methodRefused && d.p.User == "":
		return "no acceptable authentication method (we have no user and password to offer)"
	case m == methodRefused:
		return "no acceptable authentication method (we offered none, and user and password)"
	}
	return "it chose authentication method " + strconv.Itoa(int(m)) + ", which we did not offer"
}

func (d *socks5) bound() string {
	var ip netip.Addr
	port := binary.BigEndian.Uint16(d.got[max(d.have-2, 0):])
	switch d.got[3] {
	case typeIPv4:
		ip = netip.AddrFrom4([4]byte(d.got[4:8]))
	case typeIPv6:
		ip = netip.AddrFrom16([16]byte(d.got[4:20]))
	default:
		return ""
	}
	if ip.IsUnspecified() { // most proxies do not say
		return ""
	}
	return netip.AddrPortFrom(ip, port).String()
}

// socks5Words is what a reply means (RFC 1928, section 6).
func socks5Words(code byte) string {
	words := [...]string{1: "general SOCKS server failure", 2: "connection not allowed by ruleset", 3: "network unreachable", 4: "host unreachable",
		5: "connection refused", 6: "TTL expired", 7: "command not supported", 8: "address type not supported"}
	if int(code) < len(words) {
		return words[code]
	}
	return "reply " + strconv.Itoa(int(code)) + ", which SOCKS5 does not have"
}
