package hub

import "math/bits"

// chunk is a piece of memory that several queues may share: it goes back to the pool when the last one has given it.
type chunk struct {
	buf  []byte
	refs int32
}

// Chunks have sizes of a power of two, from smallest to the size of the buffer that is read into.
const (
	smallest = 256
	bufSize  = 256 << 10
	classes  = 11 // 256 << 10 is bufSize
)

// keepFree is how much memory the pool keeps for later, in bytes; what is beyond that is the collector's.
const keepFree = 4 << 20

// The lists of empty queues that are kept: how many, and how long they may have become.
const (
	keepLists = 64
	keepList  = 1024
)

// memory is all the memory that bytes lie in. A hub whose peers keep up needs one chunk, the one that it reads into.
type memory struct {
	read *chunk // what is read into; nil when it was given to queues
	free [classes][]*chunk
	idle int // bytes in free

	lists [][]piece // of queues that are empty again
}

// classOf is the smallest class that n bytes fit.
func classOf(n int) int { return max(bits.Len(uint(max(n, 1)-1))-bits.Len(uint(smallest-1)), 0) }

// get takes a chunk for n bytes.
func (m *memory) get(n int) *chunk {
	c := classOf(n)
	if c >= classes {
		return &chunk{buf: make([]byte, n)}
	}
	if k := len(m.free[c]); k > 0 {
		got := m.free[c][k-1]
		m.free[c] = m.free[c][:k-1]
		m.idle -= len(got.buf)
		return got
	}
	return &chunk{buf: make([]byte, smallest<<c)}
}

// release is called by a queue that needs c no more.
func (m *memory) release(c *chunk) {
	if c.refs--; c.refs > 0 {
		return
	}
	if k := classOf(len(c.buf)); k < classes && len(c.buf) == smallest<<k && m.idle+len(c.buf) <= keepFree {
		m.free[k] = append(m.free[k], c)
		m.idle += len(c.buf)
	}
}

// buffer is what the next read goes into.
func (m *memory) buffer() []byte {
	if m.read == nil {
		m.read = m.get(bufSize)
	}
	return m.read.buf
}

// parcel is bytes on their way: to one queue or to all, which then share one chunk.
type parcel struct {
	b []byte
	c *chunk // what b lies in, once a queue had to keep it
}

// keep puts the bytes of a where they may stay. When they fill the larger part of the buffer that was read into, that
// buffer itself is given away; fewer are copied to a chunk of their size, so that no queue holds more than twice
// the memory of its bytes (the smallest chunk apart). The copy is made once, however many queues share it.
func (m *memory) keep(a *parcel) *chunk {
	if a.c != nil {
		return a.c
	}
	if r := m.read; r != nil && 2*len(a.b) > len(r.buf) && &a.b[0] == &r.buf[0] {
		a.c, m.read = r, nil
		return r
	}
	a.c = m.get(len(a.b))
	copy(a.c.buf, a.b)
	return a.c
}

// piece is a part of a chunk that waits in a queue.
type piece struct {
	c        *chunk
	off, end int32
}

// queue is what one peer, or the output, has not taken yet. The zero queue is empty and holds no memory.
type queue struct {
	pieces []piece
	head   int
	bytes  int64 // that wait
	cost   int   // memory of their chunks; what is shared counts in full, as each queue alone would keep it
}

func (q *queue) empty() bool { return q.head == len(q.pieces) }

// push adds what of a stands behind the first n bytes.
func (q *queue) push(m *memory, a *parcel, n int) {
	c := m.keep(a)
	c.refs++
	if q.head > 16 && 2*q.head > len(q.pieces) { // what was given makes room for what is new
		k := copy(q.pieces, q.pieces[q.head:]) // so that a queue that is never empty does not grow
		clear(q.pieces[k:])
		q.pieces, q.head = q.pieces[:k], 0
	}
	if k := len(m.lists); q.pieces == nil && k > 0 {
		q.pieces, m.lists = m.lists[k-1], m.lists[:k-1]
	}
	q.pieces = append(q.pieces, piece{c, int32(n), int32(len(a.b))})
	q.bytes += int64(len(a.b) - n)
	q.cost += len(c.buf)
}

// front is what to give next.
func (q *queue) front() []byte {
	p := &q.pieces[q.head]
	return p.c.buf[p.off:p.end]
}

// given says that n bytes of the front are given. An empty queue gives its own memory back too.
func (q *queue) given(m *memory, n int) {
	p := &q.pieces[q.head]
	p.off += int32(n)
	q.bytes -= int64(n)
	if p.off < p.end {
		return
	}
	q.cost -= len(p.c.buf)
	m.release(p.c)
	*p = piece{}
	if q.head++; q.empty() {
		q.reset(m)
	}
}

// reset gives the memory of an empty queue back.
func (q *queue) reset(m *memory) {
	if cap(q.pieces) <= keepList && len(m.lists) < keepLists {
		m.lists = append(m.lists, q.pieces[:0])
	}
	*q = queue{}
}

// drop throws away what waits, and says how much that was.
func (q *queue) drop(m *memory) (lost int64) {
	for i := q.head; i < len(q.pieces); i++ {
		m.release(q.pieces[i].c)
		q.pieces[i] = piece{}
	}
	lost = q.bytes
	if q.pieces != nil {
		q.reset(m)
	}
	return lost
}
