package modes

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"cat5/io/pump"

	"golang.org/x/sys/unix"
)

// The help pages. Examples come first: most people want a line to copy. A page fits a screen of 80 columns; the flags
// come in groups, made from the rows of flagTable.

func quoted(s string) string { return strconv.Quote(s) }

// plural is "1 byte", "2 bytes".
func plural(n int64, noun string) string {
	s := strconv.FormatInt(n, 10) + " " + noun
	if n != 1 {
		s += "s"
	}
	return s
}

func (e *Env) help(name string, args []string) error {
	if name == "" {
		return usageError("no command: cat5 help lists them")
	}
	if len(args) > 2 {
		return usageError("help is of one command, or of flags")
	}
	if len(args) > 1 && args[1] == "flags" {
		return e.print(flagPage())
	}
	if len(args) > 1 {
		cmd := findCommand(args[1])
		if cmd == nil {
			return unknownCommand(args[1])
		}
		return e.print(cmd.page())
	}
	return e.print(overview())
}

func overview() string {
	var b strings.Builder
	b.WriteString("cat5 - the network cable for your shell\n\nusage: cat5 COMMAND [FLAGS] [--] ADDRESS\n")
	for _, g := range []string{groupConnect, groupServe, groupLook, groupLearn, ""} {
		title := g
		if g == "" {
			title = "Other"
		}
		first := true
		for _, entry := range commands() {
			c := entry.make()
			if c.group != g {
				continue
			}
			if first {
				b.WriteString("\n" + title + "\n")
				first = false
			}
			b.WriteString("  " + pad(c.name, 12) + c.short + "\n")
		}
	}
	b.WriteString("  " + pad("help", 12) + "this page; cat5 help COMMAND; cat5 help flags\n")
	b.WriteString("\nexit codes: 0 all went as asked, 1 no, 2 usage, 6 name, 7 connect, 18 short,\n" +
		"23 write, 26 read, 28 time-out, 45 listen, 55 send, 56 receive, 128+n signal n\n")
	return b.String()
}

// page is the help of one command.
func (c *command) page() string {
	var b strings.Builder
	b.WriteString("cat5 " + c.name + " - " + c.short + "\n\n")
	for _, ex := range c.examples {
		b.WriteString("  " + ex + "\n")
	}
	if len(c.examples) > 0 {
		b.WriteString("\n")
	}
	b.WriteString("usage: cat5 " + c.name + " [FLAGS] " + c.usage + "\n")
	if c.about != "" {
		b.WriteString("\n" + c.about)
	}
	rows := c.rows()
	for _, g := range groupsOf(rows) {
		if (g == gProxy || g == gSock || g == gOut) && len(rows) > manyFlags {
			b.WriteString(flagNames(rows, g))
		} else {
			b.WriteString(flagLines(rows, g))
		}
	}
	return b.String()
}

// manyFlags is how many flags a page can explain one a line and still fit a screen. With more, the flags that are the
// same in every command are only named; "cat5 help flags" explains them all.
const manyFlags = 25

// groupsOf is the groups that rows belong to, in the order of the help: what is a command's own comes first.
func groupsOf(rows []*flagRow) []string {
	shared := []string{gConn, gProxy, gAccs, gTime, gData, gDgram, gUnix, gSock, gOut}
	var own []string
	for _, r := range rows {
		if !slices.Contains(shared, r.group) && !slices.Contains(own, r.group) {
			own = append(own, r.group)
		}
	}
	return append(own, shared...)
}

// flagPage explains every flag there is: first those that commands share, then each command's own.
func flagPage() string {
	rows := make([]*flagRow, len(flagTable))
	for i := range flagTable {
		rows[i] = &flagTable[i]
	}
	s := "The same flag means the same in every command that has it.\n"
	for _, g := range groupsOf(rows) {
		s += flagLines(rows, g)
	}
	for _, entry := range commands() {
		own := entry.make().ownRows()
		for _, r := range own {
			r.group = "cat5 " + entry.name
		}
		s += flagLines(own, "cat5 "+entry.name)
	}
	return s + "\nT is a time: 3, 0.5, 250ms, 2m. SIZE and N take k, M, G (1024). Each flag can\n" +
		"be set in the environment: CAT5_TIMEOUT=3 is --timeout 3. What is typed wins.\n"
}

// flagLines is a group of flags, a line each. Rows without words of their own share the line before them.
func flagLines(rows []*flagRow, group string) string {
	s := ""
	for i, r := range rows {
		if r.group != group || r.doc == "" {
			continue
		}
		label := r.label()
		for _, next := range rows[i+1:] {
			if next.doc != "" {
				break
			}
			label += ", " + strings.TrimSpace(next.label())
		}
		s += "  " + pad(label, 28) + r.doc + "\n"
	}
	if s == "" {
		return ""
	}
	return "\n" + group + "\n" + s
}

// flagNames is a group of flags by name only.
func flagNames(rows []*flagRow, group string) string {
	s, line := "\n"+group+" (explained by: cat5 help flags)\n", ""
	for _, r := range rows {
		if r.group != group {
			continue
		}
		label := strings.TrimSpace(r.label())
		if len(line)+len(label) > 76 {
			s += " " + line + "\n"
			line = ""
		}
		line += " " + label
	}
	if line == "" { // a group of which this command has nothing
		return ""
	}
	return s + " " + line + "\n"
}

// label is how a flag is written: "-w, --timeout T".
func (r *flagRow) label() string {
	s := "    "
	if r.short != 0 {
		s = "-" + string(r.short) + ", "
	}
	s += "--" + r.name
	if r.arg != "" && r.arg[0] != '[' {
		s += " "
	}
	return s + r.arg
}

func pad(s string, n int) string {
	if len(s) >= n {
		return s + " "
	}
	return s + strings.Repeat(" ", n-len(s))
}

// usageHint is a line to type after a usage error.
func usageHint(args []string, v *verdict) string {
	if v.code != exitUsage {
		return ""
	}
	if len(args) > 0 && findCommand(args[0]) != nil {
		return "cat5 help " + args[0]
	}
	return "cat5 help"
}

// hint is a line to type, or to think of, after a failure.
func (c *cable) hint(v *verdict) string {
	switch v.code {
	case exitUsage:
		return "cat5 help " + c.network
	case exitConnect:
		if len(c.o.proxies) > 0 {
			return ""
		}
		if c.network != "unix" && errors.Is(v.err, unix.ECONNREFUSED) && c.conns == 0 {
			return "nothing listens there; to be the server: cat5 " + c.network + " -l " + c.hosts.Port
		}
	case exitListen:
		if strings.HasSuffix(v.err.Error(), "address already in use") {
			if c.network == "unix" {
				return "to replace a socket file that nobody listens on: --unlink=stale"
			}
			return "port 0 lets the kernel choose a free one"
		}
		if strings.HasSuffix(v.err.Error(), "permission denied") && c.network != "unix" {
			return "ports below 1024 are for root: try 8000"
		}
	case exitRecv:
		if c.std != nil && c.std.in.Kind == pump.TTY {
			return "the peer's host says that nobody listens there any more"
		}
	}
	return ""
}
