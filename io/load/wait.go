package load

import (
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// waiter is epoll as the engines use it (io/engine/wait.go says why): a raw, short wait while events keep coming, an
// ordinary one after a wait that found nothing. An event carries the number of its connection, not of its descriptor.
type waiter struct {
	k    *sys.Calls
	epfd int
	evs  []unix.EpollEvent
	ev   unix.EpollEvent
	busy bool // the last wait found something
}

// rawWait is how long, in milliseconds, the Go scheduler can be kept from this processor.
const rawWait = 5

func newWaiter(k *sys.Calls) (waiter, error) {
	epfd, err := k.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return waiter{epfd: -1}, sys.Wrap("epoll_create1", "", err)
	}
	return waiter{k: k, epfd: epfd, evs: make([]unix.EpollEvent, 512)}, nil
}

// wait is epoll_wait(2), for at most msec milliseconds.
func (w *waiter) wait(msec int) ([]unix.EpollEvent, error) {
	var n int
	var err error
	if w.busy {
		n, err = w.k.RawEpollWait(w.epfd, w.evs, min(rawWait, msec))
	} else {
		n, err = w.k.EpollWait(w.epfd, w.evs, msec)
	}
	if err == unix.EINTR {
		return nil, nil
	}
	if err != nil {
		return nil, sys.Wrap("epoll_wait", "", err)
	}
	w.busy = n > 0
	return w.evs[:n], nil
}

// watch is epoll_ctl(2): events of fd are those of connection i from now on.
func (w *waiter) watch(op, fd int, events uint32, i int) error {
	w.ev = unix.EpollEvent{Events: events, Fd: int32(i)}
	return sys.Wrap("epoll_ctl", "", w.k.EpollCtl(w.epfd, op, fd, &w.ev))
}
