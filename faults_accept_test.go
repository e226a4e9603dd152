package main

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Row 19: a server without free descriptors (EMFILE) says so once, does not spin, and serves again when there are some.
func TestFault19_noDescriptors(t *testing.T) {
	row(t)
	p := start(t, how{}, "tcp", "-lk", "127.0.0.1", "0")
	addr := p.addr()
	var old unix.Rlimit
	must(t, unix.Prlimit(p.pid(), unix.RLIMIT_NOFILE, nil, &old))
	most := 0
	open, err := filepath.Glob("/proc/" + itoa(p.pid()) + "/fd/*")
	must(t, err)
	taken := map[string]bool{}
	for _, f := range open {
		taken[filepath.Base(f)] = true
	}
	for taken[itoa(most)] {
		most++
	}
	must(t, unix.Prlimit(p.pid(), unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: uint64(most), Max: old.Max}, nil))
	c := dial(t, "tcp", addr)
	p.line("accept " + addr + ": too many open files")
	before := p.cpu()
	<-time.After(time.Second)
	if used := p.cpu() - before; used > 5 {
		t.Errorf("%d ms of processor time in a second", 10*used)
	}
	must(t, unix.Prlimit(p.pid(), unix.RLIMIT_NOFILE, &old, nil))
	send(t, c, []byte("served after all"))
	p.out.has(t, "served after all")
	c.Close()
	p.signal(unix.SIGTERM)
	if r := p.dies(unix.SIGTERM); strings.Count(r.err, "too many open files") != 1 {
		t.Errorf("it is said %d times", strings.Count(r.err, "too many open files"))
	}
}

// Row 20: a connection that was reset while it waited to be accepted costs that connection, not the server.
func TestFault20_resetInTheBacklog(t *testing.T) {
	row(t)
	p := start(t, how{}, "tcp", "--json", "-dlk", "127.0.0.1", "0")
	addr := p.addr()
	first := dial(t, "tcp", addr)
	p.event("accept")
	for range 3 {
		c := dial(t, "tcp", addr).(*net.TCPConn)
		send(t, c, []byte("never mind"))
		reset(t, c)
	}
	last := dial(t, "tcp", addr)
	send(t, last, []byte("the last"))
	first.Close()
	p.out.has(t, "the last")
	p.signal(unix.SIGTERM)
	p.dies(unix.SIGTERM)
}

// Row 42: a server that was the first to close can listen on its port again at once, TIME_WAIT or not; but two never
// share one unnoticed.
func TestFault42_listeningAgain(t *testing.T) {
	row(t)
	p := start(t, how{}, "tcp", "-l", "127.0.0.1", "0")
	addr := p.addr()
	c := dial(t, "tcp", addr)
	p.feed("") // the server is the first to end
	rest(t, c)
	c.Close()
	p.ends(0, "listening on "+addr)
	const timeWait = "06"
	if !tcpState(t, addr, timeWait) {
		t.Fatal("there is no TIME_WAIT: the test does not make the fault")
	}
	_, port, err := net.SplitHostPort(addr)
	must(t, err)
	p = start(t, how{}, "tcp", "-l", "127.0.0.1", port)
	p.addr()
	start(t, how{}, "tcp", "-l", "127.0.0.1", port).ends(45, "bind "+addr+": address already in use")
	u := start(t, how{}, "udp", "-l", "127.0.0.1", "0")
	addr = u.addr()
	_, port, err = net.SplitHostPort(addr)
	must(t, err)
	start(t, how{}, "udp", "-l", "127.0.0.1", port).ends(45, "bind "+addr+": address already in use")
}

// tcpState says whether a socket with that local address is in that state (proc_net(5)).
func tcpState(t *testing.T, addr, state string) bool {
	t.Helper()
	b, err := os.ReadFile("/proc/net/tcp")
	must(t, err)
	a, err := net.ResolveTCPAddr("tcp4", addr)
	must(t, err)
	want := "0100007F:" + strings.ToUpper(hex16(a.Port))
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); f[1] == want && f[3] == state {
			return true
		}
	}
	return false
}

func hex16(n int) string {
	const digits = "0123456789abcdef"
	return string([]byte{digits[n>>12&15], digits[n>>8&15], digits[n>>4&15], digits[n&15]})
}
