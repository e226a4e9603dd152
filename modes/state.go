package modes

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"cat5/io/diag"
	"cat5/io/sys"
)

func stateCommand() *command {
	s := &stateOptions{}
	return &command{
		name: "state", group: groupLook, usage: "[PORT | ADDRESS | HOST:PORT | PATH | @NAME]",
		short: "the sockets of this host, their states and whose they are",
		about: "Without an operand: every TCP, UDP and unix socket. A PORT or an ADDRESS may be\n" +
			"at either end; HOST:PORT also shows who listens there on every address. RECVQ\n" +
			"and SENDQ are bytes not yet read and not yet acknowledged; of a listener, how\n" +
			"many connections wait to be accepted and how many may.\n" +
			"Exit 0: something was found; 1: nothing.\n",
		examples: []string{
			"cat5 state 8000                  # netstat -anp | grep 8000",
			"cat5 state --listening           # who serves what here",
			"cat5 state -i 127.0.0.1:8000     # with TCP_INFO, in words",
			"cat5 state --watch 8000          # each transition, as it happens",
			"cat5 state /run/app.sock         # both ends of a unix socket",
		},
		json:  "one JSON document on stdout; --watch: one a line",
		flags: strings.Fields("ipv4 ipv6 numeric deadline quiet json help"),
		own: []flagRow{
			{"info", 'i', "", "", "Sockets", "round trips, windows, losses (TCP_INFO); buffers", func(o *options, v string) error { return setBool(&s.info, v) }},
			{"watch", 0, "", "[=T]", "Sockets", "print transitions until ^C, every T (0.1 s)", s.setWatch},
			{"listening", 0, "", "", "Sockets", "only those that wait for peers", func(o *options, v string) error { return setBool(&s.listening, v) }},
			{"tcp", 0, "", "", "Sockets", "only sockets of this kind, or these", func(o *options, v string) error { return setBool(&s.kinds[diag.TCP], v) }},
			{"udp", 0, "", "", "Sockets", "", func(o *options, v string) error { return setBool(&s.kinds[diag.UDP], v) }},
			{"unix", 0, "", "", "Sockets", "", func(o *options, v string) error { return setBool(&s.kinds[diag.Unix], v) }},
		},
		run: func(e *Env, o *options, operands []string) error { return runState(e, o, s, operands) },
	}
}

// stateOptions are the flags that only this command has.
type stateOptions struct {
	info, listening bool
	watch           bool
	every           time.Duration
	kinds           [3]bool // by diag.Proto
}

// watchEvery is how often --watch looks.
const watchEvery = 100 * time.Millisecond

func (s *stateOptions) setWatch(_ *options, v string) error {
	s.watch, s.every = true, watchEvery
	if v == "true" {
		return nil
	}
	if err := setTime(&s.every, "watch", v); err != nil {
		return err
	}
	if s.every < time.Millisecond {
		return usageError("--watch: " + v + " is too often: the least is 1ms")
	}
	return nil
}

// state is a run of the command.
type state struct {
	e    *Env
	k    *sys.Calls
	o    *options
	s    *stateOptions
	t    *talker
	want target
	link *diag.Link
	told [3]bool // this kind of table is missing, and that was told
}

func runState(e *Env, o *options, s *stateOptions, operands []string) error {
	r := &state{e: e, k: e.K, o: o, s: s, t: e.talk(o)}
	if o.deadline > 0 && !s.watch {
		return usageError("--deadline needs --watch: without it there is nothing to wait for")
	}
	if err := r.aim(operands); err != nil {
		return err
	}
	var err error
	if r.link, err = diag.Open(e.K); err != nil {
		return fail(exitNo, err)
	}
	defer r.link.Close()
	if s.watch {
		return r.watch()
	}
	all, err := r.look()
	if err != nil {
		return fail(exitNo, err)
	}
	who := r.owners(all)
	if o.json {
		err = e.print(stateJSON(all, who))
	} else if len(all) > 0 {
		err = e.print(r.table(all, who))
	}
	switch {
	case err != nil:
		return err
	case len(all) == 0 && o.json:
		return &verdict{code: exitNo}
	case len(all) == 0:
		return fail(exitNo, errors.New(r.nothing()))
	}
	if !who.blind {
		r.t.unseenOwners(who.unseen(all), who.hidden)
	}
	return nil
}

