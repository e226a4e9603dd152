package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"
)

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

// accounts waits for the end and checks the exit code and the account of bytes in the exit event.
func (p *proc) accounts(code int, in, out, lost int64) result {
	p.t.Helper()
	r := p.wait()
	a := r.account(p.t)
	if want := (account{code, a.Reason, in, out, lost}); a != want || !r.status.Exited() || r.status.ExitStatus() != code {
		p.t.Errorf("%s and %+v, want %+v", describe(r.status), a, want)
	}
	return r
}

// accountsLike is accounts for figures that depend on the moment.
func (p *proc) accountsLike(code int, ok func(a account) bool) result {
	p.t.Helper()
	r := p.wait()
	if a := r.account(p.t); a.Code != code || !r.status.Exited() || r.status.ExitStatus() != code || !ok(a) {
		p.t.Errorf("%s and %+v", describe(r.status), a)
	}
	return r
}

// both runs a scenario twice, as people see it and with --json.
func both(t *testing.T, f func(t *testing.T, json string)) {
	for _, flag := range []string{"--quiet", "--json"} {
		t.Run(flag[2:], func(t *testing.T) { f(t, flag) })
	}
}

// eachWay runs a scenario for each way of moving bytes: through our memory, and inside the kernel where that can be.
func eachWay(t *testing.T, f func(t *testing.T, way string)) {
	for _, way := range []string{"--io=copy", "--io=auto"} {
		t.Run(way[2:], func(t *testing.T) { f(t, way) })
	}
}
