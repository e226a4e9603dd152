package modes

import "strings"

// mayColor decides whether talk is coloured: what --color says; else NO_COLOR (set and not empty) forbids it,
// CLICOLOR_FORCE (set and not 0) asks for it, CLICOLOR=0 and TERM=dumb forbid it, and a terminal gets it.
func (e *Env) mayColor(c choice, tty bool) bool {
	switch {
	case c == always:
		return true
	case c == never || e.getenv("NO_COLOR") != "":
		return false
	case e.getenv("CLICOLOR_FORCE") != "" && e.getenv("CLICOLOR_FORCE") != "0":
		return true
	case e.getenv("CLICOLOR") == "0" || e.getenv("TERM") == "dumb":
		return false
	}
	return tty
}

func (e *Env) getenv(name string) string {
	for _, kv := range e.Environ {
		if v, ok := strings.CutPrefix(kv, name+"="); ok {
			return v
		}
	}
	return ""
}

// paint puts an SGR sequence around s (ECMA-48, 8.3.117).
func (t *talker) paint(sgr, s string) string {
	if !t.color {
		return s
	}
	return "\x1b[" + sgr + "m" + s + "\x1b[0m"
}
