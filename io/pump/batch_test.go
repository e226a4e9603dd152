package pump

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"testing"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// Tests of datagrams in batches, on UDP sockets of loopback: whatever goes in one call, what arrives are the same
// datagrams in the same order as one by one.

// wire is a pair of connected UDP sockets.
func wire(t testing.TB) (a, b int) {
	t.Helper()
	k := sys.Linux()
	fds := [2]int{}
	for i := range fds {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { unix.Close(fd) })
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 4<<20)
		if err := k.Bind(fd, loopback(0)); err != nil {
			t.Fatal(err)
		}
		fds[i] = fd
	}
	for i, fd := range fds {
		to, err := k.Getsockname(fds[1-i])
		if err == nil {
			err = k.Connect(fd, to)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return fds[0], fds[1]
}

func udpPort(fd int) Port { return Port{FD: fd, Kind: Dgram, Name: "udp", Ends: true, Proto: UDP} }

// counted notes how the kernel was asked.
type counted struct{ sends, messages, segments int }

func (r *rig) counting() *counted {
	c, send, many := &counted{}, r.k.Sendto, r.k.Sendmmsg
	r.k.Sendto = func(fd int, p []byte, flags int, to *sys.Addr) (int, error) {
		n, err := send(fd, p, flags, to)
		c.sends++
		return n, err
	}
	r.k.Sendmmsg = func(fd int, b *sys.Batch, n int, to *sys.Addr, flags int) (int, error) {
		m, err := many(fd, b, n, to, flags)
		c.messages += m
		for i := range m {
			if b.Msgs[i].Seg > 0 {
				c.segments += segments(&b.Msgs[i])
			}
		}
		return m, err
	}
	return c
}

// TestBatchSizes: datagrams of every size, in rows and mixed, cross from a stream to a stream as they were cut, with GSO
// and GRO, with either, and with neither.
func TestBatchSizes(t *testing.T) {
	mixed := func(rnd *rand.Rand) (sizes []int) {
		some := []int{0, 1, 17, 100, 100, 100, 1400, 1400, 1400, 1400, 1401, 9000, 30000, 40000, MaxUDP4}
		for len(sizes) < 400 {
			n := some[rnd.IntN(len(some))]
			for range 1 + rnd.IntN(6) {
				sizes = append(sizes, n)
			}
		}
		return sizes
	}
	same := func(n, of int) (sizes []int) {
		for range n {
			sizes = append(sizes, of)
		}
		return sizes
	}
	cases := map[string][]int{
		"mixed":       mixed(rand.New(rand.NewPCG(1, 2))),
		"mixed again": mixed(rand.New(rand.NewPCG(3, 4))),
		"empty":       same(200, 0),
		"bytes":       same(500, 1),
		"1400":        append(same(1000, 1400), 7),
		"largest":     same(40, MaxUDP4),
		"over half":   same(40, MaxUDP4/2+1),
		"half":        same(41, MaxUDP4/2),
		"growing":     {1, 2, 3, 4, 5, 6, 7, 8, 9, 10},
		"falling":     {10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0},
		"0..":         {},
	}
	for n := range 300 {
		cases["0.."] = append(cases["0.."], n)
	}
	for n := MaxUDP4 - 20; n <= MaxUDP4; n++ {
		cases["0.."] = append(cases["0.."], n)
	}
	for name, sizes := range cases {
		for _, how := range []string{"", "no GSO", "no GRO", "neither", "copy out", "copy in"} {
			t.Run(name+" "+how, func(t *testing.T) { crossing(t, sizes, how) })
		}
	}
}

func crossing(t *testing.T, sizes []int, how string) {
	r := newRig(t)
	k := r.k
	get, set := k.Getsockopt, k.Setsockopt
	if how == "no GSO" || how == "neither" {
		k.Getsockopt = func(fd, level, opt int, val []byte) (int, error) {
			if level == unix.IPPROTO_UDP {
				return 0, unix.ENOPROTOOPT
			}
			return get(fd, level, opt, val)
		}
	}
	if how == "no GRO" || how == "neither" {
		k.Setsockopt = func(fd, level, opt int, val []byte) error {
			if level == unix.IPPROTO_UDP {
				return unix.ENOPROTOOPT
			}
			return set(fd, level, opt, val)
		}
	}
	a, b := wire(t)
	inR, inW := pipe(t)
	outR, outW := pipe(t)
	var whole []byte
	for i, n := range sizes {
		whole = binary.BigEndian.AppendUint32(whole, uint32(n))
		for j := range n {
			whole = append(whole, byte(i*31+j*7+j>>8))
		}
	}
	want, got := fnv.New64a(), fnv.New64a()
	want.Write(whole)
	left, came := whole, 0
	r.each = func() {
		n, _ := unix.Write(inW, left[:min(len(left), 50000)])
		if left = left[max(n, 0):]; len(left) == 0 && inW >= 0 {
			unix.Close(inW)
			inW = -1
		}
		p, _ := take(outR)
		came += len(p)
		got.Write(p)
	}
	out := &Lane{Src: port(inR, Pipe), Dst: udpPort(a), Record: Len, Copy: copyOnly || how == "copy out"}
	in := &Lane{Src: udpPort(b), Dst: port(outW, Pipe), Record: Len, Copy: copyOnly || how == "copy in"}
	r.loop.Add(&Pair{Quit: -1, Out: out, EOF: Keep})
	r.loop.Add(&Pair{Quit: -1, In: in})
	for came < len(whole) {
		was := came
		r.settle()
		if came == was {
			break
		}
	}
	if n := int64(len(sizes)); came != len(whole) || got.Sum64() != want.Sum64() || out.RecordsOut != n || in.RecordsIn != n {
		t.Errorf("%d of %d bytes, the same: %v; %d of %d datagrams sent, %d came", came, len(whole), got.Sum64() == want.Sum64(), out.RecordsOut, n, in.RecordsIn)
	}
}

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
