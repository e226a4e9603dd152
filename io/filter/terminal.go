package filter

import "unicode/utf8"

const (
	esc      = 0x1b
	del      = 0x7f
	maxSGR   = 64        // a colour sequence longer than this, ESC and m counted, is not believed
	resetSGR = "\x1b[0m" // all attributes off
)

// Terminal makes the bytes of a peer safe to show on a terminal. Text passes, and so do newline, CR LF, tab and SGR
// colours; everything else that a terminal would act on, or that would be invisible, is spelled out instead:
//
//	^G ^[ ^?      the other C0 controls, and DEL
//	<9b>          C1 controls, as a raw byte or as U+009B
//	<ff>          a byte that is not UTF-8
//	<U+202E>      bidi controls and characters that cannot be seen
//
// So a control sequence is shown with its ESC as ^[ and the rest as the plain text it is: nothing disappears. A CR
// passes only before LF, because alone it would let a peer write over the line that was shown. A colour sequence can
// still hide text (black on black), but it cannot move the cursor, answer, or reach the clipboard or the title.
//
// Only what may yet become something is held back to the next call: part of a UTF-8 character, part of a colour
// sequence, a CR. A prompt without a newline is shown at once.
type Terminal struct {
	held     [maxSGR]byte
	n        int  // held[:n] waits for the bytes that decide what it is
	before   role // what the last character shown means for one that modifies it
	coloured bool // the last SGR sequence was not a reset
}

// Append appends to dst the safe form of src.
func (t *Terminal) Append(dst, src []byte) []byte {
	for t.n > 0 && len(src) > 0 {
		// The held bytes are decided together with as many new ones as fit; a full buffer is always decided.
		m := copy(t.held[t.n:], src)
		var used int
		if dst, used = t.unit(dst, t.held[:t.n+m], false); used == 0 {
			t.n += m
			return dst
		}
		if used >= t.n {
			src = src[used-t.n:]
			t.n = 0
		} else {
			t.n = copy(t.held[:], t.held[used:t.n])
		}
	}
	for len(src) > 0 {
		if n := plain(src); n > 0 {
			dst = append(dst, src[:n]...)
			t.before = other
			src = src[n:]
			continue
		}
		var used int
		if dst, used = t.unit(dst, src, false); used == 0 {
			t.n = copy(t.held[:], src)
			break
		}
		src = src[used:]
	}
	return dst
}

// Flush appends what was held back, spelled out, and turns off colours that a peer left on, which would otherwise
// paint the prompt of the shell. The filter is then as new.
func (t *Terminal) Flush(dst []byte) []byte {
	for p := t.held[:t.n]; len(p) > 0; {
		var used int
		dst, used = t.unit(dst, p, true)
		p = p[used:]
	}
	if t.coloured {
		dst = append(dst, resetSGR...)
	}
	*t = Terminal{}
	return dst
}

// plain is how many bytes of p, from the first on, are printable ASCII.
func plain(p []byte) int {
	for i, c := range p {
		if c < ' ' || c >= del {
			return i
		}
	}
	return len(p)
}

// unit appends the form of the character or sequence that p begins with, and says how many bytes of p that was: 0 when
// more bytes are needed to tell, which never happens when last says that there are none.
func (t *Terminal) unit(dst, p []byte, last bool) (_ []byte, used int) {
	was := t.before
	t.before = other
	switch c := p[0]; {
	case c == '\n', c == '\t', ' ' <= c && c < del:
		return append(dst, c), 1
	case c == '\r':
		if len(p) == 1 && !last {
			return dst, 0
		}
		if len(p) > 1 && p[1] == '\n' {
			return append(dst, '\r', '\n'), 2
		}
	case c == esc:
		n, whole := sgr(p)
		if whole {
			t.coloured = !isReset(p[:n])
			return append(dst, p[:n]...), n
		}
		if n == len(p) && n < maxSGR && !last {
			return dst, 0
		}
	case c >= utf8.RuneSelf:
		if !last && !utf8.FullRune(p) {
			t.before = was // it is still undecided what the next character is, but it comes directly after this one
			return dst, 0
		}
		return t.char(dst, p, was)
	}
	return append(dst, '^', p[0]^0x40), 1 // "^@" is 0, "^[" is 0x1b, "^?" is 0x7f
}

// char appends the form of the non-ASCII character that p begins with.
func (t *Terminal) char(dst, p []byte, before role) (_ []byte, used int) {
	r, n := utf8.DecodeRune(p)
	if r == utf8.RuneError && n == 1 {
		return appendByte(dst, p[0]), 1
	}
	if r < 0xa0 {
		return appendByte(dst, byte(r)), n
	}
	switch role := roleOf(r); {
	case role == hidden,
		role == joiner && before != visible && before != selector,
		role == selector && before != visible:
		return appendRune(dst, r), n
	default:
		t.before = role
		return append(dst, p[:n]...), n
	}
}

// sgr measures the SGR sequence (ESC [ parameters m) that p, which begins with ESC, begins with. When there is no
// whole one, n is how far p looked like one. Only digits, ; and : are parameters here: < = > ? and the intermediates
// make other commands of it, such as xterm's key modifiers, ESC [ > 4 ; 2 m.
func sgr(p []byte) (n int, whole bool) {
	if len(p) > maxSGR {
		p = p[:maxSGR]
	}
	for n = 1; n < len(p); n++ {
		switch c := p[n]; {
		case n == 1 && c == '[', n > 1 && ('0' <= c && c <= ';'): // the digits, then : and ;
		case n > 1 && c == 'm':
			return n + 1, true
		default:
			return n, false
		}
	}
	return n, false
}

// isReset says whether an SGR sequence does nothing but turn all attributes off; an empty parameter is 0.
func isReset(seq []byte) bool {
	for _, c := range seq[2 : len(seq)-1] {
		if c != '0' && c != ';' {
			return false
		}
	}
	return true
}

const lowerHex = "0123456789abcdef"

func appendByte(dst []byte, c byte) []byte {
	return append(dst, '<', lowerHex[c>>4], lowerHex[c&15], '>')
}

// appendRune appends r as Unicode writes it: at least four digits, in capitals.
func appendRune(dst []byte, r rune) []byte {
	dst = append(dst, "<U+"...)
	shift := 12
	for r>>shift > 15 {
		shift += 4
	}
	for ; shift >= 0; shift -= 4 {
		dst = append(dst, "0123456789ABCDEF"[r>>shift&15])
	}
	return append(dst, '>')
}
