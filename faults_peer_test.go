package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// payload is n bytes in which every mistake shows.
func payload(n int) []byte {
	b := make([]byte, n+8)
	r := rand.New(rand.NewPCG(uint64(n), 5))
	for i := 0; i < n; i += 8 {
		binary.LittleEndian.PutUint64(b[i:], r.Uint64())
	}
	return b[:n]
}

// tcpListener listens on loopback.
func tcpListener(t *testing.T) *net.TCPListener {
	t.Helper()
	return tcpListenerAt(t, "127.0.0.1:0")
}

func tcpListenerAt(t *testing.T, addr string) *net.TCPListener {
	t.Helper()
	var lc net.ListenConfig
	lc.SetMultipathTCP(false) // MPTCP knows no socket filters
	any, err := lc.Listen(context.Background(), "tcp4", addr)
	must(t, err)
	ln := any.(*net.TCPListener)
	t.Cleanup(func() { ln.Close() })
	must(t, ln.SetDeadline(time.Now().Add(hang)))
	return ln
}

func accept(t *testing.T, ln *net.TCPListener) *net.TCPConn {
	t.Helper()
	c, err := ln.AcceptTCP()
	must(t, err)
	t.Cleanup(func() { c.Close() })
	must(t, c.SetDeadline(time.Now().Add(hang)))
	return c
}

func dial(t *testing.T, network, addr string) net.Conn {
	t.Helper()
	c, err := net.DialTimeout(network, addr, hang)
	must(t, err)
	t.Cleanup(func() { c.Close() })
	must(t, c.SetDeadline(time.Now().Add(hang)))
	return c
}

// udpSocket is a socket on loopback; network is udp4 or udp6.
func udpSocket(t *testing.T, network string) *net.UDPConn {
	t.Helper()
	ip := net.IPv4(127, 0, 0, 1)
	if network == "udp6" {
		ip = net.IPv6loopback
	}
	c, err := net.ListenUDP(network, &net.UDPAddr{IP: ip})
	must(t, err)
	t.Cleanup(func() { c.Close() })
	must(t, c.SetDeadline(time.Now().Add(hang)))
	return c
}

// shortDir is a folder whose name leaves room in sun_path.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "c5")
	must(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func unixgram(t *testing.T, path string) *net.UnixConn {
	t.Helper()
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	must(t, err)
	t.Cleanup(func() { c.Close() })
	must(t, c.SetDeadline(time.Now().Add(hang)))
	return c
}

func send(t *testing.T, c io.Writer, b []byte) {
	t.Helper()
	_, err := c.Write(b)
	must(t, err)
}

// receive reads exactly n bytes.
func receive(t *testing.T, c io.Reader, n int) []byte {
	t.Helper()
	b := make([]byte, n)
	if got, err := io.ReadFull(c, b); err != nil {
		t.Fatalf("%v after %d of %d bytes", err, got, n)
	}
	return b
}

// rest reads to the end.
func rest(t *testing.T, c io.Reader) []byte {
	t.Helper()
	b, err := io.ReadAll(c)
	must(t, err)
	return b
}

// reset ends a connection with a reset: SO_LINGER with a time of 0 (socket(7)).
func reset(t *testing.T, c *net.TCPConn) {
	t.Helper()
	must(t, c.SetLinger(0))
	must(t, c.Close())
}

// withFD calls f with the descriptor of a socket.
func withFD(t *testing.T, c syscall.Conn, f func(fd int) error) {
	t.Helper()
	raw, err := c.SyscallConn()
	must(t, err)
	var inner error
	must(t, raw.Control(func(fd uintptr) { inner = f(int(fd)) }))
	must(t, inner)
}

// dropAll makes a socket a black hole: a socket filter that keeps 0 bytes of every packet (socket(7), SO_ATTACH_FILTER).
func dropAll(t *testing.T, c syscall.Conn) {
	t.Helper()
	code := []unix.SockFilter{{Code: unix.BPF_RET | unix.BPF_K, K: 0}}
	var err error
	withFD(t, c, func(fd int) error {
		err = unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: 1, Filter: &code[0]})
		return nil
	})
	if err == unix.EPERM { // the memory for compiled filters is used up for all but root (net.core.bpf_jit_limit)
		noSuchFault(t, "the kernel takes no socket filter")
	}
	must(t, err)
}

