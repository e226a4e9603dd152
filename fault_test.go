package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// This file makes every call that cat5 makes fail, in every way its man page knows, one at a time, and holds cat5 to
// its promise: everything arrives and the exit is 0, or the exit is another and one sentence says why. It never hangs,
// never crashes, leaves nothing open.
//
// The whole of it is some three thousand runs: -short draws one fault of faultShare, always the same ones.
const faultShare = 20

// faultRun is a run of a scene and what came of it.
type faultRun struct {
	scene *faultScene
	fault string
	hang  bool
	state *os.ProcessState
	up    []byte // what the peer got
	down  []byte // what came out of cat5
	said  string // on stderr
	calls []string
	made  bool // the fault was made
}

func (s *faultScene) run(t *testing.T, fault string) *faultRun {
	t.Helper()
	dir, err := os.MkdirTemp("", "f") // short: a unix socket's path has to fit
	must(t, err)
	defer os.RemoveAll(dir)
	p := newFaultPeer(t, s, dir)
	ctx, cancel := context.WithTimeout(context.Background(), hang)
	defer cancel()
	var pA *faultPeer
	addrA := ""
	if s.relays() {
		other := s.otherSide()
		must(t, os.Mkdir(filepath.Join(dir, "a"), 0o700))
		pA = newFaultPeer(t, other, filepath.Join(dir, "a"))
		addrA = pA.addr
	}
	args := strings.NewReplacer("ADDRA", addrA, "ADDR", p.addr, "OUT", filepath.Join(dir, "out")).Replace(s.args)
	cmd := exec.CommandContext(ctx, "cat5", strings.Fields(args)...)
	cmd.WaitDelay = 10 * time.Second
	notes := faultFile(t, dir, "notes", nil)
	defer notes.Close()
	cmd.ExtraFiles = []*os.File{notes}
	// The race detector would sleep for a second at each exit.
	cmd.Env = append(os.Environ(), s.env, "CAT5_TEST_CALLS=3", "CAT5_TEST_FAULT="+fault, "GORACE=atexit_sleep_ms=0 "+os.Getenv("GORACE"))
	cmd.Stdin = bytes.NewReader(s.up)
	if s.inFile {
		f := faultFile(t, dir, "in", s.up)
		defer f.Close()
		cmd.Stdin = f
	}
	var piped bytes.Buffer
	cmd.Stdout = &piped
	if s.outFile {
		f := faultFile(t, dir, "stdout", nil)
		defer f.Close()
		cmd.Stdout = f
	}
	talk := &faultTalk{dial: p.dial}
	if pA != nil {
		cmd.Stdin, talk.dial = nil, pA.dial
	}
	cmd.Stderr = talk
	err = cmd.Run()
	if e := (*exec.ExitError)(nil); err != nil && !errors.As(err, &e) && !errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		t.Logf("%s %s: %v", s.name, fault, err) // our input was not all read
	}
	r := &faultRun{scene: s, fault: fault, hang: ctx.Err() != nil, state: cmd.ProcessState, up: p.finish(t), said: talk.text.String()}
	switch {
	case pA != nil:
		r.down = pA.finish(t)
	case strings.Contains(s.args, "OUT "):
		r.down, _ = os.ReadFile(filepath.Join(dir, "out"))
	case s.outFile:
		r.down, _ = os.ReadFile(filepath.Join(dir, "stdout"))
	default:
		r.down = piped.Bytes()
	}
	if strings.Contains(s.args, "OUT.port") {
		r.down, _ = os.ReadFile(filepath.Join(dir, "stdout"))
	}
	log, _ := os.ReadFile(filepath.Join(dir, "notes"))
	r.calls = strings.Fields(string(log))
	r.made = slices.Contains(r.calls, "!")
	return r
}

// faultFile makes a file of this content, open at its start.
func faultFile(t *testing.T, dir, name string, content []byte) *os.File {
	t.Helper()
	path := filepath.Join(dir, name)
	must(t, os.WriteFile(path, content, 0o600))
	flags := os.O_RDWR
	if name == "notes" {
		flags |= os.O_APPEND
	}
	f, err := os.OpenFile(path, flags, 0)
	must(t, err)
	return f
}

// faultTalk is cat5's stderr; it lets the peer know when cat5 listens.
type faultTalk struct {
	text bytes.Buffer
	dial func(addr string)
	told bool
}

func (w *faultTalk) Write(b []byte) (int, error) {
	w.text.Write(b)
	if _, rest, ok := strings.Cut(w.text.String(), "listening on "); ok && !w.told {
		if addr, _, ok := strings.Cut(rest, "\n"); ok {
			w.told = true
			w.dial(addr)
		}
	}
	return len(b), nil
}

