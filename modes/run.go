// Package modes is what a user meets: one file a command, the flags, the words and the exit codes.
package modes

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"cat5/io/sys"

	"github.com/mattn/go-isatty"
	"github.com/urfave/cli/v2"
	"golang.org/x/sys/unix"
)

// Env is what a run of cat5 gets from outside.
type Env struct {
	K       *sys.Calls
	Name    string   // the program's name, argv[0]: nc and netcat mean cat5 nc
	Args    []string // without it
	Environ []string
	// Explain puts a narrator before a kernel, for --explain (io/explain, which only main knows); nil: there is none.
	Explain func(next *sys.Calls, data, payload bool, option func(level, opt int) (name, says, man string), tell func(sys.Told)) (told *sys.Calls, end func())

	told    func()        // the narrator's last words; nil when nothing is explained
	began   time.Duration // when the first talker was made
	midLine atomic.Bool   // on a terminal: what a peer wrote last has not ended its line
	untold  atomic.Bool   // an event of --json could not be written
}

// command is one subcommand: what it is called, what its help says, which flags it has, what it does.
type command struct {
	name     string
	group    string
	usage    string    // the operands
	short    string    // one line
	about    string    // a few lines for its page; may be empty
	examples []string  // each "command line  # what it does"
	flags    []string  // names in flagTable
	own      []flagRow // flags that no other command has; they fill what run looks at
	json     string    // what --json does here, for the help; "" where the table says it
	rest     bool      // what stands behind -- is kept apart from the operands, in options.rest
	run      func(e *Env, o *options, operands []string) error
}

// Main runs cat5 and returns the exit code. When the run has to end by a signal it does not return.
func Main(e *Env) (code int) {
	defer func() {
		if r := recover(); r != nil {
			t := e.talk(newOptions())
			t.json = e.wantsJSON()
			t.panicked(r)
			code = exitBug
		}
	}()
	v := judge(e.main())
	if v.err != nil { // what runCable and the others tell themselves they do not return
		t := e.talk(newOptions())
		t.json = e.wantsJSON()
		t.fail(v.err, usageHint(e.Args, v))
		t.exit(v, 0, 0, 0)
	}
	if v.signal != 0 {
		sys.Die(v.signal)
	}
	if v.code == exitOK && e.untold.Load() { // there is nowhere to say it
		return exitWrite
	}
	return v.code
}

// main finds the command and hands its words, put in order, to the flag library.
func (e *Env) main() error {
	if name, argv, ok := e.isNC(); ok {
		return e.runNC(name, argv)
	}
	name := ""
	if len(e.Args) > 0 {
		name = e.Args[0]
	}
	switch name {
	case "", "help", "--help", "-h":
		return e.help(name, e.Args)
	case "--version", "-V":
		name = "version"
	}
	cmd := findCommand(name)
	if cmd == nil {
		return unknownCommand(name)
	}
	return e.start(cmd)
}

// start gives cmd the words behind its name.
func (e *Env) start(cmd *command) error {
	o := newOptions()
	rows := cmd.rows()
	if slices.Contains(cmd.flags, "ready-fd") {
		o.service = e.service()
	}
	flags, operands, rest, err := normalise(specs(rows), e.Args[1:])
	if err != nil {
		return err
	}
	used := map[string]bool{}
	for _, f := range flags {
		name, _, _ := strings.Cut(f[2:], "=")
		used[name] = true
	}
	if cmd.rest || used["exec"] {
		o.rest = rest
	} else {
		operands = append(operands, rest...)
	}
	if used["help"] {
		return e.print(cmd.page())
	}
	return e.app(cmd, o, rows, used).Run(append(append(append([]string{"cat5", cmd.name}, flags...), "--"), operands...))
}

// app builds the application of urfave/cli around the chosen command. Only the flags that argv uses are attached: a
// library object for each flag of each command would cost more than connecting. The library's own talk, help and exits are turned off;
// what it returns comes back through Run.
func (e *Env) app(cmd *command, o *options, rows []*flagRow, used map[string]bool) *cli.App {
	set := map[string]bool{}
	var refused error // by a flag's row: the library wraps its words into a sentence of its own
	var flags []cli.Flag
	for _, r := range rows {
		if !used[r.name] {
			continue
		}
		flags = append(flags, &cli.GenericFlag{Name: r.name, Value: &flagValue{r, o, set, &refused}})
	}
	usage := func(_ *cli.Context, err error, _ bool) error {
		if refused != nil {
			return refused
		}
		return usageError(err.Error())
	}
	return &cli.App{
		Name: "cat5", HideHelp: true, HideHelpCommand: true, HideVersion: true,
		Writer: nowhere{}, ErrWriter: nowhere{},
		OnUsageError:   usage,
		ExitErrHandler: func(*cli.Context, error) {},
		Commands: []*cli.Command{{
			Name: cmd.name, Flags: flags, HideHelp: true, HideHelpCommand: true, OnUsageError: usage,
			Action: func(c *cli.Context) error {
				if err := o.idleFlags(set); err != nil { // of what was typed: the environment may say what is of no use here
					return err
				}
				if err := e.environment(cmd, o, rows, set); err != nil {
					return err
				}
				if err := o.finish(set); err != nil {
					return err
				}
				defer e.explain(o)()
				return cmd.run(e, o, c.Args().Slice())
			},
		}},
	}
}

type nowhere struct{}

func (nowhere) Write(p []byte) (int, error) { return len(p), nil }

