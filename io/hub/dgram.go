package hub

import (
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// Datagrams have no connections: each address that sends one is a peer, until it has been silent for Options.Idle. All
// share one socket, and nobody has a queue: UDP's peers can always be sent to, and a unix peer whose queue is full
// cannot be waited for. What is not sent is lost, counted and told.

// datagrams takes what waits, at most a burst.
func (d *door) datagrams() {
	h := d.h
	for range burst {
		if d.closed || h.held(nil) {
			d.watch()
			return
		}
		d.from = sys.Addr{}
		b := h.mem.buffer()
		n, _, err := sys.Recvfrom(h.k, d.fd, b, unix.MSG_DONTWAIT|unix.MSG_TRUNC, &d.from)
		switch err {
		case nil:
		case unix.EAGAIN:
			return
		case unix.ECONNREFUSED, unix.EHOSTUNREACH, unix.ENETUNREACH, unix.ECONNRESET:
			continue // about something sent earlier (ICMP; udp(7)): that peer is gone
		default:
			h.fail(sys.Wrap("receive", "", err))
			return
		}
		p := d.sender()
		if p == nil {
			continue
		}
		if n > len(b) { // MSG_TRUNC: "return the real length of the packet", recv(2)
			h.warn("datagram of " + itoa(n) + " bytes truncated")
			p.Lost += int64(n - len(b))
			n = len(b)
		}
		p.last = h.now
		p.In += int64(n)
		h.In += int64(n)
		h.svc.take(h, p, b[:n])
		h.sweep()
	}
}

// sender finds or makes the peer that sent the datagram; nil when it may not. Unix senders that are not bound have no name
// to tell them apart: they are one peer, which nothing can be sent to.
func (d *door) sender() *Peer {
	h := d.h
	if d.family == unix.AF_UNIX && d.from.UnixName() == "" {
		d.from = sys.Addr{}
	}
	if p := h.names[d.from]; p != nil {
		return p
	}
	p := &Peer{h: h, FD: -1, Addr: d.from, UID: -1}
	if why := d.check(p); why != "" {
		d.reject(p.Addr, why)
		return nil
	}
	h.names[d.from] = p
	h.join(p)
	if p.dead {
		return nil
	}
	return p
}

// sendTo sends one datagram.
func (h *Hub) sendTo(p *Peer, b []byte) {
	if p.Addr.Family() == unix.AF_UNSPEC || p.kid != nil {
		return
	}
	_, err := sys.Sendto(h.k, h.door.fd, b, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, &p.Addr)
	if err == unix.EAGAIN || err == unix.ENOBUFS {
		// Our own send buffer empties by itself in a moment; a unix peer's queue may not.
		h.k.Poll([]unix.PollFd{{Fd: int32(h.door.fd), Events: unix.POLLOUT}}, 10)
		_, err = sys.Sendto(h.k, h.door.fd, b, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, &p.Addr)
	}
	switch {
	case err == nil:
		p.Out += int64(len(b))
		h.Out += int64(len(b))
		p.last = h.now
		return
	case h.door.family == unix.AF_UNIX && err != unix.EAGAIN && err != unix.ENOBUFS && err != unix.EMSGSIZE:
		p.Lost += int64(len(b))
		h.leave(p, err) // ECONNREFUSED, ENOENT: there is nobody any more
		return
	}
	p.Lost += int64(len(b))
	if !h.door.lostSaid {
		h.door.lostSaid = true
		h.warn(sys.Wrap("send", p.Addr.String(), err).Error() + "; such datagrams are lost, and counted")
	}
}
