package engine

import (
	"testing"
	"time"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// TestPoolHandsOver: a worker that has armed a connection leaves it alone, for it can be another's at once. Here it
// always is: epoll_ctl(2) comes back late, when somebody else has served and ended it. The race detector is the judge.
func TestPoolHandsOver(t *testing.T) {
	e, _ := Find("pool")
	k := sys.Linux()
	ctl := k.EpollCtl
	k.EpollCtl = func(epfd, op, fd int, ev *unix.EpollEvent) error {
		err := ctl(epfd, op, fd, ev)
		if op == unix.EPOLL_CTL_MOD { // not an event to wait for: that would be an order, and the detector would see no race
			time.Sleep(20 * time.Millisecond)
		}
		return err
	}
	s := start(t, e, k, "tcp")
	for range 10 {
		c := s.dial()
		pingPong(t, c, []byte("hello"))
		roundTrip(t, c, []byte("bye"))
		c.Close()
	}
	s.stop()
}
