package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// Row 3: a short write keeps its place: what the kernel did not take is given next, in order. Tiny buffers on every
// way, and readers that take odd amounts, make nearly every write short.
func TestFault03_shortWrites(t *testing.T) {
	row(t)
	ln := tcpListener(t)
	withFD(t, ln, func(fd int) error { return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 4096) })
	r, w := smallPipe(t)
	there, back := payload(1<<20+7), payload(1<<20+3)
	p := start(t, how{stdout: w}, "tcp", "--json", "--sndbuf=2k", ln.Addr().String())
	w.Close()
	c := accept(t, ln)
	errs := make(chan error, 3)
	go func() { _, err := p.in.Write(there); p.in.Close(); errs <- err }()
	go func() { _, err := c.Write(back); c.CloseWrite(); errs <- err }()
	var got bytes.Buffer
	go func() { errs <- readOdd(&got, r) }()
	var peerGot bytes.Buffer
	must(t, readOdd(&peerGot, c))
	for range 3 {
		must(t, <-errs)
	}
	if !bytes.Equal(peerGot.Bytes(), there) {
		t.Errorf("the peer got %d bytes that are not the %d that were sent", peerGot.Len(), len(there))
	}
	if !bytes.Equal(got.Bytes(), back) {
		t.Errorf("%d bytes came out that are not the %d that were sent", got.Len(), len(back))
	}
	p.accounts(0, int64(len(back)), int64(len(there)), 0)
}

