package modes

import (
	"time"

	"cat5/io/scan"

	"golang.org/x/sys/unix"
)

// What an answer means to whoever waits.

// answered looks at the answer of one address.
func (t *waitTarget) answered(kn *scan.Knock) {
	r := t.r
	open := kn.State == scan.Open && kn.Err == nil
	if r.expect != "" {
		open = kn.State == scan.Open && kn.Want(kn.Heard)
	}
	if kn.Err == unix.EPROTOTYPE && r.expect == "" {
		open = true // the socket at that path is there, and is of another type (unix(7))
	}
	if !open {
		t.absent(kn)
	}
	if !open && len(t.rest) > 0 && t.names != nil {
		next := t.rest[0]
		t.rest = t.rest[1:]
		t.knock(next)
		return
	}
	t.judge(open, t.words(kn, open), kn.Took)
}

// absent looks at how an address did not answer. That somebody has stopped is a word of the peer's host; it is not that we
// were not let near, or had no descriptor to ask with. Silence means it only when it lasts: a listener whose queue is full
// is silent too (listen(2)), and so is a UDP port that was not asked anything it knows.
func (t *waitTarget) absent(kn *scan.Knock) {
	switch {
	case kn.State == scan.Closed, kn.State == scan.Open && t.r.expect != "":
	case kn.State == scan.Silent && t.r.send == "", kn.State == scan.Open, kn.State == scan.Unknown, kn.Err == unix.EACCES, kn.Err == unix.EPERM:
		t.doubt = true
	default:
		t.mute = true
	}
}

// stopped says whether nobody was there in this round.
func (t *waitTarget) stopped() bool {
	if t.mutes++; !t.mute {
		t.mutes = 0
	}
	return !t.doubt && (t.mutes == 0 || t.mutes >= waitMutes)
}

// judge notes an answer, and asks again later where it is not the one that is waited for.
func (t *waitTarget) judge(open bool, why string, took time.Duration) {
	r := t.r
	if why != t.why {
		r.t.say(1, t.ep.String()+": "+why)
		t.why = why
	}
	if open {
		t.mutes = 0
	}
	if open != r.closing && (open || t.stopped()) {
		t.done, t.took = true, r.k.Now()-r.began
		return
	}
	most := min(max(20*took, waitNear), waitFar)
	r.knocker.After(&t.timer, min(t.pause, most))
	t.pause = min(t.pause*3/2, waitFar)
}
