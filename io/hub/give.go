package hub

import (
	"cat5/io/epoll"
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// How a peer is given what is its, and how it ends.

// write gives what is taken now; ok is false when nothing was. After an error the peer takes nothing more, but what it
// sent before is still read: "the kernel gives data, then the error", and so does the hub.
func (p *Peer) write(b []byte) (n int, ok bool) {
	h := p.h
	var err error
	for {
		if h.record() {
			n, err = h.k.Sendto(p.FD, b, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, nil)
		} else {
			n, err = h.k.RawWrite(p.FD, b)
		}
		if err != unix.EINTR {
			break
		}
	}
	switch {
	case err == unix.EAGAIN:
		return 0, false
	case err != nil:
		p.fault = err
		p.gone = err != unix.EPIPE && err != unix.ECONNRESET && err != unix.ETIMEDOUT // reading may never say so
		return 0, false
	}
	p.last = h.now
	p.Out += int64(n)
	h.Out += int64(n)
	return n, true
}

// flush gives from the queue until that is empty or nothing more is taken, and then what the service repeats.
func (p *Peer) flush() {
	h := p.h
	for !p.q.empty() && p.fault == nil {
		b := p.q.front()
		n, ok := p.write(b)
		if !ok {
			break
		}
		p.q.given(&h.mem, n)
		if n < len(b) {
			break
		}
	}
	if p.fault != nil {
		p.Lost += p.q.drop(&h.mem)
	}
	if p.over && 2*p.q.cost <= h.o.MaxQueue {
		p.over = false
		h.behind--
		h.resume()
	}
	if p.q.empty() && p.fault == nil && !p.ended && h.svc.more(p) {
		h.svc.give(h, p)
	}
}

// end makes p get our end when it has had what waits for it, and go.
func (p *Peer) end() {
	if p.kid != nil {
		p.kid.term()
		return
	}
	if p.FD < 0 {
		p.h.leave(p, nil)
		return
	}
	p.ended = true
	if !p.leaving {
		p.leaving = true
		p.since = p.h.now
	}
	p.conclude()
}

// conclude is the rules for a peer's end, as a function of its state. It may be called at any time.
func (p *Peer) conclude() {
	h := p.h
	if p.dead || p.FD < 0 {
		return
	}
	if p.fault != nil && (p.eof || p.gone || h.stopping) {
		h.leave(p, p.fault)
		return
	}
	if p.eof && !p.leaving && (p.ended || !h.svc.stays(h, p)) {
		p.ended, p.leaving, p.since = true, true, h.now
	}
	if p.eof && p.ended && p.Out == 0 && p.q.empty() { // there is nothing that it could miss
		h.leave(p, nil)
		return
	}
	if p.ended && !p.shut && p.q.empty() && p.fault == nil {
		p.shut = true
		p.since = h.now
		if err := h.k.Shutdown(p.FD, unix.SHUT_WR); err != nil && err != unix.ENOTCONN {
			h.leave(p, sys.Wrap("shutdown", "", err))
			return
		}
	}
	if p.shut && (p.eof || p.leaving && h.stopping) && p.acked() {
		h.leave(p, nil)
		return
	}
	if p.shut && p.eof { // it is not watched any more, see watch
		if err := sys.SocketError(h.k, p.FD); err != nil {
			h.leave(p, err)
			return
		}
	}
	if p.ended {
		p.arm()
	}
	p.watch()
}

// acked says that the peer's host has all that was sent. For TCP SIOCOUTQ is what it has not acknowledged, our FIN counting
// as one (tcp(7)); a unix socket's bytes lie with the peer as soon as they are sent. A peer that gets on with it is given
// more time.
func (p *Peer) acked() bool {
	if !p.h.door.tcp {
		return true
	}
	n, err := sys.Unsent(p.h.k, p.FD)
	if n < p.sent {
		p.since = p.h.now
	}
	p.sent = n
	return err != nil || n == 0
}

// unacked is how much of what the kernel took the peer is not known to have, when the connection did not end as it should.
func (p *Peer) unacked(why error) int64 {
	if !p.h.door.tcp || p.FD < 0 || why == nil || p.Out == 0 {
		return 0
	}
	info, err := sys.TCPInfo(p.h.k, p.FD)
	if err != nil || info.Bytes_acked == 0 && info.State == 0 { // a kernel, or a sandbox, that does not fill it
		return 0
	}
	return max(p.Out-int64(info.Bytes_acked), 0)
}

// watch tells the poller what p is wanted for: for room when something waits for it, for bytes unless somebody is behind.
// It is a function of the state; where that depends on others (see held) it is asked again by resume, and until then a
// peer that is not ready costs nothing.
func (p *Peer) watch() {
	h := p.h
	if p.dead || p.FD < 0 {
		return
	}
	want := epoll.Err
	if p.fault == nil && (!p.q.empty() || !p.ended && h.svc.more(p)) {
		want |= epoll.Out
	}
	if !p.eof {
		switch {
		case !h.held(p):
			want |= epoll.In
			p.broken = false
		case !p.idle:
			p.idle = true
			h.idle = append(h.idle, p)
		}
	}
	if p.broken && want&epoll.In == 0 || p.eof && p.shut { // the kernel would report the hang-up again and again
		want = 0
	}
	if err := h.poller.Set(p.FD, want); err != nil {
		h.leave(p, err)
	}
}
