package sys

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"golang.org/x/sys/unix"
)

// interrupted is a kernel on which each call is interrupted some times, and then fails or answers 7.
func interrupted(times int, end error) (k *Calls, calls *int) {
	calls = new(int)
	next := func() (int, error) {
		if *calls++; *calls <= times {
			return -1, unix.EINTR
		}
		if end != nil {
			return -1, end
		}
		return 7, nil
	}
	return &Calls{
		Read:  func(int, []byte) (int, error) { return next() },
		Write: func(int, []byte) (int, error) { return next() },
		Recvfrom: func(int, []byte, int, *Addr) (int, int, error) {
			n, err := next()
			return n, 0, err
		},
		Sendto: func(int, []byte, int, *Addr) (int, error) { return next() },
		Accept4: func(int, int) (int, Addr, error) {
			n, err := next()
			return n, Addr{}, err
		},
		Openat: func(int, string, int, uint32) (int, error) { return next() },
		Close: func(int) error {
			_, err := next()
			return err
		},
	}, calls
}

func TestRetry(t *testing.T) {
	var b [8]byte
	calls := map[string]func(k *Calls) (int, error){
		"Read":  func(k *Calls) (int, error) { return Read(k, 3, b[:]) },
		"Write": func(k *Calls) (int, error) { return Write(k, 3, b[:]) },
		"Recvfrom": func(k *Calls) (int, error) {
			n, _, err := Recvfrom(k, 3, b[:], 0, nil)
			return n, err
		},
		"Sendto": func(k *Calls) (int, error) { return Sendto(k, 3, b[:], 0, nil) },
		"Accept": func(k *Calls) (int, error) {
			n, _, err := Accept(k, 3)
			return n, err
		},
		"Open": func(k *Calls) (int, error) { return Open(k, "/", 0, 0) },
	}
	for name, call := range calls {
		for _, times := range []int{0, 1, 100} {
			k, made := interrupted(times, nil)
			if n, err := call(k); n != 7 || err != nil || *made != times+1 {
				t.Errorf("%s after %d interruptions: %d, %v; %d calls", name, times, n, err, *made)
			}
			k, made = interrupted(times, unix.EIO)
			if _, err := call(k); err != unix.EIO || *made != times+1 {
				t.Errorf("%s that fails after %d interruptions: %v; %d calls", name, times, err, *made)
			}
		}
	}
}

// TestCloseOnce: a descriptor is free after close(2), whatever it says; a second one would hit somebody else's.
func TestCloseOnce(t *testing.T) {
	for _, tt := range []struct {
		times int
		end   error
		want  error
	}{{0, nil, nil}, {0, unix.EIO, unix.EIO}, {1, nil, nil}, {5, unix.EIO, nil}} {
		k, made := interrupted(tt.times, tt.end)
		if err := Close(k, 3); err != tt.want || *made != 1 {
			t.Errorf("%d interruptions, then %v: %v, %d calls", tt.times, tt.end, err, *made)
		}
	}
}

// TestFlags: no descriptor reaches a child, no accepted connection sleeps, no opened terminal becomes ours.
func TestFlags(t *testing.T) {
	k := &Calls{
		Accept4: func(_, flags int) (int, Addr, error) { return flags, Addr{}, nil },
		Openat:  func(dir int, _ string, flags int, _ uint32) (int, error) { return flags, nil },
	}
	if f, _, _ := Accept(k, 3); f != unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC {
		t.Errorf("accept4 with %#x", f)
	}
	if f, _ := Open(k, "x", unix.O_WRONLY, 0); f != unix.O_WRONLY|unix.O_CLOEXEC|unix.O_NOCTTY {
		t.Errorf("openat with %#x", f)
	}
}

func TestErrors(t *testing.T) {
	tests := []struct {
		err   error
		text  string
		errno string
	}{
		{Wrap("connect", "127.0.0.1:9", unix.ECONNREFUSED), "connect 127.0.0.1:9: connection refused", "ECONNREFUSED"},
		{Wrap("epoll_create1", "", unix.EMFILE), "epoll_create1: too many open files", "EMFILE"},
		{Wrap("read", "stdin", io.ErrUnexpectedEOF), "read stdin: unexpected EOF", ""},
		{fmt.Errorf("more: %w", Wrap("bind", "x", unix.EACCES)), "more: bind x: permission denied", "EACCES"},
	}
	for _, tt := range tests {
		if tt.err.Error() != tt.text || Errno(tt.err) != tt.errno {
			t.Errorf("%q, %s; want %q, %s", tt.err, Errno(tt.err), tt.text, tt.errno)
		}
	}
	if Wrap("close", "x", nil) != nil {
		t.Error("no error became one")
	}
	if !errors.Is(tests[0].err, unix.ECONNREFUSED) || Errno(nil) != "" {
		t.Error("the errno is not in the chain")
	}
}

// TestSocketError: the pending error is taken, once.
func TestSocketError(t *testing.T) {
	k := Linux()
	fd, err := k.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close(fd)
	if err := SocketError(k, fd); err != nil {
		t.Errorf("a new socket: %v", err)
	}
	if err := SocketError(k, 1<<20); err != unix.EBADF {
		t.Errorf("no socket at all: %v", err)
	}
	if err := SetInt(k, fd, unix.SOL_SOCKET, unix.SO_BROADCAST, 1); err != nil {
		t.Error(err)
	}
	if n, err := GetInt(k, fd, unix.SOL_SOCKET, unix.SO_BROADCAST); n != 1 || err != nil {
		t.Errorf("SO_BROADCAST is %d, %v", n, err)
	}
	if n, err := Unsent(k, fd); n != 0 || err != nil {
		t.Errorf("unsent: %d, %v", n, err)
	}
}

// TestNoAllocs: sending and receiving with addresses is as cheap as without.
func TestNoAllocs(t *testing.T) {
	k := Linux()
	fd, err := k.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close(fd)
	if err := k.Bind(fd, UnixUnnamed()); err != nil {
		t.Fatal(err)
	}
	me, err := k.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	var from Addr
	buf := make([]byte, 100)
	if n := testing.AllocsPerRun(200, func() {
		Sendto(k, fd, buf, unix.MSG_DONTWAIT, &me)
		Recvfrom(k, fd, buf, unix.MSG_DONTWAIT, &from)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if from != me {
		t.Errorf("from %v, not %v", from, me)
	}
}
