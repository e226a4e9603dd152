package modes

import (
	"strconv"
	"strings"
	"time"

	"cat5/io/sys"
)

// Every word of keepalive. It goes to stdout, as it happens: lines for people, or with --json one document whose
// "events" are written as they come.

// keepReport writes to stdout.
type keepReport struct {
	e           *Env
	json, quiet bool
	events      int // in the document so far
}

// put writes to stdout; when that fails the run is over.
func (r *keepRun) put(s string) {
	if r.broke != nil {
		return
	}
	if r.broke = r.doc.e.print(s); r.broke != nil {
		r.stop(ending{why: endTime})
	}
}

// event is one thing that happened, at the moment at: its line, and its members in the document.
func (r *keepRun) event(name, line string, fields ...field) {
	at := r.k.Now() - r.up
	switch {
	case r.doc.json:
		sep := ",\n"
		if r.doc.events == 0 {
			sep = "\n"
		}
		r.doc.events++
		all := append([]field{num("ms", at.Milliseconds()), str("event", name)}, fields...)
		r.put(sep + jsonObject(all...))
	case !r.doc.quiet:
		r.put(atTime(at) + line + "\n")
	}
}

// jsonObject is {"name":value,...}.
func jsonObject(fields ...field) string {
	b := appendFields(nil, fields, 4096)
	if len(b) > 0 {
		b = b[1:] // the first comma
	}
	return "{" + string(b) + "}"
}

// atTime is the first column: seconds since the connection stood.
func atTime(d time.Duration) string {
	s := strconv.FormatFloat(d.Seconds(), 'f', 2, 64)
	return strings.Repeat(" ", max(7-len(s), 0)) + s + " s  "
}

func (r *keepRun) mode() string {
	switch {
	case r.f.size > 0:
		return "ping-pong"
	case r.f.heartbeat:
		return "heartbeat"
	}
	return "probe"
}

// head tells what was connected, what was set, and when a silent peer will be given up.
func (r *keepRun) head() {
	p := &r.kernel
	if r.doc.json {
		fields := []field{num("v", 1), str("command", "keepalive"), str("mode", r.mode()), str("peer", r.name), addr("local", r.conn.Local), num("connect_us", r.conn.Took.Microseconds())}
		if r.network == "tcp" {
			fields = append(fields, num("keepalive", int64(p.on)), num("idle_s", int64(p.idle/time.Second)), num("intvl_s", int64(p.intvl/time.Second)),
				num("cnt", int64(p.cnt)), num("user_timeout_ms", p.user.Milliseconds()), num("computed_ms", p.verdict.Milliseconds()))
		}
		if r.beating() {
			fields = append(fields, num("interval_us", r.f.every.Microseconds()), num("size", r.f.size))
		}
		r.put(strings.TrimSuffix(jsonObject(fields...), "}") + `,"events":[`)
		return
	}
	if r.doc.quiet {
		return
	}
	s := "connected to " + r.name + from(r.conn.Local) + " in " + formatDuration(r.conn.Took) + "\n"
	if r.network == "tcp" {
		s += p.settings()
	}
	switch {
	case r.f.size > 0:
		s += "ping-pong: " + formatBytes(r.f.size) + " there and back, " + r.patienceWords()
	case r.f.heartbeat:
		s += "heartbeat: a line there and back, " + r.patienceWords()
	}
	r.put(s)
}

func (r *keepRun) patienceWords() string {
	s := "one after the other"
	if r.f.every > 0 {
		s = "every " + formatDuration(r.f.every)
	}
	if r.f.misses() == 1 {
		return s + "; no answer for " + formatDuration(r.f.patience()) + " ends it\n"
	}
	return s + "; no answer " + plural(int64(r.f.misses()), "time") + " in a row, after " + formatDuration(r.f.patience()) + " each, ends it\n"
}

