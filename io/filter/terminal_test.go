package filter

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestTerminal(t *testing.T) {
	ones := strings.Repeat("1", 61)
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"plain text ~!\n\ttab\n", "plain text ~!\n\ttab\n"},
		{"日本語 é € 𝄞 \ufffd \u00a0\u3000 \ue0b0 e\u0301\n", "日本語 é € 𝄞 \ufffd \u00a0\u3000 \ue0b0 e\u0301\n"},

		// The ends of lines.
		{"a\r\nb", "a\r\nb"},
		{"safe\revil", "safe^Mevil"},
		{"a\r\r\n", "a^M\r\n"},
		{"a\r", "a^M"},
		{"\r\x1b[2J", "^M^[[2J"},

		// C0, DEL, C1 raw and encoded.
		{"\x00\x07\x08\x0b\x0c\x0e\x0f\x1a\x1c\x1f\x7f", "^@^G^H^K^L^N^O^Z^\\^_^?"},
		{"\x80\x9b2J\x9d\x9f", "<80><9b>2J<9d><9f>"},
		{"\u0080\u0085\u009b2J\u009f", "<80><85><9b>2J<9f>"},
		{"\u00a0", "\u00a0"},

		// Not UTF-8: stray, cut, overlong, surrogate, too large.
		{"\xff\xfe\xa0", "<ff><fe><a0>"},
		{"\xe2\x82", "<e2><82>"},
		{"\xe2\x82a", "<e2><82>a"},
		{"\xf0\x9f\x92", "<f0><9f><92>"},
		{"\xf0\x9f\n", "<f0><9f>\n"},
		{"\xc0\xaf\xe0\x80\xaf", "<c0><af><e0><80><af>"},
		{"\xed\xa0\x80", "<ed><a0><80>"},
		{"\xf4\x90\x80\x80", "<f4><90><80><80>"},
		{"\xc2\x1b[2J", "<c2>^[[2J"},

		// Colours pass, and are turned off at the end.
		{"\x1b[31mred\x1b[0m.", "\x1b[31mred\x1b[0m."},
		{"\x1b[31mred\x1b[m.", "\x1b[31mred\x1b[m."},
		{"\x1b[31mred\x1b[;00m.", "\x1b[31mred\x1b[;00m."},
		{"\x1b[31mred", "\x1b[31mred\x1b[0m"},
		{"\x1b[0;1mbold", "\x1b[0;1mbold\x1b[0m"},
		{"\x1b[38;2;1;2;3mx\x1b[4:3mx\x1b[0m", "\x1b[38;2;1;2;3mx\x1b[4:3mx\x1b[0m"},
		{"\x1b[38;5;0mx", "\x1b[38;5;0mx\x1b[0m"},
		{"\x1b[31mcut\x1b[3", "\x1b[31mcut^[[3\x1b[0m"},

		// Every other sequence stays to be read.
		{"\x1b", "^["},
		{"\x1b[", "^[["},
		{"\x1b[31", "^[[31"},
		{"\x1b[2J\x1b[H\x1b[6n\x1b[?1049h", "^[[2J^[[H^[[6n^[[?1049h"},
		{"\x1b[>4;2m\x1b[?4m\x1b[=1m\x1b[<1m", "^[[>4;2m^[[?4m^[[=1m^[[<1m"},
		{"\x1b[1 m\x1b[1!m\x1b[1\nm\x1b[1\x1b[1m", "^[[1 m^[[1!m^[[1\nm^[[1\x1b[1m\x1b[0m"},
		{"\x1bm\x1bc\x1b(0\x1b#8\x1b1m", "^[m^[c^[(0^[#8^[1m"},
		{"\x1b\x1b[m", "^[\x1b[m"},
		{"\x1b]0;title\x07\x1b]52;c;QQ==\x1b\\", "^[]0;title^G^[]52;c;QQ==^[\\"},
		{"\x1bP$qm\x1b\\\x1b_x\x1b\\\x1b^x\x1b\\\x1bXx\x1b\\", "^[P$qm^[\\^[_x^[\\^[^x^[\\^[Xx^[\\"},
		{"\x1b[" + ones + "m", "\x1b[" + ones + "m\x1b[0m"},
		{"\x1b[1" + ones + "m", "^[[1" + ones + "m"},
		{"\x1b[1" + ones, "^[[1" + ones},

		// What cannot be seen, and what is needed to write.
		{"user\u202etxt.exe", "user<U+202E>txt.exe"},
		{"\u202a\u202b\u202c\u202d\u2066\u2067\u2068\u2069", "<U+202A><U+202B><U+202C><U+202D><U+2066><U+2067><U+2068><U+2069>"},
		{"\u200e\u200f\u061c\u2028\u2029\u200b\u2060\ufeff", "<U+200E><U+200F><U+061C><U+2028><U+2029><U+200B><U+2060><U+FEFF>"},
		{"a\u00adb\u115f\u3164\uffa0", "a<U+00AD>b<U+115F><U+3164><U+FFA0>"},
		{"\U000e0001\U000e0041\U000e007f", "<U+E0001><U+E0041><U+E007F>"},
		{"\U0001fffe\U0010ffff", "<U+1FFFE><U+10FFFF>"},
		{"pay\u200dpal.\u200ccom", "pay<U+200D>pal.<U+200C>com"},
		{"می\u200cخواهم क्\u200dष", "می\u200cخواهم क्\u200dष"},
		{"❤\ufe0f\u200d🔥 👩\u200d👧", "❤\ufe0f\u200d🔥 👩\u200d👧"},
		{"❤\ufe0f\ufe0f 👩\u200d\u200d👧 x\ufe0f\U000e0100", "❤\ufe0f<U+FE0F> 👩\u200d<U+200D>👧 x<U+FE0F><U+E0100>"},
		{"❤\n\ufe0f❤\x1b[m\ufe0f", "❤\n<U+FE0F>❤\x1b[m<U+FE0F>"},
	} {
		if got := through(t, new(Terminal), []byte(c.in)); got != c.want {
			t.Errorf("%q\n got %q\nwant %q", c.in, got, c.want)
		}
		strict(t, c.want)
	}
}

