package modes

import (
	"cmp"
	"slices"
	"time"

	"cat5/io/load"
)

// benchRun is one measurement.
type benchRun struct {
	*load.Result
	serverCPU int64 // nanoseconds, or unknown
	loadCPU   int64
	memory    int64 // bytes for each connection, or unknown
}

// rate is messages a second.
func (r *benchRun) rate() float64 {
	if r.Took <= 0 {
		return 0
	}
	return float64(r.Messages) / r.Took.Seconds()
}

// perMessage is nanoseconds of processor time for each message, or unknown.
func (r *benchRun) perMessage(cpu int64) float64 {
	if cpu == unknown || r.Messages == 0 {
		return unknown
	}
	return float64(cpu) / float64(r.Messages)
}

// median is the round whose rate is in the middle; of an even number the lower. It is nil when there is none.
func (c *benchCell) median() *benchRun {
	if len(c.runs) == 0 {
		return nil
	}
	byRate := make([]*benchRun, len(c.runs))
	for i := range c.runs {
		byRate[i] = &c.runs[i]
	}
	slices.SortStableFunc(byRate, func(a, b *benchRun) int { return cmp.Compare(a.rate(), b.rate()) })
	return byRate[(len(byRate)-1)/2]
}

// benchMetric is something that can be drawn.
type benchMetric struct {
	name  string
	title string
	axis  string
	logY  bool
	of    func(r *benchRun) float64 // unknown when it is not known
}

// benchMetrics begins with the one that is drawn unless another is asked for.
var benchMetrics = [...]benchMetric{
	{"rate", "Messages a second", "messages/s", false, func(r *benchRun) float64 {
		if r.Messages == 0 {
			return unknown
		}
		return r.rate()
	}},
	{"p99", "Round trips: 99 of 100 are faster", "milliseconds", true, func(r *benchRun) float64 {
		if r.Messages == 0 {
			return unknown
		}
		return float64(r.Trips.Quantile(0.99)) / float64(time.Millisecond)
	}},
	{"cpu", "The server's processor time for a message", "microseconds", true, func(r *benchRun) float64 {
		if ns := r.perMessage(r.serverCPU); ns != unknown {
			return ns / 1000
		}
		return unknown
	}},
	{"memory", "The server's memory for a connection", "KiB", true, func(r *benchRun) float64 {
		if r.memory == unknown {
			return unknown
		}
		return max(float64(r.memory)/1024, 0.1) // what no page was needed for is too little to be drawn to scale
	}},
}

// trouble is what went wrong in any round of the cell.
type trouble struct {
	failed, broken             []load.Fault
	wrong, unanswered          int64
	first                      load.Wrong
	lost, late, silent, missed int64
	stalled                    bool
}

func (c *benchCell) trouble() trouble {
	var t trouble
	for _, r := range c.runs {
		t.failed, t.broken = append(t.failed, r.Failed...), append(t.broken, r.Broken...)
		if r.Wrong > 0 && t.wrong == 0 {
			t.first = r.First
		}
		t.wrong += r.Wrong
		t.lost, t.late, t.silent = t.lost+r.Lost, t.late+r.Late, t.silent+int64(r.Silent)
		t.stalled = t.stalled || r.Stalled
		if !r.Stopped {
			t.unanswered += r.Unanswered
			t.missed += int64(c.conns - r.Up - len(r.Failed))
		}
	}
	return t
}

// bad says that it is a reason not to exit with 0. That a datagram is lost is no fault of anybody.
func (t *trouble) bad() bool {
	return len(t.failed)+len(t.broken) > 0 || t.wrong+t.unanswered > 0 || t.stalled
}
