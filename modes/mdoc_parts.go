package modes

import (
	"slices"
	"strings"
)

// The parts of a manual page that are made from tables.

// synopsis is a line for each alternative of a usage.
func (m *mdoc) synopsis(name, usage string, args bool) {
	for _, line := range alternatives(usage) {
		m.macro("Nm " + name)
		if !args && name != "cat5" {
			m.macro("Op Ar FLAGS")
		}
		for _, part := range synopsisParts(line, args) {
			m.macro(part)
		}
	}
}

// alternatives splits a usage at each | that is in no brackets and has space around it.
func alternatives(usage string) (lines []string) {
	depth, from := 0, 0
	for i := range len(usage) {
		switch usage[i] {
		case '[':
			depth++
		case ']':
			depth--
		case '|':
			if depth == 0 && i > 0 && usage[i-1] == ' ' {
				lines = append(lines, strings.TrimSpace(usage[from:i]))
				from = i + 1
			}
		}
	}
	return append(lines, strings.TrimSpace(usage[from:]))
}

// synopsisParts is the macro line for each part of a line that stands outside brackets.
func synopsisParts(line string, args bool) (parts []string) {
	line = strings.NewReplacer("[:port]", "{:port}", "...]", " ... ]", "[", " [ ", "]", " ] ").Replace(line)
	part, depth, last := "", 0, ""
	flush := func() {
		if depth == 0 && part != "" {
			parts = append(parts, strings.TrimSpace(part))
			part = ""
		}
	}
	for _, w := range strings.Fields(line) {
		mark := "Ar "
		switch {
		case w == "[":
			part += " Oo"
			depth++
			last = ""
			continue
		case w == "]":
			part += " Oc"
			depth--
			flush()
			last = ""
			continue
		case w == "|", w == "...":
			part += " " + w
			continue
		case w == "<":
			part += " No <"
			continue
		case w[0] == '-' && len(w) > 1:
			mark, w = "Fl ", w[1:]
		case !args && w[0] != '@' && strings.ToUpper(w) != w:
			mark = "Cm "
		}
		w = strings.NewReplacer("{", "[", "}", "]").Replace(w)
		dots := strings.HasSuffix(w, "...")
		if w = strings.TrimSuffix(w, "..."); mark != last || part == "" {
			flush()
			part += " " + mark + word(w)
		} else {
			part += " " + word(w)
		}
		if last = mark; dots {
			part += " ..."
		}
		flush()
	}
	flush()
	return parts
}

// flags explains every flag, group by group, with what man_flags.go adds.
func (m *mdoc) flags(rows []*flagRow) {
	for _, g := range groupsOf(rows) {
		var of []*flagRow
		for _, r := range rows {
			if r.group == g {
				of = append(of, r)
			}
		}
		if len(of) == 0 {
			continue
		}
		title, more, _ := strings.Cut(strings.ReplaceAll(g, "\n", " "), " (")
		m.macro("Ss " + title)
		if more = strings.TrimSuffix(more, ")"); more != "" {
			m.text(sentence(more))
		}
		m.macro("Bl -tag -width Ds")
		for i, r := range of {
			if r.doc == "" && i > 0 { // the row before said it for both
				continue
			}
			item, long := "It "+flagMark(r), manFlag(r)
			for _, next := range of[i+1:] {
				if next.doc != "" {
					break
				}
				item += " , " + flagMark(next)
				long += "\n" + manFlag(next)
			}
			m.macro(item)
			m.marked(sentence(r.doc))
			m.more(long)
		}
		m.macro("El")
	}
}

// more is what is said of a flag beyond its line.
func (m *mdoc) more(s string) {
	for line := range strings.Lines(s) {
		m.marked(line)
	}
}

// flagMark is a flag with its names and value, for an item.
func flagMark(r *flagRow) string {
	s := ""
	if r.short != 0 {
		s = "Fl " + string(r.short) + " , "
	}
	s += "Fl " + word("-"+r.name)
	switch {
	case r.arg == "":
	case r.arg[0] == '[':
		s += " Ns Oo = Ns " + valueMark(strings.Trim(r.arg, "[=]")) + " Oc"
	default:
		s += " " + valueMark(r.arg)
	}
	return s
}

func valueMark(arg string) string {
	if strings.Contains(arg, "|") {
		return "Cm " + word(arg)
	}
	return "Ar " + strings.ReplaceAll(word(arg), "...", " ...")
}

