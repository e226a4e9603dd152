package engine

import (
	"time"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// door is the listener, and the two ways in which it is shut: for a moment when descriptors are used up, and for good.
type door struct {
	k         *sys.Calls
	fd        int // the listening socket, or the datagram socket
	stop      int
	typ       int // SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET
	flags     int // of accept4(2)
	o         *Options
	ids       int64
	shutUntil time.Duration // not 0: shut until then
	leaveBy   time.Duration // not 0: shut for good, and this is when the grace is over
	said      bool          // that descriptors are used up
	tcp       bool
	rest      *lingering
}

// shutFor is how long nobody is accepted after accept(2) has found no free descriptor: the connection that waits keeps
// the listener readable, and a loop that went on asking would burn a whole processor.
const shutFor = 100 * time.Millisecond

// burst is how many connections are accepted in one turn, so that those who are in already have theirs.
const burst = 64

func openDoor(k *sys.Calls, lfd, stop int, o *Options) (door, error) {
	d := door{k: k, fd: lfd, stop: stop, o: o, flags: unix.SOCK_NONBLOCK | unix.SOCK_CLOEXEC, rest: new(lingering)}
	var err error
	if d.typ, err = sys.GetInt(k, lfd, unix.SOL_SOCKET, unix.SO_TYPE); err != nil {
		return d, sys.Wrap("getsockopt", "SO_TYPE", err)
	}
	if family, err := sys.GetInt(k, lfd, unix.SOL_SOCKET, unix.SO_DOMAIN); err == nil && family != unix.AF_UNIX && d.typ == unix.SOCK_STREAM {
		d.tcp = true
		// What is accepted inherits it. Without it Nagle's algorithm keeps a small segment back while an earlier one is
		// not acknowledged, and the peer delays its acknowledgement by up to 40 ms: see epoll_et.go.
		if err := sys.SetInt(k, lfd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
			return d, sys.Wrap("setsockopt", "TCP_NODELAY", err)
		}
	}
	return d, nil
}

// open says whether the listener is to be watched now.
func (d *door) open() bool {
	if d.shutUntil != 0 && d.k.Now() >= d.shutUntil {
		d.shutUntil = 0
	}
	return d.shutUntil == 0 && d.leaveBy == 0
}

// timeout is how long a loop may wait, in milliseconds, before it has to look at the door again; -1 is for ever.
func (d *door) timeout() int {
	until := d.shutUntil
	if d.leaveBy != 0 {
		until = d.leaveBy
	}
	if until == 0 {
		return -1
	}
	return int((max(until-d.k.Now(), 0) + time.Millisecond - 1) / time.Millisecond) // rounded up: waking early would spin
}

// leave shuts the door for good.
func (d *door) leave() {
	d.leaveBy = max(d.k.Now()+d.o.Grace, 1)
	d.rest.on.Store(true)
}

// leaving says that the door is shut for good.
func (d *door) leaving() bool { return d.leaveBy != 0 }

// late says that the grace is over.
func (d *door) late() bool { return d.leaveBy != 0 && d.k.Now() >= d.leaveBy }

// accept takes one connection. EAGAIN says that there is none, or that the door is shut; other errors are the listener's
// end.
func (d *door) accept() (conn, error) {
	for d.shutUntil == 0 && d.leaveBy == 0 {
		fd, peer, err := d.k.Accept4(d.fd, d.flags)
		switch err {
		case nil:
			c, err := d.enter(fd, peer)
			if err != nil {
				continue
			}
			return c, nil
		case unix.EAGAIN:
			d.said = false
			return conn{}, err
		case unix.EINTR, unix.ECONNABORTED, unix.EPROTO, unix.ENETDOWN, unix.ENOPROTOOPT, unix.EHOSTDOWN, unix.ENONET,
			unix.EHOSTUNREACH, unix.EOPNOTSUPP, unix.ENETUNREACH, unix.EPERM:
			// "Linux accept() passes already-pending network errors on the new socket as an error code" (accept(2)): that
			// peer is gone, the next one is not.
		case unix.EMFILE, unix.ENFILE, unix.ENOBUFS, unix.ENOMEM:
			d.shut(sys.Wrap("accept", "", err).Error())
		default:
			return conn{}, sys.Wrap("accept", "", err)
		}
	}
	return conn{}, unix.EAGAIN
}

// enter makes the connection of a descriptor that was accepted.
func (d *door) enter(fd int, peer sys.Addr) (conn, error) {
	d.ids++
	c := conn{fd: fd, id: d.ids}
	var err error
	if d.typ == unix.SOCK_SEQPACKET {
		err = tellEmpty(d.k, fd)
	}
	if err == nil && d.o.Accepted != nil {
		err = d.o.Accepted(c.id, fd, peer)
	}
	if err != nil {
		d.gone(&c, err)
	}
	return c, err
}

// shut closes the door for a moment, and says why: once, until everybody who waits could come in.
func (d *door) shut(why string) {
	if !d.said {
		d.said = true
		d.warn(why + "; who comes now waits until a connection ends")
	}
	d.shutUntil = d.k.Now() + shutFor
}

func (d *door) warn(text string) {
	if d.o.Warn != nil {
		d.o.Warn(text)
	}
}

// over says that it is time to leave: stop was readable, and all peers have gone or the grace has.
func (d *door) over(live int) bool { return d.leaveBy != 0 && (live == 0 || d.late()) }

// endInput makes the peer's bytes end where they are now: what has arrived is still read, then comes the end, as if the
// peer had sent it. So draining needs no path of its own in any engine, and a call that blocks in read(2) returns
// (shutdown(2): SHUT_RD; tcp(7) keeps what is queued).
func (d *door) endInput(fd int) { d.k.Shutdown(fd, unix.SHUT_RD) }

// await waits until the listener or stop is readable, for the engines whose connections wait elsewhere, or until the
// door has to be looked at. It says whether somebody may have come.
func (d *door) await(more ...unix.PollFd) (bool, error) {
	fds := append(make([]unix.PollFd, 0, 2+len(more)), unix.PollFd{Fd: -1}, unix.PollFd{Fd: -1}) // poll(2): "if this field is negative ... events is ignored"
	fds = append(fds, more...)
	if d.open() {
		fds[0] = unix.PollFd{Fd: int32(d.fd), Events: unix.POLLIN}
	}
	if !d.leaving() {
		fds[1] = unix.PollFd{Fd: int32(d.stop), Events: unix.POLLIN}
	}
	_, err := d.k.Poll(fds, d.timeout())
	if err == unix.EINTR {
		return false, nil
	}
	if err != nil {
		return false, sys.Wrap("poll", "", err)
	}
	copy(more, fds[2:])
	if fds[1].Revents != 0 {
		d.leave()
	}
	return fds[0].Revents != 0, nil
}
