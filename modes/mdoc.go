package modes

import "strings"

// mdoc writes manual pages in mdoc(7), from plain words.
type mdoc struct {
	b    strings.Builder
	args []string // the words that stand for something on this page: they are marked in its prose
}

// manDate is when what the pages say by hand was last changed.
const manDate = "November 24, 2026"

// manWidth is the longest line of a page's source, in bytes: mandoc -Tlint asks for no more than 80.
const manWidth = 78

func (m *mdoc) head(name, short string) {
	m.macro("Dd " + manDate)
	m.macro("Dt " + strings.ToUpper(name) + " 1")
	m.macro("Os")
	m.macro("Sh NAME")
	m.macro("Nm " + name)
	m.macro("Nd " + roff(short))
}

func (m *mdoc) macro(s string) { m.b.WriteString("." + s + "\n") }

// roff escapes what roff(7) would read as more than a character. "\-" is the dash that can be copied and typed.
func roff(s string) string {
	return strings.NewReplacer("\\", "\\e", "-", "\\-").Replace(s)
}

// word is an argument of a macro line: one that is called like a macro is kept from being one.
func word(s string) string {
	s = strings.ReplaceAll(roff(s), `"`, `\(dq`)
	if len(s) <= 3 && len(s) > 1 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'a' && s[1] <= 'z' {
		return "\\&" + s
	}
	return s
}

// text is a line of running text, broken where it gets long.
func (m *mdoc) text(s string) {
	line := ""
	flush := func() {
		if line == "" {
			return
		}
		if line[0] == '.' || line[0] == '\'' {
			line = "\\&" + line
		}
		m.b.WriteString(line + "\n")
		line = ""
	}
	for _, w := range strings.Fields(s) {
		w = strings.ReplaceAll(w, "\\", "\\e")
		if line != "" && len(line)+1+len(w) > manWidth {
			flush()
		}
		if line != "" {
			line += " "
		}
		if line += w; strings.HasSuffix(strings.TrimRight(w, ")\""), ".") || strings.HasSuffix(w, "?") {
			flush() // "new sentence, new line" (mdoc(7))
		}
	}
	flush()
}

// prose is text by hand: a sentence a line, paragraphs between empty lines, indented lines as they are, "term: words" lines
// that begin with "* " as a list. Flags, pages such as tcp(7), and the page's arguments are marked.
func (m *mdoc) prose(s string) {
	kind := byte(0) // of the line before: 0 none, p text, l literal, i list
	end := func() {
		switch kind {
		case 'l':
			m.macro("Ed")
		case 'i':
			m.macro("El")
		}
	}
	blank := false
	for _, line := range strings.Split(strings.Trim(s, "\n"), "\n") {
		now := byte('p')
		switch {
		case line == "":
			blank = true
			continue
		case strings.HasPrefix(line, "  "):
			now = 'l'
		case strings.HasPrefix(line, "* "):
			now = 'i'
		}
		if now != kind || blank && now == 'p' {
			end()
			switch {
			case now == 'l':
				m.macro("Bd -literal -offset indent")
			case now == 'i':
				m.macro("Bl -bullet")
			case kind != 0:
				m.macro("Pp")
			}
		} else if blank && now == 'l' {
			m.b.WriteString("\n")
		}
		kind, blank = now, false
		switch now {
		case 'l':
			m.b.WriteString(roff(line[2:]) + "\n")
		case 'i':
			m.macro("It")
			m.marked(line[2:])
		default:
			m.marked(line)
		}
	}
	end()
}

// marked is a line of prose with its marks.
func (m *mdoc) marked(line string) {
	plain := ""
	for _, w := range strings.Fields(line) {
		core := strings.TrimRight(w, ".,;:)")
		tail := w[len(core):]
		open := ""
		if strings.HasPrefix(core, "(") {
			open, core = "( ", core[1:]
		}
		name, section, page := strings.Cut(core, "(")
		mark := ""
		switch {
		case core == "OpenBSD":
			mark = "Ox"
		case page && len(section) == 1 && strings.HasPrefix(tail, ")"): // tcp(7)
			mark, tail = "Xr "+name+" "+section, tail[1:]
		case strings.HasPrefix(core, "--") && len(core) > 2 && !strings.ContainsAny(core, "'`"):
			flag, value, given := strings.Cut(core[1:], "=")
			mark = "Fl " + word(flag)
			if given {
				mark += " Ns = Ns Ar " + word(value)
			}
		case len(core) == 2 && core[0] == '-' && core[1] != '-':
			mark = "Fl " + core[1:]
		case m.isArg(core):
			mark = "Ar " + word(core)
		case strings.HasPrefix(core, "CAT5_") || core == "NOTIFY_SOCKET" || core == "LISTEN_FDS" || core == "LISTEN_PID" || core == "PATH" && !m.isArg(core):
			mark = "Ev " + core
		}
		if mark == "" {
			plain += " " + w
			continue
		}
		if open != "" {
			if !strings.HasPrefix(tail, ")") { // one word in brackets only
				plain += " " + w
				continue
			}
			mark, tail = "Pq "+mark, tail[1:]
		}
		m.text(plain)
		plain = ""
		for _, p := range strings.Split(tail, "") {
			mark += " " + p
		}
		m.macro(strings.TrimSpace(mark))
	}
	m.text(plain)
}

func (m *mdoc) isArg(w string) bool {
	for _, a := range m.args {
		if a == w && len(w) > 1 && strings.Trim(w, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "" {
			return true
		}
	}
	return false
}
