package filter

import (
	"bytes"
	"strings"
	"testing"
)

// rewriter is the shape that a pump asks for.
type rewriter interface {
	Append(dst, src []byte) []byte
	Flush(dst []byte) []byte
}

// makers are the filters that must not care where a stream is cut.
var makers = map[string]func() rewriter{
	"CRLF":     func() rewriter { return new(CRLF) },
	"Terminal": func() rewriter { return new(Terminal) },
}

// through is what the parts become, one Append each, and Flush. It holds every call to the bounds of the package.
func through(t testing.TB, f rewriter, parts ...[]byte) string {
	t.Helper()
	var out []byte
	for _, p := range parts {
		before := len(out)
		out = f.Append(out, p)
		if got, most := len(out)-before, MaxGrowth*len(p)+MaxHeld; got > most {
			t.Fatalf("%d bytes became %d, more than %d: %q", len(p), got, most, p)
		}
	}
	before := len(out)
	out = f.Flush(out)
	if got := len(out) - before; got > MaxHeld {
		t.Fatalf("flush added %d bytes, more than %d", got, MaxHeld)
	}
	if extra := f.Flush(nil); len(extra) != 0 {
		t.Fatalf("a second flush added %q", extra)
	}
	return string(out)
}

// cuts checks that in becomes the same in one piece, in every two pieces, and byte by byte.
func cuts(t testing.TB, mk func() rewriter, in []byte) {
	t.Helper()
	whole := through(t, mk(), in)
	for i := range in {
		if got := through(t, mk(), in[:i], in[i:]); got != whole {
			t.Fatalf("%q cut at %d\n got %q\nwant %q", in, i, got, whole)
		}
	}
	single := make([][]byte, len(in))
	for i := range in {
		single[i] = in[i : i+1]
	}
	if got := through(t, mk(), single...); got != whole {
		t.Fatalf("%q byte by byte\n got %q\nwant %q", in, got, whole)
	}
}

var samples = []string{
	"",
	"\n", "\r", "\r\n", "a\nb\r\nc\rd\r\r\n\n\r",
	"héllo wörld €𝄞 日本語\n",
	"\xe2", "\xe2\x82", "\xe2\x82\xac\xff\xe2\x82x\xf0\x9f\x92", "\xf0\x9f\xe2\x82\xac", "\xed\xa0\x80", "\xc0\xaf", "\x80\x9b\xc2\x9b",
	"\x1b", "\x1b[", "\x1b[3", "\x1b[31mred\x1b[0m", "\x1b[31mred", "\x1b[m\x1b[;m\x1b[1;00m", "\x1b\x1b[1m\x1b[\x1b[2m",
	"\x1b[38:2::1:2:3mx\x1b[2J\x1b[?25l\x1b[>4;2m\x1b[1 m\x1b]0;title\x07\x1b]52;c;AAAA\x1b\\",
	"\x1b[" + strings.Repeat("1", 60) + "m", "\x1b[" + strings.Repeat("1", 61) + "m", "\x1b[" + strings.Repeat("1", 62) + "m",
	"\x1b[" + strings.Repeat("1", 63) + "m", "\x1b[" + strings.Repeat("1;", 100),
	"\x1b[" + strings.Repeat("1", 60) + "\xf0\x9f\x92\xa9\r", strings.Repeat("\x1b[1", 40),
	"a\u200db é\u200dé \u2764\ufe0f\u200d\U0001f525 \u2764\ufe0f\ufe0f x\ufe0f \u200d\u200d",
	"\u202eabc\u2066\u2069\u200e\u200f\u061c\u200b\ufeff\u2028\u2029\u00ad\U000e0041\U000e0001",
}

func TestCutAnywhere(t *testing.T) {
	for name, mk := range makers {
		t.Run(name, func(t *testing.T) {
			for _, s := range samples {
				cuts(t, mk, []byte(s))
			}
			cuts(t, mk, []byte(strings.Join(samples, "")))
		})
	}
}

// TestCutTwice cuts every sample in three, everywhere.
func TestCutTwice(t *testing.T) {
	for name, mk := range makers {
		t.Run(name, func(t *testing.T) {
			for _, s := range samples {
				in := []byte(s)
				whole := through(t, mk(), in)
				for i := range in {
					for j := i; j < len(in); j++ {
						if got := through(t, mk(), in[:i], in[i:j], in[j:]); got != whole {
							t.Fatalf("%q cut at %d and %d\n got %q\nwant %q", s, i, j, got, whole)
						}
					}
				}
			}
		})
	}
}

func TestNoAllocations(t *testing.T) {
	src := []byte(strings.Join(samples, ""))
	dst := make([]byte, 0, MaxGrowth*len(src)+2*MaxHeld)
	for name, mk := range makers {
		f := mk()
		if n := testing.AllocsPerRun(100, func() { dst = f.Flush(f.Append(dst[:0], src)) }); n != 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
	h, dump := new(Hexdump), make([]byte, 0, HexdumpLine*(len(src)/16+1))
	if n := testing.AllocsPerRun(100, func() { dump = h.Append(dump[:0], '<', src) }); n != 0 {
		t.Errorf("Hexdump allocates %v times", n)
	}
}

// TestAppendKeeps checks that what dst already holds stays as it is.
func TestAppendKeeps(t *testing.T) {
	for name, mk := range makers {
		f := mk()
		got := f.Flush(f.Append([]byte("before "), []byte("after")))
		if !bytes.Equal(got, []byte("before after")) {
			t.Errorf("%s: %q", name, got)
		}
	}
}
