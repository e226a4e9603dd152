// Package epoll says which descriptors are ready: the kernel's epoll, wanted interests instead of ADD, MOD and DEL,
// timers, and a way to wake the waiter from another thread.
package epoll

import (
	"slices"
	"time"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// Interest is what a descriptor is watched for. The zero Interest is none.
type Interest uint8

const (
	In  Interest = 1 << iota // reading would not block
	Out                      // writing would not block
	Err                      // only what the kernel reports unasked: an error or a hang-up
)

// Event is one ready descriptor. The kernel adds Err and Hup unasked (epoll_ctl(2)); a read or a write says what they mean.
type Event struct {
	FD       int
	In, Out  bool
	Err, Hup bool
}

// Poller watches any number of descriptors, level-triggered. It is for one thread, Wake apart.
type Poller struct {
	k      *sys.Calls
	epfd   int
	wake   int        // an eventfd: Wake writes to it, Wait reads it
	wants  []Interest // by descriptor: what the kernel has been told, or always has
	always []int      // descriptors that epoll refuses because they are always ready
	evs    []unix.EpollEvent
	hurry  bool // see Hurry
	busy   bool // the last Wait found something

	// What calls are given a pointer to: as variables they would be allocated anew for each call.
	ev  unix.EpollEvent
	buf [8]byte
	one [8]byte // never changes: Wake is for any thread
}

// New makes a Poller. Close frees it.
func New(k *sys.Calls) (*Poller, error) {
	epfd, err := k.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, sys.Wrap("epoll_create1", "", err)
	}
	wake, err := k.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		sys.Close(k, epfd)
		return nil, sys.Wrap("eventfd", "", err)
	}
	p := &Poller{k: k, epfd: epfd, wake: wake, evs: make([]unix.EpollEvent, 128)}
	p.one[0] = 1 // eventfd(2): an 8-byte integer in host order; any value but 0 and all ones will do
	if err := p.Set(wake, In); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// Close closes the Poller's own descriptors, and none that it watches.
func (p *Poller) Close() {
	sys.Close(p.k, p.epfd)
	sys.Close(p.k, p.wake)
}

// Set says what fd is watched for from now on; it works out ADD, MOD and DEL itself, and does nothing when nothing
// changes. An Interest of 0 takes fd out: left in with an empty mask it would still report EPOLLERR and EPOLLHUP, and
// a level-triggered loop would spin on them.
//
// epoll_ctl(2) says EPERM for what "does not support epoll ... such as a regular file or directory": those are always
// ready, and Wait reports them so.
//
// Call Set(fd, 0) before closing fd. An event for a closed descriptor can still be in the batch that Wait returned, and
// its number may be somebody else's by then: it is a harmless false alarm as long as reads and writes do not block.
func (p *Poller) Set(fd int, want Interest) error {
	for fd >= len(p.wants) {
		p.wants = append(p.wants, 0)
	}
	have := p.wants[fd]
	if have == want {
		return nil
	}
	if i := slices.Index(p.always, fd); i >= 0 {
		if want == 0 {
			p.always = slices.Delete(p.always, i, i+1)
		}
		p.wants[fd] = want
		return nil
	}
	op := unix.EPOLL_CTL_MOD
	switch {
	case have == 0:
		op = unix.EPOLL_CTL_ADD
	case want == 0:
		op = unix.EPOLL_CTL_DEL
	}
	p.ev = unix.EpollEvent{Fd: int32(fd)}
	if want&In != 0 {
		p.ev.Events |= unix.EPOLLIN
	}
	if want&Out != 0 {
		p.ev.Events |= unix.EPOLLOUT
	}
	err := p.k.EpollCtl(p.epfd, op, fd, &p.ev)
	if err == unix.EPERM && op == unix.EPOLL_CTL_ADD {
		p.always = append(p.always, fd)
		err = nil
	}
	if err == nil || want == 0 { // who takes a descriptor out is about to close it, and the kernel then forgets it by itself
		p.wants[fd] = want
	}
	if err != nil {
		return sys.Wrap("epoll_ctl", "", err)
	}
	return nil
}

// Wait appends to evs what is ready, and waits at most timeout for it (less than 0: for ever). It may return early and
// empty-handed: after Wake, or when a signal came ("epoll_wait is never restarted", signal(7)); callers compute the
// time that remains from their own clock.
func (p *Poller) Wait(timeout time.Duration, evs []Event) ([]Event, error) {
	if len(p.always) > 0 {
		timeout = 0
	}
	n, err := p.wait(msec(timeout))
	p.busy = n > 0
	if err != nil && err != unix.EINTR {
		return evs, sys.Wrap("epoll_wait", "", err)
	}
	for _, e := range p.evs[:max(n, 0)] {
		if int(e.Fd) == p.wake {
			p.drainWake()
			continue
		}
		evs = append(evs, Event{
			FD:  int(e.Fd),
			In:  e.Events&unix.EPOLLIN != 0,
			Out: e.Events&unix.EPOLLOUT != 0,
			Err: e.Events&unix.EPOLLERR != 0,
			Hup: e.Events&unix.EPOLLHUP != 0,
		})
	}
	for _, fd := range p.always {
		evs = append(evs, Event{FD: fd, In: p.wants[fd]&In != 0, Out: p.wants[fd]&Out != 0})
	}
	return evs, nil
}

// Hurry says that much is moving: while that is so and events keep coming, Wait waits without the Go scheduler's
// knowledge. A goroutine that blocks in epoll_wait gives its processor back and has to get one again before it goes on, which
// under load costs more than the events do. Such a wait is short, at most rawWait, and when it has found nothing the next
// one sleeps the ordinary way.
func (p *Poller) Hurry(on bool) { p.hurry = on }

// rawWait is how long, in milliseconds, the scheduler can be kept from this processor.
const rawWait = 5

func (p *Poller) wait(msec int) (int, error) {
	if !p.hurry || !p.busy {
		return p.k.EpollWait(p.epfd, p.evs, msec)
	}
	if msec < 0 || msec > rawWait {
		msec = rawWait
	}
	return p.k.RawEpollWait(p.epfd, p.evs, msec)
}

// msec rounds up: a timer that fires early would find nothing due and spin.
func msec(d time.Duration) int {
	if d < 0 {
		return -1
	}
	ms := d / time.Millisecond
	if d%time.Millisecond != 0 {
		ms++
	}
	return int(min(ms, 1<<31-1))
}

// Wake makes the current or the next Wait return. It is safe from any goroutine.
func (p *Poller) Wake() {
	sys.Write(p.k, p.wake, p.one[:])
}

func (p *Poller) drainWake() {
	sys.Read(p.k, p.wake, p.buf[:]) // one read takes the whole count; EAGAIN would only mean that somebody was first
}
