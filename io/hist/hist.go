// Package hist is a histogram of times with a bounded relative error, after HdrHistogram (Gil Tene): counting a value is
// one addition, and no value is ever thrown away or averaged.
package hist

import (
	"math/bits"
	"time"
)

// A value falls into the bucket of its highest bit, and there into one of 64 equal parts: no value is told wrong by
// more than one part in 64, 1.6 %. Times below 128 ns are exact.
const (
	subBits = 7
	subs    = 1 << subBits
	rows    = 64 - subBits // a time is less than 1<<63 ns
)

// Hist counts times. The zero Hist is empty and ready; it is 29 KiB, and for one goroutine.
type Hist struct {
	counts   [(rows + 1) * subs / 2]int64
	n        int64
	sum      time.Duration
	min, max time.Duration
}

// Add counts d. A time below 0, which no monotonic clock gives, counts as 0.
func (h *Hist) Add(d time.Duration) {
	d = max(d, 0)
	if h.n == 0 || d < h.min {
		h.min = d
	}
	h.max = max(h.max, d)
	h.counts[index(d)]++
	h.n++
	h.sum += d
}

// Merge adds every value of other to h.
func (h *Hist) Merge(other *Hist) {
	if other.n == 0 {
		return
	}
	if h.n == 0 || other.min < h.min {
		h.min = other.min
	}
	h.max = max(h.max, other.max)
	for i, c := range other.counts {
		h.counts[i] += c
	}
	h.n += other.n
	h.sum += other.sum
}

// N is how many values were counted.
func (h *Hist) N() int64 { return h.n }

// Min, Max and Mean are exact; all are 0 when nothing was counted.
func (h *Hist) Min() time.Duration { return h.min }

// Max is the largest value.
func (h *Hist) Max() time.Duration { return h.max }

// Mean is the arithmetic mean.
func (h *Hist) Mean() time.Duration {
	if h.n == 0 {
		return 0
	}
	return h.sum / time.Duration(h.n)
}

// Quantile is the smallest counted value, to within 1.6 % above, that at least the fraction q of all values does not
// exceed: q 0.99 is the 99th percentile by the nearest-rank definition. q is brought into 0 to 1; of nothing it is 0.
func (h *Hist) Quantile(q float64) time.Duration {
	if h.n == 0 {
		return 0
	}
	want := int64(q * float64(h.n))
	if float64(want) < q*float64(h.n) {
		want++
	}
	want = min(max(want, 1), h.n)
	var seen int64
	for i, c := range h.counts {
		if seen += c; seen >= want {
			return min(max(highest(i), h.min), h.max)
		}
	}
	return h.max
}

// Each calls f for each part of the histogram that has values, smallest first: n of them, none above upTo.
func (h *Hist) Each(f func(upTo time.Duration, n int64)) {
	for i, c := range h.counts {
		if c > 0 {
			f(min(max(highest(i), h.min), h.max), c)
		}
	}
}

// index is the place of d among the counts: row 0 has the times that fit in subBits bits, row r those with r bits more.
func index(d time.Duration) int {
	row := max(bits.Len64(uint64(d))-subBits, 0)
	if row == 0 {
		return int(d)
	}
	return row*subs/2 + int(uint64(d)>>row) // the upper half of a row: its highest bit is set
}

// highest is the largest time that is counted at i.
func highest(i int) time.Duration {
	if i < subs {
		return time.Duration(i)
	}
	row := (i - subs/2) / (subs / 2)
	sub := i - row*subs/2
	return time.Duration((uint64(sub)+1)<<row - 1)
}
