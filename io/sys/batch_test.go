package sys

import (
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestSendersAfterAnother: who sent a datagram does not depend on who sent what was received into the same place before. Names of
// unix sockets differ in length, and two addresses are equal when == says so.
func TestSendersAfterAnother(t *testing.T) {
	k := Linux()
	dir := t.TempDir()
	named := func(name string) (fd int, a Addr) {
		a, err := Unix(filepath.Join(dir, name))
		if err == nil {
			fd, err = k.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
		}
		if err == nil {
			t.Cleanup(func() { k.Close(fd) })
			err = k.Bind(fd, a)
		}
		if err == nil {
			a, err = k.Getsockname(fd)
		}
		if err != nil {
			t.Fatal(err)
		}
		return fd, a
	}
	to, at := named("to")
	short, shortAddr := named("s")
	long, longAddr := named(strings.Repeat("l", 20))
	receive := map[string]func(from *Addr) error{}
	var b Batch
	b.Msgs[0].P = make([]byte, 8)
	receive["recvmmsg"] = func(from *Addr) error {
		_, err := Recvmmsg(k, to, &b, 1, 0)
		*from = b.Msgs[0].From
		return err
	}
	var same Addr
	receive["recvmsg"] = func(from *Addr) error {
		_, _, err := Recvfrom(k, to, make([]byte, 8), unix.MSG_DONTWAIT, &same)
		*from = same
		return err
	}
	for name, f := range receive {
		for i, who := range []int{short, long, short} {
			if _, err := Sendto(k, who, []byte("x"), 0, &at); err != nil {
				t.Fatal(err)
			}
			var from Addr
			if err := f(&from); err != nil {
				t.Fatal(err)
			}
			if want := [...]Addr{shortAddr, longAddr, shortAddr}[i]; from != want {
				t.Errorf("%s, datagram %d: from %s, %v bytes; it is not %s", name, i, from, len(from.Bytes()), want)
			}
		}
	}
}
