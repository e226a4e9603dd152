package filter

import (
	"bytes"
	"strings"
	"testing"
)

func TestCRLF(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"a", "a"},
		{"\n", "\r\n"},
		{"a\nb\n", "a\r\nb\r\n"},
		{"a\r\nb\n", "a\r\nb\r\n"},
		{"\n\n", "\r\n\r\n"},
		{"\r\r\n", "\r\r\n"},
		{"\ra\n", "\ra\r\n"},
		{"a\r", "a\r"},
		{"\x00\n\xff", "\x00\r\n\xff"},
	} {
		if got := through(t, new(CRLF), []byte(c.in)); got != c.want {
			t.Errorf("%q: got %q, want %q", c.in, got, c.want)
		}
	}
}

func FuzzCRLF(f *testing.F) {
	for _, s := range samples {
		f.Add([]byte(s), 1)
	}
	f.Fuzz(func(t *testing.T, in []byte, cut int) {
		cut = int(uint(cut) % uint(len(in)+1))
		got := through(t, new(CRLF), in[:cut], in[cut:])
		// Written the slow way: take every CR LF for an LF, then end every LF with a CR LF.
		want := bytes.ReplaceAll(bytes.ReplaceAll(in, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
		if got != string(want) {
			t.Fatalf("%q cut at %d\n got %q\nwant %q", in, cut, got, want)
		}
		if again := through(t, new(CRLF), []byte(got)); again != got {
			t.Fatalf("%q filtered twice: %q, then %q", in, got, again)
		}
	})
}

func BenchmarkCRLF(b *testing.B) {
	src := []byte(strings.Repeat(strings.Repeat("x", 63)+"\n", 1024))
	dst := make([]byte, 0, MaxGrowth*len(src)+MaxHeld)
	var f CRLF
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		dst = f.Append(dst[:0], src)
	}
}
