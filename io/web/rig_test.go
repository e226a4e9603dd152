package web

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// hang is how long a test waits for what must come.
const hang = 30 * time.Second

// rig is a server on a folder of its own, and what it told.
type rig struct {
	t    *testing.T
	dir  string
	addr string
	o    Options
	mu   sync.Mutex
	said []string // "200 GET / HTTP/1.1"
	bad  []string // warnings
	live int
	told chan struct{} // has room for one: something was told

	wake    int
	stopped chan error
}

// start serves files, each a path and what is in it; "dir/" is a folder, "a -> b" a link.
func start(t *testing.T, k *sys.Calls, set func(*Options), files ...string) *rig {
	t.Helper()
	r := &rig{t: t, dir: t.TempDir(), told: make(chan struct{}, 1), stopped: make(chan error, 1)}
	for i := 0; i < len(files); i++ {
		name := files[i]
		if from, to, ok := strings.Cut(name, " -> "); ok {
			must(t, os.Symlink(to, filepath.Join(r.dir, from)))
			continue
		}
		path := filepath.Join(r.dir, name)
		if strings.HasSuffix(name, "/") {
			must(t, os.MkdirAll(path, 0o777))
			continue
		}
		must(t, os.MkdirAll(filepath.Dir(path), 0o777))
		i++
		must(t, os.WriteFile(path, []byte(files[i]), 0o666))
	}
	if k == nil {
		k = sys.Linux()
	}
	r.o = Options{Idle: hang, Head: hang, Grace: hang, Wall: time.Now,
		Accepted: func(int64, int, sys.Addr) error { r.note(func() { r.live++ }); return nil },
		Closed:   func(int64, int64, int64, error) { r.note(func() { r.live-- }) },
		Done: func(rec *Record) {
			r.note(func() { r.said = append(r.said, fmt.Sprintf("%d %s %d", rec.Status, rec.Line, rec.Bytes)) })
		},
		Warn: func(s string) { r.note(func() { r.bad = append(r.bad, s) }) },
	}
	if set != nil {
		set(&r.o)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	r.addr = ln.Addr().String()
	f, err := ln.(*net.TCPListener).File()
	must(t, err)
	ln.Close()
	lfd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 3)
	must(t, err)
	f.Close()
	must(t, unix.SetNonblock(lfd, true)) // Fd has made it blocking
	dir, err := unix.Open(r.dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	must(t, err)
	var stop [2]int
	must(t, unix.Pipe2(stop[:], unix.O_CLOEXEC|unix.O_NONBLOCK))
	r.wake = stop[1]
	go func() {
		err := Serve(k, lfd, dir, stop[0], &r.o)
		unix.Close(dir)
		unix.Close(stop[0])
		unix.Close(lfd)
		r.stopped <- err
	}()
	t.Cleanup(func() { r.stop() })
	return r
}

// stop ends the server and waits for it.
func (r *rig) stop() {
	r.t.Helper()
	if r.wake < 0 {
		return
	}
	unix.Close(r.wake)
	r.wake = -1
	select {
	case err := <-r.stopped:
		if err != nil {
			r.t.Errorf("Serve: %v", err)
		}
	case <-time.After(hang):
		r.t.Fatal("the server does not end")
	}
	if r.live != 0 {
		r.t.Errorf("%d connections were never closed", r.live)
	}
}

func (r *rig) note(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f()
	select {
	case r.told <- struct{}{}:
	default:
	}
}

// until waits for what the server tells.
func (r *rig) until(what string, ok func() bool) {
	r.t.Helper()
	late := time.After(hang)
	for {
		r.mu.Lock()
		done := ok()
		said := strings.Join(r.said, "\n")
		r.mu.Unlock()
		if done {
			return
		}
		select {
		case <-r.told:
		case <-late:
			r.t.Fatalf("never: %s; it said:\n%s", what, said)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (r *rig) dial() *net.TCPConn {
	r.t.Helper()
	c, err := net.Dial("tcp", r.addr)
	must(r.t, err)
	must(r.t, c.SetDeadline(time.Now().Add(hang)))
	r.t.Cleanup(func() { c.Close() })
	return c.(*net.TCPConn)
}

// raw sends bytes as they are and returns everything that comes until the server closes.
func (r *rig) raw(request string) string {
	r.t.Helper()
	c := r.dial()
	io.WriteString(c, request)
	b, err := io.ReadAll(c)
	if err != nil && !errors.Is(err, unix.ECONNRESET) {
		r.t.Fatalf("%q: %v after %q", short(request), err, short(string(b)))
	}
	if errors.Is(err, unix.ECONNRESET) {
		r.t.Errorf("%q: reset", short(request))
	}
	return string(b)
}

func short(s string) string { return s[:min(len(s), 200)] }

// answer is one response, read as a client would.
type answer struct {
	*http.Response
	body string
}

// read reads the response to method from b.
func read(t *testing.T, b *bufio.Reader, method string) answer {
	t.Helper()
	res, err := http.ReadResponse(b, &http.Request{Method: method})
	must(t, err)
	body, err := io.ReadAll(res.Body)
	must(t, err)
	return answer{res, string(body)}
}

// get asks for a target on a connection of its own.
func (r *rig) get(target string, fields ...string) answer {
	r.t.Helper()
	return r.ask("GET", target, fields...)
}

func (r *rig) ask(method, target string, fields ...string) answer {
	r.t.Helper()
	c := r.dial()
	defer c.Close()
	io.WriteString(c, message(method, target, fields...))
	return read(r.t, bufio.NewReader(c), method)
}

func message(method, target string, fields ...string) string {
	var b bytes.Buffer
	b.WriteString(method + " " + target + " HTTP/1.1\r\nHost: x\r\n")
	for _, f := range fields {
		b.WriteString(f + "\r\n")
	}
	b.WriteString("\r\n")
	return b.String()
}

// tried is a response that may have ended early.
type tried struct {
	code int
	body string
}

func tryRead(b *bufio.Reader) (tried, error) {
	res, err := http.ReadResponse(b, &http.Request{Method: "GET"})
	if err != nil {
		return tried{}, err
	}
	body, err := io.ReadAll(res.Body)
	return tried{res.StatusCode, string(body)}, err
}
