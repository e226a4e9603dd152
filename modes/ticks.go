package modes

import (
	"time"

	"cat5/io/pump"
)

// stallAfter is how long bytes may wait for somebody to take them before that is told.
const (
	stallAfter = 5 * time.Second
	stallEvery = time.Second // between two looks
)

// startTicks starts what comes again and again: the progress line, --stats=T, the look
// for a stall.
func (c *cable) startTicks() {
	if c.o.statsEvery > 0 {
		c.tick.F = func() {
			c.showStats()
			c.loop.After(&c.tick, c.o.statsEvery)
		}
		c.loop.After(&c.tick, c.o.statsEvery)
	}
	c.startProgress()
	if c.o.verbose > 0 || c.o.json {
		c.stalled.F = c.lookForStall
		c.loop.After(&c.stalled, stallEvery)
	}
	if c.o.deadline > 0 {
		c.latest.F = func() {
			if c.link == nil {
				c.end(&verdict{code: exitTimeout, err: errDeadline})
			}
		}
		c.loop.After(&c.latest, c.began+c.o.deadline-c.k.Now())
	}
}

// lookForStall tells of bytes that nobody takes: once for each time that everything stands still.
func (c *cable) lookForStall() {
	c.loop.After(&c.stalled, stallEvery)
	if c.link == nil {
		return
	}
	p := c.link.pair
	still := p.Still()
	if still < stallAfter || still >= stallAfter+stallEvery {
		return // not yet, or told already
	}
	for _, l := range []*pump.Lane{p.Out, p.In} {
		if l != nil && l.Waiting() {
			c.t.stall(c.link.id, l, l == p.Out, still)
		}
	}
}
