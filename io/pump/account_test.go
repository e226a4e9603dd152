package pump

import (
	"bytes"
	"encoding/binary"
	"io"
	"slices"
	"testing"
)

// laid is what a stream has to look like that was made of these records.
func laid(recs [][]byte, r Record, double bool) (b []byte) {
	for _, rec := range recs {
		if double {
			rec = doubler{}.Append(nil, rec)
		}
		switch r {
		case Len:
			b = binary.BigEndian.AppendUint32(b, uint32(len(rec)))
			b = append(b, rec...)
		case Line:
			b = append(b, rec...)
			if !bytes.HasSuffix(rec, []byte("\n")) {
				b = append(b, '\n')
			}
		default:
			b = append(b, rec...)
		}
	}
	return b
}

// check holds the account of one lane against what the kernel saw.
func (w *world) check(t *testing.T, name string, ln *Lane, held int64) {
	if ln == nil {
		return
	}
	src, snk := w.k.objs[ln.Src.FD].src, w.k.objs[w.sinkFD(ln)].snk
	toRecs := ln.Dst.Kind.records()
	taken := len(src.taken)
	for _, r := range src.trecs {
		taken += len(r)
	}
	if int64(taken) != ln.In {
		t.Errorf("%s: In is %d, and %d bytes were read", name, ln.In, taken)
	}
	if ln.Discard {
		return
	}
	payloadGot := int64(len(snk.got))
	if payloadGot != ln.Out {
		t.Errorf("%s: Out is %d, and %d bytes were written", name, ln.Out, payloadGot)
	}
	if toRecs && ln.Record == Len { // the lengths are part of the stream, not of the records
		payloadGot += 4 * (ln.RecordsOut)
	}
	want, alt := w.expected(ln)
	if toRecs {
		w.checkRecords(t, name, ln, want)
		if got := payloadGot + held + ln.Dropped; got < ln.In-4*w.dropped(ln) || got > ln.In {
			t.Errorf("%s: took %d, gave %d, holds %d, dropped %d", name, ln.In, payloadGot, held, ln.Dropped)
		}
	} else {
		if !bytes.HasPrefix(want, snk.got) && !bytes.HasPrefix(alt, snk.got) {
			t.Errorf("%s: what was given is not the beginning of what was taken (%d of %d bytes)", name, len(snk.got), len(want))
		}
		if n := int64(len(snk.got)) + held; int64(len(want)) != n && int64(len(alt)) != n {
			t.Errorf("%s: took %d, gave %d, holds %d", name, len(want), len(snk.got), held)
		}
	}
	p := w.pair
	missing := held > 0 || ln.Dropped > 0
	if !src.ended && ln.Limit == 0 && ln.Src.Kind != Dgram && (len(src.data) > 0 || len(src.recs) > 0) {
		missing = missing || p.EOF == Half && !p.SendOnly
	}
	if missing && p.Reason == Ended && ln.Err == nil && ln.Dropped == 0 && !w.failed() {
		t.Errorf("%s: bytes are missing (%d held), and nothing says so", name, held)
	}
	if src.ended && src.end != io.EOF && ln.Err == nil && (p.Reason == Ended) {
		t.Errorf("%s: the source failed (%v), and nothing says so", name, src.end)
	}
}

// expected is what the sink should have, if all that was taken had been given. alt is the same without the empty records
// at the end of a seqpacket socket: they read as the end does, and cannot be told from it.
func (w *world) expected(ln *Lane) (want, alt []byte) {
	src := w.k.objs[ln.Src.FD].src
	want = src.taken
	switch {
	case ln.Src.Kind.records() && !ln.Dst.Kind.records():
		recs := src.trecs
		want = laid(recs, ln.Record, ln.Filter != nil)
		for ln.Src.Kind == Seqpacket && len(recs) > 0 && len(recs[len(recs)-1]) == 0 {
			recs = recs[:len(recs)-1]
		}
		alt = laid(recs, ln.Record, ln.Filter != nil)
	case ln.Filter != nil:
		want = doubler{}.Append(nil, want)
	}
	if ln.Filter != nil && ln.flushed {
		want, alt = append(slices.Clip(want), '!'), append(slices.Clip(alt), '!')
	}
	return want, alt
}

// failed says whether either lane reports an error.
func (w *world) failed() bool {
	p := w.pair
	return p.In.Err != nil || p.Out != nil && p.Out.Err != nil
}

// dropped is how many records were given up: a lane with drops has told so, in bytes only.
func (w *world) dropped(ln *Lane) int64 {
	if ln.Dropped > 0 || ln.Record == Len {
		return int64(1 << 20)
	}
	return 0
}

// checkRecords looks at datagrams made of a stream: none is larger than allowed, and together they are the stream.
func (w *world) checkRecords(t *testing.T, name string, ln *Lane, want []byte) {
	snk := w.k.objs[w.sinkFD(ln)].snk
	var all []byte
	for _, r := range snk.recs {
		if len(r) > MaxUDP4 {
			t.Errorf("%s: a datagram of %d bytes", name, len(r))
		}
		if i := bytes.IndexByte(r, '\n'); ln.Record == Line && i >= 0 && i < len(r)-1 {
			t.Errorf("%s: a record of more than one line", name)
		}
		if ln.Record == Len {
			all = binary.BigEndian.AppendUint32(all, uint32(len(r)))
		}
		all = append(all, r...)
	}
	if ln.Dropped == 0 && !bytes.HasPrefix(want, all) && ln.Refused < maxTries {
		t.Errorf("%s: the datagrams are not the beginning of what was taken", name)
	}
	if int64(len(snk.recs)) != ln.RecordsOut {
		t.Errorf("%s: RecordsOut is %d, and %d were sent", name, ln.RecordsOut, len(snk.recs))
	}
}

// sinkFD is the descriptor that a lane writes to, which the lane itself forgets when it has closed it.
func (w *world) sinkFD(ln *Lane) int {
	if ln == w.pair.In {
		return outFD
	}
	return sockFD
}
