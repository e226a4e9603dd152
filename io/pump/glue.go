package pump

import (
	"time"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// Two connections glued together are to look like one. Ends are carried by the lanes (shutdown, as in every pair); what
// is here carries breaks: the bytes that came before first, as the kernel gives them, and then no end, which would make
// half a conversation look like a whole one. Whoever owns the sockets looks at Pair.Whole when the pair is done, and resets
// what is left of one that is not.

// carryPatience is how long the news of a break waits behind bytes that the other side does not take. Both may wait for
// us: the one that is left may be blocked in a send that nobody will read, and so not read either.
const carryPatience = 10 * time.Second

// whole is what Pair.Whole will say.
func (p *Pair) whole() bool {
	asked := (p.why == Ended || p.why == QuitAfter) && (p.Reason == Ended || p.Reason == QuitAfter)
	return asked && p.Out.Err == nil && p.In.Err == nil && p.Out.finished && p.In.finished
}

// glued is conclude for glued connections; both directions have the same rules.
func (p *Pair) glued() (changed bool) {
	for _, l := range [2]*Lane{p.Out, p.In} {
		other := p.other(l)
		if l.finished && l.Dst.Kind == Dgram && p.Quit >= 0 && !p.quitSet && p.why == Ended {
			// A datagram socket has no end, neither to tell nor to be told: what silence there is has to do.
			p.quitSet = true
			p.loop.timers.Set(&p.quit, p.loop.now+p.Quit)
		}
		if !l.finished || l.Err == nil || other.finished {
			continue
		}
		switch {
		case l.Side == AtSrc: // all that it sent has been given; nothing can be sent to it
			other.finished = true
		case connectionEnded(l): // what it sent before is still to be had, and the end behind it is no news
			p.wait()
		default:
			changed = other.halt() || changed
		}
	}
	if !p.Out.finished || !p.In.finished {
		return changed
	}
	out, in := p.settled(p.Out, p.In), p.settled(p.In, p.Out)
	switch {
	case out && in:
		p.finish(Ended)
	case p.Out.Err != nil || p.In.Err != nil:
		p.wait()
	}
	return changed
}

func (p *Pair) other(l *Lane) *Lane {
	if l == p.Out {
		return p.In
	}
	return p.Out
}

// wait sets the timer that ends the wait for a side that takes nothing: none of what we hold, nor of what the kernel does.
func (p *Pair) wait() {
	if !p.carry.Pending() {
		p.active, p.queued = p.loop.now, p.inQueues()
		p.loop.timers.Set(&p.carry, p.loop.now+carryPatience)
	}
}

func (p *Pair) carried() {
	left := p.active + carryPatience - p.loop.now
	was := p.queued
	if p.queued = p.inQueues(); p.queued < was && left <= 0 {
		left = carryPatience
	}
	if left > 0 {
		p.loop.timers.Set(&p.carry, p.loop.now+left)
		return
	}
	for _, l := range [2]*Lane{p.Out, p.In} {
		if l.gone && l.Err == nil {
			l.Err, l.Side = unix.ECONNRESET, AtSrc
		}
	}
	p.finish(Ended)
}

// inQueues is how much the kernel holds for both sides.
func (p *Pair) inQueues() (n int) {
	for _, l := range [2]*Lane{p.Out, p.In} {
		if q, err := sys.Unsent(p.loop.k, l.Dst.FD); err == nil {
			n += q
		}
	}
	return n
}

// hungUp is called when the connection that the lane reads from has reported a hang-up, or a break, while the lane can
// take nothing, as Dst takes nothing. It will be read when there is room; but nobody waits for ever for room to tell
// somebody who does not listen of somebody who has gone.
func (l *Lane) hungUp(broke bool) {
	if l.wantRead() {
		return
	}
	l.gone = true
	if broke {
		l.pair.wait()
	}
}

// ends says whether the end of the lane's input may be told to Dst: not when we have cut it off, nor when the connection
// that it is read from has turned out to be broken (its reset was told to whoever wrote to it; a read then says "end").
func (l *Lane) ends() bool {
	return !l.pair.Glue || !l.cut && l.pair.other(l).Err == nil
}
