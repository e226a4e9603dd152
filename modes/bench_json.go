package modes

import (
	"time"

	"cat5/io/load"
)

// document is everything that was measured, as one document of JSON. Times are in microseconds, memory in bytes; what is
// not known is not there. Each cell has the median round; rates has all of them.
func (r *bench) document() string {
	b := &jsonDoc{}
	b.open("", '{')
	b.decimal("v", 1)
	b.text("command", "bench echo")
	b.text("network", r.kindName())
	b.decimal("size", float64(r.b.size))
	b.decimal("depth", float64(r.b.depth))
	b.decimal("rounds", float64(r.b.rounds))
	b.decimal("processors", float64(processors()))
	b.open("cells", '[')
	for _, c := range r.cells {
		if c.why == "" && len(c.runs) == 0 {
			continue
		}
		if b.b[len(b.b)-1] == '}' {
			b.b = append(b.b, ',')
		}
		b.b = append(b.b, '\n') // a cell is a line
		benchCellJSON(b, c)
	}
	b.shut(']')
	b.shut('}')
	return string(b.b) + "\n"
}

func benchCellJSON(b *jsonDoc, c *benchCell) {
	b.open("", '{')
	defer b.shut('}')
	b.text("server", c.target.name)
	b.decimal("conns", float64(c.conns))
	b.decimal("active", float64(c.active))
	m := c.median()
	if m == nil {
		b.text("skipped", c.why)
		return
	}
	us := func(name string, ns float64) {
		if ns != unknown {
			b.decimal(name, ns/float64(time.Microsecond))
		}
	}
	b.decimal("up", float64(m.Up))
	us("ramp_up_us", float64(m.RampUp))
	b.decimal("messages", float64(m.Messages))
	us("took_us", float64(m.Took))
	b.decimal("messages_per_s", m.rate())
	if m.Messages > 0 {
		for _, q := range []struct {
			name string
			q    float64
		}{{"p50_us", 0.5}, {"p90_us", 0.9}, {"p99_us", 0.99}, {"p999_us", 0.999}} {
			us(q.name, float64(m.Trips.Quantile(q.q)))
		}
		us("min_us", float64(m.Trips.Min()))
		us("max_us", float64(m.Trips.Max()))
		us("mean_us", float64(m.Trips.Mean()))
		us("server_cpu_us", m.perMessage(m.serverCPU))
		us("load_cpu_us", m.perMessage(m.loadCPU))
	}
	if m.memory != unknown {
		b.decimal("memory_per_conn", float64(m.memory))
	}
	b.open("rates", '[')
	for i := range c.runs {
		b.decimal("", c.runs[i].rate())
	}
	b.shut(']')
	benchTroubleJSON(b, c.trouble())
}

// trouble is there only when there is some: of all rounds together.
func benchTroubleJSON(b *jsonDoc, t trouble) {
	faults := func(name string, all []load.Fault) {
		if len(all) == 0 {
			return
		}
		b.open(name, '[')
		for _, f := range all {
			b.open("", '{')
			b.text("what", f.What)
			b.decimal("n", float64(f.N))
			b.shut('}')
		}
		b.shut(']')
	}
	faults("failed", t.failed)
	faults("broken", t.broken)
	for _, f := range []struct {
		name string
		n    int64
	}{{"wrong", t.wrong}, {"unanswered", t.unanswered}, {"lost", t.lost}, {"late", t.late}, {"silent", t.silent}} {
		if f.n > 0 {
			b.decimal(f.name, float64(f.n))
		}
	}
	if t.wrong > 0 {
		b.text("first_wrong", wrongWords(t.first))
	}
	if t.stalled {
		b.truth("stalled", true)
	}
}
