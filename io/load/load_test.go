package load_test

import (
	"net"
	"net/netip"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"cat5/io/engine"
	"cat5/io/load"
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// server is an epoll engine on an address that the kernel chose.
func server(tb testing.TB, network string, typ int) sys.Addr {
	tb.Helper()
	k := sys.Linux()
	a := sys.Inet(netip.MustParseAddrPort("127.0.0.1:0"), 0)
	if network == "unix" {
		var err error
		a, err = sys.Unix(filepath.Join(tb.TempDir(), "s"))
		must(tb, err)
	}
	fd, err := k.Socket(a.Family(), typ|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	must(tb, err)
	must(tb, k.Bind(fd, a))
	if typ != unix.SOCK_DGRAM {
		must(tb, k.Listen(fd, 128))
	}
	at, err := k.Getsockname(fd)
	must(tb, err)
	var stop [2]int
	must(tb, k.Pipe2(stop[:], unix.O_CLOEXEC|unix.O_NONBLOCK))
	e, _ := engine.Find("epoll")
	done := make(chan error)
	go func() { done <- e.Serve(k, fd, stop[0], &engine.Options{Grace: time.Second}) }()
	tb.Cleanup(func() {
		k.Close(stop[1])
		must(tb, <-done)
		k.Close(stop[0])
		k.Close(fd)
	})
	return at
}

// run is a whole run; how often begin and end were called is its own check.
func run(tb testing.TB, cfg load.Config) *load.Result {
	tb.Helper()
	return runOn(tb, sys.Linux(), cfg)
}

// inNoHurry is a kernel whose clock is slow: what is to be done in a few seconds may take a busy machine a minute.
func inNoHurry() *sys.Calls {
	k := *sys.Linux()
	now := k.Now
	k.Now = func() time.Duration { return now() / 20 }
	return &k
}

func runOn(tb testing.TB, k *sys.Calls, cfg load.Config) *load.Result {
	tb.Helper()
	if cfg.For == 0 {
		cfg.For = time.Minute
	}
	cfg.Depth = max(cfg.Depth, 1)
	l, err := load.New(k, cfg)
	must(tb, err)
	defer l.Close()
	must(tb, l.Connect())
	begun, ended := 0, 0
	must(tb, l.Run(func() { begun++ }, func() { ended++ }))
	if begun != ended || begun > 1 {
		tb.Errorf("begin was called %d times, end %d", begun, ended)
	}
	return l.Result()
}

func TestEveryNetwork(t *testing.T) {
	for _, n := range []struct {
		name  string
		typ   int
		sizes []int
	}{
		{"tcp", unix.SOCK_STREAM, []int{1, 64, 100000, 3 << 20}},
		{"unix", unix.SOCK_STREAM, []int{1, 64, 100000, 3 << 20}},
		{"unix", unix.SOCK_SEQPACKET, []int{1, 64, 60000}},
		{"udp", unix.SOCK_DGRAM, []int{8, 64, 16000}},
		{"unix", unix.SOCK_DGRAM, []int{8, 64, 60000}},
	} {
		to := server(t, n.name, n.typ)
		for _, size := range n.sizes {
			for _, depth := range []int{1, 4} {
				r := runOn(t, inNoHurry(), load.Config{To: to, Type: n.typ, Conns: 10, Active: 5, Size: size, Depth: depth, Count: 40})
				if r.Up != 10 || r.Messages != 40 || r.Trips.N() != 40 || r.Wrong+r.Unanswered != 0 || r.Stalled || r.Broken != nil || r.Failed != nil {
					t.Errorf("%s %d, %d bytes, depth %d: up %d, %d messages; %+v %+v wrong %d unanswered %d lost %d", n.name, n.typ, size, depth,
						r.Up, r.Messages, r.Failed, r.Broken, r.Wrong, r.Unanswered, r.Lost)
				}
			}
		}
	}
}

// TestManyDatagramsOnTheirWay: the answer to the first of many is known for what it is.
func TestManyDatagramsOnTheirWay(t *testing.T) {
	to := server(t, "udp", unix.SOCK_DGRAM)
	r := runOn(t, inNoHurry(), load.Config{To: to, Type: unix.SOCK_DGRAM, Conns: 1, Active: 1, Size: 64, Depth: 100, Count: 2000})
	if r.Up != 1 || r.Messages != 2000 || r.Wrong != 0 || r.Broken != nil {
		t.Errorf("up %d, %d messages; %+v, wrong %d: %+v", r.Up, r.Messages, r.Broken, r.Wrong, r.First)
	}
}

// crooked is a server that does what answer says with what it reads, connection by connection.
func crooked(t *testing.T, answer func(c net.Conn, nth int, p []byte) bool) sys.Addr {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				p := make([]byte, 64)
				for nth := 0; ; nth++ {
					n, err := c.Read(p)
					if err != nil || !answer(c, nth, p[:n]) {
						return
					}
				}
			}()
		}
	}()
	return sys.Inet(netip.MustParseAddrPort(ln.Addr().String()), 0)
}

