package engine

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// The conformance test: what every engine does in the same way.

// halfCloser is a client that can say that it has said everything.
type halfCloser interface {
	net.Conn
	CloseWrite() error
}

// roundTrip sends p, says that this was all, and wants all of it back, and then the end.
func roundTrip(t testing.TB, c net.Conn, p []byte) {
	t.Helper()
	sent := make(chan error, 1)
	go func() {
		_, err := c.Write(p)
		if err == nil {
			err = c.(halfCloser).CloseWrite()
		}
		sent <- err
	}()
	got, err := io.ReadAll(c)
	if err != nil {
		t.Error(err)
	}
	if err := <-sent; err != nil {
		t.Error(err)
	}
	same(t, got, p)
}

func TestSizes(t *testing.T) {
	each(t, nil, func(t *testing.T, e Engine) {
		for _, network := range []string{"tcp", "unix"} {
			s := start(t, e, sys.Linux(), network)
			total := 0
			for i, size := range []int{0, 1, 64 << 10, 8 << 20} {
				c := s.dial()
				roundTrip(t, c, noise(size, byte(i)))
				c.Close()
				total += size
			}
			s.stop()
			if e.Name != "process" && (s.in != int64(total) || s.out != s.in) {
				t.Errorf("the account says %d in, %d out, of %d", s.in, s.out, total)
			}
			if len(s.errs) > 0 {
				t.Errorf("ends that were no ends: %v", s.errs)
			}
		}
	})
}

// TestSlowReader: a peer that does not read is not read from either, and nobody else notices.
func TestSlowReader(t *testing.T) {
	each(t, nil, func(t *testing.T, e Engine) {
		s := start(t, e, sys.Linux(), "tcp")
		s.narrow()
		slow, other := s.dialNarrow(), s.dial()
		chunk := noise(256<<10, 9)
		sent := fillUp(t, slow, chunk)
		for range 100 {
			pingPong(t, other, []byte("still there?"))
		}
		slow.SetDeadline(time.Now().Add(hang))
		check(t, slow.(halfCloser).CloseWrite())
		got, err := io.ReadAll(slow)
		check(t, err)
		same(t, got, bytes.Repeat(chunk, sent/len(chunk)+1)[:sent])
		slow.Close()
		other.Close()
		s.stop()
	})
}

// fillUp sends chunk again and again until nothing more is taken, and says how many bytes that were. When for a
// quarter of a second, twice, not one byte has gone anywhere, there is nowhere to go.
func fillUp(t testing.TB, c net.Conn, chunk []byte) (sent int) {
	t.Helper()
	for stuck := 0; stuck < 2; {
		c.SetWriteDeadline(time.Now().Add(250 * time.Millisecond))
		n, err := c.Write(chunk[sent%len(chunk):])
		sent += n
		if stuck++; n > 0 {
			stuck = 0
		}
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatal(err)
		}
		if sent > 8<<20 {
			t.Fatal("8 MiB were taken from a peer that reads nothing")
		}
	}
	return sent
}

func pingPong(t testing.TB, c net.Conn, p []byte) {
	t.Helper()
	_, err := c.Write(p)
	check(t, err)
	got := make([]byte, len(p))
	_, err = io.ReadFull(c, got)
	check(t, err)
	same(t, got, p)
}

// TestReset: a peer that goes without a word takes nobody with it.
func TestReset(t *testing.T) {
	each(t, nil, func(t *testing.T, e Engine) {
		s := start(t, e, sys.Linux(), "tcp")
		other := s.dial()
		for i := range 20 {
			c := s.dial().(*net.TCPConn)
			switch i % 3 {
			case 0: // at once
			case 1:
				pingPong(t, c, []byte("hello"))
			case 2: // with a lot on its way back
				c.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
				c.Write(noise(8<<20, 3))
			}
			check(t, c.SetLinger(0)) // close(2) sends RST
			c.Close()
			pingPong(t, other, []byte("still there?"))
		}
		roundTrip(t, other, noise(100_000, 4))
		other.Close()
		s.stop()
	})
}

