package hub

import (
	"encoding/binary"
	"math"
	"time"

	"cat5/io/epoll"
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// door is the listening socket, and the ways in which it is shut: for a moment when descriptors are used up, and for
// good.
type door struct {
	h        *Hub
	fd       int
	typ      int // SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET
	family   int
	tcp      bool
	closed   bool
	said     bool // that descriptors are used up
	shut     epoll.Timer
	from     sys.Addr // of a datagram: a field, as a variable would be allocated anew for each
	lostSaid bool     // that datagrams are lost
}

// shutFor is how long nobody is accepted after accept(2) has found no free descriptor: who waits keeps the listener
// readable, and a loop that went on asking would burn a whole processor.
const shutFor = 100 * time.Millisecond

// burst is how many connections, or datagrams, are taken in one turn, so that those who are in have theirs.
const burst = 64

func (d *door) open(h *Hub) error {
	d.h, d.fd = h, h.o.Listener
	for _, q := range []struct {
		opt  int
		name string
		into *int
	}{{unix.SO_TYPE, "SO_TYPE", &d.typ}, {unix.SO_DOMAIN, "SO_DOMAIN", &d.family}} {
		n, err := sys.GetInt(h.k, d.fd, unix.SOL_SOCKET, q.opt)
		if err != nil {
			return sys.Wrap("getsockopt", q.name, err)
		}
		*q.into = n
	}
	d.tcp = d.family != unix.AF_UNIX && d.typ == unix.SOCK_STREAM
	if d.typ == unix.SOCK_DGRAM {
		h.names = map[sys.Addr]*Peer{}
	}
	d.shut.F = d.watch
	h.use(d.fd, d)
	return h.poller.Set(d.fd, epoll.In)
}

// watch watches the listener again.
func (d *door) watch() {
	if d.closed || d.shut.Pending() {
		return
	}
	want := epoll.In
	if d.typ == unix.SOCK_DGRAM && d.h.held(nil) {
		want = 0
	}
	if err := d.h.poller.Set(d.fd, want); err != nil {
		d.h.fail(err)
	}
}

// close shuts the door for good. Datagram peers are still sent what is theirs through it.
func (d *door) close() {
	if !d.closed {
		d.closed = true
		d.h.use(d.fd, nil)
		d.h.timers.Stop(&d.shut)
	}
}

func (d *door) ready(epoll.Event) {
	if d.typ == unix.SOCK_DGRAM {
		d.datagrams()
		return
	}
	for range burst {
		if d.closed || !d.accept() {
			return
		}
	}
}

// accept takes one connection. It says whether there may be more.
func (d *door) accept() bool {
	flags := unix.SOCK_CLOEXEC
	if !d.h.svc.handsOver() { // a program expects a descriptor that blocks
		flags |= unix.SOCK_NONBLOCK
	}
	fd, addr, err := d.h.k.Accept4(d.fd, flags)
	switch err {
	case nil:
		d.enter(fd, addr)
		return true
	case unix.EAGAIN:
		d.said = false
		return false
	case unix.EINTR, unix.ECONNABORTED, unix.EPROTO, unix.ENETDOWN, unix.ENOPROTOOPT, unix.EHOSTDOWN, unix.ENONET,
		unix.EHOSTUNREACH, unix.EOPNOTSUPP, unix.ENETUNREACH, unix.EPERM:
		// "Linux accept() passes already-pending network errors on the new socket as an error code" (accept(2)): that
		// peer is gone, the next one is not.
		return true
	case unix.EMFILE, unix.ENFILE, unix.ENOBUFS, unix.ENOMEM:
		d.rest(sys.Wrap("accept", "", err).Error() + d.limit(err))
		return false
	}
	d.h.fail(sys.Wrap("accept", "", err))
	return false
}

// limit names the limit that was met.
func (d *door) limit(err error) string {
	var lim unix.Rlimit
	if err != unix.EMFILE || d.h.k.Getrlimit(unix.RLIMIT_NOFILE, &lim) != nil {
		return ""
	}
	return " (the limit is " + itoa(int(lim.Cur)) + ", ulimit -n)"
}

// rest shuts the door for a moment, and says why: once, until everybody who waited could come in.
func (d *door) rest(why string) {
	if !d.said {
		d.said = true
		d.h.warn(why + "; who comes now waits until somebody leaves")
	}
	d.h.poller.Set(d.fd, 0)
	d.h.timers.Set(&d.shut, d.h.k.Now()+shutFor)
}

// enter makes a peer of a connection, unless it has to go at once.
func (d *door) enter(fd int, addr sys.Addr) {
	h := d.h
	p := &Peer{h: h, FD: fd, Addr: addr, UID: -1}
	if why := d.check(p); why != "" {
		sys.Close(h.k, fd)
		d.reject(addr, why)
		return
	}
	var err error
	if d.typ == unix.SOCK_SEQPACKET {
		err = tellEmpty(h.k, fd)
		// A record that fits the sender's send buffer but not that of a peer who is to have it would be refused (EMSGSIZE), and
		// one of many could throw all the others out. With this ours hold what we can read (socket(7): the kernel doubles it);
		// Accepted may set it otherwise.
		sys.SetInt(h.k, fd, unix.SOL_SOCKET, unix.SO_SNDBUF, bufSize)
	}
	if err == nil && h.o.Accepted != nil {
		err = h.o.Accepted(fd, addr)
	}
	if err != nil {
		sys.Close(h.k, fd)
		h.warn(err.Error())
		return
	}
	h.use(fd, p)
	h.join(p)
}

func (d *door) reject(addr sys.Addr, why string) {
	d.h.Refused++
	if d.h.o.Rejected != nil {
		d.h.o.Rejected(addr, why)
	}
}

// check says why a newcomer may not come in; "" when it may.
func (d *door) check(p *Peer) string {
	h := d.h
	if d.family == unix.AF_UNIX {
		if d.typ != unix.SOCK_DGRAM {
			p.credentials()
		}
		if !h.o.Access.PermitsUser(p.UID) {
			return "user " + itoa(p.UID) + " is not allowed"
		}
	} else if !h.o.Access.Permits(p.Addr.AddrPort().Addr()) {
		return "its address is not allowed"
	}
	switch {
	case h.o.Max > 0 && h.Peers() >= h.o.Max:
		return "there are " + itoa(h.o.Max) + " connections already"
	case h.o.Source > 0 && h.froms[p.source()] >= h.o.Source:
		return "its address has " + itoa(h.o.Source) + " connections already"
	}
	return ""
}

// credentials reads who is behind a unix socket, as the kernel noted at connect(2) (unix(7), SO_PEERCRED: struct ucred is
// pid, uid, gid). What is not known is less than 0, and on nobody's list.
func (p *Peer) credentials() {
	var b [12]byte
	p.UID = -1
	if n, err := p.h.k.Getsockopt(p.FD, unix.SOL_SOCKET, unix.SO_PEERCRED, b[:]); err != nil || n < len(b) {
		return
	}
	n := func(i int) int {
		u := binary.NativeEndian.Uint32(b[i:])
		if u == math.MaxUint32 { // (uid_t) -1: nobody knows
			return -1
		}
		return int(u)
	}
	p.PID, p.UID, p.GID = n(0), n(4), n(8)
}

// tellEmpty makes empty records tell themselves from the end: SO_PASSCRED adds control data to each record (unix(7)),
// and as we offer no room for it, MSG_CTRUNC is set in the flags of each.
func tellEmpty(k *sys.Calls, fd int) error {
	return sys.Wrap("setsockopt", "SO_PASSCRED", sys.SetInt(k, fd, unix.SOL_SOCKET, unix.SO_PASSCRED, 1))
}
