package modes

import (
	"context"
	"strings"
	"time"

	"cat5/io/epoll"
	"cat5/io/hist"
	"cat5/io/pump"
	"cat5/io/sock"

	"golang.org/x/sys/unix"
)

// probeFlags are the flags that only probe has.
type probeFlags struct {
	send   []byte
	expect []byte
	ask    bool // --send or --expect was given: a first byte is waited for
	count  int
	every  time.Duration
}

// probePatience is how long is waited for a connection, and for an answer on it, when nothing else is said. The kernel's
// own patience is over two minutes (tcp(7), tcp_syn_retries).
const probePatience = 5 * time.Second

func probeCommand() *command {
	f := &probeFlags{count: 1, every: time.Second}
	const g = "Probe"
	text := func(p *[]byte, flag, v string) (err error) {
		f.ask = true
		if *p, err = parseEscapes(v); err != nil {
			return badValue(flag, err)
		}
		if len(f.expect) > maxAnswer { // it could never come true
			return usageError("--" + flag + ": " + itoa(len(f.expect)) + " bytes: only the first " + itoa(maxAnswer) + " of an answer are looked at")
		}
		return nil
	}
	return &command{
		name: "probe", group: groupLook, usage: "ADDRESS... | HOST PORT", short: "one connection measured: resolve, connect, first byte, TCP_INFO",
		examples: []string{
			"cat5 probe localhost:22 [::1]:80 /run/app.sock  # does each answer?",
			"cat5 probe --expect SSH- host 22                # and is it what it should be?",
			"cat5 probe --send 'GET / HTTP/1.0\\r\\n\\r\\n' --expect 200 host:80",
			"cat5 probe -c 100 -i 0.1 host:443               # how long, how often",
		},
		about: "An ADDRESS is HOST:PORT, [V6]:PORT, unix:PATH or @NAME. One after the other is\n" +
			"connected to, measured and closed. Exit 0: all answered. 1: not all did.\n",
		own: []flagRow{
			{"send", 0, "", "TEXT", g, "send TEXT (\\r \\n \\t \\0 \\xHH), time the first byte", func(o *options, v string) error { return text(&f.send, "send", v) }},
			{"expect", 0, "", "TEXT", g, "an answer has to have TEXT in it; '': any byte", func(o *options, v string) error { return text(&f.expect, "expect", v) }},
			{"count", 'c', "", "N", g, "N times, and a histogram", func(o *options, v string) error { return setCount(&f.count, "count", v, 1, 1<<30) }},
			{"interval", 'i', "", "T", g, "pause between the times (1 s)", func(o *options, v string) error { return setTime(&f.every, "interval", v) }},
			{"timeout", 'w', "", "T", g, "patience: to connect, and for the answer (5 s)", func(o *options, v string) error { return setTime(&o.timeout, "timeout", v) }},
		},
		json:  "the result as one JSON document on stdout",
		flags: strings.Fields("ipv4 ipv6 numeric source source-port interface type sockopt rcvbuf sndbuf nodelay verbose quiet json color explain help"),
		run: func(e *Env, o *options, operands []string) error {
			return runProbe(e, o, f, operands)
		},
	}
}

// probeRun is a run of probe.
type probeRun struct {
	*cable // for its signals and its loop
	e      *Env
	f      *probeFlags
	all    []*probeTarget
}

// probeTarget is one address, and what was found there.
type probeTarget struct {
	*cable
	word   string
	last   probed // the latest that answered, or else the latest
	round  int    // that it is of
	hist   hist.Hist
	bytes  hist.Hist // of first bytes
	tried  int64
	ok     int64
	cut    bool     // a signal came while one more was under way
	reason []string // why it failed, each once
	often  []int64  // and how often
}

