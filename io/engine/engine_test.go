package engine

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// TestMain makes the test binary be the child of the process engine as well.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == "connection" {
		if raced && os.Getenv("GORACE") == "" { // else the detector lets every child sleep a second before it ends
			unix.Exec("/proc/self/exe", os.Args, []string{"GORACE=atexit_sleep_ms=20"})
		}
		err := Connection(sys.Linux(), 3, 4, &Options{Grace: grace})
		var errno unix.Errno
		if err != nil && !errors.As(err, &errno) {
			errno = unix.EIO
		}
		os.Exit(int(errno))
	}
	if len(os.Args) == 3 && os.Args[1] == "server" { // for the benchmark
		e, _ := Find(os.Args[2])
		unix.SetNonblock(4, true)
		if err := e.Serve(sys.Linux(), 3, 4, &Options{Grace: grace, Child: []string{"engine.test", "connection"}}); err != nil {
			panic(err)
		}
		os.Exit(0)
	}
	runtime.GOMAXPROCS(max(runtime.NumCPU(), 3)) // the reactor has several loops, whatever the machine
	os.Exit(m.Run())
}

const (
	// grace is how long a server of the tests may drain: long enough for any machine, as no test waits for its end but
	// those that say so.
	grace = 30 * time.Second
	// hang is when a test gives up.
	hang = 60 * time.Second
)

// server is an engine that is running.
type server struct {
	t       testing.TB
	engine  Engine
	network string // for net.Dial
	addr    string
	lfd     int
	stopW   int
	done    chan error
	fds     int
	work    int

	mu       sync.Mutex
	warnings []string
	accepted int
	closed   int
	in, out  int64
	errs     []error
}

// start runs an engine on a kernel, on a socket of one kind: tcp, unix, unixpacket, udp, unixgram.
func start(t testing.TB, e Engine, k *sys.Calls, network string, change ...func(*Options)) *server {
	t.Helper()
	s := &server{t: t, engine: e, network: network, done: make(chan error, 1)}
	warm()
	s.fds, s.work = openFiles(t), runtime.NumGoroutine()
	s.listen()
	var p [2]int
	check(t, unix.Pipe2(p[:], unix.O_CLOEXEC|unix.O_NONBLOCK))
	s.stopW = p[1]
	o := &Options{
		Grace: grace, Child: []string{"engine.test", "connection"},
		Accepted: func(id int64, fd int, peer sys.Addr) error {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.accepted++
			return nil
		},
		Closed: func(id, in, out int64, err error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.closed++
			s.in += in
			s.out += out
			if err != nil {
				s.errs = append(s.errs, err)
			}
		},
		Warn: func(text string) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.warnings = append(s.warnings, text)
		},
	}
	for _, f := range change {
		f(o)
	}
	go func() {
		err := e.Serve(k, s.lfd, p[0], o)
		unix.Close(p[0])
		s.done <- err
	}()
	return s
}

// warm makes the Go runtime open what it opens once.
func warm() {
	if r, w, err := os.Pipe(); err == nil {
		r.Close()
		w.Close()
	}
}

