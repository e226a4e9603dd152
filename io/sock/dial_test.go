package sock

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// fate is what becomes of connecting to an address.
type fate struct {
	now   []error       // what connect(2) says, one after the other; nil: connected at once
	after time.Duration // when an EINPROGRESS or EINTR is decided; 0: never
	end   error         // how
	self  bool          // the socket has connected to itself
}

// net is a network in memory with a clock of its own.
type network struct {
	clock time.Duration
	fates map[sys.Addr]*fate
	open  map[int]*conn
	next  int
	log   []string
	opts  error // what setsockopt says
	calls int
}

type conn struct {
	addr  sys.Addr
	fate  *fate
	ready time.Duration // 0: not yet decided
	want  bool
}

func addr(s string) sys.Addr { return sys.Inet(netip.MustParseAddrPort(s), 0) }

func (n *network) fd(c *conn) int {
	n.next++
	n.open[n.next] = c
	return n.next
}

func (n *network) kernel() *sys.Calls {
	n.open, n.next = map[int]*conn{}, 10
	k := &sys.Calls{
		Now:          func() time.Duration { return n.clock },
		EpollCreate1: func(int) (int, error) { return n.fd(nil), nil },
		Eventfd:      func(uint, int) (int, error) { return n.fd(nil), nil },
		Socket:       func(int, int, int) (int, error) { return n.fd(&conn{}), nil },
		Setsockopt:   func(int, int, int, []byte) error { return n.opts },
		Bind:         func(int, sys.Addr) error { return nil },
		Write:        func(int, []byte) (int, error) { return 8, nil },
		Read:         func(int, []byte) (int, error) { return 8, nil },
		Close: func(fd int) error {
			if _, ok := n.open[fd]; !ok {
				n.log = append(n.log, fmt.Sprintf("descriptor %d closed twice", fd))
			}
			delete(n.open, fd)
			return nil
		},
	}
	k.EpollCtl = func(_, op, fd int, _ *unix.EpollEvent) error {
		if c := n.open[fd]; c != nil {
			c.want = op != unix.EPOLL_CTL_DEL
		}
		return nil
	}
	k.Connect = func(fd int, a sys.Addr) error {
		c, f := n.open[fd], n.fates[a]
		n.log = append(n.log, fmt.Sprintf("%v %v", n.clock, a))
		c.addr, c.fate = a, f
		var err error
		if len(f.now) > 0 {
			err = f.now[0]
			if len(f.now) > 1 {
				f.now = f.now[1:]
			}
		}
		if f.after > 0 && err != nil {
			c.ready = n.clock + f.after
		}
		return err
	}
	k.EpollWait = n.wait
	k.Getsockopt = func(fd, _, _ int, val []byte) (int, error) {
		var e unix.Errno
		if f := n.open[fd].fate; f != nil && f.end != nil {
			e = f.end.(unix.Errno)
		}
		binary.NativeEndian.PutUint32(val, uint32(e))
		return 4, nil
	}
	k.Getsockname = func(fd int) (sys.Addr, error) {
		if c := n.open[fd]; c.fate.self {
			return c.addr, nil
		}
		return addr("127.0.0.1:5"), nil
	}
	k.Getpeername = func(fd int) (sys.Addr, error) { return n.open[fd].addr, nil }
	return k
}

// wait moves the clock to the next thing that happens.
func (n *network) wait(_ int, evs []unix.EpollEvent, msec int) (int, error) {
	if n.calls++; n.calls > 1000 {
		panic("a busy loop")
	}
	at := time.Duration(1<<63 - 1)
	if msec >= 0 {
		at = n.clock + time.Duration(msec)*time.Millisecond
	}
	found := -1
	for fd, c := range n.open {
		if c != nil && c.want && c.ready > 0 && (c.ready < at || c.ready == at && found < 0) {
			at, found = c.ready, fd
		}
	}
	if found < 0 && msec < 0 {
		panic("waits for ever")
	}
	n.clock = max(at, n.clock)
	if found < 0 {
		return 0, nil
	}
	evs[0] = unix.EpollEvent{Fd: int32(found), Events: unix.EPOLLOUT}
	return 1, nil
}

