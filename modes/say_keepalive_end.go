package modes

import (
	"errors"
	"strconv"
	"time"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// The verdicts: the three of the tutorial.
const (
	verdictAnswers   = "the peer answers"
	verdictRestarted = "it was restarted"
	verdictNoAnswer  = "no answer"
)

// finish tells the verdict and what it means.
func (r *keepRun) finish() error {
	v := &verdict{code: r.code()}
	if r.result != nil { // a signal
		v.code, v.signal = r.result.code, r.result.signal
	}
	word, why, means := r.verdictWords()
	p := &r.kernel
	icmp := int64(0)
	if r.network == "tcp" && word == verdictNoAnswer {
		icmp = ignoredICMP(r.k) - p.ignored
	}
	if r.doc.json {
		fields := []field{str("verdict", word), str("errno", sys.Errno(r.end.err)), str("reason", why), str("means", means), num("code", int64(v.code)),
			num("held_ms", (r.end.at - r.up).Milliseconds())}
		if r.network == "tcp" {
			fields = append(fields, num("silent_ms", r.end.quiet.Milliseconds()), num("answered", p.answered), num("unanswered", int64(p.unanswered)), num("icmp_ignored", icmp))
		}
		if r.beats.on {
			h, b := &r.hist, &r.beats
			fields = append(fields, num("beats", b.seq), num("beats_answered", b.answered), num("missed", b.missed), num("min_ns", int64(h.Min())),
				num("avg_ns", int64(h.Mean())), num("p50_ns", int64(h.Quantile(0.5))), num("p99_ns", int64(h.Quantile(0.99))), num("max_ns", int64(h.Max())))
		}
		r.put("\n]," + jsonObject(fields...)[1:] + "\n")
		if r.broke != nil {
			return r.broke
		}
		return v
	}
	s := "verdict: " + word
	if name := sys.Errno(r.end.err); name != "" {
		s += " (" + name + ")"
	}
	if s += ": " + why + "\n"; means != "" {
		s += "  " + means + "\n"
	}
	if icmp > 0 {
		s += "  " + plural(icmp, "ICMP message") + " about connections of this host came meanwhile and did not count (OutOfWindowIcmps): a router\n" +
			"  probably says that the peer is unreachable, but Linux takes no word about a probe, whose sequence number is not in the window\n"
	}
	if r.beats.on && !r.doc.quiet {
		s += r.figures()
	}
	r.put(s)
	if r.broke != nil {
		return r.broke
	}
	return v
}

// figures are the beats in numbers, and how their round trips spread.
func (r *keepRun) figures() string {
	h, b := &r.hist, &r.beats
	s := plural(b.seq, "beat") + " sent, " + strconv.FormatInt(b.answered, 10) + " answered, " + strconv.FormatInt(b.missed, 10) + " missed"
	if h.N() > 0 {
		s += "; round trip " + summary(h)
	}
	if s += "\n"; h.N() > 1 {
		s += bars(h)
	}
	return s
}

// verdictWords are the verdict, how it came about, and what it means.
func (r *keepRun) verdictWords() (word, why, means string) {
	p, b, held := &r.kernel, &r.beats, formatDuration((r.end.at - r.up).Round(10*time.Millisecond))
	silent := formatDuration(r.end.quiet) + " after the last sign of life"
	switch r.end.why {
	case endFIN:
		if b.waiting {
			return verdictAnswers, "but it closed the connection (FIN) after " + held + ", and a beat was not answered", "the host is there; the program has ended, or does not echo"
		}
		return verdictAnswers, "it closed the connection (FIN) after " + held, "the host is there; the program has ended the connection in good order"
	case endForeign:
		return verdictAnswers, "but not with what was sent: this is no echo server", ""
	case endMissed:
		if r.network == "tcp" && p.info.Unacked == 0 {
			return verdictNoAnswer, "the program has missed " + plural(int64(b.inRow), "beat") + " in a row", "the kernel there acknowledges, so the host is alive: the program hangs, or does not echo"
		}
		return verdictNoAnswer, plural(int64(b.inRow), "beat") + " in a row missed", r.deadWords()
	case endTime:
		switch {
		case p.unanswered > 0:
			return verdictNoAnswer, "so far: " + plural(int64(p.unanswered), "probe") + " unanswered after " + held + ", the kernel has not decided yet", ""
		case b.inRow > 0, b.on && b.answered == 0:
			return verdictNoAnswer, "so far: a beat is not answered after " + held, ""
		case b.on:
			return verdictAnswers, "held for " + held, ""
		case p.answered == 0:
			return verdictAnswers, "held for " + held + "; it accepted the connection, and has not been silent long enough for a probe", ""
		}
		return verdictAnswers, "held for " + held + ", " + plural(p.answered, "probe") + " answered", ""
	}
	switch {
	case errors.Is(r.end.err, unix.ECONNRESET) && p.unanswered > 0:
		return verdictRestarted, "the answer to a probe was a reset, " + silent,
			"the host is there and knows nothing of this connection: it was restarted, or the program ended unheard"
	case errors.Is(r.end.err, unix.ECONNRESET), errors.Is(r.end.err, unix.EPIPE):
		return verdictRestarted, "a reset came, " + silent,
			"the program ended without reading all (close(2), SO_LINGER 0), or the host no longer knows the connection"
	case errors.Is(r.end.err, unix.ETIMEDOUT):
		return verdictNoAnswer, silent + r.computedWords(), r.deadWords()
	case noAnswer(r.end.err):
		return verdictNoAnswer, silent + r.computedWords(), "a router said so by ICMP, or this host has no way there"
	}
	return verdictNoAnswer, "after " + held + ": " + r.end.err.Error(), ""
}

func (r *keepRun) deadWords() string {
	if r.network != "tcp" {
		return "the program hangs, or does not echo"
	}
	return "not a word from there: the host is down, the cable is out, or a firewall drops what is sent"
}

// computedWords compares with what was computed, which holds while nothing of ours is on its way.
func (r *keepRun) computedWords() string {
	if r.beats.on {
		return ""
	}
	return "; computed " + formatDuration(r.kernel.verdict)
}
