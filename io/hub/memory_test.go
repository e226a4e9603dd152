package hub

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestQueuesShareChunks drives queues at random beside plain bytes: what comes out is what went in, and in the end every
// chunk is free.
func TestQueuesShareChunks(t *testing.T) {
	for seed := range uint64(fewer(12, 2)) {
		r := rand.New(rand.NewPCG(seed, 5))
		var m memory
		var qs [5]queue
		var want [5][]byte
		stamp := byte(0)
		for range fewer(1000, 300) {
			if r.IntN(3) == 0 {
				n := []int{0, 1, smallest, smallest + 1, r.IntN(5000), bufSize/2 + 1, bufSize}[r.IntN(7)]
				buf := m.buffer()[:n]
				for i := range buf {
					stamp++
					buf[i] = stamp
				}
				a := parcel{b: buf}
				for i := range qs {
					if r.IntN(2) == 0 {
						skip := r.IntN(n + 1)
						qs[i].push(&m, &a, skip)
						want[i] = append(want[i], a.b[skip:]...)
					}
				}
			}
			i := r.IntN(len(qs))
			q := &qs[i]
			switch {
			case r.IntN(100) == 0:
				if lost := q.drop(&m); lost != int64(len(want[i])) {
					t.Fatalf("seed %d: %d bytes dropped of %d", seed, lost, len(want[i]))
				}
				want[i] = nil
			case !q.empty():
				b := q.front()
				n := r.IntN(len(b) + 1)
				if !bytes.HasPrefix(want[i], b) {
					t.Fatalf("seed %d: other bytes came out", seed)
				}
				want[i] = want[i][n:]
				q.given(&m, n)
			}
			if q.bytes != int64(len(want[i])) || q.empty() && q.cost != 0 {
				t.Fatalf("seed %d: a queue of %d bytes says %d, cost %d", seed, len(want[i]), q.bytes, q.cost)
			}
		}
		for i := range qs {
			qs[i].drop(&m)
			if qs[i].cost != 0 || qs[i].pieces != nil {
				t.Errorf("seed %d: an empty queue holds %d", seed, qs[i].cost)
			}
		}
		if m.idle > keepFree {
			t.Errorf("%d bytes are kept", m.idle)
		}
		for _, list := range m.free {
			for _, c := range list {
				if c.refs != 0 {
					t.Errorf("a free chunk has %d users", c.refs)
				}
			}
		}
	}
}

// TestKeepCosts: no queue holds more than twice the memory of its bytes, the smallest chunk apart.
func TestKeepCosts(t *testing.T) {
	for _, n := range []int{1, 255, 256, 257, 1000, 4097, bufSize/2 - 1, bufSize / 2, bufSize/2 + 1, bufSize - 1, bufSize, bufSize + 1, 1 << 20} {
		var m memory
		b := m.buffer()
		if n > len(b) {
			b = make([]byte, n)
		}
		a := parcel{b: b[:n]}
		if c := m.keep(&a); len(c.buf) > max(2*n, smallest) || len(c.buf) < n {
			t.Errorf("%d bytes lie in %d", n, len(c.buf))
		}
		if m.keep(&a) != a.c {
			t.Errorf("%d bytes were copied twice", n)
		}
	}
}

// FuzzLines: a stream that is cut anywhere has the same lines as the stream in one piece.
func FuzzLines(f *testing.F) {
	f.Add([]byte("a\nbc\n\nd"), uint(1))
	f.Add(append(bytes.Repeat([]byte("x"), maxLine+5), "\nshort\n"...), uint(7))
	f.Add(append(bytes.Repeat([]byte("x"), maxLine), '\n'), uint(maxLine))
	f.Add(bytes.Repeat([]byte("\n"), 9), uint(2))
	f.Fuzz(func(t *testing.T, b []byte, step uint) {
		lines := func(step int) (all []string) {
			p := &Peer{}
			for rest := b; len(rest) > 0; {
				piece := rest[:min(step, len(rest))]
				rest = rest[len(piece):]
				for len(piece) > 0 {
					var line []byte
					var ok bool
					if line, piece, ok = p.nextLine(piece); ok {
						all = append(all, string(line))
					}
				}
			}
			return append(all, string(p.part))
		}
		whole, cut := lines(max(len(b), 1)), lines(int(step%100000)+1)
		if fmt.Sprint(whole) != fmt.Sprint(cut) {
			t.Errorf("%q in one piece, %q in pieces of %d", whole, cut, step)
		}
		n := 0
		for _, l := range whole {
			n += len(l)
			if len(l) > maxLine {
				t.Errorf("a line of %d bytes", len(l))
			}
		}
		if n+bytes.Count(b, []byte("\n")) != len(b) {
			t.Errorf("%d bytes of lines and %d newlines from %d bytes", n, bytes.Count(b, []byte("\n")), len(b))
		}
	})
}
