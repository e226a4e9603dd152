package web

import (
	"errors"
	"time"

	"cat5/io/epoll"
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// conn is one connection. It is idle, or a request is coming, or a response is going (busy), or it lingers.
type conn struct {
	fd    int // less than 0: the struct is free
	id    int64
	peer  sys.Addr
	timer epoll.Timer
	due   time.Duration // when our patience ends
	set   time.Duration // what the timer is set to: not later than due, or it is not set

	in  []byte  // what has been read and not answered; nil when idle
	req request // how far it has been understood

	busy      bool   // a response is on its way
	last      bool   // the connection ends with it
	unread    bool   // and the peer may have sent more than we read
	more      bool   // requests in in have waited for the next turn: it is the others' first
	lingering bool   // we have said all, and wait for the peer to close
	late      bool   // a request is coming, and its time runs
	out       []byte // what is to be sent next
	file      int    // and after it n bytes of this file from off on; less than 0: none
	off, n    int64
	parts     *parts // and after that; nil: nothing
	own       bool   // out and line are the connection's own, not the server's
	held      int64  // what that counts in server.held

	line      []byte // the request line, for Record
	status    int
	began     time.Duration
	size      int64 // of the whole response
	head      int64 // of its head
	sent      int64 // of size
	inn, outt int64 // bytes of the whole connection
}

func (c *conn) idle() bool { return !c.busy && !c.lingering && len(c.in) == 0 }

// errStalled is a peer that has stopped reading.
var errStalled = errors.New("it has taken nothing for too long")

// lingerFor and lingerMax bound how long, and for how many bytes, a connection that has ended is still listened to.
const (
	lingerFor = 2 * time.Second
	lingerMax = 1 << 20
)

// want is what the connection is watched for: while a response is on its way nothing more is read, and the peer's own
// window does the rest.
func (c *conn) want() epoll.Interest {
	if c.busy || c.more {
		return epoll.Out
	}
	return epoll.In
}

func (s *server) watch(c *conn) {
	if c.fd < 0 {
		return
	}
	if err := s.poller.Set(c.fd, c.want()); err != nil {
		s.fail(c, err)
	}
}

// wait sets how long from now the peer may take for its next step. The timer is moved only when it would fire too late;
// when it fires too early it looks at due and sets itself again: so most steps cost nothing.
func (s *server) wait(c *conn, d time.Duration) {
	c.due = s.now + d
	if !c.timer.Pending() || c.due < c.set {
		c.set = c.due
		s.timers.Set(&c.timer, c.due)
	}
}

// late is the timer.
func (s *server) late(c *conn) {
	switch {
	case c.fd < 0:
	case s.now < c.due:
		c.set = c.due
		s.timers.Set(&c.timer, c.due)
	case c.busy:
		s.fail(c, errStalled)
	case c.late:
		b := s.in[:copy(s.in, c.in)]
		c.in = nil
		s.respond(c, b, 408)
		if s.push(c) {
			s.finish(c, false)
		}
		s.watch(c)
	default: // idle for long, or lingering: nothing is lost
		s.close(c, nil)
	}
}

// ready does what can be done, whatever the event said: reading and writing find out what is the matter.
func (s *server) ready(c *conn) {
	switch {
	case c.lingering:
		s.discard(c)
	case c.busy:
		if s.push(c) && s.finish(c, len(c.in) > 0) {
			s.work(c, s.in[:copy(s.in, c.in)])
		}
	case c.more:
		s.work(c, s.in[:copy(s.in, c.in)])
	default:
		s.receive(c)
	}
	s.watch(c)
}

// receive reads once, behind what is there.
func (s *server) receive(c *conn) {
	have := copy(s.in, c.in)
	n, err := s.read(c, s.in[have:])
	switch {
	case err == unix.EAGAIN:
	case err != nil:
		s.fail(c, err)
	case n == 0: // the peer has ended its side, and nothing is owed to it
		s.close(c, nil)
	default:
		s.work(c, s.in[:have+n])
	}
}

func (s *server) read(c *conn, b []byte) (int, error) {
	for {
		n, err := s.k.RawRead(c.fd, b)
		if err != unix.EINTR {
			c.inn += int64(max(n, 0))
			return n, err
		}
	}
}

// work answers the requests in b, one after the other ("pipelining", RFC 9112, section 9.3.2), until one is not
// complete, its response not taken, or the turn over. The rest is kept.
func (s *server) work(c *conn, b []byte) {
	c.more = false
	for before := c.outt; ; {
		if c.more = len(b) > 0 && c.outt-before >= turnMax; c.more {
			break
		}
		n, code := c.req.parse(b)
		if n == 0 && code == 0 {
			break
		}
		s.respond(c, b, code)
		if code != 0 { // nothing that follows can be understood
			n = len(b)
		}
		b = b[n:]
		if !s.push(c) {
			break
		}
		if !s.finish(c, len(b) > 0) {
			return
		}
	}
	if c.fd < 0 {
		return
	}
	if len(b) == 0 {
		c.in = nil
	} else {
		c.in = append(c.in[:0], b...)
	}
	switch {
	case c.busy:
	case c.more, len(b) == 0:
		s.wait(c, s.o.Idle)
	case !c.late:
		c.late = true
		s.wait(c, s.o.Head)
	}
}

// respond makes the answer to the request in c.req, or to what parse had to say about it, the response on its way.
func (s *server) respond(c *conn, b []byte, code int) {
	r := &c.req
	c.busy, c.late, c.began = true, false, s.now
	c.last = code != 0 || !r.keeps() || s.leaveBy != 0
	c.unread = code != 0 || r.body || r.bareLF || s.leaveBy != 0
	c.line = firstLine(r, b)
	s.answer(c, r, b, code)
	c.req = request{}
	c.size, c.sent = int64(len(c.out))+c.n, 0
	if c.parts != nil {
		c.size += c.parts.size
	}
	s.wait(c, s.o.Idle)
}

// firstLine is the request line, or what there is of it.
func firstLine(r *request, b []byte) []byte {
	if r.line.to > 0 {
		b = r.line.of(b)
	} else {
		b = b[r.next:]
	}
	return b[:min(len(b), 1024)]
}

// finish tells of a response that has been sent, and ends the connection when it was the last. more says that there are
// bytes from the peer that nobody will look at. It returns whether the connection goes on.
func (s *server) finish(c *conn, more bool) bool {
	s.done(c)
	if !c.last {
		s.wait(c, s.o.Idle)
		return true
	}
	if c.unread || more {
		s.linger(c)
		return false
	}
	s.close(c, nil)
	return false
}

// linger ends our side and waits for the peer to end its own. To close while it is still sending would make the kernel
// reset the connection, and the peer's kernel throw away our response before the peer has read it (RFC 9112, section
// 9.6).
func (s *server) linger(c *conn) {
	s.k.Shutdown(c.fd, unix.SHUT_WR)
	c.lingering, c.in, c.n = true, nil, lingerMax
	s.wait(c, lingerFor)
	s.discard(c)
}

// discard reads what nobody looks at.
func (s *server) discard(c *conn) {
	for {
		n, err := s.read(c, s.in)
		if err == unix.EAGAIN {
			return
		}
		if c.n -= int64(n); err != nil || n == 0 || c.n < 0 {
			s.close(c, nil)
			return
		}
	}
}

// fail ends a connection that went wrong; a response on its way is told as far as it came.
func (s *server) fail(c *conn, err error) {
	if c.busy {
		s.done(c)
	} else if c.lingering || len(c.in) == 0 {
		err = nil // a reset by somebody who had all that he asked for
	}
	s.close(c, err)
}

// done tells of the response, and frees what it had.
func (s *server) done(c *conn) {
	c.busy = false
	if s.o.Done != nil {
		s.record = Record{Conn: c.id, Peer: &c.peer, Line: c.line, Status: c.status,
			Bytes: max(c.sent-c.head, 0), Lost: c.size - c.sent, Took: s.now - c.began}
		s.o.Done(&s.record)
	}
	s.held -= c.held
	c.out, c.line, c.parts, c.n, c.own, c.held = nil, nil, nil, 0, false, 0
	if c.file >= 0 {
		sys.Close(s.k, c.file)
		c.file = -1
	}
}

func (s *server) close(c *conn, err error) {
	s.timers.Stop(&c.timer)
	s.poller.Set(c.fd, 0)
	sys.Close(s.k, c.fd)
	if s.o.Closed != nil {
		s.o.Closed(c.id, c.inn, c.outt, err)
	}
	*c = conn{fd: -1, file: -1, timer: epoll.Timer{F: c.timer.F}}
	s.live--
}
