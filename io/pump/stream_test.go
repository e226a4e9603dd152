package pump

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// cord is a pair on a rig: our input and output, and the peer's end of the connection.
type cord struct {
	*rig
	in   int // the end of our input that the test writes to
	out  int // the end of our output that the test reads from
	peer int
}

// newCord makes a pair of pipes and a unix socket, with these settings.
func newCord(t *testing.T, typ int, set func(*Pair)) *cord {
	t.Helper()
	r := newRig(t)
	inR, inW := pipe(t)
	outR, outW := pipe(t)
	ours, theirs := socketpair(t, typ)
	sock := port(ours, SocketKind(typ))
	p := &Pair{Quit: -1, Out: &Lane{Src: port(inR, Pipe), Dst: sock}, In: &Lane{Src: sock, Dst: port(outW, Pipe)}}
	p.In.Dst.Own = true
	if set != nil {
		set(p)
	}
	r.add(p)
	return &cord{r, inW, outR, theirs}
}

func TestHalf(t *testing.T) {
	c := newCord(t, unix.SOCK_STREAM, nil)
	give(t, c.in, []byte("question"))
	unix.Close(c.in)
	c.settle()
	if b, end := take(c.peer); string(b) != "question" || !end {
		t.Fatalf("the peer has %q, end %v", b, end)
	}
	if c.done || c.count(SrcEnded) != 1 || c.count(HalfClosed) != 1 {
		t.Fatalf("done %v, events %v", c.done, c.seen)
	}
	give(t, c.peer, []byte("answer"))
	unix.Close(c.peer)
	c.settle()
	if b, end := take(c.out); string(b) != "answer" || !end || !c.done || c.pair.Reason != Ended {
		t.Errorf("we have %q, end %v, done %v, reason %v", b, end, c.done, c.pair.Reason)
	}
}

func TestFull(t *testing.T) {
	for _, first := range []string{"we", "the peer"} {
		c := newCord(t, unix.SOCK_STREAM, func(p *Pair) { p.EOF = Full })
		give(t, c.in, []byte("ours"))
		give(t, c.peer, []byte("theirs"))
		c.settle()
		if first == "we" {
			unix.Close(c.in)
		} else {
			unix.Shutdown(c.peer, unix.SHUT_WR)
		}
		c.settle()
		a, _ := take(c.peer)
		b, _ := take(c.out)
		if !c.done || string(a) != "ours" || string(b) != "theirs" {
			t.Errorf("%s end first: done %v, %q, %q", first, c.done, a, b)
		}
	}
}

func TestKeep(t *testing.T) {
	c := newCord(t, unix.SOCK_STREAM, func(p *Pair) {
		p.EOF = Keep
		p.Out.KeepDst = true
	})
	give(t, c.in, []byte("ours"))
	unix.Close(c.in)
	c.settle()
	if b, end := take(c.peer); string(b) != "ours" || end {
		t.Errorf("the peer has %q, end %v", b, end)
	}
	give(t, c.peer, []byte("theirs"))
	c.settle()
	unix.Close(c.peer)
	c.settle()
	if b, _ := take(c.out); !c.done || string(b) != "theirs" {
		t.Errorf("done %v, %q", c.done, b)
	}
}

func TestSendOnlyThrowsAway(t *testing.T) {
	c := newCord(t, unix.SOCK_STREAM, func(p *Pair) { p.SendOnly, p.In.Discard = true, true })
	give(t, c.peer, []byte("nobody listens"))
	give(t, c.in, []byte("x"))
	c.settle()
	unix.Close(c.in)
	c.settle()
	if b, _ := take(c.out); !c.done || len(b) != 0 || c.pair.In.In != 14 {
		t.Errorf("done %v, %q, took %d", c.done, b, c.pair.In.In)
	}
}

func TestLimit(t *testing.T) {
	c := newCord(t, unix.SOCK_STREAM, func(p *Pair) { p.Out.Limit, p.In.Limit = 10, 5 })
	give(t, c.in, bytes.Repeat([]byte("0123456789"), 10))
	give(t, c.peer, []byte("abcdefgh"))
	c.settle()
	a, end := take(c.peer)
	b, _ := take(c.out)
	if string(a) != "0123456789" || !end || string(b) != "abcde" || !c.done {
		t.Errorf("the peer has %q, end %v; we have %q; done %v", a, end, b, c.done)
	}
}

// TestRate: on average no more than asked for, and not much less.
func TestRate(t *testing.T) {
	for _, rate := range []int64{100, 1000, 10_000, 1 << 20} {
		c := newCord(t, unix.SOCK_STREAM, func(p *Pair) { p.Out.Rate = rate })
		size := int(min(60000, 20*rate))
		give(t, c.in, make([]byte, size))
		unix.Close(c.in)
		start, have, end := c.clock, 0, false
		c.each = func() {
			if !end {
				b, e := take(c.peer)
				have, end = have+len(b), e
			}
		}
		c.run()
		took, want := (c.clock - start).Seconds(), float64(size)/float64(rate)
		if have != size || !end {
			t.Errorf("rate %d: the peer has %d bytes, end %v", rate, have, end)
		}
		if took < want*0.9-0.06 || took > want*1.1+0.1 {
			t.Errorf("rate %d: took %.2f s, not %.2f", rate, took, want)
		}
	}
}

