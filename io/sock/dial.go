package sock

import (
	"cmp"
	"context"
	"errors"
	"maps"
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

// attempt is one address being connected to.
type attempt struct {
	fd      int
	family  int
	addr    sys.Addr
	name    string
	began   time.Duration
	file    *socketFile
	retry   epoll.Timer   // a unix socket whose peer's backlog is full
	backoff time.Duration // before that retry
}

// dialer races attempts (RFC 8305).
type dialer struct {
	k      *sys.Calls
	plan   *Plan
	poller *epoll.Poller
	timers epoll.Timers
	next   int  // index of the next address to try
	hurry  bool // an attempt has failed: the next one need not wait
	live   map[int]*attempt
	errs   []error
	won    *attempt
}

// Dial connects to the first of the plan's addresses that answers. Its error is a *DialError when all have refused, one
// that is ErrTimeout when time ran out, ctx's when it was cancelled, or a *sys.Error for what went wrong before.
func Dial(ctx context.Context, k *sys.Calls, p Plan) (Conn, error) {
	poller, err := epoll.New(k)
	if err != nil {
		return Conn{}, err
	}
	defer poller.Close()
	woken := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		poller.Wake()
		close(woken)
	})
	defer func() {
		if !stop() { // it has begun, and uses a descriptor that is about to be closed
			<-woken
		}
	}()
	d := &dialer{k: k, plan: &p, poller: poller, live: map[int]*attempt{}}
	defer d.closeLosers()
	if err := d.race(ctx); err != nil {
		return Conn{}, err
	}
	return d.conn()
}

func (d *dialer) race(ctx context.Context) error {
	var delay, deadline epoll.Timer
	expired := false
	deadline.F = func() { expired = true }
	delay.F = func() {} // it only ends the wait
	if d.plan.Timeout > 0 {
		d.timers.Set(&deadline, d.k.Now()+d.plan.Timeout)
	}
	var evs []epoll.Event
	for {
		if d.hurry || !delay.Pending() {
			d.hurry = false
			d.start()
			if d.next < d.count() {
				d.timers.Set(&delay, d.k.Now()+attemptDelay)
			}
		}
		switch {
		case d.won != nil:
			return nil
		case ctx.Err() == context.DeadlineExceeded:
			return d.timedOut()
		case ctx.Err() != nil:
			return ctx.Err()
		case expired:
			return d.timedOut()
		case len(d.live) == 0 && d.next >= d.count():
			return &DialError{d.errs}
		case len(d.live) == 0:
			continue
		}
		var err error
		if evs, err = d.poller.Wait(d.timers.Next(d.k.Now()), evs[:0]); err != nil {
			return err
		}
		for _, ev := range evs {
			if a := d.live[ev.FD]; a != nil && d.won == nil {
				d.answered(a)
			}
		}
		d.timers.Run(d.k.Now())
	}
}

func (d *dialer) count() int {
	if d.plan.Network == "unix" {
		return 1
	}
	return len(d.plan.Remote)
}

// start begins the next attempt, if there is one; those that fail at once do not count.
func (d *dialer) start() {
	for d.next < d.count() && d.won == nil {
		i := d.next
		d.next++
		a := &attempt{fd: -1, began: d.k.Now()}
		if d.plan.Network == "unix" {
			a.name = d.plan.Path
		} else {
			a.addr = d.plan.Remote[i]
			a.name = a.addr.String()
		}
		d.plan.trace(Event{Kind: Try, Addr: a.addr, Name: a.name})
		if err := d.open(a); err != nil {
			d.lost(a, err)
			continue
		}
		d.live[a.fd] = a
		if d.connect(a); d.live[a.fd] == a {
			d.hurry = false
			return
		}
	}
}

