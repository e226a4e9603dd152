package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
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

// ncRun is a case with one of the two.
type ncRun struct {
	t               *testing.T
	port, own, shut string
	dir             string
	in              *os.File // what is typed; closed by end
	out, err        *ncOutput
	mu              sync.Mutex
	got             bytes.Buffer // what the peer got
	amiss           string       // what did not come to pass
	cmd             *exec.Cmd
	exited          chan struct{}
}

// ncHang is when a run counts as hung.
const ncHang = 30 * time.Second

func (r *ncRun) peerGot(b []byte) {
	r.mu.Lock()
	r.got.Write(b)
	r.mu.Unlock()
}

// wrong notes what did not come to pass.
func (r *ncRun) wrong(format string, a ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.amiss += fmt.Sprintf(format, a...) + "\n"
}

func (r *ncRun) end() { r.in.Close() }

func (r *ncRun) write(s string) { io.WriteString(r.in, s) }

// waitOut waits until so much has come to stdout.
func (r *ncRun) waitOut(want string) {
	if !r.out.await(want, r.exited) {
		r.wrong("stdout never had %q: %q; stderr: %q", want, r.out.text(), r.err.text())
	}
}

// waitErr is the same for stderr.
func (r *ncRun) waitErr(want string) {
	if !r.err.await(want, r.exited) {
		r.wrong("stderr never had %q: %q", want, r.err.text())
	}
}

// ncOutput is what a program says.
type ncOutput struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *ncOutput) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(b)
}

func (o *ncOutput) text() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

func (o *ncOutput) await(want string, over chan struct{}) bool {
	for end := time.Now().Add(ncHang); time.Now().Before(end); {
		if strings.Contains(o.text(), want) {
			return true
		}
		select {
		case <-over:
			return strings.Contains(o.text(), want)
		case <-time.After(2 * time.Millisecond):
		}
	}
	return false
}

// listening waits until nc has OWN: by the kernel's table, as a datagram would be one.
func (r *ncRun) listening(network string) {
	n, _ := strconv.Atoi(r.own)
	want := fmt.Sprintf(":%04X ", n)
	for end := time.Now().Add(ncHang); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		for _, v := range []string{"", "6"} {
			b, _ := os.ReadFile("/proc/net/" + network + v)
			for line := range strings.Lines(string(b)) {
				f := strings.Fields(line)
				if len(f) > 3 && strings.HasSuffix(f[1]+" ", want) {
					return
				}
			}
		}
		select {
		case <-r.exited:
			r.wrong("gone before it listened: %s", r.err.text())
			return
		default:
		}
	}
	r.wrong("never listened")
}

// reach dials nc as soon as it listens; an attempt that is refused nobody notices.
func (r *ncRun) reach(network, path string) net.Conn {
	for end := time.Now().Add(ncHang); time.Now().Before(end) && !ncOver(r); time.Sleep(5 * time.Millisecond) {
		if c, err := net.Dial(network, path); err == nil {
			c.SetDeadline(time.Now().Add(ncHang))
			return c
		}
	}
	r.wrong("never there: %s: %s", path, r.err.text())
	c, _ := net.Pipe()
	return c
}

// dial is a client of nc's.
func (r *ncRun) dial(network, addr string) net.Conn {
	c, err := net.Dial(network, addr)
	if err != nil {
		r.wrong("%v", err)
		c, _ = net.Pipe()
	}
	c.SetDeadline(time.Now().Add(ncHang))
	return c
}

// tcp dials OWN on IPv4 as soon as nc listens.
func (r *ncRun) tcp() net.Conn { return r.reach("tcp", "127.0.0.1:"+r.own) }

// end tells the peer that no more comes.
func ncEnd(c net.Conn) {
	if h, ok := c.(interface{ CloseWrite() error }); ok {
		h.CloseWrite()
	}
}

// drain notes what comes until the end.
func (r *ncRun) drain(c net.Conn) {
	b, _ := io.ReadAll(c)
	r.peerGot(b)
}

// read notes so much.
func (r *ncRun) read(c net.Conn, n int) {
	b := make([]byte, n)
	m, _ := io.ReadFull(c, b)
	r.peerGot(b[:m])
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

// server is what listens on PORT, and on DIR/sock when the case has that.
func (r *ncRun) server(c *ncCase) (stop func()) {
	network, addr := "tcp4", "127.0.0.1:0"
	if strings.Contains(c.args, "DIR/sock") {
		network, addr = "unix", filepath.Join(r.dir, "sock")
	}
	if strings.Contains(c.args, "::1") {
		network, addr = "tcp6", "[::1]:0"
	}
	l, err := net.Listen(network, addr)
	if err != nil {
		r.t.Fatal(err)
	}
	if network != "unix" {
		_, r.port, _ = net.SplitHostPort(l.Addr().String())
	}
	var own net.Addr // of the connection that says that there will be no more
	if network == "unix" {
		own = &net.UnixAddr{Name: "@" + r.dir, Net: "unix"}
	}
	var stopping atomic.Bool
	last, done := make(chan string), make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			conn.SetDeadline(time.Now().Add(ncHang))
			if stopping.Load() && conn.RemoteAddr().String() == <-last {
				conn.Close()
				return
			}
			c.serve(r, conn)
			conn.Close()
		}
	}()
	return func() { // those of nc that wait in the queue are served first
		stopping.Store(true)
		defer l.Close()
		end, err := (&net.Dialer{LocalAddr: own}).Dial(network, l.Addr().String())
		if err != nil {
			l.Close()
			<-done
			return
		}
		defer end.Close()
		for {
			select {
			case last <- end.LocalAddr().String():
			case <-done:
				return
			}
		}
	}
}

// udpConn is a socket that answers whoever sent last.
type udpConn struct {
	net.PacketConn
	last net.Addr
}

func (u *udpConn) Read(b []byte) (int, error) {
	n, from, err := u.ReadFrom(b)
	if err == nil {
		u.last = from
	}
	return n, err
}
func (u *udpConn) Write(b []byte) (int, error) { return u.WriteTo(b, u.last) }
func (u *udpConn) RemoteAddr() net.Addr        { return u.last }

func (r *ncRun) udpServer(serve func(*ncRun, net.Conn)) (stop func()) {
	p, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		r.t.Fatal(err)
	}
	_, r.port, _ = net.SplitHostPort(p.LocalAddr().String())
	p.SetDeadline(time.Now().Add(ncHang))
	done := make(chan struct{})
	go func() {
		defer close(done)
		serve(r, &udpConn{PacketConn: p})
	}()
	return func() {
		p.SetDeadline(time.Now().Add(500 * time.Millisecond)) // what has been sent is in the queue
		<-done
		p.Close()
	}
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
