package sockopt

import (
	"strconv"
	"strings"
)

// Markdown is the whole table as a document, grouped by level: docs/sockopt.md is its output, word for word.
func Markdown() []byte {
	var b strings.Builder
	b.WriteString(`# Socket options

<!-- Generated from sockopt/table.go by "go test ./sockopt -run Markdown -update". Edit the table instead. -->

` + "`--sockopt NAME=VALUE`" + ` sets any of these, on every command and several times; ` + "`cat5 sockopt`" + ` lists them. The C names
do as well, in any case. A bare number counts in the unit given here; times may have their own (` + "`10s`, `250ms`" + `), sizes a
suffix of powers of 1024 (` + "`64k`, `1M`" + `). Read-only options are marked *ro*, those that can only be set *wo*.

What is marked *before bind* is set on a new socket at once, and what a TCP server accepts inherits it; rows with *again* are
set once more on accepted sockets of those kinds, which do not inherit them. The default is a new socket's; a name in
parentheses is the sysctl that decides it.
`)
	for _, level := range [...]string{"SOL_SOCKET", "IPPROTO_TCP", "IPPROTO_UDP", "IPPROTO_IP", "IPPROTO_IPV6"} {
		n := 0
		var rows strings.Builder
		for i := range Table {
			if o := &Table[i]; o.LevelName() == level {
				n++
				rows.WriteString("| `" + o.Name + "` | " + o.C + " | " + o.valueDoc() + " | " + o.lifeDoc() + " | " +
					o.On.String() + " | " + o.Default + " | " + o.noteDoc() + " |\n")
			}
		}
		b.WriteString("\n## " + level + " (" + strconv.Itoa(n) + ")\n\n| name | C | value | when | sockets | default | what it does |\n" +
			"|---|---|---|---|---|---|---|\n" + rows.String())
	}
	return []byte(b.String())
}

// valueDoc is the value's form, range and words.
func (o *Option) valueDoc() string {
	s := strings.ReplaceAll(o.Kind.String(), "|", " or ")
	if o.ranged() && !(o.Words != "" && wordOf(o.Words, o.Max) != "") { // words that reach to Max say it all
		unit := o.Kind.unit()
		if o.Kind == Timeval {
			s += " 0s to " + seconds(o.Max) + unit
		} else {
			s += " " + strconv.FormatInt(o.Min, 10) + unit + " to " + strconv.FormatInt(o.Max, 10) + unit
		}
	}
	if o.Words != "" {
		s += "; " + strings.TrimPrefix(wordList(o.Words), "one of ")
	}
	return s
}

// lifeDoc is when it is set.
func (o *Option) lifeDoc() string {
	switch {
	case o.RO:
		return "*ro*"
	case o.Again != 0:
		return o.When.String() + ", again on " + o.Again.String()
	}
	return o.When.String()
}

// noteDoc is the sentence, and what the option needs.
func (o *Option) noteDoc() string {
	s := o.Doc
	if o.WO {
		s = "*wo* " + s
	}
	if o.Needs != "" {
		s += " Needs " + o.Needs + "."
	}
	if o.Since != "" {
		s += " Since Linux " + o.Since + "."
	}
	return s + " " + o.Man
}
