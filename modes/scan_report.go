package modes

import (
	"cmp"
	"slices"
	"time"

	"cat5/io/epoll"
	"cat5/io/scan"

	"golang.org/x/sys/unix"
)

// What scan says: rows on stdout, the account on stderr.

// report prints what was found, be it all or what there is after ^C, and is the verdict.
func (s *scanRun) report(e *Env) error {
	var err error
	if s.o.json {
		err = e.print(s.document())
	} else {
		err = e.print(s.table())
		s.t.say(0, s.summary())
	}
	switch sig := unix.Signal(s.signal.Load()); {
	case err != nil:
		return err
	case sig != 0:
		return &verdict{code: exitBySignal + int(sig), signal: sig}
	case s.late.Load():
		return fail(exitTimeout, more(errDeadline, "; "+plural(int64(s.total-s.asked), "port")+" not asked"))
	case s.count(scan.Open) == 0:
		return &verdict{code: exitNo}
	}
	return nil
}

// listed is what is shown one by one, in the order of hosts and ports as they were given.
func (s *scanRun) listed() (rows []scanRow, of map[int]*scanGroup) {
	of = map[int]*scanGroup{}
	for i := range s.groups {
		g := &s.groups[i]
		if g.state != scan.Open && (s.open || len(g.rows) > fewRows) {
			continue
		}
		for _, r := range g.rows {
			rows = append(rows, r)
			of[r.target] = g
		}
	}
	slices.SortFunc(rows, func(a, b scanRow) int {
		n := len(s.hosts)
		return cmp.Or(cmp.Compare(a.target%n, b.target%n), cmp.Compare(a.target/n, b.target/n))
	})
	return rows, of
}

func (s *scanRun) table() string {
	rows, of := s.listed()
	wide, states := 0, 0
	for _, r := range rows {
		wide, states = max(wide, len(s.address(r.target))), max(states, len(of[r.target].state.String()))
	}
	var b []byte
	for _, r := range rows {
		g := of[r.target]
		b = append(b, pad(s.address(r.target), wide+2)+pad(g.state.String(), states+2)...)
		detail := g.why
		if g.state == scan.Open {
			detail = s.greeting(r.heard)
		}
		if service := s.service(r.target); detail != "" {
			b = append(b, pad(service, 12)+detail...)
		} else {
			b = append(b, service...)
		}
		b = append(trimRight(b), '\n')
	}
	return string(b)
}

func trimRight(b []byte) []byte {
	for len(b) > 0 && b[len(b)-1] == ' ' {
		b = b[:len(b)-1]
	}
	return b
}

func (s *scanRun) service(target int) string {
	if s.o.numeric {
		return ""
	}
	return serviceName(s.k, s.proto(), s.ports[target/len(s.hosts)])
}

// greeting is the first line of what a server said, made safe, and short enough to stand at the end of a row.
func (s *scanRun) greeting(heard []byte) string {
	const most = 100
	line, _, _ := cutByte(heard, '\n')
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	text := visible(string(line[:min(len(line), most)]))
	if len(line) > most {
		text += "..."
	}
	return text
}

func cutByte(b []byte, c byte) (before, after []byte, found bool) {
	if i := slices.Index(b, c); i >= 0 {
		return b[:i], b[i+1:], true
	}
	return b, nil, false
}

// inStateOrder is the groups, what is open first.
func (s *scanRun) inStateOrder() []scanGroup {
	order := map[scan.State]int{scan.Open: 0, scan.Closed: 1, scan.Filtered: 2, scan.Silent: 3, scan.Unknown: 4}
	all := slices.Clone(s.groups)
	slices.SortStableFunc(all, func(a, b scanGroup) int { return cmp.Compare(order[a.state], order[b.state]) })
	return all
}

func (s *scanRun) document() string {
	rows, of := s.listed()
	d := &jsonDoc{}
	d.open("", '{')
	d.number("v", 1)
	d.text("proto", s.proto())
	d.number("ports", uint64(s.total))
	d.number("asked", uint64(s.asked))
	d.number("took_us", uint64((s.k.Now() - s.began).Microseconds()))
	d.open("counts", '[')
	for _, g := range s.inStateOrder() {
		d.open("", '{')
		d.text("state", g.state.String())
		d.text("reason", g.why)
		d.number("n", uint64(g.n))
		d.shut('}')
	}
	d.shut(']')
	d.open("results", '[')
	for _, r := range rows {
		g, h := of[r.target], s.hosts[r.target%len(s.hosts)]
		d.open("", '{')
		d.text("host", h.name)
		d.text("address", h.ip.String())
		d.number("port", uint64(s.ports[r.target/len(s.hosts)]))
		d.text("state", g.state.String())
		d.text("reason", g.why)
		d.text("service", s.service(r.target))
		d.number("us", uint64(r.took.Microseconds()))
		if len(r.heard) > 0 {
			d.text("says", string(r.heard[:min(len(r.heard), 512)]))
		}
		d.shut('}')
	}
	d.shut(']')
	d.shut('}')
	return string(append(d.b, '\n'))
}

// startProgress shows a line that moves, and returns what ends it.
func (s *scanRun) startProgress(n *scan.Knocker) (stop func()) {
	if s.o.json || s.o.quiet || s.o.progress == never || s.o.progress == auto && (!s.t.tty || s.t.dumb) {
		return func() {}
	}
	shown := false
	wipe := func() {
		if shown {
			shown = false
			s.t.draw("", nil)
		}
	}
	var tick epoll.Timer
	tick.F = func() {
		s.t.draw(s.progressWords(), wipe)
		shown = true
		n.After(&tick, progressEvery)
	}
	n.After(&tick, progressDelay/2)
	return func() {
		wipe()
		s.t.onLine = nil
	}
}

// eta is how long the rest will take at the speed so far.
func (s *scanRun) eta() time.Duration {
	if s.asked == 0 {
		return 0
	}
	took := s.k.Now() - s.began
	return time.Duration(float64(took) / float64(s.asked) * float64(s.total-s.asked))
}
