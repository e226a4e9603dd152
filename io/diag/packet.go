package diag

import (
	"encoding/binary"
	"errors"
	"net/netip"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// Packet is what matters here of one TCP segment.
type Packet struct {
	From, To           netip.AddrPort
	SYN, ACK, FIN, RST bool
	Len                int // bytes of data
}

// Sniffer sees packets that come in, on lo too, with a packet socket (packet(7)); that needs CAP_NET_RAW.
type Sniffer struct {
	k   *sys.Calls
	fd  int
	buf []byte
}

// ErrMissed says that packets came faster than they were taken: some were not seen.
var ErrMissed = errors.New("the kernel had no room for all packets")

// anyDevice: a packet socket for one interface is given packets after the protocol has had them, and so after what they
// change can be seen; one for all interfaces before.
const anyDevice = 0

// Sniff begins to see the TCP segments of IPv4 or IPv6 (unix.AF_INET, AF_INET6) from or to a port. With a protocol of its own,
// and not ETH_P_ALL, a packet socket sees each packet on lo once, when it comes in.
func Sniff(k *sys.Calls, family int, port uint16) (*Sniffer, error) {
	proto, filter := uint16(unix.ETH_P_IP), filterIPv4(port)
	if family == unix.AF_INET6 {
		proto, filter = unix.ETH_P_IPV6, filterIPv6(port)
	}
	// Without a protocol it hears nothing yet (packet(7)), so that there is nothing that the filter has not seen.
	fd, err := k.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, sys.Wrap("socket", "AF_PACKET", err)
	}
	s := &Sniffer{k: k, fd: fd, buf: make([]byte, 64<<10)}
	if err := sys.AttachFilter(k, fd, filter); err != nil {
		s.Close()
		return nil, sys.Wrap("setsockopt", "SO_ATTACH_FILTER", err)
	}
	if err := k.Bind(fd, sys.Packet(proto, anyDevice)); err != nil {
		s.Close()
		return nil, sys.Wrap("bind", "AF_PACKET", err)
	}
	return s, nil
}

// The instructions of a filter (bpf(4), of BSD, whose language Linux has taken; linux/filter.h).
const (
	loadByte     = 0x30 // BPF_LD | BPF_B | BPF_ABS
	loadHalf     = 0x28 // BPF_LD | BPF_H | BPF_ABS
	loadHalfAtX  = 0x48 // BPF_LD | BPF_H | BPF_IND
	headerToX    = 0xb1 // BPF_LDX | BPF_B | BPF_MSH: four times the low half of a byte, IPv4's header length
	jumpIfEqual  = 0x15 // BPF_JMP | BPF_JEQ | BPF_K
	returnLength = 0x06 // BPF_RET | BPF_K: how much of the packet to keep
	wholePacket  = 0x40000
)

// filterIPv4 lets TCP through that comes from or goes to the port. Of a packet socket of SOCK_DGRAM the packet begins with
// the IP header.
func filterIPv4(port uint16) []unix.SockFilter {
	return []unix.SockFilter{
		{Code: loadByte, K: 9},
		{Code: jumpIfEqual, K: unix.IPPROTO_TCP, Jf: 6},
		{Code: headerToX, K: 0},
		{Code: loadHalfAtX, K: 0},
		{Code: jumpIfEqual, K: uint32(port), Jt: 2},
		{Code: loadHalfAtX, K: 2},
		{Code: jumpIfEqual, K: uint32(port), Jf: 1},
		{Code: returnLength, K: wholePacket},
		{Code: returnLength, K: 0},
	}
}

// filterIPv6 does the same behind IPv6's header of 40 bytes.
func filterIPv6(port uint16) []unix.SockFilter {
	return []unix.SockFilter{
		{Code: loadByte, K: 6},
		{Code: jumpIfEqual, K: unix.IPPROTO_TCP, Jf: 5},
		{Code: loadHalf, K: 40},
		{Code: jumpIfEqual, K: uint32(port), Jt: 2},
		{Code: loadHalf, K: 42},
		{Code: jumpIfEqual, K: uint32(port), Jf: 1},
		{Code: returnLength, K: wholePacket},
		{Code: returnLength, K: 0},
	}
}

// Close ends it.
func (s *Sniffer) Close() { sys.Close(s.k, s.fd) }

// Take returns the segments between two addresses that have come since, in their order; it does not wait. With ErrMissed it
// returns those there are.
func (s *Sniffer) Take(a, b netip.AddrPort) ([]Packet, error) {
	var all []Packet
	for {
		n, _, err := sys.Recvfrom(s.k, s.fd, s.buf, unix.MSG_DONTWAIT, nil)
		if err == unix.EAGAIN {
			var stats [8]byte // struct tpacket_stats: tp_packets, tp_drops, both since they were last read
			n, err := s.k.Getsockopt(s.fd, unix.SOL_PACKET, unix.PACKET_STATISTICS, stats[:])
			if err == nil && n == 8 && binary.NativeEndian.Uint32(stats[4:]) > 0 {
				return all, ErrMissed
			}
			return all, nil
		}
		if err != nil {
			return all, sys.Wrap("recv", "AF_PACKET", err)
		}
		if p, ok := parsePacket(s.buf[:n]); ok && (p.From == a && p.To == b || p.From == b && p.To == a) {
			all = append(all, p)
		}
	}
}

// parsePacket reads an IP packet that holds a TCP segment (RFC 791, section 3.1; RFC 8200, section 3; RFC 9293, section
// 3.1). One with extension headers is not needed here.
func parsePacket(b []byte) (p Packet, ok bool) {
	if len(b) == 0 {
		return p, false
	}
	var from, to netip.Addr
	var head, total int
	switch b[0] >> 4 {
	case 4:
		head = int(b[0]&15) * 4
		if head < 20 || len(b) < head || b[9] != unix.IPPROTO_TCP || binary.BigEndian.Uint16(b[6:])&0x1fff != 0 { // not a later fragment
			return p, false
		}
		total = int(binary.BigEndian.Uint16(b[2:]))
		from, to = netip.AddrFrom4([4]byte(b[12:16])), netip.AddrFrom4([4]byte(b[16:20]))
	case 6:
		if head = 40; len(b) < head || b[6] != unix.IPPROTO_TCP {
			return p, false
		}
		total = head + int(binary.BigEndian.Uint16(b[4:]))
		from, to = netip.AddrFrom16([16]byte(b[8:24])), netip.AddrFrom16([16]byte(b[24:40]))
	default:
		return p, false
	}
	t := b[head:]
	if len(t) < 20 {
		return p, false
	}
	offset, flags := int(t[12]>>4)*4, t[13]
	if offset < 20 || total < head+offset {
		return p, false
	}
	return Packet{
		From: netip.AddrPortFrom(from, binary.BigEndian.Uint16(t)), To: netip.AddrPortFrom(to, binary.BigEndian.Uint16(t[2:])),
		FIN: flags&1 != 0, SYN: flags&2 != 0, RST: flags&4 != 0, ACK: flags&16 != 0, Len: total - head - offset,
	}, true
}
