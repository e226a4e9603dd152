package pump

import (
	"bytes"
	"encoding/binary"
	"io"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// How a recorder takes datagrams, and lays them into a stream.

// receive takes one datagram.
func (r *recorder) receive(l *Lane) error {
	if l.Rate > 0 && l.allowed(1) == 0 {
		return nil
	}
	r.from = sys.Addr{} // a field, as a variable would be allocated anew for each datagram
	b, k := l.loop.buf, l.loop.k
	// With MSG_TRUNC recv(2) answers with "the real length of the packet or datagram, even when it was longer than the
	// passed buffer".
	n, _, err := sys.Recvfrom(k, l.Src.FD, b, unix.MSG_DONTWAIT|unix.MSG_TRUNC, &r.from)
	if err != nil {
		return err
	}
	if n == 0 && l.Src.Kind == Seqpacket {
		if n, err = r.zeros(l); err != nil {
			return err
		}
		if n == 0 {
			return nil
		}
	}
	if l.Only.Family() != 0 && r.from != l.Only {
		l.Strangers++
		l.pair.tell(Event{Kind: Stranger, Lane: l, N: n, Addr: r.from})
		return nil
	}
	if n > len(b) {
		l.Truncated++
		l.pair.tell(Event{Kind: Truncated, Lane: l, N: n, Addr: r.from})
		n = len(b)
	}
	l.In += int64(n)
	l.RecordsIn++
	if l.From != nil {
		l.From(r.from)
	}
	if l.Tap != nil && !l.TapGiven {
		l.Tap(b[:n])
	}
	if n == 0 {
		l.pair.tell(Event{Kind: Empty, Lane: l, Addr: r.from})
	}
	r.lay(l, b[:n])
	l.limited()
	return nil
}

// zeros reads on after an empty read of a seqpacket socket. Either the queue runs dry (then those were empty records),
// or a record with bytes comes (its length is n), or there is no end of empty reads: that is the end. Empty records
// just before the end cannot be told from it.
func (r *recorder) zeros(l *Lane) (n int, err error) {
	for i := 1; i < seqpacketEnd; i++ {
		n, _, err = sys.Recvfrom(l.loop.k, l.Src.FD, l.loop.buf, unix.MSG_DONTWAIT|unix.MSG_TRUNC, &r.from)
		if err == nil && n == 0 {
			continue
		}
		l.RecordsIn += int64(i)
		l.pair.tell(Event{Kind: Empty, Lane: l, Addr: r.from})
		if l.Dst.Kind.records() {
			r.empty += i
		} else {
			for range i {
				r.lay(l, nil)
			}
		}
		r.next(l)
		if err == unix.EAGAIN {
			err = nil
		}
		return n, err
	}
	return 0, io.EOF
}

// lay puts one received record into buf as Dst wants it.
func (r *recorder) lay(l *Lane, b []byte) {
	switch {
	case l.Discard:
		return
	case l.Dst.Kind.records():
		r.append(l, b)
		r.whole = true
		r.next(l)
		return
	case l.Filter != nil:
		l.loop.alt = l.Filter.Append(l.loop.alt[:0], b)
		b = l.loop.alt
	}
	if l.Record == Len {
		var size [4]byte
		binary.BigEndian.PutUint32(size[:], uint32(len(b)))
		r.append(l, size[:])
	}
	r.append(l, b)
	if l.Record == Line && !bytes.HasSuffix(b, []byte("\n")) {
		r.append(l, []byte("\n"))
	}
	r.next(l)
}
