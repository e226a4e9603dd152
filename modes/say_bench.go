package modes

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"cat5/io/draw"
	"cat5/io/load"
	"cat5/io/sys"

	"github.com/mattn/go-isatty"
)

// What bench says: a table on stdout, a row as soon as it is known, then bars; or one document of JSON.

// nameWidth is as wide as the names of the targets.
func (r *bench) nameWidth() int {
	w := len("server")
	for _, t := range r.targets {
		w = max(w, len(t.name))
	}
	return w + 1
}

// head is what stands above the rows.
func (r *bench) head() error {
	b := r.b
	if r.o.json {
		return nil
	}
	s := plural(int64(b.size), "byte") + " there and back over " + r.kindName()
	if b.depth > 1 {
		s += ", " + itoa(b.depth) + " on their way at once"
	}
	if b.active > 0 && b.active < slices.Max(b.conns) {
		s += ", on " + itoa(b.active) + " of the connections"
	}
	if b.count > 0 {
		s += "; " + plural(b.count, "message")
	} else {
		s += "; " + formatDuration(b.duration)
	}
	s += " each"
	if b.rounds > 1 {
		s += ", the median of " + itoa(b.rounds) + " rounds"
	}
	s += "; " + plural(int64(processors()), "processor") + " for both sides\n\n"
	return r.e.print(s + pad("server", r.nameWidth()) + right("conns", 7) + right("messages/s", 11) + right("p50", 8) + right("p90", 8) +
		right("p99", 8) + right("p99.9", 8) + right("cpu/msg", 8) + right("mem/conn", 9) + "\n")
}

// kindName is "tcp", "udp", "unix stream", ...
func (r *bench) kindName() string {
	if r.network != "unix" {
		return r.network
	}
	return "unix " + map[int]string{1: "stream", 2: "dgram", 5: "seqpacket"}[r.plan.Type]
}

func right(s string, n int) string { return strings.Repeat(" ", max(n-len(s), 1)) + s }

// row is one line of the table, and below it whatever went wrong.
func (r *bench) row(c *benchCell) error {
	if r.o.json || c.shown {
		return nil
	}
	c.shown = true
	s := pad(c.target.name, r.nameWidth()) + right(itoa(c.conns), 7)
	m := c.median()
	switch {
	case m == nil && c.why == "":
		return nil // interrupted before it began
	case m == nil:
		return r.e.print(s + "          -  " + c.why + "\n")
	case m.Messages == 0:
		s += "          -"
	default:
		s += right(strconv.FormatFloat(m.rate(), 'f', 0, 64), 11)
		for _, q := range []float64{0.5, 0.9, 0.99, 0.999} {
			s += right(tight(formatDuration(m.Trips.Quantile(q))), 8)
		}
		s += right(cpuWords(m.perMessage(m.serverCPU)), 8) + right(memoryWords(m.memory), 9)
	}
	s += "\n"
	for _, line := range c.trouble().lines(c) {
		s += pad("", r.nameWidth()) + "  ! " + line + "\n"
	}
	return r.e.print(s)
}

func tight(s string) string { return strings.ReplaceAll(s, " ", "") }

func cpuWords(ns float64) string {
	if ns == unknown {
		return "-"
	}
	return tight(formatDuration(time.Duration(ns)))
}

func memoryWords(n int64) string {
	if n == unknown {
		return "-"
	}
	return tight(formatBytes(max(n, 0)))
}

// lines are the sentences about what went wrong.
func (t trouble) lines(c *benchCell) []string {
	var out []string
	many := func(n int64, noun, what string) {
		if n > 0 {
			out = append(out, plural(n, noun)+what)
		}
	}
	for _, f := range t.failed {
		many(f.N, "connection", " could not be had: "+f.What)
	}
	for _, f := range t.broken {
		many(f.N, "connection", " ended before the time: "+f.What)
	}
	if t.wrong > 0 {
		out = append(out, wrongWords(t.first))
	}
	if t.stalled {
		out = append(out, "nothing came for "+formatDuration(load.StallAfter)+", and that was the end")
	}
	many(t.unanswered, "message", " had not come back "+formatDuration(load.DrainFor)+" after the end")
	many(t.lost, "datagram", " lost"+lateWords(t.late))
	many(t.silent, "connection", " got no answer while it was measured")
	return out
}

