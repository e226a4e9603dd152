package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

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
