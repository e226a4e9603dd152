package pump

import (
	"io"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// dropper takes a TCP stream for a sink that keeps nothing: /dev/null, or a lane that discards. "The use of the MSG_TRUNC
// flag ... causes the received bytes of data to be discarded, rather than passed back in a caller-supplied buffer" (tcp(7)):
// the bytes are counted and acknowledged, and nobody copies them.
type dropper struct{}

// canDrop says whether nobody wants to see the bytes. Unix sockets copy whatever the flag says.
func canDrop(l *Lane) bool {
	if l.Filter != nil || l.Tap != nil || l.Every > 0 || l.Takes > 0 || l.Copy {
		return false
	}
	return l.Src.Kind == Stream && l.Src.Proto == TCP && (l.Discard || l.Dst.Void)
}

func (dropper) room() bool  { return true }
func (dropper) ready() bool { return false }
func (dropper) held() int64 { return 0 }

func (dropper) fill(l *Lane) error {
	size := l.budget(pipeSize)
	if size == 0 {
		return nil
	}
	n, err := sys.Discard(l.loop.k, l.Src.FD, size)
	switch {
	case (err == unix.EFAULT || err == unix.EINVAL || err == unix.EOPNOTSUPP) && l.In == 0: // a kernel that wants a buffer
		l.copies(&copier{})
		return l.mover.fill(l)
	case err != nil:
		return err
	case n == 0:
		return io.EOF
	}
	l.In += int64(n)
	if !l.Discard {
		l.Out += int64(n)
	}
	l.loop.moved += n
	l.emptied(n < size)
	l.limited()
	return nil
}

func (dropper) drain(*Lane) error { return nil }
func (dropper) halt()             {}
func (dropper) flush(*Lane)       {}
func (dropper) park(*Lane)        {}
func (dropper) free(*Lane)        {}
