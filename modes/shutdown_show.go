package modes

import (
	"strings"
	"time"

	"cat5/io/draw"
)

// How a run of cat5 shutdown is drawn: rows for io/draw, and a document of JSON.

// sequence makes the drawing's rows of the steps.
func (r *shutRun) sequence() draw.Sequence {
	q := draw.Sequence{Title: "cat5 shutdown " + r.c.name + ": " + r.c.title, Roles: [2]string{r.ends[0].role, r.ends[1].role}}
	for i := range r.ends {
		q.Names[i] = r.ends[i].addr.String()
	}
	m := marks{letters: map[string]string{}}
	for i := range r.steps {
		q.Rows = append(q.Rows, r.rows(&r.steps[i], &m)...)
	}
	q.Notes = []string{r.c.moral, ""}
	q.Notes = append(q.Notes, m.notes...)
	q.Notes = append(q.Notes, r.sources(len(m.notes) > 0)...)
	for i := range r.ends {
		if l := r.last[i]; l.state == "TIME_WAIT" && l.left > 0 {
			q.Notes = append(q.Notes, "The "+r.ends[i].role+"'s end stays in TIME_WAIT for another "+formatDuration(l.left.Round(time.Second))+".")
		}
	}
	return q
}

// sources says where the rest comes from.
func (r *shutRun) sources(marked bool) []string {
	where := "TCP_INFO of open sockets and sock_diag"
	if r.link == nil {
		where = "TCP_INFO of open sockets (there is no sock_diag here)"
	}
	states := "States are the kernel's own: " + where + "."
	switch {
	case r.where != nil:
		return []string{states + " Of the server's nothing is known here, and packets are inferred."}
	case r.sniff != nil && r.unfit == "":
		return []string{states + " Packets were seen on lo."}
	case r.sniff != nil:
		return []string{states + " Packets were seen on lo, but some may be missing: " + r.unfit + "."}
	case r.unfit != "" && marked:
		return []string{states + " Packets are inferred: " + r.unfit + "."}
	}
	return []string{states + " Packets are inferred."}
}

// marks gives each witness a letter.
type marks struct {
	letters map[string]string
	notes   []string
}

func (m *marks) of(p shutPacket) string {
	if p.why == "" {
		return ""
	}
	letter := m.letters[p.why]
	if letter == "" {
		letter = string(rune('a' + len(m.notes)))
		m.letters[p.why] = letter
		m.notes = append(m.notes, "("+letter+") inferred: "+p.why)
	}
	return letter
}

func (st *shutStep) words() string {
	if st.call == "" || st.result == "" {
		return st.call
	}
	return st.call + " = " + st.result
}

// rows: the call stands beside the first packet, the states that came of it beside the last.
func (r *shutRun) rows(st *shutStep, m *marks) []draw.Row {
	rows := []draw.Row{{Label: st.remark}}
	for i, p := range st.packets {
		row := draw.Row{Label: p.label, Inferred: p.why != "", Mark: m.of(p), Way: draw.ToRight}
		if p.from == 1 {
			row.Way = draw.ToLeft
		}
		if i == 0 && st.remark == "" {
			rows[0] = row
		} else {
			rows = append(rows, row)
		}
	}
	rows[0].Call[st.who] = st.words()
	for i := range st.is {
		if st.is[i].state != st.was[i].state {
			rows[len(rows)-1].State[i] = st.is[i].state
		}
	}
	return rows
}

// shutJSON is one document for all cases.
func shutJSON(runs []*shutRun) string {
	d := &jsonDoc{}
	d.open("", '{')
	d.number("v", 1)
	d.text("command", "shutdown")
	d.open("cases", '[')
	for i, r := range runs {
		if i > 0 {
			d.b = append(d.b, ",\n"...)
		}
		r.appendJSON(d)
	}
	d.shut(']')
	d.shut('}')
	return string(d.b) + "\n"
}

func (r *shutRun) appendJSON(d *jsonDoc) {
	d.b = append(d.b, '{')
	d.text("case", r.c.name)
	for _, e := range r.ends {
		d.text(e.role, e.addr.String())
	}
	d.open("steps", '[')
	for i := range r.steps {
		st := &r.steps[i]
		d.open("", '{')
		d.number("us", uint64(st.at/time.Microsecond))
		d.text("end", r.ends[st.who].role)
		if st.call != "" {
			d.text("call", st.call)
			d.text("result", st.result)
		}
		if st.remark != "" {
			d.text("remark", st.remark)
		}
		d.open("packets", '[')
		for _, p := range st.packets {
			d.open("", '{')
			d.text("from", r.ends[p.from].role)
			d.text("packet", p.label)
			d.truth("seen", p.why == "")
			if p.why != "" {
				d.text("inferred_from", p.why)
			}
			d.shut('}')
		}
		d.shut(']')
		for j, e := range r.ends {
			if s := st.is[j].state; s != "" {
				d.text(e.role+"_state", strings.TrimSpace(s))
			}
		}
		d.shut('}')
	}
	d.shut(']')
	d.shut('}')
}
