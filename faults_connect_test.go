package main

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

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
