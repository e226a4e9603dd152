package scan

import (
	"time"

	"cat5/io/epoll"
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// What comes back, and what it means.

func (n *Knocker) ready(kn *Knock, ev epoll.Event) {
	if kn.State == Open || kn.Type == unix.SOCK_DGRAM {
		n.hear(kn)
		return
	}
	// connect(2) again tells how the first one ended, and puts a refused socket back to where it can connect anew;
	// getsockopt(SO_ERROR) would only do the first.
	err := n.k.Connect(kn.fd, kn.Addr)
	if err == unix.EALREADY || err == unix.EINPROGRESS || err == unix.EINTR {
		return // a stray event
	}
	n.answer(kn, err)
}

// answer is what connect(2) said in the end.
func (n *Knocker) answer(kn *Knock, err error) {
	if err == nil || err == unix.EISCONN {
		n.connected(kn)
		return
	}
	family := kn.Addr.Family()
	if _, have := n.spare[family]; err == unix.ECONNREFUSED && !have && family != unix.AF_UNIX {
		n.prompt = n.prompt || n.k.Now()-kn.began < time.Millisecond
		n.unwatch(kn)
		n.spare[family] = kn.fd
		kn.fd = -1
		n.live--
		n.conclude(kn, err)
		return
	}
	n.end(kn, err)
}

func (n *Knocker) connected(kn *Knock) {
	if kn.Type == unix.SOCK_DGRAM {
		n.ask(kn)
		return
	}
	// A port of ours that nobody listens on can be the very one that the kernel chose for us: the socket is then
	// connected to itself, and looks open (RFC 9293, section 3.5, simultaneous open).
	local, err := n.k.Getsockname(kn.fd)
	if err == nil && local == kn.Addr && local.Family() != unix.AF_UNIX {
		n.end(kn, unix.ECONNREFUSED)
		return
	}
	kn.State, kn.Took = Open, n.k.Now()-kn.began
	if len(kn.Send) > 0 {
		// A fresh connection has room for a line; what does not fit a socket buffer was never a question.
		if m, err := sys.Sendto(n.k, kn.fd, kn.Send, unix.MSG_NOSIGNAL, nil); err != nil || m < len(kn.Send) {
			if err == nil {
				err = unix.EMSGSIZE
			}
			n.heardAll(kn, err)
			return
		}
	}
	if kn.Want == nil {
		n.heardAll(kn, nil)
		return
	}
	n.watch(kn, epoll.In)
}

// ask sends the datagram.
func (n *Knocker) ask(kn *Knock) {
	_, err := sys.Sendto(n.k, kn.fd, kn.Send, unix.MSG_NOSIGNAL, nil)
	if err != nil {
		n.end(kn, err)
		return
	}
	n.watch(kn, epoll.In)
}

// hear reads what has come.
func (n *Knocker) hear(kn *Knock) {
	if n.buf == nil {
		n.buf = make([]byte, maxHeard)
	}
	m, _, err := sys.Recvfrom(n.k, kn.fd, n.buf, 0, nil)
	switch {
	case err == unix.EAGAIN:
		return
	case err != nil && kn.State == Open:
		n.heardAll(kn, err)
	case err != nil:
		n.end(kn, err)
	case kn.Type == unix.SOCK_DGRAM:
		if kn.State != Open {
			kn.State, kn.Took = Open, n.k.Now()-kn.began
		}
		kn.Heard = append(kn.Heard[:0], n.buf[:m]...) // each datagram is an answer of its own
		if kn.Want == nil || kn.Want(kn.Heard) {
			n.heardAll(kn, nil)
		}
	case m == 0:
		n.heardAll(kn, nil)
	default:
		kn.Heard = append(kn.Heard, n.buf[:min(m, maxHeard-len(kn.Heard))]...)
		if kn.Want(kn.Heard) || len(kn.Heard) == maxHeard {
			n.heardAll(kn, nil)
		}
	}
}

func (n *Knocker) expired(kn *Knock) {
	if kn.State == Open {
		n.heardAll(kn, ErrTimeout)
		return
	}
	// ICMP that came while the kernel was busy with the socket is kept as a "soft error", and only this call tells of it.
	if err := sys.SocketError(n.k, kn.fd); err != nil && kn.Type == unix.SOCK_STREAM {
		n.end(kn, err)
		return
	}
	n.end(kn, ErrTimeout)
}

// heardAll ends a knock at an open address.
func (n *Knocker) heardAll(kn *Knock, err error) {
	n.release(kn)
	kn.Err = err
	kn.Done(kn)
}

// end ends a knock that was not answered by an open address.
func (n *Knocker) end(kn *Knock, err error) {
	n.release(kn)
	n.conclude(kn, err)
}

// conclude says what an error means.
func (n *Knocker) conclude(kn *Knock, err error) {
	kn.Err, kn.Took = err, n.k.Now()-kn.began
	switch err {
	case unix.ECONNREFUSED: // a RST, or ICMP port unreachable (udp(7)); unix: nobody listens
		kn.State = Closed
	case ErrTimeout:
		kn.State = Filtered
		if kn.Type == unix.SOCK_DGRAM {
			kn.State = Silent
		}
	case unix.EHOSTUNREACH, unix.ENETUNREACH, unix.ETIMEDOUT, unix.EACCES, unix.EPERM, unix.ENOPROTOOPT, unix.EHOSTDOWN, unix.EPROTO:
		// ICMP's other ways of saying no, or a firewall of this host (icmp(7)).
		kn.State = Filtered
	case unix.ECONNRESET, unix.EPIPE:
		// There was somebody, who hung up at once, with a RST; or with a FIN and then a RST, which the kernel calls EPIPE.
		kn.State = Open
	case unix.ENOENT:
		kn.State = Closed
	default:
		kn.State = Unknown
	}
	kn.Done(kn)
}

// unwatch takes the knock out of epoll and off the clock.
func (n *Knocker) unwatch(kn *Knock) {
	n.timers.Stop(&kn.expire)
	if kn.fd < len(n.byFD) && n.byFD[kn.fd] == kn {
		n.byFD[kn.fd] = nil
		n.poller.Set(kn.fd, 0)
	}
}

func (n *Knocker) release(kn *Knock) {
	if kn.fd >= 0 {
		n.drop(kn)
	}
}

func (n *Knocker) drop(kn *Knock) {
	n.unwatch(kn)
	sys.Close(n.k, kn.fd)
	kn.fd = -1
	n.live--
}