// readOdd reads all of r in pieces of 1, 2, 3, ... 1021 bytes.
func readOdd(to *bytes.Buffer, r io.Reader) error {
	b := make([]byte, 1021)
	for i := 1; ; i = i%len(b) + 1 {
		n, err := r.Read(b[:i])
		to.Write(b[:n])
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// smallPipe is a pipe that holds one page.
func smallPipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	must(t, err)
	t.Cleanup(func() { r.Close(); w.Close() })
	withFD(t, w, func(fd int) error {
		_, err := unix.FcntlInt(uintptr(fd), unix.F_SETPIPE_SZ, 4096)
		return err
	})
	return r, w
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

// both runs a scenario twice, as people see it and with --json.
func both(t *testing.T, f func(t *testing.T, json string)) {
	for _, flag := range []string{"--quiet", "--json"} {
		t.Run(flag[2:], func(t *testing.T) { f(t, flag) })
	}
}

// Row 4: a reset while receiving: all that had arrived is delivered, then it is exit 56, and the sentence has the count.
// The output is blocked while the reset comes, so that bytes wait in every place where they can.
func TestFault04_resetWhileReceiving(t *testing.T) {
	row(t)
	both(t, func(t *testing.T, flag string) {
		ln := tcpListener(t)
		r, w := smallPipe(t)
		p := start(t, how{stdout: w}, "tcp", flag, ln.Addr().String())
		w.Close()
		c := accept(t, ln)
		data := payload(100_000)
		send(t, c, data)
		delivered(t, c)
		reset(t, c)
		if got := rest(t, r); !bytes.Equal(got, data) {
			t.Errorf("%d bytes came out of the %d that had arrived", len(got), len(data))
		}
		if flag == "--json" {
			p.accounts(56, int64(len(data)), 0, 0)
			return
		}
		p.ends(56, "receive "+ln.Addr().String()+": connection reset by peer after 97.7 KiB")
	})
}

// Row 5: a reset while sending is exit 55, and what the peer's kernel has not acknowledged is counted: the bytes in our
// hands and those in the kernel's queue. The input is a file, whose offset says how much was taken.
func TestFault05_resetWhileSending(t *testing.T) {
	row(t)
	both(t, func(t *testing.T, flag string) {
		ln := tcpListener(t)
		in, err := os.CreateTemp(t.TempDir(), "")
		must(t, err)
		must(t, in.Truncate(64<<20))
		p := start(t, how{stdin: in}, "tcp", flag, ln.Addr().String())
		c := accept(t, ln)
		receive(t, c, 64<<10)
		last := int64(-1)
		calm := 0
		eventually(t, "the sender is stopped", func() bool {
			at, err := in.Seek(0, io.SeekCurrent)
			must(t, err)
			if at != last {
				last, calm = at, 0
			}
			calm++
			return calm > 20
		})
		had := int64(0) // of the peer: read, or in its kernel
		withFD(t, c, func(fd int) error {
			info, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
			had = int64(info.Bytes_received)
			return err
		})
		reset(t, c)
		if flag == "--json" {
			r := p.wait()
			a := r.account(t)
			taken, err := in.Seek(0, io.SeekCurrent)
			must(t, err)
			// The last bytes that the peer's kernel got may not have been acknowledged yet, and it may have got a little
			// more between the look at it and the reset.
			if a.Code != 55 || a.Lost > taken-64<<10 || a.Lost < taken-had-1<<20 || a.Lost <= 0 || a.Out > taken {
				t.Errorf("%d bytes were taken and the peer had %d, but %+v", taken, had, a)
			}
			if n := len(r.events(t, "reset")); n != 1 {
				t.Errorf("the reset is told %d times", n)
			}
			return
		}
		r := p.ends(55, "send "+ln.Addr().String()+": connection reset by peer (...")
		if !strings.HasSuffix(r.err, " bytes not delivered)") || len(r.lines) != 1 {
			t.Errorf("stderr is %q", r.err)
		}
	})
}

// Row 6: a peer that closes with unread data makes its kernel send a reset. The next call says ECONNRESET, later ones
// EPIPE: it is told once, and SIGPIPE does not kill.
func TestFault06_closeWithUnreadData(t *testing.T) {
	row(t)
	both(t, func(t *testing.T, flag string) {
		for _, endless := range []bool{false, true} {
			ln := tcpListener(t)
			h := how{}
			if endless {
				f, err := os.Open("/dev/zero")
				must(t, err)
				defer f.Close()
				h.stdin = f
			}
			p := start(t, h, "tcp", flag, ln.Addr().String())
			c := accept(t, ln)
			if !endless {
				p.write("unread")
			}
			eventually(t, "bytes wait at the peer", func() bool { return waiting(t, c) > 0 })
			must(t, c.Close())
			r := p.wait()
			// Whether the peer's kernel acknowledged the few bytes before it threw them away is a matter of its timers.
			code := r.status.ExitStatus()
			if !r.status.Exited() || code != 55 && (endless || code != 56) {
				t.Errorf("endless input %v: %s", endless, describe(r.status))
			}
			if flag == "--json" {
				if a, n := r.account(t), len(r.events(t, "reset")); n != 1 || (a.Lost > 0) != (code == 55) {
					t.Errorf("endless input %v: told %d times, account %+v", endless, n, a)
				}
			} else if len(r.lines) != 1 || !strings.Contains(r.err, "connection reset by peer") {
				t.Errorf("endless input %v: stderr is %q", endless, r.err)
			}
		}
	})
}

// The same while the output is blocked, so that it is the sender who meets the reset: what the peer had said before is
// still delivered.
func TestFault06_closeWithUnreadDataAndBlockedOutput(t *testing.T) {
	row(t)
	ln := tcpListener(t)
	r, w := smallPipe(t)
	p := start(t, how{stdout: w}, "tcp", "--json", ln.Addr().String())
	w.Close()
	c := accept(t, ln)
	data := payload(100_000)
	send(t, c, data[:50_000])
	delivered(t, c)
	got := receive(t, r, 1) // cat5 is in the middle of the first half
	send(t, c, data[50_000:])
	delivered(t, c)
	p.write("unread")
	eventually(t, "bytes wait at the peer", func() bool { return waiting(t, c) > 0 })
	must(t, c.Close())
	p.in.Write([]byte("into the void"))
	p.in.Close()
	if got = append(got, rest(t, r)...); !bytes.Equal(got, data) {
		t.Errorf("%d bytes came out of the %d that had arrived", len(got), len(data))
	}
	res := p.wait()
	if a := res.account(t); a.Code != 55 && a.Code != 56 || a.In != int64(len(data)) || len(res.events(t, "reset")) != 1 {
		t.Errorf("%+v, told %d times", a, len(res.events(t, "reset")))
	}
}

// waiting is how many bytes wait to be read.
func waiting(t *testing.T, c *net.TCPConn) (n int) {
	t.Helper()
	withFD(t, c, func(fd int) (err error) {
		n, err = unix.IoctlGetInt(fd, unix.TIOCINQ)
		return err
	})
	return n
}

// Row 7: our input ends first: the peer is told with a FIN, and what it says after that still comes, to its own FIN.
func TestFault07_ourInputEndsFirst(t *testing.T) {
	row(t)
	ln := tcpListener(t)
	p := start(t, how{}, "tcp", "--json", ln.Addr().String()).feed("question")
	c := accept(t, ln)
	if got := rest(t, c); string(got) != "question" {
		t.Errorf("the peer got %q", got)
	}
	answer := payload(1 << 20)
	send(t, c, answer)
	c.Close()
	if r := p.accounts(0, int64(len(answer)), 8, 0); r.out != string(answer) {
		t.Errorf("%d bytes came out of %d", len(r.out), len(answer))
	}
}

// Row 8: the peer's FIN comes first: what it said is written and the output ended, then it is as --eof says. With half
// our input goes on to its own end; with full and with keep the run is over.
func TestFault08_peersFinFirst(t *testing.T) {
	row(t)
	for _, mode := range []string{"half", "full", "keep"} {
		t.Run(mode, func(t *testing.T) {
			ln := tcpListener(t)
			r, w, err := os.Pipe()
			must(t, err)
			defer r.Close()
			p := start(t, how{stdout: w}, "tcp", "--json", "--eof="+mode, ln.Addr().String())
			w.Close()
			c := accept(t, ln)
			p.write("first")
			receive(t, c, 5)
			send(t, c, []byte("last words"))
			must(t, c.CloseWrite())
			if got := rest(t, r); string(got) != "last words" { // the reader of our output sees the end at once
				t.Errorf("%q came out", got)
			}
			if mode != "half" {
				p.accounts(0, 10, 5, 0)
				return
			}
			p.feed(" and more")
			if got := rest(t, c); string(got) != " and more" {
				t.Errorf("the peer got %q", got)
			}
			p.accounts(0, 10, 14, 0)
		})
	}
}

// With --eof=keep the end of our input is not passed on: the peer sees none until it has ended itself.
func TestFault08_keepPassesNoEnd(t *testing.T) {
	row(t)
	ln := tcpListener(t)
	p := start(t, how{}, "tcp", "--json", "--eof=keep", ln.Addr().String()).feed("all")
	c := accept(t, ln)
	receive(t, c, 3)
	p.event("eof")
	var b [1]byte
	withFD(t, c, func(fd int) error {
		if n, _, err := unix.Recvfrom(fd, b[:], unix.MSG_DONTWAIT); err != unix.EAGAIN {
			return fmt.Errorf("a read says %d, %v, not EAGAIN", n, err)
		}
		return nil
	})
	send(t, c, []byte("answer"))
	must(t, c.CloseWrite())
	if r := p.accounts(0, 6, 3, 0); r.out != "answer" {
		t.Errorf("%q came out", r.out)
	}
}

// Row 9: both ends have sent FIN: epoll says IN, HUP and RDHUP, which is a clean end and no error, whoever was first.
func TestFault09_bothFins(t *testing.T) {
	row(t)
	for _, network := range []string{"tcp", "unix"} {
		for _, first := range []string{"ours", "the peer's", "at once"} {
			t.Run(network+" "+first, func(t *testing.T) {
				at, next := anyListener(t, network)
				p := start(t, how{}, network, "--json", at)
				c := next()
				p.write("ours")
				receive(t, c, 4)
				send(t, c, []byte("theirs"))
				switch first {
				case "ours":
					p.in.Close()
					rest(t, c)
				case "the peer's":
					c.CloseWrite()
					p.event("eof")
					p.in.Close()
				case "at once":
					p.in.Close()
				}
				c.Close()
				if r := p.accounts(0, 6, 4, 0); r.out != "theirs" || strings.Contains(r.err, "errno") {
					t.Errorf("%q came out, stderr: %s", r.out, r.err)
				}
			})
		}
	}
}

// halfCloser is a connection of TCP or of a unix stream socket.
type halfCloser interface {
	net.Conn
	CloseWrite() error
}

// anyListener listens, and accepts with next.
func anyListener(t *testing.T, network string) (at string, next func() halfCloser) {
	t.Helper()
	if network == "tcp" {
		ln := tcpListener(t)
		return ln.Addr().String(), func() halfCloser { return accept(t, ln) }
	}
	path := shortDir(t) + "/s"
	ln, err := net.Listen("unix", path)
	must(t, err)
	t.Cleanup(func() { ln.Close() })
	return path, func() halfCloser {
		c, err := ln.Accept()
		must(t, err)
		t.Cleanup(func() { c.Close() })
		return c.(*net.UnixConn)
	}
}
