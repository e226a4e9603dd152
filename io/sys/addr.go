package sys

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Addr is a socket address exactly as the kernel holds it: struct sockaddr_in, sockaddr_in6 or sockaddr_un and its
// length. It is a plain value: comparing two with == compares the addresses, and receiving one allocates nothing.
// The zero Addr is no address at all.
type Addr struct {
	raw unix.RawSockaddrAny
	n   uint32 // bytes of raw that count (socklen_t)
}

// MaxUnixPath is the longest path that fits sun_path with its NUL, in bytes (unix(7)).
const MaxUnixPath = 107

// unixPathOffset is where sun_path starts: offsetof(struct sockaddr_un, sun_path).
const unixPathOffset = 2

// ErrUnixName says a unix name does not fit sun_path.
var ErrUnixName = errors.New("name too long for a unix socket (the limit is 107 bytes)")

// Inet makes an IPv4 or IPv6 address. Of a zone only the interface index counts: pass it as scope (0 for none).
func Inet(ap netip.AddrPort, scope uint32) Addr {
	var a Addr
	port := ap.Port()
	if ip := ap.Addr(); ip.Is4() {
		sa := (*unix.RawSockaddrInet4)(unsafe.Pointer(&a.raw))
		sa.Family = unix.AF_INET
		sa.Addr = ip.As4()
		binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(&sa.Port))[:], port)
		a.n = unix.SizeofSockaddrInet4
	} else {
		sa := (*unix.RawSockaddrInet6)(unsafe.Pointer(&a.raw))
		sa.Family = unix.AF_INET6
		sa.Addr = ip.As16()
		sa.Scope_id = scope
		binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(&sa.Port))[:], port)
		a.n = unix.SizeofSockaddrInet6
	}
	return a
}

// Unix makes the address of a unix socket: a path, or an abstract name when it starts with '@' (unix(7)). An abstract
// name may hold any byte, NUL too; its length is part of it. A path longer than MaxUnixPath is ErrUnixName.
func Unix(name string) (Addr, error) {
	var a Addr
	sa := (*unix.RawSockaddrUnix)(unsafe.Pointer(&a.raw))
	sa.Family = unix.AF_UNIX
	path := (*[len(sa.Path)]byte)(unsafe.Pointer(&sa.Path))
	if strings.HasPrefix(name, "@") {
		if len(name) > len(path) {
			return Addr{}, ErrUnixName
		}
		copy(path[1:], name[1:]) // path[0] stays NUL: "an abstract socket address is distinguished by sun_path[0] being a null byte"
		a.n = unixPathOffset + uint32(len(name))
		return a, nil
	}
	if len(name) > MaxUnixPath {
		return Addr{}, ErrUnixName
	}
	copy(path[:], name)
	a.n = unixPathOffset + uint32(len(name)) + 1
	return a, nil
}

// UnixUnnamed is the address that makes bind(2) choose a name: the kernel's autobind gives an abstract one of five hex
// digits (unix(7), "Autobind feature").
func UnixUnnamed() Addr {
	var a Addr
	a.raw.Addr.Family = unix.AF_UNIX
	a.n = unixPathOffset
	return a
}

// Nobody is the address that takes a datagram socket's peer away: "connecting to an address with the sa_family member of
// sockaddr set to AF_UNSPEC" dissolves the association (connect(2)).
func Nobody() Addr { return Addr{n: unix.SizeofSockaddrInet4} }

// Netlink is the address of a netlink socket that hears these multicast groups, a bit each (netlink(7)). The kernel gives
// it its port.
func Netlink(groups uint32) Addr {
	var a Addr
	sa := (*unix.RawSockaddrNetlink)(unsafe.Pointer(&a.raw))
	sa.Family, sa.Groups = unix.AF_NETLINK, groups
	a.n = unix.SizeofSockaddrNetlink
	return a
}

