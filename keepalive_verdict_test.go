package main

import (
	"strings"
	"testing"
)

// A peer that falls silent: the count decides.
func TestKeepaliveSilent(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	_, accepted := n.listen(t, false)
	p := n.keep(t, quickly...)
	defer (<-accepted).Close()
	n.silence()
	d := p.verdict(28)
	d.is(t, "no answer", "ETIMEDOUT")
	d.inTime(t, "silent peer", 3000)
	n2 := len(d.Events)
	if n2 < 2 || d.Events[n2-2].N != 1 || d.Events[n2-1].N != 2 || d.Unanswered != 2 || d.ICMP != 0 || d.Computed != 3000 {
		t.Errorf("%+v", d)
	}
	for _, e := range d.Events[n2-2:] { // told when an answer could have come; when it was sent stands beside
		if e.Sent < 1000-10 || e.MS-e.Sent < 250-1 {
			t.Errorf("probe %d: sent after %d ms, told after %d ms", e.N, e.Sent, e.MS)
		}
	}
}

// TCP_USER_TIMEOUT decides in place of the count, when a probe is due.
func TestKeepaliveUserTimeout(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		user     string
		computed int
		least    int // a timer that is late may find that the user time-out is over
	}{{"0.5", 2000, 2000}, {"2.5", 3000, 2500}} {
		t.Run(tt.user, func(t *testing.T) {
			t.Parallel()
			n := newNetwork(t)
			_, accepted := n.listen(t, false)
			p := n.keep(t, append([]string{"--user-timeout=" + tt.user}, quickly...)...)
			defer (<-accepted).Close()
			n.silence()
			d := p.verdict(28)
			d.is(t, "no answer", "ETIMEDOUT")
			d.inTime(t, "user time-out "+tt.user, tt.least)
			if d.Computed != tt.computed {
				t.Errorf("computed %d ms", d.Computed)
			}
		})
	}
}

// A peer that was restarted: the answer to the first probe is a reset.
func TestKeepaliveRebooted(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	_, accepted := n.listen(t, false)
	p := n.keep(t, "--idle=1", "--intvl=1", "--cnt=20", netPeer, "7")
	defer (<-accepted).Close()
	n.reboot(t)
	d := p.verdict(56)
	d.is(t, "it was restarted", "ECONNRESET")
	t.Logf("restarted peer: last sign of life to verdict %d ms, the first probe at %d ms", d.Silent, d.Idle*1000)
	if d.Silent < 990 || !strings.Contains(d.Reason, "the answer to a probe was a reset") {
		t.Errorf("%+v", d)
	}
}

// A router that says unreachable. Of a probe Linux does not listen to it (the sequence number is not in the window): the
// verdict is the count's, and that ICMP came is told. With data on its way it is EHOSTUNREACH.
func TestKeepaliveUnreachable(t *testing.T) {
	t.Parallel()
	t.Run("probe", func(t *testing.T) {
		t.Parallel()
		n := newNetwork(t)
		_, accepted := n.listen(t, false)
		p := n.keep(t, quickly...)
		defer (<-accepted).Close()
		n.unreachable()
		d := p.verdict(28)
		d.is(t, "no answer", "ETIMEDOUT")
		d.inTime(t, "unreachable peer, probes", 3000)
		if d.ICMP < 1 {
			t.Errorf("no ICMP was seen: %+v", d)
		}
	})
	t.Run("data", func(t *testing.T) {
		t.Parallel()
		n := newNetwork(t)
		_, accepted := n.listen(t, true)
		p := n.keep(t, "--heartbeat", "--interval=0.2", "--user-timeout=1.5", "--cnt=9", netPeer, "7")
		defer (<-accepted).Close()
		p.out.has(t, `"event":"beat"`)
		n.unreachable()
		d := p.verdict(28)
		d.is(t, "no answer", "EHOSTUNREACH")
		t.Logf("unreachable peer, data: last sign of life to verdict %d ms, TCP_USER_TIMEOUT %d ms after the first unacknowledged byte", d.Silent, d.UserMS)
		if d.Silent < d.UserMS-10 || d.BeatsAnswered < 1 {
			t.Errorf("%+v", d)
		}
	})
}

// A peer that comes back is alive: probes that were lost are forgotten.
func TestKeepaliveComesBack(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	_, accepted := n.listen(t, false)
	p := n.keep(t, "--idle=1", "--intvl=1", "--cnt=9", netPeer, "7")
	c := <-accepted
	p.out.has(t, `"event":"answered"`)
	n.silence()
	p.out.has(t, `"event":"probe"`)
	n.peer.nft("flush ruleset")
	p.out.has(t, `"answered":2`)
	c.Close()
	d := p.verdict(0)
	d.is(t, "the peer answers", "")
	if d.Unanswered != 0 || !strings.Contains(d.Reason, "FIN") {
		t.Errorf("%+v", d)
	}
}

// A program that hangs: its kernel acknowledges, so only the beats notice.
func TestKeepaliveProgramHangs(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	_, accepted := n.listen(t, false)
	p := n.keep(t, "--heartbeat", "--cnt=2", netPeer, "7")
	defer (<-accepted).Close()
	d := p.verdict(28)
	d.is(t, "no answer", "")
	if d.Missed != 2 || !strings.Contains(d.Means, "the program hangs") {
		t.Errorf("%+v", d)
	}
}
