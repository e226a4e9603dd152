package filter

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"testing"
)

func TestHexdump(t *testing.T) {
	var h Hexdump
	var out []byte
	for _, c := range []struct {
		dir byte
		src string
	}{
		{'>', "hello\n"},
		{'<', "HELLO 0123456789\x00\x7f\xff"},
		{'>', "more"},
		{'<', ""},
		{'<', "0123456789abcdef"},
	} {
		out = h.Append(out, c.dir, []byte(c.src))
	}
	want := `> 00000000  68 65 6c 6c 6f 0a                                 |hello.|
< 00000000  48 45 4c 4c 4f 20 30 31  32 33 34 35 36 37 38 39  |HELLO 0123456789|
< 00000010  00 7f ff                                          |...|
> 00000006  6d 6f 72 65                                       |more|
< 00000013                                                    ||
< 00000013  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  |0123456789abcdef|
`
	if string(out) != want {
		t.Errorf("got\n%swant\n%s", out, want)
	}
}

func TestHexdumpOffsets(t *testing.T) {
	for at, want := range map[uint64]string{
		0:             "> 00000000  ",
		0xffff_ffff:   "> ffffffff  ",
		0x1_0000_0000: "> 100000000  ",
		1<<64 - 1:     "> ffffffffffffffff  ",
	} {
		h := Hexdump{sent: at}
		line := h.Append(nil, '>', []byte("0123456789abcdef"))
		if !bytes.HasPrefix(line, []byte(want)) {
			t.Errorf("%#x: got %q, want %q", at, line, want)
		}
		if len(line) > HexdumpLine {
			t.Errorf("%#x: a line of %d bytes, more than %d", at, len(line), HexdumpLine)
		}
	}
}

// undump reads a dump back: the bytes of each direction, by the hexadecimal column, checked against offset and text.
func undump(t testing.TB, dump string) map[byte][]byte {
	t.Helper()
	got := map[byte][]byte{}
	for line := range strings.Lines(dump) {
		dir, offset, rest := line[0], line[2:10], line[12:]
		at, err := strconv.ParseUint(offset, 16, 64)
		if err != nil || at != uint64(len(got[dir])) {
			t.Fatalf("offset %q after %d bytes: %v", offset, len(got[dir]), err)
		}
		row, err := hex.DecodeString(strings.ReplaceAll(rest[:48], " ", ""))
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		text := strings.Map(func(r rune) rune {
			if r < 0x20 || r > 0x7e {
				return '.'
			}
			return r
		}, string(bytes.Runes(row2latin(row))))
		if want := fmt.Sprintf("  |%s|\n", text); rest[48:] != want {
			t.Fatalf("text column %q, want %q", rest[48:], want)
		}
		got[dir] = append(got[dir], row...)
	}
	return got
}

// row2latin gives every byte a rune of its own.
func row2latin(row []byte) []byte {
	var out []byte
	for _, c := range row {
		out = append(out, string(rune(c))...)
	}
	return out
}

func FuzzHexdump(f *testing.F) {
	for i, s := range samples {
		f.Add([]byte(s), uint8(i))
	}
	f.Fuzz(func(t *testing.T, in []byte, size uint8) {
		var h Hexdump
		var dump []byte
		want := map[byte][]byte{}
		for i, rest := 0, in; len(rest) > 0; i++ {
			n := min(int(size)+1, len(rest))
			dir := "><"[i%2]
			before := len(dump)
			dump = h.Append(dump, dir, rest[:n])
			if got, most := len(dump)-before, HexdumpLine*(n/16+1); got > most {
				t.Fatalf("%d bytes became %d, more than %d", n, got, most)
			}
			want[dir] = append(want[dir], rest[:n]...)
			rest = rest[n:]
		}
		got := undump(t, string(dump))
		for _, dir := range []byte("><") {
			if !bytes.Equal(got[dir], want[dir]) {
				t.Fatalf("%c: got %q, want %q", dir, got[dir], want[dir])
			}
		}
	})
}

func BenchmarkHexdump(b *testing.B) {
	src := bytes.Repeat([]byte("0123456789abcdef"), 1024)
	dst := make([]byte, 0, HexdumpLine*(len(src)/16+1))
	var h Hexdump
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		dst = h.Append(dst[:0], '<', src)
	}
}
