package pump

import "time"

// bucket paces a lane: it lets through rate bytes a second, in portions of about a twentieth of a second, so that a
// pause is never too short for a timer nor long enough to look like a stall. The zero bucket does not pace.
type bucket struct {
	rate  int64 // bytes a second
	given int64 // bytes let through so far
	free  int64 // bytes that may be taken now
	at    time.Duration
}

func (b *bucket) start(rate int64, now time.Duration) {
	*b = bucket{rate: rate, at: now, free: b.burst(rate)}
}

func (b *bucket) burst(rate int64) int64 { return max(rate/20, 1) }

// take says that total bytes have been taken since the start.
func (b *bucket) take(total int64) {
	b.free -= total - b.given
	b.given = total
}

// budget is how many bytes may be taken now, given the total so far: at least least, or 0, and then wait says how long
// until there are as many.
func (b *bucket) budget(total, least int64, now time.Duration) (n int64, wait time.Duration) {
	b.take(total)
	burst := b.burst(b.rate)
	// Whole bytes only: the time that makes a fraction of a byte stays on the clock.
	if add := int64(float64(now-b.at) / float64(time.Second) * float64(b.rate)); add > 0 {
		if b.free+add >= burst {
			b.free, b.at = burst, now
		} else {
			b.free += add
			b.at += time.Duration(float64(add) / float64(b.rate) * float64(time.Second))
		}
	}
	if b.free >= least {
		return b.free, 0
	}
	need := float64(least - b.free)
	return 0, max(time.Duration(need/float64(b.rate)*float64(time.Second))-(now-b.at), time.Millisecond)
}

// budget is how many bytes of a stream may be taken now: the least of want, what Limit leaves, and what Rate allows. Rate
// lets through portions of a twentieth of a second rather than every byte as it falls due. A budget of 0 sets the moment
// when there will be one.
func (l *Lane) budget(want int) int {
	if l.Takes > 0 {
		want = min(want, oneRead)
	}
	if l.Limit > 0 {
		want = int(min(int64(want), l.Limit-l.In))
	}
	if l.Rate > 0 {
		want = int(min(int64(want), l.allowed(l.tokens.burst(l.Rate))))
	}
	return want
}

// allowed is how many bytes Rate lets through now, at least least or 0. What is then taken may be more: a record is not
// cut to fit, and the next one waits longer.
func (l *Lane) allowed(least int64) int64 {
	n, wait := l.tokens.budget(l.In, least, l.loop.now)
	if n == 0 {
		l.notRead = l.loop.now + wait
	}
	return n
}

// limited ends the input when Limit has been reached.
func (l *Lane) limited() {
	if l.Limit > 0 && l.In >= l.Limit {
		l.stop()
	}
}