// TestMany: a thousand connections at a time; a thousand in all where each is a process. Fewer under the race detector;
// TestPoolHandsOver does not depend on chance as this does.
func TestMany(t *testing.T) {
	each(t, nil, func(t *testing.T, e Engine) {
		s := start(t, e, sys.Linux(), "tcp")
		all := fewer(1000, 2)
		group := all
		switch e.Name {
		case "select":
			group = fewer(450, 2) // it has 1024 descriptors, and both ends are in this process
		case "process":
			all, group = fewer(1000, 5), 8
		}
		for done := 0; done < all; {
			n := min(group, all-done)
			clients := make([]net.Conn, n)
			text := func(i int) []byte { return fmt.Appendf(nil, "I am %d of %d", i, n) }
			for i := range clients {
				clients[i] = s.dial()
			}
			for range 2 {
				for i, c := range clients { // all at once
					_, err := c.Write(text(i))
					check(t, err)
				}
				for i, c := range clients {
					got := make([]byte, len(text(i)))
					_, err := io.ReadFull(c, got)
					check(t, err)
					same(t, got, text(i))
				}
			}
			for i, c := range clients {
				roundTrip(t, c, text(i))
				c.Close()
			}
			done += n
		}
		s.stop()
		if s.accepted != all {
			t.Errorf("%d connections accepted", s.accepted)
		}
	})
}

// TestStopIdle: who says nothing gets the end.
func TestStopIdle(t *testing.T) {
	each(t, nil, func(t *testing.T, e Engine) {
		for _, network := range []string{"tcp", "unix"} {
			s := start(t, e, sys.Linux(), network)
			a, b := s.dial(), s.dial()
			pingPong(t, a, []byte("1"))
			pingPong(t, b, []byte("2"))
			unix.Close(s.stopW)
			for _, c := range []net.Conn{a, b} {
				if got, err := io.ReadAll(c); err != nil || len(got) > 0 {
					t.Errorf("%q, %v", got, err)
				}
				c.Close()
			}
			s.ended()
		}
	})
}

// TestStopBusy: what was taken is given back; and when a peer does not want it, the server leaves all the same, and
// says so.
func TestStopBusy(t *testing.T) {
	each(t, nil, func(t *testing.T, e Engine) {
		s := start(t, e, sys.Linux(), "tcp", func(o *Options) { o.Grace = time.Duration(fewer(1000, 4)) * time.Millisecond })
		s.narrow()
		deaf := s.dialNarrow()
		fillUp(t, deaf, noise(256<<10, 1))
		var wait sync.WaitGroup
		for i := range 4 {
			c := s.dial()
			pingPong(t, c, []byte("hello"))
			wait.Go(func() {
				defer c.Close()
				p := noise(4<<20, byte(i))
				go c.Write(p)
				got, _ := io.ReadAll(c) // to the end, or to the reset that says that we were still sending
				if !bytes.HasPrefix(p, got) {
					t.Error("what came back is not what was sent")
				}
			})
		}
		unix.Close(s.stopW)
		select {
		case err := <-s.done:
			s.done <- err
		case <-time.After(hang):
			t.Fatal("the server does not leave")
		}
		deaf.Close()
		wait.Wait()
		s.ended()
		for _, err := range s.errs {
			if errors.Is(err, ErrStopped) {
				return
			}
		}
		t.Errorf("nobody was told of what was lost: %v; in %d out %d, said %v", s.errs, s.in, s.out, s.warnings)
	})
}

// TestConnectionCut: the process of a connection that had not given everything when the grace was over leaves with an errno
// of its own, which the server reads as that: what was lost must not pass for the peer's reset.
func TestConnectionCut(t *testing.T) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	check(t, err)
	var stop [2]int
	check(t, unix.Pipe2(stop[:], unix.O_CLOEXEC))
	check(t, unix.SetsockoptInt(fds[0], unix.SOL_SOCKET, unix.SO_SNDBUF, 0)) // the least there is: what is taken at once is more
	_, err = unix.Write(fds[1], noise(bufferSize, 1))
	check(t, err)
	done := make(chan error, 1)
	go func() { done <- Connection(sys.Linux(), fds[0], stop[0], &Options{Grace: 10 * time.Millisecond}) }()
	unix.Close(stop[1])
	select {
	case err = <-done:
	case <-time.After(hang):
		t.Fatal("it does not leave")
	}
	if err != cut {
		t.Errorf("Connection: %v, not %v", err, cut)
	}
	unix.Close(fds[1])
	unix.Close(stop[0])
}
