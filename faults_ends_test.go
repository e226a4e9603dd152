package main

import (
	"fmt"
	"net"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

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
