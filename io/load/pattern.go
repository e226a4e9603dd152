package load

import (
	"bytes"
	"encoding/binary"
)

// pattern is what is sent. No two messages of a run are the same, on one connection or on two: the first eight bytes are
// a number made of both, and from it follows where in a table of random bytes the rest begins. So a byte that is
// changed, lost, doubled, or that belongs to another connection is noticed, for the price of a comparison.
//
// A message shorter than eight bytes holds as much of the number as fits.
type pattern struct{ table []byte }

const (
	header = 8
	starts = 4096 // places in the table where a message can begin
)

// newPattern makes a table for messages of at most size bytes.
func newPattern(size int) pattern {
	t := make([]byte, size+starts)
	x := uint64(0x9e3779b97f4a7c15)
	for i := range t { // xorshift64 (Marsaglia, 2003)
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		t[i] = byte(x >> 32)
	}
	return pattern{t}
}

// number is a message's own: no other message of any connection has the same, as every step can be undone (the
// finalizer of SplitMix64; Steele, Lea and Flood, 2014). There is room for 2^24 connections of 2^40 messages.
func number(conn int, seq uint64) uint64 {
	z := (uint64(conn)+1)<<40 ^ seq
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// fill writes the message's bytes from off on into p.
func (t pattern) fill(p []byte, num uint64, off int) {
	if off == 0 && len(p) >= header {
		binary.LittleEndian.PutUint64(p, num)
		p, off = p[header:], header
	}
	for off < header && len(p) > 0 {
		p[0] = byte(num >> (8 * off))
		p, off = p[1:], off+1
	}
	copy(p, t.table[num%starts+uint64(off):])
}

// matches says how many bytes of p are those of the message from off on: len(p) when all are.
func (t pattern) matches(p []byte, num uint64, off int) int {
	good := 0
	if off == 0 && len(p) >= header && binary.LittleEndian.Uint64(p) == num {
		p, off, good = p[header:], header, header
	}
	for off < header && len(p) > 0 {
		if p[0] != byte(num>>(8*off)) {
			return good
		}
		p, off, good = p[1:], off+1, good+1
	}
	want := t.table[num%starts+uint64(off):][:len(p)]
	if bytes.Equal(p, want) {
		return good + len(p)
	}
	for i := range p {
		if p[i] != want[i] {
			return good + i
		}
	}
	return good
}

// at is the message's byte at off.
func (t pattern) at(num uint64, off int) byte {
	var b [1]byte
	t.fill(b[:], num, off)
	return b[0]
}
