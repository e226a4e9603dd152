package pump

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

func (k *liar) epollCtl(_, op, fd int, ev *unix.EpollEvent) error {
	if fd == wakeFD {
		return nil
	}
	o := k.object("epoll_ctl", fd)
	if o.kind == File {
		return unix.EPERM
	}
	_, have := k.set[fd]
	switch {
	case op == unix.EPOLL_CTL_ADD && have, op != unix.EPOLL_CTL_ADD && !have:
		k.blame("epoll_ctl(%d) of descriptor %d, in the list: %v", op, fd, have)
	case op == unix.EPOLL_CTL_DEL:
		delete(k.set, fd)
		return nil
	case op == unix.EPOLL_CTL_ADD && k.lie() == 255:
		return unix.ENOSPC // the limit on watches (epoll_ctl(2))
	}
	k.set[fd] = ev.Events
	return nil
}

// ready is what is true of a descriptor, as far as it is watched.
func (k *liar) ready(fd int) uint32 {
	o, r := k.objs[fd], uint32(0)
	if s := o.src; len(s.data) > 0 || len(s.recs) > 0 || s.end != nil && !s.waits {
		r |= unix.EPOLLIN
	}
	r |= unix.EPOLLOUT
	if o.kind.socket() && o.kind != Dgram && o.shut && o.src.ended {
		r |= unix.EPOLLHUP
	}
	if o.snk.broken == unix.ECONNRESET || o.snk.broken == unix.EPIPE {
		r |= unix.EPOLLERR
	}
	return r & (k.set[fd] | unix.EPOLLERR | unix.EPOLLHUP)
}

func (k *liar) epollWait(_ int, evs []unix.EpollEvent, msec int) (int, error) {
	// An honest kernel's event leads to something; an event that leads to nothing again and again is a busy loop.
	if k.turns++; k.moved > 0 || len(k.lies) > 0 {
		k.still = 0
	}
	k.still++
	k.moved = 0
	if k.turns > 200000 || k.still > 50 {
		told := ""
		for fd, want := range k.set {
			told += fmt.Sprintf("; descriptor %d: watched for %#x, ready %#x", fd, want, k.ready(fd))
		}
		panic(fmt.Sprintf("no end: %d turns, %d of them still%s", k.turns, k.still, told))
	}
	if k.woken {
		k.woken = false
		evs[0] = unix.EpollEvent{Fd: wakeFD, Events: unix.EPOLLIN}
		return 1, nil
	}
	n := 0
	add := func(fd int, r uint32) {
		if r != 0 {
			evs[n] = unix.EpollEvent{Fd: int32(fd), Events: r}
			n++
		}
	}
	d := k.lie()
	if d >= 250 {
		return -1, unix.EINTR
	}
	for _, fd := range []int{inFD, outFD, sockFD} {
		if want, ok := k.set[fd]; ok {
			switch d >> (2 * uint(fd-inFD)) & 3 {
			case 0:
				add(fd, k.ready(fd))
			case 1: // a false alarm
				add(fd, want)
			}
		}
	}
	if n == 0 && msec < 0 {
		for fd := range k.set {
			add(fd, k.ready(fd))
		}
		if n == 0 {
			panic("hang: waits for ever, and nothing will come")
		}
	}
	if n == 0 {
		k.clock += time.Duration(msec) * time.Millisecond
		k.moved++ // time
	} else {
		k.clock += time.Duration(d) * time.Microsecond
	}
	return n, nil
}
