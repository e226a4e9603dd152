package diag

import (
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// Ended is a TCP or UDP socket that the kernel has freed, as it was then. A TCP socket that closes first is freed too, when
// its TIME_WAIT entry, which has the same cookie, takes its place.
type Ended = Socket

// Ends hears of sockets that are freed, in this network namespace (sock_diag(7), SKNLGRP_INET_TCP_DESTROY and its like).
type Ends struct {
	l *Link
}

// groups are SKNLGRP_INET_TCP_DESTROY 1, INET_UDP 2, INET6_TCP 3, INET6_UDP 4 of linux/sock_diag.h: bit n-1 for group n.
const groups = 1<<0 | 1<<1 | 1<<2 | 1<<3

// HearEnds begins to listen. Everybody may, but a kernel may lack the groups.
func HearEnds(k *sys.Calls) (*Ends, error) {
	l, err := Open(k)
	if err != nil {
		return nil, err
	}
	if err := k.Bind(l.fd, sys.Netlink(groups)); err != nil {
		l.Close()
		return nil, sys.Wrap("bind", "NETLINK_SOCK_DIAG", err)
	}
	return &Ends{l}, nil
}

// Close ends it.
func (e *Ends) Close() { e.l.Close() }

// FD is readable when there is something to take; it stays Ends' own.
func (e *Ends) FD() int { return e.l.fd }

// Take returns those that have ended since; it does not wait. lost says that the kernel had no room for all of them
// (ENOBUFS, netlink(7)).
func (e *Ends) Take() (all []Ended, lost bool, err error) {
	for {
		n, _, err := sys.Recvfrom(e.l.k, e.l.fd, e.l.buf, unix.MSG_DONTWAIT, nil)
		switch err {
		case nil:
		case unix.EAGAIN:
			return all, lost, nil
		case unix.ENOBUFS:
			lost = true
			continue
		default:
			return all, lost, sys.Wrap("recv", "NETLINK_SOCK_DIAG", err)
		}
		for b := e.l.buf[:n]; len(b) > 0; {
			var m message
			if m, b, err = next(b); err != nil {
				break
			}
			if s, err := parseEnded(m); err == nil {
				all = append(all, s)
			}
		}
	}
}

// parseEnded: which of the tables it was in stands in an attribute.
func parseEnded(m message) (Ended, error) {
	if m.typ != unix.SOCK_DIAG_BY_FAMILY || len(m.body) < inetMsgLen {
		return Ended{}, errShort
	}
	p := TCP
	for typ, v := range attributes(m.body[inetMsgLen:]) {
		if typ == attrProtocol && len(v) > 0 && v[0] == unix.IPPROTO_UDP {
			p = UDP
		}
	}
	return parseInet(m.body, p)
}

// Change is what two looks at the table tell of one socket. Was is nil for one that is new, Is for one that has gone.
type Change struct {
	Was, Is *Socket
}

// Changes compares two looks. What came stands before what changed and what went, each in the order of its table.
func Changes(before, after []Socket) []Change {
	was := make(map[ID]*Socket, len(before))
	for i := range before {
		was[before[i].ID()] = &before[i]
	}
	is := make(map[ID]bool, len(after))
	var came, other []Change
	for i := range after {
		s := &after[i]
		is[s.ID()] = true
		switch old := was[s.ID()]; {
		case old == nil:
			came = append(came, Change{nil, s})
		case old.State != s.State || old.Shut != s.Shut && s.Proto == Unix:
			other = append(other, Change{old, s})
		}
	}
	for i := range before {
		if !is[before[i].ID()] {
			other = append(other, Change{&before[i], nil})
		}
	}
	return append(came, other...)
}
