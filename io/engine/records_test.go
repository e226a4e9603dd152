package engine

import (
	"net"
	"sync"
	"testing"
	"time"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// TestRecords: records keep their edges, the empty ones too, and the last one as well.
func TestRecords(t *testing.T) {
	each(t, nil, func(t *testing.T, e Engine) {
		s := start(t, e, sys.Linux(), "unixpacket")
		fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
		check(t, err)
		tv := unix.NsecToTimeval(hang.Nanoseconds())
		check(t, unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &tv))
		check(t, unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_PASSCRED, 1)) // see tellEmpty
		check(t, unix.Connect(fd, &unix.SockaddrUnix{Name: s.addr}))
		all := [][]byte{[]byte("one"), {}, {}, noise(100_000, 1), []byte("x"), {}}
		for _, p := range all {
			check(t, unix.Send(fd, p, 0))
		}
		check(t, unix.Shutdown(fd, unix.SHUT_WR))
		buf := make([]byte, 200_000)
		for _, want := range all {
			n, _, flags, _, err := unix.Recvmsg(fd, buf, nil, 0)
			check(t, err)
			same(t, buf[:n], want)
			if flags&unix.MSG_CTRUNC == 0 {
				t.Errorf("the end came instead of a record of %d bytes", len(want))
			}
		}
		n, _, flags, _, err := unix.Recvmsg(fd, buf, nil, 0)
		if n != 0 || flags&unix.MSG_CTRUNC != 0 || err != nil {
			t.Errorf("%d bytes, %v instead of the end", n, err)
		}
		unix.Close(fd)
		s.stop()
	})
}

// TestDatagramsAtTheEnd: what came before it was time to leave goes back, even when it is many.
func TestDatagramsAtTheEnd(t *testing.T) {
	each(t, func(e Engine) bool { return e.Dgram }, func(t *testing.T, e Engine) {
		const many = 4 * burst
		k := sys.Linux()
		send, held, gate := k.Sendto, make(chan bool), make(chan bool)
		var once sync.Once
		k.Sendto = func(fd int, p []byte, flags int, to *sys.Addr) (int, error) {
			once.Do(func() {
				held <- true
				<-gate
			})
			return send(fd, p, flags, to)
		}
		s := start(t, e, k, "udp")
		c := s.dial()
		for i := range many {
			_, err := c.Write([]byte{byte(i)})
			check(t, err)
			if i == 0 {
				<-held
			}
		}
		unix.Close(s.stopW)
		close(gate)
		for i := range many {
			b := make([]byte, 8)
			n, err := c.Read(b)
			check(t, err)
			same(t, b[:n], []byte{byte(i)})
		}
		c.Close()
		s.ended()
	})
}

func TestDatagrams(t *testing.T) {
	each(t, func(e Engine) bool { return e.Dgram }, func(t *testing.T, e Engine) {
		s := start(t, e, sys.Linux(), "udp")
		a, b := s.dial(), s.dial()
		for _, size := range []int{1, 1400, 0, 65507} {
			for i, c := range []net.Conn{a, b} {
				p, buf := noise(size, byte(i)), make([]byte, 1<<17)
				_, err := c.Write(p)
				check(t, err)
				n, err := c.Read(buf)
				check(t, err)
				same(t, buf[:n], p)
			}
		}
		a.Close()
		b.Close()
		s.stop()

		s = start(t, e, sys.Linux(), "unixgram")
		c, err := net.DialUnix("unixgram", &net.UnixAddr{Name: "@"}, &net.UnixAddr{Name: s.addr})
		check(t, err)
		c.SetDeadline(time.Now().Add(hang))
		for _, size := range []int{1, 0, 100_000} {
			p, buf := noise(size, 7), make([]byte, 1<<17)
			_, err := c.Write(p)
			check(t, err)
			n, err := c.Read(buf)
			check(t, err)
			same(t, buf[:n], p)
		}
		nameless, err := net.Dial("unixgram", s.addr)
		check(t, err)
		_, err = nameless.Write([]byte("who am I?"))
		check(t, err)
		nameless.Close()
		c.Close()
		s.stop()
		if s.in-s.out != int64(len("who am I?")) || len(s.warnings) != 1 {
			t.Errorf("%d bytes lost, said: %v", s.in-s.out, s.warnings)
		}
	})
}
