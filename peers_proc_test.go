package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"hash"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// peerHang is when a conversation counts as hung. Nothing waits this long unless something is wrong.
const peerHang = 60 * time.Second

// peer is one running program of a conversation: what is written to its input, what came from its output.
type peer struct {
	t    *testing.T
	ctx  context.Context
	name string
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *peerSink
	errs peerErrors
	done chan struct{} // closed when it has ended
}

// startPeer starts a program. When ctx ends, the program is killed, and everybody who waits for it sees its end.
func startPeer(ctx context.Context, t *testing.T, extra []*os.File, argv ...string) *peer {
	t.Helper()
	p := &peer{t: t, ctx: ctx, name: filepath.Base(argv[0]), done: make(chan struct{})}
	p.cmd = exec.CommandContext(ctx, argv[0], argv[1:]...)
	p.cmd.ExtraFiles = extra
	p.cmd.Stderr = &p.errs
	in, err := p.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, theirs, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Stdout = theirs
	p.in, p.out = in, newPeerSink(out)
	err = p.cmd.Start()
	theirs.Close()
	if err != nil {
		out.Close()
		t.Fatalf("%s: %v", strings.Join(argv, " "), err)
	}
	go func() {
		p.cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() {
		p.cmd.Process.Kill()
		p.wait()
	})
	return p
}

// write gives the program input. A program that has gone makes the case fail, not the test program.
func (p *peer) write(b []byte) {
	if _, err := p.in.Write(b); err != nil {
		p.t.Errorf("writing to %s: %v", p.name, err)
	}
}

func (p *peer) end() { p.in.Close() }

// wait waits for the program and the end of its output; the answer is its exit code, or less than 0 when a signal ended
// it.
func (p *peer) wait() int {
	<-p.done
	p.out.waitEOF()
	st := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	if st.Signaled() {
		return -int(st.Signal())
	}
	return st.ExitStatus()
}

// exits checks the exit code.
func (p *peer) exits(want ...int) {
	p.t.Helper()
	got := p.wait()
	for _, w := range want {
		if got == w {
			return
		}
	}
	if errors.Is(p.ctx.Err(), context.DeadlineExceeded) {
		p.t.Errorf("%s hung: killed after %v", p.name, peerHang)
	}
	p.t.Errorf("%s: exit %d, want %v; it said: %s", p.name, got, want, p.errs.String())
}

// stop ends a program that has no end of its own.
func (p *peer) stop() { p.cmd.Process.Signal(syscall.SIGTERM) }

// account compares the exit event of a cat5 with --json with what was put in and what came out.
func (p *peer) account(code int, out, in int64) {
	p.t.Helper()
	lines := strings.Split(strings.TrimSpace(p.errs.String()), "\n")
	var ev struct {
		Ev            string
		Code          int
		In, Out, Lost int64
	}
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &ev); err != nil || ev.Ev != "exit" {
		p.t.Errorf("%s: the last line on stderr is no exit event: %q", p.name, lines[len(lines)-1])
		return
	}
	if ev.Code != code || ev.Out != out || ev.In != in || ev.Lost != 0 {
		p.t.Errorf("%s says exit %d, out %d, in %d, lost %d; want exit %d, out %d, in %d, lost 0",
			p.name, ev.Code, ev.Out, ev.In, ev.Lost, code, out, in)
	}
}

// peerSink reads an output to its end, and lets others wait until so much has come.
type peerSink struct {
	mu   sync.Mutex
	more *sync.Cond
	n    int
	eof  bool
	sum  hash.Hash
	kept []byte // the beginning, to show and to compare
	echo io.WriteCloser
}

const keepMax = 1 << 20

func newPeerSink(r io.ReadCloser) *peerSink {
	s := &peerSink{sum: sha256.New()}
	s.more = sync.NewCond(&s.mu)
	go func() {
		io.Copy(s, r)
		r.Close()
		s.mu.Lock()
		s.eof = true
		s.more.Broadcast()
		echo := s.echo
		s.mu.Unlock()
		if echo != nil {
			echo.Close()
		}
	}()
	return s
}

// echoTo makes the sink an echo: what has come, and the end, goes to w.
func (s *peerSink) echoTo(w io.WriteCloser) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.echo = w
}

func (s *peerSink) Write(b []byte) (int, error) {
	s.mu.Lock()
	echo := s.echo
	s.mu.Unlock()
	if echo != nil {
		if _, err := echo.Write(b); err != nil {
			return 0, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sum.Write(b)
	s.n += len(b)
	s.kept = append(s.kept, b[:min(len(b), keepMax-len(s.kept))]...)
	s.more.Broadcast()
	return len(b), nil
}

// waitFor waits until n bytes have come in all, and says whether they have before the end.
func (s *peerSink) waitFor(n int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.n < n && !s.eof {
		s.more.Wait()
	}
	return s.n >= n
}

func (s *peerSink) waitEOF() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for !s.eof {
		s.more.Wait()
	}
}

// got checks that exactly want has come by now, by its SHA-256.
func (s *peerSink) got(t *testing.T, who string, want []byte) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	sum := sha256.Sum256(want)
	if s.n == len(want) && bytes.Equal(s.sum.Sum(nil), sum[:]) {
		return
	}
	at := 0
	for at < len(s.kept) && at < len(want) && s.kept[at] == want[at] {
		at++
	}
	t.Errorf("%s received %d bytes, want %d; the first difference is at %d, or beyond %d", who, s.n, len(want), at, len(s.kept))
}

// peerErrors is a stderr that may be read while it is written.
type peerErrors struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *peerErrors) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *peerErrors) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
