package modes

import (
	"context"
	"runtime"
	"strconv"
	"strings"
	"sync"

	"cat5/io/load"
	"cat5/io/sock"
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

func benchCommand() *command {
	b := newBenchOptions()
	return &command{
		name: "bench", group: groupServe, usage: "echo [tcp|udp|unix] [ADDRESS]", short: "measure an echo server: its rate, latency, cost and memory",
		about: "Each connection sends a message and waits for all of it, again and again.\n" +
			"Every byte that comes back is compared. --engine starts cat5's own servers, as\n" +
			"processes of their own; --server any other; an ADDRESS is a server that runs.\n",
		examples: []string{
			"cat5 bench echo --engine all -c 1,100,1000    # which model is best at what",
			"cat5 bench echo --engine poll,epoll -c 10000 --active 10",
			"cat5 bench echo 127.0.0.1 7000 -c 100         # a server that runs here",
			"cat5 bench echo --engine all --svg rate.svg   # and a picture",
		},
		json:  "the result as JSON on stdout, events on stderr",
		flags: strings.Fields("engine ipv4 ipv6 numeric type verbose quiet json color help"),
		own:   b.rows(),
		run: func(e *Env, o *options, operands []string) error {
			return runBench(e, o, b, operands)
		},
	}
}

// bench is a run: every target with every number of connections, in turn, as often as there are rounds.
type bench struct {
	*cable
	e       *Env
	b       *benchOptions
	targets []*benchTarget
	cells   []*benchCell // by connections, then by target

	mu      sync.Mutex // what signals look at
	current *load.Load
	doing   string
	ended   *verdict
}

// benchCell is one target with one number of connections.
type benchCell struct {
	target *benchTarget
	conns  int
	active int
	why    string     // it cannot be had; "" when it can
	runs   []benchRun // one a round
	shown  bool       // its row stands in the table
}

func runBench(e *Env, o *options, opts *benchOptions, operands []string) error {
	r := &bench{e: e, b: opts, cable: &cable{k: e.K, o: o, t: e.talk(o), listen: sock.Conn{FD: -1}, network: "tcp", began: e.K.Now()}}
	if err := r.prepare(operands); err != nil {
		return err
	}
	plainSignals()
	sigs := watchOrders(r.onSignal)
	defer sigs.stop()
	return r.run()
}

// prepare checks what can be checked before anything is started.
func (r *bench) prepare(operands []string) error {
	if len(operands) == 0 || operands[0] != "echo" {
		return usageError("what is to be measured? cat5 bench echo ADDRESS, or cat5 bench echo --engine all")
	}
	operands = operands[1:]
	if len(operands) > 0 && (operands[0] == "tcp" || operands[0] == "udp" || operands[0] == "unix") {
		r.network, operands = operands[0], operands[1:]
	}
	typ := unix.SOCK_STREAM
	switch {
	case r.network == "udp":
		typ = unix.SOCK_DGRAM
	case r.network == "unix":
		typ = r.o.sockType
	case r.o.sockType != unix.SOCK_STREAM:
		return usageError("--type is for unix sockets")
	}
	if r.network == "udp" && r.o.sockType != unix.SOCK_STREAM {
		return usageError("--type is for unix sockets")
	}
	if err := r.b.check(typ); err != nil {
		return err
	}
	r.plan = sock.Plan{Network: r.network, Type: typ}
	if err := r.findTargets(operands); err != nil {
		return err
	}
	if err := r.b.placed(r.k, r.e.getenv("PATH")); err != nil {
		return err
	}
	for _, n := range r.b.conns {
		for _, t := range r.targets {
			active := n
			if r.b.active > 0 {
				active = min(n, r.b.active)
			}
			r.cells = append(r.cells, &benchCell{target: t, conns: n, active: active})
		}
	}
	return nil
}

// run measures, and shows what there is: also after an interruption, and after an error.
func (r *bench) run() error {
	if err := r.reach(); err != nil {
		return err
	}
	if err := r.head(); err != nil {
		return err
	}
	failed := r.measure()
	if err := r.show(); err != nil {
		return err
	}
	switch {
	case failed != nil:
		return failed
	case r.ended != nil:
		r.ended.err = more(nil, "interrupted")
		return r.ended
	}
	return r.judge()
}

// measure goes through all cells as often as there are rounds, so that whatever else the machine does falls on all alike.
func (r *bench) measure() error {
	for round := range r.b.rounds {
		for _, c := range r.cells {
			if r.interrupted() {
				return nil
			}
			if c.why == "" {
				r.tellDoing(c, round)
				run, err := r.cell(c)
				if err != nil {
					return err
				}
				if run != nil && (len(c.runs) == 0 || !r.interrupted()) { // beside whole rounds one that was cut short says nothing
					c.runs = append(c.runs, *run)
				}
			}
			if round == r.b.rounds-1 {
				if err := r.row(c); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// cell measures one cell once. Not to be had is no error: it is the cell's why.
func (r *bench) cell(c *benchCell) (*benchRun, error) {
	if c.why = c.target.cannot(c.conns); c.why != "" {
		return nil, nil
	}
	if c.why = r.descriptors(c.conns); c.why != "" {
		return nil, nil
	}
	s, err := c.target.start()
	if err != nil {
		return nil, err
	}
	defer s.end(r.k)
	if err := r.scout(s); err != nil || r.interrupted() {
		return nil, err
	}
	m := &meter{k: r.k, pid: s.pid}
	run := &benchRun{memory: unknown, serverCPU: unknown}
	before := m.memory()
	l, err := r.newLoad(s, c.conns, c.active)
	if err != nil {
		return nil, err
	}
	defer r.freeLoad(l)
	if err := l.Connect(); err != nil {
		return nil, err
	}
	run.Result = l.Result()
	if after := m.memory(); before != unknown && after != unknown && run.Up > 0 {
		run.memory = (after - before) / int64(run.Up)
	}
	var server, own int64
	err = l.Run(func() {
		server, own = m.cpu(), r.ownCPU()
	}, func() {
		if end := m.cpu(); server != unknown && end != unknown {
			run.serverCPU = end - server
		}
		run.loadCPU = r.ownCPU() - own
	})
	return run, err
}

// unknown stands for what could not be found out.
const unknown = -1 << 62

// newLoad prepares the load side, and lets a signal reach it.
func (r *bench) newLoad(s *benchServer, conns, active int) (*load.Load, error) {
	l, err := load.New(r.k, load.Config{
		To: s.to, Type: r.plan.Type, Conns: conns, Active: active, Size: r.b.size, Depth: r.b.depth,
		Warm: r.b.warm, For: r.b.duration, Count: r.b.count,
	})
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.current = l
	if r.ended != nil {
		l.Stop()
	}
	return l, nil
}

func (r *bench) freeLoad(l *load.Load) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.current = nil
	l.Close()
}

// scout connects once, so that the server has started for sure, and has touched the memory that it needs for nobody in
// particular.
func (r *bench) scout(s *benchServer) error {
	l, err := r.newLoad(s, 1, 1)
	if err != nil {
		return err
	}
	defer r.freeLoad(l)
	if err := l.Connect(); err != nil {
		return err
	}
	res := l.Result()
	switch {
	case res.Up == 1 || res.Stopped:
		return nil
	case res.Wrong > 0:
		return fail(exitNo, more(nil, s.name+": "+wrongWords(res.First)))
	}
	why := "no answer"
	if len(res.Failed) > 0 {
		why = res.Failed[0].What
	}
	if said := s.heard(r.k); said != "" {
		why += "; it says: " + said
	}
	return fail(exitConnect, more(nil, s.name+": "+why))
}

// descriptors makes room for so many connections, here and in the servers that are started from here, or says why not.
func (r *bench) descriptors(conns int) string {
	need := uint64(conns) + 64
	var have unix.Rlimit
	if err := r.k.Getrlimit(unix.RLIMIT_NOFILE, &have); err != nil {
		return sys.Wrap("getrlimit", "RLIMIT_NOFILE", err).Error()
	}
	// The limit is set even when it is enough: the Go runtime has raised ours, and gives a child the old one unless
	// somebody has set it on purpose.
	most := max(uint64(have.Max), need)
	want := unix.Rlimit{Cur: most, Max: most}
	switch err := r.k.Setrlimit(unix.RLIMIT_NOFILE, &want); {
	case err == nil:
		return ""
	case most == uint64(have.Max):
		return sys.Wrap("setrlimit", "RLIMIT_NOFILE", err).Error()
	}
	return "it needs " + itoa(int(need)) + " descriptors, and the limit is " + strconv.FormatUint(uint64(have.Max), 10) + " (ulimit -Hn)"
}

func (r *bench) ownCPU() int64 {
	d, err := r.k.CPUTime(r.k.Getpid())
	if err != nil {
		return unknown
	}
	return int64(d)
}

// onSignal is called on a goroutine of its own; of the signals that are meant to end us it hears of the first.
func (r *bench) onSignal(sig unix.Signal) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if sig == unix.SIGUSR1 {
		r.t.line(r.doing)
		return
	}
	r.ended = &verdict{code: exitBySignal + int(sig), signal: sig}
	if r.current != nil {
		r.current.Stop()
	}
}

func (r *bench) interrupted() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ended != nil
}

func (r *bench) tellDoing(c *benchCell, round int) {
	s := c.target.name + " with " + plural(int64(c.conns), "connection")
	if r.b.rounds > 1 {
		s += ", round " + itoa(round+1) + " of " + itoa(r.b.rounds)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.doing = s
	r.t.say(1, s)
}

// reach finds a server that runs already, and its process, and whether it is one.
func (r *bench) reach() error {
	if r.hosts.Port == "" && r.plan.Path == "" {
		return nil
	}
	if err := r.targets[0].find(context.Background()); err != nil {
		return err
	}
	s, err := r.targets[0].start()
	if err != nil {
		return err
	}
	defer s.end(r.k)
	return r.scout(s)
}

// processors is how many there are for both sides.
func processors() int { return runtime.GOMAXPROCS(0) }
