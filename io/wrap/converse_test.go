package wrap

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// proxyPair is a connected TCP socket as a Layer gets it, and the proxy's end of it.
func proxyPair(t *testing.T) (fd int, proxy *net.TCPConn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	c, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	f, err := c.(*net.TCPConn).File()
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	p, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close(); p.Close() })
	fd = int(f.Fd())
	if err := unix.SetNonblock(fd, true); err != nil {
		t.Fatal(err)
	}
	return fd, p.(*net.TCPConn)
}

// within is a context that only a hang reaches.
func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func socks5Proxy() *Proxy { return &Proxy{Scheme: SOCKS5, Name: "P"} }

var goodSOCKS5 = x("0500 05 00 00 01 00000000 0000")

// rest is what can still be read.
func rest(t *testing.T, fd int) string {
	t.Helper()
	b := make([]byte, 64)
	n, err := unix.Read(fd, b)
	if err != nil {
		t.Fatal(err)
	}
	return string(b[:n])
}

// TestNotOneByteMore: what the target says behind the proxy's answer, in the same segment, is still there afterwards.
func TestNotOneByteMore(t *testing.T) {
	for _, c := range []struct {
		p      *Proxy
		answer string
	}{
		{&Proxy{Scheme: SOCKS4A}, x("00 5a 0000 00000000")},
		{socks5Proxy(), goodSOCKS5},
		{&Proxy{Scheme: HTTP}, "HTTP/1.1 200 OK\r\nX: y\r\n\r\n"},
		{&Proxy{Scheme: HTTP10}, "HTTP/1.1 100 Go on\r\n\r\nHTTP/1.0 200 OK\n" + strings.Repeat("X: yyyyyyyy\n", 500) + "\n"},
	} {
		fd, proxy := proxyPair(t)
		if _, err := proxy.Write([]byte(c.answer + "\r\n\x05early")); err != nil {
			t.Fatal(err)
		}
		w, err := c.p.Layer(name("host", 80))(within(t), sys.Linux(), fd)
		if err != nil || w.FD != fd {
			t.Fatalf("%s: %+v, %v", c.p, w, err)
		}
		if got := rest(t, fd); got != "\r\n\x05early" {
			t.Errorf("%s: %q is left", c.p, got)
		}
	}
}

// TestCutShort: a proxy that closes before its answer is complete is named, at every byte.
func TestCutShort(t *testing.T) {
	for _, c := range []struct {
		p      *Proxy
		answer string
	}{
		{&Proxy{Scheme: SOCKS4}, x("00 5a 0000 00000000")}, {socks5Proxy(), goodSOCKS5}, {&Proxy{Scheme: HTTP}, "HTTP/1.1 200 OK\r\n\r\n"},
	} {
		for n := range len(c.answer) {
			fd, proxy := proxyPair(t)
			proxy.Write([]byte(c.answer[:n]))
			proxy.CloseWrite()
			_, err := c.p.Layer(ip("127.0.0.1", 80))(within(t), sys.Linux(), fd)
			if !errors.Is(err, ErrEnd) || !strings.HasSuffix(err.Error(), ": connect 127.0.0.1:80: closed the connection before its answer was complete") {
				t.Fatalf("%s, %d bytes: %v", c.p, n, err)
			}
		}
	}
}

// TestSilentAndSlow: neither silence nor a byte now and then holds it longer than it was given, and a cancellation ends it
// at once.
func TestSilentAndSlow(t *testing.T) {
	for _, drip := range []string{"", "HTTP/1.1 200 OK"} {
		fd, proxy := proxyPair(t)
		over := make(chan struct{})
		go func() {
			defer close(over)
			for _, b := range []byte(drip) {
				if _, err := proxy.Write([]byte{b}); err != nil {
					return
				}
			}
			io.Copy(io.Discard, proxy)
		}()
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		_, err := (&Proxy{Scheme: HTTP, Name: "P"}).Layer(name("host", 80))(ctx, sys.Linux(), fd)
		cancel()
		if !errors.Is(err, ErrTimeout) || err.Error() != "proxy http P: connect host:80: timed out" {
			t.Errorf("%q: %v", drip, err)
		}
		proxy.CloseRead()
		unix.Shutdown(fd, unix.SHUT_RDWR)
		<-over
	}
	fd, proxy := proxyPair(t)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		io.ReadFull(proxy, make([]byte, 3))
		cancel()
	}()
	if _, err := socks5Proxy().Layer(name("host", 80))(ctx, sys.Linux(), fd); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if _, err := socks5Proxy().Layer(name("host", 80))(ctx, sys.Linux(), fd); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled before: %v", err)
	}
}