const ms = time.Millisecond

func TestDialRace(t *testing.T) {
	busy := []error{unix.EINPROGRESS}
	a, b, c := addr("10.0.0.1:80"), addr("[2001:db8::2]:80"), addr("10.0.0.3:80")
	tests := []struct {
		name    string
		fates   map[sys.Addr]*fate
		timeout time.Duration
		tries   []string // when and where connect(2) was called
		winner  sys.Addr
		at      time.Duration
		err     string
	}{
		{"the first answers", map[sys.Addr]*fate{a: {now: busy, after: 30 * ms}}, 0,
			[]string{"0s 10.0.0.1:80"}, a, 30 * ms, ""},
		{"connected at once", map[sys.Addr]*fate{a: {}}, 0, []string{"0s 10.0.0.1:80"}, a, 0, ""},
		{"refused at once: the next at once", map[sys.Addr]*fate{a: {now: []error{unix.ECONNREFUSED}}, b: {now: busy, after: 5 * ms}}, 0,
			[]string{"0s 10.0.0.1:80", "0s [2001:db8::2]:80"}, b, 5 * ms, ""},
		{"refused later: the next at once", map[sys.Addr]*fate{a: {now: busy, after: 20 * ms, end: unix.ECONNREFUSED}, b: {now: busy, after: 5 * ms}}, 0,
			[]string{"0s 10.0.0.1:80", "20ms [2001:db8::2]:80"}, b, 25 * ms, ""},
		{"silent: the next after 250 ms, one by one", map[sys.Addr]*fate{a: {now: busy}, b: {now: busy}, c: {now: busy, after: 10 * ms}}, 0,
			[]string{"0s 10.0.0.1:80", "250ms [2001:db8::2]:80", "500ms 10.0.0.3:80"}, c, 510 * ms, ""},
		{"a refusal starts the pause anew", map[sys.Addr]*fate{a: {now: busy}, b: {now: busy, after: 100 * ms, end: unix.EHOSTUNREACH}, c: {now: busy, after: 10 * ms}}, 0,
			[]string{"0s 10.0.0.1:80", "250ms [2001:db8::2]:80", "350ms 10.0.0.3:80"}, c, 360 * ms, ""},
		{"the slow first still wins", map[sys.Addr]*fate{a: {now: busy, after: 300 * ms}, b: {now: busy, after: time.Second}}, 0,
			[]string{"0s 10.0.0.1:80", "250ms [2001:db8::2]:80"}, a, 300 * ms, ""},
		{"interrupted: it goes on by itself", map[sys.Addr]*fate{a: {now: []error{unix.EINTR}, after: 7 * ms}}, 0,
			[]string{"0s 10.0.0.1:80"}, a, 7 * ms, ""},
		{"all refuse", map[sys.Addr]*fate{a: {now: busy, after: ms, end: unix.ECONNREFUSED}, b: {now: []error{unix.ENETUNREACH}}, c: {now: []error{unix.EACCES}}}, 0,
			[]string{"0s 10.0.0.1:80", "1ms [2001:db8::2]:80", "1ms 10.0.0.3:80"}, sys.Addr{}, ms,
			"connect 10.0.0.1:80: connection refused; connect [2001:db8::2]:80: network is unreachable; connect 10.0.0.3:80: permission denied"},
		{"connected to itself", map[sys.Addr]*fate{a: {self: true}}, 0, []string{"0s 10.0.0.1:80"}, sys.Addr{}, 0, "itself"},
		{"connected to itself: the next", map[sys.Addr]*fate{a: {self: true}, b: {}}, 0,
			[]string{"0s 10.0.0.1:80", "0s [2001:db8::2]:80"}, b, 0, ""},
		{"no ports left", map[sys.Addr]*fate{a: {now: []error{unix.EAGAIN}}}, 0, []string{"0s 10.0.0.1:80"}, sys.Addr{}, 0, "cannot assign"},
		{"time runs out", map[sys.Addr]*fate{a: {now: busy}, b: {now: busy}}, 400 * ms,
			[]string{"0s 10.0.0.1:80", "250ms [2001:db8::2]:80"}, sys.Addr{}, 400 * ms, "timed out"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n := &network{fates: tt.fates}
			k := n.kernel()
			p := Plan{Network: "tcp", Type: unix.SOCK_STREAM, Timeout: tt.timeout}
			for _, r := range []sys.Addr{a, b, c} {
				if tt.fates[r] != nil {
					p.Remote = append(p.Remote, r)
				}
			}
			got, err := Dial(t.Context(), k, p)
			if !reflect.DeepEqual(n.log, tt.tries) {
				t.Errorf("tried %q, want %q", n.log, tt.tries)
			}
			if n.clock != tt.at {
				t.Errorf("took %v, want %v", n.clock, tt.at)
			}
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("error %v, want %q", err, tt.err)
				}
				if strings.Contains(tt.err, "timed out") != errors.Is(err, ErrTimeout) || strings.Contains(tt.err, "itself") != errors.Is(err, ErrSelf) {
					t.Errorf("error %v is of another kind", err)
				}
			} else if err != nil || got.Peer != tt.winner || n.open[got.FD] == nil {
				t.Errorf("connected to %v, %v; want %v", got.Peer, err, tt.winner)
			} else {
				got.Close(k)
			}
			if len(n.open) != 0 {
				t.Errorf("%d descriptors stay open", len(n.open))
			}
		})
	}
}

