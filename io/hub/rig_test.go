package hub

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"net"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// hang is how long nothing may happen before a test gives up. No result depends on it.
const hang = 40 * time.Second

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// rig is a hub at work on a goroutine of its own.
type rig struct {
	t       testing.TB
	h       *Hub
	network string
	addr    string
	lfd     int
	ran     chan error

	mu   sync.Mutex
	came map[int64]chan struct{} // closed when that peer has come
	left map[int64]gone
	said []string
	more chan struct{} // closed, and made anew, with each change
}

type gone struct {
	in, out, lost int64
	why           error
}

// listener makes the socket that a hub listens on.
func listener(t testing.TB, network string) (fd int, addr string) {
	t.Helper()
	domain, typ := unix.AF_UNIX, unix.SOCK_STREAM
	var sa unix.Sockaddr
	switch network {
	case "tcp", "udp":
		domain, sa = unix.AF_INET, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}
		if network == "udp" {
			typ = unix.SOCK_DGRAM
		}
	case "unixpacket", "unixgram":
		if typ = unix.SOCK_SEQPACKET; network == "unixgram" {
			typ = unix.SOCK_DGRAM
		}
		fallthrough
	default:
		addr = filepath.Join(t.TempDir(), "s")
		sa = &unix.SockaddrUnix{Name: addr}
	}
	fd, err := unix.Socket(domain, typ|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	check(t, err)
	if network == "tcp" { // as cat5 listen has it
		check(t, unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1))
	}
	check(t, unix.Bind(fd, sa))
	if typ != unix.SOCK_DGRAM {
		check(t, unix.Listen(fd, 4096))
	}
	if domain == unix.AF_INET {
		name, err := unix.Getsockname(fd)
		check(t, err)
		addr = net.JoinHostPort("127.0.0.1", itoa(name.(*unix.SockaddrInet4).Port))
	}
	return fd, addr
}

// start starts a hub; what o leaves out gets a value for tests.
func start(t testing.TB, k *sys.Calls, network string, o Options) *rig {
	t.Helper()
	r := &rig{t: t, network: network, ran: make(chan error, 1), came: map[int64]chan struct{}{}, left: map[int64]gone{}, more: make(chan struct{})}
	r.lfd, r.addr = listener(t, network)
	o.Listener = r.lfd
	if o.MaxQueue == 0 {
		o.MaxQueue = 1 << 20
	}
	if o.Grace == 0 {
		o.Grace = hang
	}
	if o.Linger == 0 {
		o.Linger = hang
	}
	o.Joined = func(p *Peer) { r.change(func() { close(r.peer(p.ID)) }) }
	o.Left = func(p *Peer, why error) { r.change(func() { r.left[p.ID] = gone{p.In, p.Out, p.Lost, why} }) }
	o.Rejected = func(_ sys.Addr, why string) { r.change(func() { r.said = append(r.said, "refused: "+why) }) }
	o.Stalled = func(p *Peer) { r.change(func() { r.said = append(r.said, "behind: "+itoa(int(p.ID))) }) }
	o.Warn = func(s string) { r.change(func() { r.said = append(r.said, s) }) }
	h, err := New(k, o)
	if err != nil {
		unix.Close(r.lfd)
		t.Fatal(err)
	}
	r.h = h
	go func() { r.ran <- h.Run() }()
	return r
}

// change is called on the hub's thread.
func (r *rig) change(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f()
	close(r.more)
	r.more = make(chan struct{})
}

func (r *rig) peer(id int64) chan struct{} {
	if r.came[id] == nil {
		r.came[id] = make(chan struct{})
	}
	return r.came[id]
}

// await waits until ok, which is asked after each change.
func (r *rig) await(what string, ok func() bool) {
	r.t.Helper()
	for late := time.After(hang); ; {
		r.mu.Lock()
		done, more := ok(), r.more
		r.mu.Unlock()
		if done {
			return
		}
		select {
		case <-more:
		case <-late:
			r.t.Fatalf("hangs: %s; %v", what, r.said)
		}
	}
}

// dial connects, and waits until the hub has the connection, so that the numbers of peers are the order of calls.
func (r *rig) dial() net.Conn {
	r.t.Helper()
	r.mu.Lock()
	n := int64(len(r.came)) + 1
	in := r.peer(n)
	r.mu.Unlock()
	c := r.connect()
	select {
	case <-in:
	case <-time.After(hang):
		r.t.Fatal("nobody let us in")
	}
	return c
}

func (r *rig) connect() net.Conn {
	r.t.Helper()
	var d net.Dialer
	d.SetMultipathTCP(false)
	c, err := d.DialContext(context.Background(), r.network, r.addr)
	check(r.t, err)
	check(r.t, c.SetDeadline(time.Now().Add(hang)))
	r.t.Cleanup(func() { c.Close() })
	return c
}

// gone waits until a peer has left, and says how.
func (r *rig) gone(id int64) gone {
	r.t.Helper()
	r.await("peer "+itoa(int(id))+" leaves", func() bool { _, ok := r.left[id]; return ok })
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.left[id]
}

// stop ends the hub, and checks that its account is the sum of its peers'.
func (r *rig) stop() error {
	r.t.Helper()
	r.h.Post(r.h.Stop)
	return r.end()
}

func (r *rig) end() error {
	r.t.Helper()
	var err error
	select {
	case err = <-r.ran:
	case <-time.After(hang):
		r.t.Fatal("does not stop")
	}
	r.h.Close()
	unix.Close(r.lfd)
	var sum gone
	for _, g := range r.left {
		sum.in, sum.out, sum.lost = sum.in+g.in, sum.out+g.out, sum.lost+g.lost
	}
	if r.h.out == nil && (sum.in != r.h.In || sum.out != r.h.Out || sum.lost != r.h.Lost) {
		r.t.Errorf("the peers' account is %+v, the hub's %d %d %d", sum, r.h.In, r.h.Out, r.h.Lost)
	}
	if int64(len(r.left)) != r.h.Ids || r.h.Peers() != 0 {
		r.t.Errorf("%d came, %d left, %d are there", r.h.Ids, len(r.left), r.h.Peers())
	}
	return err
}

// endWrite sends the end of what c sends.
func endWrite(t testing.TB, c net.Conn) {
	t.Helper()
	check(t, c.(interface{ CloseWrite() error }).CloseWrite())
}

// noise is n bytes in which every mistake shows.
func noise(n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{5}).Read(b)
	return b
}

// reader reads c to its end, beside the test.
type reader struct {
	got  []byte
	err  error
	done chan struct{}
}

func read(c io.Reader) *reader {
	r := &reader{done: make(chan struct{})}
	go func() {
		defer close(r.done)
		r.got, r.err = drain(c)
	}()
	return r
}

// drain reads to the end, in pieces that any record fits.
func drain(c io.Reader) ([]byte, error) {
	var b bytes.Buffer
	_, err := io.CopyBuffer(struct{ io.Writer }{&b}, struct{ io.Reader }{c}, make([]byte, 64<<10)) // which hides other ways to copy
	return b.Bytes(), err
}

func (r *reader) all(t testing.TB) []byte {
	t.Helper()
	<-r.done
	if r.err != nil {
		t.Errorf("after %d bytes: %v", len(r.got), r.err)
	}
	return r.got
}

// fewer is n, or m under the race detector.
func fewer(n, m int) int {
	if raceDetector {
		return m
	}
	return n
}
