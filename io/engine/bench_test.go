package engine

import (
	"fmt"
	"os"
	"os/exec"
	"testing"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// BenchmarkPingPong sends 64 bytes on each connection and waits for all of them; ns/op is for one message. The server is a
// process of its own, so that the two schedulers do not get into each other's way.
func BenchmarkPingPong(b *testing.B) {
	for _, e := range All {
		for _, n := range []int{1, 100} {
			b.Run(fmt.Sprintf("%s/%d", e.Name, n), func(b *testing.B) {
				s := &server{t: b, network: "tcp"}
				s.listen()
				stopR, stopW, err := os.Pipe()
				check(b, err)
				cmd := exec.Command("/proc/self/exe", "server", e.Name)
				cmd.ExtraFiles = []*os.File{os.NewFile(uintptr(s.lfd), "listener"), stopR}
				cmd.Stderr = os.Stderr
				check(b, cmd.Start())
				c := newClients(b, s, n)
				c.turn()
				b.ResetTimer()
				for i := 0; i < b.N; i += n {
					c.turn()
				}
				b.StopTimer()
				c.close()
				stopW.Close()
				check(b, cmd.Wait())
				stopR.Close()
				cmd.ExtraFiles[0].Close()
				cpu := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime() // with its children, when they are reaped
				b.ReportMetric(float64(cpu.Nanoseconds())/float64(b.N), "server-ns/op")
			})
		}
	}
}

// TestNothingAllocated: once a connection stands, a message costs no memory.
func TestNothingAllocated(t *testing.T) {
	each(t, nil, func(t *testing.T, e Engine) {
		s := start(t, e, sys.Linux(), "tcp")
		c := newClients(t, s, 10)
		for range 10 {
			c.turn()
		}
		// Ten messages a run; fewer than one allocation for them is the runtime's own business.
		if n := testing.AllocsPerRun(fewer(200, 4), c.turn); n >= 1 {
			t.Errorf("%v allocations for ten messages", n)
		}
		c.close()
		s.stop()
	})
}

// clients are connections that block in their calls and allocate nothing.
type clients struct {
	tb  testing.TB
	fds []int
	buf []byte
}

func newClients(tb testing.TB, s *server, n int) *clients {
	c := &clients{tb: tb, fds: make([]int, n), buf: make([]byte, 64)}
	a, err := unix.Getsockname(s.lfd)
	check(tb, err)
	for i := range c.fds {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		check(tb, err)
		check(tb, unix.Connect(fd, a))
		check(tb, unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1))
		c.fds[i] = fd
	}
	return c
}

func (c *clients) turn() {
	for _, fd := range c.fds {
		if _, err := unix.Write(fd, c.buf); err != nil {
			c.tb.Fatal(err)
		}
	}
	for _, fd := range c.fds {
		if n, err := unix.Read(fd, c.buf); err != nil || n != len(c.buf) {
			c.tb.Fatal(n, err)
		}
	}
}

func (c *clients) close() {
	for _, fd := range c.fds {
		unix.Close(fd)
	}
}