// settings is what was read back, and what it comes to.
func (p *prober) settings() string {
	user, onOff := "off", "on"
	if p.user > 0 {
		user = formatDuration(p.user)
	}
	if p.on == 0 {
		onOff = "off"
	}
	s := "read back: SO_KEEPALIVE " + onOff + ", TCP_KEEPIDLE " + formatDuration(p.idle) + ", TCP_KEEPINTVL " + formatDuration(p.intvl) +
		", TCP_KEEPCNT " + itoa(p.cnt) + ", TCP_USER_TIMEOUT " + user + "\n"
	switch {
	case p.on == 0:
		return s + "the kernel does not probe: a peer that falls silent is never noticed\n"
	case p.user > 0:
		return s + "a silent peer is given up after " + formatDuration(p.verdict) + ": TCP_USER_TIMEOUT decides, not the count, the first time that a probe is due and it is over\n"
	}
	return s + "a silent peer is given up after " + formatDuration(p.verdict) + ": " + formatDuration(p.idle) + " of silence, then " +
		plural(int64(p.cnt), "probe") + " with " + formatDuration(p.intvl) + " for an answer to each\n"
}

func (r *keepRun) tellAnswered() {
	p := &r.kernel
	r.event("answered", "probe answered ("+strconv.FormatInt(p.answered, 10)+" so far)", num("answered", p.answered))
}

func (r *keepRun) tellProbe() {
	p := &r.kernel
	s := "probe " + itoa(p.told)
	if p.user == 0 {
		s += " of " + itoa(p.cnt)
	}
	left := p.left(r.k.Now())
	sent := p.lastProbe - time.Duration(p.unanswered-p.told)*p.intvl - r.up
	r.event("probe", s+" has no answer yet; "+verdictIn(left),
		num("unanswered", int64(p.told)), num("sent_ms", sent.Milliseconds()), num("verdict_in_ms", left.Milliseconds()))
}

func verdictIn(left time.Duration) string {
	if left < 0 {
		return "no verdict: SO_KEEPALIVE is off"
	}
	return "verdict in " + formatDuration(left.Round(100*time.Millisecond))
}

func (r *keepRun) tellBeat(took time.Duration) {
	b := &r.beats
	if r.f.every < 100*time.Millisecond && r.o.verbose == 0 && b.inRow == 0 {
		return // the figures at the end say it better
	}
	s := "beat " + strconv.FormatInt(b.seq, 10) + " answered in " + formatDuration(took)
	if b.inRow > 0 {
		s += ", late"
	}
	r.event("beat", s, num("seq", b.seq), num("rtt_us", took.Microseconds()), num("late", int64(b.inRow)))
}

func (r *keepRun) tellMissed() {
	b := &r.beats
	n := b.seq
	s := "beat " + strconv.FormatInt(n, 10) + " missed: no answer for " + formatDuration((r.k.Now() - b.at).Round(time.Millisecond))
	unacked := int64(-1)
	if r.network == "tcp" && r.kernel.read(r) == nil {
		unacked = int64(r.kernel.info.Unacked)
		if s += ", and the kernel there has it"; unacked > 0 {
			s = strings.TrimSuffix(s, " has it") + " has not acknowledged it"
		}
	}
	r.event("missed", s, num("seq", n), num("in_row", int64(b.inRow)), num("unacked", unacked))
}

// tellWatch is the line of --watch.
func (r *keepRun) tellWatch() {
	p := &r.kernel
	if p.read(r) != nil {
		return
	}
	i, now := p.info, r.k.Now()
	rtt, dev, quiet, left := time.Duration(i.Rtt)*time.Microsecond, time.Duration(i.Rttvar)*time.Microsecond, silence(i), r.left(now)
	r.event("watch", sys.TCPState(i.State)+"  rtt "+formatDuration(rtt)+" +- "+formatDuration(dev)+"  unacked "+itoa(int(i.Unacked))+
		"  retransmits "+itoa(int(i.Retransmits))+"  silent "+formatDuration(quiet.Round(100*time.Millisecond))+"  "+verdictIn(left),
		str("state", sys.TCPState(i.State)), num("rtt_us", int64(i.Rtt)), num("rttvar_us", int64(i.Rttvar)), num("unacked", int64(i.Unacked)),
		num("retransmits", int64(i.Retransmits)), num("backoff", int64(i.Backoff)), num("probes", int64(i.Probes)), num("silent_ms", quiet.Milliseconds()), num("verdict_in_ms", left.Milliseconds()))
}

// tellNow is what SIGUSR1 shows.
func (r *keepRun) tellNow() {
	if r.network == "tcp" {
		r.tellWatch()
		return
	}
	r.event("now", "beats answered: "+strconv.FormatInt(r.beats.answered, 10), num("answered", r.beats.answered))
}
