package hist

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// TestQuantiles holds the histogram against the sorted values themselves.
func TestQuantiles(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, spread := range []float64{1, 5, 20, 40} {
		var h Hist
		var all []time.Duration
		for range 10000 {
			d := time.Duration(math.Exp(rnd.Float64() * spread))
			h.Add(d)
			all = append(all, d)
		}
		slices.Sort(all)
		if h.Min() != all[0] || h.Max() != all[len(all)-1] || h.N() != int64(len(all)) {
			t.Errorf("spread %v: %d values from %v to %v, want %d from %v to %v", spread, h.N(), h.Min(), h.Max(), len(all), all[0], all[len(all)-1])
		}
		for _, q := range []float64{0, 0.001, 0.5, 0.9, 0.99, 0.999, 1} {
			want := all[max(int(math.Ceil(q*float64(len(all)))), 1)-1]
			if got := h.Quantile(q); got < want || float64(got) > float64(want)*(1+1.0/(subs/2)) {
				t.Errorf("spread %v: quantile %v is %d ns, want %d to 1.6 %% more", spread, q, got, want)
			}
		}
	}
}

// TestEveryTime: each bucket begins where the one before it ends, up to the largest time there is.
func TestEveryTime(t *testing.T) {
	for _, d := range []time.Duration{0, 1, 127, 128, 129, 255, 256, 1e3, 1e6, 1e9, math.MaxInt64 - 1, math.MaxInt64} {
		i := index(d)
		if high := highest(i); d > high || i > 0 && d <= highest(i-1) {
			t.Errorf("%d is counted at %d, which is for times up to %d", d, i, high)
		}
	}
	var h Hist
	h.Add(-5)
	h.Add(math.MaxInt64)
	if h.Min() != 0 || h.Max() != math.MaxInt64 {
		t.Errorf("from %d to %d", h.Min(), h.Max())
	}
}

func TestMerge(t *testing.T) {
	var a, b, both, empty Hist
	for i := range 1000 {
		d := time.Duration(i * i)
		both.Add(d)
		if i%3 == 0 {
			a.Add(d)
		} else {
			b.Add(d)
		}
	}
	a.Merge(&b)
	a.Merge(&empty)
	if a != both {
		t.Error("two halves merged are not the whole")
	}
	if empty.Quantile(0.5) != 0 || empty.Mean() != 0 {
		t.Error("of nothing there is no quantile")
	}
}

func TestNoAllocs(t *testing.T) {
	var h Hist
	if n := testing.AllocsPerRun(1000, func() { h.Add(12345) }); n != 0 {
		t.Errorf("%v allocations for a value", n)
	}
}

// TestEach: every value is told of once, in order, and none lies above what is said of it by more than 1.6 %.
func TestEach(t *testing.T) {
	var h Hist
	for _, d := range []time.Duration{5, 5, 1000, time.Second, 70} {
		h.Add(d)
	}
	var n int64
	last := time.Duration(-1)
	h.Each(func(upTo time.Duration, m int64) {
		if upTo <= last {
			t.Errorf("%v after %v", upTo, last)
		}
		n, last = n+m, upTo
	})
	if n != h.N() || last != h.Max() {
		t.Errorf("%d values up to %v", n, last)
	}
}
