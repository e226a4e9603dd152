package main

import (
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Row 19, for a relay, whose connections need descriptors on both sides: nobody who has been let in is sent away.
func TestFault19_relayWithoutDescriptors(t *testing.T) {
	row(t)
	r := newRelayed(t, "-v")
	a, b := r.pair(t)
	var old unix.Rlimit
	must(t, unix.Prlimit(r.pid(), unix.RLIMIT_NOFILE, nil, &old))
	free := 0
	for free = 0; ; free++ {
		if _, err := os.Lstat("/proc/" + itoa(r.pid()) + "/fd/" + itoa(free)); err != nil {
			break
		}
	}
	must(t, unix.Prlimit(r.pid(), unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: uint64(free) + 1, Max: old.Max}, nil))
	second := dial(t, "tcp", r.at) // has room on one side
	r.line("socket " + r.backend.Addr().String() + ": too many open files; trying again")
	send(t, a, []byte("goes on"))
	receive(t, b, 7)
	before := r.cpu()
	<-time.After(time.Second)
	if used := r.cpu() - before; used > 5 {
		t.Errorf("%d ms of processor time in a second", 10*used)
	}
	third := dial(t, "tcp", r.at)
	must(t, unix.Prlimit(r.pid(), unix.RLIMIT_NOFILE, &old, nil))
	for _, c := range []net.Conn{second, third} {
		other := accept(t, r.backend)
		send(t, c, []byte("after all"))
		receive(t, other, 9)
	}
	r.signal(unix.SIGTERM)
	if r := r.dies(unix.SIGTERM); strings.Count(r.err, "too many open files") != 1 {
		t.Errorf("it is said %d times:\n%s", strings.Count(r.err, "too many open files"), r.err)
	}
}

// The same for datagrams: those who have a session go on, whoever else comes, and who cannot get one is counted.
func TestFault19_relayUDPWithoutDescriptors(t *testing.T) {
	row(t)
	backend := udpServer(t)
	r := start(t, how{}, "relay", "--json", "listen:udp:0", "udp:"+backend)
	at := r.addr()
	first := dial(t, "udp", at)
	ask := func(c net.Conn, s string) {
		t.Helper()
		send(t, c, []byte(s))
		if got := receive(t, c, len(s)); string(got) != s {
			t.Errorf("%q was answered with %q", s, got)
		}
	}
	ask(first, "first")
	var old unix.Rlimit
	must(t, unix.Prlimit(r.pid(), unix.RLIMIT_NOFILE, nil, &old))
	must(t, unix.Prlimit(r.pid(), unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 3, Max: old.Max}, nil))
	second := dial(t, "udp", at)
	send(t, second, []byte("second")) // is kept
	r.event("warn")
	third := dial(t, "udp", at)
	send(t, third, []byte("third")) // cannot be
	if n := r.event("dropped")["bytes"]; n != 5.0 {
		t.Errorf("%v bytes dropped", n)
	}
	for range 5 { // each in a turn of its own
		ask(first, "goes on")
	}
	must(t, unix.Prlimit(r.pid(), unix.RLIMIT_NOFILE, &old, nil))
	if got := receive(t, second, 6); string(got) != "second" {
		t.Errorf("%q", got)
	}
	ask(third, "again")
	r.signal(unix.SIGTERM)
	r.dies(unix.SIGTERM)
	if ev := r.event("exit"); ev["in"] != 51.0 || ev["out"] != 51.0 || ev["lost"] != 5.0 {
		t.Errorf("%v", ev)
	}
}
