package epoll

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestTimersFireInOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var ts Timers
		var fired, want []time.Duration
		timers := make([]Timer, 1+rng.IntN(60))
		for i := range timers {
			tm := &timers[i]
			tm.F = func() { fired = append(fired, tm.at) }
			ts.Set(tm, time.Duration(rng.IntN(100)))
		}
		for range rng.IntN(60) { // moved, forward and back, or stopped
			tm := &timers[rng.IntN(len(timers))]
			if rng.IntN(3) == 0 {
				ts.Stop(tm)
			} else {
				ts.Set(tm, time.Duration(rng.IntN(100)))
			}
		}
		for i := range timers {
			if timers[i].Pending() {
				want = append(want, timers[i].at)
			}
		}
		slices.Sort(want)
		for now := time.Duration(0); now < 100; now++ {
			if n := ts.Next(now); len(fired) < len(want) && n != want[len(fired)]-now {
				t.Fatalf("at %d the next is in %d, not %d", now, n, want[len(fired)]-now)
			}
			ts.Run(now)
		}
		if !slices.Equal(fired, want) || ts.Next(0) != -1 {
			t.Fatalf("fired %v, want %v", fired, want)
		}
	}
}

func TestTimersNext(t *testing.T) {
	var ts Timers
	if ts.Next(5) != -1 {
		t.Error("none is set, and one is next")
	}
	var a, b Timer
	ts.Set(&a, 10)
	ts.Set(&b, 7)
	if ts.Next(5) != 2 || ts.Next(7) != 0 || ts.Next(100) != 0 {
		t.Errorf("%v %v %v", ts.Next(5), ts.Next(7), ts.Next(100))
	}
	ts.Stop(&b)
	ts.Stop(&b) // not set any more: nothing
	if ts.Next(5) != 5 || b.Pending() || !a.Pending() {
		t.Errorf("%v", ts.Next(5))
	}
}

// TestNoBurst: a timer that sets itself again, even for the past, fires once a Run, however long nobody ran it.
func TestNoBurst(t *testing.T) {
	var ts Timers
	var tick, other Timer
	ticks, others := 0, 0
	tick.F = func() {
		ticks++
		ts.Set(&tick, tick.at+time.Second)
	}
	other.F = func() { others++ }
	ts.Set(&tick, time.Second)
	ts.Set(&other, time.Hour)
	ts.Run(2 * time.Hour)
	if ticks != 1 || others != 1 {
		t.Errorf("after a long stop: %d ticks, %d others", ticks, others)
	}
	ts.Run(2 * time.Hour)
	if ticks != 2 {
		t.Errorf("%d ticks", ticks)
	}
}

// TestTimersFromF: a timer may stop and set others, itself too.
func TestTimersFromF(t *testing.T) {
	var ts Timers
	var a, b, c Timer
	var log []string
	a.F = func() {
		log = append(log, "a")
		ts.Stop(&b)
		ts.Set(&c, 3)
	}
	b.F = func() { log = append(log, "b") }
	c.F = func() { log = append(log, "c") }
	ts.Set(&a, 1)
	ts.Set(&b, 2)
	ts.Run(10)
	ts.Run(10)
	if !slices.Equal(log, []string{"a", "c"}) {
		t.Errorf("%v", log)
	}
}

func TestTimersNoAllocs(t *testing.T) {
	var ts Timers
	timers := make([]Timer, 100)
	for i := range timers {
		timers[i].F = func() {}
		ts.Set(&timers[i], time.Duration(i*7%100))
	}
	if n := testing.AllocsPerRun(100, func() {
		for i := range timers {
			ts.Set(&timers[i], time.Duration(i*13%100))
		}
		ts.Stop(&timers[5])
		ts.Run(50)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