// open makes and prepares the attempt's socket.
func (d *dialer) open(a *attempt) error {
	p, k := d.plan, d.k
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
func (d *dialer) connect(a *attempt) {
	err := connectTo(d.k, a.fd, a.addr, d.plan)
	switch err {
	case nil:
		d.answered(a)
	case unix.EINPROGRESS, unix.EINTR, unix.EALREADY:
		// "The socket is nonblocking and the connection cannot be completed immediately ... poll for writing";
		// after EINTR a connect goes on by itself as well (connect(2)).
		if err := d.poller.Set(a.fd, epoll.Out); err != nil {
			d.lost(a, err)
		}
	case unix.EAGAIN:
		if d.plan.Network != "unix" {
			d.lost(a, sys.Wrap("connect", a.name, unix.EADDRNOTAVAIL)) // "insufficient entries in the routing cache", ports
			return
		}
		// "For nonblocking UNIX domain sockets ... the connection cannot be completed immediately": the backlog is
		// full, and no event tells when it no longer is (connect(2)).
		a.backoff = min(max(2*a.backoff, time.Millisecond), 50*time.Millisecond)
		a.retry.F = func() { d.connect(a) }
		d.timers.Set(&a.retry, d.k.Now()+a.backoff)
	default:
		d.lost(a, sys.Wrap("connect", a.name, err))
	}
}

// answered looks at how the attempt went: "use getsockopt(2) to read the SO_ERROR option" (connect(2)).
func (d *dialer) answered(a *attempt) {
	if err := sys.SocketError(d.k, a.fd); err != nil {
		d.lost(a, sys.Wrap("connect", a.name, err))
		return
	}
	if d.plan.Network == "tcp" {
		local, err := d.k.Getsockname(a.fd)
		peer, err2 := d.k.Getpeername(a.fd)
		if err == nil && err2 == nil && local == peer {
			d.lost(a, sys.Wrap("connect", a.name, ErrSelf))
			return
		}
		if err2 == unix.ENOTCONN {
			if err := d.poller.Set(a.fd, epoll.Out); err != nil { // a stray event: not connected yet
				d.lost(a, err)
			}
			return
		}
	}
	d.won = a
	delete(d.live, a.fd)
	d.poller.Set(a.fd, 0)
	d.timers.Stop(&a.retry)
}

// lost ends an attempt that failed; the next one need not wait.
func (d *dialer) lost(a *attempt, err error) {
	d.errs = append(d.errs, err)
	d.plan.trace(Event{Kind: Failed, Addr: a.addr, Name: a.name, Err: err})
	d.drop(a)
	d.hurry = true
}

func (d *dialer) drop(a *attempt) {
	d.timers.Stop(&a.retry)
	if a.fd >= 0 {
		delete(d.live, a.fd)
		d.poller.Set(a.fd, 0)
		sys.Close(d.k, a.fd)
	}
	if a.file != nil {
		a.file.remove(d.k)
	}
}

// errLater says that an attempt was not needed any more.
var errLater = errors.New("given up: another address answered first")

func (d *dialer) closeLosers() {
	for _, a := range d.inOrder() {
		if d.won != nil {
			d.plan.trace(Event{Kind: Failed, Addr: a.addr, Name: a.name, Err: sys.Wrap("connect", a.name, errLater)})
		}
		d.drop(a)
	}
}

// inOrder is the attempts that have no answer, the first one first.
func (d *dialer) inOrder() []*attempt {
	all := slices.Collect(maps.Values(d.live))
	slices.SortFunc(all, func(a, b *attempt) int { return cmp.Compare(a.began, b.began) })
	return all
}

// timedOut names every address that was tried: those that failed with their reasons.
func (d *dialer) timedOut() error {
	errs := d.errs
	for _, a := range d.inOrder() {
		err := sys.Wrap("connect", a.name, ErrTimeout)
		d.plan.trace(Event{Kind: Failed, Addr: a.addr, Name: a.name, Err: err})
		errs = append(errs, err)
	}
	return &DialError{errs}
}

// conn makes the Conn of the attempt that won.
func (d *dialer) conn() (Conn, error) {
	a, k := d.won, d.k
	c := Conn{FD: a.fd, Network: d.plan.Network, Type: d.plan.Type, Dialed: true, Took: k.Now() - a.began, name: a.file}
	if err := d.plan.apply(k, a.fd, a.family, sockopt.Connected); err != nil {
		c.Close(k)
		return Conn{}, err
	}
	c.Local, _ = k.Getsockname(a.fd) // a name that cannot be had is only not shown
	var err error
	if c.Peer, err = k.Getpeername(a.fd); err != nil && c.Type == unix.SOCK_DGRAM { // without a peer it would count as a socket that hears many
		c.Close(k)
		return Conn{}, sys.Wrap("getpeername", a.name, err)
	}
	d.plan.trace(Event{Kind: Connected, Addr: c.Peer, Name: a.name, Took: c.Took})
	return c, nil
}

// apply sets the options whose moment has come and that a socket of this family has (an option may be meant for
// whichever family answers), and tells what the kernel made of each.
func (p *Plan) apply(k *sys.Calls, fd, family int, at sockopt.When) error {
	if len(p.Opts) == 0 {
		return nil
	}
	kind := sockopt.KindOf(family, p.Type)
	var mine []sockopt.Setting
	for _, s := range p.Opts {
		if s.CheckFor(kind) == nil {
			mine = append(mine, s)
		}
	}
	applied, err := sockopt.Apply(k, fd, at, mine)
	for _, a := range applied {
		p.trace(Event{Kind: OptionSet, Applied: a})
	}
	return err
}
