package modes

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"cat5/io/epoll"
	"cat5/io/pump"
	"cat5/io/sock"
	"cat5/io/sys"
	"cat5/sockopt"

	"golang.org/x/sys/unix"
)

// relayOptions are the flags that only relay has.
type relayOptions struct {
	optsB      []sockopt.Setting
	transcript string
	once       bool
	grace      time.Duration
}

// relayGrace is how long connections may go on after a signal when --grace says nothing.
const relayGrace = time.Second

// cutGrace is how long what was taken may still be given once their time is over.
const cutGrace = 250 * time.Millisecond

func relayCommand() *command {
	ro := &relayOptions{grace: relayGrace}
	return &command{
		name: "relay", group: groupServe, usage: "A B", short: "two addresses glued, for one connection or any number",
		about: "A and B are tcp:HOST:PORT, udp:HOST:PORT, unix:PATH, unix-dgram:PATH,\n" +
			"unix-seqpacket:PATH, or - for stdin and stdout. With listen: before it, A is\n" +
			"listened on (at 127.0.0.1 unless an address is given) and each peer gets a\n" +
			"connection to B of its own. Ends go through as ends, breaks as breaks (a reset).\n",
		examples: []string{
			"cat5 relay listen:tcp:8080 tcp:10.0.0.7:80         # a port here is one there",
			"cat5 relay listen:tcp:[::]:8080 unix:/run/app.sock # from everywhere",
			"cat5 relay listen:udp:5353 udp:9.9.9.9:53          # a session for each source",
			"cat5 relay -x listen:tcp:8080 tcp:localhost:80     # and see what is said",
			"cat5 relay tcp:a.example:9000 tcp:b.example:9000   # one connection",
		},
		json:  "events as JSON, one a line on stderr",
		flags: strings.Fields("ipv4 ipv6 numeric source backlog timeout connect-timeout idle-timeout deadline retry hexdump rate io record max-size mode unlink sockopt verbose quiet json color ready-fd port-file help"),
		own: []flagRow{
			{"sockopt-b", 0, "", "NAME=VALUE", gSock, "the same for B's sockets; --sockopt is for A's", func(_ *options, v string) error {
				set, err := sockopt.Parse(v)
				if err != nil {
					return usageError(err.Error())
				}
				ro.optsB = append(ro.optsB, set)
				return nil
			}},
			{"transcript", 0, "", "FILE", gData, "what was said: time, connection, direction, text", func(_ *options, v string) error {
				return setText(&ro.transcript, "transcript", v)
			}},
			{"once", 0, "", "", gConn, "serve one connection, then leave as it ended", func(_ *options, v string) error { return setBool(&ro.once, v) }},
			{"grace", 0, "", "T", gTime, "after a signal let connections go on for T (1s)", func(_ *options, v string) error { return setTime(&ro.grace, "grace", v) }},
		},
		run: func(e *Env, o *options, operands []string) error { return runRelay(e, o, ro, operands) },
	}
}

// relay is a run of the command.
type relay struct {
	k      *sys.Calls
	o      *options
	ro     *relayOptions
	t      *talker
	sideA  relaySide
	a, b   *cable // what is known of each side's sockets: addresses, options, plans
	loop   *pump.Loop
	names  [2]*sock.Names // of A, of B; nil where nothing is looked up
	conns  map[int64]*relayConn
	count  int64 // how many there have been
	record *relayRecord
	udp    *relayUDP // A hears datagrams: what comes is sorted by who sent it
	began  time.Duration

	in, out, lost int64    // the account of connections that have ended: from B, to B
	cut, cutLost  int64    // connections that a signal or the deadline cut short; what they lost
	result        *verdict // why the run ends
	why           *verdict // and why connections are cut then
	starved       bool     // there are no descriptors for more connections, and that was told
	paused        bool     // nobody is let in until rearm
	rearm         epoll.Timer
	over          epoll.Timer
	latest        epoll.Timer

	mu      sync.Mutex
	cancel  context.CancelFunc // ends resolving the listener's address
	looping bool               // signals go to the loop
	signal  unix.Signal        // the first one that came
}

