package modes

import (
	"strings"

	"cat5/io/sys"

	"github.com/mattn/go-isatty"
)

// cat5 man shows a manual page: made when it is asked for, from the same tables as the help and from what man_text.go
// and man_flags.go say in addition. docs/man holds the same pages for installing.

func manCommand() *command {
	return &command{
		name: "man", short: "the manual page of a command, or of cat5 itself", usage: "[COMMAND]",
		examples: []string{
			"cat5 man tcp                                 # on a terminal: to read",
			"cat5 man tcp >/usr/share/man/man1/cat5-tcp.1 # else: its source, in mdoc(7)",
		},
		flags: []string{"help"},
		run: func(e *Env, o *options, operands []string) error {
			switch len(operands) {
			case 0:
				return e.man(ManPage(""))
			case 1:
				if s := ManPage(operands[0]); s != "" {
					return e.man(s)
				}
				return unknownCommand(operands[0])
			}
			return usageError("one command, or none for cat5 itself")
		},
	}
}

// pipeRoom is what a pipe holds when nobody reads it yet (pipe(7)).
const pipeRoom = 64 << 10

// man shows a page. On a terminal cat5 becomes mandoc or man, with the page in a pipe as its input: no child, whose pager
// would have to be given the terminal, and no file to remove. Where neither is there the source is printed.
func (e *Env) man(page string) error {
	if !isatty.IsTerminal(1) || len(page) > pipeRoom {
		return e.print(page)
	}
	for _, argv := range [][]string{{"mandoc", "-a"}, {"man", "-l", "-"}} {
		path, err := sys.LookPath(e.K, argv[0], e.getenv("PATH"))
		if err != nil {
			continue
		}
		// "The file descriptor returned by a successful call will be the lowest-numbered file descriptor not currently open"
		// (open(2); pipe(2) does the same): the pipe's reading end becomes descriptor 0.
		var p [2]int
		sys.Close(e.K, 0)
		if err := e.K.Pipe2(p[:], 0); err != nil {
			break
		}
		_, err = writeAll(e.K, p[1], []byte(page))
		sys.Close(e.K, p[1])
		if err == nil && p[0] == 0 {
			e.K.Execve(path, argv, e.Environ) // if it comes back the source has to do
		}
		sys.Close(e.K, p[0])
		break
	}
	return e.print(page)
}

// ManPage is the text of docs/man/cat5-COMMAND.1, or for "" of cat5.1; "" when there is no such command.
func ManPage(name string) string {
	if name == "" {
		return overviewMan()
	}
	if name == "help" {
		return ""
	}
	c := findCommand(name)
	if c == nil {
		return ""
	}
	return c.man()
}

// ManPages is the name of each command that has a page: cat5-NAME.1.
func ManPages() (names []string) {
	for _, e := range commands() {
		names = append(names, e.name)
	}
	return names
}

// man is the page of one command.
func (c *command) man() string {
	m := &mdoc{}
	more := manTextOf(c.name)
	rows := c.rows()
	for _, r := range rows {
		m.args = append(m.args, strings.FieldsFunc(r.arg, notArg)...)
	}
	m.args = append(m.args, strings.FieldsFunc(c.usage, notArg)...)
	m.head("cat5-"+c.name, c.short)
	m.macro("Sh SYNOPSIS")
	switch {
	case c.name == "nc":
		m.synopsis("cat5 nc", strings.TrimPrefix(strings.ReplaceAll(openbsdUsage, "\n", " "), "usage: nc "), true)
		rows = nil
	case len(rows) > 0:
		m.synopsis("cat5 "+c.name, c.usage, false)
	}
	m.macro("Sh DESCRIPTION")
	about := more.text
	if about == "" {
		about = c.about
	}
	if about == "" {
		about = strings.ToUpper(c.short[:1]) + c.short[1:] + "."
	}
	m.prose(about)
	if c.name == "nc" {
		m.letters()
	}
	m.flags(rows)
	m.environment(c, rows)
	m.macro("Sh EXIT STATUS")
	m.exits(c, rows, more.exits)
	m.examples(c.examples)
	m.seeAlso(more.see)
	if more.caveats != "" {
		m.macro("Sh CAVEATS")
		m.prose(more.caveats)
	}
	return m.b.String()
}

// notArg splits a usage into the words that stand for something.
func notArg(r rune) bool { return (r < 'A' || r > 'Z') && r != '-' }

// overviewMan is cat5(1).
func overviewMan() string {
	m := &mdoc{}
	more := manTextOf("")
	m.head("cat5", "the network cable for your shell")
	m.macro("Sh SYNOPSIS")
	m.synopsis("cat5", "COMMAND [FLAGS] [--] [ADDRESS...]", false)
	m.macro("Sh DESCRIPTION")
	m.args = []string{"COMMAND", "FLAGS", "ADDRESS", "HOST", "PORT", "PATH"}
	m.prose(more.text)
	for _, g := range []string{groupConnect, groupServe, groupLook, groupLearn, ""} {
		title := g
		if g == "" {
			title = "Other"
		}
		m.macro("Ss " + title)
		m.macro("Bl -tag -width cat5-completion(1) -compact")
		for _, e := range commands() {
			if c := e.make(); c.group == g {
				m.macro("It Xr cat5-" + c.name + " 1")
				m.marked(sentence(c.short))
			}
		}
		m.macro("El")
	}
	m.macro("Sh ENVIRONMENT")
	m.env(manEnv...)
	m.macro("Sh EXIT STATUS")
	m.exits(nil, nil, "")
	m.macro("Sh EXAMPLES")
	m.prose(manOverviewExamples)
	m.seeAlso(more.see)
	m.macro("Sh CAVEATS")
	m.prose(more.caveats)
	return m.b.String()
}

// sentence is a line of the help as a sentence.
func sentence(s string) string {
	if s == "" {
		return s
	}
	s = strings.ToUpper(s[:1]) + s[1:]
	if !strings.HasSuffix(s, ".") {
		s += "."
	}
	return s
}
