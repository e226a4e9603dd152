package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A client's way through proxies, against proxies that do what a script says. Those that people run are in
// proxy_real_test.go; what each answer means is tested in io/wrap.

// fakeProxy answers each connection with the next of these answers, once it has heard as many bytes or, for HTTP, a whole
// head. What it heard comes out of asked.
type fakeProxy struct {
	at    string
	asked chan string
}

func newFakeProxy(t *testing.T, at string, answers ...string) *fakeProxy {
	t.Helper()
	ln, err := net.Listen("tcp", at)
	must(t, err)
	t.Cleanup(func() { ln.Close() })
	f := &fakeProxy{at: ln.Addr().String(), asked: make(chan string, len(answers))}
	go func() {
		for _, answer := range answers {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			f.serve(c, answer)
		}
		ln.Close() // nobody else is served
	}()
	return f
}

// serve is one conversation. A SOCKS4 request ends in a NUL and an HTTP head in an empty line.
func (f *fakeProxy) serve(c net.Conn, answer string) {
	defer c.Close()
	c.SetDeadline(time.Now().Add(hang))
	r := bufio.NewReader(c)
	var head strings.Builder
	for {
		b, err := r.ReadByte()
		if err != nil {
			return
		}
		head.WriteByte(b)
		if s := head.String(); strings.HasSuffix(s, "\r\n\r\n") || s[0] == 4 && len(s) > 8 && b == 0 {
			break
		}
	}
	f.asked <- head.String()
	fmt.Fprint(c, answer)
	c.(*net.TCPConn).CloseWrite()
	io.Copy(io.Discard, r)
}

// gets waits for a good end, and checks what came out.
func gets(t *testing.T, p *proc, want string) {
	t.Helper()
	if r := p.wait(); !r.status.Exited() || r.status.ExitStatus() != 0 || r.out != want {
		t.Errorf("%s, %q, want %q\nstderr: %s", describe(r.status), r.out, want, r.err)
	}
}

const passwordFile = "/proc/sys/kernel/ostype" // its one line is "Linux"

// TestProxyAsksForPassword: HTTP is told user and password when it asks, on a second connection; a second 407 is the end.
func TestProxyAsksForPassword(t *testing.T) {
	t.Parallel()
	ask := "HTTP/1.0 407 Who?\r\nProxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 9\r\n\r\n<html/>\r\n"
	f := newFakeProxy(t, "[::1]:0", ask, "HTTP/1.0 200 OK\r\n\r\nfrom the target")
	p := start(t, how{}, "tcp", "-v", "--proxy", "http1.0://alice@"+f.at, "--proxy-password", "file:"+passwordFile, "target.test", "443").feed("")
	gets(t, p, "from the target")
	if s := <-f.asked; strings.Contains(s, "Authorization") {
		t.Errorf("told unasked: %q", s)
	}
	if s := <-f.asked; s != "CONNECT target.test:443 HTTP/1.0\r\nProxy-Authorization: Basic YWxpY2U6TGludXg=\r\n\r\n" {
		t.Errorf("%q", s)
	}

	f = newFakeProxy(t, "127.0.0.1:0", ask, ask)
	p = start(t, how{}, "tcp", "--proxy", "http://alice@"+f.at, "--proxy-password", "file:"+passwordFile, "target.test", "443")
	p.ends(7, "proxy http "+f.at+": connect target.test:443: HTTP/1.0 407 Who? (user or password refused)")

	f = newFakeProxy(t, "127.0.0.1:0", strings.Replace(ask, "Basic realm", "Digest realm", 1))
	p = start(t, how{}, "tcp", "--proxy", "http://alice@"+f.at, "--proxy-password", "file:"+passwordFile, "target.test", "443")
	p.ends(7, "proxy http "+f.at+": connect target.test:443: HTTP/1.0 407 Who? (it wants Digest; we have Basic)")
}

