package modes

import (
	"context"
	"errors"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"cat5/io/epoll"
	"cat5/io/scan"
	"cat5/io/sock"
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// Defaults of scan. The kernel repeats a lost SYN after one second (RFC 6298, section 2.1), so that 1.5 s has room for one
// repetition; a datagram is repeated by us.
const (
	scanTimeout    = 1500 * time.Millisecond
	scanTimeoutUDP = time.Second
	scanRetries    = 1
	scanInFlight   = 1000
)

// scanRun is a run of scan.
type scanRun struct {
	k *sys.Calls
	o *options
	t *talker

	udp, open, banner, yes bool
	inFlight, rate         int
	send                   string

	hosts  []scanHost
	ports  []uint16
	total  int
	loops  []*scan.Knocker
	asked  int // how many have been answered for
	groups []scanGroup
	began  time.Duration
	signal atomic.Int32
	late   atomic.Bool // the deadline has passed

	mu sync.Mutex // of asked and groups, while there are several loops
}

func scanCommand() *command {
	s := &scanRun{inFlight: scanInFlight}
	return &command{
		name: "scan", group: groupLook, usage: "HOST... PORTS", short: "which ports answer, thousands in flight",
		examples: []string{
			"cat5 scan localhost -              # every TCP port of this host",
			"cat5 scan localhost 22,80,8000-8100,http",
			"cat5 scan --banner 192.168.1.0/28 22",
			"cat5 scan --udp localhost 53,123",
		},
		about: "open: it accepted. closed: the host says that nobody listens. filtered:\n" +
			"silence, or a router's word. open|filtered: UDP silence, which can be either. A\n" +
			"network (10.0.0.0/28) has to be private unless --yes is said. Exit 0: something\n" +
			"is open.\n",
		json:  "the result as one JSON document on stdout",
		flags: strings.Fields("ipv4 ipv6 numeric timeout deadline retry verbose quiet json progress color help"),
		own: []flagRow{
			{"udp", 'u', "", "", "Scan", "ask with datagrams", func(_ *options, v string) error { return setBool(&s.udp, v) }},
			{"open", 0, "", "", "Scan", "show only what is open", func(_ *options, v string) error { return setBool(&s.open, v) }},
			{"banner", 0, "", "", "Scan", "show what an open port says first", func(_ *options, v string) error { return setBool(&s.banner, v) }},
			{"send", 0, "", "TEXT", "Scan", "say this to each (\\r \\n \\t \\xHH are understood)", func(_ *options, v string) error { return setEscaped(&s.send, "send", v) }},
			{"in-flight", 0, "", "N", "Scan", "at most N at once (1000)", func(_ *options, v string) error { return setCount(&s.inFlight, "in-flight", v, 1, 1<<20) }},
			{"rate", 0, "", "N", "Scan", "at most N a second", func(_ *options, v string) error { return setCount(&s.rate, "rate", v, 1, 1<<30) }},
			{"yes", 0, "", "", "Scan", "more than 256 hosts, or a public network, is meant", func(_ *options, v string) error { return setBool(&s.yes, v) }},
		},
		run: s.main,
	}
}

func (s *scanRun) proto() string {
	if s.udp {
		return "udp"
	}
	return "tcp"
}

func (s *scanRun) main(e *Env, o *options, operands []string) error {
	s.k, s.o, s.t = e.K, o, e.talk(o)
	if !o.set["retry"] {
		o.retry = scanRetries
	}
	if o.timeout == 0 {
		o.timeout = scanTimeout
		if s.udp {
			o.timeout = scanTimeoutUDP
		}
	}
	if len(operands) < 2 {
		return usageError("HOST... PORTS are needed: cat5 scan localhost 1-1024")
	}
	s.began = s.k.Now()
	ctx := context.Background()
	if o.deadline > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, o.deadline, errDeadline)
		defer cancel()
	}
	last := len(operands) - 1
	if err := s.lookUp(ctx, operands[:last], operands[last]); err != nil {
		if context.Cause(ctx) == errDeadline {
			return fail(exitTimeout, errDeadline)
		}
		return err
	}
	s.loops = make([]*scan.Knocker, s.loopsFor())
	for i := range s.loops {
		n, err := scan.New(s.k)
		if err != nil {
			return err
		}
		s.loops[i] = n
		defer n.Close()
	}
	sigs := watchSignals(s.onSignal)
	defer sigs.stop() // not before the report is out
	if err := s.knock(); err != nil {
		return err
	}
	return s.report(e)
}

// onSignal ends the scan, with a report of what was found; a second one ends it at once. It is called on the goroutine of
// signals.
func (s *scanRun) onSignal(sig unix.Signal) {
	if sig == unix.SIGUSR1 {
		return
	}
	if !s.signal.CompareAndSwap(0, int32(sig)) {
		sys.Die(sig)
	}
	s.wake()
}

