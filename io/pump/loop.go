package pump

import (
	"time"

	"cat5/io/epoll"
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// bufSize is the size of the loop's shared buffer, in bytes: measured, 256 KiB reads are as fast as it gets by copying.
const bufSize = 256 << 10

// Loop runs any number of pairs on one thread: one epoll, one shared buffer, one heap of timers.
type Loop struct {
	k      *sys.Calls
	poller *epoll.Poller
	timers epoll.Timers
	now    time.Duration // the time of this turn: one clock_gettime a turn, not one a lane
	pairs  map[*Pair]bool
	users  []users // by descriptor
	buf    []byte  // what a lane reads into
	alt    []byte  // what a filter writes into
	pool   [][]byte
	pipes  [][2]int // empty pipes for lanes that splice
	slabs  [][]byte // for lanes that receive in batches
	batch  *sys.Batch
	evs    []epoll.Event
	later  []func() // at the end of this turn
	moved  int      // bytes taken in this turn

	posts epoll.Posts // from other goroutines
	stop  bool
}

// users are the lanes of one pair, or the watcher, that one descriptor belongs to. A socket is read by one lane and
// written by the other; any other descriptor has one of the two.
type users struct {
	reader, writer *Lane
	ready          func(epoll.Event)
}

// New makes a Loop. Close frees it.
func New(k *sys.Calls) (*Loop, error) {
	p, err := epoll.New(k)
	if err != nil {
		return nil, err
	}
	return &Loop{k: k, poller: p, pairs: map[*Pair]bool{}, buf: make([]byte, bufSize), now: k.Now()}, nil
}

// Close frees the Loop's own descriptors. The descriptors of pairs are their owners' to close.
func (l *Loop) Close() {
	l.runLater()
	for _, p := range l.pipes {
		l.closePipe(p)
	}
	l.pipes = nil
	l.poller.Close()
}

// Now is the time of this turn, on the clock of sys.Calls.Now.
func (l *Loop) Now() time.Duration { return l.now }

// Add starts a pair. Its lanes must not be in any other.
func (l *Loop) Add(p *Pair) {
	l.now = l.k.Now()
	l.pairs[p] = true
	p.start(l)
	p.lanes(func(ln *Lane) {
		l.at(ln.Src.FD).reader = ln
		if !ln.Discard {
			l.at(ln.Dst.FD).writer = ln
		}
	})
	p.lanes(func(ln *Lane) { p.tell(Event{Kind: Moves, Lane: ln}) })
	p.step()
}

// Watch calls ready, on the loop's thread, whenever fd is ready for what is wanted; want 0 ends that. For listeners.
func (l *Loop) Watch(fd int, want epoll.Interest, ready func(epoll.Event)) error {
	l.at(fd).ready = ready
	if want == 0 {
		l.at(fd).ready = nil
	}
	return l.poller.Set(fd, want)
}

// After sets t to fire d from now, instead of any earlier setting.
func (l *Loop) After(t *epoll.Timer, d time.Duration) { l.timers.Set(t, l.k.Now()+d) }

// StopTimer makes t not fire.
func (l *Loop) StopTimer(t *epoll.Timer) { l.timers.Stop(t) }

// Post makes the loop call f on its thread, soon. It is safe from any goroutine: signals come in this way.
func (l *Loop) Post(f func()) {
	l.posts.Post(l.poller, f)
}

// Later calls f at the end of this turn, on the loop's thread, where it has to be called from. That is the moment to close
// a descriptor: in the middle of a turn an event that has been fetched already could meet the number's next owner.
func (l *Loop) Later(f func()) { l.later = append(l.later, f) }

// Stop makes Run, the current or the next, return after this turn. For the loop's thread; from elsewhere: Post(l.Stop).
func (l *Loop) Stop() { l.stop = true }

// Run turns the loop until Stop.
func (l *Loop) Run() error {
	defer func() { l.stop = false }()
	l.now = l.k.Now()
	for !l.stop {
		l.poller.Hurry(l.moved >= bufSize/2)
		l.moved = 0
		var err error
		if l.evs, err = l.poller.Wait(l.timers.Next(l.now), l.evs[:0]); err != nil {
			return err
		}
		l.now = l.k.Now()
		for _, ev := range l.evs {
			l.dispatch(ev)
		}
		l.timers.Run(l.now)
		l.posts.Run()
		l.runLater()
	}
	return nil
}

func (l *Loop) runLater() {
	for i := 0; i < len(l.later); i++ { // one may add another
		l.later[i]()
		l.later[i] = nil
	}
	l.later = l.later[:0]
}

func (l *Loop) dispatch(ev epoll.Event) {
	u := *l.at(ev.FD)
	if u.ready != nil {
		u.ready(ev)
		return
	}
	var p *Pair
	// An error or a hang-up is shown to whoever reads or writes: the call says which it is.
	broken := ev.Err || ev.Hup
	if ev.Err {
		l.clearErrors(u)
	}
	if r := u.reader; r != nil {
		p = r.pair
		r.canRead = r.canRead || ev.In || broken
		if broken && p.Glue {
			r.hungUp(ev.Err)
		}
	}
	if w := u.writer; w != nil {
		p = w.pair
		w.canWrite = w.canWrite || ev.Out || broken
		if broken {
			p.hangup(w, u.reader)
		}
	}
	if p != nil {
		p.step()
	}
}

// clearErrors empties the queue of extended errors. With IP_RECVERR "all generated errors will be queued in a per-socket
// error queue" (ip(7)); while one is there epoll reports an error, and a level-triggered loop would spin on it. Taking
// the last one also clears the error that the next call would have told, so that is taken and told first. Sockets of
// other families know no such queue, and would give data.
func (l *Loop) clearErrors(u users) {
	for _, ln := range []*Lane{u.reader, u.writer} {
		if ln == nil {
			continue
		}
		end := &ln.Src
		if ln == u.writer {
			end = &ln.Dst
		}
		if end.Proto == Other {
			return
		}
		if end.Proto == UDP {
			ln.pair.refused(ln, sys.SocketError(l.k, end.FD))
		}
		for {
			if _, _, err := sys.Recvfrom(l.k, end.FD, l.buf, unix.MSG_ERRQUEUE|unix.MSG_DONTWAIT, nil); err != nil {
				return
			}
		}
	}
}

// watch tells the poller what the pair's descriptors are wanted for. It says whether that broke a lane.
func (l *Loop) watch(p *Pair) (broke bool) {
	p.lanes(func(ln *Lane) {
		if err := l.set(ln.Src.FD); err != nil && !ln.finished {
			ln.fail(AtSrc, err)
			broke = true
		}
		if ln.Discard || ln.Dst.FD < 0 {
			return
		}
		// A lane that is over may still be watched for room in Dst, which is not always closed: that ends here.
		if err := l.set(ln.Dst.FD); err != nil && !ln.finished {
			ln.fail(AtDst, err)
			broke = true
		}
	})
	return broke
}

// set derives a descriptor's interest from its lanes' state.
func (l *Loop) set(fd int) error {
	var want epoll.Interest
	u := l.at(fd)
	if u.reader != nil && u.reader.wantRead() {
		want |= epoll.In
	}
	if u.writer != nil && u.writer.wantWrite() {
		want |= epoll.Out
	}
	if w := u.writer; want == 0 && w != nil && !w.finished && w.Dst.Kind.socket() && u.reader != nil && u.reader.finished {
		want = epoll.Err
	}
	if r := u.reader; want == 0 && r != nil && r.pair.Glue && !r.finished && !r.gone {
		want = epoll.Err // see Lane.hungUp
	}
	return l.poller.Set(fd, want)
}

// forget takes a pair out of the loop and its descriptors out of the poller.
func (l *Loop) forget(p *Pair) {
	delete(l.pairs, p)
	p.lanes(func(ln *Lane) {
		for _, fd := range []int{ln.Src.FD, ln.Dst.FD} {
			if fd >= 0 {
				if u := l.at(fd); u.reader == ln || u.writer == ln {
					l.poller.Set(fd, 0)
				}
			}
		}
	})
	p.lanes(func(ln *Lane) {
		for _, fd := range []int{ln.Src.FD, ln.Dst.FD} {
			if fd >= 0 && fd < len(l.users) && (l.users[fd].reader == ln || l.users[fd].writer == ln) {
				l.users[fd] = users{}
			}
		}
	})
}

func (l *Loop) at(fd int) *users {
	for fd >= len(l.users) {
		l.users = append(l.users, users{})
	}
	return &l.users[fd]
}
