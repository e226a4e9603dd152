package main

import (
	"bytes"
	"io"
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

// Row 43: the children of --exec get no descriptors but the connection and stderr, not even those that cat5 was started with;
// each has a process group of its own, which ends with cat5; and each is reaped.
func TestFault43_children(t *testing.T) {
	row(t)
	// The shell gives cat5 two descriptors that it knows nothing of.
	p := start(t, how{sh: `exec 7</dev/null 9>/dev/null; exec "$0" "$@"`}, "listen", "tcp", "127.0.0.1", "0",
		"--exec", "sh", "-c", `set -- /proc/$$/fd/*; echo "${#}" $$; sleep 1000 & echo "$!"; wait`)
	addr := p.addr()
	const many = 20
	var pids []string
	for range many {
		c := dial(t, "tcp", addr)
		f := strings.Fields(string(receiveLines(t, c, 2)))
		if f[0] != "4" { // 0, 1, 2, and the folder that the shell reads
			t.Fatalf("a child has %s descriptors", f[0])
		}
		if pgid, err := unix.Getpgid(atoi(t, f[1])); err != nil || itoa(pgid) != f[1] {
			t.Errorf("child %s is in group %d, %v", f[1], pgid, err)
		}
		pids = append(pids, f[1:]...)
		if len(pids) == 2 { // one is ended by itself: nothing is left of it while cat5 goes on
			must(t, syscall.Kill(atoi(t, f[1]), unix.SIGKILL))
			p.line("connection 1 ended: its program died of SIGKILL")
			if got := rest(t, c); len(got) > 0 {
				t.Errorf("%q", got)
			}
			vanish(t, f[1])
			vanish(t, f[2])
		}
	}
	if kids := childrenOf(p.pid()); len(kids) != many-1 {
		t.Errorf("children: %v", kids)
	}
	p.signal(unix.SIGTERM)
	r := p.dies(unix.SIGTERM)
	if n := strings.Count(r.err, "ended: its program died of SIGTERM"); n != many-1 {
		t.Errorf("%d ends are told:\n%s", n, r.err)
	}
	for _, pid := range pids {
		vanish(t, pid)
	}
}

// Row 43: a program that will not end is ended.
func TestFault43_stubborn(t *testing.T) {
	row(t)
	p := start(t, how{}, "listen", "tcp", "127.0.0.1", "0", "--exec", "sh", "-c", `trap "" TERM INT HUP; echo $$; while :; do sleep 1000; done`)
	c := dial(t, "tcp", p.addr())
	pid := strings.TrimSpace(string(receiveLines(t, c, 1)))
	p.signal(unix.SIGINT)
	r := p.dies(unix.SIGINT)
	if !strings.Contains(r.err, "connection 1 ended: its program died of SIGKILL") {
		t.Error(r.err)
	}
	vanish(t, pid)
}

// Row 45: thousands of connections on a handful of threads; the soft limit of descriptors is raised; and when there are no more,
// that is said once, with the limit, and who waits is served later.
func TestFault45_thousands(t *testing.T) {
	row(t)
	many := 3000 // where so many descriptors are
	var lim unix.Rlimit
	must(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &lim))
	lim.Cur = lim.Max
	must(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &lim))
	if many = within(t, many, 1); many < 200 {
		noSuchFault(t, "only "+strconv.FormatUint(lim.Max, 10)+" descriptors")
	}
	// ulimit -S: what a shell gives by default.
	p := start(t, how{sh: `ulimit -Sn 128; exec "$0" "$@"`}, "listen", "--json", "--broker", "tcp", "127.0.0.1", "0")
	addr := p.addr()
	before := p.resident()
	conns := make([]net.Conn, many)
	for i := range conns {
		conns[i] = dial(t, "tcp", addr)
	}
	p.line(`"conn":` + itoa(many) + `,`)
	if n := threadsOf(t, p.pid()); n > 30 {
		t.Errorf("%d threads", n)
	}
	if grown := p.resident() - before; grown > many+512 { // and what a first few take
		t.Errorf("%d KiB more for %d idle connections", grown, many)
	}
	send(t, conns[0], []byte("to all"))
	for _, c := range conns[1:] {
		if got := receive(t, c, 6); string(got) != "to all" {
			t.Fatalf("%q", got)
		}
	}
	// No more than there are now.
	must(t, unix.Prlimit(p.pid(), unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: uint64(many), Max: lim.Max}, nil))
	late := dial(t, "tcp", addr)
	p.line("accept: too many open files (the limit is " + itoa(many) + ", ulimit -n); who comes now waits until somebody leaves")
	cpu := p.cpu()
	<-time.After(time.Second)
	if used := p.cpu() - cpu; used > 8 {
		t.Errorf("%d ms of processor time in a second", 10*used)
	}
	for _, c := range conns[many/30 : many/10] {
		c.Close()
	}
	p.line(`"conn":` + itoa(many+1) + `,`)
	send(t, conns[0], []byte("late"))
	if got := receive(t, late, 4); string(got) != "late" {
		t.Errorf("%q", got)
	}
	p.signal(unix.SIGTERM)
	if r := p.dies(unix.SIGTERM); strings.Count(r.err, "too many open files") != 1 {
		t.Errorf("it is said %d times", strings.Count(r.err, "too many open files"))
	}
}