// wake makes every loop look whether it has to stop.
func (s *scanRun) wake() {
	for _, n := range s.loops {
		n.Post(func() {})
	}
}

// lookUp finds what to scan.
func (s *scanRun) lookUp(ctx context.Context, hosts []string, ports string) (err error) {
	s.ports, err = parsePorts(ports, func(name string) (uint16, error) {
		r := sock.Resolver{Network: s.proto(), Numeric: s.o.numeric}
		a, err := r.Resolve(ctx, sock.HostPort{Port: name})
		if err != nil {
			return 0, usageError("ports: " + err.Error())
		}
		return a[0].AddrPort().Port(), nil
	})
	if err != nil {
		return err
	}
	if err := s.scanHosts(ctx, hosts); err != nil {
		return err
	}
	s.total = len(s.hosts) * len(s.ports)
	return nil
}

// loopsFor is how many loops the scan runs on: what it costs is the kernel's work for each connect, and that can
// be done on several processors. A short scan is over before a second loop would have begun, and one with a rate has time.
func (s *scanRun) loopsFor() int {
	if s.rate > 0 {
		return 1
	}
	return max(1, min(runtime.GOMAXPROCS(0), 4, s.total/4096, s.inFlight))
}

// knock asks every port of every host.
func (s *scanRun) knock() error {
	var deadline epoll.Timer
	if s.o.deadline > 0 {
		deadline.F = func() {
			s.late.Store(true)
			s.wake()
		}
		s.loops[0].After(&deadline, max(s.began+s.o.deadline-s.k.Now(), 0))
	}
	defer s.startProgress(s.loops[0])()
	errs := make([]error, len(s.loops))
	var others sync.WaitGroup
	for i := 1; i < len(s.loops); i++ {
		others.Go(func() { errs[i] = s.share(i).Run(s.loops[i]) })
	}
	errs[0] = s.share(0).Run(s.loops[0])
	others.Wait()
	return errors.Join(errs...)
}

// share is the i-th loop's part of the scan: every n-th target, of n loops.
func (s *scanRun) share(i int) *scan.Scan {
	n := len(s.loops)
	return &scan.Scan{
		N:        (s.total - i + n - 1) / n,
		Target:   func(j int, to *scan.Knock) { s.target(j*n+i, to) },
		Answer:   func(j int, kn *scan.Knock) { s.answer(j*n+i, kn) },
		InFlight: max(s.inFlight/n, 1), Retries: s.o.retry, Rate: s.rate,
		Stop: func() bool { return s.late.Load() || s.signal.Load() != 0 },
	}
}

// target is the i-th question: the hosts take turns, so that none gets all at once.
func (s *scanRun) target(i int, to *scan.Knock) {
	to.Addr = s.hosts[i%len(s.hosts)].addr.WithPort(s.ports[i/len(s.hosts)])
	to.Type, to.Timeout, to.Send, to.Want = unix.SOCK_STREAM, s.o.timeout, []byte(s.send), nil
	if s.udp {
		to.Type = unix.SOCK_DGRAM
	}
	if s.banner {
		to.Want = greeted
	}
}

// greeted: a greeting is a line, or what there is of it.
func greeted(heard []byte) bool {
	return len(heard) >= 512 || strings.IndexByte(string(heard), '\n') >= 0
}

// scanRow is one line of the result.
type scanRow struct {
	target int
	took   time.Duration
	heard  []byte
}

// scanGroup is all targets that answered in the same way.
type scanGroup struct {
	state scan.State
	why   string
	n     int
	rows  []scanRow // all of them, or the first fewRows+1
}

// fewRows is how many answers of one kind, other than open, are listed one by one.
const fewRows = 25

func (s *scanRun) answer(i int, kn *scan.Knock) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	why := s.why(kn)
	var g *scanGroup
	for j := range s.groups {
		if s.groups[j].state == kn.State && s.groups[j].why == why {
			g = &s.groups[j]
		}
	}
	if g == nil {
		s.groups = append(s.groups, scanGroup{state: kn.State, why: why})
		g = &s.groups[len(s.groups)-1]
	}
	g.n++
	if kn.State == scan.Open || len(g.rows) <= fewRows {
		g.rows = append(g.rows, scanRow{i, kn.Took, append([]byte(nil), kn.Heard...)})
	}
}

func (s *scanRun) count(state scan.State) (n int) {
	for _, g := range s.groups {
		if g.state == state {
			n += g.n
		}
	}
	return n
}

// address is the i-th target as it could be typed again.
func (s *scanRun) address(i int) string {
	h := s.hosts[i%len(s.hosts)]
	port := strconv.Itoa(int(s.ports[i/len(s.hosts)]))
	return sock.HostPort{Host: sys.SafeName(h.name), Port: port}.String()
}