// TestDialUnixBacklog: a full backlog says EAGAIN, and no event tells when it no longer is.
func TestDialUnixBacklog(t *testing.T) {
	path, _ := sys.Unix("/run/x")
	for _, full := range []int{1, 5, 40} {
		f := &fate{}
		for range full {
			f.now = append(f.now, unix.EAGAIN)
		}
		f.now = append(f.now, nil)
		n := &network{fates: map[sys.Addr]*fate{path: f}}
		k := n.kernel()
		c, err := Dial(t.Context(), k, Plan{Network: "unix", Type: unix.SOCK_STREAM, Path: "/run/x"})
		if err != nil || len(n.log) != full+1 || n.clock > time.Duration(full)*50*ms {
			t.Errorf("full %d times: %v, %d tries in %v", full, err, len(n.log), n.clock)
		}
		c.Close(k)
		if len(n.open) != 0 {
			t.Errorf("%d descriptors stay open", len(n.open))
		}
	}
	n := &network{fates: map[sys.Addr]*fate{path: {now: []error{unix.EAGAIN}}}}
	_, err := Dial(t.Context(), n.kernel(), Plan{Network: "unix", Type: unix.SOCK_STREAM, Path: "/run/x", Timeout: time.Second})
	if !errors.Is(err, ErrTimeout) || len(n.open) != 0 {
		t.Errorf("always full: %v, %d descriptors open", err, len(n.open))
	}
}

func TestDialCancelled(t *testing.T) {
	a := addr("10.0.0.1:80")
	n := &network{fates: map[sys.Addr]*fate{a: {now: []error{unix.EINPROGRESS}}}}
	ctx, cancel := context.WithCancel(t.Context())
	k := n.kernel()
	wait, woken := k.EpollWait, make(chan bool)
	k.Write = func(int, []byte) (int, error) {
		close(woken)
		return 8, nil
	}
	k.EpollWait = func(epfd int, evs []unix.EpollEvent, msec int) (int, error) {
		cancel()
		<-woken
		return wait(epfd, evs, 0)
	}
	if _, err := Dial(ctx, k, Plan{Network: "tcp", Type: unix.SOCK_STREAM, Remote: []sys.Addr{a}}); !errors.Is(err, context.Canceled) || len(n.open) != 0 {
		t.Errorf("%v, %d descriptors open", err, len(n.open))
	}
}

