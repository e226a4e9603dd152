package hub

import (
	"encoding/binary"
	"errors"
	"io"
	"net/netip"
	"strconv"
	"time"

	"cat5/io/epoll"
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// Why a peer had to go, when it was not its own end or an error of its connection.
var (
	ErrStopped   = errors.New("stopped")
	ErrIdle      = errors.New("idle for too long")
	ErrFirstByte = errors.New("sent nothing")
	ErrStall     = errors.New("too slow: it held up the others")
	ErrLinger    = errors.New("did not end in time")

	errBehind = errors.New("behind") // no reason to go, yet
)

// Peer is one of many: a connection, or a source of datagrams.
type Peer struct {
	ID            int64
	FD            int // less than 0: a source of datagrams, or a connection that a program has
	Addr          sys.Addr
	PID, UID, GID int    // of a unix peer's process; UID is less than 0 when it is not known
	Name          string // in a chat
	Tag           any    // the caller's

	In, Out, Lost int64 // bytes taken from it, given to it, and meant for it but lost

	h     *Hub
	i     int    // its place in Hub.peers
	q     queue  // what it has not taken yet
	part  []byte // the beginning of a line
	kid   *kid
	began time.Duration
	last  time.Duration // when it sent or took something
	since time.Duration // when it fell behind, or was sent the end
	timer epoll.Timer
	pos   int   // in what a service repeats
	sent  int   // by the last look, what its host had not acknowledged
	fault error // it takes nothing more; what it sent before is still read

	eof     bool // it has sent its end
	ended   bool // it gets our end when its queue is empty
	leaving bool // and has Options.Linger to send its own
	shut    bool // our end is sent
	over    bool // it is behind
	told    bool // and that was told
	idle    bool // it is in Hub.idle
	broken  bool // its connection has an error that waits behind bytes we do not read now
	gone    bool // it has a fault, and reading would not end
	dead    bool // it is in Hub.gone, or was
}

func itoa(n int) string { return strconv.Itoa(n) }

// source is what counts as one address for Options.Source.
func (p *Peer) source() netip.Addr { return p.Addr.AddrPort().Addr().Unmap() }

// join makes p a member.
func (h *Hub) join(p *Peer) {
	h.Ids++
	p.ID, p.i = h.Ids, len(h.peers)
	p.began, p.last = h.now, h.now
	h.peers = append(h.peers, p)
	if h.froms != nil {
		h.froms[p.source()]++
	}
	if h.o.Joined != nil {
		h.o.Joined(p)
	}
	h.svc.join(h, p)
	if !p.dead {
		p.arm()
		p.watch()
	}
	if h.in != nil {
		h.in.watch()
	}
}

// leave makes p go. The loop forgets it at the end of this event, as others may be in the middle of the list.
func (h *Hub) leave(p *Peer, why error) {
	if p.dead {
		return
	}
	p.dead = true
	p.Lost += p.q.drop(&h.mem)
	if p.ended || !h.svc.more(p) { // what has no end has no rest
		p.Lost += p.unacked(why)
	}
	h.Lost += p.Lost
	if p.Lost > 0 && h.door.tcp && p.FD >= 0 {
		p.cut()
	}
	h.timers.Stop(&p.timer)
	if p.over {
		p.over = false
		h.behind--
	}
	if h.froms != nil {
		if s := p.source(); h.froms[s] > 1 {
			h.froms[s]--
		} else {
			delete(h.froms, s)
		}
	}
	if h.o.Left != nil {
		h.o.Left(p, why)
	}
	h.gone = append(h.gone, p)
}

// cut makes closing p a reset: what it has not had it will not get, and it must not take the half for the whole. Without it
// the kernel would go on giving what it has, and then send a clean end. (socket(7), SO_LINGER; with a time of 0 close(2)
// throws away what waits and sends a RST, RFC 9293, 3.10.4.)
func (p *Peer) cut() {
	var linger [8]byte // struct linger: l_onoff, l_linger
	binary.NativeEndian.PutUint32(linger[:], 1)
	p.h.k.Setsockopt(p.FD, unix.SOL_SOCKET, unix.SO_LINGER, linger[:]) // it is gone already if that fails
}

// sweep forgets those who have gone.
func (h *Hub) sweep() {
	for len(h.gone) > 0 {
		for i := 0; i < len(h.gone); i++ { // there may be more of them meanwhile
			h.forget(h.gone[i])
			h.gone[i] = nil
		}
		h.gone = h.gone[:0]
		h.resume()
	}
}

// forget closes p, whose descriptor may be somebody else's from then on, and takes it out of the lists.
func (h *Hub) forget(p *Peer) {
	if p.FD >= 0 {
		h.use(p.FD, nil)
		sys.Close(h.k, p.FD)
		p.FD = -1
	}
	if h.names != nil {
		delete(h.names, p.Addr)
	}
	last := len(h.peers) - 1
	h.peers[p.i] = h.peers[last]
	h.peers[p.i].i = p.i
	h.peers[last] = nil
	h.peers = h.peers[:last]
	h.svc.left(h, p)
}

// ready is called by the loop.
func (p *Peer) ready(ev epoll.Event) {
	if p.dead {
		return
	}
	broken := ev.Err || ev.Hup
	if ev.Out || broken {
		p.flush()
	}
	if ev.In || broken {
		switch {
		case p.eof:
			if broken {
				p.hungUp()
			}
		case p.h.stopping:
			if broken {
				p.hungUp()
			}
		case p.h.held(p):
			p.broken = p.broken || broken
		default:
			p.read()
		}
	}
	p.conclude()
}

// hungUp finds out what epoll reported of a peer that is not read any more.
func (p *Peer) hungUp() {
	err := sys.SocketError(p.h.k, p.FD)
	if err == nil && !p.shut { // both directions have ended: it has gone wholly, which unix sockets can tell
		err = unix.EPIPE
	}
	if p.fault == nil {
		p.fault = err
	}
	if p.fault == nil && !p.q.empty() {
		return
	}
	if p.fault == unix.EPIPE && p.q.empty() {
		p.fault = nil
	}
	p.h.leave(p, p.fault)
}

// read takes once. Whatever the event said, the call finds out what is the matter.
func (p *Peer) read() {
	h := p.h
	b := h.mem.buffer()
	n, err := p.receive(b)
	switch {
	case err == unix.EAGAIN && p.fault == nil:
		return
	case err == io.EOF:
		p.eof = true
		h.svc.end(h, p)
		return
	case err != nil:
		if p.fault != nil {
			err = p.fault
		}
		h.leave(p, err)
		return
	}
	p.last = h.now
	p.In += int64(n)
	h.In += int64(n)
	h.svc.take(h, p, b[:n])
}

// receive reads once; io.EOF is the peer's end. A read of 0 bytes from a SOCK_SEQPACKET socket is an empty record or the end:
// the kernel notes for a record that there was no room for the sender's credentials (see tellEmpty), for the end it does
// not.
func (p *Peer) receive(b []byte) (n int, err error) {
	if p.h.record() {
		n, flags, err := sys.Recvfrom(p.h.k, p.FD, b, unix.MSG_DONTWAIT|unix.MSG_TRUNC, nil)
		switch {
		case err != nil:
			return 0, err
		case n == 0 && flags&unix.MSG_CTRUNC == 0:
			return 0, io.EOF
		case n > len(b): // MSG_TRUNC: "return the real length of the packet", recv(2)
			return 0, sys.Wrap("receive", "", unix.EMSGSIZE)
		}
		return n, nil
	}
	for {
		n, err := p.h.k.RawRead(p.FD, b)
		if err == unix.EINTR {
			continue
		}
		if err == nil && n == 0 {
			err = io.EOF
		}
		return n, err
	}
}
