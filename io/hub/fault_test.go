package hub

import (
	"bytes"
	"errors"
	"fmt"
	"hash/fnv"
	"net"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// The kernel, failing once in every way that its man pages know, at each of the first calls. Whatever fails: the hub does
// not hang, closes what it opened, and its account is true: what is not counted as lost has arrived.

// fault is one call that fails.
type fault struct {
	call  string
	nth   int64
	errno unix.Errno // 0: gives, or takes, one byte only
	count atomic.Int64
	made  atomic.Bool
}

func (f *fault) String() string {
	if f.errno == 0 {
		return fmt.Sprintf("%s:%d:short", f.call, f.nth)
	}
	return fmt.Sprintf("%s:%d:%s", f.call, f.nth, unix.ErrnoName(f.errno))
}

// now says whether this call is the one.
func (f *fault) now(call string) bool {
	if f.call == call && f.count.Add(1) == f.nth {
		f.made.Store(true)
		return true
	}
	return false
}

// drawn says whether f is among those that are tried: one in sixteen, always the same ones, unless CAT5_TEST_FAULTS_ALL is set.
func (f *fault) drawn(network string) bool {
	h := fnv.New32a()
	h.Write([]byte(network + f.String()))
	return h.Sum32()%16 == 0 || os.Getenv("CAT5_TEST_FAULTS_ALL") != ""
}

// kernel is one that makes f.
func (f *fault) kernel() *sys.Calls {
	k := sys.Linux()
	real := *k
	bytes := func(call string, do func(fd int, p []byte) (int, error)) func(int, []byte) (int, error) {
		return func(fd int, p []byte) (int, error) {
			switch {
			case !f.now(call):
			case f.errno != 0:
				return -1, f.errno
			case len(p) > 1:
				p = p[:1]
			}
			return do(fd, p)
		}
	}
	k.RawRead, k.RawWrite = bytes("RawRead", real.RawRead), bytes("RawWrite", real.RawWrite)
	k.Read, k.Write = bytes("Read", real.Read), bytes("Write", real.Write)
	k.Accept4 = func(fd, flags int) (int, sys.Addr, error) {
		if f.now("Accept4") {
			return -1, sys.Addr{}, f.errno
		}
		return real.Accept4(fd, flags)
	}
	k.Recvfrom = func(fd int, p []byte, flags int, from *sys.Addr) (int, int, error) {
		if f.now("Recvfrom") {
			return 0, 0, f.errno
		}
		return real.Recvfrom(fd, p, flags, from)
	}
	k.Sendto = func(fd int, p []byte, flags int, to *sys.Addr) (int, error) {
		if f.now("Sendto") {
			return 0, f.errno
		}
		return real.Sendto(fd, p, flags, to)
	}
	k.EpollCtl = func(epfd, op, fd int, ev *unix.EpollEvent) error {
		if f.now("EpollCtl") {
			return f.errno
		}
		return real.EpollCtl(epfd, op, fd, ev)
	}
	k.EpollWait = func(epfd int, evs []unix.EpollEvent, msec int) (int, error) {
		if f.now("EpollWait") {
			return -1, f.errno
		}
		return real.EpollWait(epfd, evs, msec)
	}
	k.Shutdown = func(fd, how int) error {
		if f.now("Shutdown") {
			return f.errno
		}
		return real.Shutdown(fd, how)
	}
	k.Setsockopt = func(fd, level, opt int, val []byte) error {
		if f.now("Setsockopt") {
			return f.errno
		}
		return real.Setsockopt(fd, level, opt, val)
	}
	k.Getsockopt = func(fd, level, opt int, val []byte) (int, error) {
		if f.now("Getsockopt") {
			return 0, f.errno
		}
		return real.Getsockopt(fd, level, opt, val)
	}
	k.Ioctl = func(fd int, req uint, arg *[64]byte) error {
		if f.now("Ioctl") {
			return f.errno
		}
		return real.Ioctl(fd, req, arg)
	}
	k.Close = func(fd int) error {
		err := real.Close(fd)
		if f.now("Close") {
			return f.errno // "the file descriptor is always released" (close(2))
		}
		return err
	}
	k.Poll = func(fds []unix.PollFd, msec int) (int, error) {
		if f.now("Poll") {
			return -1, f.errno
		}
		return real.Poll(fds, msec)
	}
	k.Spawn = func(path string, argv, env []string, files []int) (int, int, error) {
		if f.now("Spawn") {
			return -1, -1, f.errno
		}
		return real.Spawn(path, argv, env, files)
	}
	k.Wait4 = func(pid int, status *unix.WaitStatus, options int) (int, error) {
		if f.now("Wait4") {
			if f.errno == unix.ECHILD { // then somebody else has reaped it
				real.Wait4(pid, status, 0)
			}
			return -1, f.errno
		}
		return real.Wait4(pid, status, options)
	}
	k.Kill = func(pid int, sig unix.Signal) error {
		if f.now("Kill") {
			return f.errno
		}
		return real.Kill(pid, sig)
	}
	k.Getrlimit = func(resource int, lim *unix.Rlimit) error {
		if f.now("Getrlimit") {
			return f.errno
		}
		return real.Getrlimit(resource, lim)
	}
	return k
}

// faults by call. benign ones cost nothing: everything arrives.
var faults = []struct {
	call         string
	errs, benign []unix.Errno
	short        bool
}{
	{"Accept4", []unix.Errno{unix.EINVAL, unix.EOPNOTSUPP}, []unix.Errno{unix.EINTR, unix.EAGAIN, unix.ECONNABORTED, unix.EPROTO, unix.EPERM, unix.EMFILE, unix.ENFILE, unix.ENOBUFS, unix.ENOMEM}, false},
	{"RawRead", []unix.Errno{unix.ECONNRESET, unix.ETIMEDOUT, unix.EIO, unix.ENOMEM}, []unix.Errno{unix.EINTR, unix.EAGAIN}, true},
	{"RawWrite", []unix.Errno{unix.ECONNRESET, unix.EPIPE, unix.ETIMEDOUT, unix.ENOMEM, unix.EPERM}, []unix.Errno{unix.EINTR, unix.EAGAIN}, true},
	{"Recvfrom", []unix.Errno{unix.ECONNRESET, unix.ENOMEM}, []unix.Errno{unix.EINTR, unix.EAGAIN}, false},
	{"Sendto", []unix.Errno{unix.EPIPE, unix.EMSGSIZE, unix.ENOBUFS}, []unix.Errno{unix.EINTR, unix.EAGAIN}, false},
	{"EpollCtl", []unix.Errno{unix.ENOMEM, unix.ENOSPC}, nil, false},
	{"EpollWait", []unix.Errno{unix.EINVAL}, []unix.Errno{unix.EINTR}, false},
	{"Shutdown", []unix.Errno{unix.ENOTCONN, unix.EINVAL}, nil, false},
	{"Setsockopt", []unix.Errno{unix.EINVAL, unix.ENOMEM}, nil, false},
	{"Getsockopt", []unix.Errno{unix.EINVAL, unix.ENOPROTOOPT}, nil, false},
	{"Ioctl", []unix.Errno{unix.EINVAL}, nil, false},
	{"Close", []unix.Errno{unix.EIO}, []unix.Errno{unix.EINTR}, false},
}

// TestFaults is a broker with three readers and a writer, in which everything fails.
func TestFaults(t *testing.T) {
	var run, idle atomic.Int64
	for _, network := range []string{"tcp", "unix", "unixpacket"} {
		t.Run(network, func(t *testing.T) {
			t.Parallel()
			for _, row := range faults {
				errs := append(append([]unix.Errno{}, row.errs...), row.benign...)
				if row.short {
					errs = append(errs, 0)
				}
				for i, errno := range errs {
					for _, nth := range []int64{1, 2, 3, 5, 8, 13, 40} {
						f := &fault{call: row.call, nth: nth, errno: errno}
						if !f.drawn(network) {
							continue
						}
						benign := i >= len(row.errs)
						brokerWith(t, network, f, benign)
						if f.made.Load() {
							run.Add(1)
						} else {
							idle.Add(1)
						}
					}
				}
			}
		})
	}
	t.Cleanup(func() { t.Logf("%d faults made, %d did not come up", run.Load(), idle.Load()) })
}

func brokerWith(t *testing.T, network string, f *fault, benign bool) {
	t.Helper()
	k := f.kernel()
	lfd, addr := listener(t, network)
	var left atomic.Int64
	h, err := New(k, Options{Listener: lfd, Service: &Broker{}, MaxQueue: 64 << 10, Grace: 300 * time.Millisecond, Linger: time.Second, Stall: 2 * time.Second,
		Left: func(*Peer, error) { left.Add(1) }})
	if err != nil {
		unix.Close(lfd)
		if benign {
			t.Errorf("%v: %v", f, err)
		}
		return
	}
	ran := make(chan error, 1)
	go func() { ran <- h.Run() }()
	data := noise(300 << 10)
	var got [3]*reader
	var conns []net.Conn
	dial := func() net.Conn {
		c, err := net.Dial(network, addr)
		if err != nil { // the listener is gone already
			return nil
		}
		c.SetDeadline(time.Now().Add(hang))
		conns = append(conns, c)
		return c
	}
	came := func(n int64) bool { // all of them, or the hub has ended
		for late := time.Now().Add(hang); time.Now().Before(late); {
			ids := make(chan int64, 1)
			h.Post(func() { ids <- h.Ids })
			select {
			case id := <-ids:
				if id >= n {
					return true
				}
			case err := <-ran:
				ran <- err
				return false
			}
			if f.made.Load() && !benign { // perhaps not all of them
				return true
			}
		}
		t.Errorf("%v: nobody comes in", f)
		return false
	}
	for i := range got {
		if c := dial(); c != nil {
			got[i] = read(c)
		}
	}
	whole := came(3)
	written := make(chan bool)
	if w := dial(); w != nil && whole {
		go func() {
			defer close(written)
			write(w, data)
			w.(interface{ CloseWrite() error }).CloseWrite()
			drain(w) // until the hub has let it go
		}()
	} else {
		close(written)
	}
	select {
	case <-written:
		h.Post(h.Stop)
	case err := <-ran:
		ran <- err
	}
	select {
	case err = <-ran:
	case <-time.After(hang):
		t.Fatalf("%v: hangs", f)
	}
	h.Close()
	unix.Close(lfd)
	var sum int64
	for i, r := range got {
		if r == nil {
			continue
		}
		<-r.done
		sum += int64(len(r.got))
		if !bytes.HasPrefix(data, r.got) {
			t.Errorf("%v: reader %d got other bytes", f, i)
		}
		if benign && f.call != "Accept4" && !bytes.Equal(r.got, data) {
			t.Errorf("%v: reader %d got %d bytes of %d; lost %d, %v", f, i, len(r.got), len(data), h.Lost, err)
		}
	}
	if f.made.Load() && h.Out+h.Lost < sum || sum+h.Lost < h.Out {
		t.Errorf("%v: %d arrived, %d given, %d lost", f, sum, h.Out, h.Lost)
	}
	if h.Peers() != 0 || left.Load() != h.Ids {
		t.Errorf("%v: %d came, %d left, %d are there", f, h.Ids, left.Load(), h.Peers())
	}
	for _, c := range conns {
		c.Close()
	}
}

// TestNoDescriptors (faults.md 19): accepting fails for want of descriptors: said once, with the limit; tried again later.
func TestNoDescriptors(t *testing.T) {
	k := sys.Linux()
	accept := k.Accept4
	var fails atomic.Int64
	fails.Store(3)
	k.Accept4 = func(fd, flags int) (int, sys.Addr, error) {
		if fails.Load() > 0 {
			fails.Add(-1)
			return -1, sys.Addr{}, unix.EMFILE
		}
		return accept(fd, flags)
	}
	r := start(t, k, "tcp", Options{Service: Discard{}})
	began := time.Now()
	r.dial()
	if took := time.Since(began); took < 3*shutFor {
		t.Errorf("served after %v: it does not wait in between", took)
	}
	check(t, r.stop())
	if len(r.said) != 1 || !bytes.Contains([]byte(r.said[0]), []byte("accept: too many open files (the limit is ")) {
		t.Errorf("it says %q", r.said)
	}
}

// TestProgramFaults: programs that cannot be started, signalled or waited for cost their connection, not the hub.
func TestProgramFaults(t *testing.T) {
	for _, f := range []*fault{
		{call: "Spawn", errno: unix.EAGAIN}, {call: "Spawn", errno: unix.ENOENT}, {call: "Spawn", errno: unix.EMFILE},
		{call: "Wait4", errno: unix.EINTR}, {call: "Wait4", errno: unix.ECHILD}, {call: "Kill", errno: unix.ESRCH}, {call: "Kill", errno: unix.EPERM},
	} {
		f.nth = 1
		r := start(t, f.kernel(), "tcp", Options{Service: &Exec{Path: "/bin/cat", Argv: []string{"cat"}, Env: func(*Peer, int) []string { return nil }}})
		for i := range 2 {
			c := r.dial()
			c.Write([]byte("hello"))
			c.(*net.TCPConn).CloseWrite()
			got, _ := drain(c)
			if bad := f.call == "Spawn" && i == 0; bad != (string(got) != "hello") {
				t.Errorf("%v: connection %d got %q", f, i+1, got)
			}
			var exit *Exit
			if g := r.gone(int64(i + 1)); errors.As(g.why, &exit) == (i == 0 && (f.call == "Spawn" || f.errno == unix.ECHILD)) {
				t.Errorf("%v: connection %d: %v", f, i+1, g.why)
			}
		}
		check(t, r.stop())
		if !f.made.Load() {
			t.Errorf("%v was not made", f)
		}
	}
}
