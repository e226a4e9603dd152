package main

import (
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// how says how to start a cat5; the zero value is stdin and stdout as pipes that the test holds.
type how struct {
	stdin, stdout *os.File // nil: a pipe
	sh            string   // run by a shell, with cat5 and its arguments as "$0" "$@"
	attr          *syscall.SysProcAttr
}

// proc is a cat5 at work.
type proc struct {
	t     *testing.T
	cmd   *exec.Cmd
	in    *os.File // the pipe to its stdin; nil if how said something else
	out   *outflow // what came out of its stdout; nil the same
	err   *lines
	ended chan struct{}
	id    int // its number, where a shell that stays runs it; 0: the number of what was started
}

// start starts cat5.
func start(t *testing.T, h how, args ...string) *proc {
	t.Helper()
	argv := append([]string{realCat5(t)}, args...)
	if h.sh != "" {
		argv = append([]string{"sh", "-c", h.sh}, argv...)
	}
	p := &proc{t: t, cmd: exec.Command(argv[0], argv[1:]...), err: newLines(), ended: make(chan struct{})}
	p.cmd.SysProcAttr = h.attr
	var theirs []*os.File
	pipe := func() (r, w *os.File) {
		r, w, err := os.Pipe()
		must(t, err)
		return r, w
	}
	if p.cmd.Stdin = h.stdin; h.stdin == nil {
		r, w := pipe()
		p.cmd.Stdin, p.in, theirs = r, w, append(theirs, r)
		t.Cleanup(func() { w.Close() })
	}
	if p.cmd.Stdout = h.stdout; h.stdout == nil {
		r, w := pipe()
		p.cmd.Stdout, p.out, theirs = w, newOutflow(r), append(theirs, w)
	}
	r, w := pipe()
	p.cmd.Stderr, theirs = w, append(theirs, w)
	go p.err.read(r)
	must(t, p.cmd.Start())
	for _, f := range theirs {
		f.Close()
	}
	go func() {
		p.cmd.Wait() // ProcessState has it all
		close(p.ended)
	}()
	t.Cleanup(func() {
		p.cmd.Process.Kill()
		<-p.ended
	})
	return p
}

// feed writes s to its stdin and closes that.
func (p *proc) feed(s string) *proc {
	p.t.Helper()
	p.write(s)
	must(p.t, p.in.Close())
	return p
}

func (p *proc) write(s string) {
	p.t.Helper()
	_, err := io.WriteString(p.in, s)
	must(p.t, err)
}

func (p *proc) pid() int {
	if p.id != 0 {
		return p.id
	}
	return p.cmd.Process.Pid
}

func (p *proc) signal(s syscall.Signal) {
	p.t.Helper()
	must(p.t, p.cmd.Process.Signal(s))
}

// line waits for a line of stderr that contains s.
func (p *proc) line(s string) string {
	p.t.Helper()
	return p.err.wait(p.t, s)
}

// event waits for a JSON event.
func (p *proc) event(ev string) map[string]any {
	p.t.Helper()
	return parseEvent(p.t, p.line(`"ev":"`+ev+`"`))
}

func parseEvent(t *testing.T, line string) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(line), &m); err != nil {
		t.Fatalf("%v in %q", err, line)
	}
	return m
}

// addr waits until a listener listens, and gives its address.
func (p *proc) addr() string {
	p.t.Helper()
	line := p.err.waitAny(p.t, "listening on ", `"ev":"listen"`)
	if _, a, ok := strings.Cut(line, "listening on "); ok {
		return a
	}
	return parseEvent(p.t, line)["local"].(string)
}
