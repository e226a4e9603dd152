package pump

import (
	"bytes"
	"flag"
	"io"
	"os"
	"testing"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// copyOnly makes the lanes of rigs copy, so that every test of a stream is a test of both ways of moving it.
var copyOnly bool

func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	given := func(name string) bool { f := flag.Lookup(name); return f != nil && f.Value.String() != "" }
	if code == 0 && !given("test.bench") && !given("test.fuzz") && !given("test.fuzzworker") {
		copyOnly = true
		code = m.Run()
	}
	os.Exit(code)
}

// spliced is a pipe of the kernel in memory.
type spliced struct{ data []byte }

// Descriptors of its pipes, the read end odd.
const firstPipe = 21

func (k *liar) pipe2(p []int, _ int) error {
	if k.lie() >= 250 {
		return unix.EMFILE
	}
	p[0] = firstPipe + 2*len(k.pipes)
	p[1] = p[0] + 1
	k.pipes = append(k.pipes, &spliced{})
	return nil
}

func (k *liar) pipeOf(fd int) *spliced {
	if fd < firstPipe {
		return nil
	}
	if k.dead[fd] {
		k.blame("splice with descriptor %d, which is closed", fd)
	}
	return k.pipes[(fd-firstPipe)/2]
}

// splice is splice(2): never for two sockets, sometimes not for these two at all.
func (k *liar) splice(rfd, wfd, n, flags int) (int, error) {
	if flags&unix.SPLICE_F_NONBLOCK == 0 || n <= 0 {
		k.blame("splice(%d, %d, %d, %#x)", rfd, wfd, n, flags)
	}
	if k.refuses {
		return 0, unix.EINVAL
	}
	from, to := k.pipeOf(rfd), k.pipeOf(wfd)
	switch {
	case to != nil: // a file or a socket into a pipe of ours
		b := make([]byte, min(n, 100000))
		m, err := k.read("splice", rfd, b, 0)
		to.data = append(to.data, b[:m]...)
		return m, err
	case from != nil: // from a pipe of ours
		if k.refusesOut {
			return 0, unix.EINVAL
		}
		m, err := k.write("splice", wfd, from.data[:min(n, len(from.data))])
		from.data = from.data[m:]
		return m, err
	}
	// Straight through: what the sink does not take stays with the source.
	src := k.object("splice", rfd).src
	have := src.data
	b := make([]byte, min(n, 100000))
	m, err := k.read("splice", rfd, b, 0)
	if err != nil || m == 0 {
		return m, err
	}
	sent, err := k.write("splice", wfd, b[:m])
	if sent < m && !src.ended {
		src.data, src.taken = have[sent:], src.taken[:len(src.taken)-m+sent]
	}
	return sent, err
}

// peek is recv(2) of one byte with MSG_PEEK.
func (k *liar) peek(fd int) (int, error) {
	switch s := k.object("recv", fd).src; {
	case len(s.data) > 0:
		return 1, nil
	case s.end == nil || s.waits:
		return 0, unix.EAGAIN
	case s.end == io.EOF:
		return 0, nil
	default:
		return 0, s.end
	}
}

func (k *liar) fcntl(fd, cmd, arg int) (int, error) {
	if cmd == unix.F_SETPIPE_SZ && k.lie()&1 == 1 {
		return 0, unix.EPERM
	}
	return 65536, nil
}

func (k *liar) poll(fds []unix.PollFd, msec int) (int, error) {
	n := 0
	for i := range fds {
		o := k.object("poll", int(fds[i].Fd))
		s := o.src
		if fds[i].Events&unix.POLLIN != 0 && (len(s.data) > 0 || s.end != nil && !s.waits) || fds[i].Events&unix.POLLOUT != 0 {
			fds[i].Revents = fds[i].Events
			n++
		}
		if k.lie() >= 200 {
			fds[i].Revents = 0
		}
	}
	return n, nil
}

// TestSpliceChosen: splice is used where the two ends allow it and nobody wants to see the bytes.
func TestSpliceChosen(t *testing.T) {
	tests := []struct {
		src, dst Kind
		change   func(*Lane)
		splice   bool
	}{
		{Pipe, Stream, nil, true},
		{Stream, Pipe, nil, true},
		{File, Stream, nil, true},
		{Stream, File, nil, true},
		{Stream, Stream, nil, true},
		{Stream, TTY, nil, false},
		{Stream, Null, nil, false},
		{TTY, Stream, nil, false},
		{Pipe, Stream, func(l *Lane) { l.Copy = true }, false},
		{Pipe, Stream, func(l *Lane) { l.Filter = doubler{} }, false},
		{Pipe, Stream, func(l *Lane) { l.Tap = func([]byte) {} }, false},
		{Pipe, Stream, func(l *Lane) { l.Every = 1 }, false},
		{Pipe, Stream, func(l *Lane) { l.Src.Blocks = true }, false},
		{Stream, Pipe, func(l *Lane) { l.Discard = true }, false},
	}
	for _, tt := range tests {
		l := &Lane{Src: port(10, tt.src), Dst: port(11, tt.dst)}
		if tt.change != nil {
			tt.change(l)
		}
		if canSplice(l) != tt.splice {
			t.Errorf("%v to %v: splice is %v", tt.src, tt.dst, !tt.splice)
		}
	}
}

// TestSpliceGivesUp: a sink that takes no splice (a file opened with O_APPEND) gets every byte, those that wait in the
// pipe first.
func TestSpliceGivesUp(t *testing.T) {
	path := t.TempDir() + "/out"
	fd, err := unix.Open(path, unix.O_WRONLY|unix.O_CREAT|unix.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	p, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(p[0])
	defer unix.Close(p[1])
	l, err := New(sys.Linux())
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	in := &Lane{Src: port(p[0], Stream), Dst: port(fd, File)}
	l.Add(&Pair{Quit: -1, In: in, Done: func(*Pair) { l.Stop() }})
	var want []byte
	for i := range 40 {
		piece := bytes.Repeat([]byte{byte('a' + i)}, 3000)
		want = append(want, piece...)
		if _, err := unix.Write(p[1], piece); err != nil {
			t.Fatal(err)
		}
		if i%3 == 0 {
			turnOnce(l)
		}
	}
	unix.Shutdown(p[1], unix.SHUT_WR)
	if err := l.Run(); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d of %d bytes arrived (%v)", len(got), len(want), err)
	}
	if in.In != int64(len(want)) || in.Out != in.In || in.Err != nil {
		t.Errorf("in %d, out %d, %v", in.In, in.Out, in.Err)
	}
}
