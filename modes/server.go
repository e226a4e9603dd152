package modes

import (
	"sync"

	"cat5/io/sock"
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// server is the frame of echo and http: something else accepts and serves, knows nothing of signals, and ends when a
// descriptor becomes readable. It calls back, perhaps from several threads.
type server struct {
	*cable
	mu    sync.Mutex // of all that follows, of the account, and of who speaks; it stands before cable's own
	wake  int        // writing end of the pipe whose other end is the descriptor; less than 0: none
	now   int64      // connections that are there
	ended *verdict   // the first signal
	up    bool       // it serves; until then only run's goroutine speaks
	stats func()     // tells the account so far; called with the lock held
}

func newServer(e *Env, o *options, network string) server {
	c := &cable{k: e.K, o: o, t: e.talk(o), network: network, listen: sock.Conn{FD: -1}, began: e.K.Now()}
	return server{cable: c, wake: -1}
}

// begin makes the descriptor, stop, and watches for signals until end is called.
func (s *server) begin() (stop int, end func(), err error) {
	var ends [2]int
	if err := s.k.Pipe2(ends[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
		return -1, nil, sys.Wrap("pipe2", "", err)
	}
	s.wake = ends[1]
	sigs := watchOrders(s.o.service.before(s.onSignal))
	return ends[0], func() {
		sigs.stop()
		s.stop()
		sys.Close(s.k, ends[0])
	}, nil
}

// stop makes the descriptor readable: it is at its end when nobody can write to it any more (pipe(7)). So it is, too,
// for the children of a cat5 that was killed.
func (s *server) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wake >= 0 {
		sys.Close(s.k, s.wake)
		s.wake = -1
	}
}

// isUp says what signals that came earlier had to say; those that come from now on speak for themselves.
func (s *server) isUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.up = true
	if s.asked {
		s.stats()
	}
	if s.ended != nil {
		s.tellSignal()
	}
}

// tellSignal is called with the lock held.
func (s *server) tellSignal() { s.t.event("signal", num("number", int64(s.ended.signal))) }

// onSignal is called on a goroutine of its own; of the signals that are meant to end us it hears of the first.
func (s *server) onSignal(sig unix.Signal) {
	if sig == unix.SIGUSR1 {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.asked = true; s.up {
			s.stats()
		}
		return
	}
	s.mu.Lock()
	s.ended = &verdict{code: exitBySignal + int(sig), signal: sig}
	if s.up {
		s.tellSignal()
	}
	s.mu.Unlock()
	s.stop()
}
