package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// how says how to start a cat5; the zero value is stdin and stdout as pipes that the test holds.
type how struct {
	stdin, stdout *os.File // nil: a pipe
	sh            string   // run by a shell, with cat5 and its arguments as "$0" "$@"
	attr          *syscall.SysProcAttr
	env           []string
}

// proc is a cat5 at work.
type proc struct {
	t       *testing.T
	cmd     *exec.Cmd
	in      *os.File // the pipe to its stdin; nil if how said something else
	out     *outflow // what came out of its stdout; nil the same
	err     *lines
	ended   chan struct{}
	waitErr error
}

// start starts cat5.
func start(t *testing.T, h how, args ...string) *proc {
	t.Helper()
	argv := append([]string{realCat5(t)}, args...)
	if h.sh != "" {
		argv = append([]string{"sh", "-c", h.sh}, argv...)
	}
	p := &proc{t: t, cmd: exec.Command(argv[0], argv[1:]...), err: newLines(), ended: make(chan struct{})}
	p.cmd.SysProcAttr, p.cmd.Env = h.attr, append(os.Environ(), h.env...)
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
		p.waitErr = p.cmd.Wait()
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

func (p *proc) pid() int { return p.cmd.Process.Pid }

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

// result is how a cat5 ended.
type result struct {
	status syscall.WaitStatus
	out    string
	err    string // all of stderr
	lines  []string
	usage  *syscall.Rusage
}

// wait waits for the end.
func (p *proc) wait() result {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(hang):
		p.cmd.Process.Signal(syscall.SIGQUIT) // the Go runtime shows where it hangs
		p.t.Fatalf("hangs: %q\nstderr: %s", p.cmd.Args, strings.Join(p.err.now(), "\n"))
	}
	state := p.cmd.ProcessState
	r := result{status: state.Sys().(syscall.WaitStatus), usage: state.SysUsage().(*syscall.Rusage)}
	r.lines = p.err.end(p.t)
	r.err = strings.Join(r.lines, "\n")
	if p.out != nil {
		r.out = string(p.out.end(p.t))
	}
	return r
}

// ends waits for the end and checks the exit code and, without the "cat5: ", the last line of stderr ("" for an empty
// stderr; a sentence that ends in "..." is a beginning).
func (p *proc) ends(code int, sentence string) result {
	p.t.Helper()
	r := p.wait()
	if !r.status.Exited() || r.status.ExitStatus() != code {
		p.t.Errorf("%s, want exit %d\nstderr: %s", describe(r.status), code, r.err)
	}
	last := ""
	if len(r.lines) > 0 {
		last = strings.TrimPrefix(r.lines[len(r.lines)-1], "cat5: ")
	}
	begin, cut := strings.CutSuffix(sentence, "...")
	if last != sentence && !(cut && strings.HasPrefix(last, begin)) {
		p.t.Errorf("stderr ends in %q, want %q", last, sentence)
	}
	return r
}

// dies waits for the end, which has to be a real death by that signal.
func (p *proc) dies(s syscall.Signal) result {
	p.t.Helper()
	r := p.wait()
	if !r.status.Signaled() || r.status.Signal() != s {
		p.t.Errorf("%s, want death by %v\nstderr: %s", describe(r.status), s, r.err)
	}
	return r
}

func describe(s syscall.WaitStatus) string {
	if s.Signaled() {
		return "died of " + s.Signal().String()
	}
	return fmt.Sprintf("exit %d", s.ExitStatus())
}

// account is the exit event: exactly one, and the last line.
type account struct {
	Code          int
	Reason        string
	In, Out, Lost int64
}

func (r result) account(t *testing.T) account {
	t.Helper()
	if n := strings.Count(r.err, `"ev":"exit"`); n != 1 || !strings.Contains(r.lines[len(r.lines)-1], `"ev":"exit"`) {
		t.Fatalf("%d exit events, and the last line has to be one:\n%s", n, r.err)
	}
	var a account
	must(t, json.Unmarshal([]byte(r.lines[len(r.lines)-1]), &a))
	return a
}

// events are all JSON events of a kind.
func (r result) events(t *testing.T, ev string) (all []map[string]any) {
	t.Helper()
	for _, l := range r.lines {
		if strings.Contains(l, `"ev":"`+ev+`"`) {
			all = append(all, parseEvent(t, l))
		}
	}
	return all
}
