package modes

import (
	"strconv"
	"time"

	"cat5/io/load"
)

// document is everything that was measured, as one document of JSON. Times are in microseconds, memory in bytes; what is
// not known is not there. Each cell has the median round; rates has all of them.
func (r *bench) document() string {
	b := &jsonText{}
	b.open('{')
	b.num("v", 1)
	b.str("command", "bench echo")
	b.str("network", r.kindName())
	b.num("size", float64(r.b.size))
	b.num("depth", float64(r.b.depth))
	b.num("rounds", float64(r.b.rounds))
	b.num("processors", float64(processors()))
	b.key("cells")
	b.open('[')
	for _, c := range r.cells {
		if c.why == "" && len(c.runs) == 0 {
			continue
		}
		b.cell(c)
	}
	b.close(']')
	b.close('}')
	return string(b.text) + "\n"
}

func (b *jsonText) cell(c *benchCell) {
	b.open('{')
	defer b.close('}')
	b.str("server", c.target.name)
	b.num("conns", float64(c.conns))
	b.num("active", float64(c.active))
	m := c.median()
	if m == nil {
		b.str("skipped", c.why)
		return
	}
	us := func(name string, ns float64) {
		if ns != unknown {
			b.num(name, ns/float64(time.Microsecond))
		}
	}
	b.num("up", float64(m.Up))
	us("ramp_up_us", float64(m.RampUp))
	b.num("messages", float64(m.Messages))
	us("took_us", float64(m.Took))
	b.num("messages_per_s", m.rate())
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
		b.num("memory_per_conn", float64(m.memory))
	}
	b.key("rates")
	b.open('[')
	for i := range c.runs {
		b.next()
		b.number(c.runs[i].rate())
	}
	b.close(']')
	b.trouble(c.trouble())
}

// trouble is there only when there is some: of all rounds together.
func (b *jsonText) trouble(t trouble) {
	faults := func(name string, all []load.Fault) {
		if len(all) == 0 {
			return
		}
		b.key(name)
		b.open('[')
		for _, f := range all {
			b.open('{')
			b.str("what", f.What)
			b.num("n", float64(f.N))
			b.close('}')
		}
		b.close(']')
	}
	faults("failed", t.failed)
	faults("broken", t.broken)
	for _, f := range []struct {
		name string
		n    int64
	}{{"wrong", t.wrong}, {"unanswered", t.unanswered}, {"lost", t.lost}, {"late", t.late}, {"silent", t.silent}} {
		if f.n > 0 {
			b.num(f.name, float64(f.n))
		}
	}
	if t.wrong > 0 {
		b.str("first_wrong", wrongWords(t.first))
	}
	if t.stalled {
		b.key("stalled")
		b.text = append(b.text, "true"...)
	}
}

// jsonText writes JSON (RFC 8259) as it goes.
type jsonText struct {
	text []byte
	used bool // something stands at this level: a comma comes next
}

func (b *jsonText) next() {
	if b.used {
		b.text = append(b.text, ',')
	}
	b.used = true
}

func (b *jsonText) open(c byte) {
	if n := len(b.text); n > 0 && b.text[n-1] != ':' {
		b.next()
	}
	if c == '{' && len(b.text) > 0 && b.text[len(b.text)-1] != ':' {
		b.text = append(b.text, '\n')
	}
	b.text, b.used = append(b.text, c), false
}

func (b *jsonText) close(c byte) { b.text, b.used = append(b.text, c), true }

func (b *jsonText) key(name string) {
	b.next()
	b.text = append(appendJSON(b.text, name, 1<<20), ':')
}

func (b *jsonText) str(name, v string) {
	b.key(name)
	b.text = appendJSON(b.text, v, 4096)
}

func (b *jsonText) num(name string, v float64) {
	b.key(name)
	b.number(v)
}

// number writes up to three digits behind the point, which is a nanosecond of a microsecond.
func (b *jsonText) number(v float64) {
	b.text = strconv.AppendFloat(b.text, float64(int64(v*1000+0.5))/1000, 'f', -1, 64)
}
