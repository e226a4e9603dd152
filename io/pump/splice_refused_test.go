package pump

import (
	"bytes"
	"testing"

	"golang.org/x/sys/unix"
)

// TestSpliceRefused: whenever the kernel, or a sandbox, begins to refuse splice, the lane goes on by copying, and every byte
// arrives once.
func TestSpliceRefused(t *testing.T) {
	if copyOnly {
		t.Skip("of splice only")
	}
	whole := make([]byte, 1<<20)
	for i := range whole {
		whole[i] = byte(i>>8*31 + i)
	}
	for _, errno := range []unix.Errno{unix.EINVAL, unix.ENOSYS, unix.EPERM, unix.EOPNOTSUPP} {
		for after := range 5 {
			for _, ends := range [][2]Kind{{Pipe, Stream}, {Stream, Pipe}, {File, Stream}, {Stream, File}, {Stream, Stream}} {
				refusedAfter(t, errno, after, ends[0], ends[1], whole)
			}
		}
	}
}

func refusedAfter(t *testing.T, errno unix.Errno, after int, from, to Kind, whole []byte) {
	r := newRig(t)
	calls := 0
	for _, f := range []*func(int, int, int, int) (int, error){&r.k.Splice, &r.k.RawSplice} {
		kernel := *f
		*f = func(rfd, wfd, n, flags int) (int, error) {
			if calls++; calls > after {
				return 0, errno
			}
			return kernel(rfd, wfd, n, flags)
		}
	}
	ends := func(kind Kind, text []byte) (ours, theirs int) {
		switch kind {
		case Pipe:
			return pipe(t)
		case File:
			return tmpFile(t, text), -1
		}
		return socketpair(t, unix.SOCK_STREAM)
	}
	src, feed := ends(from, whole)
	dst, drain := ends(to, nil)
	if to == Pipe {
		dst, drain = drain, dst
	}
	l := &Lane{Src: port(src, from), Dst: port(dst, to), Limit: int64(len(whole))}
	r.add(&Pair{Quit: -1, Out: l})
	var got []byte
	for fed, still := 0, 0; !r.done && still < 5; still++ {
		for feed >= 0 && fed < len(whole) {
			n, err := unix.Write(feed, whole[fed:])
			if err != nil {
				break
			}
			fed += n
		}
		r.settle()
		if drain >= 0 {
			b, _ := take(drain)
			if got = append(got, b...); len(b) > 0 {
				still = 0
			}
		}
	}
	if drain >= 0 {
		b, _ := take(drain)
		got = append(got, b...)
	} else {
		got = content(dst)
	}
	if !bytes.Equal(got, whole) || l.In != int64(len(whole)) || l.Out != l.In || l.Err != nil || l.How() != "copy" || r.count(Moves) != 2 {
		t.Errorf("%v after %d calls, %v to %v: %d of %d bytes, by %s (told %d times); in %d, out %d, %v",
			errno, after, from, to, len(got), len(whole), l.How(), r.count(Moves), l.In, l.Out, l.Err)
	}
}
