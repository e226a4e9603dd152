package sockopt

import (
	"encoding/binary"
	"math"
	"net/netip"
	"strconv"
	"strings"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// longSize is sizeof(long), which struct timeval and pacing rates are made of.
const longSize = strconv.IntSize / 8

// encode is the value as setsockopt(2) takes it. The socket is asked for what only it knows: its family, its interfaces.
func encode(k *sys.Calls, fd int, v Value) ([]byte, error) {
	ne := binary.NativeEndian
	switch v.o.Kind {
	case Timeval: // struct timeval, socket(7)
		return putLong(putLong(nil, v.n/1e6), v.n%1e6), nil
	case Linger: // struct linger, socket(7)
		if v.n < 0 {
			return make([]byte, 8), nil
		}
		return ne.AppendUint32(ne.AppendUint32(nil, 1), uint32(v.n)), nil
	case Rate:
		return putLong(nil, v.n), nil
	case Text, Opaque: // the kernel copies optlen bytes and ends names itself; "" unbinds a device
		if v.o.Kind == Text && v.s == "" {
			return []byte{0}, nil
		}
		return []byte(v.s), nil
	case Iface, IfaceBE:
		n, err := index(k, fd, v.s)
		if err != nil {
			return nil, err
		}
		if v.o.Kind == IfaceBE {
			return binary.BigEndian.AppendUint32(nil, n), nil
		}
		return ne.AppendUint32(nil, n), nil
	case Iface4:
		return mreqn(k, fd, netip.IPv4Unspecified(), v.s)
	case Group4:
		group, iface, _ := strings.Cut(v.s, ",")
		return mreqn(k, fd, addr(group), iface)
	case Group6: // struct ipv6_mreq, ipv6(7)
		group, iface, _ := strings.Cut(v.s, ",")
		n, err := index(k, fd, iface)
		return ne.AppendUint32(addr(group).AsSlice(), n), err
	case Source4: // struct ip_mreq_source, ip(7)
		group, src, iface := source(v.s)
		local, err := local4(k, fd, iface)
		b := append(addr(group).AsSlice(), local.AsSlice()...)
		return append(b, addr(src).AsSlice()...), err
	case Source6: // struct group_source_req, linux/in.h: the index, and two sockaddr_storage aligned as a long is
		group, src, iface := source(v.s)
		n, err := index(k, fd, iface)
		b := append(ne.AppendUint32(nil, n), make([]byte, longSize-4)...)
		return append(append(b, storage6(addr(group))...), storage6(addr(src))...), err
	case MD5:
		return md5sig(k, fd, v.s)
	}
	return ne.AppendUint32(nil, uint32(v.n)), nil
}

// decode is what getsockopt(2) filled, as a value. Short answers count as zeros.
func decode(k *sys.Calls, fd int, o *Option, b []byte) Value {
	v := Value{o: o}
	ne := binary.NativeEndian
	word := func(i int) uint32 {
		if len(b) < i+4 {
			return 0
		}
		return ne.Uint32(b[i:])
	}
	switch o.Kind {
	case Timeval:
		v.n = long(b)*1e6 + long(b[min(longSize, len(b)):])
	case Linger:
		if v.n = int64(int32(word(4))); word(0) == 0 {
			v.n = -1
		}
	case Rate:
		if v.n = long(b); longSize == 4 && v.n == math.MaxUint32 {
			v.n = -1 // ~0UL, in 32 bits
		}
	case Uint64:
		if len(b) >= 8 {
			v.n = int64(ne.Uint64(b))
		}
	case Text:
		s, _, _ := strings.Cut(string(b), "\x00")
		v.s = sys.SafeName(s)
	case Opaque, Cred, Gids, MemInfo, TCPInfo:
		v.s = string(b)
	case Iface:
		v.s = ifname(k, fd, word(0))
	case IfaceBE:
		if len(b) >= 4 {
			v.s = ifname(k, fd, binary.BigEndian.Uint32(b))
		}
	case Iface4: // struct in_addr
		if v.s = "any"; len(b) >= 4 && word(0) != 0 {
			v.s = netip.AddrFrom4([4]byte(b[:4])).String()
		}
	default:
		if v.n = int64(int32(word(0))); o.Max > math.MaxInt32 || o.Kind == Ports {
			v.n = int64(word(0))
		}
		if len(b) > 0 && len(b) < 4 { // "len < sizeof(int)": ip(7) options may come back as one byte
			v.n = int64(b[0])
		}
	}
	return v
}

// room is how many bytes a value of the row can have at most.
func (o *Option) room() int {
	switch o.Kind {
	case Timeval:
		return 2 * longSize
	case Linger, Uint64:
		return 8
	case Rate:
		return longSize
	case Cred:
		return 12
	case Text, Opaque:
		return max(int(o.Max)+1, 256)
	case Gids, TCPInfo, MemInfo:
		return 1024
	}
	return 4
}

func putLong(b []byte, n int64) []byte {
	if longSize == 4 {
		return binary.NativeEndian.AppendUint32(b, uint32(min(n, math.MaxUint32)))
	}
	return binary.NativeEndian.AppendUint64(b, uint64(n))
}

func long(b []byte) int64 {
	switch {
	case len(b) < longSize:
		return 0
	case longSize == 4:
		return int64(binary.NativeEndian.Uint32(b))
	}
	return int64(binary.NativeEndian.Uint64(b))
}

// addr is an address that Parse has checked.
func addr(s string) netip.Addr {
	a, err := netip.ParseAddr(s)
	if err != nil {
		return netip.IPv4Unspecified()
	}
	return a
}

// source takes GROUP,SOURCE[,IFACE] apart.
func source(s string) (group, src, iface string) {
	group, rest, _ := strings.Cut(s, ",")
	src, iface, _ = strings.Cut(rest, ",")
	return group, src, iface
}

// mreqn is struct ip_mreqn (ip(7)). An interface that is given by name or index goes in by its index and its address too:
// IP_MULTICAST_IF reads back only the address.
func mreqn(k *sys.Calls, fd int, group netip.Addr, iface string) ([]byte, error) {
	b := group.AsSlice()
	if a, err := netip.ParseAddr(iface); err == nil {
		return append(append(b, a.AsSlice()...), 0, 0, 0, 0), nil
	}
	n, err := index(k, fd, iface)
	if err != nil {
		return nil, err
	}
	local, err := local4(k, fd, iface)
	if err != nil { // an interface without an IPv4 address can carry multicast all the same
		local = netip.IPv4Unspecified()
	}
	return binary.NativeEndian.AppendUint32(append(b, local.AsSlice()...), n), nil
}

// storage6 is an IPv6 address in a struct sockaddr_storage.
func storage6(a netip.Addr) []byte {
	b := make([]byte, 128) // sizeof(struct sockaddr_storage)
	binary.NativeEndian.PutUint16(b, unix.AF_INET6)
	copy(b[8:], a.AsSlice()) // sin6_addr
	return b
}

// md5sig is struct tcp_md5sig (linux/tcp.h): the peer as a sockaddr_storage of the socket's own family, flags, prefix and
// key length, an interface index, and 80 bytes of key.
func md5sig(k *sys.Calls, fd int, s string) ([]byte, error) {
	peer, key, _ := strings.Cut(s, ",")
	a := addr(peer)
	domain, err := sys.GetInt(k, fd, unix.SOL_SOCKET, unix.SO_DOMAIN)
	if err != nil {
		return nil, err
	}
	b := make([]byte, 128+8+80)
	if domain == unix.AF_INET && a.Is4() {
		binary.NativeEndian.PutUint16(b, unix.AF_INET)
		copy(b[4:], a.AsSlice()) // sin_addr
	} else if domain == unix.AF_INET6 {
		a16 := a.As16() // an IPv4 peer by its mapped address
		copy(b, storage6(netip.AddrFrom16(a16)))
	} else {
		return nil, unix.EAFNOSUPPORT
	}
	binary.NativeEndian.PutUint16(b[130:], uint16(len(key)))
	copy(b[136:], key)
	return b, nil
}