// verdict is "" for a run that keeps the promise.
func (r *faultRun) verdict(benign bool) string {
	status := r.state.Sys().(syscall.WaitStatus)
	whole := bytes.Equal(r.up, r.scene.up) && bytes.Equal(r.down, r.scene.down)
	code := r.state.ExitCode()
	account := fmt.Sprintf("%s; the peer got %d of %d bytes, we %d of %d; stderr:\n%s",
		r.state, len(r.up), len(r.scene.up), len(r.down), len(r.scene.down), r.said)
	switch {
	case r.hang:
		return "hangs: " + account
	case code == 125:
		return "crashes: " + account
	case code == exitLeak:
		return "leaves something behind: " + account
	case status.Signaled() && (status.Signal() != syscall.SIGPIPE || !strings.HasSuffix(r.fault, "EPIPE")):
		return "dies of a signal: " + account
	case code == 0 && !whole:
		return "loses bytes and exits 0: " + account
	case benign && code != 0:
		return "does not take it as it should: " + account
	case code != 0 && !status.Signaled() && r.sentences() == 0:
		return "does not say why: " + account
	}
	return ""
}

// sentences is how many lines of stderr say what went wrong.
func (r *faultRun) sentences() (n int) {
	for line := range strings.Lines(r.said) {
		if rest, ok := strings.CutPrefix(line, "cat5: "); ok && !strings.HasPrefix(rest, "listening on ") {
			n++
		}
	}
	return n
}

// faults are those that can be made in a scene in which these calls were made.
func (s *faultScene) faults(calls []string) (faults []fault) {
	count := map[string]int{}
	for _, c := range calls {
		count[c]++
	}
	for _, row := range faultTable {
		ns := []int{1, 2, 3, 4, count[row.call]}
		slices.Sort(ns)
		for _, n := range slices.Compact(ns) {
			if n < 1 || n > count[row.call] {
				continue
			}
			for _, a := range row.errnos {
				faults = append(faults, fault{fmt.Sprintf("%s:%d:%s", row.call, n, a), false})
			}
			for _, a := range row.benign {
				// A full backlog means that a server lives where we want to: then its socket is not a stale one.
				benign := row.call != "Connect" || !s.listens()
				faults = append(faults, fault{fmt.Sprintf("%s:%d:%s", row.call, n, a), benign})
			}
		}
	}
	return faults
}

type fault struct {
	name   string
	benign bool
}

// drawn says whether a fault is among those that are run.
func (f fault) drawn(scene string) bool { return !testing.Short() || f.share(scene) }

// share says whether it is among those that a short run draws.
func (f fault) share(scene string) bool {
	h := fnv.New32a()
	h.Write([]byte(scene + f.name))
	return h.Sum32()%faultShare == 0
}

// TestInjectedFaults runs them.
func TestInjectedFaults(t *testing.T) { injectFaults(t, faultScenes(), fault.drawn) }

// TestInjectedFaultsExplained runs a share of them with --explain: the narrator stands between cat5 and the kernel, asks
// questions of its own, which fail as well, and nothing may change by that.
func TestInjectedFaultsExplained(t *testing.T) {
	scenes := faultScenes()
	for i := range scenes {
		scenes[i].env = "CAT5_EXPLAIN=1"
	}
	injectFaults(t, scenes, fault.share)
}

func injectFaults(t *testing.T, scenes []faultScene, drawn func(f fault, scene string) bool) {
	var run, idle, hangs, wrong atomic.Int64
	var mu sync.Mutex
	unknown := map[string]bool{}
	t.Cleanup(func() {
		t.Logf("injected faults: %d run, %d hangs, %d wrong exits (%d more did not come up)", run.Load(), hangs.Load(), wrong.Load(), idle.Load())
		for call := range unknown {
			t.Errorf("no row for %s in faultTable", call)
		}
	})
	for _, s := range scenes {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			whole := s.run(t, "")
			if v := whole.verdict(true); v != "" || whole.state.ExitCode() != 0 {
				t.Fatalf("without a fault: %s", cmp.Or(v, whole.said))
			}
			mu.Lock()
			for _, call := range whole.calls {
				if faultRowOf(call) == nil {
					unknown[call] = true
				}
			}
			mu.Unlock()
			var all sync.WaitGroup
			slots := make(chan bool, s.atOnce())
			for _, f := range s.faults(whole.calls) {
				if !drawn(f, s.name) {
					continue
				}
				slots <- true
				if hangs.Load() > 10 {
					t.Error("too many hangs to go on")
					break
				}
				all.Go(func() {
					defer func() { <-slots }()
					r := s.run(t, f.name)
					if !r.made {
						idle.Add(1)
						return
					}
					run.Add(1)
					if r.hang {
						hangs.Add(1)
					}
					if v := r.verdict(f.benign); v != "" {
						wrong.Add(1)
						t.Errorf("%s: %s", f.name, v)
					}
				})
			}
			all.Wait()
		})
	}
}
