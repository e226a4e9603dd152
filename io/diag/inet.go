package diag

import (
	"encoding/binary"
	"net/netip"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Attributes of an answer about TCP and UDP (linux/inet_diag.h).
const (
	attrInfo      = 2
	attrCong      = 4
	attrSkMemInfo = 7
	attrShutdown  = 8
	attrProtocol  = 10
	attrV6Only    = 11
)

// sockid is where struct inet_diag_sockid is in a message, and how long it and the message are.
const (
	reqSockID    = 8
	inetReqLen   = reqSockID + sockIDLen
	msgSockID    = 4
	sockIDLen    = 48
	inetMsgLen   = msgSockID + sockIDLen + 20
	unixReqLen   = 24
	unixMsgLen   = 16
	anyCookie    = ^uint32(0) // INET_DIAG_NOCOOKIE
	extInfo      = 1 << (attrInfo - 1)
	extCong      = 1 << (attrCong - 1)
	extSkMemInfo = 1 << (attrSkMemInfo - 1)
)

// inetRequest is struct inet_diag_req_v2 (sock_diag(7)). With a local and a peer address it is about one socket.
func inetRequest(family int, p Proto, states uint32, details bool, local, peer netip.AddrPort) []byte {
	b := make([]byte, inetReqLen)
	b[0], b[1] = byte(family), unix.IPPROTO_TCP
	if p == UDP {
		b[1] = unix.IPPROTO_UDP
	}
	if details {
		b[2] = extInfo | extCong | extSkMemInfo
	}
	binary.NativeEndian.PutUint32(b[4:], states)
	binary.BigEndian.PutUint16(b[8:], local.Port())
	binary.BigEndian.PutUint16(b[10:], peer.Port())
	copy(b[12:28], local.Addr().AsSlice())
	copy(b[28:44], peer.Addr().AsSlice())
	binary.NativeEndian.PutUint32(b[48:], anyCookie)
	binary.NativeEndian.PutUint32(b[52:], anyCookie)
	return b
}

// parseInet reads struct inet_diag_msg and the attributes behind it.
func parseInet(b []byte, p Proto) (s Socket, err error) {
	if len(b) < inetMsgLen {
		return s, errShort
	}
	s = Socket{Proto: p, Family: int(b[0]), State: State(b[1]), Timer: Timer(b[2]), Tries: b[3], Type: unix.SOCK_STREAM, HasUID: true}
	if p == UDP {
		s.Type = unix.SOCK_DGRAM
	}
	if s.State == newSynRecv {
		s.State = SynRecv
	}
	id := b[msgSockID:]
	s.Device = binary.NativeEndian.Uint32(id[36:])
	s.Local = endpoint(s.Family, id[4:20], id[0:2], s.Device)
	s.Peer = endpoint(s.Family, id[20:36], id[2:4], s.Device)
	s.Cookie = uint64(binary.NativeEndian.Uint32(id[40:])) | uint64(binary.NativeEndian.Uint32(id[44:]))<<32
	rest := b[msgSockID+sockIDLen:]
	if s.Timer != NoTimer {
		s.Left = time.Duration(binary.NativeEndian.Uint32(rest)) * time.Millisecond
	}
	s.RecvQ = binary.NativeEndian.Uint32(rest[4:])
	s.SendQ = binary.NativeEndian.Uint32(rest[8:])
	s.UID = binary.NativeEndian.Uint32(rest[12:])
	s.Inode = binary.NativeEndian.Uint32(rest[16:])
	for typ, v := range attributes(b[inetMsgLen:]) {
		switch {
		case typ == attrInfo && p == TCP && len(v) > 0:
			s.Info = parseInfo(v)
		case typ == attrCong:
			s.Cong, _, _ = strings.Cut(string(v), "\x00")
		case typ == attrShutdown && len(v) > 0:
			s.Shut = v[0]
		case typ == attrV6Only && len(v) > 0:
			s.V6Only = v[0] != 0
		case typ == attrSkMemInfo:
			s.Memory, s.HasMem = parseMemory(v)
		}
	}
	return s, nil
}

// endpoint is one end's address; a link-local one is only whole with its interface (RFC 4007, section 6).
func endpoint(family int, ip, port []byte, device uint32) netip.AddrPort {
	n := binary.BigEndian.Uint16(port)
	if family == unix.AF_INET {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(ip)), n)
	}
	a := netip.AddrFrom16([16]byte(ip))
	if a.IsLinkLocalUnicast() && device != 0 {
		a = a.WithZone(itoa(device))
	}
	return netip.AddrPortFrom(a, n)
}

func itoa(n uint32) string {
	var b [10]byte
	i := len(b)
	for {
		i--
		b[i] = '0' + byte(n%10)
		if n /= 10; n == 0 {
			return string(b[i:])
		}
	}
}

// parseInfo reads as much of struct tcp_info as there is: it grows at its end from kernel to kernel.
func parseInfo(b []byte) *Info {
	info := &Info{}
	whole := unsafe.Slice((*byte)(unsafe.Pointer(&info.TCPInfo)), unsafe.Sizeof(info.TCPInfo))
	info.Len = copy(whole, b)
	if len(b) > 7 { // bit fields, which unix.TCPInfo has as padding: tcpi_snd_wscale, tcpi_rcv_wscale, tcpi_delivery_rate_app_limited
		if littleEndian() {
			info.SendScale, info.RecvScale, info.AppLimited = b[6]&15, b[6]>>4, b[7]&1 != 0
		} else {
			info.SendScale, info.RecvScale, info.AppLimited = b[6]>>4, b[6]&15, b[7]>>7 != 0
		}
	}
	return info
}

// littleEndian is the order in which a C compiler lays out bit fields.
func littleEndian() bool { return binary.NativeEndian.Uint16([]byte{1, 0}) == 1 }

// parseMemory reads the array of SK_MEMINFO_VARS (linux/sock_diag.h).
func parseMemory(b []byte) (m Memory, ok bool) {
	if len(b) < 36 {
		return m, false
	}
	at := func(i int) uint32 { return binary.NativeEndian.Uint32(b[4*i:]) }
	return Memory{Recv: at(0), RecvLimit: at(1), Send: at(2), SendLimit: at(3), Drops: at(8)}, true
}
