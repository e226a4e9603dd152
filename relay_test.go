package main

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// The relay at work between real peers, in a process of its own.

// relayed is a relay that listens, and its backend.
type relayed struct {
	*proc
	backend *net.TCPListener
	at      string
}

func newRelayed(t *testing.T, flags ...string) *relayed {
	t.Helper()
	r := &relayed{backend: tcpListener(t)}
	r.proc = start(t, how{}, append(append([]string{"relay"}, flags...), "listen:tcp:0", "tcp:"+r.backend.Addr().String())...)
	r.at = r.addr()
	return r
}

// pair is a connection through the relay: its two ends.
func (r *relayed) pair(t *testing.T) (a, b *net.TCPConn) {
	t.Helper()
	a = dial(t, "tcp", r.at).(*net.TCPConn)
	return a, accept(t, r.backend)
}

func (r *relayed) stop(t *testing.T) result {
	t.Helper()
	r.signal(unix.SIGTERM)
	return r.dies(unix.SIGTERM)
}

// TestRelayBothWays: 16 MiB each way at once, whichever side ends first and however the bytes move.
func TestRelayBothWays(t *testing.T) {
	up, down := payload(16<<20), payload(16<<20+1)
	for _, way := range []string{"auto", "copy"} {
		r := newRelayed(t, "--io", way, "--json")
		for _, aFirst := range []bool{true, false} {
			a, b := r.pair(t)
			first, second, one, two := a, b, up, down
			if !aFirst {
				first, second = b, a
			}
			var all sync.WaitGroup
			all.Go(func() {
				first.Write(one)
				first.CloseWrite()
			})
			heard := make(chan bool) // second's end comes after first's has arrived
			all.Go(func() {
				second.Write(two)
				<-heard
				second.CloseWrite()
			})
			var got, back []byte
			all.Go(func() {
				got, _ = io.ReadAll(second)
				close(heard)
			})
			all.Go(func() { back, _ = io.ReadAll(first) })
			all.Wait()
			if !bytes.Equal(got, one) || !bytes.Equal(back, two) {
				t.Errorf("%s, a first %v: %d of %d bytes came, and %d of %d", way, aFirst, len(got), len(one), len(back), len(two))
			}
			ev := r.event("close")
			if ev["lost"].(float64) != 0 || ev["code"].(float64) != 0 {
				t.Errorf("%v", ev)
			}
		}
		r.stop(t)
	}
}

// TestRelayResets: a reset is a reset on the other side, behind what was sent before it.
func TestRelayResets(t *testing.T) {
	want := payload(200_000)
	r := newRelayed(t, "-v")
	for _, fromA := range []bool{true, false} {
		from, to := r.pair(t)
		if !fromA {
			from, to = to, from
		}
		send(t, to, []byte("hello"))
		receive(t, from, 5)
		send(t, from, want)
		delivered(t, from)
		reset(t, from)
		got, err := io.ReadAll(to)
		if !bytes.Equal(got, want) || !errors.Is(err, unix.ECONNRESET) {
			t.Errorf("from a %v: %d of %d bytes, then %v", fromA, len(got), len(want), err)
		}
	}
	r.line("connection 1 ended: 195.3 KiB to ")
	r.line(": connection reset by peer after ")
	if r := r.stop(t); strings.Count(r.err, "connection reset by peer") != 2 {
		t.Error(r.err)
	}
}

// TestRelayOnceReset: a relay of one connection leaves as that ended: which side broke, and what was lost.
func TestRelayOnceReset(t *testing.T) {
	r := newRelayed(t, "--once")
	a, b := r.pair(t)
	send(t, a, []byte("hello"))
	receive(t, b, 5)
	reset(t, a)
	r.ends(56, "receive "+a.LocalAddr().String()+": connection reset by peer after 5 B")

	r = newRelayed(t, "--once", "--json")
	a, b = r.pair(t)
	still := 0
	flood(t, a, payload(1<<20), 1<<30, func(int) bool { still++; return still > 50 })
	reset(t, b)
	r.accountsLike(55, func(a account) bool { return a.Lost > 0 })
}

// TestRelayClosedInTheMiddle: a client that leaves in the middle of an answer, as those of web servers do, costs the
// backend its connection, soon; and the relay nothing.
func TestRelayClosedInTheMiddle(t *testing.T) {
	r := newRelayed(t)
	a, b := r.pair(t)
	receive(t, a, len(sendSome(t, b)))
	a.Close()
	if err := sendUntilError(b); !errors.Is(err, unix.ECONNRESET) && !errors.Is(err, unix.EPIPE) {
		t.Errorf("the backend hears %v", err)
	}
	eventually(t, "both sockets are closed", func() bool { return r.sockets() == 1 })
	r.stop(t)
}

