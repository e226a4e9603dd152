package pump

import (
	"bytes"
	"fmt"
	"testing"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// TestBatchIsOne: a row of one size is one call, cut by the kernel; others are one call of several messages; one alone is
// one send, at once.
func TestBatchIsOne(t *testing.T) {
	if copyOnly {
		t.Skip("of batches only")
	}
	for _, c := range []struct {
		text string
		want counted
	}{
		{"alone\n", counted{sends: 1}},
		{"one\ntwo\n", counted{messages: 1, segments: 2}},
		{"one\ntwo\nx\n", counted{messages: 1, segments: 3}},
		{"a\nbb\nccc\n", counted{messages: 3}},
		{"a\nbb\ncc\nc\n", counted{messages: 2, segments: 3}},
	} {
		r := newRig(t)
		a, b := wire(t)
		inR, inW := pipe(t)
		give(t, inW, []byte(c.text))
		got := r.counting()
		r.add(&Pair{Quit: -1, Out: &Lane{Src: port(inR, Pipe), Dst: udpPort(a), Record: Line}})
		r.settle()
		want := bytes.SplitAfter([]byte(c.text), []byte("\n"))
		if *got != c.want || fmt.Sprint(strs(takeRecords(b, 10))) != fmt.Sprint(strs(want[:len(want)-1])) {
			t.Errorf("%q: %+v, want %+v", c.text, *got, c.want)
		}
	}
}

// TestBatchRefused: a kernel that does not cut messages of this size is not asked again, and nothing is lost by having asked.
func TestBatchRefused(t *testing.T) {
	for _, errno := range []error{unix.EINVAL, unix.EMSGSIZE, unix.EIO, unix.ENOBUFS, unix.ENOMEM, unix.EPERM} {
		r := newRig(t)
		a, b := wire(t)
		inR, inW := pipe(t)
		many, asked := r.k.Sendmmsg, 0
		r.k.Sendmmsg = func(fd int, m *sys.Batch, n int, to *sys.Addr, flags int) (int, error) {
			for i := range n {
				if m.Msgs[i].Seg > 50 {
					if i == 0 {
						asked++
						return 0, errno
					}
					return many(fd, m, i, to, flags)
				}
			}
			return many(fd, m, n, to, flags)
		}
		var text []byte
		for i := range 300 {
			text = fmt.Appendf(text, "%060d\n%d\n", i, i)
		}
		for range 100 {
			text = append(text, bytes.Repeat([]byte("y"), 61)...)
			text[len(text)-1] = '\n'
		}
		give(t, inW, text)
		r.add(&Pair{Quit: -1, Out: &Lane{Src: port(inR, Pipe), Dst: udpPort(a), Record: Line}})
		r.settle()
		got := bytes.Join(takeRecords(b, 1000), nil)
		if out := r.pair.Out; !bytes.Equal(got, text) || out.RecordsOut != 700 || out.Err != nil {
			t.Errorf("%v: %d of %d bytes, %d records, %v", errno, len(got), len(text), out.RecordsOut, out.Err)
		}
		if !copyOnly && errno != unix.ENOBUFS && errno != unix.ENOMEM && asked != 1 {
			t.Errorf("%v: asked %d times", errno, asked)
		}
	}
}

// TestBatchClosedPort: nobody has the port. Every datagram is sent all the same, and that nobody hears is told.
func TestBatchClosedPort(t *testing.T) {
	for _, text := range []string{"same\n", "1\n22\n333\n"} {
		r := newRig(t)
		inR, inW := pipe(t)
		fd := udp(t)
		connectTo(t, fd, freePort(t))
		r.add(&Pair{Quit: -1, Out: &Lane{Src: port(inR, Pipe), Dst: udpPort(fd), Record: Line}})
		give(t, inW, bytes.Repeat([]byte(text), 200))
		r.settle()
		r.settle()
		if p := r.pair; p.Out.Out != int64(200*len(text)) || p.Out.Err != nil || p.Out.Refused == 0 || r.done {
			t.Errorf("%q: %d bytes sent, %d refused, %v", text, p.Out.Out, p.Out.Refused, p.Out.Err)
		}
	}
}

// TestBatchStrangers: one sender's row is one message; each datagram of it counts.
func TestBatchStrangers(t *testing.T) {
	r := newRig(t)
	outR, outW := pipe(t)
	fd, friend, stranger := udp(t), udp(t), udp(t)
	here, _ := r.k.Getsockname(fd)
	only, _ := r.k.Getsockname(friend)
	for _, from := range []int{stranger, friend} {
		inR, inW := pipe(t)
		give(t, inW, bytes.Repeat([]byte("abc\n"), 10))
		unix.Close(inW)
		dst := udpPort(from)
		dst.To = &here
		r.loop.Add(&Pair{Quit: -1, Out: &Lane{Src: port(inR, Pipe), Dst: dst, Record: Line, Copy: copyOnly}})
	}
	r.add(&Pair{Quit: -1, In: &Lane{Src: udpPort(fd), Dst: port(outW, Pipe), Only: only}})
	r.settle()
	r.settle()
	if b, _ := take(outR); len(b) != 40 || r.pair.In.Strangers != 10 || r.count(Stranger) != 10 || r.pair.In.RecordsIn != 10 {
		t.Errorf("%q, strangers %d, told %d, %d records", b, r.pair.In.Strangers, r.count(Stranger), r.pair.In.RecordsIn)
	}
}

// batchFlow is a stream that becomes datagrams of a size, crosses loopback and becomes a stream, n at a time.
func batchFlow(tb testing.TB, n, size int, gso bool) (piece func()) {
	k := sys.Linux()
	if !gso {
		get := k.Getsockopt
		k.Getsockopt = func(fd, level, opt int, val []byte) (int, error) {
			if level == unix.IPPROTO_UDP {
				return 0, unix.ENOPROTOOPT
			}
			return get(fd, level, opt, val)
		}
	}
	a, b := wire(tb)
	l, err := New(k)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(l.Close)
	read, all := k.Read, make([]byte, n*size)
	k.Read = func(fd int, p []byte) (int, error) {
		if fd != 1000 {
			return read(fd, p)
		}
		return copy(p, all), nil
	}
	wrote := 0
	k.Write = func(_ int, p []byte) (int, error) {
		wrote += len(p)
		return len(p), nil
	}
	in := &Lane{Src: udpPort(b), Dst: port(1001, Pipe), Copy: copyOnly}
	out := &Lane{Src: port(1000, Pipe), Dst: udpPort(a), MaxSize: size, Copy: copyOnly}
	k.EpollCtl = func(int, int, int, *unix.EpollEvent) error { return nil }
	out.Gate = func() bool { return false }
	l.Add(&Pair{Quit: -1, Out: out})
	l.Add(&Pair{Quit: -1, In: in})
	return func() {
		want := in.In + int64(len(all))
		out.Gate = nil
		for sent := out.Out; out.Out < sent+int64(len(all)); {
			out.canRead = out.Out+out.Held() < sent+int64(len(all))
			out.canWrite = true
			out.turn()
		}
		for in.In < want {
			in.canRead, in.canWrite = true, true
			before := in.In
			in.turn()
			if in.In == before {
				tb.Fatalf("%d bytes are missing", want-in.In)
			}
		}
	}
}

// TestBatchNoAllocs: nor does a batch, whatever is in it.
func TestBatchNoAllocs(t *testing.T) {
	for _, gso := range []bool{true, false} {
		piece := batchFlow(t, 100, 1000, gso)
		if n := testing.AllocsPerRun(100, piece); n != 0 {
			t.Errorf("%v allocations for 100 datagrams, GSO %v", n, gso)
		}
	}
}

// BenchmarkDatagrams is a hundred datagrams of 1400 bytes over loopback, sent and received: cut by the kernel, in
// batches, and one by one.
func BenchmarkDatagrams(b *testing.B) {
	for _, how := range []string{"GSO", "sendmmsg", "one by one"} {
		b.Run(how, func(b *testing.B) {
			copyOnly = how == "one by one"
			defer func() { copyOnly = false }()
			piece := batchFlow(b, 100, 1400, how == "GSO")
			b.ReportAllocs()
			for b.Loop() {
				piece()
			}
			b.ReportMetric(100*float64(b.N)/b.Elapsed().Seconds(), "datagrams/s")
		})
	}
}
