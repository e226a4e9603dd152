package draw

import (
	"strings"
	"unicode/utf8"
)

// Sequence is what passed between two ends of a connection, from top to bottom: what each did at its side, what went
// over the wire, and the state it was in then.
type Sequence struct {
	Title string
	Roles [2]string // what the ends are called; the first stands on the left
	Names [2]string // and their addresses
	Rows  []Row
	Notes []string // below: what the marks mean, and whatever else is to be said
}

// Way is which way an arrow points.
type Way uint8

// The ways.
const (
	NoArrow Way = iota
	ToRight
	ToLeft
)

// Row is one moment. Every field may be empty.
type Row struct {
	Way      Way
	Label    string    // on the arrow; without one, a remark between the ends
	Inferred bool      // not seen itself: drawn broken
	Mark     string    // refers to a note
	Call     [2]string // what an end did, and what came of it
	State    [2]string // the state an end is in from now on
}

// Widths of the drawing in characters: two sides, and the room between the lifelines. In all 80, unless what stands at the left
// is wider.
const (
	sideWidth = 24
	midWidth  = 28
)

// pen is what the lines are drawn with.
type pen struct{ life, line, broken, right, left string }

// Text draws the sequence for a terminal of 80 columns, with box drawing characters or in ASCII.
func (q *Sequence) Text(unicode bool) string {
	p := pen{"|", "-", ".", ">", "<"}
	if unicode {
		p = pen{"│", "─", "╌", "▶", "◀"}
	}
	side := sideWidth
	for _, r := range q.Rows {
		side = max(side, utf8.RuneCountInString(r.Call[0]), utf8.RuneCountInString(r.State[0]))
	}
	line := func(left, mid, right string) string { return line(side, left, mid, right) }
	var b strings.Builder
	b.WriteString(q.Title + "\n\n")
	if fits(q.Names[0]) && fits(q.Names[1]) {
		b.WriteString(line(q.Roles[0], spaces(midWidth+2), q.Roles[1]))
		b.WriteString(line(q.Names[0], spaces(midWidth+2), q.Names[1]))
	} else {
		b.WriteString(q.Roles[0] + " " + q.Names[0] + "\n" + q.Roles[1] + " " + q.Names[1] + "\n\n")
		b.WriteString(line(q.Roles[0], spaces(midWidth+2), q.Roles[1]))
	}
	for _, r := range q.Rows {
		mid := p.life + p.arrow(&r) + p.life
		call, state := r.Call, r.State
		for i := range 2 { // what an end did stands before the state it came to
			if call[i] == "" {
				call[i], state[i] = state[i], ""
			}
		}
		b.WriteString(line(call[0], mid, call[1]))
		if state != [2]string{} {
			b.WriteString(line(state[0], p.life+spaces(midWidth)+p.life, state[1]))
		}
	}
	if len(q.Notes) > 0 {
		b.WriteByte('\n')
	}
	for _, n := range q.Notes {
		b.WriteString(wrap(n, 80))
	}
	return b.String()
}

func fits(s string) bool { return utf8.RuneCountInString(s) <= sideWidth }

// line is one line of a drawing: the left side stands next to its lifeline, as the right one does.
func line(side int, left, mid, right string) string {
	s := spaces(side-utf8.RuneCountInString(left)) + left + " " + mid + " " + right
	return strings.TrimRight(s, " ") + "\n"
}

// arrow is what stands between the lifelines.
func (p *pen) arrow(r *Row) string {
	if r.Way == NoArrow {
		n := midWidth - utf8.RuneCountInString(r.Label)
		return spaces(n/2) + r.Label + spaces(n-n/2)
	}
	label := " " + r.Label + " "
	if r.Mark != "" {
		label += "(" + r.Mark + ") "
	}
	rest := midWidth - 1 - utf8.RuneCountInString(label)
	before := min(4, rest)
	line := p.line
	if r.Inferred {
		line = p.broken
	}
	s := strings.Repeat(line, max(before, 0)) + label + strings.Repeat(line, max(rest-before, 0))
	if r.Way == ToLeft {
		return p.left + s
	}
	return s + p.right
}

func spaces(n int) string { return strings.Repeat(" ", max(n, 0)) }

// wrap breaks a note at spaces; what follows the first line is set in by its first word, if that is a mark such as (a).
func wrap(s string, width int) string {
	indent := ""
	if strings.HasPrefix(s, "(") {
		indent = spaces(strings.IndexByte(s, ' ') + 1)
	}
	var b strings.Builder
	col := 0
	for i, word := range strings.Fields(s) {
		n := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case col+1+n > width:
			b.WriteString("\n" + indent)
			col = len(indent)
		default:
			b.WriteByte(' ')
			col++
		}
		b.WriteString(word)
		col += n
	}
	return b.String() + "\n"
}
