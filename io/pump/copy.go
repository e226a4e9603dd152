package pump

import (
	"bytes"
	"io"

	"cat5/io/sys"
)

// copier moves a stream by read and write through the loop's one large buffer. A lane that gives everything in the
// turn in which it took it holds no memory of its own; what its sink does not take moves to a buffer from the pool, and
// nothing more is taken until that is given. So the memory of a lane is bounded, and none when it is idle.
type copier struct {
	pend []byte // taken, not yet given: a part of the loop's buffer within a turn, of own between turns
	own  []byte

	before    [2]int // the pipe of a splicer that gave up, to be emptied first
	beforeLen int    // bytes in it
}

// refill takes from the pipe of a splicer that gave up: those bytes have been counted already.
func (c *copier) refill(l *Lane) error {
	c.release(l)
	n, err := sys.Read(l.loop.k, c.before[0], l.loop.buf[:min(len(l.loop.buf), c.beforeLen)])
	if err == nil && n == 0 {
		err = io.ErrUnexpectedEOF // the pipe holds beforeLen bytes
	}
	if err != nil {
		return err
	}
	c.pend = l.loop.buf[:n]
	if c.beforeLen -= n; c.beforeLen == 0 {
		l.loop.putPipe(c.before)
		c.before, c.beforeLen = [2]int{}, 0
	}
	return nil
}

func (c *copier) room() bool  { return len(c.pend) == 0 && c.beforeLen == 0 }
func (c *copier) ready() bool { return len(c.pend) > 0 || c.beforeLen > 0 }
func (c *copier) held() int64 { return int64(len(c.pend) + c.beforeLen) }

func (c *copier) fill(l *Lane) error {
	c.release(l)
	size := len(l.loop.buf)
	if l.Filter != nil {
		size /= 8 // a filter may make more of the bytes
	}
	size = l.budget(size)
	if size == 0 {
		return nil
	}
	b := l.loop.buf[:size]
	n, err := l.Src.read(l.loop.k, b)
	if err != nil {
		return err
	}
	if n == 0 {
		return io.EOF
	}
	l.In += int64(n)
	l.loop.moved += n
	l.emptied(n < size)
	if l.Tap != nil && !l.TapGiven {
		l.Tap(b[:n])
	}
	l.limited()
	if l.Discard {
		return nil
	}
	c.pend = b[:n]
	if l.Filter != nil {
		l.loop.alt = l.Filter.Append(l.loop.alt[:0], c.pend)
		c.pend = l.loop.alt
	}
	return nil
}

func (c *copier) drain(l *Lane) error {
	if len(c.pend) == 0 {
		if err := c.refill(l); err != nil {
			return err
		}
	}
	give := c.pend
	line := false
	if l.Every > 0 {
		if i := bytes.IndexByte(give, '\n'); i >= 0 {
			give, line = give[:i+1], true
		}
	}
	n, err := l.Dst.write(l.loop.k, give)
	if n > 0 {
		l.Out += int64(n)
		if l.Tap != nil && l.TapGiven {
			l.Tap(give[:n])
		}
		c.pend = c.pend[n:]
		if line && n == len(give) {
			l.notWrite = l.loop.now + l.Every
		}
	}
	if err == nil && n == 0 {
		return io.ErrShortWrite // write(2) of more than 0 bytes never answers 0; if it does, do not spin on it
	}
	return err
}

func (c *copier) halt() {}

func (c *copier) flush(l *Lane) {
	c.release(l)
	if l.Filter != nil && !l.Discard {
		l.loop.alt = l.Filter.Flush(l.loop.alt[:0])
		c.pend = l.loop.alt
	}
}

func (c *copier) park(l *Lane) {
	switch {
	case len(c.pend) == 0:
		c.release(l)
		c.pend = nil
	case c.own == nil:
		c.own = append(l.loop.get(), c.pend...)
		c.pend = c.own
	}
}

func (c *copier) free(l *Lane) {
	c.release(l)
	c.pend = nil
	if c.beforeLen > 0 {
		l.loop.closePipe(c.before)
		c.before, c.beforeLen = [2]int{}, 0
	}
}

// release gives the lane's own buffer back, once nothing is in it: from then on pend is a part of a shared one, and
// park can tell by the missing own that it has to be copied.
func (c *copier) release(l *Lane) {
	if c.own != nil {
		l.loop.put(c.own)
		c.own = nil
	}
}