// TestWhatComesBackIsCompared: every way in which a server can be wrong is seen.
func TestWhatComesBackIsCompared(t *testing.T) {
	echo := func(c net.Conn, p []byte) bool { _, err := c.Write(p); return err == nil }
	last := make([]byte, 64)
	for name, answer := range map[string]func(c net.Conn, nth int, p []byte) bool{
		"one byte changed": func(c net.Conn, nth int, p []byte) bool { p[63] ^= byte(nth); return echo(c, p) },
		"one byte doubled": func(c net.Conn, nth int, p []byte) bool { return echo(c, p) && (nth == 0 || echo(c, p[:1])) },
		"the last one again": func(c net.Conn, nth int, p []byte) bool {
			defer copy(last, p)
			if nth > 0 {
				return echo(c, last)
			}
			return echo(c, p)
		},
	} {
		to := crooked(t, answer)
		r := run(t, load.Config{To: to, Type: unix.SOCK_STREAM, Conns: 1, Active: 1, Size: 64, Count: 10})
		if r.Up != 1 || r.Wrong != 1 || len(r.Broken) != 1 || !strings.Contains(r.Broken[0].What, "not what had been sent") {
			t.Errorf("%s: up %d, wrong %d, %+v, first %+v", name, r.Up, r.Wrong, r.Broken, r.First)
		}
	}
}

// TestConnectionsThatEnd: those that fail are counted, with the reason; the others go on.
func TestConnectionsThatEnd(t *testing.T) {
	to := crooked(t, func(c net.Conn, nth int, p []byte) bool {
		if nth == 3 && p[0]&1 == 0 {
			c.(*net.TCPConn).SetLinger(0)
			return false
		}
		_, err := c.Write(p)
		return err == nil
	})
	r := run(t, load.Config{To: to, Type: unix.SOCK_STREAM, Conns: 20, Active: 20, Size: 64, Count: 1000})
	broken := int64(0)
	for _, f := range r.Broken {
		broken += f.N
		if f.What != "connection reset by peer" {
			t.Errorf("%d connections: %s", f.N, f.What)
		}
	}
	if r.Up != 20 || broken < 1 || broken > 19 || r.Messages != 1000 || r.Wrong != 0 {
		t.Errorf("up %d, %d broken, %d messages, %d wrong", r.Up, broken, r.Messages, r.Wrong)
	}
}

// TestNobodyThere: a port without a listener is every connection's failure, and found out at once.
func TestNobodyThere(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	to := sys.Inet(netip.MustParseAddrPort(ln.Addr().String()), 0)
	ln.Close()
	r := run(t, load.Config{To: to, Type: unix.SOCK_STREAM, Conns: 1000, Active: 1000, Size: 64, Count: 10})
	if r.Up != 0 || len(r.Failed) != 1 || !strings.HasSuffix(r.Failed[0].What, "connection refused") || r.Messages != 0 {
		t.Errorf("up %d, %+v", r.Up, r.Failed)
	}
}

// TestSilence: a server that stops answering ends the run, and a Stop does at once.
func TestSilence(t *testing.T) {
	unanswered := make(chan bool, 2)
	silent := crooked(t, func(c net.Conn, nth int, p []byte) bool {
		if nth == 0 {
			c.Write(p)
		}
		if nth == 1 {
			unanswered <- true
		}
		return true
	})
	cfg := load.Config{To: silent, Type: unix.SOCK_STREAM, Conns: 2, Active: 2, Size: 64, Depth: 1, For: time.Minute}
	l, err := load.New(sys.Linux(), cfg)
	must(t, err)
	defer l.Close()
	must(t, l.Connect())
	go func() {
		<-unanswered
		<-unanswered
		l.Stop()
	}()
	must(t, l.Run(func() {}, func() {}))
	if r := l.Result(); !r.Stopped || r.Stalled || r.Silent != 2 || r.Unanswered != 2 || r.Up != 2 {
		t.Errorf("stopped %v, stalled %v, silent %d, unanswered %d, up %d", r.Stopped, r.Stalled, r.Silent, r.Unanswered, r.Up)
	}
}

// TestNothingAllocated: a message costs no memory, here or at the server.
func TestNothingAllocated(t *testing.T) {
	to := server(t, "tcp", unix.SOCK_STREAM)
	const count = 20000
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	run(t, load.Config{To: to, Type: unix.SOCK_STREAM, Conns: 10, Active: 10, Size: 64, Count: count})
	runtime.ReadMemStats(&after)
	if n := after.Mallocs - before.Mallocs; n > count/10 { // the run itself, and what else this process does
		t.Errorf("%v allocations for %d messages", n, count)
	}
}