// Row 45: connections come and go, and nothing of them stays. CAT5_TEST_CHURN says how many.
func TestFault45_comeAndGo(t *testing.T) {
	row(t)
	n := 2000
	if s := os.Getenv("CAT5_TEST_CHURN"); s != "" {
		n = atoi(t, s)
	}
	p := start(t, how{}, "listen", "--quiet", "--broker", "--ready-fd", "2", "unix", filepath.Join(shortDir(t), "s"))
	p.line("")
	fds := p.sockets()
	turn := func(times int) {
		for range times {
			c, err := net.Dial("unix", p.cmd.Args[len(p.cmd.Args)-1])
			must(t, err)
			send(t, c, []byte("x"))
			c.Close()
		}
		eventually(t, "all have gone", func() bool { return p.sockets() == fds })
	}
	turn(n)
	memory := p.peak()
	turn(n)
	now := p.peak()
	t.Logf("%d KiB resident at most in %d connections, %d in as many again", memory, n, now)
	if now > memory+4<<10 {
		t.Errorf("%d KiB resident, %d before", now, memory)
	}
	p.signal(unix.SIGUSR1)
	p.line("0 connections open, " + itoa(2*n) + " ended: received ")
	p.signal(unix.SIGTERM)
	p.dies(unix.SIGTERM)
}

// Row 46: one peer that takes nothing costs the others a pause of --stall-timeout and no byte, its memory is bounded, and
// what it did not get is told.
func TestFault46_stalledPeer(t *testing.T) {
	row(t)
	// What the kernel holds of the one is bounded, or a large machine takes it all.
	p := start(t, how{}, "listen", "--json", "--broker", "--stall-timeout", "3", "--sndbuf", "64k", "tcp", "127.0.0.1", "0")
	addr := p.addr()
	stalled := dial(t, "tcp", addr)
	must(t, stalled.(*net.TCPConn).SetReadBuffer(64<<10))
	p.line(`"ev":"accept","conn":1,`)
	good := dial(t, "tcp", addr)
	p.line(`"ev":"accept","conn":2,`)
	w := dial(t, "tcp", addr).(*net.TCPConn)
	data := payload(32 << 20)
	got := make(chan []byte)
	go func() {
		b, _ := io.ReadAll(good)
		got <- b
	}()
	send(t, w, data)
	must(t, w.CloseWrite())
	ev := parseEvent(t, p.line(`"ev":"close","conn":1,`))
	if ev["reason"] != "too slow: it held up the others" || ev["lost"].(float64) <= 0 {
		t.Errorf("%v", ev)
	}
	p.line(`"ev":"close","conn":3,`)
	if kib := p.peak(); kib > memoryLimit {
		t.Errorf("%d KiB resident", kib)
	}
	p.signal(unix.SIGTERM)
	r := p.dies(unix.SIGTERM)
	if b := <-got; !bytes.Equal(b, data) {
		t.Errorf("the other got %d bytes of %d", len(b), len(data))
	}
	if !strings.Contains(r.err, "bytes not delivered") {
		t.Error("the loss is not told at the end")
	}
	stalled.Close()
}

// within is n, or as many as a quarter of the descriptors that a process may have are enough for; each takes so many.
func within(t *testing.T, n, each int) int {
	t.Helper()
	var lim unix.Rlimit
	must(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &lim))
	if lim.Max > uint64(4*n*each) { // it may be infinite
		return n
	}
	return int(lim.Max) / 4 / each
}

// receiveLines reads n lines and no more.
func receiveLines(t *testing.T, c net.Conn, n int) (b []byte) {
	t.Helper()
	for one := make([]byte, 1); n > 0; {
		_, err := io.ReadFull(c, one)
		must(t, err)
		if b = append(b, one[0]); one[0] == '\n' {
			n--
		}
	}
	return b
}

// vanish waits until a process is no more.
func vanish(t *testing.T, pid string) {
	t.Helper()
	eventually(t, "process "+pid+" is gone", func() bool {
		b, err := os.ReadFile("/proc/" + pid + "/stat")
		return err != nil || strings.Contains(string(b), ") Z ") // an orphan that nobody has reaped yet
	})
}

func atoi(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	must(t, err)
	return n
}

// resident is its memory now, in KiB (proc_pid_statm(5)).
func (p *proc) resident() int {
	p.t.Helper()
	b, err := os.ReadFile("/proc/" + itoa(p.pid()) + "/statm")
	must(p.t, err)
	return atoi(p.t, strings.Fields(string(b))[1]) * os.Getpagesize() >> 10
}
