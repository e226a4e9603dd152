package main

import (
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// These tests give keepalive real hosts: ours, a router and the peer, each in a network namespace of its own, joined by
// virtual cables. Short times keep each below five seconds; they run beside each other.

// host is a network namespace.
type host struct {
	t    *testing.T
	ns   int    // a descriptor that refers to it
	path string // the same for ip(8)
}

func newHost(t *testing.T) *host {
	t.Helper()
	h := &host{t: t}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	home := ownNet(t)
	defer unix.Close(home)
	must(t, unix.Unshare(unix.CLONE_NEWNET))
	h.ns = ownNet(t)
	loopbackUp(t)
	must(t, unix.Setns(home, unix.CLONE_NEWNET))
	h.path = "/proc/" + itoa(os.Getpid()) + "/fd/" + itoa(h.ns)
	t.Cleanup(func() { unix.Close(h.ns) })
	return h
}

func ownNet(t *testing.T) int {
	t.Helper()
	fd, err := unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	must(t, err)
	return fd
}

// on calls f on this host: sockets that it makes and programs that it starts are there.
func (h *host) on(f func()) {
	h.t.Helper()
	runtime.LockOSThread()
	home := ownNet(h.t)
	must(h.t, unix.Setns(h.ns, unix.CLONE_NEWNET))
	defer func() {
		if unix.Setns(home, unix.CLONE_NEWNET) == nil {
			runtime.UnlockOSThread() // else the thread ends with its goroutine
		}
		unix.Close(home)
	}()
	f()
}

// ip runs commands of ip(8), separated by semicolons.
func (h *host) ip(commands string) {
	h.t.Helper()
	h.on(func() {
		cmd := exec.Command("ip", "-batch", "-")
		cmd.Stdin = strings.NewReader(strings.ReplaceAll(commands, ";", "\n") + "\n")
		if out, err := cmd.CombinedOutput(); err != nil {
			h.t.Fatalf("ip %s: %v\n%s", commands, err, out)
		}
	})
}

func (h *host) nft(rules string) {
	h.t.Helper()
	h.on(func() { tool(h.t, "nft", rules) })
}

// network is us, a router, and the peer behind it.
type network struct{ us, router, peer *host }

const (
	netUs   = "10.0.1.1"
	netPeer = "10.0.2.1"
)

// newNetwork makes three hosts, or ends the test where that cannot be.
func newNetwork(t *testing.T) *network {
	t.Helper()
	for _, need := range []string{"ip", "nft"} {
		if _, err := exec.LookPath(need); err != nil {
			notTried(t, t.Name()+": "+need+" is not installed")
			t.SkipNow()
		}
	}
	if os.Geteuid() != 0 {
		notTried(t, t.Name()+": network namespaces need root")
		t.SkipNow()
	}
	n := &network{us: newHost(t), router: newHost(t)}
	n.router.on(func() { must(t, os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0)) })
	n.router.ip("link add us type veth peer name eth0 netns " + n.us.path + "; addr add 10.0.1.254/24 dev us; link set us up")
	n.us.ip("addr add " + netUs + "/24 dev eth0; link set eth0 up; route add default via 10.0.1.254")
	n.plugPeer(t)
	return n
}

// plugPeer connects a host that was just started.
func (n *network) plugPeer(t *testing.T) {
	t.Helper()
	n.peer = newHost(t)
	n.router.ip("link add peer type veth peer name eth0 netns " + n.peer.path + "; addr add 10.0.2.254/24 dev peer; link set peer up")
	n.peer.ip("addr add " + netPeer + "/24 dev eth0; link set eth0 up; route add default via 10.0.2.254")
}

// reboot takes the peer away and puts a new host with the same address in its place, which has never heard of us.
func (n *network) reboot(t *testing.T) {
	n.router.ip("link del peer")
	n.plugPeer(t)
}

// silence makes the peer's host drop all that comes.
func (n *network) silence() {
	n.peer.nft("table ip t { chain in { type filter hook input priority 0; policy drop; }; }")
}

// unreachable makes the router say so of the peer.
func (n *network) unreachable() { n.router.ip("route add unreachable " + netPeer + "/32") }

// listen is a program on the peer that accepts connections; echo says whether it sends back what comes.
func (n *network) listen(t *testing.T, echo bool) (addr string, accepted chan net.Conn) {
	t.Helper()
	var ln net.Listener
	n.peer.on(func() {
		var err error
		ln, err = net.Listen("tcp4", netPeer+":7")
		must(t, err)
	})
	t.Cleanup(func() { ln.Close() })
	accepted = make(chan net.Conn, 1)
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			accepted <- c
			if echo {
				go func() {
					for b := make([]byte, 1<<16); ; {
						m, err := c.Read(b)
						if err != nil {
							return
						}
						c.Write(b[:m])
					}
				}()
			}
		}
	}()
	t.Cleanup(func() {
		select {
		case c := <-accepted:
			c.Close()
		default:
		}
	})
	return ln.Addr().String(), accepted
}

// keepDoc is the document of keepalive --json.
type keepDoc struct {
	Computed int `json:"computed_ms"`
	UserMS   int `json:"user_timeout_ms"`
	Idle     int `json:"idle_s"`
	Intvl    int `json:"intvl_s"`
	Cnt      int
	Events   []struct {
		Event string
		MS    int
		N     int `json:"unanswered"`
		Sent  int `json:"sent_ms"`
	}
	Verdict, Errno, Reason, Means string
	Code, Beats, Missed           int
	Silent                        int `json:"silent_ms"`
	Answered, Unanswered          int
	ICMP                          int `json:"icmp_ignored"`
	BeatsAnswered                 int `json:"beats_answered"`
}

// keep starts keepalive on our host.
func (n *network) keep(t *testing.T, args ...string) (p *proc) {
	t.Helper()
	n.us.on(func() { p = start(t, how{}, append([]string{"keepalive", "--json"}, args...)...) })
	return p
}

// verdict waits for the end and reads the document.
func (p *proc) verdict(code int) (doc keepDoc) {
	p.t.Helper()
	text := p.out.end(p.t)
	<-p.ended
	if err := json.Unmarshal(text, &doc); err != nil {
		p.t.Fatalf("%v in %s\nstderr: %q", err, text, p.err.now())
	}
	if got := p.cmd.ProcessState.ExitCode(); got != code || doc.Code != code {
		p.t.Errorf("exit %d, and %d in the document; want %d: %s", got, doc.Code, code, text)
	}
	return doc
}

func (d *keepDoc) is(t *testing.T, verdict, errno string) {
	t.Helper()
	if d.Verdict != verdict || d.Errno != errno {
		t.Errorf("verdict %q (%s), want %q (%s): %+v", d.Verdict, d.Errno, verdict, errno, d)
	}
}

// inTime holds the measured time from the peer's last sign of life to the verdict against the computed one: it is never
// less than least, in ms, as the kernel's timers are never early (but that it counts in whole ticks, of up to 10 ms).
func (d *keepDoc) inTime(t *testing.T, what string, least int) {
	t.Helper()
	t.Logf("%s: last sign of life to verdict %d ms, computed %d ms (%+.1f %%)", what, d.Silent, d.Computed, 100*float64(d.Silent-d.Computed)/float64(d.Computed))
	if d.Silent < least-10 || d.Silent > d.Computed+int(hang/time.Millisecond) {
		t.Errorf("%s: %d ms, computed %d ms", what, d.Silent, d.Computed)
	}
}

var quickly = []string{"--idle=1", "--intvl=1", "--cnt=2", netPeer, "7"}
