package modes

import (
	"context"
	"errors"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"cat5/io/sock"
	"cat5/io/sys"
	"cat5/io/wrap"

	"golang.org/x/sys/unix"
)

// A client with several ports connects to one after the other; and what is done with a connection that is not carried:
// --zero-io, --probe, --pass-fd.

// severalPorts reads HOST PORT PORT LO-HI into the list of ports, and gives back the operands of the first.
func (c *cable) severalPorts(words []string) ([]string, error) {
	if c.o.listen || len(words) < 2 || len(words) == 2 && !strings.Contains(words[1], "-") {
		return words, nil
	}
	for _, w := range words[1:] {
		lo, hi, ok := portRange(w)
		if !ok {
			if _, err := sock.ParseHostPort([]string{words[0], w}, false); err != nil {
				return nil, usageError(err.Error())
			}
			c.ports = append(c.ports, w)
			continue
		}
		for p := lo; p <= hi; p++ {
			c.ports = append(c.ports, itoa(p))
		}
	}
	if c.o.shuffle {
		rand.Shuffle(len(c.ports), func(i, j int) { c.ports[i], c.ports[j] = c.ports[j], c.ports[i] })
	}
	return []string{words[0], c.ports[0]}, nil
}

// portRange reads LO-HI; ports ascend.
func portRange(s string) (lo, hi int, ok bool) {
	a, b, ok := strings.Cut(s, "-")
	lo, err := strconv.Atoi(a)
	hi, err2 := strconv.Atoi(b)
	return lo, hi, ok && err == nil && err2 == nil && 0 < lo && lo <= hi && hi < 1<<16
}

// connect makes the connection of a client, to the first of the ports left that answers, and starts pumping. There is
// nothing to pump with --zero-io and --pass-fd.
func (c *cable) connect(ctx context.Context) error {
	for {
		err := c.connectOne(ctx)
		if err == nil && c.busy() {
			return nil
		}
		switch {
		case err == nil:
			c.reached = true
		case c.o.probing && errors.Is(err, unix.ECONNREFUSED):
			c.reached = false // of several ports that were probed the last one decides
		}
		more, e := c.nextPort(ctx, err)
		if e != nil {
			return e
		}
		if !more {
			if err != nil && !c.reached {
				if n := len(c.ports); n > 1 && concernsPort(err) {
					err = &longer{err, "; none of " + itoa(n) + " ports answered"}
				}
				return err
			}
			return nil
		}
	}
}

// busy says that there is a connection on the loop, or was until a moment ago.
func (c *cable) busy() bool {
	return c.link != nil || c.result != nil || c.program.pidfd != 0 || c.giver.conn.FD > 0
}

// nextPort goes on to the next port, if there is one and what went wrong concerns one port only.
func (c *cable) nextPort(ctx context.Context, err error) (more bool, _ error) {
	if err != nil && (ctx.Err() != nil || !concernsPort(err)) {
		return false, err
	}
	if c.port+1 >= len(c.ports) || c.o.passFD && err == nil {
		return false, nil
	}
	if err != nil && !c.many { // of several addresses each has been told
		c.t.say(1, err.Error())
	}
	c.port++
	c.hosts.Port = c.ports[c.port]
	return true, c.pause(ctx, c.o.interval)
}

// concernsPort says whether another port may answer although this one did not: not, if we cannot bind, or if the proxy itself
// cannot be reached or does not want us.
func concernsPort(err error) bool {
	dial, proxy, no := (*sock.DialError)(nil), (*unreached)(nil), (*wrap.Refusal)(nil)
	switch {
	case errors.As(err, &proxy):
		return false
	case errors.As(err, &no):
		return no.Reply()
	}
	return errors.As(err, &dial) && judge(err).code != exitListen
}

// another says whether the run goes on with another port when a link has ended as v says.
func (c *cable) another(ctx context.Context) (bool, error) {
	c.reached = true
	v := c.result
	if len(c.ports) == 0 || v != nil && (v.signal != 0 || v.code == exitWrite || v.code == exitRead) {
		return false, nil
	}
	if v != nil && v.code != exitOK {
		c.failed = v
	}
	more, err := c.nextPort(ctx, nil)
	if more {
		c.result = nil
	}
	return more, err
}

func (c *cable) pause(ctx context.Context, d time.Duration) error {
	if d == 0 {
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *cable) connectOne(ctx context.Context) error {
	conn, name, err := c.dialAgain(ctx)
	if err != nil {
		return err
	}
	if err := c.t.ready(c.o); err != nil {
		conn.Close(c.k)
		return fail(exitWrite, err)
	}
	if c.o.probing {
		if err := c.probe(ctx, &conn); err != nil {
			conn.Close(c.k)
			return err
		}
	}
	c.conns++
	c.t.connected(c.conns, &conn, name)
	c.credentials(&conn)
	switch {
	case c.o.zero:
		return conn.Close(c.k)
	case c.o.passFD:
		err := c.pass(&conn)
		conn.Close(c.k)
		return err
	}
	c.begin(conn, name)
	return nil
}

// probe sends X, twice and then once a second. A host where nobody listens says so with ICMP, which the next call on
// the socket reports (udp(7)). Silence proves nothing: the datagram, or the answer, may be lost or dropped on the way.
func (c *cable) probe(ctx context.Context, conn *sock.Conn) error {
	x := []byte("X")
	for i := time.Duration(-1); ; i++ {
		if _, err := sys.Sendto(c.k, conn.FD, x, unix.MSG_DONTWAIT, nil); err != nil && (err == unix.ECONNREFUSED || i < 0) {
			return &sock.DialError{Errs: []error{sys.Wrap("probe", conn.Peer.String(), err)}}
		}
		if i < 0 {
			continue
		}
		left := c.o.probe - i*time.Second
		if left <= 0 {
			return nil
		}
		if err := c.pause(ctx, min(left, time.Second)); err != nil {
			return err
		}
	}
}

// pass gives the connection to whoever holds the other end of stdout (ssh_config(5), ProxyUseFdpass).
func (c *cable) pass(conn *sock.Conn) error {
	// One byte goes with it: "at least one byte of real data should be sent when sending ancillary data" (unix(7)).
	for {
		n, err := c.k.SendFD(1, []byte{0}, conn.FD)
		switch {
		case err == unix.EINTR:
		case err != nil:
			return fail(exitWrite, sys.Wrap("sendmsg", "stdout", err))
		case n != 1:
			return fail(exitWrite, sys.Wrap("sendmsg", "stdout", errors.New("nothing was sent")))
		default:
			return nil
		}
	}
}
