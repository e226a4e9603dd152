package epoll

import "time"

// Timer calls F once, when its moment has come. Make one as a field or a value and set it with Timers.Set.
type Timer struct {
	F  func()
	at time.Duration // on the clock of sys.Calls.Now
	i  int           // its place in the heap, from 1; 0 when it is not there

	due bool // taken out of the heap by Run, and about to fire
}

// Timers is a heap of timers, soonest first. The zero value is ready; it is for one thread.
type Timers struct {
	heap []*Timer
	due  []*Timer // those that fire in this Run; kept for its memory
}

// Set makes t fire at the moment at, instead of any earlier setting.
func (ts *Timers) Set(t *Timer, at time.Duration) {
	t.due = false
	if t.i == 0 {
		ts.heap = append(ts.heap, t)
		t.i = len(ts.heap)
	}
	t.at = at
	ts.down(ts.up(t.i))
}

// Stop makes t not fire. A timer that is not set stays so.
func (ts *Timers) Stop(t *Timer) {
	t.due = false
	if t.i == 0 {
		return
	}
	i, last := t.i, len(ts.heap)
	ts.swap(i, last)
	ts.heap = ts.heap[:last-1]
	t.i = 0
	if i < last {
		ts.down(ts.up(i))
	}
}

// Next is how long to wait for the soonest timer, 0 when it is due; -1 when none is set.
func (ts *Timers) Next(now time.Duration) time.Duration {
	if len(ts.heap) == 0 {
		return -1
	}
	return max(ts.heap[0].at-now, 0)
}

// Run fires, once each, the timers that are due now. One that is set again from its own F waits for the next Run:
// after a long stop (SIGTSTP) timers do not fire in a burst. One that is stopped, or set, from another's F does not fire.
func (ts *Timers) Run(now time.Duration) {
	due := ts.due[:0]
	for len(ts.heap) > 0 && ts.heap[0].at <= now {
		t := ts.heap[0]
		ts.Stop(t)
		t.due = true
		due = append(due, t)
	}
	for i, t := range due {
		due[i] = nil
		if t.due {
			t.due = false
			t.F()
		}
	}
	ts.due = due[:0]
}

func (ts *Timers) up(i int) int {
	for ; i > 1 && ts.heap[i-1].at < ts.heap[i/2-1].at; i /= 2 {
		ts.swap(i, i/2)
	}
	return i
}

func (ts *Timers) down(i int) {
	for {
		c := 2 * i
		if c > len(ts.heap) {
			return
		}
		if c < len(ts.heap) && ts.heap[c].at < ts.heap[c-1].at {
			c++
		}
		if ts.heap[i-1].at <= ts.heap[c-1].at {
			return
		}
		ts.swap(i, c)
		i = c
	}
}

func (ts *Timers) swap(i, j int) {
	h := ts.heap
	h[i-1], h[j-1] = h[j-1], h[i-1]
	h[i-1].i, h[j-1].i = i, j
}

// Pending says whether t is set.
func (t *Timer) Pending() bool { return t.i != 0 || t.due }
