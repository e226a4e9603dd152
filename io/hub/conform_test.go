package hub

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// streams are the networks whose bytes have no bounds; with records each write has to be small enough for the reader's buffer.
var networks = []string{"tcp", "unix", "unixpacket"}

// write writes all of b; records in pieces.
func write(c net.Conn, b []byte) error {
	for len(b) > 0 {
		n := len(b)
		if c.RemoteAddr().Network() == "unixpacket" {
			n = min(n, 30000)
		}
		if _, err := c.Write(b[:n]); err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

// TestBroker: what one sends goes to all the others, whole, in order, and not back; the account is exact.
func TestBroker(t *testing.T) {
	for _, network := range networks {
		for _, size := range []int{0, 1, 100, bufSize - 1, bufSize, 5 << 20} {
			t.Run(fmt.Sprint(network, "/", size), func(t *testing.T) {
				t.Parallel()
				r := start(t, sys.Linux(), network, Options{Service: &Broker{}})
				const readers = 4
				var all [readers]*reader
				for i := range all {
					all[i] = read(r.dial())
				}
				w, data := r.dial(), noise(size)
				check(t, write(w, data))
				endWrite(t, w)
				if got, err := drain(w); err != nil || len(got) > 0 {
					t.Errorf("the writer got %d bytes, %v", len(got), err)
				}
				if g := r.gone(readers + 1); g != (gone{in: int64(size)}) {
					t.Errorf("the writer left as %+v", g)
				}
				check(t, r.stop())
				for i, one := range all {
					if got := one.all(t); !bytes.Equal(got, data) {
						t.Errorf("reader %d got %d bytes of %d", i, len(got), size)
					}
				}
				if r.h.Out != readers*int64(size) || r.h.Lost != 0 {
					t.Errorf("%d bytes given, %d lost", r.h.Out, r.h.Lost)
				}
			})
		}
	}
}

// TestManyWriters: many write at the same time; each of the others has all the lines of each, in order.
func TestManyWriters(t *testing.T) {
	const peers = 8
	lines := fewer(2000, 300)
	for _, network := range networks {
		t.Run(network, func(t *testing.T) {
			t.Parallel()
			r := start(t, sys.Linux(), network, Options{Service: &Broker{}, MaxQueue: 64 << 10})
			var all [peers]*reader
			var conns [peers]net.Conn
			for i := range all {
				conns[i] = r.dial()
				all[i] = read(conns[i])
			}
			for i, c := range conns {
				go func() {
					for n := range lines {
						c.Write(fmt.Appendf(nil, "%d %d\n", i, n))
					}
				}()
			}
			r.awaitIn(int64(peers * linesSize(peers, lines) / peers))
			check(t, r.stop())
			for i, one := range all {
				var next [peers]int
				for line := range strings.Lines(string(one.all(t))) {
					var who, n int
					if _, err := fmt.Sscanf(line, "%d %d\n", &who, &n); err != nil || who == i || n != next[who] {
						t.Fatalf("peer %d got %q, not line %d", i, line, next[who])
					}
					next[who]++
				}
				for who, n := range next {
					if who != i && n != lines {
						t.Errorf("peer %d got %d lines of peer %d", i, n, who)
					}
				}
			}
		})
	}
}

func linesSize(peers, lines int) (n int) {
	for i := range peers {
		for l := range lines {
			n += len(fmt.Sprintf("%d %d\n", i, l))
		}
	}
	return n
}

// awaitIn waits until the hub has taken n bytes. It asks the hub's own thread.
func (r *rig) awaitIn(n int64) {
	r.t.Helper()
	for late := time.After(hang); ; {
		got := make(chan int64)
		r.h.Post(func() { got <- r.h.In })
		select {
		case in := <-got:
			if in >= n {
				return
			}
		case <-late:
			r.t.Fatalf("hangs before %d bytes", n)
		}
	}
}

// TestStalled (faults.md 46): a peer that takes nothing costs the others a pause, and then it has to go; all that it did not
// get is counted, and its memory was bounded.
func TestStalled(t *testing.T) {
	for _, network := range networks {
		t.Run(network, func(t *testing.T) {
			t.Parallel()
			const queue = 512 << 10
			r := start(t, sys.Linux(), network, Options{Service: &Broker{}, MaxQueue: queue, Stall: 3 * time.Second, Accepted: small})
			stalled := r.dial()
			makeSmall(t, stalled)
			good, w := read(r.dial()), r.dial()
			data := noise(16 << 20)
			check(t, write(w, data))
			endWrite(t, w)
			g := r.gone(1)
			if g.why != ErrStall {
				t.Errorf("it left because %v", g.why)
			}
			r.gone(3)
			check(t, r.stop())
			if got := good.all(t); !bytes.Equal(got, data) {
				t.Errorf("the other got %d bytes of %d", len(got), len(data))
			}
			got, err := drain(stalled)
			if network == "tcp" && !errors.Is(err, unix.ECONNRESET) {
				t.Errorf("it sees the end %v: it must not take the half for the whole", err)
			}
			if g.out < int64(len(got)) || !bytes.HasPrefix(data, got) {
				t.Errorf("it was given %d bytes, and got %d", g.out, len(got))
			}
			if g.lost <= 0 || g.lost > queue+bufSize+g.out {
				t.Errorf("%d bytes lost with a queue of %d, and %d given", g.lost, queue, g.out)
			}
			if network != "tcp" && g.lost > queue+bufSize {
				t.Errorf("%d bytes waited in a queue of %d", g.lost, queue)
			}
		})
	}
}

// small bounds what the kernel holds of a connection, or a large machine takes all that a test sends.
func small(fd int, _ sys.Addr) error {
	return errors.Join(unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 64<<10), unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, 64<<10))
}

