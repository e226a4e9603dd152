package pump

import (
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// What the lanes of a loop share: a lane holds memory, or a pipe, only while there is something in it.

// get takes an empty buffer from the pool; put gives it back.
func (l *Loop) get() []byte {
	if n := len(l.pool); n > 0 {
		b := l.pool[n-1]
		l.pool = l.pool[:n-1]
		return b[:0]
	}
	return make([]byte, 0, bufSize)
}

func (l *Loop) put(b []byte) {
	if len(l.pool) < 64 {
		l.pool = append(l.pool, b)
	}
}

// getSlab takes memory for a batch of datagrams; putSlab gives it back. Most of it is never touched.
func (l *Loop) getSlab() []byte {
	if n := len(l.slabs); n > 0 {
		b := l.slabs[n-1]
		l.slabs = l.slabs[:n-1]
		return b
	}
	return make([]byte, slabSize)
}

func (l *Loop) putSlab(b []byte) {
	if len(l.slabs) < 4 {
		l.slabs = append(l.slabs, b)
	}
}

// messages is the loop's batch: what is in it counts until the next call that uses it.
func (l *Loop) messages() *sys.Batch {
	if l.batch == nil {
		l.batch = new(sys.Batch)
	}
	return l.batch
}

// maxPipes is how many empty pipes the loop keeps; each pins up to pipeSize bytes of the user's share.
const maxPipes = 8

// getPipe takes an empty pipe, read end first; putPipe gives it back, empty.
func (l *Loop) getPipe() ([2]int, error) {
	if n := len(l.pipes); n > 0 {
		p := l.pipes[n-1]
		l.pipes = l.pipes[:n-1]
		return p, nil
	}
	var p [2]int
	if err := l.k.Pipe2(p[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
		return [2]int{}, err
	}
	growPipe(l.k, p[1])
	return p, nil
}

func (l *Loop) putPipe(p [2]int) {
	if len(l.pipes) == maxPipes {
		l.closePipe(p)
		return
	}
	l.pipes = append(l.pipes, p)
}

func (l *Loop) closePipe(p [2]int) {
	sys.Close(l.k, p[0])
	sys.Close(l.k, p[1])
}
