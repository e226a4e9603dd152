package main

import (
	"strings"
	"testing"
)

// TestProbeNetwork: what a network does to connections is named for what it is, each address by itself; and the path's
// MTU is the cable's.
func TestProbeNetwork(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	n.listen(t, true)
	n.us.ip("link set eth0 mtu 1300")
	n.router.ip("route add unreachable 10.0.9.1; route add prohibit 10.0.9.2; route add blackhole 10.0.9.3")
	var p *proc
	n.us.on(func() {
		p = start(t, how{}, "probe", "-w0.3", "--send=x", netPeer+":7", netPeer+":9", "10.0.9.1:1", "10.0.9.2:1", "10.0.9.3:1")
	})
	text := string(p.out.end(t))
	<-p.ended
	if p.cmd.ProcessState.ExitCode() != 1 {
		t.Errorf("%v", p.cmd.ProcessState)
	}
	for _, want := range []string{" 1248 ", " 1300 ", "ok " + netPeer + ":7\n", "connect " + netPeer + ":9: connection refused\n",
		"connect 10.0.9.1:1: no route to host\n", "connect 10.0.9.2:1: no route to host\n", "connect 10.0.9.3:1: timed out\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}