func lateWords(n int64) string {
	if n == 0 {
		return ""
	}
	return " (" + strconv.FormatInt(n, 10) + " came more than " + formatDuration(load.LostAfter) + " late)"
}

// wrongWords says what came back as it had not been sent.
func wrongWords(w load.Wrong) string {
	s := "connection " + itoa(w.Conn+1) + ", message " + strconv.FormatUint(w.Message+1, 10) + ", byte " + itoa(w.Offset+1)
	if w.Extra {
		return s + ": " + hexByte(w.Came) + " came, and nothing had been sent"
	}
	return s + ": sent " + hexByte(w.Sent) + ", got " + hexByte(w.Came)
}

func hexByte(b byte) string {
	const hex = "0123456789abcdef"
	return "0x" + string([]byte{hex[b>>4], hex[b&15]})
}

func heardWords(s string) string {
	if s == "" {
		return ""
	}
	return "; it says: " + s
}

// judge is the verdict about everything that was measured.
func (r *bench) judge() error {
	bad, wrong := 0, int64(0)
	for _, c := range r.cells {
		t := c.trouble()
		if t.bad() {
			bad++
		}
		wrong += t.wrong
	}
	switch {
	case wrong > 0:
		return fail(exitNo, more(nil, "what came back was not what had been sent, on "+plural(wrong, "connection")))
	case bad > 0:
		return fail(exitNo, more(nil, "not every connection and message came through"))
	}
	return nil
}

// show prints what follows the rows, and draws.
func (r *bench) show() error {
	for _, c := range r.cells { // of an interrupted run: what there is of them
		if err := r.row(c); err != nil {
			return err
		}
	}
	if err := r.draw(); err != nil {
		return err
	}
	if r.o.json {
		return r.e.print(r.document())
	}
	return r.bars()
}

// bars are the rates, a picture for each number of connections.
func (r *bench) bars() error {
	if len(r.targets) < 2 {
		return nil
	}
	tty := isatty.IsTerminal(1)
	width := 80
	if tty {
		width = max(sys.Columns(r.k, 1), 40)
	}
	s := ""
	for _, n := range r.b.conns {
		var bars []draw.Bar
		for _, c := range r.cells {
			if m := c.median(); c.conns == n && m != nil && m.Messages > 0 {
				bars = append(bars, draw.Bar{Label: c.target.name, Value: m.rate(), Text: strconv.FormatFloat(m.rate(), 'f', 0, 64)})
			}
		}
		if len(bars) > 1 {
			s += "\nmessages/s, " + plural(int64(n), "connection") + "\n" + draw.Bars(bars, width, tty && r.e.getenv("TERM") != "dumb", r.e.mayColor(r.o.color, tty))
		}
	}
	return r.e.print(s)
}

// draw writes the pictures of --svg.
func (r *bench) draw() error {
	for _, p := range r.b.svg {
		chart := draw.Chart{
			Title: p.metric.title, Note: r.note(), X: "connections", Y: p.metric.axis, LogX: len(r.b.conns) > 1, LogY: p.metric.logY,
		}
		for _, t := range r.targets {
			s := draw.Series{Name: t.name, Group: t.group()}
			for _, c := range r.cells {
				if m := c.median(); c.target == t && m != nil {
					if y := p.metric.of(m); y != unknown {
						s.Points = append(s.Points, draw.Point{X: float64(c.conns), Y: y})
					}
				}
			}
			slices.SortFunc(s.Points, func(a, b draw.Point) int { return int(a.X - b.X) })
			if len(s.Points) > 0 {
				chart.Series = append(chart.Series, s)
			}
		}
		if err := overwrite(r.k, p.file, []byte(chart.SVG())); err != nil {
			return fail(exitWrite, err)
		}
	}
	return nil
}

// note is the line below a picture's title.
func (r *bench) note() string {
	s := plural(int64(r.b.size), "byte") + " there and back over " + r.kindName()
	if r.b.active > 0 && r.b.active < slices.Max(r.b.conns) {
		return s + ", " + itoa(r.b.active) + " connections active and the others idle"
	}
	return s + ", every connection active"
}
