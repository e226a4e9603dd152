package draw

import (
	"strconv"
	"strings"
)

// SequenceMermaid writes the sequences as one sequence diagram in the language of Mermaid, for a page that draws it. A solid
// arrow was seen, a broken one is inferred. All have the same roles.
func SequenceMermaid(all []Sequence) string {
	var b strings.Builder
	b.WriteString("sequenceDiagram\n")
	for n := range all {
		q := &all[n]
		if n == 0 {
			b.WriteString("    participant A as " + mermaid(q.Roles[0]) + "\n    participant B as " + mermaid(q.Roles[1]) + "\n")
		}
		b.WriteString("    Note over A,B: " + mermaid(q.Title) + "<br/>" + mermaid(q.Roles[0]+" "+q.Names[0]+", "+q.Roles[1]+" "+q.Names[1]) + "\n")
		for i := range q.Rows {
			mermaidRow(&b, &q.Rows[i])
		}
		for _, s := range q.Notes {
			if s != "" {
				b.WriteString("    Note over A,B: " + strings.ReplaceAll(strings.TrimSpace(mermaid(wrap(s, 60))), "\n", "<br/>") + "\n")
			}
		}
	}
	return b.String()
}

func mermaidRow(b *strings.Builder, r *Row) {
	sides := [2]string{"left of A", "right of B"}
	for i, s := range r.Call {
		if s != "" {
			b.WriteString("    Note " + sides[i] + ": " + mermaid(s) + "\n")
		}
	}
	label := r.Label
	if r.Mark != "" {
		label += " (" + r.Mark + ")"
	}
	arrow := "->>"
	if r.Inferred {
		arrow = "-->>"
	}
	switch {
	case r.Way == ToRight:
		b.WriteString("    A" + arrow + "B: " + mermaid(label) + "\n")
	case r.Way == ToLeft:
		b.WriteString("    B" + arrow + "A: " + mermaid(label) + "\n")
	case label != "":
		b.WriteString("    Note over A,B: " + mermaid(label) + "\n")
	}
	for i, s := range r.State {
		if s != "" {
			b.WriteString("    Note " + sides[i] + ": " + mermaid(s) + "\n")
		}
	}
}

// mermaid escapes what ends a text there, or begins an entity.
func mermaid(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '#', r == ';', r == '<', r == '>', r == '&', r == '"', r == '%':
			b.WriteString("#" + strconv.Itoa(int(r)) + ";")
		case r < ' ' && r != '\n':
			b.WriteByte(' ')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
