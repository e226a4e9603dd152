package modes

// Every word that cat5 speaks while it works is in this file (help pages are in help.go).
//
// The rules: stdout belongs to the peer's bytes; all talk goes to stderr. "cat5: " and one sentence in lower case,
// without a full stop, naming the call and the object. What a peer sent or is called is escaped before it is shown.
// With --json each event is one line of JSON of at most 4096 bytes, written in one go, so that lines of several
// processes on one pipe never mix (PIPE_BUF, pipe(7)); the payload is never in it.

import (
	"strconv"
	"time"

	"cat5/io/pump"
	"cat5/io/sock"
	"cat5/io/sys"
	"cat5/sockopt"

	"golang.org/x/sys/unix"
)

// fail tells the error that ends the run; hint is one line that can be typed, shown to a person only.
func (t *talker) fail(err error, hint string) {
	if err == nil || err.Error() == "" {
		return
	}
	t.paintedLine("31", err.Error())
	if hint != "" && t.tty && !t.json && !t.quiet {
		t.paintedLine("2", "hint: "+hint)
	}
}

// warn tells of something that did not end the run, but that nobody should miss.
func (t *talker) warn(s string) {
	if t.voice != nil {
		t.voice.warned(s)
	}
	t.line(s)
	t.event("warn", str("message", s))
}

// discarded tells of a stdout that is /dev/null, or was closed: nobody can know which (see stdoutClosed).
func (t *talker) discarded() {
	if !t.quiet {
		t.warn("write stdout: what was written there went nowhere: it is /dev/null, or was closed")
	}
}

// notWritten tells, when it happens, that a file beside the conversation could not be written: the run goes on, perhaps for
// days, and may end with a verdict of its own.
func (t *talker) notWritten(name string, err error) {
	t.warn(sys.Wrap("write", name, err).Error() + "; what follows is not in it")
}

// The events, in the order in which they come.

func (t *talker) resolved(name string, all []sys.Addr) {
	list := ""
	for i, a := range all {
		if i > 0 {
			list += " "
		}
		list += a.String()
	}
	if name != list {
		t.say(1, "resolved "+sys.SafeName(name)+" to "+list)
	}
	t.event("resolve", str("name", name), str("addresses", list))
}

func (t *talker) sock(proto string, many func() bool) func(sock.Event) {
	return func(ev sock.Event) {
		switch ev.Kind {
		case sock.Try:
			t.say(2, "trying "+sys.SafeName(ev.Name))
			t.event("try", str("proto", proto), str("remote", ev.Name))
		case sock.Failed:
			if t.voice != nil {
				t.voice.tried(ev)
			}
			if many() { // of a single address the sentence that ends the run says it
				t.say(1, ev.Err.Error())
			}
			t.event("connect_fail", str("proto", proto), str("remote", ev.Name), str("errno", sys.Errno(ev.Err)), str("message", ev.Err.Error()))
		case sock.OptionSet:
			t.option(ev.Applied)
		}
	}
}

func (t *talker) option(a sockopt.Applied) {
	t.say(1, "sockopt "+a.String())
	t.event("sockopt", str("set", a.String()))
}

func (t *talker) connected(id int64, c *sock.Conn, name string) {
	if t.voice != nil {
		t.voice.connected(c)
	}
	level := 1
	if t.chat {
		level = 0 // a person waits for it
	}
	t.say(level, "connected to "+sys.SafeName(name)+from(c.Local)+" in "+formatDuration(c.Took))
	t.event("connect", num("conn", id), str("proto", c.Network), addr("local", c.Local), str("remote", name),
		num("rtt_us", int64(c.Took/time.Microsecond)))
}

func to(peer sys.Addr) string {
	if s := peer.String(); s != "" {
		return " to " + s
	}
	return ""
}

func from(local sys.Addr) string {
	if s := local.String(); s != "" {
		return " from " + s
	}
	return ""
}