func sendSome(t *testing.T, c net.Conn) []byte {
	b := []byte("the beginning of an answer")
	send(t, c, b)
	return b
}

func sendUntilError(c net.Conn) (err error) {
	for b := payload(1 << 16); err == nil; {
		_, err = c.Write(b)
	}
	return err
}

// TestRelayStuck: a side that does not read holds its own connection up, and no other; what is in a pipe when that is cut
// is counted as lost.
func TestRelayStuck(t *testing.T) {
	r := newRelayed(t, "--json", "--grace", "0.05")
	a, _ := r.pair(t)
	still := 0
	taken := flood(t, a, payload(1<<20), 1<<30, func(int) bool { still++; return still > 50 })
	a2, b2 := r.pair(t)
	send(t, a2, []byte("as ever"))
	receive(t, b2, 7)
	r.signal(unix.SIGTERM)
	res := r.dies(unix.SIGTERM)
	closed := map[float64]map[string]any{}
	for _, ev := range res.events(t, "close") {
		closed[ev["conn"].(float64)] = ev
	}
	stuck := closed[1]
	if lost := stuck["lost"].(float64); lost <= 0 || lost > float64(taken) || stuck["code"].(float64) != 128 {
		t.Errorf("%d bytes were taken of a: %v", taken, stuck)
	}
	if ev := closed[2]; ev["lost"].(float64) != 0 || ev["out"].(float64) != 7 {
		t.Errorf("%v", ev)
	}
}

// udpServer sends every datagram back to where it came from. It returns where it listens.
func udpServer(t *testing.T) string {
	c, err := net.ListenPacket("udp4", "127.0.0.1:0")
	must(t, err)
	var done sync.WaitGroup
	done.Go(func() {
		b := make([]byte, 65536)
		for {
			n, from, err := c.ReadFrom(b)
			if err != nil {
				return
			}
			c.WriteTo(b[:n], from)
		}
	})
	t.Cleanup(func() { c.Close(); done.Wait() })
	return c.LocalAddr().String()
}

// TestRelayPeers: the tools that others use, as client and as backend.
func TestRelayPeers(t *testing.T) {
	dir := t.TempDir()
	up, down := filepath.Join(dir, "up"), filepath.Join(dir, "down")
	must(t, os.WriteFile(up, payload(3<<20), 0o600))
	must(t, os.WriteFile(down, payload(2<<20), 0o600))
	for _, tool := range []struct{ name, client, server string }{
		{"nc.openbsd", "nc.openbsd -N 127.0.0.1 PORT", "nc.openbsd -l -N 127.0.0.1 PORT"},
		{"socat", "socat -t 60 - TCP:127.0.0.1:PORT", "socat -t 60 - TCP-LISTEN:PORT,bind=127.0.0.1,reuseaddr"},
	} {
		if _, err := exec.LookPath(tool.name); err != nil {
			notTried(t, tool.name+" around a relay: it is not installed")
			continue
		}
		t.Run(tool.name, func(t *testing.T) {
			ln := tcpListener(t)
			_, port, err := net.SplitHostPort(ln.Addr().String())
			must(t, err)
			ln.Close()
			run := func(line, at, in, out string) *exec.Cmd {
				cmd := exec.Command("sh", "-c", "exec "+strings.ReplaceAll(line, "PORT", at)+" <"+in+" >"+out)
				cmd.Stderr = os.Stderr
				must(t, cmd.Start())
				t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
				return cmd
			}
			server := run(tool.server, port, down, filepath.Join(dir, "server"))
			r := start(t, how{}, "relay", "--once", "--retry", "50", "listen:0", "tcp:127.0.0.1:"+port)
			_, at, err := net.SplitHostPort(r.addr())
			must(t, err)
			client := run(tool.client, at, up, filepath.Join(dir, "client"))
			must(t, client.Wait())
			must(t, server.Wait())
			if r := r.wait(); r.status.ExitStatus() != 0 {
				t.Errorf("%s: %s", describe(r.status), r.err)
			}
			for got, want := range map[string]string{"server": up, "client": down} {
				g, err := os.ReadFile(filepath.Join(dir, got))
				must(t, err)
				w, err := os.ReadFile(want)
				must(t, err)
				if !bytes.Equal(g, w) {
					t.Errorf("the %s got %d bytes of %d", got, len(g), len(w))
				}
			}
		})
	}
}
