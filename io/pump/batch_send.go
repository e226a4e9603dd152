package pump

import (
	"io"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// How a batcher gives records.

// Limits of a message that the kernel cuts into datagrams: UDP_MAX_SEGMENTS of Linux 4.18 (since 6.9 it is 128), and what
// IPv4's 16-bit length leaves.
const (
	maxSegments = 64
	maxSegBytes = MaxUDP4
)

// alone is how many records in a row are offered one by one after a batch of a connected UDP socket has stopped in the
// middle: see batcher.stopped.
const alone = 64

// sending is what a batcher knows of its sink.
type sending struct {
	segment int // the largest datagram that the kernel may be asked to cut out of a longer message; 0: none
	asked   bool
	single  int // so many records go one by one
	tries   int // times in a row that the kernel did not take the next record
}

func (s *sending) start(l *Lane) { s.asked = l.Dst.Proto != UDP }

// probe finds out whether the kernel cuts for us (UDP_SEGMENT). One that does not know the control message does not refuse
// it: it would send all in one datagram. And a size that the user has set is the user's.
func (s *sending) probe(l *Lane) {
	s.asked = true
	if n, err := sys.GetInt(l.loop.k, l.Dst.FD, unix.IPPROTO_UDP, unix.UDP_SEGMENT); err == nil && n == 0 {
		s.segment = maxSegBytes / 2
	}
}

func (b *batcher) drain(l *Lane) error {
	if !l.Dst.Kind.records() {
		return b.drainStream(l)
	}
	for l.loop.now >= l.notWrite {
		if b.next == len(b.ends) {
			return b.bad // nil when all is given
		}
		var err error
		said := l.Refused + l.Dropped
		if b.send.single > 0 || len(b.ends)-b.next == 1 {
			err = b.sendOne(l)
		} else {
			err = b.sendMany(l)
		}
		if err != nil {
			return err
		}
		if b.next == len(b.ends) && !b.big {
			b.part(l)
		}
		if said != l.Refused+l.Dropped {
			return nil // that may be a reason to do something else
		}
	}
	return nil
}

func (b *batcher) drainStream(l *Lane) error {
	n, err := l.Dst.write(l.loop.k, b.slab[b.at:b.cut])
	if n > 0 {
		l.Out += int64(n)
		b.at += n
		b.grow(l, &l.Dst, n)
		if b.at == b.cut {
			l.RecordsOut = l.RecordsIn
		}
	}
	if err == nil && n == 0 {
		return io.ErrShortWrite // as in copier
	}
	return err
}

func (b *batcher) sendOne(l *Lane) error {
	rec := b.slab[b.at:b.ends[b.next]]
	_, err := l.Dst.write(l.loop.k, rec)
	switch l.offered(err, &b.send.tries) {
	case taken:
		b.given(l, 1)
	case givenUp:
		l.drop(rec, err)
		b.consume(1)
	case broken:
		if err == unix.EAGAIN { // so that was why the last batch stopped
			b.send.single = 0
		}
		return err
	}
	b.send.single = max(b.send.single-1, 0)
	return nil
}

// sendMany offers as many records as fit one call.
func (b *batcher) sendMany(l *Lane) error {
	batch := l.loop.messages()
	n := b.pack(l, batch)
	if n == 1 && batch.Msgs[0].Seg == 0 {
		return b.sendOne(l)
	}
	m, err := sys.Sendmmsg(l.loop.k, l.Dst.FD, batch, n, l.Dst.To, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
	for i := range m {
		b.given(l, segments(&batch.Msgs[i]))
	}
	switch {
	case err == nil:
		b.send.tries = 0
		l.earlier()
		if m < n {
			b.stopped(l)
		}
	case err == unix.EAGAIN:
		return err
	case l.Dst.Proto == UDP && icmp(err):
		if l.offered(err, &b.send.tries) != again {
			b.send.single = alone
		}
	default:
		// The kernel does not cut such a message for this device, this route, or these options (EINVAL, EIO, EMSGSIZE), or
		// the first record itself is at fault. One by one they tell, and are treated, as they always are.
		if seg := batch.Msgs[0].Seg; seg > 0 && err != unix.ENOBUFS && err != unix.ENOMEM {
			b.send.segment = min(b.send.segment, seg-1)
		} else if l.Dst.Proto == UDP && err == unix.EMSGSIZE {
			l.doubt = err // see offered
		}
		b.send.single = alone
	}
	return nil
}

// stopped is called when only a part of a batch was taken: "If an error occurs after at least one message has been sent,
// the call succeeds, and returns the number of messages sent. The error code is lost" (sendmmsg(2)). Most errors come
// again for the record that met them, so that is offered alone. The report of an ICMP message does not: the kernel clears
// it as it tells. The next records go alone then, and if nobody hears them, one of those reports tells so.
func (b *batcher) stopped(l *Lane) {
	b.send.single = 1
	if l.Dst.Proto == UDP && l.Dst.To == nil {
		b.send.single = alone
	}
}

// pack lays the next records into messages: a message for each, or for a row of one size.
func (b *batcher) pack(l *Lane, batch *sys.Batch) (n int) {
	at := b.at
	for i := b.next; i < len(b.ends) && n < sys.MaxBatch; n++ {
		row, seg := b.row(l, i, at)
		batch.Msgs[n].P, batch.Msgs[n].Seg = b.slab[at:b.ends[i+row-1]], seg
		at = b.ends[i+row-1]
		i += row
	}
	return n
}

// row is how many records from i on, which begins at at, the kernel can cut out of one message: all of one size, seg, but
// the last may be shorter. seg is 0 for a record that goes by itself.
func (b *batcher) row(l *Lane, i, at int) (n, seg int) {
	size := b.ends[i] - at
	if i+1 == len(b.ends) || size == 0 || b.ends[i+1]-b.ends[i] > size {
		return 1, 0
	}
	if !b.send.asked {
		b.send.probe(l)
	}
	if size > b.send.segment {
		return 1, 0
	}
	for n = 1; i+n < len(b.ends) && n < maxSegments; n++ {
		next := b.ends[i+n] - b.ends[i+n-1]
		if next == 0 || next > size || b.ends[i+n]-at > maxSegBytes {
			break
		}
		if next < size { // the last
			n++
			break
		}
	}
	if n == 1 {
		return 1, 0
	}
	return n, size
}

// segments is how many records a message holds.
func segments(m *sys.Msg) int {
	if m.Seg == 0 {
		return 1
	}
	return (len(m.P) + m.Seg - 1) / m.Seg
}

// given notes that the kernel took the next n records.
func (b *batcher) given(l *Lane, n int) {
	l.Out += int64(b.ends[b.next+n-1] - b.at)
	l.RecordsOut += int64(n)
	b.consume(n)
}

func (b *batcher) consume(n int) {
	b.next += n
	b.at = b.ends[b.next-1]
}
