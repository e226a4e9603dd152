package modes

import (
	"encoding/binary"
	"errors"

	"cat5/io/pump"
	"cat5/io/sock"
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// How a connection of a relay ends: what it carried, what is to be said of it, and how its sockets are closed.

// stands says that both sides are there.
func (c *relayConn) stands() bool { return c.pair != nil || c.udp != nil && c.udp.standing }

// carried is what has been given to B and to A, and what was taken and not given.
func (c *relayConn) carried() (toB, toA, lost int64) {
	switch p := c.pair; {
	case p != nil && c.udp != nil:
		return p.Out.Out, c.udp.in, p.Out.Held() + p.Unacked + p.In.Held() + p.In.Out - c.udp.taken + c.udp.lost()
	case p != nil:
		lost = p.Out.Held() + p.Out.Dropped + p.Unacked + p.In.Held() + p.In.Dropped + p.UnackedIn
		return p.Out.Out, p.In.Out, lost
	case c.udp != nil:
		return c.udp.out, c.udp.in, c.udp.lost()
	}
	return 0, 0, 0
}

// account adds a connection that has ended to the account of the run, and tells.
func (c *relayConn) account(v *verdict) {
	r := c.r
	toB, toA, lost := c.carried()
	r.in, r.out, r.lost = r.in+toA, r.out+toB, r.lost+lost
	r.t.relayClosed(c, v)
	r.record.ended(c, v)
}

// done is called when the pair is over.
func (c *relayConn) done() {
	p := c.pair
	if c.udp != nil {
		c.udp.receive() // what is in between
	}
	v := c.verdict()
	if _, _, lost := c.carried(); p.Reason == pump.Aborted {
		c.r.cut++
		c.r.cutLost += lost
	}
	c.account(v)
	c.close(!p.Whole)
	c.r.gone(c, v)
}

// verdict judges how a glued connection ended.
func (c *relayConn) verdict() *verdict {
	p := c.pair
	_, _, lost := c.carried()
	for _, l := range []*pump.Lane{p.Out, p.In} {
		if l.Err != nil && l.Side == pump.AtDst {
			return &verdict{code: exitSend, err: more(sys.Wrap("send", l.Dst.Name, l.Err), lostWords(lost))}
		}
	}
	for _, l := range []*pump.Lane{p.Out, p.In} {
		if l.Err != nil {
			return &verdict{code: exitRecv, err: more(sys.Wrap("receive", l.Src.Name, l.Err), " after "+formatBytes(l.In)+lostWords(lost))}
		}
	}
	switch p.Reason {
	case pump.IdleOut:
		return &verdict{code: exitTimeout, err: more(nil, "timed out: nothing moved for "+formatDuration(p.Idle)+lostWords(lost))}
	case pump.Aborted:
		return &verdict{code: c.r.why.code, err: more(c.r.why.err, lostWords(lost))}
	}
	if lost > 0 {
		return &verdict{code: exitSend, err: more(nil, "gave up"+lostWords(lost))}
	}
	return &verdict{}
}

// failed ends a connection that is not glued yet.
func (c *relayConn) failed(err error) {
	if c.over {
		return
	}
	r := c.r
	v := judge(err)
	if v.code == exitNo && errors.As(err, new(*sys.Error)) {
		v = &verdict{code: exitRecv, err: err}
	}
	if err == r.why {
		r.cut++
	}
	if c.stands() {
		c.account(v)
	} else {
		_, _, lost := c.carried()
		r.lost += lost
		r.t.relayFailed(c, v, lost)
	}
	c.close(true)
	r.gone(c, v)
}

// close frees what the connection has. One that has not come to its end is reset, so that nobody takes half for the
// whole: with a linger time of 0 close(2) sends a reset in place of a FIN, and throws away what is still to be sent
// (socket(7), SO_LINGER).
func (c *relayConn) close(reset bool) {
	if c.over {
		return
	}
	c.over = true
	r := c.r
	r.loop.StopTimer(&c.timer)
	if c.race != nil {
		c.race.Cancel(errInterrupted)
	}
	if s := c.udp; s != nil {
		delete(r.udp.sessions, s.addr)
		if s.paired {
			r.loop.Watch(s.fd, 0, nil)
			r.loop.Later(func() { sys.Close(r.k, s.fd) })
		}
	}
	for _, conn := range []*sock.Conn{&c.a, &c.b} {
		if conn.FD < 0 {
			continue
		}
		r.loop.Watch(conn.FD, 0, nil)
		if reset && conn.Network == "tcp" {
			var linger [8]byte // struct linger: l_onoff, l_linger
			binary.NativeEndian.PutUint32(linger[:], 1)
			r.k.Setsockopt(conn.FD, unix.SOL_SOCKET, unix.SO_LINGER, linger[:]) // without it the peer sees an end: no worse than nothing
		}
		r.loop.Later(func() { conn.Close(r.k) })
	}
}