func TestEvery(t *testing.T) {
	c := newCord(t, unix.SOCK_STREAM, func(p *Pair) { p.Out.Every = time.Second })
	give(t, c.in, []byte("1\n2\n3\n4\n5\nno newline"))
	unix.Close(c.in)
	var at []time.Duration
	for range 10 {
		c.settle()
		if b, end := take(c.peer); len(b) > 0 {
			at = append(at, c.clock)
			if want := fmt.Sprintf("%d\n", len(at)); string(b) != want && !end {
				t.Errorf("at %v came %q, not %q", c.clock, b, want)
			}
		}
		c.clock += 500 * time.Millisecond
	}
	for i, d := range at {
		if d != time.Duration(i)*time.Second {
			t.Errorf("line %d came at %v", i+1, d)
		}
	}
	if len(at) != 6-1 && len(at) != 6 {
		t.Errorf("%d pieces", len(at))
	}
}

func TestGate(t *testing.T) {
	open := false
	c := newCord(t, unix.SOCK_STREAM, func(p *Pair) { p.Out.Gate = func() bool { return open } })
	give(t, c.in, []byte("waits"))
	c.settle()
	if b, _ := take(c.peer); len(b) > 0 {
		t.Fatalf("%q passed the gate", b)
	}
	open = true
	give(t, c.peer, []byte("x"))
	c.settle()
	if b, _ := take(c.peer); string(b) != "waits" {
		t.Errorf("the peer has %q", b)
	}
}

// TestFilterAndTaps: the tap of the sending side sees what is given, the other what is taken.
func TestFilterAndTaps(t *testing.T) {
	var sent, received []byte
	c := newCord(t, unix.SOCK_STREAM, func(p *Pair) {
		p.Out.Filter, p.In.Filter = doubler{}, doubler{}
		p.Out.Tap, p.Out.TapGiven = func(b []byte) { sent = append(sent, b...) }, true
		p.In.Tap = func(b []byte) { received = append(received, b...) }
	})
	give(t, c.in, []byte("ab"))
	give(t, c.peer, []byte("xy"))
	c.settle()
	unix.Close(c.in)
	unix.Shutdown(c.peer, unix.SHUT_WR)
	c.settle()
	a, _ := take(c.peer)
	b, _ := take(c.out)
	if string(a) != "aabb!" || string(b) != "xxyy!" || string(sent) != "aabb!" || string(received) != "xy" || !c.done {
		t.Errorf("%q %q; taps %q %q; done %v", a, b, sent, received, c.done)
	}
}

func TestTimeouts(t *testing.T) {
	tests := []struct {
		name   string
		set    func(*Pair)
		end    bool // of our input, at once
		reason Reason
		at     time.Duration
	}{
		{"idle", func(p *Pair) { p.Idle = 3 * time.Second }, false, IdleOut, 3 * time.Second},
		{"deadline", func(p *Pair) { p.Deadline = 5 * time.Second }, false, TimeOut, 5 * time.Second},
		{"quit", func(p *Pair) { p.Quit = 2 * time.Second }, true, QuitAfter, 2 * time.Second},
		{"quit at once", func(p *Pair) { p.Quit = 0 }, true, QuitAfter, 0},
	}
	for _, tt := range tests {
		c := newCord(t, unix.SOCK_STREAM, tt.set)
		if tt.end {
			unix.Close(c.in)
		}
		c.run()
		if !c.done || c.pair.Reason != tt.reason || c.clock != tt.at {
			t.Errorf("%s: done %v, reason %d at %v", tt.name, c.done, c.pair.Reason, c.clock)
		}
	}
}

// TestSplitReads: for random sizes and random moments of the peer's reading and writing, both directions are exact.
func TestSplitReads(t *testing.T) {
	for seed := range uint64(40) {
		rng := rand.New(rand.NewPCG(seed, 1))
		c := newCord(t, unix.SOCK_STREAM, func(p *Pair) {
			if seed%4 == 3 {
				p.In.Filter = doubler{}
			}
		})
		var toPeer, fromPeer, atPeer, atUs []byte
		next := byte(0)
		put := func(fd int, log *[]byte) {
			b := make([]byte, 1+rng.IntN(50000))
			for i := range b {
				next += byte(i%7) + 1
				b[i] = next
			}
			n, _ := unix.Write(fd, b)
			*log = append(*log, b[:max(n, 0)]...)
		}
		for range 200 {
			switch rng.IntN(5) {
			case 0:
				put(c.in, &toPeer)
			case 1:
				put(c.peer, &fromPeer)
			case 2:
				b, _ := take(c.peer)
				atPeer = append(atPeer, b...)
			case 3:
				b, _ := take(c.out)
				atUs = append(atUs, b...)
			default:
				c.settle()
			}
		}
		unix.Close(c.in)
		unix.Shutdown(c.peer, unix.SHUT_WR)
		for range 1000 {
			c.settle()
			b, _ := take(c.peer)
			atPeer = append(atPeer, b...)
			b, _ = take(c.out)
			atUs = append(atUs, b...)
			if c.done {
				break
			}
		}
		if c.pair.In.Filter != nil {
			fromPeer = doubler{}.Flush(doubler{}.Append(nil, fromPeer))
		}
		if !c.done || !bytes.Equal(toPeer, atPeer) || !bytes.Equal(fromPeer, atUs) {
			t.Errorf("seed %d: done %v, %d bytes out became %d, %d bytes in became %d", seed, c.done, len(toPeer), len(atPeer), len(fromPeer), len(atUs))
		}
	}
}
