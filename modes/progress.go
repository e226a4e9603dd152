package modes

import (
	"strconv"
	"time"

	"cat5/io/epoll"
	"cat5/io/pump"
)

// progress is the one line that moves: bytes, rate, and where the size is known the share and the time left. It is
// drawn on a terminal's stderr only, after a second, ten times a second at most, and wiped before anything else is said.
type progress struct {
	c     *cable
	timer epoll.Timer
	shown bool
	last  int64         // bytes at the last draw
	at    time.Duration // moment of the last draw
	rate  float64       // bytes a second, smoothed
}

const (
	progressDelay = time.Second
	progressEvery = 200 * time.Millisecond
)

// startProgress begins the line where it helps: a person watches stderr and no other talk or data is on that terminal.
func (c *cable) startProgress() {
	o := c.o
	quietTerminal := c.t.tty && !c.t.dumb && c.std.out.Kind != pump.TTY && (o.noStdin || c.std.in.Kind != pump.TTY)
	if o.json || o.quiet || o.explain != explainNot || o.progress == never || o.progress == auto && !quietTerminal {
		return
	}
	p := &progress{c: c, at: c.k.Now()}
	p.timer.F = p.draw
	c.t.onLine = p.wipe
	c.loop.After(&p.timer, progressDelay)
}

func (p *progress) wipe() {
	if p.shown {
		p.shown = false
		p.c.t.draw("", p.wipe)
	}
}

func (p *progress) draw() {
	c := p.c
	c.loop.After(&p.timer, progressEvery)
	if c.link == nil {
		p.wipe()
		return
	}
	out, in := c.link.pair.Out, c.link.pair.In
	bytes, total := in.In, int64(-1)
	if c.o.bytes > 0 {
		total = c.o.bytes
	}
	if out != nil && out.Out > bytes {
		bytes = out.Out
		if total < 0 || !c.o.sendOnly {
			total = c.std.size
		}
	}
	now := c.k.Now()
	if dt := (now - p.at).Seconds(); dt > 0 {
		const weight = 0.3 // of the newest measurement
		current := float64(bytes-p.last) / dt
		if p.last == 0 {
			p.rate = current
		}
		p.rate += weight * (current - p.rate)
	}
	p.last, p.at = bytes, now
	c.t.draw(progressLine(bytes, total, p.rate, now-c.link.began), p.wipe)
	p.shown = true
}

// progressLine is the text of the line: total is less than 0 when the size is not known.
func progressLine(bytes, total int64, rate float64, took time.Duration) string {
	s := formatBytes(bytes)
	if total >= 0 {
		s += " of " + formatBytes(total)
	}
	s += "  " + formatRate(int64(rate)) + "  "
	if took < time.Second { // the link is younger than the run
		s += "0 s"
	} else {
		s += formatDuration(took.Truncate(time.Second))
	}
	if total > 0 {
		share := min(100*bytes/total, 100)
		s += "  " + strconv.FormatInt(share, 10) + "%"
		if left := total - bytes; rate >= 1 && float64(left) >= rate {
			s += "  " + formatDuration(time.Duration(float64(left)/rate*float64(time.Second)).Truncate(time.Second)) + " left"
		}
	}
	return s
}
