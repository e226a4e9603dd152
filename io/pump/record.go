package pump

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"

	"cat5/io/sys"
)

// Record says how a stream is cut into records, and how records are laid into a stream.
type Record uint8

const (
	Raw  Record = iota // each read of the stream is a record, at most MaxSize bytes; records follow each other bare
	Line               // a record is a line, its newline included; one that comes without a newline gets one
	Len                // a record is preceded by its length: four bytes, big-endian
)

// MaxUDP4 and MaxUDP6 are the largest payloads of a UDP datagram, in bytes: the 16-bit length less the 8 bytes of the
// UDP header, over IPv4 less the 20 of its own header as well (RFC 768, RFC 791, RFC 8200).
const (
	MaxUDP4 = 65507
	MaxUDP6 = 65527
)

// ErrCut says that the input ended inside a record of Record Len.
var ErrCut = errors.New("input ended inside a record")

// ErrTooLarge says that a record is longer than Lane.MaxSize; the kernel was not asked.
var ErrTooLarge = errors.New("message too long")

// seqpacketEnd is how many empty reads in a row are the end. On SOCK_SEQPACKET a read of 0 is an empty record or the
// end; only the end repeats for ever, and a queue holds no more records than net.unix.max_dgram_qlen.
const seqpacketEnd = 1024

// recorder moves records: at least one of the lane's ends keeps their bounds.
type recorder struct {
	buf   []byte // taken and not given: a window of base, so that giving a short record moves no bytes
	base  []byte // the buffer, from the pool; nil when nothing is held
	max   int    // largest datagram to send
	whole bool   // buf is one whole record, and may be empty
	eof   bool   // no more will come: the rest of buf is the last record
	rec   []byte // the next record to send, when ok
	skip  int    // bytes before it that are not part of it: the length of Record Len
	ok    bool
	bad   error // why buf does not begin with a record that can be sent
	tries int   // times in a row that the kernel did not take rec
	empty int   // empty records to send before rec
	from  sys.Addr
}

func newRecorder(l *Lane) *recorder {
	r := &recorder{max: l.MaxSize}
	if r.max == 0 {
		r.max = MaxUDP4
	}
	return r
}

func (r *recorder) room() bool  { return !r.ready() }
func (r *recorder) ready() bool { return r.ok || r.bad != nil }
func (r *recorder) held() int64 { return int64(len(r.buf)) }

func (r *recorder) fill(l *Lane) error {
	if l.Src.Kind.records() {
		return r.receive(l)
	}
	size := len(l.loop.buf) - len(r.buf)
	if l.Record == Raw {
		size = r.max
	}
	if l.Filter != nil {
		size = max(size/2, 1) // what rewrites bytes towards a connection (CR LF) at most doubles them
	}
	if l.Rate > 0 && l.allowed(1) == 0 {
		return nil
	}
	if l.Limit > 0 {
		size = int(min(int64(size), l.Limit-l.In))
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
	b = b[:n]
	if l.Filter != nil {
		l.loop.alt = l.Filter.Append(l.loop.alt[:0], b)
		b = l.loop.alt
	}
	r.append(l, b)
	r.whole = l.Record == Raw && len(b) > 0
	r.next(l)
	l.limited()
	return nil
}

// next finds the record that buf begins with.
func (r *recorder) next(l *Lane) {
	r.rec, r.skip, r.ok = nil, 0, false
	switch {
	case !l.Dst.Kind.records():
		r.ok = len(r.buf) > 0
	case r.empty > 0:
		r.ok = true
	case r.whole:
		r.rec, r.ok = r.buf, true
	case l.Record == Raw: // after a read that was given whole nothing is left
	default:
		var n int
		var err error
		if r.skip, n, r.ok, err = nextRecord(l.Record, r.buf, r.max, r.eof); err != nil {
			r.bad = err
		}
		if r.ok {
			r.rec = r.buf[r.skip : r.skip+n]
		}
	}
}

// nextRecord finds the record of at most max bytes that b begins with: it has n bytes, and skip stand before it that are
// not part of it. At the end of input what is left is the last. err says that b does not begin with one that can be sent.
func nextRecord(kind Record, b []byte, max int, eof bool) (skip, n int, ok bool, err error) {
	switch {
	case len(b) == 0:
	case kind == Raw:
		return 0, min(len(b), max), true, nil
	case kind == Line:
		if n = bytes.IndexByte(b, '\n') + 1; n == 0 {
			n = len(b) // so far
			ok = eof
		} else {
			ok = true
		}
		if n > max {
			return 0, 0, false, ErrTooLarge
		}
		return 0, n, ok, nil
	case len(b) < 4:
		if eof {
			err = ErrCut
		}
	default:
		size := binary.BigEndian.Uint32(b)
		switch {
		case size > uint32(max):
			err = ErrTooLarge
		case len(b)-4 >= int(size):
			return 4, int(size), true, nil
		case eof:
			err = ErrCut
		}
	}
	return 0, 0, false, err
}

func (r *recorder) drain(l *Lane) error {
	if r.bad != nil {
		return r.bad
	}
	if !l.Dst.Kind.records() {
		return r.drainStream(l)
	}
	_, err := l.Dst.write(l.loop.k, r.rec)
	switch l.offered(err, &r.tries) {
	case taken:
		l.Out += int64(len(r.rec))
		l.RecordsOut++
		if l.Tap != nil && l.TapGiven {
			l.Tap(r.rec)
		}
	case again:
		return nil
	case givenUp:
		l.drop(r.rec, err)
	case broken:
		return err
	}
	if r.empty > 0 {
		r.empty--
	} else {
		r.consume(r.skip + len(r.rec))
	}
	r.next(l)
	if l.Every > 0 {
		l.notWrite = l.loop.now + l.Every
	}
	return nil
}

func (r *recorder) drainStream(l *Lane) error {
	n, err := l.Dst.write(l.loop.k, r.buf)
	if n > 0 {
		l.Out += int64(n)
		r.consume(n)
		r.next(l)
		if !r.ok {
			l.RecordsOut = l.RecordsIn
		}
	}
	if err == nil && n == 0 {
		return io.ErrShortWrite // as in copier
	}
	return err
}

func (r *recorder) consume(n int) {
	if r.buf = r.buf[n:]; len(r.buf) == 0 {
		r.buf = r.base[:0]
	}
	r.whole = false
}

func (r *recorder) append(l *Lane, b []byte) {
	if r.base == nil {
		r.base = l.loop.get()
		r.buf = r.base
	}
	if len(r.buf)+len(b) > cap(r.buf) { // back to the start of base, or to a larger one
		r.buf = append(append(r.base[:0], r.buf...), b...)
		r.base = r.buf[:0]
		return
	}
	r.buf = append(r.buf, b...)
}

func (r *recorder) halt() {}

func (r *recorder) flush(l *Lane) {
	r.eof = true
	if l.Filter != nil && !l.Discard && !l.Src.Kind.records() == l.Dst.Kind.records() {
		l.loop.alt = l.Filter.Flush(l.loop.alt[:0])
		r.append(l, l.loop.alt)
	}
	r.next(l)
}

func (r *recorder) park(l *Lane) {
	if len(r.buf) == 0 && r.base != nil && !r.ready() {
		l.loop.put(r.base)
		r.base, r.buf = nil, nil
	}
}

func (r *recorder) free(l *Lane) {
	if r.base != nil {
		l.loop.put(r.base)
	}
	*r = recorder{max: r.max}
}
