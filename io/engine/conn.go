package engine

import (
	"encoding/binary"
	"io"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// conn is one connection. It holds no memory while its peer keeps up: what was taken lies in a buffer of the loop, and
// is given from there. What the peer does not take at once stays in that buffer, which is then the connection's own,
// and nothing more is read until it is gone: the memory of a connection is one buffer at most, and TCP's window does
// the rest.
type conn struct {
	fd      int
	id      int64
	held    []byte // taken and not given
	own     []byte // the buffer that held lies in; nil while it is the loop's
	in, out int64
	want    uint32 // what epoll was told to watch for
	empty   bool   // an empty record is held
}

// pending says that something was taken and not given. What a connection is watched for follows from it: for room when
// something is held, for bytes when nothing is.
func (c *conn) pending() bool { return len(c.held) > 0 || c.empty }

// table is the connections by their descriptors, the smallest numbers that are free. It keeps its entries for those who
// come later, so that accepting allocates nothing in the long run.
type table []*conn

// put makes c a member.
func (t *table) put(c conn) *conn {
	for c.fd >= len(*t) {
		*t = append(*t, nil)
	}
	if (*t)[c.fd] == nil {
		(*t)[c.fd] = new(conn)
	}
	*(*t)[c.fd] = c
	return (*t)[c.fd]
}

// get is the member with that descriptor, or nil.
func (t table) get(fd int) *conn {
	if fd < len(t) && t[fd] != nil && t[fd].fd == fd {
		return t[fd]
	}
	return nil
}

// all is every member, for range; members may be dropped meanwhile.
func (t table) all(yield func(*conn) bool) {
	for _, c := range t {
		if c != nil && c.fd >= 0 && !yield(c) {
			return
		}
	}
}

// drop makes c a member no more.
func (t table) drop(c *conn) { *c = conn{fd: -1} }

// buffers is the memory of one thread: the buffer that it works with, and some that connections gave back.
type buffers struct {
	buf  []byte
	free [][]byte
}

const (
	bufferSize = 64 << 10
	recordSize = 256 << 10 // a record is read whole or not at all; longer ones do not fit a socket's send buffer by default
	keepFree   = 16
)

func newBuffers(d *door, size int) *buffers {
	if d.typ != unix.SOCK_STREAM {
		size = recordSize
	}
	return &buffers{buf: make([]byte, size)}
}

// lend gives the buffer away and takes another.
func (b *buffers) lend() []byte {
	p := b.buf
	if n := len(b.free); n > 0 {
		b.buf, b.free = b.free[n-1], b.free[:n-1]
	} else {
		b.buf = make([]byte, len(p))
	}
	return p
}

func (b *buffers) back(p []byte) {
	if len(p) == len(b.buf) && len(b.free) < keepFree {
		b.free = append(b.free, p)
	}
}

// wire is how bytes are taken from a socket and given to it.
type wire struct {
	k           *sys.Calls
	record      bool // each read is one record, and may be empty
	read, write func(fd int, p []byte) (int, error)
}

// quick is the wire for sockets that do not block.
func quick(d *door) wire {
	return wire{k: d.k, record: d.typ == unix.SOCK_SEQPACKET, read: d.k.RawRead, write: d.k.RawWrite}
}

// patient is the wire for sockets that block: the thread sleeps in the call.
func patient(d *door) wire {
	return wire{k: d.k, record: d.typ == unix.SOCK_SEQPACKET, read: d.k.Read, write: d.k.Write}
}

// take reads once into the thread's buffer. It must only be called when nothing is held. io.EOF is the peer's end,
// EAGAIN says that there is nothing now.
func (w *wire) take(c *conn, b *buffers) error {
	if w.record {
		return w.takeRecord(c, b)
	}
	for {
		n, err := w.read(c.fd, b.buf)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return err
		}
		if n == 0 {
			return io.EOF
		}
		c.held = b.buf[:n]
		c.in += int64(n)
		return nil
	}
}

// takeRecord reads one record. A read of 0 bytes is an empty record or the end; the kernel notes for a record, empty or
// not, that there was no room for the sender's credentials (see tellEmpty), and for the end it does not.
func (w *wire) takeRecord(c *conn, b *buffers) error {
	n, flags, err := sys.Recvfrom(w.k, c.fd, b.buf, unix.MSG_TRUNC, nil)
	switch {
	case err != nil:
		return err
	case n == 0 && flags&unix.MSG_CTRUNC == 0:
		return io.EOF
	case n > len(b.buf): // MSG_TRUNC: "return the real length of the packet", recv(2)
		c.in += int64(n)
		return sys.Wrap("receive", "", unix.EMSGSIZE)
	}
	c.held, c.empty = b.buf[:n], n == 0
	c.in += int64(n)
	return nil
}

// tellEmpty makes empty records tell themselves from the end: SO_PASSCRED adds control data to each record (unix(7)),
// and as we offer no room for it, MSG_CTRUNC is set in the flags of each.
func tellEmpty(k *sys.Calls, fd int) error {
	var one [4]byte
	binary.NativeEndian.PutUint32(one[:], 1)
	return sys.Wrap("setsockopt", "SO_PASSCRED", k.Setsockopt(fd, unix.SOL_SOCKET, unix.SO_PASSCRED, one[:]))
}

// give writes what is held, until all is written or the socket has no room: EAGAIN.
func (w *wire) give(c *conn, b *buffers) error {
	for c.pending() {
		n, err := w.put(c)
		switch err {
		case nil:
		case unix.EINTR:
			continue
		case unix.EAGAIN:
			if c.own == nil {
				c.own = b.lend()
			}
			return err
		default:
			return err
		}
		c.held, c.empty = c.held[n:], false
		c.out += int64(n)
	}
	if c.own != nil {
		b.back(c.own)
		c.own = nil
	}
	return nil
}

func (w *wire) put(c *conn) (int, error) {
	if w.record {
		return w.k.Sendto(c.fd, c.held, unix.MSG_NOSIGNAL, nil)
	}
	return w.write(c.fd, c.held)
}