// TestDialDgramWithoutPeer: a socket that does not know its peer would answer nobody.
func TestDialDgramWithoutPeer(t *testing.T) {
	a := addr("10.0.0.1:80")
	n := &network{fates: map[sys.Addr]*fate{a: {}}}
	k := n.kernel()
	k.Getpeername = func(int) (sys.Addr, error) { return sys.Addr{}, unix.ENOBUFS }
	if _, err := Dial(t.Context(), k, Plan{Network: "udp", Type: unix.SOCK_DGRAM, Remote: []sys.Addr{a}}); !errors.Is(err, unix.ENOBUFS) || len(n.open) != 0 {
		t.Errorf("%v, %d descriptors open", err, len(n.open))
	}
}

// TestDialKeptBack: a SYN that the kernel keeps back for the first write (TCP_FASTOPEN_CONNECT) is sent at once. connect(2)
// says 0 though there is no peer, and epoll that one can write.
func TestDialKeptBack(t *testing.T) {
	a := addr("192.0.2.1:80")
	n := &network{fates: map[sys.Addr]*fate{a: {}}}
	k := n.kernel()
	begun := time.Duration(0)
	k.Sendto = func(fd int, p []byte, _ int, _ *sys.Addr) (int, error) {
		if len(p) != 0 || begun != 0 {
			t.Errorf("%d bytes were sent", len(p))
		}
		begun = n.clock + 30*ms
		n.open[fd].ready = begun
		return 0, unix.EINPROGRESS
	}
	connect, peer := k.Connect, k.Getpeername
	k.Connect = func(fd int, a sys.Addr) error {
		n.open[fd].ready = n.clock + ms // writable, so says epoll
		return connect(fd, a)
	}
	k.Getpeername = func(fd int) (sys.Addr, error) {
		if begun == 0 || n.clock < begun {
			return sys.Addr{}, unix.ENOTCONN
		}
		return peer(fd)
	}
	c, err := Dial(t.Context(), k, Plan{Network: "tcp", Type: unix.SOCK_STREAM, Remote: []sys.Addr{a}, Timeout: time.Second})
	if err != nil || c.Peer != a || n.clock != 30*ms {
		t.Errorf("%v after %v: %v", c.Peer, n.clock, err)
	}
	c.Close(k)
}

// TestDialTook: the time to connect is from connect(2) to the answer. What comes before (making and preparing the socket) and
// what comes after (asking for its names) is no time of the network.
func TestDialTook(t *testing.T) {
	for name, f := range map[string]*fate{"at once": {now: []error{nil}}, "later": {now: []error{unix.EINPROGRESS}, after: 30 * time.Millisecond}} {
		a := addr("192.0.2.1:80")
		n := &network{fates: map[sys.Addr]*fate{a: f}}
		k := n.kernel()
		slow := func() { n.clock += time.Hour }
		socket, peer := k.Socket, k.Getpeername
		k.Socket = func(a, b, c int) (int, error) { slow(); return socket(a, b, c) }
		k.Getpeername = func(fd int) (sys.Addr, error) { slow(); return peer(fd) }
		var told time.Duration
		c, err := Dial(context.Background(), k, Plan{Network: "tcp", Type: unix.SOCK_STREAM, Remote: []sys.Addr{a}, Trace: func(ev Event) {
			if ev.Kind == Connected {
				told = ev.Took
			}
		}})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if c.Took != f.after || told != f.after {
			t.Errorf("%s: took %v, told %v, want %v", name, c.Took, told, f.after)
		}
		c.Close(k)
	}
}