// TestFaults: every call fails in every way that matters, one at a time. What is only a delay changes nothing; the rest
// is an error that names the call. No descriptor stays open.
func TestFaults(t *testing.T) {
	at := func(nth *int, n int) bool { *nth++; return *nth == n }
	for _, c := range []struct {
		name string
		err  error // nil: nothing changes
		set  func(k *sys.Calls, real sys.Calls, n int)
	}{
		{"poll EINTR", nil, func(k *sys.Calls, real sys.Calls, n int) {
			i := 0
			k.Poll = func(f []unix.PollFd, ms int) (int, error) {
				if at(&i, n) {
					return -1, unix.EINTR
				}
				return real.Poll(f, ms)
			}
		}},
		{"poll ENOMEM", unix.ENOMEM, func(k *sys.Calls, real sys.Calls, n int) {
			k.Recvfrom = func(int, []byte, int, *sys.Addr) (int, int, error) { return -1, 0, unix.EAGAIN }
			k.Poll = func([]unix.PollFd, int) (int, error) { return -1, unix.ENOMEM }
		}},
		{"poll wakes for nothing", nil, func(k *sys.Calls, real sys.Calls, n int) {
			i := 0
			k.Poll = func(f []unix.PollFd, ms int) (int, error) {
				if at(&i, n) {
					return 1, nil
				}
				return real.Poll(f, ms)
			}
		}},
		{"eventfd EMFILE", unix.EMFILE, func(k *sys.Calls, real sys.Calls, n int) {
			k.Eventfd = func(uint, int) (int, error) { return -1, unix.EMFILE }
		}},
		{"recv EINTR", nil, recvFault(unix.EINTR)},
		{"recv EAGAIN", nil, recvFault(unix.EAGAIN)},
		{"recv ECONNRESET", unix.ECONNRESET, recvFault(unix.ECONNRESET)},
		{"recv short", nil, func(k *sys.Calls, real sys.Calls, n int) {
			k.Recvfrom = func(fd int, p []byte, flags int, from *sys.Addr) (int, int, error) {
				return real.Recvfrom(fd, p[:1], flags, from)
			}
		}},
		{"send EINTR", nil, sendFault(unix.EINTR)},
		{"send EAGAIN", nil, sendFault(unix.EAGAIN)},
		{"send EPIPE", unix.EPIPE, sendFault(unix.EPIPE)},
		{"send short", nil, func(k *sys.Calls, real sys.Calls, n int) {
			k.Sendto = func(fd int, p []byte, flags int, to *sys.Addr) (int, error) { return real.Sendto(fd, p[:1], flags, to) }
		}},
	} {
		for n := 1; n <= 3; n++ {
			fd, proxy := proxyPair(t)
			go func() {
				b := make([]byte, 64)
				io.ReadFull(proxy, b[:3])
				proxy.Write([]byte(goodSOCKS5[:2]))
				io.ReadFull(proxy, b[:11])
				proxy.Write([]byte(goodSOCKS5[2:] + "early"))
			}()
			before := descriptors(t)
			k := *sys.Linux()
			real := k
			c.set(&k, real, n)
			_, err := socks5Proxy().Layer(name("host", 80))(within(t), &k, fd)
			if after := descriptors(t); after != before {
				t.Errorf("%s %d: %d descriptors before, %d after", c.name, n, before, after)
			}
			switch {
			case c.err == nil && err != nil, !errors.Is(err, c.err):
				t.Errorf("%s %d: %v, want %v", c.name, n, err, c.err)
			case c.err == nil:
				if err := unix.SetNonblock(fd, false); err != nil {
					t.Fatal(err)
				}
				if got := rest(t, fd); got != "early" {
					t.Errorf("%s %d: %q is left", c.name, n, got)
				}
			}
		}
	}
}

func recvFault(err error) func(k *sys.Calls, real sys.Calls, n int) {
	return func(k *sys.Calls, real sys.Calls, n int) {
		i := 0
		k.Recvfrom = func(fd int, p []byte, flags int, from *sys.Addr) (int, int, error) {
			if i++; i == n || err == unix.ECONNRESET {
				return -1, 0, err
			}
			return real.Recvfrom(fd, p, flags, from)
		}
	}
}

func sendFault(err error) func(k *sys.Calls, real sys.Calls, n int) {
	return func(k *sys.Calls, real sys.Calls, n int) {
		i := 0
		k.Sendto = func(fd int, p []byte, flags int, to *sys.Addr) (int, error) {
			if i++; i == n || err == unix.EPIPE {
				return -1, err
			}
			return real.Sendto(fd, p, flags, to)
		}
	}
}

func descriptors(t *testing.T) int {
	t.Helper()
	d, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(d)
}
