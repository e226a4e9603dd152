package pump

import (
	"io"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// batcher moves records many at a time: it takes what is there, in one call, and gives all that it has, in as few calls as
// the kernel allows. It waits for nothing: a datagram that comes alone goes on alone, at once. What has to look at each
// record (a filter, a pace, a count) is a recorder's work.
//
// This file cuts a stream into records; batch_send.go gives records, batch_receive.go takes them.
type batcher struct {
	slab []byte // memory, of the loop's; nil when nothing is held
	big  bool   // it is of the size that receiving needs
	max  int    // largest datagram to send

	// What is held: slab[at:cut] are the bytes of whole records that follow each other, slab[rest:end] what a stream gave
	// and is not cut yet. What a stream gets is all in the first.
	at, cut, rest, end int

	ends []int // where the records that are not given yet end; next is the first of them
	next int
	head int   // bytes of the stream before each record that are no part of it: the length of Record Len
	eof  bool  // no more will come: the rest is the last record
	bad  error // why the rest does not begin with a record that can be sent

	grown bool // the pipe of the shell's has its full size
	send  sending
	ask   int // how many messages are asked for next
}

// maxCut is how many records are cut before any is given: a stream of empty lines makes many.
const maxCut = 1024

// manyRead is what a pipe has to give or take at once, in bytes, to be worth enlarging.
const manyRead = 32 << 10

// canBatch says whether nothing wants to see or to pace the records one by one.
func canBatch(l *Lane) bool {
	if l.Copy || l.Filter != nil || l.Tap != nil || l.Every > 0 || l.Rate > 0 || l.Takes > 0 || l.Discard || l.MaxSize > bufSize/2 {
		return false
	}
	if !l.Src.Kind.records() {
		return true
	}
	// A seqpacket socket's empty record looks like its end (see recorder.zeros), a limit is held to the record, and who
	// answers each sender has to do so before the next is heard.
	return l.Src.Kind == Dgram && l.Limit == 0 && (l.From == nil || !l.Dst.Kind.records())
}

func newBatcher(l *Lane) *batcher {
	b := &batcher{max: l.MaxSize, big: l.Src.Kind.records(), ask: 1}
	if b.max == 0 {
		b.max = MaxUDP4
	}
	if l.Record == Len && !b.big {
		b.head = 4
	}
	b.send.start(l)
	if b.big && l.Src.Proto == UDP && l.Src.Ends {
		// Datagrams of one sender and one size may come in one piece (udp(7), UDP_GRO). A kernel that cannot do it says
		// so, and gives them one by one. A socket that others share is left as it is: they would not know.
		sys.SetInt(l.loop.k, l.Src.FD, unix.IPPROTO_UDP, unix.UDP_GRO, 1)
	}
	return b
}

func (b *batcher) room() bool { return !b.ready() }
func (b *batcher) ready() bool {
	return b.bad != nil || b.next < len(b.ends) || b.at < b.cut
}
func (b *batcher) held() int64 {
	return int64(b.cut - b.at + b.end - b.rest + b.head*(len(b.ends)-b.next))
}

// hold gets memory, once.
func (b *batcher) hold(l *Lane) {
	switch {
	case b.slab != nil:
	case b.big:
		b.slab = l.loop.getSlab()
	default:
		b.slab = l.loop.get()[:bufSize]
	}
}

func (b *batcher) fill(l *Lane) error {
	b.hold(l)
	if l.Src.Kind.records() {
		return b.receive(l)
	}
	n := copy(b.slab, b.slab[b.rest:b.end])
	b.at, b.cut, b.rest, b.end = 0, 0, 0, n
	size := bufSize - n
	if l.Record == Raw {
		size = bufSize / b.max * b.max // as many reads of a datagram each would cut it
	}
	if l.Limit > 0 {
		size = int(min(int64(size), l.Limit-l.In))
	}
	got, err := l.Src.read(l.loop.k, b.slab[n:n+size])
	if err != nil {
		return err
	}
	if got == 0 {
		return io.EOF
	}
	l.In += int64(got)
	b.end += got
	b.grow(l, &l.Src, got)
	b.part(l)
	l.emptied(got < size)
	l.limited()
	return nil
}

// grow enlarges a pipe of the shell's that has carried much at once.
func (b *batcher) grow(l *Lane, p *Port, n int) {
	if !b.grown && n >= manyRead && p.Kind == Pipe {
		b.grown = true
		growPipe(l.loop.k, p.FD)
	}
}

// part cuts the rest of a stream into records, once those before are given. Where each has its length before it, that
// is closed up: records have to follow each other.
func (b *batcher) part(l *Lane) {
	b.ends, b.next = b.ends[:0], 0
	b.at, b.cut = b.rest, b.rest
	for len(b.ends) < maxCut {
		skip, n, ok, err := nextRecord(l.Record, b.slab[b.rest:b.end], b.max, b.eof)
		if err != nil && len(b.ends) == 0 { // else it shows again when those before it are given
			b.bad = err
		}
		if !ok {
			return
		}
		if skip > 0 {
			copy(b.slab[b.cut:], b.slab[b.rest+skip:b.rest+skip+n])
		}
		b.cut += n
		b.rest += skip + n
		b.ends = append(b.ends, b.cut)
	}
}

func (b *batcher) halt() {}

func (b *batcher) flush(l *Lane) {
	b.eof = true
	if !b.big {
		b.part(l)
	}
}

func (b *batcher) park(l *Lane) {
	if b.slab != nil && !b.ready() && b.rest == b.end {
		b.release(l)
	}
}

func (b *batcher) free(l *Lane) {
	if b.slab != nil {
		b.release(l)
	}
}

// release gives the memory back; whatever was in it is gone.
func (b *batcher) release(l *Lane) {
	if b.big {
		l.loop.putSlab(b.slab)
	} else {
		l.loop.put(b.slab)
	}
	b.slab, b.bad = nil, nil
	b.at, b.cut, b.rest, b.end = 0, 0, 0, 0
	b.ends, b.next = b.ends[:0], 0
}
