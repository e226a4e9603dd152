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

// budget is how many bytes may be taken now, given the total so far; when 0, wait says for how long.
func (b *bucket) budget(total int64, now time.Duration) (n int, wait time.Duration) {
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
	if b.free > 0 {
		return int(b.free), 0
	}
	need := min(burst, 1-b.free+burst/2)
	return 0, max(time.Duration(float64(need)/float64(b.rate)*float64(time.Second))-(now-b.at), time.Millisecond)
}

// budget is how many bytes may be taken now: the least of want, what Limit leaves, and what Rate allows. A budget of 0
// sets the moment when there will be one.
func (l *Lane) budget(want int) int {
	if l.Limit > 0 {
		want = int(min(int64(want), l.Limit-l.In))
	}
	if l.Rate > 0 {
		n, wait := l.tokens.budget(l.In, l.loop.now)
		if n == 0 {
			l.notRead = l.loop.now + wait
		}
		want = min(want, n)
	}
	return want
}

// limited ends the input when Limit has been reached.
func (l *Lane) limited() {
	if l.Limit > 0 && l.In >= l.Limit {
		l.stop()
	}
}
