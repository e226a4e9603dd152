package modes

import (
	"strings"

	"cat5/io/sys"
	"cat5/sockopt"

	"golang.org/x/sys/unix"
)

func sockoptCommand() *command {
	return &command{
		name: "sockopt", group: groupLearn, usage: "[NAME... | get NAME... | set NAME=VALUE...]",
		short: "every socket option: what it is, what the kernel makes of it",
		examples: []string{
			"cat5 sockopt --kind tcp             # the options that a TCP socket has",
			"cat5 sockopt keepidle               # all there is to say about one",
			"cat5 sockopt get rcvbuf nodelay     # what a fresh socket has",
			"cat5 sockopt set rcvbuf=64k         # what the kernel makes of it",
			"cat5 sockopt get --kind unix-dgram sndbuf",
		},
		about: "Without operands: the whole table. get and set use a fresh socket: of the kind\n" +
			"given, or of the first kind that has the option.\n",
		json:  "the result as one JSON document on stdout",
		flags: []string{"kind", "json", "help"},
		run:   runSockopt,
	}
}

func runSockopt(e *Env, o *options, operands []string) error {
	on := sockopt.Any
	if o.kind != "" {
		var err error
		if on, err = parseKind(o.kind); err != nil {
			return err
		}
	}
	if len(operands) == 0 {
		return e.print(listOptions(on, nil, o.json))
	}
	switch operands[0] {
	case "get":
		return getOptions(e, o, on, operands[1:])
	case "set":
		return setOptions(e, o, on, operands[1:])
	}
	rows, err := lookupAll(operands)
	if err != nil {
		return err
	}
	return e.print(listOptions(on, rows, o.json))
}

// socketKinds names each kind of socket, most usual first.
var socketKinds = [...]struct {
	name        string
	on          sockopt.On
	domain, typ int
}{
	{"tcp4", sockopt.TCP4, unix.AF_INET, unix.SOCK_STREAM},
	{"tcp6", sockopt.TCP6, unix.AF_INET6, unix.SOCK_STREAM},
	{"udp4", sockopt.UDP4, unix.AF_INET, unix.SOCK_DGRAM},
	{"udp6", sockopt.UDP6, unix.AF_INET6, unix.SOCK_DGRAM},
	{"unix-stream", sockopt.UnixStream, unix.AF_UNIX, unix.SOCK_STREAM},
	{"unix-dgram", sockopt.UnixDgram, unix.AF_UNIX, unix.SOCK_DGRAM},
	{"unix-seqpacket", sockopt.UnixSeqpacket, unix.AF_UNIX, unix.SOCK_SEQPACKET},
}

func parseKind(s string) (sockopt.On, error) {
	var on sockopt.On
	names := []string{"tcp", "udp", "unix"}
	for _, k := range socketKinds {
		if s == k.name || strings.HasPrefix(k.name, s) && (s == "tcp" || s == "udp" || s == "unix") {
			on |= k.on
		}
		names = append(names, k.name)
	}
	if on == 0 {
		return 0, usageError("--kind: " + quoted(s) + " is not one of " + strings.Join(names, ", "))
	}
	return on, nil
}

