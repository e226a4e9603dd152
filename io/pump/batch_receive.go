package pump

import (
	"bytes"
	"encoding/binary"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// How a batcher takes datagrams. Each message of a batch is received into a slot of the slab, and then moved down to the
// end of the one before, with whatever the stream wants around it: in the end they follow each other, and go out in one
// write.

// slotUDP holds any UDP datagram, and any row of them that the kernel makes one message of (at most 64 KiB); slotUnix is
// for the others, which may be longer: those are as long as the sender's buffer allows. slotHead is free space before
// each, so that moving down never meets what is still to be moved: what is added to a record (Len 4 bytes, Line 1) comes
// at most 128 times in a row (UDP_MAX_SEGMENTS).
const (
	slotUDP  = 64 << 10
	slotUnix = bufSize
	slotHead = 1 << 10
	slabSize = 32 * (slotHead + slotUDP)
)

// receive takes the datagrams that are there, or as many as the slab has slots.
func (b *batcher) receive(l *Lane) error {
	size := slotUnix
	if l.Src.Proto == UDP {
		size = slotUDP
	}
	batch := l.loop.messages()
	ask := b.ask
	for i := range ask {
		at := i*(slotHead+size) + slotHead
		batch.Msgs[i].P = b.slab[at : at+size]
	}
	// With MSG_TRUNC recv(2) answers with "the real length of the packet or datagram, even when it was longer than the
	// passed buffer".
	n, err := sys.Recvmmsg(l.loop.k, l.Src.FD, batch, ask, unix.MSG_DONTWAIT|unix.MSG_TRUNC)
	if err != nil {
		return err
	}
	b.ask = min(2*max(n, 1), len(b.slab)/(slotHead+size), sys.MaxBatch) // one that comes alone is not asked for company
	l.emptied(n < ask)
	b.ends, b.next = b.ends[:0], 0
	b.at = 0
	if l.Record == Raw || l.Dst.Kind.records() { // nothing is added: the first can stay where it is
		b.at = slotHead
	}
	b.cut, b.rest, b.end = b.at, b.at, b.at
	for i := range n {
		b.accept(l, &batch.Msgs[i])
	}
	b.rest, b.end = b.cut, b.cut
	return nil
}

// accept takes what one message brought: a datagram, or several of one size.
func (b *batcher) accept(l *Lane, m *sys.Msg) {
	p := m.P[:min(m.N, len(m.P))]
	size := m.N
	if m.Seg > 0 {
		size = m.Seg
		l.Joined++
	}
	if l.Only.Family() != 0 && m.From != l.Only {
		for left := m.N; ; left -= size {
			l.Strangers++
			l.pair.tell(Event{Kind: Stranger, Lane: l, N: min(left, size), Addr: m.From})
			if left <= size {
				return
			}
		}
	}
	if m.N > len(m.P) {
		l.Truncated++
		l.pair.tell(Event{Kind: Truncated, Lane: l, N: m.N, Addr: m.From})
		size = len(p)
	}
	if l.From != nil {
		l.From(m.From)
	}
	if m.N == 0 {
		l.pair.tell(Event{Kind: Empty, Lane: l, Addr: m.From})
	}
	for {
		rec := p[:min(size, len(p))]
		l.In += int64(len(rec))
		l.RecordsIn++
		b.lay(l, rec)
		if p = p[len(rec):]; len(p) == 0 {
			return
		}
	}
}

// lay moves one datagram down to the others, as Dst wants it.
func (b *batcher) lay(l *Lane, rec []byte) {
	if l.Dst.Kind.records() {
		b.cut += copy(b.slab[b.cut:], rec)
		b.ends = append(b.ends, b.cut)
		return
	}
	if l.Record == Len {
		binary.BigEndian.PutUint32(b.slab[b.cut:], uint32(len(rec)))
		b.cut += 4
	}
	line := bytes.HasSuffix(rec, []byte("\n")) // before it is moved
	b.cut += copy(b.slab[b.cut:], rec)
	if l.Record == Line && !line {
		b.slab[b.cut] = '\n'
		b.cut++
	}
}
