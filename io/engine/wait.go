package engine

import (
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// waiter is an epoll descriptor and a way of waiting on it that is quick while there is work, and asleep when there is
// none.
//
// A goroutine that blocks in epoll_wait gives its processor back to the scheduler, and has to get one again before it
// goes on: under load that costs a third of the messages. So while events keep coming the wait is a raw call, which the
// scheduler does not know of, and which must therefore be short. Only when such a wait has found nothing does the loop
// go to sleep the ordinary way.
type waiter struct {
	k    *sys.Calls
	epfd int
	evs  []unix.EpollEvent
	ev   unix.EpollEvent
	busy bool // the last wait found something
	calm bool // never wait raw: the work is done by others, who need the processor
}

// rawWait is how long, in milliseconds, the scheduler can be kept from this processor.
const rawWait = 5

func newWaiter(k *sys.Calls) (waiter, error) {
	epfd, err := k.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return waiter{epfd: -1}, sys.Wrap("epoll_create1", "", err)
	}
	return waiter{k: k, epfd: epfd, evs: make([]unix.EpollEvent, 256)}, nil
}

func (w *waiter) close() {
	if w.epfd >= 0 {
		sys.Close(w.k, w.epfd)
	}
}

// wait is epoll_wait(2). It may find nothing before the time is over.
func (w *waiter) wait(msec int) ([]unix.EpollEvent, error) {
	var n int
	var err error
	if w.busy {
		short := rawWait
		if msec >= 0 {
			short = min(short, msec)
		}
		n, err = w.k.RawEpollWait(w.epfd, w.evs, short)
	} else {
		n, err = w.k.EpollWait(w.epfd, w.evs, msec)
	}
	if err == unix.EINTR {
		return nil, nil
	}
	if err != nil {
		return nil, sys.Wrap("epoll_wait", "", err)
	}
	w.busy = n > 0 && !w.calm
	return w.evs[:n], nil
}

// watch is epoll_ctl(2).
func (w *waiter) watch(op, fd int, events uint32) error {
	w.ev = unix.EpollEvent{Events: events, Fd: int32(fd)}
	return sys.Wrap("epoll_ctl", "", w.k.EpollCtl(w.epfd, op, fd, &w.ev))
}
