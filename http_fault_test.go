package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
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

// This file makes each call of http fail, once in each way that its man page knows, as fault_test.go does for the
// others. What http promises is less and more: a client gets what it asked for, or an error that says so, or a response
// whose length tells that something is missing; the next client is served; the server leaves in order.

// httpRows are the calls that only servers make.
var httpRows = []faultRow{
	{"RawRead", "read(2)", []string{"ECONNRESET", "ETIMEDOUT", "EIO"}, []string{"EINTR", "EAGAIN", "short"}},
	{"RawWrite", "write(2)", []string{"ECONNRESET", "EPIPE", "ETIMEDOUT", "ENOMEM"}, []string{"EINTR", "EAGAIN", "short"}},
}

// httpFaultRun is a run, and what its clients got: "" for what is right, else what was wrong but allowed.
type httpFaultRun struct {
	bad   []string // what must never be
	short []string // what may be when something failed
	state *os.ProcessState
	hang  bool
	said  string
	calls []string
	made  bool
}

func httpFault(t *testing.T, dir string, files map[string]string, fault string) *httpFaultRun {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "cat5", "http", "--idle-timeout=20", dir, "127.0.0.1:0")
	cmd.WaitDelay = 10 * time.Second
	notes := faultFile(t, t.TempDir(), "notes", nil)
	defer notes.Close()
	cmd.ExtraFiles = []*os.File{notes}
	cmd.Env = append(os.Environ(), "CAT5_TEST_CALLS=3", "CAT5_TEST_FAULT="+fault, "GORACE=atexit_sleep_ms=0 "+os.Getenv("GORACE"))
	r := &httpFaultRun{}
	var clients sync.WaitGroup
	talk := &faultTalk{dial: func(addr string) {
		clients.Go(func() {
			for path, want := range files {
				switch got, err := httpTry(addr, path); {
				case err != nil:
					r.short = append(r.short, path+": "+err.Error())
				case got.StatusCode == 200 && got.body != want && path == "/d/": // what cannot be looked at is not listed
					r.short = append(r.short, "another listing")
				case got.StatusCode == 200 && got.body != want:
					r.bad = append(r.bad, fmt.Sprintf("%s: %d wrong bytes", path, len(got.body)))
				case got.StatusCode != 200:
					r.short = append(r.short, path+": "+got.Status)
				}
			}
			for { // one that is ending anyhow has to say why, and must not be killed before
				if _, err := httpTry(addr, "/small"); err == nil {
					cmd.Process.Signal(syscall.SIGTERM)
					return
				} else if errors.Is(err, syscall.ECONNREFUSED) || ctx.Err() != nil {
					return
				}
			}
		})
	}}
	cmd.Stderr = talk
	cmd.Run()
	clients.Wait()
	r.hang, r.state, r.said = ctx.Err() != nil, cmd.ProcessState, talk.text.String()
	log, _ := os.ReadFile(notes.Name())
	r.calls = strings.Fields(string(log))
	r.made = slices.Contains(r.calls, "!")
	return r
}

type httpTried struct {
	*http.Response
	body string
}

func httpTry(addr, path string) (httpTried, error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return httpTried{}, err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(20 * time.Second))
	io.WriteString(c, "GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n")
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return httpTried{}, err
	}
	b, err := io.ReadAll(res.Body)
	return httpTried{res, string(b)}, err
}

// verdict is "" for a run that keeps the promise. A call of which one connection has one may cost that one's response;
// what concerns the whole server may end it, with a sentence.
func (r *httpFaultRun) verdict(benign bool) string {
	status := r.state.Sys().(syscall.WaitStatus)
	inOrder := status.Signaled() && status.Signal() == syscall.SIGTERM
	account := fmt.Sprintf("%s; %v %v\n%s", r.state, r.bad, r.short, r.said)
	switch code := r.state.ExitCode(); {
	case r.hang:
		return "hangs: " + account
	case code == exitPanic:
		return "crashes: " + account
	case code == exitLeak:
		return "leaves something behind: " + account
	case len(r.bad) > 0:
		return "sends wrong bytes: " + account
	case benign && (len(r.short) > 0 || !inOrder):
		return "does not take it as it should: " + account
	case inOrder && len(r.short) > 1:
		return "costs more than one response: " + account
	case !inOrder && (code == 0 || !strings.Contains(r.said, "cat5: ")):
		return "does not say why: " + account
	}
	return ""
}

func TestHTTPInjectedFaults(t *testing.T) {
	dir := t.TempDir()
	files := map[string]string{"/small": string(faultText(5000, 1)), "/large": string(faultText(300_000, 2)), "/d/": "", "/d/f": "in a folder"}
	must(t, os.Mkdir(filepath.Join(dir, "d"), 0o777))
	must(t, os.Symlink("f", filepath.Join(dir, "d", "link")))
	for path, text := range files {
		if !strings.HasSuffix(path, "/") {
			must(t, os.WriteFile(filepath.Join(dir, path), []byte(text), 0o666))
		}
	}
	listing, err := httpListing(t, dir)
	must(t, err)
	files["/d/"] = listing
	whole := httpFault(t, dir, files, "")
	if v := whole.verdict(true); v != "" {
		t.Fatal(v)
	}
	count := map[string]int{}
	for _, call := range whole.calls {
		count[call]++
	}
	var run, idle atomic.Int64
	t.Cleanup(func() { t.Logf("injected faults: %d run (%d more did not come up)", run.Load(), idle.Load()) })
	for _, row := range append(slices.Clone(faultTable), httpRows...) {
		t.Run(row.call, func(t *testing.T) {
			t.Parallel()
			for i, name := range append(slices.Clone(row.errnos), row.benign...) {
				for _, n := range []int{1, max(2, count[row.call]/2)} {
					f := fault{fmt.Sprintf("%s:%d:%s", row.call, n, name), i >= len(row.errnos)}
					if n > count[row.call] || !f.drawn("http") {
						continue
					}
					r := httpFault(t, dir, files, f.name)
					if !r.made {
						idle.Add(1)
						continue
					}
					run.Add(1)
					if v := r.verdict(f.benign); v != "" {
						t.Errorf("%s: %s", f.name, v)
					}
				}
			}
		})
	}
}

// httpListing is the listing of /d/, from a server without faults.
func httpListing(t *testing.T, dir string) (string, error) {
	p := start(t, how{}, "http", dir, "127.0.0.1:0")
	a, err := httpTry(p.addr(), "/d/")
	p.signal(syscall.SIGTERM)
	p.dies(syscall.SIGTERM)
	if err == nil && !bytes.Contains([]byte(a.body), []byte("link")) {
		err = fmt.Errorf("the listing is %q", a.body)
	}
	return a.body, err
}
