package modes

import (
	"strings"

	"cat5/io/sys"
	"cat5/sockopt"
)

// --explain: the kernel that a command gets is one that tells of each call. Only this file swaps it, and no command
// knows.

// What --explain may say.
const (
	explainNot   = iota
	explainCalls // reads and writes are summed up
	explainData  // they are listed, and so is housekeeping
)

func setExplain(o *options, v string) error {
	if v == "true" {
		v = "calls"
	}
	i, err := oneOf("explain", v, "calls", "data")
	o.explain = i + explainCalls
	return err
}

// explain puts the narrator before the kernel, if that was asked for, and returns what ends its story. Otherwise e.K
// stays the pointer that it is.
func (e *Env) explain(o *options) (end func()) {
	if o.explain == explainNot || e.Explain == nil {
		return func() {}
	}
	t := e.talk(o) // of its own, on the kernel itself: what the narrator says is not told of again
	e.K, e.told = e.Explain(e.K, o.explain == explainData, !o.json, optionNotes, t.told)
	return e.told
}

// optionNotes is what the table of socket options says of one.
func optionNotes(level, opt int) (name, says, man string) {
	for i := range sockopt.Table {
		if r := &sockopt.Table[i]; r.Level == level && r.Opt == opt {
			return r.C, r.Doc, r.Man
		}
	}
	return "", "", ""
}

// told shows what the narrator tells: the call as it is, and below it, dimmed, what it means; what the kernel says of a
// socket in a colour. All of it in one write, so that the lines of two threads never mix.
func (t *talker) told(x sys.Told) {
	if t.json {
		t.event(x.Event, toldFields(&x)...)
		return
	}
	b := t.buf[:0]
	if t.tty && t.midLine.Swap(false) {
		b = append(b, '\n')
	}
	sgr := map[string]string{"state": "36", "data": "2", "kept": "2", "again": "2"}[x.Event]
	if x.Errno != "" && x.Errno != "EINPROGRESS" && x.Errno != "EAGAIN" {
		sgr = "31"
	}
	switch x.Event {
	case "call": // one line, however long: it is one call, or one thing about a socket, and who looks for it finds all of it
		b = append(append(b, t.painted(sgr, visible(x.Line))...), '\n')
	case "state", "data":
		b = append(append(b, t.painted(sgr, "  "+visible(x.Line))...), '\n')
	default: // a list, or nothing
		b = t.paragraph(b, sgr, "  ", visible(x.Line))
	}
	note := x.Note
	if x.Man != "" {
		note += " [" + x.Man + "]"
	}
	b = t.paragraph(b, "2", "    ", visible(note))
	t.write(b)
}

func (t *talker) painted(sgr, s string) string {
	if sgr == "" {
		return s
	}
	return t.paint(sgr, s)
}

// paragraph appends text in lines of at most 79 columns, broken at blanks and indented, those that follow more so.
func (t *talker) paragraph(b []byte, sgr, indent, text string) []byte {
	line := indent
	for word := range strings.FieldsSeq(text) {
		switch {
		case len(line)+1+len(word) > 79 && line != indent:
			b = append(append(b, t.painted(sgr, line)...), '\n')
			line = "    " + word
		case line == indent:
			line += word
		default:
			line += " " + word
		}
	}
	if line == indent {
		return b
	}
	return append(append(b, t.painted(sgr, line)...), '\n')
}

func toldFields(x *sys.Told) []field {
	f := []field{str("call", x.Call)}
	if x.FD >= 0 {
		f = append(f, num("fd", int64(x.FD)))
	}
	if x.Event == "data" || x.Event == "kept" || x.Event == "again" {
		f = append(f, num("calls", x.Calls))
	}
	if x.Event == "data" {
		f = append(f, num("bytes", x.Bytes))
	}
	return append(f, str("from", x.From), str("to", x.To), str("errno", x.Errno), str("line", x.Line), str("note", x.Note), str("man", x.Man))
}
