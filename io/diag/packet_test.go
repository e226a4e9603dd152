package diag

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"os"
	"testing"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// segment is an IPv4 packet with a TCP segment of n bytes.
func segment(flags byte, n int) []byte {
	b := make([]byte, 40+n)
	b[0], b[9], b[32], b[33] = 0x45, unix.IPPROTO_TCP, 5<<4, flags
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
	copy(b[12:], []byte{127, 0, 0, 1, 127, 0, 0, 2})
	binary.BigEndian.PutUint16(b[20:], 1000)
	binary.BigEndian.PutUint16(b[22:], 80)
	return b
}

func TestPacketParsing(t *testing.T) {
	from, to := netip.MustParseAddrPort("127.0.0.1:1000"), netip.MustParseAddrPort("127.0.0.2:80")
	if p, ok := parsePacket(segment(17, 3)); !ok || p != (Packet{From: from, To: to, FIN: true, ACK: true, Len: 3}) {
		t.Errorf("%+v, %v", p, ok)
	}
	six := make([]byte, 60)
	six[0], six[5], six[6], six[52], six[53] = 0x60, 20, unix.IPPROTO_TCP, 5<<4, 4
	six[23], six[39], six[41] = 1, 1, 7
	if p, ok := parsePacket(six); !ok || !p.RST || p.From != netip.MustParseAddrPort("[::1]:7") || p.Len != 0 {
		t.Errorf("%+v, %v", p, ok)
	}
	for name, change := range map[string]func(b []byte) []byte{
		"empty":              func(b []byte) []byte { return nil },
		"cut in IP":          func(b []byte) []byte { return b[:15] },
		"cut in TCP":         func(b []byte) []byte { return b[:35] },
		"UDP":                func(b []byte) []byte { b[9] = 17; return b },
		"a fragment":         func(b []byte) []byte { b[7] = 5; return b },
		"a short header":     func(b []byte) []byte { b[0] = 0x44; return b },
		"a long header":      func(b []byte) []byte { b[0] = 0x4f; return b },
		"a TCP header of 0":  func(b []byte) []byte { b[32] = 0; return b },
		"a length too small": func(b []byte) []byte { b[3] = 30; return b },
		"neither 4 nor 6":    func(b []byte) []byte { b[0] = 0x55; return b },
	} {
		if p, ok := parsePacket(change(segment(2, 0))); ok {
			t.Errorf("%s passes for %+v", name, p)
		}
	}
}

func FuzzPacket(f *testing.F) {
	f.Add(segment(2, 0))
	f.Add(segment(24, 5))
	f.Add([]byte{0x60})
	f.Fuzz(func(t *testing.T, b []byte) {
		if p, ok := parsePacket(b); ok && (p.Len < 0 || p.Len > 0xffff+40) {
			t.Errorf("%+v", p)
		}
	})
}

// TestPacketsSeen: a connection on lo, in both families, packet for packet; and that missing some is told.
func TestPacketsSeen(t *testing.T) {
	k := sys.Linux()
	for _, host := range []string{"127.0.0.1:0", "[::1]:0"} {
		at := netip.MustParseAddrPort(host)
		family := unix.AF_INET
		if at.Addr().Is6() {
			family = unix.AF_INET6
		}
		lfd, err := k.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err == unix.EAFNOSUPPORT {
			continue
		}
		must(t, err)
		defer k.Close(lfd)
		must(t, k.Bind(lfd, sys.Inet(at, 0)))
		must(t, k.Listen(lfd, 5))
		local, err := k.Getsockname(lfd)
		must(t, err)
		s, err := Sniff(k, family, local.AddrPort().Port())
		if errors.Is(err, unix.EPERM) && os.Geteuid() != 0 {
			t.Skip("only root sees packets")
		}
		must(t, err)
		defer s.Close()
		cfd, err := k.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		must(t, err)
		defer k.Close(cfd)
		must(t, k.Connect(cfd, local))
		me, err := k.Getsockname(cfd)
		must(t, err)
		conn, _, err := k.Accept4(lfd, unix.SOCK_CLOEXEC)
		must(t, err)
		defer k.Close(conn)
		all, err := s.Take(me.AddrPort(), local.AddrPort())
		must(t, err)
		if len(all) != 3 || !all[0].SYN || all[0].ACK || !all[1].SYN || !all[1].ACK || all[2].SYN || all[2].From != me.AddrPort() {
			t.Errorf("the handshake is %+v", all)
		}
		must(t, sys.SetInt(k, s.fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 1))
		must(t, sys.SetInt(k, cfd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1))
		for range 200 {
			_, err := k.Write(cfd, []byte("x"))
			must(t, err)
		}
		if _, err := s.Take(me.AddrPort(), local.AddrPort()); err != ErrMissed {
			t.Errorf("with no room for 200 packets: %v", err)
		}
	}
}
