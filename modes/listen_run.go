package modes

import (
	"errors"

	"cat5/io/filter"
	"cat5/io/hub"
	"cat5/io/pump"
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// How listen's peers are served and told of.

func (r *listenRun) hubOptions() hub.Options {
	o, l := r.o, r.l
	h := hub.Options{
		Listener: r.listen.FD, Service: r.service(), Access: o.access, Max: o.maxConns, Source: o.perSource,
		FirstByte: l.firstByte, Idle: o.idle, MaxQueue: int(l.maxQueue), Stall: l.stall,
		Linger: listenLinger, Grace: listenGrace,
		Accepted: func(fd int, peer sys.Addr) error { return r.inherit(fd, peer.Family()) },
		Joined:   r.joined,
		Left:     r.left,
		Rejected: r.rejected,
		Stalled:  func(p *hub.Peer) { r.t.behind(p) },
		Warn:     r.t.warn,
	}
	dgram := r.plan.Type == unix.SOCK_DGRAM
	if h.Idle == 0 && dgram {
		h.Idle = dgramIdle
	}
	switch {
	case h.Max > 0:
	case r.argv != nil:
		h.Max = maxPrograms
	case dgram:
		h.Max = maxSources
	}
	return h
}

func (r *listenRun) service() hub.Service {
	l, keep := r.l, r.o.eof == pump.Keep
	switch {
	case l.broker:
		return &hub.Broker{Keep: keep}
	case l.chat:
		return &hub.Chat{Keep: keep, Safe: safeLine}
	case l.discard:
		return hub.Discard{}
	case l.chargen:
		return &hub.Chargen{}
	case l.greet != "":
		text := l.greet
		if text[len(text)-1] != '\n' {
			text += "\n"
		}
		return &hub.Greet{Text: []byte(text)}
	case r.argv != nil:
		return &hub.Exec{Path: r.path, Argv: r.argv, Env: r.environ}
	}
	t := &hub.Talk{Out: r.port(&r.std.out), EOF: []hub.EOF{pump.Half: hub.Half, pump.Full: hub.Full, pump.Keep: hub.Keep}[r.o.eof]}
	if !r.o.noStdin && r.std.in.Kind != pump.Null { // a service that was started with </dev/null has no input that could end
		t.In = r.port(&r.std.in)
	}
	if l.prefix {
		t.Prefix = prefix
	}
	if r.std.out.Kind == pump.TTY && !r.o.raw {
		t.Show = r.show
	}
	return t
}

func (r *listenRun) port(p *pump.Port) *hub.Port {
	return &hub.Port{FD: p.FD, Name: p.Name, File: p.Kind == pump.File, TTY: p.Kind == pump.TTY,
		Socket: p.Kind == pump.Stream || p.Kind == pump.Dgram || p.Kind == pump.Seqpacket, Blocks: p.Blocks && (p.Kind == pump.Pipe || p.Kind == pump.TTY)}
}

// peerTag is what is remembered of a peer whose bytes are shown.
type peerTag struct {
	prefix string
	column *column
}

func tagOf(p *hub.Peer) *peerTag {
	if p.Tag == nil {
		p.Tag = &peerTag{}
	}
	return p.Tag.(*peerTag)
}

// prefix is "[3 127.0.0.1:40000] ": the number that talk has for the peer, and its address if it has one.
func prefix(dst []byte, p *hub.Peer) []byte {
	tag := tagOf(p)
	if tag.prefix == "" {
		tag.prefix = "[" + number(p) + "] "
		if name := p.Addr.String(); name != "" {
			tag.prefix = "[" + number(p) + " " + name + "] "
		}
	}
	return append(dst, tag.prefix...)
}

// show makes what a peer sent safe for the terminal. Each peer has a filter of its own: a sequence may come in two pieces,
// with another peer's between them.
func (r *listenRun) show(dst, b []byte, p *hub.Peer) []byte {
	tag := tagOf(p)
	if tag.column == nil {
		tag.column = &column{Filter: &filter.Terminal{}, t: r.t}
	}
	if b == nil {
		return tag.column.Flush(dst)
	}
	return tag.column.Append(dst, b)
}

// safeLine makes one line safe to show.
func safeLine(dst, line []byte) []byte {
	var f filter.Terminal
	return f.Flush(f.Append(dst, line))
}

func (r *listenRun) joined(p *hub.Peer) {
	r.conns++
	local := sys.Addr{}
	if r.o.json && p.FD >= 0 {
		local, _ = r.k.Getsockname(p.FD)
	}
	r.t.arrived(r.network, p, local)
}

func (r *listenRun) left(p *hub.Peer, why error) {
	if why == hub.ErrStopped && r.result == nil { // the hub broke, and this is only what follows
		why = nil
	}
	if why != nil && r.broke == nil {
		r.broke = more(nil, "connection "+number(p)+": "+why.Error())
	}
	r.t.departed(p, why, r.argv != nil)
}

func (r *listenRun) rejected(peer sys.Addr, why string) { r.t.rejected(peer, why) }

// showStats is called on the hub's thread.
func (r *listenRun) showStats() { r.t.hubStats(r.hub) }

func (r *listenRun) ticks() {
	if r.o.statsEvery > 0 {
		r.tick.F = func() {
			r.showStats()
			r.hub.After(&r.tick, r.o.statsEvery)
		}
		r.hub.After(&r.tick, r.o.statsEvery)
	}
	if r.o.deadline > 0 {
		r.latest.F = func() {
			if r.result == nil {
				r.result = &verdict{code: exitTimeout, err: errDeadline}
			}
			r.hub.Stop()
		}
		r.hub.After(&r.latest, r.began+r.o.deadline-r.k.Now())
	}
}

// onSignal is called on the goroutine of signals.
func (r *listenRun) onSignal(sig unix.Signal) {
	r.mu.Lock()
	defer r.mu.Unlock()
	h := r.hub
	if sig == unix.SIGUSR1 {
		if h != nil {
			h.Post(r.showStats)
		}
		r.asked = true
		return
	}
	switch {
	case r.signal == 0:
		r.signal = sig
		if h != nil {
			h.Post(func() { r.stopFor(sig) })
			return
		}
		r.cancel(errors.New("interrupted"))
	case r.argv != nil && h != nil && !r.hurry: // a second one is an order; but programs must not be left alone
		r.hurry = true
		h.Post(h.Cut)
	default:
		sys.Die(sig)
	}
}

func (r *listenRun) stopFor(sig unix.Signal) {
	r.t.event("signal", num("number", int64(sig)))
	r.result = &verdict{code: exitBySignal + int(sig), signal: sig}
	r.hub.Stop()
}