// delivered waits until the other side's kernel has all that was sent.
func delivered(t *testing.T, c *net.TCPConn) {
	t.Helper()
	eventually(t, "the other side has all", func() bool {
		n := 0
		withFD(t, c, func(fd int) (err error) {
			n, err = unix.IoctlGetInt(fd, unix.SIOCOUTQ)
			return err
		})
		return n == 0
	})
}

// flood writes b again and again until nothing more is taken and nothing more will be, and says how much was taken.
// stuck says whether the other side has stopped for good.
func flood(t *testing.T, c syscall.Conn, b []byte, limit int64, stuck func(fd int) bool) (taken int64) {
	t.Helper()
	eventually(t, "the writer is stopped", func() bool {
		done := false
		withFD(t, c, func(fd int) error {
			for taken < limit {
				n, err := unix.Write(fd, b[taken%int64(len(b)):])
				if err == unix.EAGAIN {
					done = stuck(fd)
					return nil
				}
				if err != nil {
					return err
				}
				taken += int64(n)
			}
			return fmt.Errorf("%d bytes were taken, without an end", taken)
		})
		return done
	})
	return taken
}

// eventually waits for what has no event.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(hang); !ok(); {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("it does not come to pass that %s", what)
		}
	}
}

// statOf gives the fields of /proc/PID/stat from the third, the state, on (proc_pid_stat(5)).
func statOf(t *testing.T, pid string) []string {
	t.Helper()
	b, err := os.ReadFile("/proc/" + pid + "/stat")
	must(t, err)
	return strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
}

func stateOf(t *testing.T, pid string) string {
	t.Helper()
	return statOf(t, pid)[0]
}

// cpu is the processor time that it has used, in hundredths of a second.
func (p *proc) cpu() int {
	p.t.Helper()
	f := statOf(p.t, itoa(p.pid()))
	u, err := strconv.Atoi(f[11])
	must(p.t, err)
	s, err := strconv.Atoi(f[12])
	must(p.t, err)
	return u + s
}

// peak is the most memory that it has ever had resident, in KiB.
func (p *proc) peak() int {
	p.t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.pid()))
	must(p.t, err)
	for line := range strings.Lines(string(b)) {
		if v, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, err := strconv.Atoi(strings.Fields(v)[0])
			must(p.t, err)
			return n
		}
	}
	p.t.Fatal("no VmHWM")
	return 0
}

// sockets counts its open sockets.
func (p *proc) sockets() (n int) {
	p.t.Helper()
	all, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", p.pid()))
	must(p.t, err)
	for _, f := range all {
		if to, err := os.Readlink(f); err == nil && strings.HasPrefix(to, "socket:") {
			n++
		}
	}
	return n
}

// memoryLimit is how much memory a blocked cat5 may have, in KiB: the Go runtime's few MiB and a few buffers.
const memoryLimit = 32 << 10

func unixAddr(path string) *net.UnixAddr { return &net.UnixAddr{Name: path, Net: "unixgram"} }

// fullBacklog makes a unix stream listener at path that can take no more connections, and gives its descriptor. To a
// non-blocking connect the kernel then says EAGAIN (connect(2)).
func fullBacklog(t *testing.T, path string) (fd int) {
	t.Helper()
	open := func(flags int) int {
		fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|flags, 0)
		must(t, err)
		t.Cleanup(func() { unix.Close(fd) })
		return fd
	}
	fd = open(0)
	must(t, unix.Bind(fd, &unix.SockaddrUnix{Name: path}))
	must(t, unix.Listen(fd, 0))
	for range 100 {
		if err := unix.Connect(open(unix.SOCK_NONBLOCK), &unix.SockaddrUnix{Name: path}); err == unix.EAGAIN {
			return fd
		} else {
			must(t, err)
		}
	}
	t.Fatal("the backlog has no end")
	return -1
}
