package modes

import (
	"context"
	"slices"
	"strings"
	"time"

	"cat5/io/diag"
	"cat5/io/draw"
	"cat5/io/sock"
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

func shutdownCommand() *command {
	s := &shutdownOptions{}
	about := "Every way to end a connection, tried on a real one: what each end's next read\n" +
		"and write return, the states that the kernel reports, the packets. Without an\n" +
		"address both ends are here, on the loopback; with one, only the client's. The\n" +
		"cases (wr if none is named):\n\n"
	for _, c := range shutCases() {
		about += "  " + pad(c.name, 9) + c.title + "\n"
	}
	about += "\nRoot sees the packets; for others they are inferred from states and counters,\nand the drawing says from which.\n"
	return &command{
		name: "shutdown", group: groupLearn, usage: "[CASE...] [HOST PORT]", short: "the ways to end a connection, shown from both ends",
		about: about,
		examples: []string{
			"cat5 shutdown                        # the half-close, SHUT_WR",
			"cat5 shutdown close unread           # these two",
			"cat5 shutdown --all --svg ends.svg   # all, as a picture too",
			"cat5 shutdown wr localhost 8000      # how a real server takes it",
		},
		json:  "the result as one JSON document on stdout",
		flags: strings.Fields("ipv4 ipv6 numeric timeout json help"),
		own: []flagRow{
			{"all", 0, "", "", "Cases", "every case, one after the other", func(o *options, v string) error { return setBool(&s.all, v) }},
			{"infer", 0, "", "", "Drawing", "infer packets even where they could be seen", func(o *options, v string) error { return setBool(&s.infer, v) }},
			{"svg", 0, "", "FILE", "Drawing", "draw it to FILE, too", func(o *options, v string) error { return setText(&s.svg, "svg", v) }},
			{"mermaid", 0, "", "", "Drawing", "print it in Mermaid's language instead", func(o *options, v string) error { return setBool(&s.mermaid, v) }},
		},
		run: func(e *Env, o *options, operands []string) error { return runShutdown(e, o, s, operands) },
	}
}

// shutdownOptions are the flags that only this command has.
type shutdownOptions struct {
	all, infer, mermaid bool
	svg                 string
}

// shutCase is one way to end a connection.
type shutCase struct {
	name, title string
	moral       string
	run         func(*shutRun) error
}

// shutPatience is how long an event that must come may take; shutWait how long somebody else's server may stay silent.
const (
	shutPatience = 10 * time.Second
	shutWait     = 2 * time.Second
)

func runShutdown(e *Env, o *options, s *shutdownOptions, operands []string) error {
	cases, where, err := shutOperands(s, operands)
	if err != nil {
		return err
	}
	if o.json && s.mermaid {
		return usageError("--json and --mermaid exclude each other")
	}
	if o.timeout > 0 && where == nil {
		return usageError("--timeout is for a server elsewhere: both ends are here")
	}
	svg := -1
	if s.svg != "" { // before anything else: what cannot be written need not be measured
		if svg, err = sys.Open(e.K, s.svg, unix.O_WRONLY|unix.O_CREAT|unix.O_TRUNC, 0o666); err != nil {
			return fail(exitWrite, sys.Wrap("open", sys.SafeName(s.svg), err))
		}
		defer sys.Close(e.K, svg)
	}
	var runs []*shutRun
	for _, c := range cases {
		r := &shutRun{e: e, k: e.K, o: o, c: c, where: where, infer: s.infer, began: e.K.Now()}
		if err := r.run(); err != nil {
			return err
		}
		runs = append(runs, r)
	}
	return e.showShutdown(o, s, runs, svg)
}

// shutOperands tells cases from the address.
func shutOperands(s *shutdownOptions, words []string) (cases []shutCase, where *sock.HostPort, err error) {
	all := shutCases()
	for len(words) > 0 {
		i := slices.IndexFunc(all, func(c shutCase) bool { return c.name == words[0] })
		if i < 0 {
			break
		}
		cases, words = append(cases, all[i]), words[1:]
	}
	switch {
	case s.all && len(cases) > 0:
		return nil, nil, usageError("--all is every case: name none")
	case s.all:
		cases = all
	case len(cases) == 0:
		cases = all[:1]
	}
	if len(words) == 0 {
		return cases, nil, nil
	}
	at, err := sock.ParseHostPort(words, false)
	if err != nil {
		var names []string
		for _, c := range all {
			names = append(names, c.name)
		}
		if len(words) == 1 && !strings.Contains(words[0], ":") {
			return nil, nil, usageError(quoted(words[0]) + " is neither a case (" + strings.Join(names, ", ") + ") nor HOST PORT")
		}
		return nil, nil, usageError(err.Error())
	}
	return cases, &at, nil
}

// run makes the connection, plays the case and closes what is left.
func (r *shutRun) run() error {
	var err error
	if r.link, err = diag.Open(r.k); err != nil {
		r.link = nil // states of open sockets are in TCP_INFO all the same
	} else {
		defer r.link.Close()
	}
	r.ends = [2]shutEnd{{role: "client", fd: -1}, {role: "server", fd: -1}}
	defer func() {
		for i := range r.ends {
			if fd := r.ends[i].fd; fd >= 0 {
				sys.Close(r.k, fd)
			}
		}
		if r.sniff != nil {
			r.sniff.Close()
		}
	}()
	if r.where == nil {
		err = r.here()
	} else {
		err = r.there()
	}
	if err == nil {
		err = r.c.run(r)
	}
	return err
}

// there connects to somebody else's server.
func (r *shutRun) there() error {
	res := sock.Resolver{Network: "tcp", Family: r.o.family, Numeric: r.o.numeric}
	ctx := r.e.context()
	patience := shutPatience
	if r.o.connectTimeout > 0 {
		patience = r.o.connectTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	all, err := res.Resolve(ctx, *r.where)
	if err != nil {
		return err
	}
	conn, err := sock.Dial(ctx, r.k, sock.Plan{Network: "tcp", Type: unix.SOCK_STREAM, Remote: all, Timeout: patience})
	if err != nil {
		return err
	}
	r.ends[0].fd = conn.FD
	r.ends[0].addr, r.ends[0].peer = conn.Local.AddrPort(), conn.Peer.AddrPort()
	r.ends[1].addr, r.ends[1].peer = r.ends[0].peer, r.ends[0].addr
	r.did(0, "connect()", "0", nil)
	return nil
}

// showShutdown gives out what was measured.
func (e *Env) showShutdown(o *options, s *shutdownOptions, runs []*shutRun, svg int) error {
	var all []draw.Sequence
	for _, r := range runs {
		all = append(all, r.sequence())
	}
	if svg >= 0 {
		if _, err := writeAll(e.K, svg, []byte(draw.SequenceSVG(all))); err != nil {
			return fail(exitWrite, sys.Wrap("write", sys.SafeName(s.svg), err))
		}
	}
	switch {
	case o.json:
		return e.print(shutJSON(runs))
	case s.mermaid:
		return e.print(draw.SequenceMermaid(all))
	}
	var b strings.Builder
	for i := range all {
		if i > 0 {
			b.WriteString("\n\n")
		}
		b.WriteString(all[i].Text(e.utf8()))
	}
	return e.print(b.String())
}

// utf8 says whether the locale has box drawing characters (locale(7): LC_ALL, LC_CTYPE, LANG, the first that is set).
func (e *Env) utf8() bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := e.getenv(name); v != "" {
			v = strings.ToLower(v)
			return strings.Contains(v, "utf-8") || strings.Contains(v, "utf8")
		}
	}
	return false
}
