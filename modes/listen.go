package modes

import (
	"context"
	"strings"
	"time"

	"cat5/io/hub"
	"cat5/io/pump"
	"cat5/io/sock"
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

const (
	listenGrace  = 1500 * time.Millisecond // for everything, after a signal
	listenLinger = 2 * time.Second         // for a peer that was sent the end to send its own
	maxPrograms  = 100                     // at a time, unless -m says otherwise
	maxSources   = 1 << 16                 // of datagrams, the same: a sender's address can be forged
	dgramIdle    = time.Minute             // after which a source of datagrams has gone
)

// listenOptions is what only listen's own flags say.
type listenOptions struct {
	broker, chat, discard, chargen bool

	greet     string
	exec      bool
	sh        string
	prefix    bool
	firstByte time.Duration
	maxQueue  int64
	stall     time.Duration
}

// gPeers is the group of the flags that say what is done with peers.
const gPeers = "With peers (without one of these: what they send comes out here, and what\nis typed here goes to all)"

func listenCommand() *command {
	l := &listenOptions{maxQueue: 1 << 20, stall: 5 * time.Second}
	return &command{
		name: "listen", group: groupServe, usage: "[tcp|udp] [ADDRESS] PORT | unix PATH|@NAME", short: "many peers at once: a broker, a chat, a program for each",
		about: "PORT alone listens on every address; 127.0.0.1 PORT is for this host only.\n",
		examples: []string{
			"cat5 listen tcp 7000 --prefix             # who sends something is seen here",
			"cat5 listen --chat tcp 7000               # a chat; join: cat5 tcp HOST 7000",
			"cat5 listen --greet 'Hello, World!' tcp 9995",
			"cat5 listen tcp 127.0.0.1 7000 --exec cat # a program for each connection",
		},
		own: []flagRow{
			{"broker", 0, "", "", gPeers, "what one sends goes to all the others", func(_ *options, v string) error { return setBool(&l.broker, v) }},
			{"chat", 0, "", "", gPeers, "the same by lines, with names, safe to show", func(_ *options, v string) error { return setBool(&l.chat, v) }},
			{"discard", 0, "", "", gPeers, "what comes is thrown away (RFC 863)", func(_ *options, v string) error { return setBool(&l.discard, v) }},
			{"chargen", 0, "", "", gPeers, "each is sent characters without an end (RFC 864)", func(_ *options, v string) error { return setBool(&l.chargen, v) }},
			{"greet", 0, "", "TEXT", gPeers, "each is sent a line of text, and the end", func(_ *options, v string) error { return setText(&l.greet, "greet", v) }},
			{"exec", 0, "", "PROG ARGS...", gPeers, "a program for each, on the connection as stdio", func(_ *options, v string) error { return setBool(&l.exec, v) }},
			{"sh", 0, "", "COMMAND", gPeers, "the same, with a command for the shell", func(_ *options, v string) error { return setText(&l.sh, "sh", v) }},
			{"prefix", 0, "", "", gPeers, "lines come out with who sent them", func(_ *options, v string) error { return setBool(&l.prefix, v) }},
			{"first-byte", 0, "", "T", gTime, "who has sent nothing by T has to go", func(_ *options, v string) error { return setTime(&l.firstByte, "first-byte", v) }},
			{"stall-timeout", 0, "", "T", gTime, "how long one may hold up others (5; 0: for ever)", func(_ *options, v string) error { return setTime(&l.stall, "stall-timeout", v) }},
			{"max-queue", 0, "", "SIZE", gData, "what may wait for a slow peer before it does (1M)", func(_ *options, v string) error { return setQueue(&l.maxQueue, v) }},
		},
		json: "events as JSON, one a line on stderr",
		flags: strings.Fields("ipv4 ipv6 numeric interface backlog allow deny allow-uid max-conns per-source idle-timeout deadline " +
			"eof no-stdin output append raw type mode unlink sockopt nodelay keepalive rcvbuf sndbuf user-timeout " +
			"verbose quiet json stats color ready-fd port-file help"),
		rest: true,
		run:  func(e *Env, o *options, operands []string) error { return runListen(e, o, l, operands) },
	}
}

func setQueue(p *int64, v string) (err error) {
	if *p, err = parseSize(v); err != nil {
		return badValue("max-queue", err)
	}
	if *p < 1 || *p > 1<<30 {
		return usageError("--max-queue: " + v + " is out of range (1 to 1G)")
	}
	return nil
}

// listenRun is a run of listen.
type listenRun struct {
	*cable
	l    *listenOptions
	env  *Env
	argv []string // the program of --exec or --sh
	path string   // where it is
	hub  *hub.Hub

	hurry bool  // a second signal came
	broke error // how the first peer ended whose end was not its own
}

func runListen(e *Env, o *options, l *listenOptions, operands []string) error {
	c := &cable{k: e.K, o: o, t: e.talk(o), listen: sock.Conn{FD: -1}, began: e.K.Now()}
	r := &listenRun{cable: c, l: l, env: e}
	c.t.event("start", str("command", "listen"))
	if err := r.prepare(operands); err != nil {
		return c.leave(err)
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	c.cancel = cancel
	plainSignals()
	sigs := watchSignals(r.o.service.before(r.onSignal))
	defer sigs.stop()
	return c.leave(r.run(ctx))
}

// prepare checks everything that can be checked before a socket is made.
func (r *listenRun) prepare(operands []string) error {
	o := r.o
	if r.l.exec {
		r.argv = o.rest
	} else {
		operands = append(operands, o.rest...)
	}
	if r.l.sh != "" {
		r.argv = []string{"sh", "-c", r.l.sh}
	}
	r.network, operands = networkOf(operands)
	o.listen = true
	if err := r.contradictions(); err != nil {
		return err
	}
	if err := r.address(operands); err != nil {
		return err
	}
	if err := r.policy(); err != nil {
		return err
	}
	if err := r.options(); err != nil {
		return err
	}
	if r.argv != nil {
		return r.findProgram()
	}
	if r.talks() {
		std, err := openStdio(r.k, o)
		r.std = std
		return err
	}
	return nil
}

// services is the flags that say what is done with peers, those that were given.
func (r *listenRun) services() (given []string) {
	l := r.l
	for _, s := range []struct {
		name string
		on   bool
	}{{"--broker", l.broker}, {"--chat", l.chat}, {"--discard", l.discard}, {"--chargen", l.chargen},
		{"--greet", l.greet != ""}, {"--exec", l.exec}, {"--sh", l.sh != ""}} {
		if s.on {
			given = append(given, s.name)
		}
	}
	return given
}

// talks says that our own input and output take part.
func (r *listenRun) talks() bool { return len(r.services()) == 0 }

func (r *listenRun) contradictions() error {
	o, given := r.o, r.services()
	if len(given) > 1 {
		return usageError(given[0] + " and " + given[1] + " exclude each other")
	}
	if len(given) == 1 {
		switch {
		case r.l.prefix || o.output != "" || o.noStdin || o.raw:
			return usageError("--prefix, --output, --raw and --no-stdin are about what comes out here, and with " + given[0] + " nothing does")
		case o.eof == pump.Full, o.eof == pump.Keep && !r.l.broker && !r.l.chat:
			return usageError("--eof is for --broker and --chat (keep: who has sent its end still hears the others), and for what is typed here")
		}
	}
	if r.network != "unix" && (o.sockType != unix.SOCK_STREAM || o.hasMode || o.unlink != sock.UnlinkNever) {
		return usageError("--type, --mode and --unlink are for unix sockets")
	}
	return nil
}

// policy checks who may come in against what can be known of who comes.
func (r *listenRun) policy() error {
	o := r.o
	dgram := r.plan.Type == unix.SOCK_DGRAM
	switch {
	case r.network == "unix" && (len(o.access.Allow) > 0 || len(o.access.Deny) > 0 || o.perSource > 0):
		return usageError("--allow, --deny and --per-source are about IP addresses: for unix sockets there are --allow-uid and --mode")
	case len(o.access.UIDs) > 0 && (r.network != "unix" || dgram):
		return usageError("--allow-uid is for unix sockets with connections: only there the kernel knows who the peer is")
	case dgram && r.argv != nil:
		return usageError("--exec and --sh are for connections, and datagrams have none")
	case r.argv != nil && (o.idle > 0 || r.l.firstByte > 0):
		return usageError("--idle-timeout and --first-byte: the bytes of --exec are its program's, and not seen here")
	}
	if r.argv != nil || r.l.chargen && dgram {
		r.mayBind = r.onlyNear
	}
	return nil
}

// onlyNear keeps what strangers could misuse among friends: a program for everybody; an answer that is longer than the
// question, and goes to whatever address stands in it.
func (r *listenRun) onlyNear() error {
	if r.network == "unix" || len(r.o.access.Allow) > 0 {
		return nil
	}
	for _, a := range r.plan.Local {
		if !a.AddrPort().Addr().Unmap().IsLoopback() {
			return usageError(r.services()[0] + " beyond this host needs --allow CIDR (before it), which says for whom; or listen on 127.0.0.1")
		}
	}
	return nil
}

// run listens and serves, until a signal comes.
func (r *listenRun) run(ctx context.Context) error {
	if err := r.open(ctx); err != nil {
		return r.interrupted(ctx, err)
	}
	if r.network == "tcp" && !r.isSet("nodelay") {
		// What is accepted inherits it. Without it Nagle's algorithm keeps a small segment back while an earlier one is
		// not acknowledged, and the peer delays its acknowledgement by up to 40 ms.
		if err := sys.SetInt(r.k, r.listen.FD, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
			return fail(exitListen, sys.Wrap("setsockopt", "TCP_NODELAY", err))
		}
	}
	h, err := hub.New(r.k, r.hubOptions())
	if err != nil {
		return err
	}
	defer h.Close()
	r.mu.Lock()
	r.hub = h
	pending, asked := r.signal, r.asked
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		r.hub = nil // a signal that comes from now on must not touch its descriptors
		r.mu.Unlock()
	}()
	if asked {
		r.showStats()
	}
	if pending != 0 {
		r.stopFor(pending)
	}
	r.ticks()
	err = h.Run()
	r.in, r.out, r.lost = h.In, h.Out, h.Lost
	if r.o.stats {
		r.showStats()
	}
	return r.judge(err)
}

// judge finds how the run ended.
func (r *listenRun) judge(err error) error {
	var v *verdict
	switch e := err.(type) {
	case nil:
		v = r.result
	case *hub.OutputError:
		if e.Err == unix.EPIPE && !sigpipeIgnored(r.k) {
			return &verdict{code: exitBySignal + int(unix.SIGPIPE), signal: unix.SIGPIPE}
		}
		return fail(exitWrite, more(e, " after "+formatBytes(e.Out)+lostWords(r.lost)))
	case *hub.InputError:
		return fail(exitRead, e)
	default:
		return fail(exitListen, err)
	}
	switch {
	case v == nil && r.lost > 0:
		return fail(exitSend, more(r.broke, lostWords(r.lost)))
	case v == nil && r.broke != nil: // with --eof=full this was a transfer, and it was not whole
		return fail(exitRecv, r.broke)
	case v == nil:
		return nil
	case r.lost > 0 && v.signal != 0:
		v.err = more(nil, "interrupted"+lostWords(r.lost))
	}
	return v
}
