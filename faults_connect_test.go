package main

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Row 27: a name that does not resolve is exit 6, and the sentence says whether there is no such name, the server
// failed, or nothing came in time.
func TestFault27_resolving(t *testing.T) {
	row(t)
	if !inside(t) {
		start(t, how{}, "tcp", "-n", "localhost", "80").ends(6, "resolve localhost: not an address, and names are not looked up (-n)")
		start(t, how{}, "tcp", "127.0.0.1", "no-such-service").ends(6, "resolve no-such-service: no such tcp service")
		start(t, how{}, "tcp", "\x1b[31mred", "80").ends(2, `host "\x1b[31mred" is not a name or an address`)
		return
	}
	replaceFile(t, "/etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
	replaceFile(t, "/etc/hosts", "127.0.0.1 localhost\n")
	stop := nameServer(t)
	for _, c := range []struct{ name, why string }{
		{"nosuch.test", "no such host"},
		{"fails.test", "the name server failed: server misbehaving"},
		{"silent.test", "timed out"},
	} {
		start(t, how{}, "tcp", c.name, "80").ends(6, "resolve "+c.name+": "+c.why)
		start(t, how{}, "tcp", "--json", c.name, "80").accountsLike(6, func(a account) bool { return a.In+a.Out+a.Lost == 0 })
	}
	start(t, how{}, "tcp", "-w", "0.2", "silent.test", "80").ends(6, "resolve silent.test: timed out")
	stop()
	start(t, how{}, "tcp", "any.test", "80").ends(6, "resolve any.test: the name server failed: ...")
}

// nameServer answers on port 53 of this network namespace, as the name asked for says.
func nameServer(t *testing.T) (stop func()) {
	t.Helper()
	c, err := net.ListenPacket("udp4", "127.0.0.1:53")
	must(t, err)
	go func() {
		b := make([]byte, 1500)
		for {
			n, from, err := c.ReadFrom(b)
			if err != nil {
				return
			}
			q := b[:n]
			q[2] |= 0x80 // a response (RFC 1035, section 4.1.1), with the question and nothing else
			q[7], q[9], q[11] = 0, 0, 0
			end := 12
			for end < n && q[end] != 0 {
				end += int(q[end]) + 1
			}
			q = q[:min(end+5, n)]
			switch {
			case strings.Contains(string(q), "silent"):
				continue
			case strings.Contains(string(q), "fails"):
				q[3] = 0x80 | 2 // SERVFAIL
			default:
				q[3] = 0x80 | 3 // NXDOMAIN
			}
			c.WriteTo(q, from)
		}
	}()
	t.Cleanup(func() { c.Close() })
	return func() { c.Close() }
}

// Row 28: of many addresses the families take turns; a refusal starts the next attempt at once, silence after 250 ms;
// the first that answers wins, the others are closed, and -v tells each failure.
func TestFault28_manyAddresses(t *testing.T) {
	row(t)
	if !inside(t) {
		return
	}
	replaceFile(t, "/etc/hosts", "127.0.0.2 many.test\n127.0.0.3 many.test\n"+
		"::1 turns.test\nfd00::1 turns.test\n127.0.0.2 turns.test\n127.0.0.3 turns.test\n")
	works, port := listenOn(t, "127.0.0.3:0")
	t.Run("refused", func(t *testing.T) {
		p := start(t, how{}, "tcp", "-v", "many.test", port).feed("hello")
		c := accept(t, works)
		if got := rest(t, c); string(got) != "hello" {
			t.Errorf("the peer got %q", got)
		}
		c.Close()
		if r := p.wait(); r.status.ExitStatus() != 0 || !strings.Contains(r.err, "cat5: connect 127.0.0.2:"+port+": connection refused\n") ||
			!strings.Contains(r.err, "cat5: connected to 127.0.0.3:"+port) {
			t.Errorf("%s: %s", describe(r.status), r.err)
		}
	})
	t.Run("silent", func(t *testing.T) {
		silent, _ := listenOn(t, "127.0.0.2:"+port)
		dropAll(t, silent)
		p := start(t, how{}, "tcp", "--json", "many.test", port)
		c := accept(t, works)
		p.event("connect")
		if n := p.sockets(); n != 1 {
			t.Errorf("%d sockets are open: the loser has to be closed", n)
		}
		c.Close()
		p.in.Close()
		r := p.accounts(0, 0, 0, 0)
		tries := r.events(t, "try")
		if len(tries) != 2 || tries[1]["us"].(float64)-tries[0]["us"].(float64) < 250_000 {
			t.Error(r.err)
		}
	})
	t.Run("turns", func(t *testing.T) {
		r := start(t, how{}, "tcp", "--json", "turns.test", "9").accountsLike(7, func(a account) bool {
			return strings.Count(a.Reason, "; ") == 3 && strings.Count(a.Reason, ": connection refused")+strings.Count(a.Reason, " unreachable") == 4
		})
		last := ""
		for _, ev := range r.events(t, "try") {
			family := "4"
			if strings.HasPrefix(ev["remote"].(string), "[") {
				family = "6"
			}
			if family == last {
				t.Errorf("the families do not take turns: %s", r.err)
			}
			last = family
		}
	})
}

// listenOn is tcpListener with an address.
func listenOn(t *testing.T, addr string) (ln *net.TCPListener, port string) {
	t.Helper()
	ln = tcpListenerAt(t, addr)
	return ln, strconv.Itoa(ln.Addr().(*net.TCPAddr).Port)
}

// Row 34: a unix listener with a full backlog says EAGAIN: we try again until there is room, or until the time-out.
func TestFault34_unixBacklogFull(t *testing.T) {
	row(t)
	path := shortDir(t) + "/s"
	fd := fullBacklog(t, path)
	start(t, how{}, "unix", "-w", "0.2", path).ends(28, "connect "+path+": timed out")
	p := start(t, how{}, "unix", "--json", path).feed("through")
	p.event("try")
	for b := make([]byte, 100); ; {
		c, _, err := unix.Accept(fd)
		must(t, err)
		if n, _, err := unix.Recvfrom(c, b, unix.MSG_DONTWAIT); err == unix.EAGAIN {
			// One of those that fill the backlog: they are silent. Ours may be not yet.
			unix.SetsockoptTimeval(c, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Usec: 100_000})
			if n, err = unix.Read(c, b); err == nil && string(b[:n]) == "through" {
				unix.Close(c)
				break
			}
		} else if err == nil && string(b[:n]) == "through" {
			unix.Close(c)
			break
		}
		defer unix.Close(c)
	}
	p.accounts(0, 0, 7, 0)
}

