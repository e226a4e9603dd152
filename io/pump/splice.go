package pump

import (
	"io"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// pipeSize is how large the pipes are that bytes are spliced through, in bytes: measured, pipes of 64 KiB give half the
// speed. The kernel may refuse it (pipe(7), /proc/sys/fs/pipe-user-pages-soft); that is no error.
const pipeSize = 1 << 20

// littleSpliced is, in bytes, what a splice moves only when there was no more: a pipe is full by its number of segments,
// not of bytes, so that it may take less than there is (pipe(7)).
const littleSpliced = 16 << 10

// splicer moves a stream without bringing it to user space (splice(2)). One of a splice's two ends has to be a pipe: when
// neither source nor sink is one, bytes go through a pipe of the loop's, which the lane holds only while there is
// something in it.
type splicer struct {
	direct bool   // source or sink is a pipe: bytes go from one to the other in one call
	full   bool   // direct: the sink does not take what the source has
	pipe   [2]int // the pipe in between; pipe[0] is 0 when the lane holds none
	in     int    // bytes in it
	grown  bool   // direct: the pipe has its full size, or as much as the kernel gave
	idle   int    // times in a row that splice said EAGAIN while both ends were ready
}

// sided is an error that says which end of the lane it belongs to, where the call does not.
type sided struct {
	side Side
	err  error
}

func (s *sided) Error() string { return s.err.Error() }

// canSplice says whether nothing wants to see the bytes and the two ends are such that splice is the fastest way.
func canSplice(l *Lane) bool {
	if l.Filter != nil || l.Tap != nil || l.Every > 0 || l.Takes > 0 || l.Discard || l.Copy || l.Dst.Appends || l.Src.Blocks || l.Dst.Blocks {
		return false
	}
	switch l.Src.Kind {
	case Pipe, File:
		return l.Dst.Kind == Stream
	case Stream:
		return l.Dst.Kind == Pipe || l.Dst.Kind == Stream || l.Dst.Kind == File
	}
	return false
}

// refused says whether the kernel does not splice these two: EINVAL when one of them cannot, or by now has O_APPEND
// (splice(2)), which is for all who share a file; ENOSYS and EPERM are how a sandbox denies a call (seccomp(2)). Nothing
// has moved, and if something else is wrong, read or write will tell.
func refused(err error) bool {
	return err == unix.EINVAL || err == unix.ENOSYS || err == unix.EPERM || err == unix.EOPNOTSUPP
}

// spliceFor is the call for an own pipe and p: a file may be on a disk that sleeps.
func spliceFor(p *Port) func(k *sys.Calls, rfd, wfd, n int) (int, error) {
	if p.Kind == File {
		return sys.Splice
	}
	return sys.RawSplice
}

func newSplicer(l *Lane) *splicer {
	return &splicer{direct: l.Src.Kind == Pipe || l.Dst.Kind == Pipe}
}

// grow enlarges the shell's pipe, once, when it has carried a good part of what it holds: a line here and there needs no
// larger one, and its size counts against the user's share.
func (s *splicer) grow(l *Lane) {
	s.grown = true
	for _, p := range []*Port{&l.Src, &l.Dst} {
		if p.Kind == Pipe {
			growPipe(l.loop.k, p.FD)
		}
	}
}

// growPipe enlarges a pipe, never shrinks it.
func growPipe(k *sys.Calls, fd int) {
	if n, err := k.Fcntl(fd, unix.F_GETPIPE_SZ, 0); err == nil && n < pipeSize {
		k.Fcntl(fd, unix.F_SETPIPE_SZ, pipeSize)
	}
}

func (s *splicer) room() bool  { return s.in == 0 && !s.full }
func (s *splicer) ready() bool { return s.in > 0 || s.full }
func (s *splicer) held() int64 { return int64(s.in) }

func (s *splicer) fill(l *Lane) error {
	size := l.budget(pipeSize)
	if size == 0 {
		return nil
	}
	if s.direct {
		return s.move(l, size)
	}
	if s.pipe[0] == 0 {
		var err error
		if s.pipe, err = l.loop.getPipe(); err != nil {
			return s.giveUp(l) // no descriptors left for a pipe: a buffer will do
		}
	}
	n, err := spliceFor(&l.Src)(l.loop.k, l.Src.FD, s.pipe[1], size)
	switch {
	case refused(err):
		return s.giveUp(l)
	case err != nil:
		return err
	case n == 0:
		return io.EOF
	}
	s.in += n
	l.In += int64(n)
	l.loop.moved += n
	l.emptied(n < size && n < littleSpliced)
	l.limited()
	return nil
}

func (s *splicer) drain(l *Lane) error {
	if s.direct {
		s.full = false
		size := l.budget(pipeSize)
		if size == 0 {
			return nil
		}
		err := s.move(l, size)
		if err == io.EOF {
			l.stop()
			return nil
		}
		if err == unix.EAGAIN { // it is the source that has nothing
			l.canRead = false
			return nil
		}
		return err
	}
	n, err := spliceFor(&l.Dst)(l.loop.k, s.pipe[0], l.Dst.FD, s.in)
	if refused(err) {
		return s.giveUp(l) // a file system that cannot
	}
	if err == nil && n == 0 {
		return io.ErrShortWrite
	}
	if err != nil {
		return err
	}
	s.in -= n
	l.Out += int64(n)
	return nil
}

// move splices from the source straight to the sink.
func (s *splicer) move(l *Lane, size int) error {
	n, err := sys.RawSplice(l.loop.k, l.Src.FD, l.Dst.FD, size) // a pipe and a socket
	switch {
	case err == unix.EAGAIN:
		return s.whoseTurn(l)
	case refused(err):
		return s.giveUp(l)
	case err == unix.EPIPE && l.Src.Kind == Stream:
		return s.brokenPipe(l)
	case err != nil && l.Src.Kind == Pipe:
		return &sided{AtDst, err} // a pipe that is read does not break
	case err != nil:
		return &sided{AtSrc, err}
	case n == 0:
		return io.EOF
	}
	s.idle = 0
	if n >= pipeSize/32 && !s.grown {
		s.grow(l)
	}
	l.In += int64(n)
	l.loop.moved += n
	l.Out += int64(n)
	l.emptied(n < size && n < littleSpliced)
	l.limited()
	return nil
}

// brokenPipe is EPIPE from a pipe that nobody reads: the kernel says so before it looks whether there is anything to
// write. Nobody is harmed by that until there is.
func (s *splicer) brokenPipe(l *Lane) error {
	if err := s.atEnd(l); err != nil {
		return err
	}
	return &sided{AtDst, unix.EPIPE}
}

// atEnd is nil when the source, a socket, has bytes; io.EOF at its end, or its error.
func (s *splicer) atEnd(l *Lane) error {
	var b [1]byte
	n, _, err := sys.Recvfrom(l.loop.k, l.Src.FD, b[:], unix.MSG_PEEK|unix.MSG_DONTWAIT, nil)
	switch {
	case err != nil:
		return &sided{AtSrc, err}
	case n == 0:
		return io.EOF
	}
	return nil
}

// whoseTurn finds out which end an EAGAIN was about: splice does not say.
func (s *splicer) whoseTurn(l *Lane) error {
	fds := [2]unix.PollFd{
		{Fd: int32(l.Src.FD), Events: unix.POLLIN},
		{Fd: int32(l.Dst.FD), Events: unix.POLLOUT},
	}
	if _, err := l.loop.k.Poll(fds[:], 0); err != nil && err != unix.EINTR {
		return &sided{AtSrc, err}
	}
	switch {
	case fds[0].Revents == 0:
		return unix.EAGAIN
	case fds[1].Revents == 0:
		if l.Src.Kind == Stream { // what is there to read may be the end, which needs no room
			if err := s.atEnd(l); err != nil {
				return err
			}
		}
		s.full = true
		l.canWrite = false
		return nil
	}
	// Both are ready now: it changed meanwhile, or this is a pair of ends that splice does not understand.
	if s.idle++; s.idle > 100 {
		return s.giveUp(l)
	}
	return nil
}

// giveUp goes on by copying. What is in the pipe is copied first.
func (s *splicer) giveUp(l *Lane) error {
	c := &copier{}
	if s.in > 0 {
		c.before, c.beforeLen = s.pipe, s.in
	} else if s.pipe[0] != 0 {
		l.loop.putPipe(s.pipe)
	}
	s.pipe, s.in, s.full = [2]int{}, 0, false
	l.copies(c)
	return nil
}

func (s *splicer) flush(*Lane) {}

// halt: what the source still has stays there.
func (s *splicer) halt() { s.full = false }

func (s *splicer) park(l *Lane) {
	if s.in == 0 && s.pipe[0] != 0 {
		l.loop.putPipe(s.pipe)
		s.pipe = [2]int{}
	}
}

// free drops what is in the pipe with the pipe: its bytes have been counted as held.
func (s *splicer) free(l *Lane) {
	if s.pipe[0] != 0 {
		l.loop.closePipe(s.pipe)
		s.pipe, s.in = [2]int{}, 0
	}
}
