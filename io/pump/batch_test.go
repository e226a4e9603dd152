package pump

import (
	"encoding/binary"
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