// Row 39: when nobody answers at all, a time-out ends it: -w for the connect (28), TCP_USER_TIMEOUT for what an
// established connection does not acknowledge (55, all of it counted as lost).
func TestFault39_blackHole(t *testing.T) {
	row(t)
	t.Run("connect", func(t *testing.T) {
		ln := tcpListener(t)
		dropAll(t, ln)
		start(t, how{}, "tcp", "-w", "0.2", ln.Addr().String()).ends(28, "connect "+ln.Addr().String()+": timed out")
	})
	t.Run("established", func(t *testing.T) {
		ln := tcpListener(t)
		p := start(t, how{}, "tcp", "--json", "--user-timeout=0.5", ln.Addr().String())
		c := accept(t, ln)
		p.write("heard")
		receive(t, c, 5)
		delivered(t, c)
		dropAll(t, c)
		p.feed("not heard any more")
		r := p.accounts(55, 0, 23, 18)
		if a := r.account(t); a.Reason != "send "+ln.Addr().String()+": connection timed out (18 bytes not delivered)" {
			t.Errorf("%q", a.Reason)
		}
	})
}

// A server of datagrams has one socket for all of its peers: when the time is up there is no next one to wait for.
func TestFault39_datagramServerTimesOut(t *testing.T) {
	row(t)
	for _, args := range [][]string{{"udp", "127.0.0.1", "0"}, {"unix", "--type=dgram", shortDir(t) + "/s"}} {
		start(t, how{}, append(args, "-lk", "--idle-timeout=0.2")...).ends(28, "timed out: nothing moved for 200 ms")
	}
}

