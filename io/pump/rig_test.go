package pump

import (
	"bytes"
	"io"
	"net/netip"
	"os"
	"testing"
	"time"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// rig runs a loop on the real kernel, on the test's own thread and with a clock of its own: a wait that would sleep
// either ends the run, or moves the clock. Nothing in a test depends on how busy the machine is.
type rig struct {
	t     *testing.T
	k     *sys.Calls
	loop  *Loop
	clock time.Duration
	turns int    // waits that found something ready
	sleep bool   // move the clock instead of coming back
	each  func() // called before each wait: what the peer does meanwhile
	done  bool   // the pair is over
	pair  *Pair
	seen  []Event
}

// maxTurns is far more than any of these tests needs: a loop that turns more often than this is busy.
const maxTurns = 20000

func newRig(t *testing.T) *rig {
	r := &rig{t: t, k: sys.Linux()}
	wait := r.k.EpollWait
	r.k.Now = func() time.Duration { return r.clock }
	r.k.EpollWait = func(epfd int, evs []unix.EpollEvent, msec int) (int, error) {
		if r.each != nil {
			r.each()
		}
		n, err := wait(epfd, evs, 0)
		switch {
		case n > 0:
			if r.turns++; r.turns > maxTurns {
				t.Error("the loop is busy: nothing comes of what it is told is ready")
				r.loop.Stop()
			}
		case msec < 0 || !r.sleep && msec > 0:
			r.loop.Stop()
		default:
			r.clock += time.Duration(msec) * time.Millisecond
		}
		return n, err
	}
	var err error
	if r.loop, err = New(r.k); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.loop.Close)
	return r
}

// add starts a pair; what happens goes to seen.
func (r *rig) add(p *Pair) {
	r.pair = p
	p.lanes(func(l *Lane) { l.Copy = l.Copy || copyOnly })
	p.Events = func(ev Event) { r.seen = append(r.seen, ev) }
	p.Done = func(*Pair) {
		r.done = true
		r.loop.Stop()
	}
	r.loop.Add(p)
}

// settle turns the loop until it has nothing to do; run also lets time pass, until no timer is left. Both end when the
// pair does.
func (r *rig) settle() {
	r.t.Helper()
	r.turns, r.sleep = 0, false
	if r.done {
		return
	}
	if err := r.loop.Run(); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) run() {
	r.t.Helper()
	r.turns, r.sleep = 0, true
	for !r.done {
		if err := r.loop.Run(); err != nil {
			r.t.Fatal(err)
		}
		if r.loop.timers.Next(r.clock) < 0 || r.turns > maxTurns {
			return
		}
	}
}

func (r *rig) count(kind EventKind) (n int) {
	for _, ev := range r.seen {
		if ev.Kind == kind {
			n++
		}
	}
	return n
}

func pipe(t *testing.T) (r, w int) {
	t.Helper()
	var p [2]int
	if err := unix.Pipe2(p[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
		t.Fatal(err)
	}
	closeLater(t, p[0], p[1])
	return p[0], p[1]
}

func socketpair(t *testing.T, typ int) (ours, theirs int) {
	t.Helper()
	p, err := unix.Socketpair(unix.AF_UNIX, typ|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	closeLater(t, p[0], p[1])
	return p[0], p[1]
}

// closeLater closes what the test has not closed with shut. A number can be somebody else's by then, so it looks.
func closeLater(t *testing.T, fds ...int) {
	var was []unix.Stat_t
	for _, fd := range fds {
		var st unix.Stat_t
		unix.Fstat(fd, &st)
		was = append(was, st)
	}
	t.Cleanup(func() {
		for i, fd := range fds {
			var st unix.Stat_t
			if unix.Fstat(fd, &st) == nil && st.Ino == was[i].Ino && st.Dev == was[i].Dev {
				unix.Close(fd)
			}
		}
	})
}

// tmpFile is a file with this content, open for reading and writing, at its start.
func tmpFile(t *testing.T, content []byte) int {
	t.Helper()
	f, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	f.Write(content)
	f.Seek(0, io.SeekStart)
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	closeLater(t, fd)
	return fd
}

// give writes all of b, which has to fit.
func give(t *testing.T, fd int, b []byte) {
	t.Helper()
	if n, err := unix.Write(fd, b); n != len(b) {
		t.Fatalf("write of %d bytes: %d, %v", len(b), n, err)
	}
}

// take reads what is there now; end says that the end came behind it.
func take(fd int) (b []byte, end bool) {
	buf := make([]byte, 1<<16)
	for {
		n, err := unix.Read(fd, buf)
		if n <= 0 {
			return b, err == nil
		}
		b = append(b, buf[:n]...)
	}
}

// takeRecords reads the datagrams that are there now.
func takeRecords(fd, max int) (recs [][]byte) {
	buf := make([]byte, 1<<20)
	for len(recs) < max {
		n, err := unix.Read(fd, buf)
		if err != nil {
			break
		}
		recs = append(recs, bytes.Clone(buf[:n]))
	}
	return recs
}

// content is what is in a file.
func content(fd int) (b []byte) {
	unix.Seek(fd, 0, io.SeekStart)
	b, _ = take(fd)
	return b
}

func port(fd int, kind Kind) Port {
	return Port{FD: fd, Kind: kind, Name: kind.String(), Ends: kind.socket()}
}

func loopback(port uint16) sys.Addr {
	return sys.Inet(netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), port), 0)
}

// udp is a UDP socket on loopback.
func udp(t *testing.T) int {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err == nil {
		err = sys.Linux().Bind(fd, loopback(0))
	}
	if err != nil {
		t.Fatal(err)
	}
	closeLater(t, fd)
	return fd
}

// freePort is an address where nobody listens: one that was ours a moment ago.
func freePort(t *testing.T) sys.Addr {
	t.Helper()
	fd := udp(t)
	a, err := sys.Linux().Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	unix.Close(fd)
	return a
}

func connectTo(t *testing.T, fd int, a sys.Addr) {
	t.Helper()
	if err := sys.Linux().Connect(fd, a); err != nil {
		t.Fatal(err)
	}
}