func runProbe(e *Env, o *options, f *probeFlags, operands []string) error {
	if o.connectTimeout == 0 {
		o.connectTimeout = probePatience
	}
	if o.sockType == unix.SOCK_DGRAM {
		return usageError("--type: datagrams have no connection to measure")
	}
	t := e.talk(o)
	t.json, t.quiet = false, o.quiet || o.json // the table is the only document
	r := &probeRun{e: e, f: f, cable: &cable{k: e.K, o: o, t: t, listen: sock.Conn{FD: -1}, began: e.K.Now()}}
	if len(operands) == 2 && isHost(operands[0]) && isHost(operands[1]) {
		operands = []string{operands[0] + ":" + operands[1]} // HOST PORT
	}
	if len(operands) == 0 {
		return usageError("no address: HOST:PORT, [V6]:PORT, unix:PATH or @NAME, as many as you like")
	}
	for _, w := range operands {
		tg, err := r.target(w)
		if err != nil {
			return err
		}
		r.all = append(r.all, tg)
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	r.cancel = cancel
	plainSignals()
	sigs := watchSignals(r.onSignal)
	defer sigs.stop()
	return r.run(ctx)
}

// isHost says whether a word has nothing in it that would make it an address by itself.
func isHost(w string) bool { return w != "" && !strings.ContainsAny(w, ":/@[]") }

// target reads one address, and checks every flag against it.
func (r *probeRun) target(word string) (*probeTarget, error) {
	ep, err := parseEndpoint(word)
	if err != nil {
		return nil, err
	}
	if ep.network == "udp" {
		return nil, usageError("address " + quoted(word) + ": datagrams have no connection to measure")
	}
	o := r.o
	if ep.network != "unix" && o.sockType != unix.SOCK_STREAM {
		return nil, usageError("--type is for unix sockets")
	}
	c := &cable{k: r.k, o: o, t: r.t, network: ep.network, listen: sock.Conn{FD: -1}, began: r.began}
	words := []string{ep.path}
	if ep.network != "unix" {
		words = []string{ep.hosts.Host, ep.hosts.Port}
	}
	if err := c.address(words); err != nil {
		return nil, err
	}
	if err := c.options(); err != nil {
		return nil, err
	}
	return &probeTarget{cable: c, word: word}, nil
}

// run probes each address, so many times, and tells what came out of it.
func (r *probeRun) run(ctx context.Context) (err error) {
	if r.loop, err = pump.New(r.k); err != nil {
		return err
	}
	defer r.loop.Close()
	for round := 1; round <= r.f.count && ctx.Err() == nil; round++ {
		if round > 1 && !r.rest(ctx) {
			break
		}
		for _, tg := range r.all {
			if ctx.Err() != nil {
				break
			}
			p := r.probe(ctx, tg)
			if ctx.Err() != nil { // it was cut short, by us: that says nothing of the address
				tg.cut = true
				break
			}
			tg.count(p, round)
			r.tell(tg, p, round)
		}
	}
	v := &verdict{}
	for _, tg := range r.all {
		if tg.ok < tg.tried || tg.tried == 0 {
			v.code = exitNo
		}
	}
	r.mu.Lock()
	if r.signal != 0 {
		v.code, v.signal = exitBySignal+int(r.signal), r.signal
	}
	r.mu.Unlock()
	if err := r.report(v.code); err != nil {
		return err
	}
	return v
}

// rest lets the pause between two rounds pass; false when a signal ended it.
func (r *probeRun) rest(ctx context.Context) bool {
	timer := epoll.Timer{F: r.loop.Stop}
	r.loop.After(&timer, r.f.every)
	r.turn(ctx)
	r.loop.StopTimer(&timer)
	return ctx.Err() == nil
}

// turn turns the loop until something stops it, or ctx is over.
func (r *probeRun) turn(ctx context.Context) error {
	posted := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		r.loop.Post(r.loop.Stop)
		close(posted)
	})
	err := r.loop.Run()
	if !stop() {
		<-posted
	}
	return err
}

func (tg *probeTarget) count(p probed, round int) {
	tg.tried++
	if p.err != nil {
		why := p.err.Error()
		for i, s := range tg.reason {
			if s == why {
				tg.often[i]++
				return
			}
		}
		if len(tg.reason) < 20 { // they differ when ports or times are in them
			tg.reason, tg.often = append(tg.reason, why), append(tg.often, 1)
		} else {
			tg.often[19]++
		}
		if tg.ok == 0 {
			tg.last, tg.round = p, round
		}
		return
	}
	tg.ok++
	tg.last, tg.round = p, round
	tg.hist.Add(p.conn.Took)
	if p.asked {
		tg.bytes.Add(p.first)
	}
}
