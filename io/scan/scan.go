package scan

import (
	"time"

	"cat5/io/epoll"
)

// Scan is a list of targets and how to go through it.
type Scan struct {
	N        int                    // how many targets
	Target   func(i int, to *Knock) // fills in what to ask the i-th: all fields but Done
	Answer   func(i int, kn *Knock) // told once for each target; kn is used again afterwards
	InFlight int                    // the most at once; at least 1
	Retries  int                    // how often silence is asked again
	Rate     int                    // knocks a second at most; 0: as fast as they are answered
	Stop     func() bool            // asked each turn; true ends the scan, with targets that were not told

	n     *Knocker
	next  int
	again []retry // what was silent, for when everything else has been asked
	limit int     // how many at once, as this host and the others bear it
	sent  int
	began time.Duration
	busy  int // how often in a row nothing could be begun
	pause epoll.Timer
	free  []*knock
}

type retry struct{ target, round int }

// knock is a Knock that knows its target; they are used again and again.
type knock struct {
	Knock
	target, round int
}

const (
	turnful   = 256 // how many are begun before epoll is asked: those that answer at once never get there
	busyPause = 50 * time.Millisecond
	busyMost  = 100 // pauses before a target is given up: 5 s without one descriptor, port or buffer
)

// Run goes through the list on n. Nothing is left out when descriptors or ports run out: it slows down.
func (s *Scan) Run(n *Knocker) error {
	s.n, s.limit, s.began = n, max(s.InFlight, 1), n.k.Now()
	s.pause.F = func() {}
	for s.left() || n.Live() > 0 {
		if s.Stop() {
			return nil
		}
		if err := n.Turn(s.begin()); err != nil {
			return err
		}
	}
	return nil
}

func (s *Scan) left() bool { return s.next < s.N || len(s.again) > 0 }

// begin starts what may be started, and says how long to wait for answers.
func (s *Scan) begin() time.Duration {
	if s.pause.Pending() {
		return -1
	}
	for range turnful {
		switch {
		case s.n.Live() >= s.limit:
			return -1
		case !s.left() && s.n.Live() > 0:
			return -1
		case !s.left():
			return 0
		}
		if s.next == s.N && s.n.Live() > 0 {
			// Silence is asked again when all else is answered: what was lost in a crowd is not sent into one.
			s.limit = max(min(s.limit, s.ceiling()), 1)
		}
		if wait := s.early(); wait > 0 {
			return wait
		}
		if !s.start() {
			s.n.After(&s.pause, busyPause)
			return -1
		}
	}
	return 0
}

// ceiling is how many may be in the air, if this host bears it.
func (s *Scan) ceiling() int {
	if s.next == s.N {
		return max(s.InFlight/8, 1)
	}
	return s.InFlight
}

// early is how long it is too early for the next knock.
func (s *Scan) early() time.Duration {
	if s.Rate == 0 {
		return 0
	}
	due := s.began + time.Duration(float64(s.sent)/float64(s.Rate)*float64(time.Second))
	return due - s.n.k.Now()
}

// start begins the next target; false says that it has to wait.
func (s *Scan) start() bool {
	var r retry
	if s.next < s.N {
		r = retry{s.next, 0}
	} else {
		r = s.again[len(s.again)-1]
	}
	kn := s.take()
	kn.target, kn.round = r.target, r.round
	s.Target(r.target, &kn.Knock)
	if s.next < s.N {
		s.next++
	} else {
		s.again = s.again[:len(s.again)-1]
	}
	s.sent++
	err := s.n.Start(&kn.Knock)
	if err == nil {
		s.busy = 0
		return true
	}
	s.sent--
	if s.n.Live() == 0 {
		if s.busy++; s.busy > busyMost {
			s.busy = 0
			s.tell(kn)
			return true
		}
	}
	s.limit = max(s.n.Live(), 1)
	s.again = append(s.again, r)
	s.free = append(s.free, kn)
	return false
}

func (s *Scan) take() *knock {
	if last := len(s.free) - 1; last >= 0 {
		kn := s.free[last]
		s.free = s.free[:last]
		return kn
	}
	kn := &knock{}
	kn.Done = func(*Knock) { s.done(kn) }
	return kn
}

func (s *Scan) done(kn *knock) {
	if s.limit < s.ceiling() {
		s.limit++
	}
	if kn.Err == ErrTimeout && kn.State != Open && kn.round < s.Retries {
		s.again = append(s.again, retry{kn.target, kn.round + 1})
		s.free = append(s.free, kn)
		return
	}
	s.tell(kn)
}

func (s *Scan) tell(kn *knock) {
	s.Answer(kn.target, &kn.Knock)
	s.free = append(s.free, kn)
}
