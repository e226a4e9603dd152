package engine

import (
	"io"

	"golang.org/x/sys/unix"
)

// bufferevent is the reactor's connection: a node, a buffer for what goes out, and three callbacks, as in libevent. There
// is no buffer for what comes in: read gets the bytes where they were read to, and nothing is copied as long as the peer
// keeps up. With 10 000 connections each word here is 80 KB: the callbacks are shared, and get the bufferevent they are
// called for, so that none is a closure of its own.
type bufferevent struct {
	node
	conn  // held is the buffer for what goes out
	loop  *reactorLoop
	on    *callbacks
	ended bool // the peer has sent its end
	gone  bool
}

// callbacks is what a program on the reactor does.
type callbacks struct {
	read  func(b *bufferevent, p []byte, empty bool) // bytes have come, or an empty record
	write func(b *bufferevent)                       // all that waited is sent
	event func(b *bufferevent, err error)            // the end (io.EOF), or an error
}

// highWater is how much may wait to be written before nothing more is read.
const highWater = 256 << 10

// ready is the node's callback.
func ready(n *node) error {
	b := n.owner
	if b.pending() {
		switch err := b.loop.s.give(&b.conn, b.loop.mem); err {
		case nil:
			b.on.write(b)
		case unix.EAGAIN:
		default:
			b.on.event(b, err)
			return nil
		}
	}
	if b.room() {
		b.read()
	}
	switch {
	case b.gone:
	case b.ended && !b.pending():
		b.on.event(b, io.EOF)
	default:
		if err := b.loop.set(&b.node, b.wants()); err != nil {
			b.on.event(b, err)
		}
	}
	return nil
}

// room says whether more may be read: records are not put together in one buffer, so there is room for one.
func (b *bufferevent) room() bool {
	return !b.ended && (!b.pending() || !b.loop.s.record && len(b.held) < highWater)
}

// wants is what the connection is to be watched for; never nothing, as what is ended and empty is closed.
func (b *bufferevent) wants() (events uint32) {
	if b.room() {
		events |= unix.EPOLLIN
	}
	if b.pending() {
		events |= unix.EPOLLOUT
	}
	return events
}

func (b *bufferevent) read() {
	in := conn{fd: b.node.fd}
	err := b.loop.s.take(&in, b.loop.mem)
	b.in += in.in
	switch err {
	case nil:
		b.on.read(b, in.held, in.empty)
	case unix.EAGAIN:
	case io.EOF:
		b.ended = true
	default:
		b.on.event(b, err)
	}
}

// write sends p, or keeps what the peer does not take at once.
func (b *bufferevent) write(p []byte, empty bool) {
	if b.pending() {
		b.keep(p)
		return
	}
	b.held, b.empty = p, empty
	if err := b.loop.s.give(&b.conn, b.loop.mem); err != nil && err != unix.EAGAIN {
		b.on.event(b, err)
	}
}

// keep adds p to what waits: behind it, where the buffer has room; in the same buffer, moved to its beginning; or in a
// larger one, which has room for all that the high-water mark lets in.
func (b *bufferevent) keep(p []byte) {
	if cap(b.held)-len(b.held) < len(p) {
		old := b.own
		if len(b.held)+len(p) > len(old) {
			b.own = make([]byte, highWater+bufferSize)
		}
		n := copy(b.own, b.held)
		b.held = b.own[:n]
		if len(old) != len(b.own) {
			b.loop.mem.back(old)
		}
	}
	b.held = append(b.held, p...)
}
