package sock

import (
	"context"
	"time"

	"cat5/io/epoll"
	"cat5/io/sys"
)

// Loop is a Watcher that can be made to turn. pump.Loop is one.
type Loop interface {
	Watcher
	Run() error  // turns until Stop
	Stop()       // for the loop's own thread
	Post(func()) // calls it on the loop's thread; from any goroutine
}

// Dial connects to the first of the plan's addresses that answers, and waits for it. Its error is that of Start, or ctx's
// when it was cancelled.
func Dial(ctx context.Context, k *sys.Calls, p Plan) (Conn, error) {
	w, err := newWaiter(k)
	if err != nil {
		return Conn{FD: -1}, err
	}
	defer w.poller.Close()
	return DialOn(ctx, k, w, p)
}

// DialOn is Dial for a caller that has a loop already, which is not running now: it turns until the connection stands or
// has failed, and whatever else is on it goes on meanwhile.
func DialOn(ctx context.Context, k *sys.Calls, l Loop, p Plan) (c Conn, err error) {
	running, over := false, false
	r := Start(k, l, p, func(conn Conn, e error) {
		c, err, over = conn, e, true
		if running {
			l.Stop()
		}
	})
	if over {
		return c, err
	}
	posted := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		l.Post(func() { r.Cancel(ctx.Err()) })
		close(posted)
	})
	running = true
	if e := l.Run(); e != nil {
		running = false
		r.Cancel(e)
	}
	if !stop() { // it has begun, and uses a loop that may be about to be closed
		<-posted
	}
	return c, err
}

// waiter is the smallest Loop there can be.
type waiter struct {
	k      *sys.Calls
	poller *epoll.Poller
	timers epoll.Timers
	ready  map[int]func(epoll.Event)
	evs    []epoll.Event
	over   bool

	posts epoll.Posts // from other goroutines
}

func newWaiter(k *sys.Calls) (*waiter, error) {
	p, err := epoll.New(k)
	if err != nil {
		return nil, err
	}
	return &waiter{k: k, poller: p, ready: map[int]func(epoll.Event){}}, nil
}

func (w *waiter) Watch(fd int, want epoll.Interest, ready func(epoll.Event)) error {
	w.ready[fd] = ready
	if want == 0 {
		delete(w.ready, fd)
	}
	return w.poller.Set(fd, want)
}

func (w *waiter) After(t *epoll.Timer, d time.Duration) { w.timers.Set(t, w.k.Now()+d) }
func (w *waiter) StopTimer(t *epoll.Timer)              { w.timers.Stop(t) }
func (w *waiter) Stop()                                 { w.over = true }

func (w *waiter) Post(f func()) {
	w.posts.Post(w.poller, f)
}

func (w *waiter) Run() (err error) {
	for !w.over {
		if w.evs, err = w.poller.Wait(w.timers.Next(w.k.Now()), w.evs[:0]); err != nil {
			return err
		}
		for _, ev := range w.evs {
			if f := w.ready[ev.FD]; f != nil {
				f(ev)
			}
		}
		w.timers.Run(w.k.Now())
		w.posts.Run()
	}
	return nil
}
