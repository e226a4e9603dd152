package engine

import (
	"io"
	"testing"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// TestStopWhileSending: a peer that is still sending when the server leaves gets everything that the server says it has given, and
// the end behind it; a reset would throw away what is on its way.
func TestStopWhileSending(t *testing.T) {
	each(t, nil, func(t *testing.T, e Engine) {
		s := start(t, e, sys.Linux(), "tcp")
		s.narrow()
		c := s.dialNarrow()
		go c.Write(make([]byte, 4<<20)) // until it fails
		first, err := io.ReadFull(c, make([]byte, 64<<10))
		check(t, err)
		check(t, unix.Close(s.stopW))
		n, err := io.Copy(io.Discard, c)
		n += int64(first)
		if err != nil {
			t.Errorf("after %d bytes: %v", n, err)
		}
		c.Close()
		s.ended()
		if e.Name != "process" && n != s.out {
			t.Errorf("%d bytes were given, and %d came", s.out, n)
		}
		if len(s.errs) > 0 {
			t.Errorf("said: %v", s.errs)
		}
	})
}
