package modes

import (
	"strconv"
	"strings"
	"time"

	"cat5/io/hist"
)

// barWidth is how long the longest bar of a histogram is, in characters.
const barWidth = 40

// barStep is one bar: the values above the bar before it, up to upTo.
type barStep struct {
	upTo time.Duration
	n    int64
}

// bars draws a histogram with a line for each step: 1, 2, 5, 10, ... where that gives enough of them, so that a long tail is
// seen as well; equal ones where all values are close together.
func bars(h *hist.Hist) string {
	steps, label := decades(h.Min(), h.Max()), formatDuration
	if len(steps) < 4 {
		steps, label = equal(h.Min(), h.Max())
	}
	i := 0
	h.Each(func(upTo time.Duration, n int64) {
		for i < len(steps)-1 && upTo > steps[i].upTo {
			i++
		}
		steps[i].n += n
	})
	var most int64
	for _, s := range steps {
		most = max(most, s.n)
	}
	var b strings.Builder
	for _, s := range steps {
		label := label(s.upTo)
		bar := int((s.n*barWidth + most - 1) / most) // what is there is seen
		b.WriteString("  <= " + strings.Repeat(" ", max(9-len(label), 0)) + label + "  " + strings.Repeat("#", bar) + strings.Repeat(" ", barWidth-bar) + "  " + strconv.FormatInt(s.n, 10) + "\n")
	}
	return b.String()
}

// decades are the steps 1, 2, 5, 10, 20, ... that hold lo to hi.
func decades(lo, hi time.Duration) (steps []barStep) {
	for unit := time.Duration(1); ; unit *= 10 {
		for _, m := range []time.Duration{1, 2, 5} {
			at := m * unit
			if at < lo {
				continue
			}
			steps = append(steps, barStep{upTo: at})
			if at >= hi || at > time.Duration(1)<<60 {
				return steps
			}
		}
	}
}

// equal are up to eight steps of one size that hold lo to hi, none finer than what the histogram tells apart, and how to
// write their ends so that they differ.
func equal(lo, hi time.Duration) (steps []barStep, label func(time.Duration) string) {
	n := min(8, max((hi-lo)/max(hi/32, 1), 1))
	size := (hi - lo) / n
	digit := time.Duration(1)
	for digit*100 <= size {
		digit *= 10
	}
	for i := time.Duration(1); i < n; i++ {
		steps = append(steps, barStep{upTo: lo + i*size})
	}
	return append(steps, barStep{upTo: hi}), func(d time.Duration) string {
		s := d.Round(digit).String()
		if d >= time.Minute {
			return s
		}
		unit := strings.IndexAny(s, "nµms")
		return strings.Replace(s[:unit]+" "+s[unit:], "µ", "u", 1)
	}
}