// TestTerminalAtOnce checks what is shown before more arrives: everything but the unfinished.
func TestTerminalAtOnce(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"login: ", "login: "},
		{"\x1b[1mlogin:\x1b[0m ", "\x1b[1mlogin:\x1b[0m "},
		{"€", "€"},
		{"ok \xe2\x82", "ok "},
		{"ok \x1b", "ok "},
		{"ok \x1b[1;3", "ok "},
		{"ok \r", "ok "},
		{"ok \x1b[2", "ok "},
		{"ok \x1b[2J", "ok ^[[2J"},
		{"ok \x1b]", "ok ^[]"},
		{"ok \xff", "ok <ff>"},
		{"ok \xe2\x28", "ok <e2>("},
		{"\x1b[" + strings.Repeat("1", 62), "^[[" + strings.Repeat("1", 62)},
	} {
		if got := string(new(Terminal).Append(nil, []byte(c.in))); got != c.want {
			t.Errorf("%q: got %q at once, want %q", c.in, got, c.want)
		}
	}
}

// TestRoles compares the list in the code with the tables of the library, so that neither forgets a range.
func TestRoles(t *testing.T) {
	for r := rune(0xa0); r <= unicode.MaxRune; r++ {
		if !utf8.ValidRune(r) {
			continue
		}
		seen := roleOf(r) != hidden && roleOf(r) != joiner && roleOf(r) != selector
		if want := !unseen(r); seen != want {
			t.Errorf("%U: shown as it is: %v, want %v", r, seen, want)
		}
	}
}

// unseen asks the tables of Unicode.
func unseen(r rune) bool {
	return unicode.In(r, unicode.Zl, unicode.Zp, unicode.Bidi_Control, unicode.Variation_Selector,
		unicode.Other_Default_Ignorable_Code_Point) ||
		unicode.Is(unicode.Cf, r) && !unicode.Is(unicode.Prepended_Concatenation_Mark, r) ||
		0xfff0 <= r && r <= 0xfff8 || 0xe0000 <= r && r <= 0xe0fff || // default ignorable, reserved
		r&0xffff >= 0xfffe
}

// strict reads what is about to reach a terminal and fails on anything that is not text, newline, CR LF, tab or a whole
// SGR sequence. It shares no code with the filter.
func strict(t testing.TB, out string) {
	t.Helper()
	if !utf8.ValidString(out) {
		t.Fatalf("not UTF-8: %q", out)
	}
	runes := []rune(out)
	at := func(i int) rune {
		if i < 0 || i >= len(runes) {
			return 0
		}
		return runes[i]
	}
	for i := 0; i < len(runes); i++ {
		switch r := runes[i]; {
		case r == '\n' || r == '\t' || r >= 0x20 && r <= 0x7e:
		case r == '\r':
			if at(i+1) != '\n' {
				t.Fatalf("a lone CR at %d in %q", i, out)
			}
		case r == 0x1b:
			end := i + 1
			for strings.ContainsRune("[0123456789;:", at(end)) && at(end) != 0 {
				end++
			}
			seq := string(runes[i:min(end+1, len(runes))])
			if strings.Count(seq, "[") != 1 || seq[1] != '[' || seq[len(seq)-1] != 'm' || len(seq) > 64 {
				t.Fatalf("not a colour: %q at %d in %q", seq, i, out)
			}
			i = end
		case r < 0xa0:
			t.Fatalf("control %U at %d in %q", r, i, out)
		case r == 0x200c || r == 0x200d || unicode.Is(unicode.Variation_Selector, r):
			before := at(i - 1)
			if unicode.Is(unicode.Variation_Selector, before) && !unicode.Is(unicode.Variation_Selector, r) {
				before = at(i - 2)
			}
			if before < 0xa0 || unseen(before) {
				t.Fatalf("%U with nothing to modify at %d in %q", r, i, out)
			}
		case unseen(r):
			t.Fatalf("invisible %U at %d in %q", r, i, out)
		}
	}
}

