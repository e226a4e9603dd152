package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// Row 36: epoll refuses files and /dev/null (EPERM): they are always ready, a chunk a turn, so that an endless one keeps
// nobody else waiting.
func TestFault36_alwaysReady(t *testing.T) {
	row(t)
	t.Run("files", func(t *testing.T) {
		data := payload(8<<20 + 1)
		in, out := filepath.Join(t.TempDir(), "in"), filepath.Join(t.TempDir(), "out")
		must(t, os.WriteFile(in, data, 0o600))
		server := start(t, how{sh: `exec "$0" "$@" </dev/null >` + out}, "tcp", "--json", "-l", "127.0.0.1", "0")
		start(t, how{sh: `exec "$0" "$@" <` + in + " >/dev/null"}, "tcp", "--json", server.addr()).accounts(0, 0, int64(len(data)), 0)
		server.accounts(0, int64(len(data)), 0, 0)
		got, err := os.ReadFile(out)
		must(t, err)
		if !bytes.Equal(got, data) {
			t.Errorf("%d bytes arrived of %d", len(got), len(data))
		}
	})
	t.Run("endless", func(t *testing.T) {
		zero, err := os.Open("/dev/zero")
		must(t, err)
		defer zero.Close()
		ln := tcpListener(t)
		p := start(t, how{stdin: zero}, "tcp", ln.Addr().String())
		c := accept(t, ln)
		go io.Copy(io.Discard, c) // the input never waits
		send(t, c, []byte("still heard"))
		p.out.has(t, "still heard")
	})
}

// Row 37: stdin and stdout may be a socket, which blocks, and stays so: a silent one keeps nothing waiting. A directory
// is exit 26, or 23 as stdout, before anything is connected to.
func TestFault37_socketAsStdio(t *testing.T) {
	row(t)
	ln := tcpListener(t)
	ours, theirs := socketPair(t)
	p := start(t, how{stdin: theirs, stdout: theirs}, "tcp", "--json", ln.Addr().String())
	theirs.Close()
	c := accept(t, ln)
	send(t, c, []byte("hello")) // while stdin is silent
	if got := receive(t, ours, 5); string(got) != "hello" {
		t.Errorf("%q came out", got)
	}
	send(t, ours, []byte("answer"))
	receive(t, c, 6)
	big := payload(1 << 20)
	go func() { c.Write(big); c.CloseWrite() }()
	eventually(t, "the output is blocked", func() bool { // and stdin is still served
		n, err := unix.IoctlGetInt(int(ours.Fd()), unix.TIOCINQ)
		must(t, err)
		return n > 100_000
	})
	send(t, ours, []byte("and more"))
	receive(t, c, 8)
	if got := rest(t, ours); !bytes.Equal(got, big) {
		t.Errorf("%d bytes came out of %d", len(got), len(big))
	}
	ours.Close()
	p.accounts(0, int64(5+len(big)), 14, 0)
}

func TestFault37_directoryAsStdio(t *testing.T) {
	row(t)
	dir, err := os.Open(t.TempDir())
	must(t, err)
	defer dir.Close()
	ln := tcpListener(t)
	start(t, how{stdin: dir}, "tcp", ln.Addr().String()).ends(26, "read stdin: is a directory")
	start(t, how{stdout: dir}, "tcp", ln.Addr().String()).ends(23, "write stdout: is a directory")
	withFD(t, ln, func(fd int) error {
		if _, _, err := unix.Accept(fd); err != unix.EAGAIN {
			return fmt.Errorf("it was connected to: %v", err)
		}
		return nil
	})
}

// A FIFO whose writer has already gone is an input that has ended, not one to wait for.
func TestFault37_fifoWithoutWriter(t *testing.T) {
	row(t)
	path := filepath.Join(t.TempDir(), "fifo")
	must(t, unix.Mkfifo(path, 0o600))
	w, err := os.OpenFile(path, os.O_RDWR, 0)
	must(t, err)
	r, err := os.Open(path)
	must(t, err)
	defer r.Close()
	send(t, w, []byte("left behind"))
	w.Close()
	ln := tcpListener(t)
	p := start(t, how{stdin: r}, "tcp", "--json", ln.Addr().String())
	c := accept(t, ln)
	if got := rest(t, c); string(got) != "left behind" {
		t.Errorf("the peer got %q", got)
	}
	c.Close()
	p.accounts(0, 0, 11, 0)
}
