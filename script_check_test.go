package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

// The commands that make what a script needs, and that check what came out.

// cmdDeaf is "deaf tcp" or "deaf PATH": a listener, on a port that is then in $PORT or at a unix path, whose queue is
// full and that accepts nobody: the next connect(2) there gets no answer.
func cmdDeaf(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: deaf tcp|PATH")
	}
	family, addr := unix.AF_INET, unix.Sockaddr(&unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}})
	if args[0] != "tcp" {
		family, addr = unix.AF_UNIX, &unix.SockaddrUnix{Name: ts.MkAbs(args[0])}
	}
	socket := func() int {
		fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		ts.Check(err)
		s := scriptOf(ts)
		s.fds = append(s.fds, fd)
		return fd
	}
	l := socket()
	ts.Check(unix.Bind(l, addr))
	// The kernel's queue is full when it holds more than the backlog: with a backlog of 0 that is one connection.
	ts.Check(unix.Listen(l, 0))
	addr, err := unix.Getsockname(l)
	ts.Check(err)
	ts.Check(unix.Connect(socket(), addr))
	if a, ok := addr.(*unix.SockaddrInet4); ok {
		ts.Setenv("PORT", strconv.Itoa(a.Port))
	}
}

// cmdShut is "shut tcp" or "shut udp": it puts into $PORT a port of 127.0.0.1 that nobody listens on, and that nobody
// gets while the script runs: a socket is bound to it that does not listen, or is connected elsewhere.
func cmdShut(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 || args[0] != "tcp" && args[0] != "udp" {
		ts.Fatalf("usage: shut tcp|udp")
	}
	typ := unix.SOCK_STREAM
	if args[0] == "udp" {
		typ = unix.SOCK_DGRAM
	}
	fd, err := unix.Socket(unix.AF_INET, typ|unix.SOCK_CLOEXEC, 0)
	ts.Check(err)
	s := scriptOf(ts)
	s.fds = append(s.fds, fd)
	ts.Check(unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	addr, err := unix.Getsockname(fd)
	ts.Check(err)
	port := addr.(*unix.SockaddrInet4).Port
	if typ == unix.SOCK_DGRAM { // connected to itself, it hears nobody else: to others the port is unreachable
		ts.Check(unix.Connect(fd, addr))
	}
	ts.Setenv("PORT", strconv.Itoa(port))
}

// cmdDatagram is "datagram PATH BYTES": it sends a datagram of so many bytes to the unix socket at PATH.
func cmdDatagram(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: datagram PATH BYTES")
	}
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	ts.Check(err)
	defer unix.Close(fd)
	ts.Check(unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, 2*n)) // what the host allows of it
	ts.Check(unix.Sendto(fd, make([]byte, n), 0, &unix.SockaddrUnix{Name: ts.MkAbs(args[0])}))
}

// cmdEvents is "events FILE [EVENT...]": each line of FILE has to be an event of --json, with one exit, at the end, and
// these events have to be among them in this order. EVENT is a name, or name:field=value,field=value.
func cmdEvents(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: events FILE [EVENT...]")
	}
	want, last, exits := args[1:], "", 0
	for i, line := range strings.SplitAfter(ts.ReadFile(args[0]), "\n") {
		if line == "" {
			continue
		}
		var ev map[string]any
		dec := json.NewDecoder(strings.NewReader(line))
		dec.UseNumber()
		if err := dec.Decode(&ev); err != nil || !strings.HasSuffix(line, "\n") {
			ts.Fatalf("line %d: %q is not a line of JSON: %v", i+1, line, err)
		}
		if len(line) > 4096 {
			ts.Fatalf("line %d has %d bytes: it is not written in one piece", i+1, len(line))
		}
		last = fmt.Sprint(ev["ev"])
		if fmt.Sprint(ev["v"]) != "1" || ev["t"] == nil || ev["us"] == nil || last == "" {
			ts.Fatalf("line %d lacks v, t, us or ev: %s", i+1, line)
		}
		if last == "exit" {
			exits++
		}
		if len(want) > 0 && isEvent(ev, want[0]) {
			want = want[1:]
		}
	}
	if exits != 1 || last != "exit" {
		ts.Fatalf("%d exit events, the last event is %q", exits, last)
	}
	if len(want) > 0 {
		ts.Fatalf("no event %s, or not in this order", want[0])
	}
}

func isEvent(ev map[string]any, want string) bool {
	name, fields, _ := strings.Cut(want, ":")
	if fmt.Sprint(ev["ev"]) != name {
		return false
	}
	for _, f := range strings.Split(fields, ",") {
		if k, v, ok := strings.Cut(f, "="); ok && fmt.Sprint(ev[k]) != v {
			return false
		}
	}
	return true
}

// cmdFits is "fits FILE": the text fits a screen, 80 columns by 60 lines.
func cmdFits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: fits FILE")
	}
	lines := strings.Split(strings.TrimSuffix(ts.ReadFile(args[0]), "\n"), "\n")
	for i, l := range lines {
		if n := utf8.RuneCountInString(l); n > 80 {
			ts.Fatalf("line %d has %d columns: %s", i+1, n, l)
		}
	}
	if len(lines) > 60 {
		ts.Fatalf("%d lines are more than 60", len(lines))
	}
}

// cmdEscapes is "escapes FILE TEXT": it writes TEXT to FILE, with the escapes of a Go string, for bytes that a script
// cannot hold.
func cmdEscapes(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: escapes FILE TEXT")
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(unescape(ts, args[1])), 0o666))
}

// cmdGenerate is "generate FILE SIZE": SIZE random bytes, or with "generate FILE N line" N lines.
func cmdGenerate(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: generate FILE SIZE, or generate FILE N line")
	}
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	var b bytes.Buffer
	if len(args) == 3 {
		for i := range n {
			fmt.Fprintf(&b, "line %d\n", i)
		}
	} else {
		random := rand.NewChaCha8([32]byte{5})
		b.Grow(n)
		chunk := make([]byte, n)
		random.Read(chunk)
		b.Write(chunk)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b.Bytes(), 0o666))
}

// cmdSize is "size FILE BYTES".
func cmdSize(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: size FILE BYTES")
	}
	st, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	if strconv.FormatInt(st.Size(), 10) != args[1] {
		ts.Fatalf("%s has %d bytes, not %s", args[0], st.Size(), args[1])
	}
}

// cmdMode is "mode FILE srwx------": permissions as ls(1) shows them.
func cmdMode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: mode FILE MODE")
	}
	st, err := os.Lstat(ts.MkAbs(args[0]))
	ts.Check(err)
	got := "-" + st.Mode().Perm().String()[1:]
	switch st.Mode().Type() {
	case os.ModeSocket:
		got = "s" + got[1:]
	case os.ModeDir:
		got = "d" + got[1:]
	}
	if got != args[1] {
		ts.Fatalf("%s is %s, not %s", args[0], got, args[1])
	}
}

// cmdLike is "like FILE PATTERN": FILE has the lines of PATTERN, in which "..." stands for anything: within a line for
// some of it, alone on a line for any lines.
func cmdLike(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: like FILE PATTERN")
	}
	lines := func(name string) []string { return strings.Split(strings.TrimSuffix(ts.ReadFile(name), "\n"), "\n") }
	if got := lines(args[0]); !matches(lines(args[1]), got) {
		ts.Fatalf("%s is not like %s:\n%s", args[0], args[1], strings.Join(got, "\n"))
	}
}
