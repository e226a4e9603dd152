package load

import (
	"errors"
	"time"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// conn is one connection. Messages are numbered from 0; those from answered to sent are on their way.
type conn struct {
	fd       int // less than 0: none, or no more
	state    state
	out      bool   // watched for room as well
	sent     uint64 // messages begun
	left     int    // bytes of the last of them that are not written yet
	answered uint64 // messages that are back
	got      int    // bytes of the next one that are back
	counted  uint32 // messages that came back while it counted
}

type state uint8

const (
	connecting state = iota
	greeting         // connected; the first message is on its way
	up
)

var (
	errGone     = errors.New("closed by the server")
	errWrong    = errors.New("what came was not what had been sent")
	errNoAnswer = errors.New("no answer to the first message")
	errNotTried = errors.New("not tried: the server answered nobody any more")
	errSelf     = errors.New("nobody listens there (the socket connected to itself)")
)

// serve does what there is to do for connection i: readable says that something may have come.
func (l *Load) serve(i int, readable bool) {
	c := &l.conns[i]
	if c.fd < 0 {
		return // an event from before its end
	}
	var err error
	if c.state == connecting {
		err = l.connected(i, c)
	}
	if err == nil && readable {
		err = l.receive(i, c)
	}
	if err == nil && c.state != connecting {
		err = l.send(i, c)
	}
	if err != nil {
		l.drop(i, c, err)
	}
}

// send begins messages until Depth are on their way, and writes as much as the kernel takes.
func (l *Load) send(i int, c *conn) error {
	for {
		if c.left == 0 {
			if !l.may(c) {
				break
			}
			l.sentAt[i*l.cfg.Depth+int(c.sent%uint64(l.cfg.Depth))] = l.k.Now()
			c.sent++
			c.left = l.cfg.Size
			l.onTheir++
		}
		p := l.out[:min(c.left, len(l.out))]
		l.pattern.fill(p, number(i, c.sent-1), l.cfg.Size-c.left)
		n, err := l.k.RawWrite(c.fd, p)
		switch err {
		case nil:
			c.left -= n
		case unix.EINTR:
		case unix.EAGAIN, unix.ENOBUFS:
			return l.await(i, c, true)
		default:
			return err
		}
	}
	return l.await(i, c, false)
}

// may says whether the connection begins one more message.
func (l *Load) may(c *conn) bool {
	if c.state == greeting {
		return c.sent == 0
	}
	return l.sending && c.sent-c.answered < uint64(l.cfg.Depth)
}

// await watches for room, or no longer.
func (l *Load) await(i int, c *conn, out bool) error {
	if c.out == out {
		return nil
	}
	events := uint32(unix.EPOLLIN)
	if out {
		events |= unix.EPOLLOUT
	}
	c.out = out
	return l.w.watch(unix.EPOLL_CTL_MOD, c.fd, events, i)
}

// receive reads once, and compares.
func (l *Load) receive(i int, c *conn) error {
	n, err := l.k.RawRead(c.fd, l.in)
	switch {
	case err == unix.EAGAIN || err == unix.EINTR:
		return nil
	case err != nil:
		return err
	case l.cfg.Type == unix.SOCK_DGRAM:
		return l.record(i, c, l.in[:n], l.k.Now())
	case n == 0:
		return errGone
	}
	now := l.k.Now()
	for p := l.in[:n]; len(p) > 0; {
		due := l.cfg.Size // bytes of this message that can be back
		if c.sent == c.answered+1 {
			due -= c.left
		}
		m := min(len(p), due-c.got)
		if c.answered == c.sent || m <= 0 {
			return l.wrong(Wrong{Conn: i, Message: c.answered, Offset: c.got, Came: p[0], Extra: true})
		}
		num := number(i, c.answered)
		if good := l.pattern.matches(p[:m], num, c.got); good < m {
			return l.wrong(Wrong{Conn: i, Message: c.answered, Offset: c.got + good, Sent: l.pattern.at(num, c.got+good), Came: p[good]})
		}
		p = p[m:]
		if c.got += m; c.got == l.cfg.Size {
			c.got = 0
			l.back(i, c, now)
		}
	}
	return nil
}

// record compares a datagram: all of it is one message. One that was counted as lost is no fault when it comes late.
func (l *Load) record(i int, c *conn, p []byte, now time.Duration) error {
	const farBack = 64
	for seq := c.answered; seq < c.sent; seq++ { // mostly it is the first
		if l.isMessage(i, seq, p) {
			for c.answered < seq { // overtaken: those before it are lost
				l.lose(c)
			}
			l.back(i, c, now)
			return nil
		}
	}
	for seq := c.answered; seq > 0 && seq+farBack > c.answered; {
		if seq--; l.isMessage(i, seq, p) {
			l.r.Late++
			return nil
		}
	}
	// Of those that are on their way it is told against the one that it is most like.
	good, like := 0, c.answered
	for seq := c.answered; seq < c.sent; seq++ {
		if g := l.pattern.matches(p[:min(len(p), l.cfg.Size)], number(i, seq), 0); g > good {
			good, like = g, seq
		}
	}
	w := Wrong{Conn: i, Message: like, Offset: good, Extra: good == l.cfg.Size}
	if good < l.cfg.Size {
		w.Sent = l.pattern.at(number(i, like), good)
	}
	if good < len(p) {
		w.Came = p[good]
	}
	return l.wrong(w)
}

// isMessage says whether p is message seq of connection i, all of it and no more.
func (l *Load) isMessage(i int, seq uint64, p []byte) bool {
	return len(p) == l.cfg.Size && l.pattern.matches(p, number(i, seq), 0) == len(p)
}

// back counts a message that has come back whole.
func (l *Load) back(i int, c *conn, now time.Duration) {
	at := l.sentAt[i*l.cfg.Depth+int(c.answered%uint64(l.cfg.Depth))]
	c.answered++
	l.onTheir--
	l.lastAt = now
	if c.state == greeting {
		c.state = up
		l.r.Up++
		if l.isActive(i) {
			l.live++
		}
		return
	}
	if !l.count || l.full {
		return
	}
	c.counted++
	l.r.Trips.Add(now - at)
	l.r.Messages++
	if l.reached() {
		l.full, l.sending = true, false
	}
}

// active is the connection that is number a of those that send.
func (l *Load) active(a int) int {
	return int(int64(a) * int64(l.cfg.Conns) / int64(l.cfg.Active))
}

// isActive says whether connection i is one of them.
func (l *Load) isActive(i int) bool {
	n, m := int64(l.cfg.Conns), int64(l.cfg.Active)
	a := (int64(i)*m + n - 1) / n // the first whose connection is not before i
	return a < m && l.active(int(a)) == i
}

func (l *Load) wrong(w Wrong) error {
	if l.r.Wrong == 0 {
		l.r.First = w
	}
	l.r.Wrong++
	return errWrong
}

// lose gives up a datagram.
func (l *Load) lose(c *conn) {
	c.answered++
	l.onTheir--
	l.r.Lost++
}

// overdue gives up datagrams that do not come, and sends the next.
func (l *Load) overdue() {
	now := l.k.Now()
	for i := range l.conns {
		c := &l.conns[i]
		late := false
		for c.fd >= 0 && c.answered < c.sent && now-l.sentAt[i*l.cfg.Depth+int(c.answered%uint64(l.cfg.Depth))] >= LostAfter {
			late = true
			if c.left > 0 && c.answered == c.sent-1 {
				break // it has not gone yet
			}
			l.lose(c)
			if c.state == greeting {
				c.sent, c.answered = 0, 0 // say it again
				break
			}
		}
		if late {
			l.serve(i, false)
		}
	}
}

// drop ends a connection that has failed.
func (l *Load) drop(i int, c *conn, err error) {
	sys.Close(l.k, c.fd) // which takes it out of the epoll (epoll(7), question 6)
	c.fd = -1
	l.onTheir -= int64(c.sent - c.answered)
	if c.state == up {
		if l.isActive(i) {
			l.live--
		}
		add(&l.r.Broken, err.Error())
		return
	}
	add(&l.r.Failed, err.Error())
	l.failed++
}