func lookupAll(names []string) ([]*sockopt.Option, error) {
	if len(names) == 0 {
		return nil, usageError("which option? cat5 sockopt lists them")
	}
	var rows []*sockopt.Option
	for _, n := range names {
		row, ok := sockopt.Lookup(n)
		if !ok {
			return nil, usageError(sockopt.Unknown(n).Error())
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// listOptions is the table, or the rows asked for: those in full.
func listOptions(on sockopt.On, rows []*sockopt.Option, json bool) string {
	full := rows != nil
	if !full {
		for i := range sockopt.Table {
			rows = append(rows, &sockopt.Table[i])
		}
	}
	var b []byte
	for _, r := range rows {
		if r.On&on == 0 {
			continue
		}
		switch {
		case json && len(b) == 0:
			b = r.AppendJSON(append(b, '['))
		case json:
			b = r.AppendJSON(append(b, ",\n"...))
		case full:
			b = append(b, describe(r)...)
		default:
			b = append(b, pad(r.Name, 26)+pad(r.Access(), 3)+pad(r.On.String(), 14)+r.Doc+"\n"...)
		}
	}
	switch {
	case json && len(b) == 0:
		return "[]\n"
	case json:
		b = append(b, ']', '\n')
	}
	return string(b)
}

// describe is everything that one row says.
func describe(r *sockopt.Option) string {
	s := r.Name + "  (" + r.LevelName() + ", " + r.C + ", " + r.Man + ")\n  " + r.Doc + "\n"
	line := func(what, v string) {
		if v != "" {
			s += "  " + pad(what, 9) + v + "\n"
		}
	}
	line("value", r.Kind.String())
	line("words", r.Words)
	line("sockets", r.On.String())
	line("access", map[string]string{"rw": "read and set", "ro": "read only", "wo": "set only"}[r.Access()])
	if !r.RO {
		line("set", r.When.String())
	}
	line("default", r.Default)
	line("needs", r.Needs)
	line("since", r.Since)
	return s
}

// freshSocket makes a socket of the first kind in want.
func freshSocket(k *sys.Calls, want sockopt.On) (fd int, kind string, err error) {
	for _, s := range socketKinds {
		if s.on&want == 0 {
			continue
		}
		fd, err = k.Socket(s.domain, s.typ|unix.SOCK_CLOEXEC, 0)
		if err == nil || err != unix.EAFNOSUPPORT {
			return fd, s.name, sys.Wrap("socket", s.name, err)
		}
	}
	return -1, "", sys.Wrap("socket", "", unix.EAFNOSUPPORT)
}

func getOptions(e *Env, o *options, on sockopt.On, names []string) error {
	rows, err := lookupAll(names)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if r.WO {
			return usageError("sockopt " + r.Name + " can only be set")
		}
		if r.On&on == 0 {
			return usageError("sockopt " + r.Name + ": not an option of " + o.kind + " sockets")
		}
	}
	var out []byte
	for _, r := range rows {
		fd, kind, err := freshSocket(e.K, r.On&on)
		if err != nil {
			return fail(exitNo, err)
		}
		v, err := sockopt.Read(e.K, fd, r)
		sys.Close(e.K, fd)
		if err != nil {
			if r.Needs != "" {
				err = more(err, " (it needs "+r.Needs+")")
			}
			return fail(exitNo, err)
		}
		if o.json {
			out = v.AppendJSON(append(out, `{"name":"`+r.Name+`","kind":"`+kind+`","value":`...))
			out = append(out, '}', '\n')
		} else {
			out = append(out, pad(r.Name, 26)+v.String()+"\n"...)
		}
	}
	return e.print(string(out))
}

func setOptions(e *Env, o *options, on sockopt.On, words []string) error {
	if len(words) == 0 {
		return usageError("set what? NAME=VALUE")
	}
	var all []sockopt.Setting
	want := on
	for _, w := range words {
		s, err := sockopt.Parse(w)
		if err != nil {
			return usageError(err.Error())
		}
		if err := s.CheckFor(want); err != nil {
			return usageError(err.Error())
		}
		want &= s.Option.On
		all = append(all, s)
	}
	fd, kind, err := freshSocket(e.K, want)
	if err != nil {
		return fail(exitNo, err)
	}
	defer sys.Close(e.K, fd)
	var out []byte
	for _, at := range []sockopt.When{sockopt.BeforeBind, sockopt.BeforeListen, sockopt.BeforeConnect, sockopt.Connected} {
		applied, err := sockopt.Apply(e.K, fd, at, all)
		if err != nil {
			return fail(exitNo, err)
		}
		for _, a := range applied {
			if o.json {
				out = append(a.AppendJSON(out), '\n')
			} else {
				out = append(out, a.String()+"  ("+kind+")\n"...)
			}
		}
	}
	return e.print(string(out))
}
