package modes

import (
	"time"

	"cat5/io/epoll"
	"cat5/io/pump"
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// udpSession is what one source address has.
type udpSession struct {
	c        *relayConn
	addr     sys.Addr
	fd       int      // where its datagrams go: B's socket, or one that a pair of lanes brings to a B with connections
	paired   bool     // the latter
	queue    [][]byte // for B
	bytes    int
	answer   []byte // for A, which does not take it; nil: none
	in, out  int64  // given to A, to B
	answers  int64  // datagrams taken from fd
	taken    int64  // bytes of them
	dropped  int64  // bytes
	moved    time.Duration
	told     bool // that something was dropped
	refused  bool // that B's host refused something
	tapA     func([]byte)
	tapB     func([]byte)
	standing bool // B is connected to
}

// take is given a datagram for B. The bytes are only lent.
func (s *udpSession) take(b []byte) {
	s.moved = s.c.r.loop.Now()
	if s.tapA != nil {
		s.tapA(b)
	}
	if s.standing && len(s.queue) == 0 && s.send(b) {
		return
	}
	if len(s.queue) == udpHeldCount || s.bytes+len(b) > udpHeldBytes {
		s.drop(len(b), unix.EAGAIN, s.c.nameB)
		return
	}
	s.queue = append(s.queue, append([]byte(nil), b...))
	s.bytes += len(b)
	s.watch()
}

// send gives a datagram to B. It says whether that is done with it: given, or dropped.
func (s *udpSession) send(b []byte) bool {
	r := s.c.r
	_, err := sys.Sendto(r.k, s.fd, b, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, nil)
	if err == unix.ECONNREFUSED && s.c.b.Network == "udp" { // about an earlier one; this one was not sent
		s.refusedBy(err)
		_, err = sys.Sendto(r.k, s.fd, b, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, nil)
	}
	switch err {
	case nil:
		s.out += int64(len(b))
	case unix.EAGAIN:
		return false
	default:
		s.drop(len(b), err, s.c.nameB)
	}
	return true
}

// refusedBy notes an ICMP error; a session hears of each one, and says so once.
func (s *udpSession) refusedBy(err error) {
	if !s.refused {
		s.refused = true
		s.c.r.t.relayLane(s.c, pump.Event{Kind: pump.Refused, Err: err})
	}
}

func (s *udpSession) drop(n int, err error, to string) {
	s.dropped += int64(n)
	s.c.r.t.relayDropped(s.c, n, err, to, !s.told)
	s.told = true
}

// start is called when B is there.
func (s *udpSession) start() {
	c := s.c
	r := c.r
	s.fd, s.standing = c.b.FD, true
	if c.b.Type != unix.SOCK_DGRAM {
		if err := s.pairUp(); err != nil {
			c.failed(err)
			return
		}
	}
	s.tapA, s.tapB = r.record.taps(c)
	idle := s.idle()
	if s.tapA != nil {
		for _, b := range s.queue {
			s.tapA(b)
		}
	}
	c.timer.F = func() {
		if left := s.moved + idle - r.loop.Now(); left > 0 {
			r.loop.After(&c.timer, left)
			return
		}
		if !s.paired {
			c.finished()
			return
		}
		r.k.Shutdown(s.fd, unix.SHUT_WR) // B is told the end; then it is the pair's to end
	}
	r.loop.After(&c.timer, idle)
	s.flush()
	if c.pair != nil {
		r.loop.Add(c.pair)
	}
}

func (s *udpSession) idle() time.Duration {
	if idle := s.c.r.o.idle; idle > 0 {
		return idle
	}
	return udpIdle
}

// pairUp brings the session to a B that has connections: between the two stands a pair of sockets that keeps datagrams
// apart (SOCK_SEQPACKET, which has an end too), and what turns them into a stream, and back, is a pair of lanes.
func (s *udpSession) pairUp() error {
	c := s.c
	fds, err := c.r.k.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return sys.Wrap("socketpair", "", err)
	}
	s.fd, s.paired = fds[0], true
	c.a.FD, c.a.Network, c.a.Type = fds[1], "unix", unix.SOCK_SEQPACKET
	c.pair = c.glue()
	c.pair.Idle = s.idle() + time.Second // B has had its chance to end it
	return nil
}

// flush gives B what waits for it.
func (s *udpSession) flush() {
	for len(s.queue) > 0 && !s.c.over && s.send(s.queue[0]) {
		s.bytes -= len(s.queue[0])
		s.queue[0] = nil
		s.queue = s.queue[1:]
	}
	if len(s.queue) == 0 {
		s.queue = nil
	}
	s.watch()
}

// watch derives what B's socket is watched for.
func (s *udpSession) watch() {
	if s.c.over || !s.standing {
		return
	}
	want := epoll.Interest(0)
	if s.answer == nil && !s.atEnd() {
		want |= epoll.In
	}
	if len(s.queue) > 0 {
		want |= epoll.Out
	}
	r := s.c.r
	if err := r.loop.Watch(s.fd, want, s.ready); err != nil {
		s.c.failed(err)
	}
}

func (s *udpSession) ready(ev epoll.Event) {
	if ev.Out {
		s.flush()
	}
	if ev.In || ev.Err || ev.Hup {
		s.receive()
	}
	s.watch()
}

// atEnd says that B has sent its end, and all before it has been taken: what reads as an empty datagram now has no end.
func (s *udpSession) atEnd() bool {
	return s.paired && s.c.pair.In.Done() && s.answers == s.c.pair.In.RecordsOut
}

// receive takes B's answers.
func (s *udpSession) receive() {
	r, u := s.c.r, s.c.r.udp
	for range acceptTurn {
		if s.c.over || s.answer != nil || s.atEnd() {
			return
		}
		n, _, err := sys.Recvfrom(r.k, s.fd, u.buf, unix.MSG_DONTWAIT, nil)
		if err == unix.EAGAIN {
			return
		}
		if err != nil {
			if s.c.b.Network == "udp" && (err == unix.ECONNREFUSED || err == unix.EHOSTUNREACH || err == unix.ENETUNREACH || err == unix.EHOSTDOWN) {
				s.refusedBy(err)
				continue
			}
			s.c.failed(sys.Wrap("receive", s.c.nameB, err))
			return
		}
		s.answers++
		s.taken += int64(n)
		s.moved = r.loop.Now()
		if s.tapB != nil {
			s.tapB(u.buf[:n])
		}
		if !u.reply(s, u.buf[:n]) {
			s.answer = append([]byte{}, u.buf[:n]...)
			u.blocked = append(u.blocked, s)
			if err := u.watch(); err != nil {
				r.end(&verdict{code: exitSend, err: err})
			}
		}
	}
}

// lost is what a session took and did not give.
func (s *udpSession) lost() int64 { return s.dropped + int64(s.bytes+len(s.answer)) }

// finished ends a session that nobody needs any more.
func (c *relayConn) finished() {
	if c.over {
		return
	}
	v := &verdict{}
	if n := c.udp.lost(); n > 0 {
		v = &verdict{code: exitSend, err: more(nil, "dropped"+lostWords(n))}
	}
	c.account(v)
	c.close(false)
	c.r.gone(c, v)
}
