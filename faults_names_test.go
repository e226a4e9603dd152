package main

import (
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
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
	if _, err := os.Stat("/etc/nsswitch.conf"); err == nil {
		replaceFile(t, "/etc/nsswitch.conf", "hosts: files dns\nservices: files\n")
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
