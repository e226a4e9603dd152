package sock

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"cat5/io/epoll"
	"cat5/io/sys"
	"cat5/sockopt"

	"golang.org/x/sys/unix"
)

// attemptDelay is the pause before the next address is tried while earlier ones are still silent: the "Connection
// Attempt Delay", recommended to be 250 ms (RFC 8305, section 5).
const attemptDelay = 250 * time.Millisecond

// ErrTimeout says that Plan.Timeout passed before a connection stood.
var ErrTimeout = errors.New("timed out")

// ErrSelf says that a TCP socket connected to itself: nobody listens on the port, and the kernel happened to choose it
// as the source port (RFC 9293, section 3.5, "simultaneous open").
var ErrSelf = errors.New("nobody listens there (the socket connected to itself)")

// DialError is why no address answered, one error for each.
type DialError struct{ Errs []error }

func (e *DialError) Error() string {
	var b strings.Builder
	for i, err := range e.Errs {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(err.Error())
	}
	return b.String()
}

func (e *DialError) Unwrap() []error { return e.Errs }

// Watcher is what a Race needs of the loop that it runs on: readiness and time, on the loop's own thread. pump.Loop is
// one, so that any number of races run beside the connections that already stand.
type Watcher interface {
	Watch(fd int, want epoll.Interest, ready func(epoll.Event)) error
	After(t *epoll.Timer, d time.Duration)
	StopTimer(t *epoll.Timer)
}

// attempt is one address being connected to.
type attempt struct {
	fd      int
	family  int
	addr    sys.Addr
	name    string
	asked   bool          // connect(2) was called
	done    bool          // and said that the connection stands
	began   time.Duration // when, the first time
	took    time.Duration // from then to the answer
	file    *socketFile
	local   sys.Addr      // once it has answered
	peer    sys.Addr      // once it has answered
	retry   epoll.Timer   // a unix socket whose peer's backlog is full
	backoff time.Duration // before that retry
}

// Race connects to the first of a plan's addresses that answers (RFC 8305): each is given a head start over the next, and
// a failure starts the next at once. It never blocks; what it waits for it leaves to its Watcher.
type Race struct {
	k        *sys.Calls
	w        Watcher
	plan     *Plan
	done     func(Conn, error)
	next     int        // index of the next address to try
	live     []*attempt // without an answer yet, the first one first
	errs     []error
	delay    epoll.Timer // before the next address
	deadline epoll.Timer
	over     bool
}

// Start begins a race. done is called once, on w's thread, and possibly before Start returns: an address may answer, or
// refuse, at once. Its error is a *DialError when all have refused or time ran out (errors.Is ErrTimeout then), a *sys.Error
// for what went wrong afterwards, or what Cancel was given. The Conn is done's to close.
func Start(k *sys.Calls, w Watcher, p Plan, done func(Conn, error)) *Race {
	r := &Race{k: k, w: w, plan: &p, done: done}
	r.delay.F = r.start
	r.deadline.F = func() { r.finish(Conn{FD: -1}, r.timedOut()) }
	if p.Timeout > 0 {
		w.After(&r.deadline, p.Timeout)
	}
	r.start()
	return r
}

// Cancel ends a race that is still on: done is called with err, or, when that is context.DeadlineExceeded, with the
// addresses that were silent until now. A race that is over stays as it is.
func (r *Race) Cancel(err error) {
	if r.over {
		return
	}
	if err == context.DeadlineExceeded {
		err = r.timedOut()
	}
	r.finish(Conn{FD: -1}, err)
}

func (r *Race) count() int {
	if r.plan.Network == "unix" {
		return 1
	}
	return len(r.plan.Remote)
}

// start begins the next attempt, or finds that there is nothing left to hope for.
func (r *Race) start() {
	if r.next == r.count() {
		if len(r.live) == 0 {
			r.finish(Conn{FD: -1}, &DialError{r.errs})
		}
		return
	}
	a := &attempt{fd: -1}
	if r.plan.Network == "unix" {
		a.name = r.plan.Path
	} else {
		a.addr = r.plan.Remote[r.next]
		a.name = a.addr.String()
	}
	if r.next++; r.next < r.count() {
		r.w.After(&r.delay, attemptDelay)
	} else {
		r.w.StopTimer(&r.delay)
	}
	r.live = append(r.live, a)
	r.plan.trace(Event{Kind: Try, Addr: a.addr, Name: a.name})
	if err := r.open(a); err != nil {
		r.lost(a, err)
		return
	}
	r.connect(a)
}

// open makes and prepares the attempt's socket.
func (r *Race) open(a *attempt) error {
	p, k := r.plan, r.k
	family := unix.AF_UNIX
	if p.Network != "unix" {
		family = a.addr.Family()
	}
	fd, err := k.Socket(family, p.Type|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return sys.Wrap("socket", a.name, err)
	}
	a.fd, a.family = fd, family
	if err := p.apply(k, fd, family, sockopt.BeforeBind); err != nil {
		return err
	}
	if a.file, err = p.bind(k, fd, family, false); err != nil {
		return err
	}
	if a.file != nil {
		if err := a.file.publish(k); err != nil {
			return err
		}
	}
	return p.apply(k, fd, family, sockopt.BeforeConnect)
}