// Row 40: an address that cannot be reached, or not from here: the next one is tried; in the end it is exit 7 with each
// reason named, and 45 where it is our own address that is not ours.
func TestFault40_unreachable(t *testing.T) {
	row(t)
	if !inside(t) {
		start(t, how{}, "tcp", "-s", "192.0.2.1", "127.0.0.1", "9").ends(45, "bind 192.0.2.1:0: cannot assign requested address")
		start(t, how{}, "udp", "127.255.255.255", "9").ends(7, "connect 127.255.255.255:9: permission denied")
		return
	}
	start(t, how{}, "tcp", "198.51.100.1", "9").ends(7, "connect 198.51.100.1:9: network is unreachable")
	tool(t, "ip", "route", "add", "unreachable", "192.0.2.1")
	tool(t, "ip", "route", "add", "prohibit", "192.0.2.2")
	replaceFile(t, "/etc/hosts", "192.0.2.1 far.test works.test\n192.0.2.2 far.test works.test\n127.0.0.1 works.test\n")
	ln, port := listenOn(t, "127.0.0.1:0")
	r := start(t, how{}, "tcp", "far.test", port).wait()
	for _, why := range []string{"connect 192.0.2.1:" + port + ": no route to host", "connect 192.0.2.2:" + port + ": permission denied"} {
		if r.status.ExitStatus() != 7 || !strings.Contains(r.err, why) || len(r.lines) != 1 {
			t.Errorf("%s, stderr is %q, want %q in it", describe(r.status), r.err, why)
		}
	}
	p := start(t, how{}, "tcp", "--json", "works.test", port).feed("")
	accept(t, ln).Close()
	p.accounts(0, 0, 0, 0)
}

// Row 41: a socket whose own port happens to be the one it connects to is connected to itself, and would hear its own
// words for ever: it is refused, as what it is, nobody listens.
func TestFault41_connectedToItself(t *testing.T) {
	row(t)
	const sentence = "connect 127.0.0.1:%s: nobody listens there (the socket connected to itself)"
	if !inside(t) {
		free, port := listenOn(t, "127.0.0.1:0")
		free.Close()
		start(t, how{}, "tcp", "-s", "127.0.0.1", "-p", port, "127.0.0.1", port).ends(7, fmt.Sprintf(sentence, port))
		return
	}
	// There is one port to choose from.
	must(t, os.WriteFile("/proc/sys/net/ipv4/ip_local_port_range", []byte("40000 40000"), 0))
	start(t, how{}, "tcp", "127.0.0.1", "40000").ends(7, fmt.Sprintf(sentence, "40000"))
}

// Row 38: only time that cannot jump is used, and a machine that has been up for longer than 49.7 days, where 32 bits of
// milliseconds wrap, is like any other. A time namespace has such a clock.
func TestFault38_longUptime(t *testing.T) {
	row(t)
	ln := tcpListener(t)
	began := time.Now()
	p := start(t, how{sh: `exec unshare -T --monotonic=8640000 -f -- "$0" "$@"`}, "tcp", "--json", "--idle-timeout=0.3", "--stats=0.1", ln.Addr().String())
	select {
	case <-p.ended: // before it connected
		if r := p.wait(); strings.Contains(r.err, "unshare") {
			noSuchFault(t, "no time namespaces here: "+r.err)
		}
	default:
	}
	c, err := ln.AcceptTCP()
	if err != nil {
		t.Fatal(err, p.err.now())
	}
	defer c.Close()
	r := p.accounts(28, 0, 0, 0)
	most := float64(time.Since(began) / time.Microsecond)
	for _, l := range r.lines {
		if us := parseEvent(t, l)["us"].(float64); us < 0 || us > most {
			t.Errorf("the time is %.0f us of %.0f: %s", us, most, l)
		}
	}
	if us := r.events(t, "exit")[0]["us"].(float64); us < 300_000 || len(r.events(t, "stats")) < 2 {
		t.Errorf("it ended after %.0f us:\n%s", us, r.err)
	}
}