// flagValue gives the value of one flag to its row.
type flagValue struct {
	row *flagRow
	o   *options
	set map[string]bool
	err *error // why the row refused
}

func (v *flagValue) Set(s string) error {
	v.set[v.row.name] = true
	err := v.row.set(v.o, s)
	if err != nil && *v.err == nil {
		*v.err = err
	}
	return err
}

func (v *flagValue) String() string { return "" }

// IsBoolFlag makes package flag take --name without a value, as "true".
func (v *flagValue) IsBoolFlag() bool {
	return v.row.arg == "" || v.row.arg[0] == '[' || strings.HasSuffix(v.row.arg, "...")
}

// rival is the flag that another excludes: one that is typed wins over the other in the environment.
func rival(name string) string {
	switch name {
	case "ipv4":
		return "ipv6"
	case "ipv6":
		return "ipv4"
	case "quiet":
		return "verbose"
	case "verbose":
		return "quiet"
	case "send-only":
		return "recv-only"
	case "recv-only":
		return "send-only"
	case "proxy", "proxy-user", "proxy-password", "proxy-basic": // a proxy for all clients does not keep one from listening
		return "listen"
	}
	return ""
}

// isOff says whether a variable turns off what needs no value: its flag is then as if it were not there.
func isOff(v string) bool { return v == "" || v == "0" || v == "false" || v == "no" }

// environment applies CAT5_NAME for each flag that argv did not set: flag, then environment, then default.
func (e *Env) environment(cmd *command, o *options, rows []*flagRow, set map[string]bool) error {
	for _, kv := range e.Environ {
		name, v, _ := strings.Cut(kv, "=")
		name, ok := strings.CutPrefix(name, "CAT5_")
		if !ok || v == "" {
			continue
		}
		name = strings.ToLower(strings.ReplaceAll(name, "_", "-"))
		for _, r := range rows {
			if r.name != name || set[name] || set[rival(name)] || strings.HasSuffix(r.arg, "...") {
				continue
			}
			if (r.arg == "" || r.arg[0] == '[') && isOff(v) {
				continue
			}
			if r.arg == "" || r.arg[0] == '[' && v == "1" {
				v = "true"
			}
			set[name] = true
			if err := r.set(o, v); err != nil {
				return usageError("CAT5_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_")) + ": " + err.Error())
			}
		}
	}
	return nil
}

// rows are the command's flags: its own, then the others in the order of the table.
func (c *command) rows() []*flagRow {
	rows := c.ownRows()
	for i := range flagTable {
		if r := &flagTable[i]; r.name == "explain" || slices.Contains(c.flags, r.name) { // every command can be explained
			rows = append(rows, c.here(r))
		}
	}
	return rows
}

// here is a row of the table as this command's page says it: the flag means the same everywhere, but a page does not speak of
// what the command does not have.
func (c *command) here(r *flagRow) *flagRow {
	doc := r.doc
	switch {
	case r.name == "json" && c.json != "":
		doc = c.json
	case r.name == "source-port" && !slices.Contains(c.flags, "listen"):
		doc = "connect from this port"
	}
	if doc == r.doc {
		return r
	}
	other := *r
	other.doc = doc
	return &other
}

func (c *command) ownRows() []*flagRow {
	var rows []*flagRow
	for i := range c.own {
		rows = append(rows, &c.own[i])
	}
	return rows
}

func specs(rows []*flagRow) []argSpec {
	out := make([]argSpec, len(rows))
	for i, r := range rows {
		out[i] = argSpec{Long: r.name, Short: r.short}
		switch {
		case r.arg == "":
		case r.arg[0] == '[':
			out[i].Arg = optArg
		case strings.HasSuffix(r.arg, "..."):
			out[i].Arg = restArg
		default:
			out[i].Arg = needArg
		}
	}
	return out
}

// talk makes the talker of a run.
func (e *Env) talk(o *options) *talker {
	tty := isatty.IsTerminal(2)
	if e.began == 0 {
		e.began = e.K.Now()
	}
	return &talker{k: e.K, fd: 2, prefix: "cat5: ", tty: tty, dumb: e.getenv("TERM") == "dumb", verbose: o.verbose, quiet: o.quiet, json: o.json,
		color: e.mayColor(o.color, tty) && !o.json, began: e.began, now: time.Now, midLine: &e.midLine, untold: &e.untold, before: e.told}
}

// wantsJSON says whether argv or the environment asks for JSON, for errors that come before argv is understood.
func (e *Env) wantsJSON() bool {
	if _, _, nc := e.isNC(); !nc && !isOff(e.getenv("CAT5_JSON")) {
		return true
	}
	for _, a := range e.Args {
		if a == "--json" {
			return true
		}
		if a == "--" {
			break
		}
	}
	return false
}

// print writes a document to stdout; not being able to is an error like any other.
func (e *Env) print(s string) error {
	if closed, _ := stdoutClosed(e.K); closed { // of a report the exit code remains
		return fail(exitWrite, sys.Wrap("write", "stdout", errClosed))
	}
	_, err := writeAll(e.K, 1, []byte(s))
	if err == unix.EPIPE && !sigpipeIgnored(e.K) {
		return &verdict{code: exitBySignal + int(unix.SIGPIPE), signal: unix.SIGPIPE}
	}
	if err != nil {
		return fail(exitWrite, sys.Wrap("write", "stdout", err))
	}
	return nil
}

// context is what a run without a time-out of its own dials with.
func (e *Env) context() context.Context { return context.Background() }