// look reads the tables and keeps what is asked for.
func (r *state) look() ([]diag.Socket, error) {
	var all []diag.Socket
	for _, p := range []diag.Proto{diag.TCP, diag.UDP, diag.Unix} {
		if !r.s.kinds[p] {
			continue
		}
		some, changed, err := r.link.Dump(p, r.states(p), r.s.info)
		if errors.Is(err, diag.ErrNoTable) {
			if !r.told[p] {
				r.told[p] = true
				r.t.line(err.Error())
			}
			continue
		}
		if err != nil {
			return nil, err
		}
		if changed {
			r.t.say(0, "the table of "+p.String()+" sockets changed while it was read: some may be missing")
		}
		all = append(all, r.want.pick(some)...)
	}
	slices.SortStableFunc(all, byPlace)
	return all, nil
}

// states is the set that the kernel is asked for: what waits for peers is a listener or, without connections, a socket that
// has no peer.
func (r *state) states(p diag.Proto) uint32 {
	switch {
	case !r.s.listening:
		return diag.All
	case p == diag.UDP:
		return 1 << diag.Close
	}
	return 1 << diag.Listen
}

// byPlace puts listeners first, then by port, so that both ends of a connection stand near what they belong to.
func byPlace(a, b diag.Socket) int {
	rank := func(s *diag.Socket) int {
		if s.State == diag.Listen {
			return 0
		}
		return 1
	}
	return cmp.Or(cmp.Compare(a.Proto, b.Proto), cmp.Compare(rank(&a), rank(&b)), cmp.Compare(a.Local.Port(), b.Local.Port()),
		a.Local.Addr().Compare(b.Local.Addr()), cmp.Compare(a.Peer.Port(), b.Peer.Port()), a.Peer.Addr().Compare(b.Peer.Addr()),
		cmp.Compare(a.Name, b.Name), cmp.Compare(a.Inode, b.Inode))
}

// owned is whose the sockets are.
type owned struct {
	by     map[uint32][]diag.Owner
	hidden int
	blind  bool // there is no /proc to look in, which was told
}

// owners looks for them; that /proc is missing is told, and nobody's then.
func (r *state) owners(all []diag.Socket) *owned {
	inodes := map[uint32]bool{}
	for i := range all {
		if n := all[i].Inode; n != 0 {
			inodes[n] = true
		}
	}
	by, hidden, err := diag.Owners(r.k, inodes)
	if err != nil {
		r.t.line("whose the sockets are cannot be told: " + err.Error())
	}
	return &owned{by, hidden, err != nil}
}

// of is "812/nginx,813/nginx", "-" when no process has the socket any more, and its user when that process is not visible.
func (w *owned) of(s *diag.Socket) string {
	if s.Inode == 0 {
		return "-"
	}
	var b strings.Builder
	for i, o := range w.by[s.Inode] {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(itoa(o.PID) + "/" + sys.SafeName(o.Name))
	}
	if b.Len() > 0 {
		return b.String()
	}
	if s.HasUID {
		return "? (uid " + itoa(int(s.UID)) + ")"
	}
	return "?"
}

// unseen is how many sockets have an owner that was not found.
func (w *owned) unseen(all []diag.Socket) (n int) {
	for i := range all {
		if all[i].Inode != 0 && len(w.by[all[i].Inode]) == 0 {
			n++
		}
	}
	return n
}

// nothing is the sentence for an empty result.
func (r *state) nothing() string {
	var kinds []string
	for p, on := range r.s.kinds {
		if on {
			kinds = append(kinds, diag.Proto(p).String())
		}
	}
	what := "no " + strings.Join(kinds, " or ") + " socket"
	if r.s.listening {
		what += " listens"
	}
	if r.want.text != "" {
		what += " at " + r.want.text
	}
	return what
}