func (t *talker) listening(proto, address string, c *sock.Conn) {
	if t.voice != nil {
		t.voice.listening(c)
	}
	t.say(0, "listening on "+sys.SafeName(address))
	t.event("listen", str("proto", proto), str("local", address))
}

func (t *talker) accepted(id int64, c *sock.Conn, name string) {
	if t.voice != nil {
		t.voice.accepted(c)
	}
	level := 1
	if t.tty {
		level = 0 // a person wants to know that somebody is there
	}
	what := "connection"
	if c.Type == unix.SOCK_DGRAM {
		what = "datagrams"
	}
	t.say(level, what+" from "+name)
	t.event("accept", num("conn", id), str("proto", c.Network), addr("local", c.Local), str("remote", name))
}

func (t *talker) adopted(id int64, c *sock.Conn, name, giver string) {
	t.say(1, "got a connection"+to(c.Peer)+from(c.Local)+" from "+giver)
	t.event("adopt", num("conn", id), str("proto", c.Network), addr("local", c.Local), str("remote", name))
}

func (t *talker) peerCred(id int64, pid, uid, gid int) {
	t.say(0, "peer is pid "+strconv.Itoa(pid)+" uid "+strconv.Itoa(uid)+" gid "+strconv.Itoa(gid))
	t.event("peercred", num("conn", id), num("pid", int64(pid)), num("uid", int64(uid)), num("gid", int64(gid)))
}

// moving tells how a lane moves its bytes.
func (t *talker) moving(l *pump.Lane) {
	if t.quiet || t.verbose < 1 {
		return
	}
	to := "nowhere"
	if !l.Discard {
		to = l.Dst.Name + " (" + l.Dst.Kind.String() + ")"
	}
	t.line(l.Src.Name + " (" + l.Src.Kind.String() + ") to " + to + " by " + l.How())
}

// receiveBuffer tells what has become of a receive buffer that was to be larger.
func (t *talker) receiveBuffer(size, want int64) {
	s := "receive buffer: " + formatBytes(size)
	if size < want {
		s += " (net.core.rmem_max allows no more)"
	}
	t.say(1, s)
}

// thrownAway tells of datagrams that came and that nobody could have. The kernel counts several that it had joined as one.
func (t *talker) thrownAway(n int64, joined bool) {
	s := plural(n, "datagram") + " thrown away by the kernel: the receive buffer was full (--rcvbuf)"
	if joined {
		s = "at least " + s
	}
	t.warn(s)
}

func (t *talker) stall(id int64, l *pump.Lane, out bool, still time.Duration) {
	dir := "in"
	if out {
		dir = "out"
	}
	t.say(1, "stalled: "+sys.SafeName(l.Dst.Name)+" has taken nothing for "+formatDuration(still.Truncate(time.Second)))
	t.event("stall", num("conn", id), str("dir", dir), num("held", l.Held()), num("still_us", int64(still/time.Microsecond)))
}

