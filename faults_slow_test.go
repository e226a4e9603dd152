package main

import (
	"bytes"
	"io"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// zeroWindow says that the peer of a TCP socket takes nothing more: there is more to send, and none of it under way.
func zeroWindow(fd int) bool {
	info, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
	return err == nil && info.Notsent_bytes > 0 && info.Unacked == 0
}

// settled waits until a number stays as it is for a while. It is for what has no end that could be seen; nothing goes
// wrong when it is too early.
func settled(t *testing.T, what string, number func() int) {
	t.Helper()
	last, calm := -1, 0
	eventually(t, what, func() bool {
		n := number()
		if calm++; n != last {
			last, calm = n, 0
		}
		return calm > 25 && n > 0
	})
}

// Row 10: a slow reader of our output makes us stop reading: the peer sees a zero window, memory stays flat while 1 GiB
// is offered, and in the end every byte comes.
func TestFault10_slowOutput(t *testing.T) {
	row(t)
	eachWay(t, slowOutput)
}

func slowOutput(t *testing.T, way string) {
	ln := tcpListener(t)
	r, w, err := os.Pipe()
	must(t, err)
	defer r.Close()
	p := start(t, how{stdout: w}, "tcp", "--json", way, ln.Addr().String())
	w.Close()
	c := accept(t, ln)
	taken := flood(t, c, payload(64<<10), 1<<30, zeroWindow)
	if kib := p.peak(); kib > memoryLimit {
		t.Errorf("%d KiB resident with a blocked reader", kib)
	}
	c.Close()
	n, err := io.Copy(io.Discard, r)
	must(t, err)
	if n != taken {
		t.Errorf("%d bytes came out of %d", n, taken)
	}
	p.in.Close()
	p.accounts(0, taken, 0, 0)
}

// Row 11: a slow peer makes us stop reading our input: of 1 GiB offered only what buffers hold is taken.
func TestFault11_slowPeer(t *testing.T) {
	row(t)
	eachWay(t, slowPeer)
}

func slowPeer(t *testing.T, way string) {
	ln := tcpListener(t)
	p := start(t, how{}, "tcp", "--json", way, ln.Addr().String())
	c := accept(t, ln)
	taken := flood(t, p.in, payload(64<<10), 1<<30, func() func(int) bool {
		last, calm := -1, 0
		return func(int) bool {
			n := waiting(t, c)
			if calm++; n != last {
				last, calm = n, 0
			}
			return calm > 25
		}
	}())
	if kib := p.peak(); kib > memoryLimit {
		t.Errorf("%d KiB resident with a blocked peer", kib)
	}
	must(t, p.in.Close())
	n, err := io.Copy(io.Discard, c)
	must(t, err)
	if n != taken {
		t.Errorf("the peer got %d bytes of %d", n, taken)
	}
	c.Close()
	if r := p.accounts(0, 0, taken, 0); strings.Contains(r.err, "errno") {
		t.Error(r.err)
	}
}

// A peer that brings up telnet's options without end, and never reads that they are refused, is not read any more.
func TestTelnetIsNotHeard(t *testing.T) {
	ln := tcpListener(t)
	p := start(t, how{}, "tcp", "--telnet", "--quiet", ln.Addr().String())
	c := accept(t, ln)
	must(t, c.SetReadBuffer(4096)) // so that the refusals soon have no room
	last, calm := -1, 0
	flood(t, c, bytes.Repeat([]byte{255, 253, 24}, 20000), 64<<20, func(fd int) bool {
		n, _ := unix.IoctlGetInt(fd, unix.SIOCOUTQ)
		if calm++; n != last || !zeroWindow(fd) {
			last, calm = n, 0
		}
		return calm > 50
	})
	if kib := p.peak(); kib > memoryLimit {
		t.Errorf("%d KiB resident", kib)
	}
	c.Close() // with what was not read: a reset
	p.in.Close()
	p.wait()
}
