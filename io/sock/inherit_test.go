package sock

import (
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// file gives a descriptor of its own for what package net made.
func fileOf(t *testing.T, c interface{ File() (*os.File, error) }) int {
	t.Helper()
	f, err := c.File()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		t.Fatal(err)
	}
	return fd
}

// TestAdopt: what another process sent on a connection is not counted as ours, and what is no connection is refused.
func TestAdopt(t *testing.T) {
	k := sys.Linux()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	out, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	in, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if _, err := out.Write(make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	fd := fileOf(t, out.(*net.TCPConn))
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		if n, err := sys.Unsent(k, fd); err != nil || n == 0 {
			break
		}
	}
	c, err := Adopt(k, fd)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := sys.TCPInfo(k, c.FD); err == nil && info.Bytes_acked > 0 && c.Before != 1001 { // with its SYN
		t.Errorf("%d bytes went before, not 1001", c.Before)
	}
	if c.Network != "tcp" || c.Peer.String() != out.RemoteAddr().String() || c.Local.String() != out.LocalAddr().String() {
		t.Errorf("%+v", c)
	}
	c.Close(k)

	p, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	var pipe [2]int
	if err := unix.Pipe2(pipe[:], unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	defer unix.Close(pipe[1])
	for says, fd := range map[string]int{
		"it is a TCP socket that listens, and no connection": fileOf(t, l.(*net.TCPListener)),
		"it is a UDP socket that is not connected":           fileOf(t, p.(*net.UDPConn)),
		"it is not a socket":                                 pipe[0],
	} {
		if _, err := Adopt(k, fd); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, not %s", err, says)
		}
		if _, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != unix.EBADF {
			t.Errorf("%s: the descriptor stays open", says)
		}
	}
}

// TestRecvFD: one descriptor comes out of any message; the others are closed, and none is EMFILE's.
func TestRecvFD(t *testing.T) {
	k := sys.Linux()
	s, err := k.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(s[0])
	defer unix.Close(s[1])
	b := make([]byte, 1)
	if _, _, err := k.RecvFD(s[1], b); err != unix.EAGAIN {
		t.Errorf("of nothing: %v", err)
	}
	for _, n := range []int{1, 2, 3, 10} {
		fds := make([]int, n)
		for i := range fds {
			fds[i] = s[0]
		}
		if err := unix.Sendmsg(s[0], b, unix.UnixRights(fds...), nil, 0); err != nil {
			t.Fatal(err)
		}
		before := opened(t)
		got, fd, err := k.RecvFD(s[1], b)
		if got != 1 || fd < 0 || err != nil {
			t.Errorf("of %d: %d %d %v", n, got, fd, err)
		}
		if now := opened(t); now != before+1 {
			t.Errorf("of %d: %d descriptors more", n, now-before)
		}
		unix.Close(fd)
	}
	unix.Write(s[0], b)
	if n, fd, err := k.RecvFD(s[1], b); n != 1 || fd >= 0 || err != nil {
		t.Errorf("bytes alone: %d %d %v", n, fd, err)
	}
}

func opened(t *testing.T) int {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}
