package pump

import (
	"bytes"
	"runtime"
	"testing"
	"time"

	"cat5/io/epoll"
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// Tests of what does not happen: a loop with nothing to do does not turn, a lane that cannot give does not take, and
// neither idle pairs nor busy ones cost memory.

// TestNoBusyLoop: in each of these states the loop comes to rest. The rig fails a loop that does not.
func TestNoBusyLoop(t *testing.T) {
	tests := []struct {
		name string
		run  func(t *testing.T) *rig
	}{
		{"nothing to do", func(t *testing.T) *rig { return newCord(t, unix.SOCK_STREAM, nil).rig }},
		{"the peer has ended, our input is open", func(t *testing.T) *rig {
			c := newCord(t, unix.SOCK_STREAM, nil)
			unix.Shutdown(c.peer, unix.SHUT_WR)
			return c.rig
		}},
		{"our input has ended, the peer is silent", func(t *testing.T) *rig {
			c := newCord(t, unix.SOCK_STREAM, nil)
			unix.Close(c.in)
			return c.rig
		}},
		{"a full output", func(t *testing.T) *rig {
			c := newCord(t, unix.SOCK_STREAM, nil)
			for range 100 {
				unix.Write(c.peer, make([]byte, 60000))
				c.settle()
			}
			return c.rig
		}},
		{"a full output, and the peer gone", func(t *testing.T) *rig {
			c := newCord(t, unix.SOCK_STREAM, nil)
			for range 10 {
				unix.Write(c.peer, make([]byte, 60000))
				c.settle()
			}
			unix.Close(c.peer)
			return c.rig
		}},
		{"a peer that does not read", func(t *testing.T) *rig {
			c := newCord(t, unix.SOCK_STREAM, nil)
			for range 100 {
				unix.Write(c.in, make([]byte, 60000))
				c.settle()
			}
			return c.rig
		}},
		{"an output that is over and stays open", func(t *testing.T) *rig {
			c := newCord(t, unix.SOCK_STREAM, func(p *Pair) { p.In.Dst.Own = false })
			for range 5 {
				unix.Write(c.peer, make([]byte, 60000))
				c.settle()
			}
			unix.Shutdown(c.peer, unix.SHUT_WR)
			c.settle()
			for range 10 {
				take(c.out)
				c.settle()
			}
			if !c.pair.In.Done() || c.done {
				t.Fatal("not the state that was meant")
			}
			return c.rig
		}},
		{"a closed gate", func(t *testing.T) *rig {
			c := newCord(t, unix.SOCK_DGRAM, func(p *Pair) { p.Out.Gate = func() bool { return false } })
			give(t, c.in, []byte("x"))
			return c.rig
		}},
		{"a file waits at a closed gate", func(t *testing.T) *rig {
			c := newCord(t, unix.SOCK_STREAM, func(p *Pair) {
				p.Out.Src = port(tmpFile(t, []byte("x")), File)
				p.Out.Gate = func() bool { return false }
			})
			return c.rig
		}},
		{"the reader of our output has gone, nothing comes", func(t *testing.T) *rig {
			c := newCord(t, unix.SOCK_STREAM, nil)
			unix.Close(c.out)
			return c.rig
		}},
		{"queued ICMP errors (IP_RECVERR)", func(t *testing.T) *rig {
			r := newRig(t)
			inR, inW := pipe(t)
			_, outW := pipe(t)
			fd := udp(t)
			if err := unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_RECVERR, 1); err != nil {
				t.Fatal(err)
			}
			connectTo(t, fd, freePort(t))
			sock := port(fd, Dgram)
			sock.Proto = UDP
			r.add(&Pair{Quit: -1, Out: &Lane{Src: port(inR, Pipe), Dst: sock, Record: Line}, In: &Lane{Src: sock, Dst: port(outW, Pipe)}})
			give(t, inW, []byte("x\ny\n"))
			r.settle()
			if r.count(Refused) == 0 {
				t.Error("no refusal was told")
			}
			return r
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := tt.run(t)
			r.settle()
			r.settle()
			if r.turns > 2 {
				t.Errorf("%d turns at rest", r.turns)
			}
		})
	}
}

// TestBackPressure: what a lane takes and cannot give is bounded by one buffer, whatever is offered.
func TestBackPressure(t *testing.T) {
	for _, typ := range []int{unix.SOCK_STREAM, unix.SOCK_SEQPACKET} {
		c := newCord(t, typ, nil)
		c.each = func() { unix.Write(c.peer, make([]byte, 50000)) }
		for range 50 {
			c.settle()
		}
		in, most := c.pair.In, int64(bufSize)
		if direct := typ == unix.SOCK_STREAM && !copyOnly; (in.Held() == 0) != direct || in.Held() > most {
			t.Errorf("%v: holds %d bytes", SocketKind(typ), in.Held())
		}
		if in.In != in.Out+in.Held() {
			t.Errorf("%v: in %d, out %d, held %d", SocketKind(typ), in.In, in.Out, in.Held())
		}
		if n := len(c.loop.pool); n > 2 {
			t.Errorf("%v: %d spare buffers", SocketKind(typ), n)
		}
	}
}

// silent is a kernel on which nothing ever happens.
func silent() *sys.Calls {
	k := (&liar{}).calls()
	k.Read = func(int, []byte) (int, error) { return 0, unix.EAGAIN }
	k.Recvfrom = func(int, []byte, int, *sys.Addr) (int, int, error) { return 0, 0, unix.EAGAIN }
	k.EpollCtl = func(int, int, int, *unix.EpollEvent) error { return nil }
	k.Splice = func(int, int, int, int) (int, error) { return 0, unix.EAGAIN }
	return k
}

// TestIdleMemory: ten thousand idle pairs hold no buffers.
func TestIdleMemory(t *testing.T) {
	const n = 10000
	l, err := New(silent())
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	pairs := make([]*Pair, n)
	for i := range pairs {
		a, b := port(10+2*i, Stream), port(11+2*i, Stream)
		pairs[i] = &Pair{Quit: -1, Out: &Lane{Src: a, Dst: b}, In: &Lane{Src: b, Dst: a}}
		l.Add(pairs[i])
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	each := int64(after.HeapAlloc-before.HeapAlloc) / n
	t.Logf("%d bytes for each idle pair", each)
	if each > 4096 {
		t.Errorf("an idle pair costs %d bytes", each)
	}
	runtime.KeepAlive(pairs)
}

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
	l, err := New(k)
	if err != nil {
		b.Fatal(err)
	}
	p := &Pair{Quit: -1, Out: &Lane{Src: port(10, Pipe), Dst: port(11, Dgram), Record: Line}}
	l.Add(p)
	b.SetBytes(13)
	b.ReportAllocs()
	for b.Loop() {
		p.Out.canWrite, p.Out.canRead = true, true
		p.step()
	}
}
