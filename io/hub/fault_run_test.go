package hub

import (
	"bytes"
	"errors"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// The hub under the faults of fault_test.go.

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
