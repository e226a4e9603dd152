package pump

import (
	"time"

	"golang.org/x/sys/unix"
)

// fate is what becomes of a record that was offered to the kernel.
type fate uint8

const (
	taken   fate = iota // the kernel has it
	again               // it is offered again, in the next turn or when notWrite has passed
	givenUp             // it is lost, which has to be told
	broken              // the lane is over, or (EAGAIN) has to wait
)

// maxTries is how often one datagram is offered to a kernel that has no buffers (or reports an old ICMP error).
const maxTries = 10

// offered says what the kernel's answer means for the record that it was given; tries counts the answers in a row that
// were not the last word.
func (l *Lane) offered(err error, tries *int) fate {
	switch {
	case err == nil:
	case err == unix.ENOBUFS || err == unix.ENOMEM:
		// udp(7) and netdevice: the queue of the device is full for a moment, or memory is. Try again a little later.
		if *tries++; *tries < maxTries {
			l.notWrite = l.loop.now + time.Millisecond<<*tries
			return again
		}
		*tries = 0
		return givenUp
	case l.Dst.Proto == UDP && (icmp(err) && err != unix.ECONNREFUSED || err == unix.EMSGSIZE) && *tries == 0:
		*tries++ // it may be about an earlier datagram; when it comes again it is about this one, and from our own host
		l.doubt = err
		return again
	case l.Dst.Proto == UDP && err == unix.ECONNREFUSED && *tries < maxTries:
		// The error is about an earlier datagram; this one was not sent, and the error is cleared now.
		*tries++
		l.pair.refused(l, err)
		return again
	case l.Dst.To != nil && err != unix.EAGAIN && err != unix.EMSGSIZE:
		// One of many peers cannot be reached; the socket and the others are as they were.
		*tries = 0
		return givenUp
	default:
		return broken
	}
	*tries = 0
	l.earlier()
	return taken
}

// earlier is called when the kernel has taken what it seemed to refuse: what it said was about an earlier datagram.
func (l *Lane) earlier() {
	if l.doubt != nil {
		l.pair.refused(l, l.doubt)
		l.doubt = nil
	}
}

// drop gives up a record, and tells.
func (l *Lane) drop(rec []byte, err error) {
	l.Dropped += int64(len(rec))
	l.pair.tell(Event{Kind: Dropped, Lane: l, Err: err, N: len(rec), Addr: l.Dst.to()})
}
