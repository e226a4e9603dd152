package draw

import (
	"strings"
	"unicode/utf8"
)

// Measures of the picture, in pixels.
const (
	seqWidth  = 880.0
	seqLeft   = 285.0 // the lifelines
	seqRight  = seqWidth - seqLeft
	seqRow    = 30.0
	seqTop    = 92.0 // from a sequence's top to its first row
	seqNote   = 19.0
	seqNoteAt = 112 // characters in a line of a note
)

// seqStyle is beside the style that all pictures share.
const seqStyle = `<style>
.title{font-size:16px;font-weight:600}.role{font-weight:600}.small,.note{font-size:11.5px}.note{fill:#6e7781}
.head{fill:#24292f}.rst{stroke:#d55e00}.rsthead,.rsttext{fill:#d55e00}.state{font-weight:600;font-size:12px}
@media(prefers-color-scheme:dark){.head{fill:#e6edf3}.note{fill:#8b949e}.rst{stroke:#ff8c42}.rsthead,.rsttext{fill:#ff8c42}}
</style>
`

// inks are the colours of states: open, half closed, waiting, and none.
var inks = [...]struct{ states, ink string }{
	{"ESTABLISHED", "#009e73"},
	{"LISTEN SYN_SENT SYN_RECV TIME_WAIT", "#56b4e9"},
	{"FIN_WAIT1 FIN_WAIT2 CLOSE_WAIT LAST_ACK CLOSING", "#e69f00"},
	{"CLOSE", "#d55e00"},
}

func stateInk(state string) string {
	for _, i := range inks {
		for s := range strings.FieldsSeq(i.states) {
			if s == state {
				return i.ink
			}
		}
	}
	return ""
}

// SequenceSVG draws one sequence below another. Beside each lifeline its state is a bar, whose colour says what may still
// pass: both ways, one way, nothing.
func SequenceSVG(all []Sequence) string {
	p := &svg{w: seqWidth}
	p.b.WriteString(seqStyle)
	y := 0.0
	for i := range all {
		y = p.sequence(&all[i], y+10)
	}
	p.h = y + 14
	return p.String()
}

func (p *svg) sequence(q *Sequence, top float64) (bottom float64) {
	p.text(24, top+22, "start", "title", q.Title)
	at := [2]float64{seqLeft, seqRight}
	for i, x := range at {
		anchor := x
		if utf8.RuneCountInString(q.Names[i]) > 34 { // a long address would reach the other end's
			anchor += [2]float64{-60, 60}[i]
		}
		p.text(anchor, top+52, "middle", "role", q.Roles[i])
		p.text(anchor, top+69, "middle", "dim small", q.Names[i])
	}
	first := top + seqTop
	bottom = first + seqRow*float64(len(q.Rows)) + 10 // room for the last state's bar
	for i, x := range at {
		p.line(x, first-14, x, bottom-8, "grid", "")
		p.bars(q, i, x, first, bottom)
	}
	for n := range q.Rows {
		p.row(&q.Rows[n], first+seqRow*float64(n))
	}
	bottom += 12
	for _, n := range q.Notes {
		for l := range strings.Lines(wrap(n, seqNoteAt)) {
			l = strings.TrimRight(l, "\n")
			text := strings.TrimLeft(l, " ")
			p.text(24+7*float64(len(l)-len(text)), bottom+6, "start", "note", text)
			bottom += seqNote
		}
	}
	return bottom
}

// bars draws the states of an end along its lifeline.
func (p *svg) bars(q *Sequence, end int, x, first, bottom float64) {
	state, from := "", 0.0
	flush := func(to float64) {
		if ink := stateInk(state); ink != "" && to > from {
			p.rect(x-3, from, 6, to-from, ink, state)
		}
	}
	for n := range q.Rows {
		if s := q.Rows[n].State[end]; s != "" {
			y := first + seqRow*float64(n)
			flush(y)
			state, from = s, y
		}
	}
	flush(bottom - 8)
}

func (p *svg) row(r *Row, y float64) {
	for i, x := range [2]float64{seqLeft - 14, seqRight + 14} {
		anchor := [2]string{"end", "start"}[i]
		call, state := r.Call[i], r.State[i]
		cy, sy := y+4, y+4
		if call != "" && state != "" {
			cy, sy = y-4, y+11
		}
		if call != "" {
			p.text(x, cy, anchor, "", call)
		}
		if state != "" {
			p.text(x, sy, anchor, "state", state)
		}
	}
	if r.Way == NoArrow {
		if r.Label != "" {
			p.text((seqLeft+seqRight)/2, y+4, "middle", "dim small", r.Label)
		}
		return
	}
	from, to, back := seqLeft+5, seqRight-5, -9.0
	if r.Way == ToLeft {
		from, to, back = to, from, 9
	}
	class, head, text := "line", "head", ""
	if strings.HasPrefix(r.Label, "RST") {
		class, head, text = "line rst", "rsthead", "rsttext"
	}
	more := ""
	if r.Inferred {
		more = ` stroke-dasharray="6 4"`
	}
	p.line(from, y, to+back, y, class, more)
	p.b.WriteString(`<path d="M` + px(to) + " " + px(y) + "L" + px(to+back) + " " + px(y-4.5) + "L" + px(to+back) + " " + px(y+4.5) + `Z"` + classed(head) + "/>\n")
	label := r.Label
	if r.Mark != "" {
		label += " (" + r.Mark + ")"
	}
	p.text((seqLeft+seqRight)/2, y-6, "middle", text, label)
}
