package pump

import (
	"reflect"
	"slices"
	"testing"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// perMiB is how many system calls it takes to move a MiB, at most, by way of moving and by what the two ends are. The
// kernel's buffers decide most of it, so the figures have some slack; what they are to catch is a call more for each piece.
var perMiB = []struct {
	name     string
	src, dst Kind
	udp      bool
	copy     bool
	size     int // of a record
	how      string
	most     float64
}{
	{"pipe to socket", Pipe, Stream, false, false, 0, "splice", 26},
	{"socket to pipe", Stream, Pipe, false, false, 0, "splice", 21},
	{"file to socket", File, Stream, false, false, 0, "splice", 18},
	{"socket to file", Stream, File, false, false, 0, "splice", 25},
	{"socket to socket", Stream, Stream, false, false, 0, "splice", 25},
	{"TCP to /dev/null", Stream, Null, false, false, 0, "discarding", 6},
	{"pipe to socket, copied", Pipe, Stream, false, true, 0, "copy", 78},
	{"socket to socket, copied", Stream, Stream, false, true, 0, "copy", 25},
	{"file to UDP", File, Dgram, true, false, 1400, "batches", 16},
	{"UDP to file", Dgram, File, true, false, 1400, "batches", 110},
	{"UDP to file, one by one", Dgram, File, true, true, 1400, "records", 2500},
	{"file to unix datagrams", File, Dgram, false, false, 1400, "batches", 60},
}

// countCalls counts every call that may cost something, whoever makes it.
func countCalls(k *sys.Calls) *int {
	n := new(int)
	v := reflect.ValueOf(k).Elem()
	for i := range v.NumField() {
		if slices.Contains([]string{"Now", "Getpid", "Getpgrp"}, v.Type().Field(i).Name) {
			continue // not a call of the kernel's, or asked once
		}
		f := reflect.ValueOf(v.Field(i).Interface())
		v.Field(i).Set(reflect.MakeFunc(f.Type(), func(in []reflect.Value) []reflect.Value {
			*n++
			return f.Call(in)
		}))
	}
	return n
}

// TestCallsPerMiB moves some MiB through a lane: the source is refilled whenever the lane rests, and the sink emptied.
func TestCallsPerMiB(t *testing.T) {
	if copyOnly {
		t.Skip("each row says how it moves")
	}
	const whole = 8 << 20 / 1400 * 1400
	for _, c := range perMiB {
		r := newRig(t)
		calls := countCalls(r.k)
		ends := func(kind Kind, content []byte) (ours, theirs int) {
			switch {
			case kind == Null:
				fd, err := unix.Open("/dev/null", unix.O_WRONLY|unix.O_CLOEXEC, 0)
				check(t, err)
				t.Cleanup(func() { unix.Close(fd) })
				return fd, -1
			case c.dst == Null:
				return tcpPair(t, true)
			case kind == Pipe:
				return pipe(t)
			case kind == File:
				return tmpFile(t, content), -1
			case c.udp:
				return wire(t)
			case kind == Dgram:
				return socketpair(t, unix.SOCK_DGRAM)
			}
			return socketpair(t, unix.SOCK_STREAM)
		}
		src, feed := ends(c.src, make([]byte, whole))
		dst, drain := ends(c.dst, nil)
		if c.dst == Pipe {
			dst, drain = drain, dst
		}
		l := &Lane{Src: port(src, c.src), Dst: port(dst, c.dst), MaxSize: c.size, Copy: c.copy}
		if c.dst == Null {
			l.Src.Proto, l.Dst.Void = TCP, true
		} else if c.udp && c.src == Dgram {
			l.Src.Proto = UDP
		} else if c.udp {
			l.Dst.Proto = UDP
		}
		fed, still := 0, 0
		piece, sink := make([]byte, 256<<10), make([]byte, 1<<20)
		if c.size > 0 {
			piece = piece[:c.size]
		}
		r.loop.Add(&Pair{Quit: -1, In: l})
		for l.Out < whole && still < 3 {
			was := l.Out
			for i := 0; feed >= 0 && fed < whole && (c.size == 0 || i < 64); i++ {
				n, err := unix.Write(feed, piece)
				if err != nil {
					break
				}
				fed += n
			}
			r.settle()
			for drain >= 0 {
				if n, err := unix.Read(drain, sink); n <= 0 || err != nil {
					break
				}
			}
			if still++; l.Out > was {
				still = 0
			}
		}
		each := float64(*calls) / (float64(l.Out) / (1 << 20))
		t.Logf("%-28s %-8s %7.1f calls for each MiB", c.name, l.How(), each)
		if l.Out < whole || l.How() != c.how || each > c.most {
			t.Errorf("%s: %d of %d bytes, by %s (want %s); %.1f calls for each MiB, at most %.0f were stated", c.name, l.Out, whole, l.How(), c.how, each, c.most)
		}
	}
}
