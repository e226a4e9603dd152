package draw

import (
	"math"
	"strconv"
	"strings"
)

// axis maps values to pixels.
type axis struct {
	lo, hi   float64 // values at the two ends
	from, to float64 // their pixels
	log      bool
}

func newAxis(lo, hi float64, log bool, from, to float64) axis {
	return axis{lo, hi, from, to, log && lo > 0 && hi > lo}
}

// yAxis begins at 0, and a logarithmic one a little below the smallest value; it ends a little above the largest.
func yAxis(ys []float64, log bool) axis {
	lo, hi := math.Inf(1), 0.0
	for _, y := range ys {
		lo, hi = min(lo, y), max(hi, y)
	}
	if log && lo > 0 {
		return axis{lo / 1.3, hi * 1.3, chartH - marginBottom, marginTop, true}
	}
	if hi <= 0 {
		hi = 1
	}
	step := niceStep(hi / 5)
	return axis{0, math.Ceil(hi/step-1e-9) * step, chartH - marginBottom, marginTop, false}
}

func (a axis) at(v float64) float64 {
	part := (v - a.lo) / (a.hi - a.lo)
	if a.log {
		part = math.Log(v/a.lo) / math.Log(a.hi/a.lo)
	}
	return a.from + part*(a.to-a.from)
}

// ticks are values that are easy to read: multiples of 1, 2 or 5 times a power of ten; on a logarithmic axis those
// themselves, or the powers alone when there are many.
func (a axis) ticks() []float64 {
	var all []float64
	if !a.log {
		step := niceStep((a.hi - a.lo) / 6)
		for i := 0; float64(i)*step <= a.hi*(1+1e-9); i++ {
			all = append(all, float64(i)*step)
		}
		return all
	}
	parts := []float64{1, 2, 5}
	if a.hi/a.lo > 1000 {
		parts = []float64{1}
	}
	for decade := math.Floor(math.Log10(a.lo)); math.Pow(10, decade) <= a.hi; decade++ {
		for _, p := range parts {
			if v := p * math.Pow(10, decade); v >= a.lo && v <= a.hi {
				all = append(all, v)
			}
		}
	}
	return all
}

// niceStep is the smallest of 1, 2 and 5 times a power of ten that is not below v.
func niceStep(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 5, 10} {
		if m*power >= v*(1-1e-9) {
			return m * power
		}
	}
	return 10 * power
}

// Short writes a number for an axis: up to three digits that count, and a thin space between thousands.
func Short(v float64) string {
	if math.Abs(v) < 1000 {
		return strconv.FormatFloat(v, 'g', 3, 64)
	}
	digits := strconv.FormatFloat(v, 'f', 0, 64)
	var b strings.Builder
	for i, c := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 && digits[i-1] != '-' {
			b.WriteRune('\u202f')
		}
		b.WriteRune(c)
	}
	return b.String()
}
