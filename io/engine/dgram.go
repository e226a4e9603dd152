package engine

import (
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// dgram is a datagram socket: there is nobody to accept, each datagram goes back to where it came from, and the end is
// when nobody asks any more. One descriptor is all there is to wait for.
type dgram struct {
	buf     []byte
	in, out int64
	n       int64 // datagrams taken
	said    bool  // that something was lost
}

// echo sends back what waits, at most a burst. A datagram that its sender has no room for is lost, and told: one queue
// serves all, so nobody may stop it.
func (g *dgram) echo(d *door) error {
	if g.buf == nil {
		g.buf = make([]byte, recordSize)
	}
	for range burst {
		var from sys.Addr
		n, _, err := sys.Recvfrom(d.k, d.fd, g.buf, unix.MSG_TRUNC, &from)
		switch err {
		case nil:
		case unix.EAGAIN:
			return nil
		case unix.ECONNREFUSED, unix.EHOSTUNREACH, unix.ENETUNREACH, unix.ECONNRESET:
			continue // about something sent earlier (ICMP; udp(7)): that peer is gone
		default:
			return sys.Wrap("receive", "", err)
		}
		g.in += int64(n)
		g.n++
		switch {
		case n > len(g.buf):
			err = unix.EMSGSIZE
		case from.Family() == unix.AF_UNSPEC || from.Family() == unix.AF_UNIX && from.UnixName() == "":
			err = unix.EDESTADDRREQ // a unix socket that was not bound has no name to send to (unix(7))
		default:
			err = g.send(d, g.buf[:n], &from)
		}
		if err != nil {
			g.lost(d, from, err)
			continue
		}
		g.out += int64(n)
	}
	return nil
}

// send waits a moment for room in our own send buffer, which empties by itself; the queue of a unix peer may not.
func (g *dgram) send(d *door, p []byte, to *sys.Addr) error {
	_, err := sys.Sendto(d.k, d.fd, p, unix.MSG_NOSIGNAL, to)
	if err == unix.EAGAIN || err == unix.ENOBUFS {
		d.k.Poll([]unix.PollFd{{Fd: int32(d.fd), Events: unix.POLLOUT}}, 10)
		_, err = sys.Sendto(d.k, d.fd, p, unix.MSG_NOSIGNAL, to)
	}
	return err
}

func (g *dgram) lost(d *door, to sys.Addr, err error) {
	if !g.said {
		g.said = true
		name := to.String()
		if name == "" {
			name = "a peer without a name"
		}
		d.warn(sys.Wrap("send", name, err).Error() + "; such datagrams are lost")
	}
}

// lastBursts is how many bursts are sent back at the end: more datagrams than a socket's buffer holds by default
// (net.core.rmem_default), but not what a flood goes on to bring.
const lastBursts = 16

// end sends back what has come until now, and tells of the datagrams as of one connection, whose number is 0.
func (g *dgram) end(d *door) {
	if d.typ != unix.SOCK_DGRAM {
		return
	}
	start := g.n
	for was := int64(-1); g.n != was && g.n < start+lastBursts*burst; {
		was = g.n
		if g.echo(d) != nil {
			break
		}
	}
	if d.o.Closed != nil {
		d.o.Closed(0, g.in, g.out, nil)
	}
}