func (s *server) listen() {
	typ, family := unix.SOCK_STREAM, unix.AF_UNIX
	switch s.network {
	case "tcp":
		family = unix.AF_INET
	case "udp":
		family, typ = unix.AF_INET, unix.SOCK_DGRAM
	case "unixpacket":
		typ = unix.SOCK_SEQPACKET
	case "unixgram":
		typ = unix.SOCK_DGRAM
	}
	fd, err := unix.Socket(family, typ|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	check(s.t, err)
	s.lfd = fd
	if family == unix.AF_INET {
		check(s.t, unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
		a, err := unix.Getsockname(fd)
		check(s.t, err)
		s.addr = fmt.Sprintf("127.0.0.1:%d", a.(*unix.SockaddrInet4).Port)
	} else {
		s.addr = filepath.Join(s.t.TempDir(), "s")
		check(s.t, unix.Bind(fd, &unix.SockaddrUnix{Name: s.addr}))
	}
	if typ != unix.SOCK_DGRAM {
		check(s.t, unix.Listen(fd, unix.SOMAXCONN))
	}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// dial makes a client. Nothing it does takes longer than hang.
func (s *server) dial() net.Conn {
	s.t.Helper()
	c, err := net.DialTimeout(s.network, s.addr, hang)
	check(s.t, err)
	c.SetDeadline(time.Now().Add(hang))
	return c
}

// narrow makes the buffers of connections small, here and, by inheritance, of those that are accepted from now on, so
// that they are full at once.
func (s *server) narrow() { s.shrink(s.lfd) }

func (s *server) shrink(fd int) {
	for _, opt := range []int{unix.SO_RCVBUF, unix.SO_SNDBUF} {
		check(s.t, unix.SetsockoptInt(fd, unix.SOL_SOCKET, opt, 32<<10))
	}
}

func (s *server) dialNarrow() net.Conn {
	s.t.Helper()
	d := net.Dialer{Timeout: hang, Control: func(_, _ string, raw syscall.RawConn) error {
		return raw.Control(func(fd uintptr) { s.shrink(int(fd)) })
	}}
	c, err := d.Dial(s.network, s.addr)
	check(s.t, err)
	c.SetDeadline(time.Now().Add(hang))
	return c
}

// stop ends the server and looks at what it leaves behind.
func (s *server) stop() {
	s.t.Helper()
	unix.Close(s.stopW)
	s.ended()
}

func (s *server) ended() {
	s.t.Helper()
	select {
	case err := <-s.done:
		if err != nil {
			s.t.Errorf("Serve: %v", err)
		}
	case <-time.After(hang):
		buf := make([]byte, 1<<20)
		s.t.Fatalf("Serve hangs\n%s", buf[:runtime.Stack(buf, true)])
	}
	unix.Close(s.lfd)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.accepted != s.closed && !strings.HasSuffix(s.network, "gram") && s.network != "udp" {
		s.t.Errorf("%d connections accepted, %d closed", s.accepted, s.closed)
	}
	s.leaks()
}

// leaks: no descriptor, no goroutine, no child is left.
func (s *server) leaks() {
	s.t.Helper()
	// A goroutine that was told to end may need a moment. And the runtime counts without a lock: while it moves what is free
	// from one list to another it can count hundreds that are not there, so what is judged is what was seen last, not a count anew.
	var work, fds int
	for end := time.Now().Add(10 * time.Second); ; runtime.Gosched() {
		work, fds = runtime.NumGoroutine(), openFiles(s.t)
		if work <= s.work && fds <= s.fds || !time.Now().Before(end) {
			break
		}
	}
	if fds > s.fds {
		s.t.Errorf("%d descriptors, %d before", fds, s.fds)
	}
	if work > s.work {
		buf := make([]byte, 64<<10)
		s.t.Errorf("%d goroutines, %d before\n%s", work, s.work, buf[:runtime.Stack(buf, true)])
	}
	if pid, err := unix.Wait4(-1, nil, unix.WNOHANG, nil); err != unix.ECHILD {
		s.t.Errorf("a child is left: %d, %v", pid, err)
	}
}

func openFiles(t testing.TB) int {
	dir, err := os.ReadDir("/proc/self/fd")
	check(t, err)
	return len(dir)
}

// each runs a test over all engines, or those that f keeps.
func each(t *testing.T, keep func(Engine) bool, f func(*testing.T, Engine)) {
	for _, e := range All {
		if keep == nil || keep(e) {
			t.Run(e.Name, func(t *testing.T) { f(t, e) })
		}
	}
}

// fewer is n, or a part of it under the race detector, which makes everything several times slower.
func fewer(n, part int) int {
	if raced {
		return n / part
	}
	return n
}

// noise is n bytes that look like nothing else.
func noise(n int, seed byte) []byte {
	p := make([]byte, n)
	rand.NewChaCha8([32]byte{seed}).Read(p)
	return p
}

// same compares long texts without printing them.
func same(t testing.TB, got, want []byte) {
	t.Helper()
	if !bytes.Equal(got, want) {
		n := 0
		for n < min(len(got), len(want)) && got[n] == want[n] {
			n++
		}
		t.Errorf("%d bytes came back, of %d; they differ from byte %d on", len(got), len(want), n)
	}
}