func runRelay(e *Env, o *options, ro *relayOptions, operands []string) error {
	r := &relay{k: e.K, o: o, ro: ro, t: e.talk(o), conns: map[int64]*relayConn{}, began: e.K.Now(), why: &verdict{code: exitBySignal, err: errInterrupted}}
	sideB, err := r.sides(operands)
	if err != nil {
		return err
	}
	if r.sideA.stdio || sideB.stdio {
		return r.besideStdio(e, &sideB)
	}
	r.t.event("start", str("command", "relay"))
	if err := r.prepare(e, &sideB); err != nil {
		return r.leave(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	r.cancel = cancel
	plainSignals()
	sigs := watchSignals(r.o.service.before(r.onSignal))
	defer sigs.stop()
	return r.leave(r.run(ctx))
}

// sides reads the two operands.
func (r *relay) sides(words []string) (b relaySide, err error) {
	if len(words) != 2 {
		return b, usageError("two addresses are needed: relay A B, as in relay listen:tcp:8080 tcp:localhost:80")
	}
	if r.o.service.lent && r.sideA.lent(words[0]) { // it has its address already
	} else if r.sideA, err = parseSide(words[0], r.o.family); err != nil {
		return b, err
	}
	if b, err = parseSide(words[1], r.o.family); err != nil {
		return b, err
	}
	switch {
	case b.listen && r.sideA.listen:
		return b, usageError("only one side can listen: the other is connected to for each peer")
	case b.listen:
		return b, usageError("the side that listens comes first: relay " + b.String() + " " + r.sideA.String())
	case b.stdio && r.sideA.stdio:
		return b, usageError("- and - are both stdin and stdout: that is cat")
	}
	return b, nil
}

// besideStdio is a relay with our standard descriptors at one end. That is what tcp, udp and unix are.
func (r *relay) besideStdio(e *Env, b *relaySide) error {
	o, side, opts, other, others := *r.o, &r.sideA, r.o.opts, "sockopt-b", r.ro.optsB
	if side.stdio {
		side, opts, other, others = b, r.ro.optsB, "sockopt", r.o.opts
	}
	switch {
	case len(others) > 0:
		return usageError("--" + other + ": stdin and stdout are not sockets of ours")
	case r.ro.transcript != "":
		return usageError("--transcript is for two connections: beside - there is --hexdump=FILE")
	}
	o.opts, o.listen, o.sockType = opts, side.listen, side.typ
	o.listenOnly(side)
	return runCable(e, &o, side.network, side.words())
}

// listenOnly drops what only clients take.
func (o *options) listenOnly(s *relaySide) {
	if s.listen {
		o.retry, o.source = 0, ""
	}
}

// prepare checks everything that can be checked before a socket is made.
func (r *relay) prepare(e *Env, b *relaySide) error {
	o := r.o
	switch {
	case o.json && o.hexdump && o.hexdumpFile == "":
		return usageError("--hexdump with --json needs a file: --hexdump=FILE")
	case !r.sideA.listen && (o.backlog > 0 || o.portFile != ""):
		return usageError("--backlog and --port-file need an A that is listened on: listen:" + r.sideA.String())
	case r.sideA.network != "unix" && (o.hasMode || o.unlink != sock.UnlinkNever) || !r.sideA.listen && (o.hasMode || o.unlink != sock.UnlinkNever):
		return usageError("--mode and --unlink are for the file of a listener: listen:unix:PATH")
	case r.ro.once && !r.sideA.listen:
		return usageError("--once needs an A that is listened on: without one there is only one connection")
	case r.sideA.listen && r.sideA.network == "unix" && r.sideA.typ == unix.SOCK_DGRAM:
		return usageError("listen:unix-dgram: a peer without a name cannot be answered: unix-seqpacket keeps records and has connections")
	}
	if r.sideA.listen && r.sideA.network == "udp" && b.typ == unix.SOCK_DGRAM && (o.rate > 0 || o.record != pump.Raw || o.maxSize > 0) {
		return usageError("--rate, --record and --max-size are for connections: listen:udp: passes each datagram on as it is")
	}
	var err error
	if r.a, err = r.side(e, &r.sideA, o.opts); err != nil {
		return err
	}
	if r.b, err = r.side(e, b, r.ro.optsB); err != nil {
		return err
	}
	if o.record != pump.Raw || o.maxSize > 0 {
		if r.sideA.typ == unix.SOCK_STREAM && b.typ == unix.SOCK_STREAM {
			return usageError("--record and --max-size are for datagrams: neither side has any")
		}
	}
	r.record, err = newRelayRecord(r)
	return err
}

// side makes the cable of one side: it is never run, but knows how addresses and options become a plan.
func (r *relay) side(e *Env, s *relaySide, opts []sockopt.Setting) (*cable, error) {
	o := *r.o
	o.opts, o.listen, o.sockType = opts, s.listen, s.typ
	o.record, o.maxSize, o.strict = pump.Raw, 0, false
	o.listenOnly(s)
	if !s.listen {
		o.backlog, o.portFile, o.hasMode, o.unlink = 0, "", false, sock.UnlinkNever
	}
	c := &cable{k: r.k, o: &o, t: r.t, network: s.network, listen: sock.Conn{FD: -1}, began: r.began}
	if err := c.address(s.words()); err != nil {
		return nil, err
	}
	if err := c.options(); err != nil {
		return nil, err
	}
	return c, nil
}

// leave frees what is left and makes the account.
func (r *relay) leave(err error) error {
	r.o.service.stopping()
	if r.a != nil {
		r.a.listen.Close(r.k)
	}
	v := judge(err)
	if r.cut > 0 && (v.signal != 0 || v.err == errDeadline && r.sideA.listen) {
		v = &verdict{code: v.code, signal: v.signal, err: more(r.why.err, " ("+plural(r.cut, "connection")+" cut short)"+lostWords(r.cutLost))}
	}
	if r.record != nil {
		if e := r.record.close(); e != nil && v.code == exitOK {
			v = &verdict{code: exitWrite, err: e}
		}
	}
	r.t.fail(v.err, "")
	r.t.exit(v, r.in, r.out, r.lost)
	return &verdict{code: v.code, signal: v.signal}
}

var errInterrupted = errors.New("interrupted")
