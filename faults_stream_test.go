package main

import (
	"bytes"
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
	eachWay(t, func(t *testing.T, way string) {
		ln := tcpListener(t)
		withFD(t, ln, func(fd int) error { return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 4096) })
		r, w := smallPipe(t)
		there, back := payload(1<<20+7), payload(1<<20+3)
		p := start(t, how{stdout: w}, "tcp", "--json", "--sndbuf=2k", way, ln.Addr().String())
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
	})
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

// Row 4: a reset while receiving: all that had arrived is delivered, then it is exit 56, and the sentence has the count.
// The output is blocked while the reset comes, so that bytes wait in every place where they can.
func TestFault04_resetWhileReceiving(t *testing.T) {
	row(t)
	eachWay(t, func(t *testing.T, way string) {
		both(t, func(t *testing.T, flag string) {
			ln := tcpListener(t)
			r, w := smallPipe(t)
			p := start(t, how{stdout: w}, "tcp", flag, way, ln.Addr().String())
			w.Close()
			c := accept(t, ln)
			data := payload(64 << 10)
			flood(t, c, data, 1<<30, zeroWindow)
			arrived := int64(0) // all that was sent has been acknowledged, and no more will be
			withFD(t, c, func(fd int) error {
				info, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
				arrived = int64(info.Bytes_acked)
				return err
			})
			reset(t, c)
			got := rest(t, r)
			if int64(len(got)) != arrived {
				t.Errorf("%d bytes came out of the %d that had arrived", len(got), arrived)
			}
			for i := 0; i < len(got); i += len(data) {
				if n := min(len(data), len(got)-i); !bytes.Equal(got[i:i+n], data[:n]) {
					t.Fatalf("what came out is not what was sent, from %d on", i)
				}
			}
			if flag == "--json" {
				p.accounts(56, arrived, 0, 0)
				return
			}
			p.ends(56, "receive "+ln.Addr().String()+": connection reset by peer after ...")
		})
	})
}

// Row 5: a reset while sending is exit 55, and what the peer's kernel has not acknowledged is counted: the bytes in our
// hands and those in the kernel's queue. The input is a file, whose offset says how much was taken.
func TestFault05_resetWhileSending(t *testing.T) {
	row(t)
	eachWay(t, func(t *testing.T, way string) {
		both(t, func(t *testing.T, flag string) { resetWhileSending(t, way, flag) })
	})
}

func resetWhileSending(t *testing.T, way, flag string) {
	ln := tcpListener(t)
	in, err := os.CreateTemp(t.TempDir(), "")
	must(t, err)
	must(t, in.Truncate(64<<20))
	p := start(t, how{stdin: in}, "tcp", flag, way, ln.Addr().String())
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
