package modes

import (
	"errors"
	"path/filepath"
	"strings"
)

// cat5 nc: OpenBSD netcat, flag for flag. Its argv is translated into one of cat5's (nc_translate.go), which is run as
// every other, and speaks with nc's words (say_nc.go). The binary called through a link named nc or netcat is cat5 nc.

// ncNames are the names that mean cat5 nc.
var ncNames = []string{"nc", "netcat", "nc.openbsd", "nc.traditional", "ncat"}

func ncCommand() *command {
	return &command{
		name: "nc", short: "OpenBSD netcat, flag for flag (also as a link named nc)", usage: "as nc: see nc -h",
		about: "What nc -h lists, with nc's words and exit codes. CAT5_EXPLAIN=1 shows the cat5\n" +
			"command that it comes to; CAT5_NC=traditional or ncat reads the letters as that\n" +
			"netcat does.\n",
		examples: []string{
			"cat5 nc -zv localhost 20-30    # as nc has it",
			"ln -s cat5 nc; ./nc -l 1234    # from here on it is nc",
		},
	}
}

// isNC says whether the run is one of nc, and what its name and words are then.
func (e *Env) isNC() (name string, argv []string, ok bool) {
	for _, n := range ncNames {
		if filepath.Base(e.Name) == n {
			return e.Name, e.Args, true
		}
	}
	if len(e.Args) > 0 && e.Args[0] == "nc" {
		return "nc", e.Args[1:], true
	}
	return "", nil, false
}

// runNC is a run of nc from its argv to its exit code.
func (e *Env) runNC(name string, argv []string) error {
	d, err := ncDialectOf(e.getenv("CAT5_NC"), filepath.Base(name))
	if err != nil {
		return err
	}
	services := ncServices(e)
	args, err := ncTranslate(d, argv, services)
	if err != nil {
		return e.ncRefused(d, name, err)
	}
	if v := e.getenv("CAT5_EXPLAIN"); !isOff(v) {
		_, err := writeAll(e.K, 2, []byte(ncLine(args)+"\n"))
		if err != nil {
			return fail(exitNo, nil)
		}
	}
	cmd := findCommand(args[0])
	o := newOptions()
	rows := cmd.rows()
	flags, operands, rest, err := normalise(specs(rows), args[1:])
	if err == nil {
		err = setFlags(o, rows, flags)
	}
	if err != nil {
		return e.ncRefused(d, name, ncRefuse(err.Error()))
	}
	if v := e.getenv("CAT5_EXPLAIN"); v == "calls" || v == "data" {
		setExplain(o, v)
		defer e.explain(o)()
	}
	if args[0] == "listen" {
		o.rest = rest
		return ncExit(cmd.run(e, o, operands))
	}
	if o.rest = rest; !o.exec {
		operands, o.rest = append(operands, rest...), nil
	}
	return runCableAs(e, o, args[0], operands, func(c *cable) voice {
		return &ncVoice{c: c, name: filepath.Base(name), idleFails: d.idleFails}
	})
}

// ncExit is the verdict of a command that does not know of nc: its words are its own, the exit code is 0 or 1.
func ncExit(err error) error {
	v := judge(err)
	if v.code != 0 && v.signal == 0 {
		v.code = exitNo
	}
	return v
}

// ncRefused tells why nc does not start.
func (e *Env) ncRefused(d *ncDialect, name string, err error) error {
	var r *ncRefusal
	if !errors.As(err, &r) {
		return err
	}
	s := ""
	switch {
	case r.help && r.usage:
		s = d.help
	case r.help:
		s = r.text
	case r.bare:
		s = name + ": " + visible(r.text) + "\n"
	case r.text != "":
		s = filepath.Base(name) + ": " + visible(r.text) + "\n"
	}
	if r.usage && !r.help {
		s += d.usage
	}
	if r.help && r.usage && d.helpOut {
		return e.print(s)
	}
	writeAll(e.K, 2, []byte(s)) // nobody is left to be told that it failed
	if r.help {
		return nil
	}
	return &verdict{code: exitNo}
}

// ncServices is getservbyname(3), which reads its file when it is first asked for a name.
func ncServices(e *Env) func(network, name string) (uint16, bool) {
	return func(network, name string) (uint16, bool) {
		if strings.Trim(name, "0123456789- +\t") == "" {
			return 0, false
		}
		return servicePort(e.K, network, name)
	}
}

// setFlags gives each flag of a line that normalise has put in order to its row.
func setFlags(o *options, rows []*flagRow, flags []string) error {
	set := map[string]bool{}
	for _, f := range flags {
		name, v, given := strings.Cut(f[2:], "=")
		if !given {
			v = "true"
		}
		for _, r := range rows {
			if r.name != name {
				continue
			}
			set[name] = true
			if err := r.set(o, v); err != nil {
				return err
			}
		}
	}
	return o.finish(set)
}

// ncLine is a command as one can type it.
func ncLine(args []string) string {
	line := "cat5"
	for _, a := range args {
		if a == "" || strings.Trim(a, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=./:,@%+") != "" {
			a = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
		line += " " + a
	}
	return line
}
