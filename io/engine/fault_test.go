package engine

import (
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// What every engine does when the kernel says no.

// TestNoDescriptors: EMFILE is said once, does not spin, and is over when there are descriptors again.
func TestNoDescriptors(t *testing.T) {
	each(t, nil, func(t *testing.T, e Engine) {
		k := sys.Linux()
		var asked atomic.Int64
		accept := k.Accept4
		k.Accept4 = func(fd, flags int) (int, sys.Addr, error) {
			if asked.Add(1) <= 3 {
				return -1, sys.Addr{}, unix.EMFILE
			}
			return accept(fd, flags)
		}
		began := time.Now()
		s := start(t, e, k, "tcp")
		c := s.dial()
		roundTrip(t, c, noise(1000, 1))
		c.Close()
		took := time.Since(began)
		s.stop()
		if took < 3*shutFor {
			t.Errorf("asked three times in %v", took)
		}
		if len(s.warnings) != 1 || !strings.Contains(s.warnings[0], "too many open files") {
			t.Errorf("said: %q", s.warnings)
		}
	})
}

// TestStopWithoutDescriptors: a door that is shut for a moment does not keep the server from leaving.
func TestStopWithoutDescriptors(t *testing.T) {
	each(t, nil, func(t *testing.T, e Engine) {
		k := sys.Linux()
		asked := make(chan bool, 1)
		k.Accept4 = func(fd, flags int) (int, sys.Addr, error) {
			select {
			case asked <- true:
			default:
			}
			return -1, sys.Addr{}, unix.ENFILE
		}
		s := start(t, e, k, "tcp")
		c := s.dial()
		<-asked
		c.Close()
		s.stop()
	})
}

// TestAcceptErrors: the errors of a connection that is gone are not the listener's.
func TestAcceptErrors(t *testing.T) {
	each(t, nil, func(t *testing.T, e Engine) {
		k := sys.Linux()
		gone := []error{unix.ECONNABORTED, unix.EPROTO, unix.EINTR, unix.ENETDOWN, unix.EPERM}
		var asked atomic.Int64
		accept := k.Accept4
		k.Accept4 = func(fd, flags int) (int, sys.Addr, error) {
			if n := asked.Add(1); int(n) <= len(gone) {
				return -1, sys.Addr{}, gone[n-1]
			}
			return accept(fd, flags)
		}
		s := start(t, e, k, "tcp")
		c := s.dial()
		roundTrip(t, c, noise(1000, 1))
		c.Close()
		s.stop()
		if len(s.warnings) > 0 {
			t.Errorf("said: %q", s.warnings)
		}
	})
}

// TestListenerBreaks: what is the listener's end is the server's, with an error and nothing left behind.
func TestListenerBreaks(t *testing.T) {
	each(t, nil, func(t *testing.T, e Engine) {
		k := sys.Linux()
		var asked atomic.Int64
		accept := k.Accept4
		k.Accept4 = func(fd, flags int) (int, sys.Addr, error) {
			if asked.Add(1) > 2 { // one connection, and EAGAIN
				return -1, sys.Addr{}, unix.EINVAL
			}
			return accept(fd, flags)
		}
		s := start(t, e, k, "tcp", func(o *Options) { o.Grace = time.Millisecond })
		a := s.dial()
		pingPong(t, a, []byte("hello"))
		b := s.dial()
		select {
		case err := <-s.done:
			if err == nil || !strings.Contains(err.Error(), "accept: invalid argument") {
				t.Errorf("Serve: %v", err)
			}
		case <-time.After(hang):
			t.Fatal("the server goes on")
		}
		s.done <- nil
		unix.Close(s.stopW)
		a.Close()
		b.Close()
		s.ended()
	})
}

// TestInterrupted: every second call is interrupted, and writes are short.
func TestInterrupted(t *testing.T) {
	each(t, nil, func(t *testing.T, e Engine) {
		k := sys.Linux()
		real := *k
		var calls atomic.Int64
		interrupted := func() bool { return calls.Add(1)%2 == 0 }
		read := func(f func(int, []byte) (int, error)) func(int, []byte) (int, error) {
			return func(fd int, p []byte) (int, error) {
				if interrupted() {
					return 0, unix.EINTR
				}
				return f(fd, p)
			}
		}
		write := func(f func(int, []byte) (int, error)) func(int, []byte) (int, error) {
			return func(fd int, p []byte) (int, error) {
				if interrupted() {
					return 0, unix.EINTR
				}
				if len(p) > 8 {
					p = p[:len(p)/2+1]
				}
				return f(fd, p)
			}
		}
		k.Read, k.RawRead = read(real.Read), read(real.RawRead)
		k.Write, k.RawWrite = write(real.Write), write(real.RawWrite)
		wait := func(f func(int, []unix.EpollEvent, int) (int, error)) func(int, []unix.EpollEvent, int) (int, error) {
			return func(fd int, evs []unix.EpollEvent, msec int) (int, error) {
				if interrupted() {
					return 0, unix.EINTR
				}
				return f(fd, evs, msec)
			}
		}
		k.EpollWait, k.RawEpollWait = wait(real.EpollWait), wait(real.RawEpollWait)
		k.Poll = func(fds []unix.PollFd, msec int) (int, error) {
			if interrupted() {
				return 0, unix.EINTR
			}
			return real.Poll(fds, msec)
		}
		k.Select = func(n int, r, w, e *unix.FdSet, tv *unix.Timeval) (int, error) {
			if interrupted() {
				return 0, unix.EINTR
			}
			return real.Select(n, r, w, e, tv)
		}
		k.Wait4 = func(pid int, status *unix.WaitStatus, options int) (int, error) {
			if interrupted() {
				return 0, unix.EINTR
			}
			return real.Wait4(pid, status, options)
		}
		s := start(t, e, k, "tcp")
		a, b := s.dial(), s.dial()
		roundTrip(t, a, noise(1<<20, 1))
		roundTrip(t, b, noise(1<<20, 2))
		a.Close()
		b.Close()
		s.stop()
	})
}

// TestNoProcess: a connection for which no process can be started is ended; the server is not.
func TestNoProcess(t *testing.T) {
	e, _ := Find("process")
	k := sys.Linux()
	var asked atomic.Int64
	spawn := k.Spawn
	k.Spawn = func(path string, argv, env []string, files []int) (int, int, error) {
		if asked.Add(1) == 1 {
			return -1, -1, unix.EAGAIN
		}
		return spawn(path, argv, env, files)
	}
	s := start(t, e, k, "tcp")
	c := s.dial()
	if n, err := c.Read(make([]byte, 1)); n != 0 || err == nil {
		t.Errorf("%d bytes, %v", n, err)
	}
	c.Close()
	c = s.dial()
	roundTrip(t, c, []byte("hello"))
	c.Close()
	s.stop()
	if len(s.warnings) != 1 || !strings.Contains(s.warnings[0], "fork: resource temporarily unavailable") {
		t.Errorf("said: %q", s.warnings)
	}
}

// TestChildDies: what kills one process ends one connection.
func TestChildDies(t *testing.T) {
	e, _ := Find("process")
	k := sys.Linux()
	pidfds := make(chan int, 2)
	spawn := k.Spawn
	k.Spawn = func(path string, argv, env []string, files []int) (int, int, error) {
		pid, pidfd, err := spawn(path, argv, env, files)
		pidfds <- pidfd
		return pid, pidfd, err
	}
	s := start(t, e, k, "tcp")
	a := s.dial()
	pingPong(t, a, []byte("one"))
	b := s.dial()
	pingPong(t, b, []byte("two"))
	check(t, k.PidfdSendSignal(<-pidfds, unix.SIGKILL))
	if n, err := a.Read(make([]byte, 1)); n != 0 || err == nil {
		t.Errorf("%d bytes, %v", n, err)
	}
	a.Close()
	roundTrip(t, b, []byte("still there?"))
	b.Close()
	s.stop()
	if len(s.errs) != 1 || !strings.Contains(s.errs[0].Error(), "died of SIGKILL") {
		t.Errorf("told: %v", s.errs)
	}
}

// TestSelectIsFull: select says what it cannot do, turns those peers away, and lives on.
func TestSelectIsFull(t *testing.T) {
	e, _ := Find("select")
	s := start(t, e, sys.Linux(), "tcp")
	var in []net.Conn
	for { // two descriptors a connection, both ends being here
		c := s.dial()
		_, err := c.Write([]byte("hello"))
		if err == nil {
			_, err = io.ReadFull(c, make([]byte, 5))
		}
		if err != nil {
			c.Close()
			break
		}
		if in = append(in, c); len(in) > unix.FD_SETSIZE {
			t.Fatal("select is never full")
		}
	}
	if len(in) < 400 {
		t.Errorf("full after %d connections", len(in))
	}
	again := s.dial() // turned away too, and nothing more is said
	if n, err := again.Read(make([]byte, 1)); n != 0 || err == nil {
		t.Errorf("%d bytes, %v", n, err)
	}
	again.Close()
	for _, c := range in[100:] {
		pingPong(t, c, []byte("still there?"))
	}
	for _, c := range in[:100] {
		roundTrip(t, c, []byte("bye"))
		c.Close()
	}
	c := s.dial() // there is room again
	roundTrip(t, c, []byte("hello"))
	c.Close()
	for _, c := range in[100:] {
		c.Close()
	}
	s.stop()
	if len(s.warnings) != 1 || !strings.Contains(s.warnings[0], "FD_SETSIZE") {
		t.Errorf("said: %q", s.warnings)
	}
}

// TestThreadsAreLimited is for the limit that a Go program dies of.
func TestThreadsAreLimited(t *testing.T) {
	if maxThreads >= 10_000 {
		t.Errorf("%d threads are more than the runtime allows", maxThreads)
	}
}
