package modes

import (
	"time"

	"cat5/io/epoll"
	"cat5/io/sock"
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// Datagrams have no connections, so a relay makes what is next best: a session for each source address. What comes to the
// one socket that listens is sorted by who sent it; each session has a socket of its own towards B, so that answers find
// their way back, and ends when nothing has moved for a while.

// udpIdle is how long a session of datagrams lives without any: "a NAT UDP mapping timer MUST NOT expire in less than two
// minutes" (RFC 4787, REQ-5), which is the same question.
const udpIdle = 2 * time.Minute

// A session holds this much while B is being connected to or takes nothing. What does not fit is dropped, told and counted:
// a datagram cannot be slowed down.
const (
	udpHeldBytes = 256 << 10
	udpHeldCount = 64
)

// relayUDP is the socket that hears everybody.
type relayUDP struct {
	r        *relay
	fd       int
	sessions map[sys.Addr]*udpSession
	blocked  []*udpSession // each has an answer that the socket does not take
	buf      []byte
	from     sys.Addr
	stopped  bool  // no more is heard, only answered
	away     int64 // datagrams that were turned away, as there was no descriptor for a session
}

func newRelayUDP(r *relay) *relayUDP {
	return &relayUDP{r: r, fd: r.a.listen.FD, sessions: map[sys.Addr]*udpSession{}, buf: make([]byte, 1<<17)}
}

// watch derives what the socket is watched for.
func (u *relayUDP) watch() error {
	want := epoll.Interest(0)
	if !u.stopped { // also while there are no descriptors: those who have a session are not to suffer
		want |= epoll.In
	}
	if len(u.blocked) > 0 {
		want |= epoll.Out
	}
	return u.r.loop.Watch(u.fd, want, func(ev epoll.Event) {
		if ev.Err { // IP_RECVERR's queue: what is in it was told by B's sockets, or is about a peer that has gone
			for {
				if _, _, err := sys.Recvfrom(u.r.k, u.fd, u.buf, unix.MSG_ERRQUEUE|unix.MSG_DONTWAIT, nil); err != nil {
					break
				}
			}
		}
		if ev.Out {
			u.unblock()
		}
		if ev.In || ev.Err {
			u.receive()
		}
	})
}

// receive takes what has come, and gives each datagram to the session of who sent it.
func (u *relayUDP) receive() {
	r := u.r
	for range acceptTurn {
		if u.stopped {
			return
		}
		n, _, err := sys.Recvfrom(r.k, u.fd, u.buf, unix.MSG_DONTWAIT, &u.from)
		if err != nil {
			if err != unix.EAGAIN && err != unix.ECONNREFUSED && err != unix.EHOSTUNREACH && err != unix.ENETUNREACH {
				r.end(&verdict{code: exitRecv, err: sys.Wrap("receive", r.a.listen.Local.String(), err)})
			}
			return
		}
		if s := u.sessions[u.from]; s != nil {
			s.take(u.buf[:n])
		} else if r.paused { // a datagram cannot wait for a descriptor without keeping those behind it waiting
			r.lost += int64(n)
			u.away++
			r.t.relayTurnedAway(u, n)
		} else if !r.ro.once || r.count == 0 { // --once is for the first
			s = u.join(u.from)
			s.take(u.buf[:n])
			s.c.connect()
		}
	}
}

// join begins a session.
func (u *relayUDP) join(from sys.Addr) *udpSession {
	r := u.r
	c := r.join(sock.Conn{FD: -1, Network: "udp", Type: unix.SOCK_DGRAM, Peer: from, Local: r.a.listen.Local})
	s := &udpSession{c: c, addr: from, moved: r.loop.Now()}
	c.udp, c.nameA = s, from.String()
	u.sessions[from] = s
	r.t.relayAccepted(c)
	return s
}

// reply sends an answer from the address that was asked. It says whether that is done with it.
func (u *relayUDP) reply(s *udpSession, b []byte) bool {
	_, err := sys.Sendto(u.r.k, u.fd, b, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, &s.addr)
	switch err {
	case nil:
		s.in += int64(len(b))
	case unix.EAGAIN:
		return false
	default:
		s.drop(len(b), err, s.c.nameA)
	}
	return true
}

// unblock sends the answers that waited for room.
func (u *relayUDP) unblock() {
	for len(u.blocked) > 0 {
		s := u.blocked[0]
		if !s.c.over {
			if !u.reply(s, s.answer) {
				break
			}
			s.answer = nil
			s.watch()
		}
		u.blocked = u.blocked[1:]
	}
	if err := u.watch(); err != nil {
		u.r.end(&verdict{code: exitSend, err: err})
	}
}
