package engine

import (
	"io"
	"sync"
	"sync/atomic"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// lingering is the TCP connections that a server that leaves has given everything, and whose peers may still be sending. To
// close such a one is to reset it: with bytes that nobody has read, or that come later, "a TCP implementation SHOULD send a
// RST" (RFC 1122, 4.2.2.13), and what still waits to be sent is thrown away with it, although we called it given. So what
// comes is thrown away, and it is closed when the peer's host has acknowledged all of ours. Our end (SHUT_WR) is not sent
// before that: with both directions shut the kernel resets a connection at the next byte that comes.
type lingering struct {
	on    atomic.Bool // the server leaves
	mu    sync.Mutex
	conns []conn
}

// lingerTick is how often, in milliseconds, those are looked at: no event says that something was acknowledged.
const lingerTick = 2

// lingers says whether closing a connection could cost it something.
func (d *door) lingers(c *conn) bool { return d.tcp && d.rest.on.Load() && c.fd >= 0 }

// linger keeps a connection that has ended for settle.
func (d *door) linger(c *conn) bool {
	if !d.lingers(c) {
		return false
	}
	d.rest.mu.Lock()
	defer d.rest.mu.Unlock()
	d.rest.conns = append(d.rest.conns, *c)
	return true
}

// settle waits for those that linger, until the grace is over. Nobody may be served any more.
func (d *door) settle() {
	all := d.rest.conns
	if len(all) == 0 {
		return
	}
	trash := make([]byte, bufferSize)
	for {
		var keep []conn
		late := d.late()
		for _, c := range all {
			over, err := d.settled(&c, trash, late)
			if over {
				d.end(&c, err)
			} else {
				keep = append(keep, c)
			}
		}
		if all = keep; len(all) == 0 {
			return
		}
		d.k.Poll(nil, lingerTick)
	}
}

// settled says whether a connection that lingers is over, and why if not because the peer's host has everything. What it has
// not is no longer counted as given.
func (d *door) settled(c *conn, trash []byte, late bool) (bool, error) {
	var broken error
	for range burst {
		n, _, err := sys.Recvfrom(d.k, c.fd, trash, unix.MSG_DONTWAIT|unix.MSG_TRUNC, nil) // tcp(7): thrown away, not copied
		if err != nil && err != unix.EAGAIN {
			broken = sys.Wrap("receive", "", err)
		}
		if err != nil || n == 0 {
			break
		}
	}
	n, err := sys.Unsent(d.k, c.fd)
	if err != nil {
		n = 0
	}
	switch {
	case n == 0:
		d.k.Shutdown(c.fd, unix.SHUT_WR) // the end, and not only the reset that bytes unread would make of closing
		return true, nil
	case broken == nil && late:
		broken = ErrStopped
	case broken == nil:
		return false, nil
	}
	c.out -= int64(n)
	return true, broken
}

// gone ends a connection.
func (d *door) gone(c *conn, err error) {
	if err == io.EOF {
		err = nil
	}
	if err != nil || !d.linger(c) {
		d.end(c, err)
	}
}

// end closes a connection and tells of its end.
func (d *door) end(c *conn, err error) {
	if c.fd >= 0 {
		sys.Close(d.k, c.fd)
	}
	if d.o.Closed != nil {
		d.o.Closed(c.id, c.in, c.out, err)
	}
}
