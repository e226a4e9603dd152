package load

import "testing"

// TestPattern: every byte that is not as it was sent is found, at its place, however the message comes in pieces.
func TestPattern(t *testing.T) {
	for _, size := range []int{1, 7, 8, 9, 64, 1000, 70000} {
		pat := newPattern(size)
		num := number(3, 5)
		whole := make([]byte, size)
		pat.fill(whole, num, 0)
		for _, piece := range []int{1, 3, 8, 9, 64, size} {
			if size/piece > 10000 {
				continue
			}
			again := make([]byte, size)
			for off := 0; off < size; off += piece {
				p := again[off:min(off+piece, size)]
				pat.fill(p, num, off)
				if good := pat.matches(p, num, off); good != len(p) {
					t.Errorf("size %d, pieces of %d: %d of %d bytes at %d match", size, piece, good, len(p), off)
				}
			}
			if string(again) != string(whole) {
				t.Errorf("size %d: filled in pieces of %d it is another message", size, piece)
			}
		}
		for off := 0; off < size; off += 1 + size/50 {
			whole[off] ^= 0x10
			if good := pat.matches(whole, num, 0); good != off {
				t.Errorf("size %d: byte %d is wrong, and %d bytes match", size, off, good)
			}
			if pat.at(num, off) != whole[off]^0x10 {
				t.Errorf("size %d: at(%d) is not what was filled in", size, off)
			}
			whole[off] ^= 0x10
		}
	}
}

// TestNumbersDiffer: no two messages have the same number, and so not the same bytes.
func TestNumbersDiffer(t *testing.T) {
	seen := map[uint64]bool{}
	for conn := range 300 {
		for seq := range uint64(300) {
			num := number(conn, seq)
			if seen[num] {
				t.Fatalf("message %d of connection %d has another one's number", seq, conn)
			}
			seen[num] = true
		}
	}
}

// BenchmarkPattern makes a message of 64 bytes and compares it.
func BenchmarkPattern(b *testing.B) {
	pat := newPattern(64)
	p := make([]byte, 64)
	b.SetBytes(64)
	b.ReportAllocs()
	for seq := range uint64(b.N) {
		num := number(7, seq)
		pat.fill(p, num, 0)
		if pat.matches(p, num, 0) != len(p) {
			b.Fatal("it is not what was filled in")
		}
	}
}
