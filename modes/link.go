package modes

import (
	"errors"
	"strconv"
	"time"

	"cat5/io/pump"
	"cat5/io/sock"
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// link is one peer of a cable: its socket and the pair that serves it.
type link struct {
	id    int64
	name  string
	conn  sock.Conn
	pair  *pump.Pair
	began time.Duration
	to    sys.Addr // where answers go, on a socket that hears many peers
}

// start puts a connected socket and our standard descriptors on the loop.
func (c *cable) start(conn sock.Conn, name string) {
	if c.o.exec {
		c.startProgram(conn)
		return
	}
	l := &link{id: c.conns, name: name, conn: conn, began: c.k.Now()}
	if err := c.std.begin(); err != nil {
		conn.Close(c.k)
		c.end(&verdict{code: exitWrite, err: err})
		return
	}
	o := c.o
	port := pump.Port{FD: conn.FD, Kind: pump.SocketKind(conn.Type), Name: name, Ends: true, Dialed: conn.Dialed, Before: conn.Before, Proto: proto(conn.Network)}
	p := &pump.Pair{EOF: o.eof, PeerEnds: o.peerEnds, SendOnly: o.sendOnly, Idle: o.idle, Quit: o.quit}
	if o.keepOpen {
		// A peer that has sent its end may still listen, but the next one waits. An input that ends by itself is sent
		// whole; one that may stay open (a terminal, a pipe) would keep the next peer waiting for ever.
		p.PeerEnds = o.peerEnds || c.std.in.Kind != pump.File && c.std.in.Kind != pump.Null
	}
	if o.deadline > 0 {
		p.Deadline = c.began + o.deadline
	}
	outFilter, inFilter := c.filters()
	if !o.noStdin {
		p.Out = &pump.Lane{Src: c.std.in, Dst: port, Filter: outFilter, Rate: o.rate, Every: o.interval,
			Record: o.record, MaxSize: c.maxSize(&conn), KeepDst: o.keepOut, Copy: c.oneByOne()}
		if o.sendOnly {
			p.Out.Limit = o.bytes
		}
	}
	p.In = &pump.Lane{Src: port, Dst: c.std.out, Filter: inFilter, Rate: o.rate, Record: o.record,
		Discard: o.sendOnly, KeepDst: o.keepOpen || len(c.ports) > 1, Copy: o.copy, Takes: o.packets}
	if !o.sendOnly {
		p.In.Limit = o.bytes
	}
	if port.Kind == pump.Dgram {
		if !o.listen {
			c.enlarge(&conn)
		}
		c.datagrams(l, p)
	}
	if o.noStdin && o.ended && port.Kind != pump.Dgram { // our input has ended before it began
		c.k.Shutdown(conn.FD, unix.SHUT_WR) // if the connection has broken meanwhile, reading tells
	}
	if c.dump != nil {
		p.In.Tap = c.dump.received
		if p.Out != nil {
			p.Out.Tap, p.Out.TapGiven = c.dump.sent, true
		}
	}
	if o.telnet && p.Out != nil {
		p.In.Tap = (&refuser{reply: p.Out.Insert, next: p.In.Tap}).hear
		p.In.Gate = p.Out.TakesInserts
	}
	p.Events = func(ev pump.Event) { c.onEvent(l, ev) }
	p.Done = func(*pump.Pair) { c.linkDone(l) }
	l.pair, c.link = p, l
	c.loop.Add(p)
}

func proto(network string) pump.Proto {
	switch network {
	case "tcp":
		return pump.TCP
	case "udp":
		return pump.UDP
	}
	return pump.Other
}

// datagrams adds what is particular to sockets without an end: when to leave, and whom to answer.
func (c *cable) datagrams(l *link, p *pump.Pair) {
	o := c.o
	if !o.quitSet && !o.listen && p.Out != nil && c.std.in.Kind != pump.TTY {
		// Nobody can say that the answers are over. A client whose input has ended leaves when none has come for a
		// second; on a terminal it stays until ^C.
		p.Quit, p.QuitIdle = time.Second, true
	}
	switch {
	case l.conn.Peer.Family() != 0:
		if o.listen { // what others sent before we connected to this peer is still in the queue
			p.In.Only = l.conn.Peer
		}
	case p.Out != nil:
		// Not connected: answers go to whoever was heard last, and the input waits until somebody was.
		p.Out.Dst.To = &l.to
		if !o.listen {
			l.to = c.plan.Remote[0]
		} else {
			p.Out.Gate = func() bool { return l.to.Family() != 0 }
		}
	}
	if o.listen && l.conn.Peer.Family() == 0 {
		p.In.From = func(from sys.Addr) { c.heard(l, from) }
	}
}

// heard notes who sent a datagram; a new sender is a new peer.
func (c *cable) heard(l *link, from sys.Addr) {
	if c.network == "unix" && from.UnixName() == "" || from == l.to {
		return
	}
	l.to = from
	c.conns++
	c.t.accepted(c.conns, &l.conn, from.String())
}

func (c *cable) onEvent(l *link, ev pump.Event) {
	p := l.pair
	if ev.Kind == pump.SrcEnded && ev.Lane == p.In && p.Out != nil && p.Out.In == 0 &&
		c.std.in.Kind == pump.TTY && c.std.out.Kind != pump.TTY && !c.o.keepOut {
		// Nothing was typed and the output is not for reading along: this was a transfer, and it is over.
		p.PeerEnds = true
	}
	if ev.Kind == pump.SrcEnded && ev.Lane == p.Out {
		c.inEnded = true
	}
	if ev.Kind == pump.SrcEnded && ev.Lane == p.In && p.In.Took() {
		p.PeerEnds = true // --packets: it is enough
	}
	typing := p.Out != nil && c.std.in.Kind == pump.TTY && !p.PeerEnds
	c.t.lane(l.id, ev.Lane == p.Out, typing, typing && !p.Out.EOF, ev)
	if ev.Kind == pump.Refused && ev.Err != unix.EMSGSIZE && !c.o.listen && p.In.RecordsIn == 0 && (p.Out == nil || p.Out.EOF) {
		// The last thing to hope for was an answer, and the peer's host says that there will be none.
		p.Abort(0)
	}
}

// linkDone is called once when the pair is over, its descriptors still open.
func (c *cable) linkDone(l *link) {
	v, lost := c.verdict(l)
	p := l.pair
	c.in += p.In.In
	if p.Out != nil {
		c.out += p.Out.Out
	}
	c.lost += lost
	c.kernelDrops(l)
	c.uncork(l)
	if c.o.verbose > 0 || c.o.stats || c.o.json {
		c.t.stats(l.id, "close", p.Out, p.In, c.k.Now()-l.began, num("code", int64(v.code)), str("reason", v.Error()), num("lost", lost))
	}
	if v.code == exitTimeout {
		c.t.event("timeout", num("conn", l.id))
	}
	c.link = nil
	c.gone = append(c.gone, func() { l.conn.Close(c.k) })
	local := v.code == exitWrite || v.code == exitRead || v.signal != 0
	last := c.o.lastPeer && c.inEnded
	if c.o.listen && c.o.keepOpen && c.listen.FD >= 0 && !local && !last && c.result == nil { // a datagram link was the listener itself
		c.t.fail(c.judged(v).err, "")
		c.loop.Post(func() {
			c.free()
			c.again()
		})
		return
	}
	c.end(v)
}

// verdict judges how a link ended, and counts the bytes that were taken and not given.
func (c *cable) verdict(l *link) (v *verdict, lost int64) {
	p := l.pair
	in, out := p.In, p.Out
	if out == nil {
		out = &pump.Lane{}
	}
	unsent := out.Held() + out.Dropped + p.Unacked
	lost = unsent + in.Held()
	atDst := func(ln *pump.Lane) bool { return ln.Err != nil && ln.Side == pump.AtDst }
	switch {
	case atDst(in):
		return c.outputBroke(in), lost
	case out.Err != nil && errors.Is(out.Err, pump.ErrCut):
		return &verdict{code: exitRead, err: sys.Wrap("read", out.Src.Name, out.Err)}, lost
	case out.Err != nil && out.Side == pump.AtSrc:
		return &verdict{code: exitRead, err: sys.Wrap("read", out.Src.Name, out.Err)}, lost
	case atDst(out):
		return &verdict{code: exitSend, err: c.sendError(l, out, unsent)}, lost
	case in.Err != nil && unsent > 0:
		return &verdict{code: exitSend, err: more(sys.Wrap("send", l.name, in.Err), lostWords(unsent))}, lost
	case in.Err != nil:
		return &verdict{code: exitRecv, err: more(sys.Wrap("receive", l.name, in.Err), " after "+formatBytes(in.In))}, lost
	}
	switch p.Reason {
	case pump.IdleOut:
		return &verdict{code: exitTimeout, idle: lost == 0, err: more(nil, "timed out: nothing moved for "+formatDuration(c.o.idle)+lostWords(lost))}, lost
	case pump.TimeOut:
		return &verdict{code: exitTimeout, err: more(errDeadline, lostWords(lost))}, lost
	}
	return c.soft(l, unsent, lost), lost
}

// soft judges a link that nothing broke. Bytes that were taken and not given are never the code 0.
func (c *cable) soft(l *link, unsent, lost int64) *verdict {
	p := l.pair
	limited := p.In
	if c.o.sendOnly {
		limited = p.Out
	}
	switch {
	case c.result != nil && c.result.signal != 0:
		v := *c.result
		if lost > 0 {
			v.err = more(nil, "interrupted"+lostWords(lost))
		}
		return &v
	case unsent > 0:
		return &verdict{code: exitSend, err: more(nil, "send "+l.name+": "+gaveUp(p)+lostWords(unsent))}
	case lost > 0:
		return &verdict{code: exitWrite, err: more(nil, "write "+p.In.Dst.Name+": "+gaveUp(p)+lostWords(lost))}
	case p.In.Refused > 0 && p.In.RecordsIn == 0 && !c.o.listen:
		return &verdict{code: exitRecv, unheard: true, err: sys.Wrap("receive", l.name, p.In.Report)}
	case c.o.bytes > 0 && limited.In < c.o.bytes:
		return &verdict{code: exitShort, err: more(nil, "ended after "+strconv.FormatInt(limited.In, 10)+" of "+plural(c.o.bytes, "byte"))}
	case c.o.strict && p.In.Truncated > 0:
		return &verdict{code: exitShort, err: more(nil, plural(p.In.Truncated, "datagram")+" truncated")}
	}
	return &verdict{}
}

// gaveUp says why bytes were left behind though nothing broke.
func gaveUp(p *pump.Pair) string {
	if p.Reason == pump.QuitAfter {
		return "the time of --quit-after is over"
	}
	return "gave up"
}

// outputBroke: a closed pipe is answered as every Unix filter does, by dying of SIGPIPE; unless whoever started us
// ignores that.
func (c *cable) outputBroke(in *pump.Lane) *verdict {
	if in.Err == unix.EPIPE && !sigpipeIgnored(c.k) {
		return &verdict{code: exitBySignal + int(unix.SIGPIPE), signal: unix.SIGPIPE}
	}
	err := more(sys.Wrap("write", in.Dst.Name, in.Err), " after "+formatBytes(in.Out)+lostWords(in.Held()))
	return &verdict{code: exitWrite, err: err}
}

func (c *cable) sendError(l *link, out *pump.Lane, unsent int64) error {
	why := out.Err
	if out.Dst.Proto == pump.TCP && why == unix.EPIPE {
		// We have not ended our side, so that a RST has: the kernel told it, as ECONNRESET, to a splice that had moved
		// something before, which answers with what it moved.
		why = unix.ECONNRESET
	}
	err := sys.Wrap("send", l.name, why)
	switch {
	case out.Err == pump.ErrTooLarge:
		return more(err, ": the limit is "+plural(int64(out.MaxSize), "byte")+lostWords(unsent))
	case out.Dst.Kind == pump.Stream && out.Dst.Proto != pump.TCP && out.Out > 0:
		// Nobody acknowledges what a unix socket was given, and what the peer had not read went with the peer.
		return more(err, " after "+formatBytes(out.Out)+", read by the peer or not"+lostWords(unsent))
	case unsent == 0:
		return more(err, " after "+formatBytes(out.Out)+", all acknowledged; not all of the input was read")
	}
	return more(err, lostWords(unsent))
}

// longer is an error with more to say.
type longer struct {
	err  error
	tail string
}

func (e *longer) Error() string {
	if e.err == nil {
		return e.tail
	}
	return e.err.Error() + e.tail
}

func (e *longer) Unwrap() error { return e.err }

func more(err error, tail string) error { return &longer{err, tail} }
