package pump

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// sources are the kinds of descriptors that our input can be.
var sources = map[string]func(t *testing.T, b []byte) Port{
	"file": func(t *testing.T, b []byte) Port { return port(tmpFile(t, b), File) },
	"pipe": func(t *testing.T, b []byte) Port {
		r, w := pipe(t)
		feed(t, w, b)
		return port(r, Pipe)
	},
	"socket": func(t *testing.T, b []byte) Port {
		r, w := socketpair(t, unix.SOCK_STREAM)
		feed(t, w, b)
		return port(r, Stream)
	},
}

// feed writes b and the end from a goroutine that sleeps when the reader is slow.
func feed(t *testing.T, fd int, b []byte) {
	own, err := unix.Dup(fd)
	if err != nil {
		t.Fatal(err)
	}
	unix.Close(fd)
	done := make(chan bool)
	t.Cleanup(func() { <-done })
	go func() {
		defer close(done)
		defer unix.Close(own)
		for len(b) > 0 {
			n, err := unix.Write(own, b[:min(len(b), 1+rand.IntN(100000))])
			switch {
			case err == unix.EAGAIN:
				fds := []unix.PollFd{{Fd: int32(own), Events: unix.POLLOUT}}
				unix.Poll(fds, 30000)
			case err != nil:
				return
			default:
				b = b[n:]
			}
		}
	}()
}

// TestEverySourceToEverySink: what comes back from an echo is what went, in order, whatever the kinds and the sizes.
func TestEverySourceToEverySink(t *testing.T) {
	for name, source := range sources {
		for _, sinkKind := range []Kind{File, Pipe, Stream} {
			for _, size := range []int{0, 1, 4096, 65536, 262144, 262145, 1 << 20} {
				t.Run(fmt.Sprintf("%s-%s-%d", name, sinkKind, size), func(t *testing.T) { echo(t, source, sinkKind, size) })
			}
		}
	}
}

func echo(t *testing.T, source func(t *testing.T, b []byte) Port, sinkKind Kind, size int) {
	data := make([]byte, size)
	rng := rand.NewChaCha8([32]byte{byte(size)})
	rng.Read(data)
	r := newRig(t)
	ours, theirs := socketpair(t, unix.SOCK_STREAM)
	sock := port(ours, Stream)
	var dst Port
	read := func() []byte { return nil }
	switch sinkKind {
	case File:
		dst = port(tmpFile(t, nil), File)
	case Pipe:
		rd, w := pipe(t)
		dst = port(w, Pipe)
		read = func() []byte { b, _ := take(rd); return b }
	default:
		rd, w := socketpair(t, unix.SOCK_STREAM)
		dst = port(w, Stream)
		read = func() []byte { b, _ := take(rd); return b }
	}
	p := &Pair{Quit: -1, Out: &Lane{Src: source(t, data), Dst: sock}, In: &Lane{Src: sock, Dst: dst}}
	r.add(p)
	var got, back []byte
	ended := false
	for start := time.Now(); !r.done; { // the feeding goroutine is in no hurry
		r.settle()
		got = append(got, read()...)
		if len(back) == 0 && !ended {
			var end bool
			if back, end = take(theirs); end && len(back) == 0 {
				unix.Shutdown(theirs, unix.SHUT_WR)
				ended = true
			}
		}
		n, _ := unix.Write(theirs, back)
		back = back[max(n, 0):]
		if time.Since(start) > time.Minute {
			t.Fatalf("hang: in %d, out %d of %d", p.In.In, p.Out.Out, size)
		}
	}
	got = append(got, read()...)
	if sinkKind == File {
		got = content(dst.FD)
	}
	if !bytes.Equal(got, data) {
		t.Errorf("%d bytes came back as %d, not the same", len(data), len(got))
	}
	if p.Reason != Ended || p.Out.Err != nil || p.In.Err != nil || p.Out.In != int64(size) || p.In.Out != int64(size) {
		t.Errorf("reason %d, errors %v %v, counts %d %d", p.Reason, p.Out.Err, p.In.Err, p.Out.In, p.In.Out)
	}
}