// Packet is what a packet socket binds to in order to see one protocol (ETH_P_IP, ETH_P_IPV6) on one interface (packet(7)).
func Packet(protocol uint16, ifindex int) Addr {
	var a Addr
	sa := (*unix.RawSockaddrLinklayer)(unsafe.Pointer(&a.raw))
	sa.Family, sa.Ifindex = unix.AF_PACKET, int32(ifindex)
	binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(&sa.Protocol))[:], protocol)
	a.n = unix.SizeofSockaddrLinklayer
	return a
}

// came says that the kernel has written an address of n bytes over this one. A longer one that was there before must not
// show behind it: two addresses are equal when == says so.
func (a *Addr) came(n uint32) {
	if all := (*[unsafe.Sizeof(a.raw)]byte)(unsafe.Pointer(&a.raw)); n < a.n {
		clear(all[n:min(int(a.n), len(all))])
	}
	a.n = n
}

// Family is AF_INET, AF_INET6, AF_UNIX, or AF_UNSPEC (0) for no address.
func (a *Addr) Family() int {
	if a.n < 2 {
		return unix.AF_UNSPEC
	}
	return int(a.raw.Addr.Family)
}

// AddrPort is the address and port of an IPv4 or IPv6 address, as it is on the wire (a v4-mapped one stays IPv6); the
// zero value for others.
func (a *Addr) AddrPort() netip.AddrPort {
	switch a.Family() {
	case unix.AF_INET:
		sa := (*unix.RawSockaddrInet4)(unsafe.Pointer(&a.raw))
		return netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), ntohs(&sa.Port))
	case unix.AF_INET6:
		sa := (*unix.RawSockaddrInet6)(unsafe.Pointer(&a.raw))
		ip := netip.AddrFrom16(sa.Addr)
		if sa.Scope_id != 0 && ip.IsLinkLocalUnicast() {
			ip = ip.WithZone(strconv.Itoa(int(sa.Scope_id)))
		}
		return netip.AddrPortFrom(ip, ntohs(&sa.Port))
	}
	return netip.AddrPort{}
}

// Bytes is the address as bind(2) and connect(2) get it: a copy of the kernel's own layout, as long as its socklen_t says.
func (a *Addr) Bytes() []byte {
	all := (*[unsafe.Sizeof(a.raw)]byte)(unsafe.Pointer(&a.raw))
	return append([]byte(nil), all[:a.n]...)
}

// WithPort is the same IP address with another port; other families are returned as they are.
func (a Addr) WithPort(port uint16) Addr {
	switch a.Family() {
	case unix.AF_INET, unix.AF_INET6: // sin_port and sin6_port are at the same place
		sa := (*unix.RawSockaddrInet4)(unsafe.Pointer(&a.raw))
		binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(&sa.Port))[:], port)
	}
	return a
}

// UnixName is the name of a unix address: a path, "@" and the bytes of an abstract name, or "" when it has none.
func (a *Addr) UnixName() string {
	if a.Family() != unix.AF_UNIX || a.n <= unixPathOffset {
		return ""
	}
	sa := (*unix.RawSockaddrUnix)(unsafe.Pointer(&a.raw))
	path := (*[len(sa.Path)]byte)(unsafe.Pointer(&sa.Path))[:min(int(a.n)-unixPathOffset, len(sa.Path))]
	if path[0] == 0 {
		return "@" + string(path[1:])
	}
	name, _, _ := strings.Cut(string(path), "\x00")
	return name
}

// String is the address as people write it: 127.0.0.1:80, [::1]:80, /run/x.sock, @name; v4-mapped addresses in their
// IPv4 form. The bytes of a unix name are quoted where they are not printable, so it is safe to show.
func (a Addr) String() string {
	switch a.Family() {
	case unix.AF_INET, unix.AF_INET6:
		ap := a.AddrPort()
		return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port()).String()
	case unix.AF_UNIX:
		return SafeName(a.UnixName())
	}
	return ""
}

// SafeName makes a name safe to show: anything that is not printable UTF-8 becomes an escape as in Go or C.
func SafeName(s string) string {
	q := strconv.Quote(s)
	return strings.ReplaceAll(q[1:len(q)-1], `\"`, `"`)
}

func ntohs(p *uint16) uint16 { return binary.BigEndian.Uint16((*[2]byte)(unsafe.Pointer(p))[:]) }
