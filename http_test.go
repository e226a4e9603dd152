package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// http as a process: what it does to the machine, and what others do to it.

// TestHTTPTools: the scripts of http, and its page, need curl.
func TestHTTPTools(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		notTried(t, "cat5 http with curl")
	}
}

// httpSite starts http on a folder with these files.
func httpSite(t *testing.T, files map[string]string, args ...string) (p *proc, addr string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		must(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666))
	}
	p = start(t, how{}, append([]string{"http", dir, "127.0.0.1:0"}, args...)...)
	return p, p.addr()
}

// httpGet asks on a connection of its own, or the one that it is given, and reads the answer.
func httpGet(t *testing.T, c net.Conn, path string) (status int, body string) {
	t.Helper()
	send(t, c, []byte("GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n"))
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	must(t, err)
	b, err := io.ReadAll(res.Body)
	must(t, err)
	return res.StatusCode, string(b)
}

// TestHTTPLoad: wrk finds no error, however many ask at once.
func TestHTTPLoad(t *testing.T) {
	if _, err := exec.LookPath("wrk"); err != nil {
		notTried(t, "cat5 http under wrk")
		return
	}
	p, addr := httpSite(t, map[string]string{"small": strings.Repeat("s", 1024), "large": strings.Repeat("l", 1<<20)})
	for _, load := range [][]string{{"-c100", "small"}, {"-c10", "large"}} {
		out, err := exec.Command("wrk", "-t1", "-d1s", load[0], "http://"+addr+"/"+load[1]).CombinedOutput()
		if err != nil || !strings.Contains(string(out), "Requests/sec") || strings.Contains(string(out), "Socket errors") || strings.Contains(string(out), "Non-2xx") {
			t.Errorf("%v\n%s", err, out)
		}
	}
	p.signal(unix.SIGTERM)
	p.dies(unix.SIGTERM)
}

// TestHTTPNoDescriptors: with no free descriptor left it says so once and does not spin; who is connected gets a 503, and
// who waits is served when there are some.
func TestHTTPNoDescriptors(t *testing.T) {
	p, addr := httpSite(t, map[string]string{"f": "served after all"})
	in := dial(t, "tcp", addr)
	if code, body := httpGet(t, in, "/f"); code != 200 {
		t.Fatal(code, body)
	}
	var old unix.Rlimit
	must(t, unix.Prlimit(p.pid(), unix.RLIMIT_NOFILE, nil, &old))
	open, err := os.ReadDir("/proc/" + itoa(p.pid()) + "/fd")
	must(t, err)
	taken := map[string]bool{}
	for _, f := range open {
		taken[f.Name()] = true
	}
	most := 0
	for taken[itoa(most)] {
		most++
	}
	must(t, unix.Prlimit(p.pid(), unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: uint64(most), Max: old.Max}, nil))
	waits := dial(t, "tcp", addr)
	p.line("accept: too many open files; who comes now waits")
	if code, _ := httpGet(t, in, "/f"); code != 503 {
		t.Errorf("%d for one who is in", code)
	}
	before := p.cpu()
	<-time.After(time.Second)
	if used := p.cpu() - before; used > 5 {
		t.Errorf("%d ms of processor time in a second", 10*used)
	}
	must(t, unix.Prlimit(p.pid(), unix.RLIMIT_NOFILE, &old, nil))
	if code, body := httpGet(t, waits, "/f"); body != "served after all" {
		t.Errorf("%d %q", code, body)
	}
	p.signal(unix.SIGTERM)
	if r := p.dies(unix.SIGTERM); strings.Count(r.err, "too many open files") != 1 {
		t.Errorf("it is said %d times", strings.Count(r.err, "too many open files"))
	}
}

// TestHTTPManyIdle: idle connections cost next to nothing.
func TestHTTPManyIdle(t *testing.T) {
	p, addr := httpSite(t, map[string]string{"f": "hello"}, "--quiet", "--json")
	n := within(t, 1000, 1)
	httpGet(t, dial(t, "tcp", addr), "/f")
	before := httpMemory(t, p)
	for range n {
		httpGet(t, dial(t, "tcp", addr), "/f")
	}
	if each := (httpMemory(t, p) - before) * 1024 / n; each > 4096 {
		t.Errorf("%d bytes for each idle connection", each)
	}
	p.signal(unix.SIGTERM)
	p.dies(unix.SIGTERM)
}

// httpMemory is what the process holds of its own, in KiB (proc(5), RssAnon).
func httpMemory(t *testing.T, p *proc) (kib int) {
	t.Helper()
	b, err := os.ReadFile("/proc/" + itoa(p.pid()) + "/status")
	must(t, err)
	m := regexp.MustCompile(`RssAnon:\s+(\d+)`).FindSubmatch(b)
	fmt.Sscan(string(m[1]), &kib)
	return kib
}

// TestHTTPCutShort: a response that is not taken within the grace is cut, and that is said.
func TestHTTPCutShort(t *testing.T) {
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "f"), nil, 0o666))
	must(t, os.Truncate(filepath.Join(dir, "f"), 100<<20))
	p := start(t, how{}, "http", dir, "127.0.0.1:0")
	c := dial(t, "tcp", p.addr())
	send(t, c, []byte("GET /f HTTP/1.1\r\nHost: x\r\n\r\n"))
	b := make([]byte, 1)
	_, err := c.Read(b)
	must(t, err)
	p.signal(unix.SIGINT)
	r := p.dies(unix.SIGINT)
	if !regexp.MustCompile(`cat5: interrupted: 1 response cut short \(\d+ bytes not delivered\)`).MatchString(r.err) {
		t.Errorf("it says\n%s", r.err)
	}
	if !regexp.MustCompile(`"GET /f HTTP/1.1" 200 \d+\n`).MatchString(r.err) {
		t.Errorf("the request left no line:\n%s", r.err)
	}
}