// letters explains nc's letters by what they are here.
func (m *mdoc) letters() {
	m.macro("Pp")
	m.text("The letters are:")
	m.macro("Bl -tag -width Ds")
	for _, f := range ncWordFlags() {
		item := "It Fl " + string(f.short)
		if f.arg != "" {
			item += " Ar " + word(f.arg)
		}
		m.macro(item)
		m.text(sentence(f.doc))
		for _, l := range openbsdLetters() {
			if flag := strings.TrimSuffix(l.flag, "="); l.c == f.short && flag != "" {
				m.text("In cat5:")
				m.macro("Fl " + word(flag[1:]) + " .")
			}
		}
	}
	m.macro("El")
}

// environment is what a command heeds there.
func (m *mdoc) environment(c *command, rows []*flagRow) {
	var names []string
	for _, r := range rows {
		switch r.name {
		case "color":
			names = append(names, "NO_COLOR", "CLICOLOR", "TERM")
		case "exec":
			names = append(names, "PATH")
		case "port-file":
			names = append(names, "NOTIFY_SOCKET", "LISTEN_FDS")
		}
	}
	if c.name == "nc" {
		names = []string{"CAT5_NC", "CAT5_EXPLAIN"}
	} else if len(rows) > 1 {
		names = append(names, "CAT5_FLAG")
	}
	var list []manVar
	for _, v := range manEnv {
		first, _, _ := strings.Cut(v.name, " ")
		if slices.Contains(names, first) {
			list = append(list, v)
		}
	}
	if len(list) > 0 {
		m.macro("Sh ENVIRONMENT")
		m.env(list...)
	}
}

func (m *mdoc) env(list ...manVar) {
	m.macro("Bl -tag -width Ds")
	for _, v := range list {
		m.macro("It " + "Ev " + strings.ReplaceAll(v.name, " ", " , "))
		m.prose(v.text)
	}
	m.macro("El")
}

// exits are the codes that a command can end with. Without a command: every code.
func (m *mdoc) exits(c *command, rows []*flagRow, more string) {
	has := func(names ...string) bool {
		return c == nil || slices.ContainsFunc(rows, func(r *flagRow) bool { return slices.Contains(names, r.name) })
	}
	data := c == nil || c.group == groupConnect || c.group == groupServe && c.name != "bench"
	if more != "" {
		m.prose(more)
	}
	if c != nil && c.name == "nc" {
		return
	}
	if more != "" {
		m.macro("Pp")
	}
	m.macro("Bl -tag -width Ds -compact")
	for _, x := range manExits {
		switch {
		case x.data && !data, x.flags != "" && !has(strings.Fields(x.flags)...):
			continue
		}
		m.macro("It " + x.code)
		m.text(x.text)
	}
	m.macro("El")
}

// examples are those of the help: what it does, then the line.
func (m *mdoc) examples(all []string) {
	if len(all) == 0 {
		return
	}
	m.macro("Sh EXAMPLES")
	for i, ex := range all {
		line, what, _ := strings.Cut(ex, "  # ")
		if !strings.Contains(ex, "  # ") {
			if line, what, _ = strings.Cut(ex, " # "); what == "" {
				line = ex
			}
		}
		if what != "" {
			if i > 0 {
				m.macro("Pp")
			}
			m.text(strings.TrimSuffix(sentence(what), ".") + ":")
		}
		m.macro("Bd -literal -offset indent")
		m.b.WriteString(roff("$ "+strings.TrimSpace(line)) + "\n")
		m.macro("Ed")
	}
}

// seeAlso names other pages, sorted by section and name as mdoc(7) wants them.
func (m *mdoc) seeAlso(pages string) {
	list := strings.Fields(pages)
	if !slices.Contains(list, "cat5(1)") && pages != "" && !strings.HasPrefix(pages, "cat5-") {
		list = append(list, "cat5(1)")
	}
	slices.SortFunc(list, func(a, b string) int {
		an, as, _ := strings.Cut(a, "(")
		bn, bs, _ := strings.Cut(b, "(")
		if as != bs {
			return strings.Compare(as, bs)
		}
		return strings.Compare(strings.ToLower(an), strings.ToLower(bn))
	})
	m.macro("Sh SEE ALSO")
	for i, p := range list {
		name, section, _ := strings.Cut(strings.TrimSuffix(p, ")"), "(")
		line := "Xr " + name + " " + section
		if i < len(list)-1 {
			line += " ,"
		}
		m.macro(line)
	}
}