// lane tells what happens on a lane: the one to the peer when out. A person is typing, and has not ended that yet when
// yours.
func (t *talker) lane(id int64, out, typing, yours bool, ev pump.Event) {
	dir := "in"
	if out {
		dir = "out"
	}
	name := sys.SafeName(ev.Lane.Src.Name)
	switch ev.Kind {
	case pump.SrcEnded:
		t.say(1, "end of "+name+" after "+formatBytes(ev.Lane.In))
		t.event("eof", num("conn", id), str("dir", dir), str("from", ev.Lane.Src.Name), num("bytes", ev.Lane.In))
		switch {
		case !typing || !t.tty || t.verbose > 0:
		case out && ev.Lane.Dst.Kind == pump.Dgram:
			t.say(0, "end of what you type; still listening, ^C ends")
		case !out && yours && ev.Lane.Src.Proto == pump.TCP: // a unix peer that is wholly gone ends us by itself
			t.say(0, "the peer has ended its side; ^D ends yours")
		}
	case pump.HalfClosed:
		t.say(1, "half-closed: no more to "+sys.SafeName(ev.Lane.Dst.Name)+" after "+formatBytes(ev.Lane.Out))
		t.event("half_close", num("conn", id), str("dir", dir), num("bytes", ev.Lane.Out))
	case pump.Broke:
		kind := "error"
		if ev.Err == unix.ECONNRESET || ev.Err == unix.EPIPE {
			kind = "reset"
		}
		t.event(kind, num("conn", id), str("dir", dir), str("errno", sys.Errno(ev.Err)))
	case pump.Refused:
		t.say(0, "icmp from "+sys.SafeName(peerName(ev.Lane, out))+": "+ev.Err.Error())
		t.event("icmp", num("conn", id), str("errno", sys.Errno(ev.Err)))
	case pump.Truncated:
		t.say(0, "datagram of "+strconv.Itoa(ev.N)+" bytes truncated")
		t.event("truncated", num("conn", id), num("bytes", int64(ev.N)))
	case pump.Empty:
		t.say(1, "empty datagram from "+name)
		t.event("empty", num("conn", id))
	case pump.Dropped:
		t.say(0, "datagram of "+strconv.Itoa(ev.N)+" bytes"+to(ev.Addr)+" lost: "+ev.Err.Error())
		t.event("dropped", num("conn", id), num("bytes", int64(ev.N)), str("errno", sys.Errno(ev.Err)))
	case pump.Moves:
		t.moving(ev.Lane)
	case pump.Stranger:
		t.say(1, "datagram of "+strconv.Itoa(ev.N)+" bytes from "+ev.Addr.String()+" ignored: not the peer")
		t.event("reject", num("conn", id), addr("remote", ev.Addr), num("bytes", int64(ev.N)))
	}
}

func peerName(l *pump.Lane, out bool) string {
	if out {
		return l.Dst.Name
	}
	return l.Src.Name
}

// totals is the sentence about one connection, for -v, --stats and SIGUSR1.
func totals(out, in *pump.Lane, took time.Duration) string {
	var sent, recv int64
	s := ""
	if out != nil {
		sent = out.Out
		s = "sent " + formatBytes(sent)
	}
	if in != nil {
		recv = in.In
		if s != "" {
			s += ", "
		}
		s += "received " + formatBytes(recv)
	}
	s += " in " + formatDuration(took)
	if total := sent + recv; took > 0 && total > 0 {
		s += " (" + formatRate(int64(float64(total)/took.Seconds())) + ")"
	}
	return s
}

func (t *talker) stats(id int64, ev string, out, in *pump.Lane, took time.Duration, also ...field) {
	t.line(totals(out, in, took))
	var o, i int64
	if out != nil {
		o = out.Out
	}
	if in != nil {
		i = in.In
	}
	t.event(ev, append([]field{num("conn", id), num("out", o), num("in", i), num("took_us", int64(took/time.Microsecond))}, also...)...)
}

// exit is the last event: exactly one, with the account of the whole run.
func (t *talker) exit(v *verdict, in, out, lost int64) {
	if t.before != nil {
		t.before()
	}
	reason := "ended"
	switch {
	case v.err != nil:
		reason = v.err.Error()
	case v.signal != 0:
		reason = "signal " + strconv.Itoa(int(v.signal))
	}
	t.event("exit", num("code", int64(v.code)), str("reason", reason), num("in", in), num("out", out), num("lost", lost))
}

// lostWords is the tail of a sentence that says what did not arrive.
func lostWords(n int64) string {
	switch n {
	case 0:
		return ""
	case 1:
		return " (1 byte not delivered)"
	}
	return " (" + strconv.FormatInt(n, 10) + " bytes not delivered)"
}

// panicked tells of a bug of ours.
func (t *talker) panicked(r any) {
	s := "unknown"
	switch r := r.(type) {
	case error:
		s = r.Error()
	case string:
		s = r
	}
	v := &verdict{code: exitBug, err: more(nil, "this is a bug in cat5: "+s)}
	t.fail(v.err, "")
	t.exit(v, 0, 0, 0)
}
