package pump

import (
	"bytes"
	"testing"
	"time"

	"cat5/io/epoll"
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// turnOnce waits for what is ready and handles it, as Run does.
func turnOnce(l *Loop) {
	l.now = l.k.Now()
	l.evs, _ = l.poller.Wait(0, l.evs[:0])
	for _, ev := range l.evs {
		l.dispatch(ev)
	}
	l.timers.Run(l.now)
}

// flow is a pair that runs in small pieces: offer puts one piece in, accept takes what has come out.
func flow(tb testing.TB, src, dst Kind, size int) (l *Loop, offer, accept func()) {
	must := func(err error) {
		if err != nil {
			tb.Fatal(err)
		}
	}
	ends := func(kind Kind) (a, b int) {
		var p [2]int
		var err error
		switch kind {
		case Pipe:
			err = unix.Pipe2(p[:], unix.O_CLOEXEC|unix.O_NONBLOCK)
		case Stream:
			p, err = unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
		case Dgram:
			p, err = unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
		default:
			p, err = unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
		}
		must(err)
		tb.Cleanup(func() {
			unix.Close(p[0])
			unix.Close(p[1])
		})
		return p[0], p[1]
	}
	from, feed := ends(src) // a pipe is read at its first end
	drain, to := ends(dst)
	l, err := New(sys.Linux())
	must(err)
	tb.Cleanup(l.Close)
	l.Add(&Pair{Quit: -1, In: &Lane{Src: port(from, src), Dst: port(to, dst), Copy: copyOnly}})
	piece, back := make([]byte, size), make([]byte, size)
	offer = func() {
		if n, err := unix.Write(feed, piece); n != size {
			tb.Fatalf("write: %d, %v", n, err)
		}
	}
	accept = func() {
		for n := 0; n < size; {
			m, err := unix.Read(drain, back)
			if err != nil {
				tb.Fatalf("read: %v after %d bytes", err, n)
			}
			n += m
		}
	}
	return l, offer, accept
}

var flows = []struct{ src, dst Kind }{{Pipe, Stream}, {Stream, Pipe}, {Stream, Stream}, {Dgram, Pipe}, {Pipe, Dgram}, {Dgram, Dgram}, {Seqpacket, Seqpacket}}

// TestNoAllocs: carrying bytes, and going to rest and waking up in between, allocates nothing.
func TestNoAllocs(t *testing.T) {
	for _, f := range flows {
		l, offer, accept := flow(t, f.src, f.dst, 1000)
		if n := testing.AllocsPerRun(500, func() {
			offer()
			turnOnce(l)
			accept()
		}); n != 0 {
			t.Errorf("%v to %v: %v allocations for each piece", f.src, f.dst, n)
		}
	}
}

// TestTimersAllocateNothing: pauses are as frequent as pieces.
func TestTimersAllocateNothing(t *testing.T) {
	l, err := New(silent())
	if err != nil {
		t.Fatal(err)
	}
	tm := &epoll.Timer{F: func() {}}
	if n := testing.AllocsPerRun(500, func() {
		l.After(tm, time.Second)
		l.StopTimer(tm)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkLane carries pieces of 64 KiB (datagrams: 1400 bytes) through a pair.
func BenchmarkLane(b *testing.B) {
	for _, f := range flows {
		size := 64 << 10
		if f.src.records() || f.dst.records() {
			size = 1400
		}
		b.Run(f.src.String()+" to "+f.dst.String(), func(b *testing.B) {
			l, offer, accept := flow(b, f.src, f.dst, size)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				offer()
				turnOnce(l)
				accept()
			}
		})
	}
}

// BenchmarkLines cuts a stream into one datagram for each short line.
func BenchmarkLines(b *testing.B) {
	k := silent()
	text := bytes.Repeat([]byte("a short line\n"), bufSize/13)
	at := 0
	k.Read = func(_ int, p []byte) (int, error) {
		n := copy(p, text[at:])
		at = (at + n) % len(text)
		return n, nil
	}
	sent := 0
	k.Sendto = func(_ int, p []byte, _ int, _ *sys.Addr) (int, error) {
		sent += len(p)
		return len(p), nil
	}
	k.Sendmmsg = func(_ int, m *sys.Batch, n int, _ *sys.Addr, _ int) (int, error) {
		for i := range n {
			sent += len(m.Msgs[i].P)
		}
		return n, nil
	}
	l, err := New(k)
	if err != nil {
		b.Fatal(err)
	}
	p := &Pair{Quit: -1, Out: &Lane{Src: port(10, Pipe), Dst: port(11, Dgram), Record: Line, Copy: copyOnly}}
	l.Add(p)
	b.ReportAllocs()
	for b.Loop() {
		p.Out.canWrite, p.Out.canRead = true, true
		p.step()
	}
	b.ReportMetric(float64(sent)/13/b.Elapsed().Seconds(), "lines/s")
}