// TestProxyNextAddress: a name that has to be resolved here may have several addresses, and SOCKS4 is asked for one after
// the other.
func TestProxyNextAddress(t *testing.T) {
	t.Parallel()
	if !inside(t) {
		return
	}
	replaceFile(t, "/etc/hosts", "127.0.0.2 many.test\n127.0.0.3 many.test\n::1 many.test\n")
	f := newFakeProxy(t, "127.0.0.1:0", "\x00\x5b\x00\x00\x00\x00\x00\x00", "\x00\x5a\x00\x00\x00\x00\x00\x00hello")
	p := start(t, how{}, "tcp", "-v", "--proxy", "socks4://"+f.at, "many.test", "80").feed("")
	gets(t, p, "hello")
	one, two := <-f.asked, <-f.asked
	if one+two != "\x04\x01\x00P\x7f\x00\x00\x02\x00"+"\x04\x01\x00P\x7f\x00\x00\x03\x00" && one+two != "\x04\x01\x00P\x7f\x00\x00\x03\x00"+"\x04\x01\x00P\x7f\x00\x00\x02\x00" {
		t.Errorf("asked %q, then %q", one, two)
	}
	f = newFakeProxy(t, "127.0.0.1:0", "\x00\x5b", "\x00\x5c")
	start(t, how{}, "tcp", "--proxy", "socks4://"+f.at, "many.test", "80").
		ends(7, "proxy socks4 "+f.at+": connect 127.0.0...")
	// The proxy's own addresses are raced, both families.
	f = newFakeProxy(t, "[::1]:0", "HTTP/1.1 200 OK\r\n\r\nhello")
	_, port, _ := net.SplitHostPort(f.at)
	gets(t, start(t, how{}, "tcp", "--proxy", "http://many.test:"+port, "target.test", "80").feed(""), "hello")
}

// TestProxyTime: the time to connect is for the whole conversation; a proxy that says nothing, or a byte now and then,
// does not stretch it, and a signal ends it.
func TestProxyTime(t *testing.T) {
	t.Parallel()
	for _, flags := range [][]string{{"-w", "0.1"}, {"--connect-timeout", "0.1"}} {
		ln := tcpListener(t)
		p := start(t, how{}, append([]string{"tcp", "--proxy", "socks5://" + ln.Addr().String(), "target.test", "80"}, flags...)...)
		p.ends(28, "proxy socks5 "+ln.Addr().String()+": connect target.test:80: timed out")
	}
	ln := tcpListener(t)
	start(t, how{}, "tcp", "--deadline", "0.1", "--proxy", "http://"+ln.Addr().String(), "target.test", "80").
		ends(28, "the deadline of the whole run has passed")

	ln = tcpListener(t)
	p := start(t, how{}, "tcp", "-w", "0.3", "--proxy", "http://"+ln.Addr().String(), "target.test", "80")
	c := accept(t, ln)
	go func() {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for i := 0; ; i++ {
			b := "HTTP/1.1 200 OK\r\nX: "
			if i < len(b) {
				b = b[i : i+1]
			} else {
				b = "x"
			}
			if _, err := c.Write([]byte(b)); err != nil {
				return
			}
			<-tick.C
		}
	}()
	p.ends(28, "proxy http "+ln.Addr().String()+": connect target.test:80: timed out")

	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		ln := tcpListener(t)
		p := start(t, how{}, "tcp", "--json", "--proxy", "socks5://"+ln.Addr().String(), "target.test", "80")
		c := accept(t, ln)
		receive(t, c, 3)
		p.signal(sig)
		p.dies(sig)
	}
}

// TestProxyRetry: --retry is for the whole way.
func TestProxyRetry(t *testing.T) {
	t.Parallel()
	f := newFakeProxy(t, "127.0.0.1:0", "HTTP/1.1 503 Later\r\n\r\n", "", "HTTP/1.1 200 OK\r\n\r\nhello")
	p := start(t, how{}, "tcp", "-v", "--retry", "2", "--proxy", "http://"+f.at, "target.test", "80").feed("")
	p.line("HTTP/1.1 503 Later; trying again in 100 ms")
	p.line("closed the connection before its answer was complete; trying again in 200 ms")
	gets(t, p, "hello")
}

// TestProxyPorts: of several ports, one that the proxy cannot reach is not the last; a proxy that does not want us is.
func TestProxyPorts(t *testing.T) {
	t.Parallel()
	f := newFakeProxy(t, "127.0.0.1:0", "HTTP/1.1 502 No\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n")
	p := start(t, how{}, "tcp", "-v", "-z", "--proxy", "http://"+f.at, "target.test", "80-81")
	p.line("connect target.test:80: HTTP/1.1 502 No")
	p.line("connected to target.test:81 ")
	gets(t, p, "")
	f = newFakeProxy(t, "127.0.0.1:0", "HTTP/1.1 407 Who\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n")
	start(t, how{}, "tcp", "-z", "--proxy", "http://"+f.at, "target.test", "80-81").
		ends(7, "proxy http "+f.at+": connect target.test:80: HTTP/1.1 407 Who (no user and password were given)")
}
