package pump

import (
	"bytes"
	"net/netip"
	"testing"
	"time"

	"cat5/io/epoll"
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// tcpPair is a connection: our end of it, and the peer's. Both do not block.
func tcpPair(t *testing.T, dialed bool) (ours, theirs int) {
	t.Helper()
	k := sys.Linux()
	l, err := k.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	check(t, err)
	defer k.Close(l)
	check(t, k.Bind(l, sys.Inet(netip.MustParseAddrPort("127.0.0.1:0"), 0)))
	check(t, k.Listen(l, 1))
	at, err := k.Getsockname(l)
	check(t, err)
	c, err := k.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	check(t, err)
	check(t, k.Connect(c, at))
	unix.SetNonblock(c, true)
	s, _, err := sys.Accept(k, l)
	check(t, err)
	closeLater(t, c, s)
	if dialed {
		return c, s
	}
	return s, c
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// reset closes a TCP socket so that its peer gets a reset (socket(7), SO_LINGER).
func reset(fd int) {
	unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	unix.Close(fd)
}

// glue is two connections glued together, and their peers a and b.
type glue struct {
	*rig
	a, b         int
	aOurs, bOurs int
	whole        bool
	gotA, gotB   []byte
	endA, endB   error // what a read said at last; nil: the end
	overA, overB bool
}

func newGlue(t *testing.T) *glue {
	g := &glue{rig: newRig(t)}
	g.aOurs, g.a = tcpPair(t, false)
	g.bOurs, g.b = tcpPair(t, true)
	pa := Port{FD: g.aOurs, Kind: Stream, Name: "a", Ends: true, Proto: TCP}
	pb := Port{FD: g.bOurs, Kind: Stream, Name: "b", Ends: true, Proto: TCP, Dialed: true}
	p := &Pair{Glue: true, Quit: -1, Out: &Lane{Src: pa, Dst: pb}, In: &Lane{Src: pb, Dst: pa}}
	g.add(p)
	p.Done = func(*Pair) {
		g.done, g.whole = true, p.Whole
		for _, fd := range []int{g.aOurs, g.bOurs} {
			if g.whole {
				unix.Close(fd)
			} else {
				reset(fd)
			}
		}
		g.loop.Stop()
	}
	return g
}

// drain reads what has come to a peer.
func drain(fd int, got *[]byte, end *error, over *bool) {
	b := make([]byte, 64<<10)
	for !*over {
		n, err := unix.Read(fd, b)
		switch {
		case n > 0:
			*got = append(*got, b[:n]...)
		case err == unix.EAGAIN:
			return
		default:
			*over, *end = true, err
		}
	}
}

func (g *glue) drainA() { drain(g.a, &g.gotA, &g.endA, &g.overA) }
func (g *glue) drainB() { drain(g.b, &g.gotB, &g.endB, &g.overB) }

// fill writes until the pump and both kernels hold all they can, and says how much that was.
func (g *glue) fill(fd int) (n int) {
	b := payload(64 << 10)
	for idle := 0; idle < 3; {
		m, err := unix.Write(fd, b)
		if err != nil {
			g.settle()
			idle++
			continue
		}
		idle = 0
		n += m
	}
	return n
}

// TestGlueEnds: a half-close goes through, whichever side is first, and the other direction goes on.
func TestGlueEnds(t *testing.T) {
	for _, aFirst := range []bool{true, false} {
		g := newGlue(t)
		first, second, drain1, drain2 := g.a, g.b, g.drainA, g.drainB
		if !aFirst {
			first, second, drain1, drain2 = second, first, drain2, drain1
		}
		give(t, first, []byte("question"))
		unix.Shutdown(first, unix.SHUT_WR)
		g.settle()
		drain2()
		give(t, second, []byte("answer"))
		g.settle()
		drain1()
		if g.overA && g.overB || g.done {
			t.Fatal("the second direction has ended with the first")
		}
		unix.Shutdown(second, unix.SHUT_WR)
		g.run()
		drain1()
		drain2()
		if !g.done || !g.whole || !g.overA || !g.overB || g.endA != nil || g.endB != nil || len(g.gotA)+len(g.gotB) != len("questionanswer") {
			t.Errorf("a first %v: done %v, whole %v; a %q %v, b %q %v", aFirst, g.done, g.whole, g.gotA, g.endA, g.gotB, g.endB)
		}
	}
}

// TestGlueReset: what came before a reset is delivered, and then the reset is, each way.
func TestGlueReset(t *testing.T) {
	for _, from := range []string{"a", "b"} {
		g, want := newGlue(t), payload(100_000)
		give(t, g.a, []byte("hello"))
		g.settle()
		if from == "a" {
			give(t, g.a, want)
			reset(g.a)
		} else {
			give(t, g.b, want)
			reset(g.b)
		}
		g.each = g.drainB
		if from == "b" {
			g.each = g.drainA
		}
		g.run()
		g.drainA()
		g.drainB()
		got, end := g.gotB, g.endB
		if from == "a" {
			want = append([]byte("hello"), want...)
		} else {
			got, end = g.gotA, g.endA
		}
		if !g.done || g.whole || !bytes.Equal(got, want) || end != unix.ECONNRESET {
			t.Errorf("%s resets: done %v, whole %v, %d of %d bytes, then %v", from, g.done, g.whole, len(got), len(want), end)
		}
	}
}

// TestGlueResetLost: bytes that a broken side did not take are counted, in our hands and in the kernel's, and the side
// that sent them is reset.
func TestGlueResetLost(t *testing.T) {
	g := newGlue(t)
	sent := g.fill(g.a)
	reset(g.b)
	g.run()
	g.drainA()
	p := g.pair
	unread := int64(sent) - p.Out.In // still with a's kernel or ours
	lost := p.Out.In - p.Out.Out + p.Unacked
	if !g.done || g.whole || g.endA != unix.ECONNRESET || lost <= 0 || unread < 0 || p.Unacked > p.Out.Out {
		t.Errorf("done %v, whole %v, a ends with %v; of %d bytes %d taken, %d given, %d unacknowledged", g.done, g.whole, g.endA, sent, p.Out.In, p.Out.Out, p.Unacked)
	}
}

// TestGlueClosed: a side that closes without reading on lets the other know with a reset, as the kernel would.
func TestGlueClosed(t *testing.T) {
	g := newGlue(t)
	give(t, g.b, []byte("bye"))
	unix.Close(g.b)
	g.settle()
	for i := 0; i < 10 && !g.done; i++ {
		unix.Write(g.a, []byte("more"))
		g.settle()
	}
	g.run()
	g.drainA()
	if !g.done || g.whole || string(g.gotA) != "bye" {
		t.Errorf("done %v, whole %v; a got %q, then %v", g.done, g.whole, g.gotA, g.endA)
	}
	if err := waitForReset(g.a); err == nil {
		t.Error("a can still send")
	}
}

func waitForReset(fd int) (err error) {
	for i := 0; i < 100 && err == nil; i++ {
		_, err = unix.Write(fd, []byte("x"))
	}
	return err
}

// TestGluePatience: a reset does not wait for ever behind bytes that the other side does not take; but it does while it
// takes some.
func TestGluePatience(t *testing.T) {
	for _, slow := range []bool{false, true} {
		g := newGlue(t)
		sent := g.fill(g.a)
		reset(g.a)
		var tick epoll.Timer
		tick.F = func() {
			if g.done {
				return
			}
			b := make([]byte, 1<<20)
			for n := 0; n < len(b); {
				m, err := unix.Read(g.b, b[n:])
				if m <= 0 || err != nil {
					break
				}
				n += m
			}
			g.loop.After(&tick, 9*time.Second)
		}
		if slow {
			g.loop.After(&tick, 0)
		}
		g.run()
		p := g.pair
		if !g.done || g.whole {
			t.Fatalf("done %v, whole %v", g.done, g.whole)
		}
		if lost := p.Out.In - p.Out.Out + p.Unacked; slow == (lost > 0) {
			t.Errorf("slow %v: of %d bytes %d taken, %d lost after %v", slow, sent, p.Out.In, lost, g.clock)
		}
		if !slow && (g.clock < carryPatience || g.clock > 2*carryPatience) {
			t.Errorf("gave up after %v", g.clock)
		}
	}
}

// TestGlueCut: a conversation that we cut is not taken for a whole one, and what was taken is given first.
func TestGlueCut(t *testing.T) {
	g := newGlue(t)
	give(t, g.a, []byte("half a sent"))
	g.settle()
	g.pair.Abort(time.Second)
	g.run()
	g.drainA()
	g.drainB()
	if !g.done || g.whole || string(g.gotB) != "half a sent" || g.endB != unix.ECONNRESET || g.endA != unix.ECONNRESET {
		t.Errorf("done %v, whole %v; b got %q, then %v; a %v", g.done, g.whole, g.gotB, g.endB, g.endA)
	}
}

// TestGlueAsksOnce: a read that got less than it asked for has emptied the socket. Whatever else happens, the next one
// waits until there is something.
func TestGlueAsksOnce(t *testing.T) {
	g := newGlue(t)
	g.settle()
	again := 0
	splice, recv := g.k.RawSplice, g.k.Recvfrom
	g.k.RawSplice = func(r, w, n, flags int) (int, error) {
		m, err := splice(r, w, n, flags)
		if err == unix.EAGAIN {
			again++
		}
		return m, err
	}
	g.k.Recvfrom = func(fd int, b []byte, flags int, from *sys.Addr) (int, int, error) {
		n, f, err := recv(fd, b, flags, from)
		if err == unix.EAGAIN {
			again++
		}
		return n, f, err
	}
	for range 50 {
		give(t, g.a, []byte("ping"))
		g.settle()
		give(t, g.b, []byte("pong"))
		g.settle()
	}
	g.drainA()
	g.drainB()
	if again > 0 || len(g.gotA) != 200 || len(g.gotB) != 200 {
		t.Errorf("%d reads for nothing in 100 messages; %d and %d bytes", again, len(g.gotA), len(g.gotB))
	}
}

// TestGlueIdle: a pair that has nothing to carry holds no pipe and no buffer.
func TestGlueIdle(t *testing.T) {
	g := newGlue(t)
	for range 3 {
		give(t, g.a, payload(10000))
		g.settle()
		give(t, g.b, payload(10000))
		g.settle()
		g.drainA()
		g.drainB()
	}
	for _, l := range []*Lane{g.pair.Out, g.pair.In} {
		switch m := l.mover.(type) {
		case *splicer:
			if m.pipe[0] != 0 {
				t.Error("an idle lane keeps a pipe")
			}
		case *copier:
			if m.own != nil {
				t.Error("an idle lane keeps a buffer")
			}
		}
	}
	if len(g.loop.pipes) > 1 || len(g.loop.pool) > 1 {
		t.Errorf("the loop keeps %d pipes and %d buffers for one pair", len(g.loop.pipes), len(g.loop.pool))
	}
}
