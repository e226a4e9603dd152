package hub

import "time"

// ackEvery is how often the kernel is asked whether a peer has all that was sent: it does not tell by itself.
const ackEvery = 10 * time.Millisecond

// tellStall is after which time a peer that holds the others back is told of.
const tellStall = time.Second

// due is the soonest moment at which something is to be decided about p, and what its end would be then; 0 is never.
func (p *Peer) due() (at time.Duration, why error) {
	o := &p.h.o
	soonest := func(t time.Duration, reason error) {
		if at == 0 || t < at {
			at, why = t, reason
		}
	}
	if p.kid != nil {
		return 0, nil
	}
	if o.FirstByte > 0 && p.In == 0 && !p.eof && !p.leaving {
		soonest(p.began+o.FirstByte, ErrFirstByte)
	}
	if o.Idle > 0 {
		soonest(p.last+o.Idle, ErrIdle)
	}
	if p.over && !p.told {
		soonest(p.since+tellStall, errBehind)
	}
	if p.over && o.Stall > 0 {
		soonest(p.since+o.Stall, ErrStall)
	}
	if p.leaving && p.shut && !p.h.stopping { // at the end of everything cut decides
		soonest(p.since+o.Linger, ErrLinger)
	}
	return at, why
}

// arm sets p's one timer. A time that has moved on since (the last byte's) is looked at when the timer fires, so that
// bytes cost nothing here.
func (p *Peer) arm() {
	at, _ := p.due()
	if p.shut && p.leaving && (p.eof || p.h.stopping) { // all that is missing is its acknowledgement
		at = p.h.now + ackEvery
	}
	if at == 0 {
		p.h.timers.Stop(&p.timer)
		return
	}
	if p.timer.F == nil {
		p.timer.F = p.tick
	}
	p.h.timers.Set(&p.timer, at)
}

func (p *Peer) tick() {
	if p.leaving && p.shut {
		p.acked() // which may give it more time
	}
	if at, why := p.due(); at != 0 && at <= p.h.now {
		switch {
		case why == errBehind:
			p.told = true
			if p.h.o.Stalled != nil {
				p.h.o.Stalled(p)
			}
			p.arm()
			return
		case why == ErrLinger && p.acked():
			why = nil // it has everything, and does not say that it has no more
		}
		p.h.leave(p, why)
		return
	}
	p.conclude()
	if !p.dead {
		p.arm()
	}
}
