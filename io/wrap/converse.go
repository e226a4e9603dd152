package wrap

import (
	"context"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// dialog is our side of a conversation with a proxy, without any input or output, so that it can be tested and fuzzed as
// what it is: bytes in, bytes out. It keeps what it has been told between two calls of hear; how the bytes were cut
// makes no difference.
type dialog interface {
	// hear is given what has come and was not taken yet, at least one byte.
	hear(p []byte) step
	// bound is the address that the proxy says it connects from; "" when it says none.
	bound() string
}

// step is what follows from what was heard.
type step struct {
	took int    // so many bytes belong to the answer; all of them, unless one of the next three holds
	say  []byte // what to send now
	done bool   // the way is open: what was not taken is the target's
	err  error
}

// heard is what one turn may look at.
const heard = 4096

// converse leads a conversation to its end on a connected socket. It peeks before it takes (MSG_PEEK, recv(2)), because
// what stands behind the proxy's answer may be the target's first words, and belongs to whoever reads next.
func converse(ctx context.Context, k *sys.Calls, fd int, d dialog, say []byte) error {
	w, err := newWait(ctx, k, fd)
	if err != nil {
		return err
	}
	defer w.close()
	buf := make([]byte, heard)
	for {
		if err := w.send(say); err != nil {
			return err
		}
		n, err := w.recv(buf, unix.MSG_PEEK)
		if err != nil {
			return err
		}
		s := d.hear(buf[:n])
		for rest := buf[:s.took]; len(rest) > 0; { // they are in the queue: nothing is waited for here
			n, err := w.recv(rest, 0)
			if err != nil {
				return err
			}
			rest = rest[n:]
		}
		if s.done || s.err != nil {
			return s.err
		}
		say = s.say
	}
}

// wait waits for one socket until a context is done.
type wait struct {
	ctx    context.Context
	k      *sys.Calls
	fd     int
	wake   int // an eventfd that becomes readable when ctx is done; less than 0: it never is
	stop   func() bool
	posted chan struct{}
}

func newWait(ctx context.Context, k *sys.Calls, fd int) (*wait, error) {
	w := &wait{ctx: ctx, k: k, fd: fd, wake: -1}
	if ctx.Done() == nil {
		return w, nil
	}
	wake, err := k.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, sys.Wrap("eventfd", "", err)
	}
	w.wake, w.posted = wake, make(chan struct{})
	w.stop = context.AfterFunc(ctx, func() {
		sys.Write(k, wake, []byte{1, 0, 0, 0, 0, 0, 0, 0})
		close(w.posted)
	})
	return w, nil
}

func (w *wait) close() {
	if w.wake < 0 {
		return
	}
	if !w.stop() { // it has begun, and uses the descriptor
		<-w.posted
	}
	sys.Close(w.k, w.wake)
}

// over is why to stop waiting; nil while there is no reason.
func (w *wait) over() error {
	switch err := w.ctx.Err(); err {
	case context.DeadlineExceeded:
		return ErrTimeout
	default:
		return err
	}
}

// until sleeps until the socket is ready for these poll(2) events, or in error, or time is up.
func (w *wait) until(events int16) error {
	for {
		fds := []unix.PollFd{{Fd: int32(w.fd), Events: events}, {Fd: int32(w.wake), Events: unix.POLLIN}} // "if this field is negative, ... the revents field returns zero"
		_, err := w.k.Poll(fds, -1)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return sys.Wrap("poll", "", err)
		}
		return w.over()
	}
}

// send sends all of p. MSG_NOSIGNAL: a proxy that has gone is an error to tell, not a signal to die of.
func (w *wait) send(p []byte) error {
	for len(p) > 0 {
		if err := w.over(); err != nil {
			return err
		}
		n, err := sys.Sendto(w.k, w.fd, p, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, nil)
		switch {
		case err == unix.EAGAIN:
			if err := w.until(unix.POLLOUT); err != nil {
				return err
			}
		case err != nil:
			return sys.Wrap("send", "", err)
		}
		p = p[max(n, 0):]
	}
	return nil
}

// recv receives at least one byte; the end of what the proxy says is ErrEnd.
func (w *wait) recv(p []byte, flags int) (int, error) {
	for {
		if err := w.over(); err != nil {
			return 0, err
		}
		n, _, err := sys.Recvfrom(w.k, w.fd, p, flags|unix.MSG_DONTWAIT, nil)
		switch {
		case err == unix.EAGAIN:
			if err := w.until(unix.POLLIN); err != nil {
				return 0, err
			}
		case err != nil:
			return 0, sys.Wrap("receive", "", err)
		case n == 0:
			return 0, ErrEnd
		default:
			return n, nil
		}
	}
}