func makeSmall(t *testing.T, conns ...net.Conn) {
	t.Helper()
	for _, c := range conns {
		raw, err := c.(syscall.Conn).SyscallConn()
		check(t, err)
		check(t, raw.Control(func(fd uintptr) { check(t, small(int(fd), sys.Addr{})) }))
	}
}

// TestHeld: without a time-out for stalling the others wait as long as it takes, and nothing is lost.
func TestHeld(t *testing.T) {
	for _, network := range networks {
		t.Run(network, func(t *testing.T) {
			t.Parallel()
			r := start(t, sys.Linux(), network, Options{Service: &Broker{}, MaxQueue: 256 << 10, Accepted: small})
			late, good, w := r.dial(), read(r.dial()), r.dial()
			makeSmall(t, late, w)
			data := noise(fewer(16, 10) << 20)
			written := make(chan error, 1)
			go func() { written <- write(w, data) }()
			r.await("it is told that one is behind", func() bool { return slices.Contains(r.said, "behind: 1") })
			select {
			case err := <-written:
				t.Fatalf("all was taken: %v", err)
			default:
			}
			slow := read(late)
			check(t, <-written)
			endWrite(t, w)
			r.gone(3)
			check(t, r.stop())
			for _, one := range []*reader{good, slow} {
				if got := one.all(t); !bytes.Equal(got, data) {
					t.Errorf("%d bytes of %d", len(got), len(data))
				}
			}
			if r.h.Lost != 0 {
				t.Errorf("%d bytes lost", r.h.Lost)
			}
		})
	}
}

// TestStopGives: what was taken before Stop is given after it, to who is slow too; who takes nothing is cut at the end of the
// grace, and that is counted.
func TestStopGives(t *testing.T) {
	t.Parallel()
	r := start(t, sys.Linux(), "tcp", Options{Service: &Broker{}, MaxQueue: 64 << 20, Grace: 4 * time.Second, Accepted: small})
	slow, never, w := r.dial(), r.dial(), r.dial()
	makeSmall(t, never)
	data := noise(12 << 20)
	check(t, write(w, data))
	endWrite(t, w)
	r.gone(3)
	r.h.Post(r.h.Stop)
	if got := read(slow).all(t); !bytes.Equal(got, data) {
		t.Errorf("%d bytes of %d", len(got), len(data))
	}
	check(t, r.end())
	if g := r.left[1]; g != (gone{out: int64(len(data))}) {
		t.Errorf("the slow one left as %+v", g)
	}
	g := r.left[2]
	if g.why != ErrStopped || g.lost == 0 {
		t.Errorf("the one that takes nothing left as %+v", g)
	}
	got, _ := drain(never)
	if lost := int64(len(data) - len(got)); g.lost < lost {
		t.Errorf("%d bytes were lost, and %d counted", lost, g.lost)
	}
}

// TestResets: peers that end in every way there is do not harm the others.
func TestResets(t *testing.T) {
	for _, network := range networks {
		t.Run(network, func(t *testing.T) {
			t.Parallel()
			r := start(t, sys.Linux(), network, Options{Service: &Broker{}})
			good, w := read(r.dial()), r.dial()
			var data []byte
			for i := range fewer(200, 40) {
				c := r.dial()
				line := fmt.Appendf(nil, "from the writer, %d\n", i)
				data = append(data, line...)
				check(t, write(w, line))
				switch tcp, _ := c.(*net.TCPConn); {
				case i%4 == 0 && tcp != nil:
					check(t, tcp.SetLinger(0)) // a reset: socket(7), SO_LINGER
				case i%4 == 1:
					_, err := io.ReadFull(c, make([]byte, 5)) // leaves with bytes that it has not read: a reset, too
					check(t, err)
				}
				c.Close()
			}
			endWrite(t, w)
			r.gone(2)
			check(t, r.stop())
			if got := good.all(t); !bytes.Equal(got, data) {
				t.Errorf("%d bytes of %d", len(got), len(data))
			}
		})
	}
}

// TestLastWords: what a peer sent before it went, with a reset or not, still arrives.
func TestLastWords(t *testing.T) {
	r := start(t, sys.Linux(), "tcp", Options{Service: &Broker{}})
	good := read(r.dial())
	want := 0
	for i := range 50 {
		c := r.dial().(*net.TCPConn)
		check(t, write(c, []byte("last words\n")))
		want += len("last words\n")
		if i%2 == 0 {
			r.awaitIn(int64(want)) // a reset overtakes what was not read: tcp(7) does not promise it
			check(t, c.SetLinger(0))
		}
		c.Close()
		r.gone(int64(i + 2))
	}
	check(t, r.stop())
	if got := good.all(t); len(got) != want {
		t.Errorf("%d bytes of %d", len(got), want)
	}
}

// TestEmptyRecords: a record without bytes is a record, and not the end.
func TestEmptyRecords(t *testing.T) {
	r := start(t, sys.Linux(), "unixpacket", Options{Service: &Broker{}})
	got, w := r.dial(), r.dial()
	for _, s := range []string{"a", "", "", "b", ""} {
		_, err := w.Write([]byte(s))
		check(t, err)
		b := make([]byte, 10)
		n, err := got.Read(b)
		if string(b[:n]) != s || err != nil && s != "" {
			t.Errorf("%q became %q, %v", s, b[:n], err)
		}
	}
	w.Close()
	if g := r.gone(2); g != (gone{in: 2}) {
		t.Errorf("%+v", g)
	}
	check(t, r.stop())
}
