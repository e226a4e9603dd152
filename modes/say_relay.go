package modes

import (
	"strconv"
	"time"

	"cat5/io/pump"
	"cat5/io/sock"
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// What relay says. The rules are those of say.go; each connection has its number.

func (c *relayConn) label() string { return "connection " + strconv.FormatInt(c.id, 10) }

// peerOf is the name of a peer that came in.
func peerOf(conn *sock.Conn) string {
	if name := conn.Peer.String(); name != "" {
		return name
	}
	return "a peer without a name"
}

func (t *talker) relayAccepted(c *relayConn) {
	t.say(1, c.label()+" from "+c.nameA)
	t.event("accept", num("conn", c.id), str("proto", c.a.Network), addr("local", c.a.Local), str("remote", c.nameA))
}

func (t *talker) relayResolved(c *relayConn, name string, all []sys.Addr) {
	if t.verbose < 2 && !t.json {
		return
	}
	list := ""
	for i, a := range all {
		if i > 0 {
			list += " "
		}
		list += a.String()
	}
	if name != list {
		t.say(2, c.label()+": resolved "+sys.SafeName(name)+" to "+list)
	}
	t.event("resolve", num("conn", c.id), str("name", name), str("addresses", list))
}

// relayTrace is told of the steps of connecting; nil where nobody would hear of them.
func (t *talker) relayTrace(c *relayConn, proto string, many bool) func(sock.Event) {
	if t.verbose == 0 && !t.json {
		return nil
	}
	return func(ev sock.Event) {
		switch ev.Kind {
		case sock.Try:
			t.say(2, c.label()+": trying "+sys.SafeName(ev.Name))
			t.event("try", num("conn", c.id), str("proto", proto), str("remote", ev.Name))
		case sock.Failed:
			if many { // of a single address the sentence that ends the connection says it
				t.say(1, c.label()+": "+ev.Err.Error())
			}
			t.event("connect_fail", num("conn", c.id), str("proto", proto), str("remote", ev.Name), str("errno", sys.Errno(ev.Err)), str("message", ev.Err.Error()))
		case sock.OptionSet:
			t.say(2, c.label()+": sockopt "+ev.Applied.String())
			t.event("sockopt", num("conn", c.id), str("set", ev.Applied.String()))
		}
	}
}

func (t *talker) relayConnected(c *relayConn, conn *sock.Conn, name string) {
	if t.verbose > 0 {
		t.say(1, c.label()+": connected to "+sys.SafeName(name)+from(conn.Local)+" in "+formatDuration(conn.Took))
	}
	t.event("connect", num("conn", c.id), str("proto", conn.Network), addr("local", conn.Local), str("remote", name),
		num("rtt_us", int64(conn.Took/time.Microsecond)))
}

func (t *talker) relayRetry(c *relayConn, err error, pause time.Duration) {
	t.say(1, c.label()+": "+err.Error()+"; trying again in "+formatDuration(pause))
}

// relayFailed tells of a connection that never stood. Of the only one the end of the run tells.
func (t *talker) relayFailed(c *relayConn, v *verdict, lost int64) {
	if c.r.sideA.listen && !c.r.ro.once {
		s := c.label()
		if c.nameA != "" {
			s += " from " + c.nameA
		}
		t.line(s + ": " + v.Error() + lostWords(lost))
	}
	t.event("close", num("conn", c.id), num("out", 0), num("in", 0), num("code", int64(v.code)), str("reason", v.Error()), num("lost", lost))
}

// relayLane tells what happens on a lane.
func (t *talker) relayLane(c *relayConn, ev pump.Event) {
	dir := "in"
	if c.pair != nil && ev.Lane == c.pair.Out {
		dir = "out"
	}
	id, l := num("conn", c.id), ev.Lane
	switch ev.Kind {
	case pump.Moves:
		if t.verbose > 1 {
			t.moving(l)
		}
	case pump.SrcEnded:
		if t.verbose > 1 {
			t.say(2, c.label()+": end of "+l.Src.Name+" after "+formatBytes(l.In))
		}
		t.event("eof", id, str("dir", dir), str("from", l.Src.Name), num("bytes", l.In))
	case pump.HalfClosed:
		if t.verbose > 1 {
			t.say(2, c.label()+": half-closed: no more to "+l.Dst.Name+" after "+formatBytes(l.Out))
		}
		t.event("half_close", id, str("dir", dir), num("bytes", l.Out))
	case pump.Broke:
		t.event("reset", id, str("dir", dir), str("errno", sys.Errno(ev.Err)))
	case pump.Refused:
		t.say(0, c.label()+": icmp: "+ev.Err.Error())
		t.event("icmp", id, str("errno", sys.Errno(ev.Err)))
	case pump.Truncated:
		t.say(0, c.label()+": datagram of "+strconv.Itoa(ev.N)+" bytes truncated")
		t.event("truncated", id, num("bytes", int64(ev.N)))
	case pump.Dropped:
		t.say(0, c.label()+": datagram of "+strconv.Itoa(ev.N)+" bytes lost: "+ev.Err.Error())
		t.event("dropped", id, num("bytes", int64(ev.N)), str("errno", sys.Errno(ev.Err)))
	}
}

// relayDropped tells of a datagram that had to be dropped; of the first of a session everybody hears.
func (t *talker) relayDropped(c *relayConn, n int, err error, to string, first bool) {
	if first || t.verbose > 1 {
		if to == "" {
			to = "B"
		}
		t.line(c.label() + " from " + c.nameA + ": datagram of " + plural(int64(n), "byte") + " to " + to + " dropped: " + err.Error())
	}
	t.event("dropped", num("conn", c.id), num("bytes", int64(n)), str("errno", sys.Errno(err)))
}

// relayTurnedAway tells of a datagram of somebody new, for whom there was no descriptor; of the first everybody hears.
func (t *talker) relayTurnedAway(u *relayUDP, n int) {
	if u.away == 1 || t.verbose > 1 {
		t.line("datagram of " + plural(int64(n), "byte") + " from " + u.from.String() + " dropped: no descriptor for a session of its own")
	}
	t.event("dropped", str("remote", u.from.String()), num("bytes", int64(n)), str("errno", sys.Errno(unix.EMFILE)))
}

// relayClosed is the account of a connection.
func (t *talker) relayClosed(c *relayConn, v *verdict) {
	if t.verbose == 0 && !t.json {
		return
	}
	toB, toA, lost := c.carried()
	took := c.r.k.Now() - c.began
	s := c.label() + " ended: " + formatBytes(toB) + " to " + c.nameB + ", " + formatBytes(toA) + " to " + c.nameA + " in " + formatDuration(took)
	if v.err != nil {
		s += ": " + v.Error()
	}
	t.say(1, s)
	t.event("close", num("conn", c.id), num("out", toB), num("in", toA), num("took_us", int64(took/time.Microsecond)),
		num("code", int64(v.code)), str("reason", v.Error()), num("lost", lost))
}

// stats is SIGUSR1's answer.
func (r *relay) stats() {
	in, out := r.in, r.out
	for _, c := range r.conns {
		toB, toA, _ := c.carried()
		in, out = in+toA, out+toB
	}
	open := int64(len(r.conns))
	r.t.line(plural(open, "connection") + " open, " + strconv.FormatInt(r.count-open, 10) + " ended: " + formatBytes(out) + " there, " + formatBytes(in) + " back")
	r.t.event("stats", num("conns", r.count), num("open", open), num("out", out), num("in", in))
}
