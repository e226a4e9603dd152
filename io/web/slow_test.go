package web

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// TestSlowHead: a head that comes a byte at a time has to be complete in time, however busy its sender is.
func TestSlowHead(t *testing.T) {
	r := start(t, nil, func(o *Options) { o.Head = time.Second }, "a", "body")
	c := r.dial()
	go func() {
		io.WriteString(c, message("GET", "/a")) // the time begins anew with each request
		io.WriteString(c, "GET /a HTTP/1.1\r\nHost: x\r\n")
		for {
			if _, err := io.WriteString(c, "X: y\r\n"); err != nil {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
	}()
	b := bufio.NewReader(c)
	if a := read(t, b, "GET"); a.body != "body" {
		t.Fatal(a.Status)
	}
	if a := read(t, b, "GET"); a.StatusCode != 408 || !a.Close {
		t.Error(a.Status)
	}
	r.until("its line", func() bool { return len(r.said) == 2 && strings.HasPrefix(r.said[1], "408 GET /a HTTP/1.1 ") })
}

// TestIdle: a connection that does nothing is closed in silence.
func TestIdle(t *testing.T) {
	r := start(t, nil, func(o *Options) { o.Idle = time.Second }, "a", "body")
	for _, s := range []string{"", message("GET", "/a")} {
		c := r.dial()
		io.WriteString(c, s)
		b := bufio.NewReader(c)
		if s != "" && read(t, b, "GET").body != "body" {
			t.Error("no answer")
		}
		if _, err := b.ReadByte(); err != io.EOF {
			t.Error(err)
		}
	}
	r.until("all gone", func() bool { return r.live == 0 && len(r.said) == 1 })
}

// TestStalledReaders: those who ask and do not read are dropped, and others do not notice.
func TestStalledReaders(t *testing.T) {
	r := start(t, nil, func(o *Options) { o.Idle = time.Second }, "a", "body", "small", strings.Repeat("s", 30_000), "f", "")
	const size = 50 << 20
	must(t, os.Truncate(filepath.Join(r.dir, "f"), size))
	large, many := r.dial(), r.dial()
	io.WriteString(large, message("GET", "/f"))
	go io.WriteString(many, strings.Repeat(message("GET", "/small"), 10_000))
	for {
		if a := r.get("/a", "Connection: close"); a.body != "body" {
			t.Fatal(a.Status)
		}
		r.mu.Lock()
		live := r.live
		r.mu.Unlock()
		if live == 0 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if n, err := io.Copy(io.Discard, large); n >= size {
		t.Errorf("the stalled one got %d bytes, %v", n, err)
	}
	for _, line := range r.said {
		if strings.Contains(line, "/f") && !strings.HasPrefix(line, "200 ") || strings.HasSuffix(line, fmt.Sprint(" ", size)) {
			t.Error(line)
		}
	}
}

// TestTurn: who asks for much at once gets it in many turns, and the others have theirs in between.
func TestTurn(t *testing.T) {
	k := sys.Linux()
	k.RawWrite = func(_ int, b []byte) (int, error) { return len(b), nil } // a peer that takes everything
	const asked, size = 400, 30_000
	var turn, most int64
	r := start(t, k, func(o *Options) {
		done := o.Done
		o.Done = func(rec *Record) { turn += rec.Bytes; done(rec) }
		o.Turn = func() { most, turn = max(most, turn), 0 }
	}, "f", strings.Repeat("s", size))
	c := r.dial()
	io.WriteString(c, strings.Repeat(message("GET", "/f"), asked))
	r.until("all responses", func() bool { return len(r.said) == asked })
	c.Close()
	r.stop()
	if most > turnMax+size {
		t.Errorf("%d bytes in one turn", most)
	}
}

// TestLinger: a response reaches a client that is still sending when we have said our last word.
func TestLinger(t *testing.T) {
	r := start(t, nil, nil, "a", "body")
	for range 50 {
		c := r.dial()
		io.WriteString(c, message("POST", "/a", "Content-Length: 100000"))
		io.WriteString(c, strings.Repeat("x", 100_000))
		b, err := io.ReadAll(c)
		if err != nil || !strings.HasPrefix(string(b), "HTTP/1.1 405 ") {
			t.Fatalf("%v after %q", err, short(string(b)))
		}
		c.Close()
	}
}

// TestFaults: a fault makes calls of one kind fail; the response is right, or a status, or the connection ends before its length:
// never something wrong, and the next client is served.
func TestFaults(t *testing.T) {
	small, large := strings.Repeat("small", 1000), strings.Repeat("large", 40_000)
	// every lets f answer for each second call.
	every := func() func() bool {
		n := 0
		return func() bool { n++; return n%2 == 1 }
	}
	tests := []struct {
		name  string
		spoil func(k *sys.Calls)
		code  int  // of all that fail
		fine  bool // nothing fails
	}{
		{"read EINTR", func(k *sys.Calls) {
			real, odd := k.RawRead, every()
			k.RawRead = func(fd int, p []byte) (int, error) {
				if odd() {
					return 0, unix.EINTR
				}
				return real(fd, p)
			}
		}, 0, true},
		{"read EAGAIN", func(k *sys.Calls) {
			real, odd := k.RawRead, every()
			k.RawRead = func(fd int, p []byte) (int, error) {
				if odd() {
					return 0, unix.EAGAIN
				}
				return real(fd, p)
			}
		}, 0, true},
		{"read a byte", func(k *sys.Calls) {
			real := k.RawRead
			k.RawRead = func(fd int, p []byte) (int, error) { return real(fd, p[:1]) }
		}, 0, true},
		{"write EINTR, EAGAIN and a byte", func(k *sys.Calls) {
			real, n := k.RawWrite, 0
			k.RawWrite = func(fd int, p []byte) (int, error) {
				switch n++; n % 3 {
				case 0:
					return 0, unix.EINTR
				case 1:
					return 0, unix.EAGAIN
				}
				return real(fd, p[:min(len(p), 100)])
			}
			send := k.Sendto
			k.Sendto = func(fd int, p []byte, flags int, to *sys.Addr) (int, error) {
				if n++; n%2 == 0 {
					return 0, unix.EAGAIN
				}
				return send(fd, p[:1], flags, to)
			}
		}, 0, true},
		{"sendfile EINTR, EAGAIN and little", func(k *sys.Calls) {
			real, n := k.Sendfile, 0
			k.Sendfile = func(w, r int, off *int64, want int) (int, error) {
				switch n++; n % 3 {
				case 0:
					return 0, unix.EINTR
				case 1:
					return 0, unix.EAGAIN
				}
				return real(w, r, off, min(want, 7777))
			}
		}, 0, true},
		{"sendfile EINVAL", func(k *sys.Calls) {
			k.Sendfile = func(int, int, *int64, int) (int, error) { return 0, unix.EINVAL }
		}, 0, true},
		{"openat2 EAGAIN", func(k *sys.Calls) {
			real, odd := k.Openat2, every()
			k.Openat2 = func(d int, path string, flags int, how uint64) (int, error) {
				if odd() {
					return -1, unix.EAGAIN
				}
				return real(d, path, flags, how)
			}
		}, 0, true},
		{"openat2 EMFILE", func(k *sys.Calls) { openFails(k, unix.EMFILE) }, 503, false},
		{"openat2 EACCES", func(k *sys.Calls) { openFails(k, unix.EACCES) }, 403, false},
		{"openat2 EIO", func(k *sys.Calls) { openFails(k, unix.EIO) }, 500, false},
		{"fstat", func(k *sys.Calls) {
			k.Fstat = func(int, *unix.Stat_t) error { return unix.EIO }
		}, 500, false},
		{"read of a file", func(k *sys.Calls) {
			k.Read = func(int, []byte) (int, error) { return 0, unix.EIO }
		}, 500, false},
		{"sendfile EIO", func(k *sys.Calls) {
			k.Sendfile = func(int, int, *int64, int) (int, error) { return 0, unix.EIO }
		}, 0, false},
		{"write ECONNRESET", func(k *sys.Calls) {
			odd := every()
			real := k.RawWrite
			k.RawWrite = func(fd int, p []byte) (int, error) {
				if odd() {
					return 0, unix.ECONNRESET
				}
				return real(fd, p)
			}
		}, 0, false},
		{"epoll_ctl", func(k *sys.Calls) {
			odd := every()
			real := k.EpollCtl
			k.EpollCtl = func(ep, op, fd int, ev *unix.EpollEvent) error {
				if fd > 0 && ev.Events == unix.EPOLLIN && op == unix.EPOLL_CTL_ADD && isConn(fd) && odd() {
					return unix.ENOMEM
				}
				return real(ep, op, fd, ev)
			}
		}, 0, false},
		{"accept", func(k *sys.Calls) {
			real, n := k.Accept4, 0
			k.Accept4 = func(fd, flags int) (int, sys.Addr, error) {
				switch n++; n % 5 {
				case 0:
					return -1, sys.Addr{}, unix.EMFILE
				case 1:
					return -1, sys.Addr{}, unix.ECONNABORTED
				case 2:
					return -1, sys.Addr{}, unix.EINTR
				}
				return real(fd, flags)
			}
		}, 0, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			k := sys.Linux()
			tt.spoil(k)
			r := start(t, k, nil, "small", small, "large", large)
			for i := range 12 {
				target, want := "/small", small
				if i%2 == 1 {
					target, want = "/large", large
				}
				code, body, err := r.try(target)
				switch {
				case err != nil && !tt.fine: // the length told the client that something is missing
				case err == nil && code == 200 && body == want:
				case err == nil && !tt.fine && code == tt.code && !strings.Contains(body, want[:10]):
				default:
					t.Errorf("%s: %d, %d bytes, %v", target, code, len(body), err)
				}
			}
			r.stop()
		})
	}
}

// openFails makes opening files fail, but not the probe of the folder.
func openFails(k *sys.Calls, errno unix.Errno) {
	real := k.Openat2
	k.Openat2 = func(d int, path string, flags int, how uint64) (int, error) {
		if flags&unix.O_PATH == 0 {
			return -1, errno
		}
		return real(d, path, flags, how)
	}
}

// isConn says whether fd is a connected socket.
func isConn(fd int) bool {
	_, err := unix.Getpeername(fd)
	return err == nil
}

// try is get for a server that may fail.
func (r *rig) try(target string) (code int, body string, err error) {
	c := r.dial()
	defer c.Close()
	io.WriteString(c, message("GET", target))
	b := bufio.NewReader(c)
	if _, err := b.Peek(1); err != nil {
		if errors.Is(err, os.ErrDeadlineExceeded) {
			r.t.Error("nothing comes, and no end")
		}
		return 0, "", err
	}
	a, err := tryRead(b)
	return a.code, a.body, err
}
