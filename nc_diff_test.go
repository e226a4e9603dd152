package main

import (
	"context"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Here the real nc.openbsd and ours do the same, side by side, and have to say and do the same: stdout, stderr, exit
// code, and what the peer got. Where they differ on purpose the reason stands in ncDeliberate.

// ncCase is one invocation and what goes on around it.
type ncCase struct {
	name  string // args, when it is empty
	args  string // PORT: of the test's own server. OWN: free, for nc to listen on. SHUT: nobody. DIR: a folder
	stdin string
	open  bool                       // the input stays open until the case ends it
	serve func(r *ncRun, c net.Conn) // each connection to PORT, or to DIR/sock, one after the other
	udp   bool                       // PORT is a UDP port; serve is called once
	act   func(r *ncRun)             // while nc runs
}

func (c *ncCase) String() string {
	if c.name != "" {
		return c.name
	}
	return c.args
}

// ncResult is what is compared.
type ncResult struct{ code, stdout, stderr, peer, amiss string }

var (
	ncReceived = regexp.MustCompile(`(received on \S+) \d+`)
	ncTemp     = regexp.MustCompile(`Bound on (/tmp/nc-\w+/recv.sock|@[0-9a-f]{5}|@.*)\n`)
)

func (r *ncRun) result(code int) ncResult {
	norm := func(s string) string {
		for _, p := range [][2]string{{r.port, "PORT"}, {r.own, "OWN"}, {r.shut, "SHUT"}, {strings.TrimPrefix(r.dir, "/"), "DIR"}} {
			if p[0] != "" {
				s = regexp.MustCompile(`\b`+regexp.QuoteMeta(p[0])+`\b`).ReplaceAllString(s, p[1])
			}
		}
		s = ncReceived.ReplaceAllString(s, "$1 N")
		return ncTemp.ReplaceAllString(s, "Bound on NAME\n")
	}
	return ncResult{strconv.Itoa(code), norm(r.out.text()), norm(r.err.text()), norm(r.got.String()), r.amiss}
}

// ncPort counts the ports that were given out.
var ncPort atomic.Int32

// freePort is one that nobody uses now, below those that the kernel gives to others (ip_local_port_range).
func freePort(t testing.TB) string {
	for range 10000 {
		port := itoa(20000 + (os.Getpid()*37+int(ncPort.Add(1)))%10000)
		if l, err := net.Listen("tcp", ":"+port); err == nil {
			l.Close()
			return port
		}
	}
	t.Fatal("no port is free")
	return ""
}

// ncDir is a folder whose name is short enough for unix sockets in it.
func ncDir(t *testing.T) string {
	dir, err := os.MkdirTemp("", "nc")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// shutPort is bound, so that nobody else gets it, and refuses connections.
func shutPort(t *testing.T) string {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	sa, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	return strconv.Itoa(sa.(*unix.SockaddrInet4).Port)
}

// ncPair is what the real one did, and ours.
type ncPair struct{ want, got ncResult }

func (p ncPair) agree() bool { return p.got == p.want && p.got.amiss == "" }

func runBoth(t *testing.T, c *ncCase, real, ours string, env []string) ncPair {
	return ncPair{runNC(t, c, real, nil), runNC(t, c, ours, env)}
}

// runNC is one run.
func runNC(t *testing.T, c *ncCase, path string, env []string) ncResult {
	ctx, cancel := context.WithTimeout(context.Background(), ncHang)
	defer cancel()
	r := &ncRun{t: t, shut: shutPort(t), own: freePort(t), exited: make(chan struct{})}
	r.dir = ncDir(t)
	os.WriteFile(filepath.Join(r.dir, "file"), nil, 0o666)
	var stop func()
	switch {
	case c.serve != nil && c.udp:
		stop = r.udpServer(c.serve)
	case c.serve != nil:
		stop = r.server(c)
	}
	args := strings.NewReplacer("PORT", r.port, "OWN", r.own, "SHUT", r.shut, "DIR", r.dir, "LONG", strings.Repeat("a", 110)).Replace(c.args)
	r.cmd = exec.CommandContext(ctx, path)
	r.cmd.Args = append([]string{"nc"}, shellWords(args)...)
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // no terminal to ask at
	r.cmd.Dir = r.dir
	r.cmd.WaitDelay = 5 * time.Second // a program of -e may outlive a netcat that was killed, and holds stderr
	r.cmd.Env = append(append(os.Environ(), "LC_ALL=C"), env...)
	r.out, r.err = &ncOutput{}, &ncOutput{}
	r.cmd.Stdout, r.cmd.Stderr = r.out, r.err
	in, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.in = w
	r.cmd.Stdin = in
	if !c.open {
		io.WriteString(w, c.stdin)
		w.Close()
	}
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	in.Close()
	if c.open {
		io.WriteString(w, c.stdin)
	}
	acted := make(chan struct{})
	go func() {
		defer close(acted)
		if c.act != nil {
			c.act(r)
		}
	}()
	r.cmd.Wait()
	close(r.exited)
	w.Close()
	code := r.cmd.ProcessState.ExitCode()
	if ctx.Err() != nil {
		r.wrong("%s hung: %s", path, r.err.text())
	}
	if stop != nil {
		stop()
	}
	<-acted
	return r.result(code)
}

// shellWords splits at blanks; words in single quotes stay whole.
func shellWords(s string) (words []string) {
	for s = strings.TrimLeft(s, " "); s != ""; s = strings.TrimLeft(s, " ") {
		if s[0] == '\'' {
			end := strings.IndexByte(s[1:], '\'') + 1
			words = append(words, s[1:end])
			s = s[end+1:]
			continue
		}
		word, rest, _ := strings.Cut(s, " ")
		words, s = append(words, word), rest
	}
	return words
}

// TestNC runs every case with both.
func TestNC(t *testing.T) {
	real, err := exec.LookPath("nc.openbsd")
	if err != nil {
		notTried(t, "nc against nc.openbsd (package netcat-openbsd)")
		t.SkipNow()
	}
	ours, err := exec.LookPath("nc")
	if err != nil {
		t.Fatal(err)
	}
	cases := ncScenes()
	for _, line := range ncLines {
		cases = append(cases, ncCase{args: line})
	}
	// They wait for time-outs more than for the processor, so many run at once, whatever -parallel says.
	slots, done := make(chan bool, 24), make([]chan ncPair, len(cases))
	for i := range cases {
		done[i] = make(chan ncPair, 1)
		go func() {
			slots <- true
			done[i] <- runBoth(t, &cases[i], real, ours, nil)
			<-slots
		}()
	}
	run, equal, used := 0, 0, map[string]bool{}
	for i, c := range cases {
		p := <-done[i]
		why := ncDeliberate[c.String()]
		run++
		for again := 0; !p.agree() && why == "" && again < 2; again++ { // what two programs do in time, a busy machine tells apart
			t.Logf("%s: once more\nnc.openbsd %+q\nours       %+q", c.String(), p.want, p.got)
			p = runBoth(t, &cases[i], real, ours, nil)
		}
		switch {
		case p.agree():
			equal++
			if why != "" {
				t.Errorf("nc %s: they agree now, though they should not: %s\n%+v", c.args, why, p.got)
			}
		case why != "":
			used[c.String()] = true
		default:
			t.Errorf("%s: nc %s\nnc.openbsd %+q\nours       %+q", c.String(), c.args, p.want, p.got)
		}
	}
	for name := range ncDeliberate {
		if !used[name] && !t.Failed() {
			t.Errorf("ncDeliberate has %q, which is no case", name)
		}
	}
	t.Logf("nc: %d cases, %d equal, %d different on purpose", run, equal, len(used))
}