// coloured says whether the last SGR sequence of out leaves an attribute on.
func coloured(out string) bool {
	i := strings.LastIndexByte(out, 0x1b)
	if i < 0 {
		return false
	}
	seq, _, _ := strings.Cut(out[i+2:], "m")
	return strings.Trim(seq, "0;") != ""
}

func FuzzTerminal(f *testing.F) {
	for i, s := range samples {
		f.Add([]byte(s), i)
	}
	f.Fuzz(func(t *testing.T, in []byte, cut int) { checkTerminal(t, in, cut) })
}

// TestTerminalMixed makes streams of the pieces that matter, which blind bytes rarely hit.
func TestTerminalMixed(t *testing.T) {
	pieces := append(strings.Split("\x1b,[,m,1,;,:,31,\r,\n,a,<,?,\x1b[,\x1b[1m,\x1b[0m,\xe2,\x82,\xac,\xf0\x9f,\x9b,\xc2", ","),
		"\u200d", "\ufe0f", "❤", "\u202e", strings.Repeat("1", 30))
	random := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		var in []byte
		for range 1 + random.IntN(12) {
			in = append(in, pieces[random.IntN(len(pieces))]...)
		}
		checkTerminal(t, in, random.IntN(len(in)))
	}
}

// checkTerminal checks all that must be true of the filter for any input, also when it is cut.
func checkTerminal(t *testing.T, in []byte, cut int) {
	t.Helper()
	out := through(t, new(Terminal), in)
	strict(t, out)
	if coloured(out) {
		t.Fatalf("colours are left on: %q", out)
	}
	cut = int(uint(cut) % uint(len(in)+1))
	if got := through(t, new(Terminal), in[:cut], in[cut:]); got != out {
		t.Fatalf("%q cut at %d\n got %q\nwant %q", in, cut, got, out)
	}
	single := make([][]byte, len(in))
	for i := range in {
		single[i] = in[i : i+1]
	}
	if got := through(t, new(Terminal), single...); got != out {
		t.Fatalf("%q byte by byte\n got %q\nwant %q", in, got, out)
	}
	// What is safe already passes unchanged, and nothing that can be read disappears.
	if again := through(t, new(Terminal), []byte(out)); again != out {
		t.Fatalf("%q filtered twice: %q, then %q", in, out, again)
	}
	i := 0
	for _, c := range in {
		if c < 0x20 || c > 0x7e {
			continue
		}
		j := strings.IndexByte(out[i:], c)
		if j < 0 {
			t.Fatalf("%q lost %q: %q", in, c, out)
		}
		i += j + 1
	}
}

func BenchmarkTerminal(b *testing.B) {
	random := rand.NewChaCha8([32]byte{})
	binary := make([]byte, 64<<10)
	random.Read(binary)
	for _, c := range []struct {
		name string
		src  []byte
	}{
		{"ascii", []byte(strings.Repeat(strings.Repeat("x", 63)+"\n", 1024))},
		{"utf8", []byte(strings.Repeat("日本語のテキスト é\n", 2048))},
		{"colour", []byte(strings.Repeat("\x1b[32mok\x1b[0m line of a log\n", 2048))},
		{"binary", binary},
		{"escapes", []byte(strings.Repeat("\x1b[1;1;1;1", 8192))},
	} {
		b.Run(c.name, func(b *testing.B) {
			dst := make([]byte, 0, MaxGrowth*len(c.src)+MaxHeld)
			var f Terminal
			b.SetBytes(int64(len(c.src)))
			b.ReportAllocs()
			for b.Loop() {
				dst = f.Append(dst[:0], c.src)
			}
		})
	}
}

// BenchmarkTerminalByByte is a peer that sends one byte at a time, in the middle of a sequence.
func BenchmarkTerminalByByte(b *testing.B) {
	src := []byte("\x1b[38;2;100;100;100m\xf0\x9f\x92\xa9\r\n")
	dst := make([]byte, 0, MaxGrowth*len(src)+MaxHeld)
	var f Terminal
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		dst = dst[:0]
		for i := range src {
			dst = f.Append(dst, src[i:i+1])
		}
	}
}