// connect calls connect(2) once.
func (r *Race) connect(a *attempt) {
	if !a.asked {
		a.asked, a.began = true, r.k.Now()
	}
	err := connectTo(r.k, a.fd, a.addr, r.plan)
	switch err {
	case nil:
		a.done = true
		r.answered(a)
	case unix.EINPROGRESS, unix.EINTR, unix.EALREADY:
		// "The socket is nonblocking and the connection cannot be completed immediately ... poll for writing";
		// after EINTR a connect goes on by itself as well (connect(2)).
		r.watch(a)
	case unix.EAGAIN:
		if r.plan.Network != "unix" {
			r.lost(a, sys.Wrap("connect", a.name, unix.EADDRNOTAVAIL)) // "insufficient entries in the routing cache", ports
			return
		}
		// "For nonblocking UNIX domain sockets ... the connection cannot be completed immediately": the backlog is
		// full, and no event tells when it no longer is (connect(2)).
		a.backoff = min(max(2*a.backoff, time.Millisecond), 50*time.Millisecond)
		a.retry.F = func() { r.connect(a) }
		r.w.After(&a.retry, a.backoff)
	default:
		r.lost(a, sys.Wrap("connect", a.name, err))
	}
}

func (r *Race) watch(a *attempt) {
	if err := r.w.Watch(a.fd, epoll.Out, func(epoll.Event) { r.answered(a) }); err != nil {
		r.lost(a, err)
	}
}

// answered looks at how the attempt went: "use getsockopt(2) to read the SO_ERROR option" (connect(2)).
func (r *Race) answered(a *attempt) {
	a.took = r.k.Now() - a.began
	if err := sys.SocketError(r.k, a.fd); err != nil {
		r.lost(a, sys.Wrap("connect", a.name, err))
		return
	}
	local, err := r.k.Getsockname(a.fd)
	if err == nil { // a name that cannot be had is only not shown
		a.local = local
	}
	peer, err2 := r.k.Getpeername(a.fd)
	if err2 == nil {
		a.peer = peer
	}
	switch {
	case r.plan.Network == "tcp" && err == nil && err2 == nil && local == peer:
		r.lost(a, sys.Wrap("connect", a.name, ErrSelf))
		return
	case r.plan.Network == "tcp" && err2 == unix.ENOTCONN:
		if err := r.begin(a); err != nil {
			r.lost(a, err)
			return
		}
		r.watch(a) // else a stray event: not connected yet
		return
	case r.plan.Type == unix.SOCK_DGRAM && err2 != nil: // without a peer it would count as a socket that hears many
		r.lost(a, sys.Wrap("getpeername", a.name, err2))
		return
	}
	r.finish(r.conn(a))
}

// begin sends the SYN that TCP_FASTOPEN_CONNECT has kept back for the first write: connect(2) says 0 then, though nobody has
// been asked, and epoll that the socket is writable. Whoever waits for the server's first words would wait for ever.
func (r *Race) begin(a *attempt) error {
	if !a.done {
		return nil
	}
	a.done = false
	if _, err := sys.Sendto(r.k, a.fd, nil, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, nil); err != unix.EINPROGRESS && err != unix.EAGAIN {
		return sys.Wrap("connect", a.name, err)
	}
	return nil
}

// lost ends an attempt that failed; the next one need not wait.
func (r *Race) lost(a *attempt, err error) {
	r.errs = append(r.errs, err)
	r.plan.trace(Event{Kind: Failed, Addr: a.addr, Name: a.name, Took: r.waited(a), Err: err})
	r.drop(a)
	r.start()
}

// waited is how long an answer has been waited for.
func (r *Race) waited(a *attempt) time.Duration {
	if !a.asked {
		return 0
	}
	return r.k.Now() - a.began
}

func (r *Race) drop(a *attempt) {
	r.remove(a)
	if a.fd >= 0 {
		sys.Close(r.k, a.fd)
	}
	if a.file != nil {
		a.file.remove(r.k)
	}
}

// remove takes an attempt out of the race; its socket stays open.
func (r *Race) remove(a *attempt) {
	if i := slices.Index(r.live, a); i >= 0 {
		r.live = slices.Delete(r.live, i, i+1)
	}
	r.w.StopTimer(&a.retry)
	if a.fd >= 0 {
		r.w.Watch(a.fd, 0, nil)
	}
}

// errLater says that an attempt was not needed any more.
var errLater = errors.New("given up: another address answered first")

// finish ends the race: the other attempts are closed.
func (r *Race) finish(c Conn, err error) {
	r.over = true
	r.w.StopTimer(&r.delay)
	r.w.StopTimer(&r.deadline)
	for len(r.live) > 0 {
		a := r.live[0]
		if err == nil {
			r.plan.trace(Event{Kind: Failed, Addr: a.addr, Name: a.name, Took: r.waited(a), Err: sys.Wrap("connect", a.name, errLater)})
		}
		r.drop(a)
	}
	r.done(c, err)
}

// timedOut names every address that was tried: those that failed with their reasons.
func (r *Race) timedOut() error {
	errs := r.errs
	for _, a := range r.live {
		err := sys.Wrap("connect", a.name, ErrTimeout)
		r.plan.trace(Event{Kind: Failed, Addr: a.addr, Name: a.name, Took: r.waited(a), Err: err})
		errs = append(errs, err)
	}
	return &DialError{errs}
}

// conn makes the Conn of the attempt that won.
func (r *Race) conn(a *attempt) (Conn, error) {
	r.remove(a)
	c := Conn{FD: a.fd, Network: r.plan.Network, Type: r.plan.Type, Dialed: true, Took: a.took, name: a.file,
		Local: a.local, Peer: a.peer}
	if err := r.plan.apply(r.k, a.fd, a.family, sockopt.Connected); err != nil {
		c.Close(r.k)
		return Conn{FD: -1}, err
	}
	r.plan.trace(Event{Kind: Connected, Addr: c.Peer, Name: a.name, Took: c.Took})
	return c, nil
}
