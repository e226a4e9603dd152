package modes

import (
	"strconv"
	"strings"
	"time"

	"cat5/io/diag"

	"golang.org/x/sys/unix"
)

// cat5 state --watch looks at the table again and again and tells what is different. A state that begins and ends between
// two looks is not seen. Of a socket that comes and goes between two looks the kernel tells the end, with its counters, to who
// listens for that (io/diag, Ends).

// stateWatch is such a run.
type stateWatch struct {
	*state
	ends  *diag.Ends // nil when the kernel has no such messages
	whose map[diag.ID]string
	names map[uint32]string
	seen  []diag.Socket
	ended []diag.Ended // since the last look
	began time.Duration
	later bool // this is not the first look
}

func (r *state) watch() (err error) {
	plainSignals()
	w := &stateWatch{state: r, whose: map[diag.ID]string{}, began: r.k.Now()}
	if r.s.kinds[diag.TCP] || r.s.kinds[diag.UDP] {
		if w.ends, err = diag.HearEnds(r.k); err != nil {
			r.t.say(0, "sockets that come and go within "+formatDuration(r.s.every)+" will be missed: "+err.Error())
		} else {
			defer w.ends.Close()
		}
	}
	for next := w.began; ; next = max(next+r.s.every, r.k.Now()) {
		if over, err := w.rest(next); over || err != nil {
			return err
		}
		now, err := r.look()
		if err != nil {
			return fail(exitNo, err)
		}
		if err := r.e.print(w.tell(now)); err != nil {
			return err
		}
		w.seen, w.ended = now, nil
	}
}

// rest waits until the next look is due and takes what the kernel says of ends meanwhile.
func (w *stateWatch) rest(until time.Duration) (over bool, err error) {
	for {
		left := until - w.k.Now()
		if d := w.o.deadline; d > 0 && w.later { // there is one look at least
			if w.k.Now()-w.began >= d {
				return true, fail(exitTimeout, errDeadline)
			}
			left = min(left, w.began+d-w.k.Now())
		}
		if left <= 0 {
			return false, w.take()
		}
		fds := []unix.PollFd{{Fd: -1, Events: unix.POLLIN}} // poll(2) ignores a negative descriptor
		if w.ends != nil {
			fds[0].Fd = int32(w.ends.FD())
		}
		n, err := w.k.Poll(fds, int((left+time.Millisecond-1)/time.Millisecond))
		if err != nil && err != unix.EINTR {
			return false, fail(exitNo, err)
		}
		if n > 0 {
			if err := w.take(); err != nil {
				return false, err
			}
		}
	}
}

func (w *stateWatch) take() error {
	if w.ends == nil {
		return nil
	}
	all, lost, err := w.ends.Take()
	if err != nil {
		return fail(exitNo, err)
	}
	if lost {
		w.t.line("more sockets ended than the kernel could tell of: some are missing here")
	}
	w.ended = append(w.ended, all...)
	return nil
}

// tell is the lines for what has changed.
func (w *stateWatch) tell(now []diag.Socket) string {
	changes := diag.Changes(w.seen, now)
	ended := map[diag.ID]*diag.Ended{}
	for i := range w.ended {
		ended[w.ended[i].ID()] = &w.ended[i]
	}
	w.names = unixNames(append(w.seen[:len(w.seen):len(w.seen)], now...))
	w.learn(changes)
	var b strings.Builder
	for _, c := range changes {
		s := c.Is
		if s == nil {
			s = c.Was
		}
		e := ended[s.ID()]
		delete(ended, s.ID())
		w.line(&b, s, stateOf(c.Was), stateOf(c.Is), e)
		if c.Is == nil {
			delete(w.whose, s.ID())
		}
	}
	for i := range w.ended { // what no look has seen, in the order in which it ended
		e := &w.ended[i]
		if ended[e.ID()] != e || !w.fits(e) {
			continue
		}
		w.line(&b, e, "gone", "gone", e)
	}
	w.later = true
	return b.String()
}

// fits says whether a socket that was never in a list is wanted.
func (w *stateWatch) fits(e *diag.Ended) bool {
	return w.s.kinds[e.Proto] && !w.s.listening && w.want.path == "" && w.want.wants(e) && w.whose[e.ID()] == ""
}

func stateOf(s *diag.Socket) string {
	switch {
	case s == nil:
		return "gone"
	case s.Proto == diag.Unix && s.Shut != 0:
		return s.StateName() + "(shut down: " + shutWords(s.Shut) + ")"
	}
	return s.StateName()
}

// learn finds the owners of what is new: later, a socket may have none.
func (w *stateWatch) learn(changes []diag.Change) {
	var came []diag.Socket
	for _, c := range changes {
		if c.Is != nil && w.whose[c.Is.ID()] == "" {
			came = append(came, *c.Is)
		}
	}
	who := w.owners(came)
	for i := range came {
		if name := who.of(&came[i]); name != "-" {
			w.whose[came[i].ID()] = name
		}
	}
}

// line is one transition: when, which socket, from what to what, whose it is, and what it carried when it has ended. The
// first look tells no transitions.
func (w *stateWatch) line(b *strings.Builder, s *diag.Socket, was, is string, e *diag.Ended) {
	local, peer := ends(s, w.names)
	at := w.k.Now() - w.began
	if !w.later {
		was = ""
	}
	if w.o.json {
		d := &jsonDoc{}
		d.open("", '{')
		d.number("us", uint64(at.Microseconds()))
		d.text("proto", protoName(s))
		d.text("local", local)
		d.text("peer", peer)
		d.text("was", was)
		d.text("is", is)
		d.text("process", w.whose[s.ID()])
		if e != nil && e.Info != nil {
			d.number("bytes_sent", e.Info.Bytes_sent)
			d.number("bytes_received", e.Info.Bytes_received)
		}
		d.shut('}')
		b.WriteString(string(d.b) + "\n")
		return
	}
	what := was + " -> " + is
	switch {
	case was == "gone" && is == "gone":
		what = "came and went"
	case was == "":
		what = is
	case was == "gone":
		what = "new: " + is
	}
	if name := w.whose[s.ID()]; name != "" {
		what = pad(what, 26) + " " + name
	}
	if e != nil && e.Info != nil {
		what += "  (sent " + size64(e.Info.Bytes_sent) + ", received " + size64(e.Info.Bytes_received) + ")"
	}
	stamp := strconv.FormatFloat(at.Seconds(), 'f', 3, 64)
	b.WriteString(strings.Repeat(" ", max(0, 8-len(stamp))) + stamp + "  " + pad(protoName(s), 4) + " " + pad(local, 21) + " " + pad(peer, 21) + " " + what + "\n")
}
