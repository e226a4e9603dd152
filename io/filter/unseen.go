package filter

// role is what a character is to the one that follows it.
type role uint8

const (
	other    role = iota // ASCII, a control, something spelled out, a joiner: nothing that can be modified
	visible              // a non-ASCII character that can be seen
	selector             // picks a shape for the visible character before it
	joiner               // joins its neighbours, or keeps them apart
	hidden               // must be spelled out wherever it stands
)

// roleOf sorts the characters from U+00A0 on. Hidden are the bidi controls, the line separators that are not newline,
// the interlinear and hieroglyph format controls, and what Unicode calls default ignorable, with the ranges it keeps
// for later ones: those have no glyph, so they could make two different lines look the same. The list is
// spelled out, rather than asking what is printable, so that a character newer than the compiler's tables is text.
//
// Selectors and joiners have no glyph either, but scripts and emoji are written with them (Persian, Hindi, a heart in
// red). They pass where they do work: directly after a visible character that is not ASCII. In an address or a command
// they are spelled out.
func roleOf(r rune) role {
	switch {
	case r == 0x200c, r == 0x200d: // zero width non-joiner and joiner
		return joiner
	case 0xfe00 <= r && r <= 0xfe0f, 0xe0100 <= r && r <= 0xe01ef, // variation selectors
		0x180b <= r && r <= 0x180d, r == 0x180f: // Mongolian free variation selectors
		return selector
	case r == 0x00ad, // soft hyphen
		r == 0x034f,              // combining grapheme joiner
		r == 0x061c,              // Arabic letter mark (bidi)
		r == 0x115f, r == 0x1160, // Hangul fillers
		r == 0x17b4, r == 0x17b5, // Khmer inherent vowels
		r == 0x180e,              // Mongolian vowel separator
		r == 0x200b,              // zero width space
		r == 0x200e, r == 0x200f, // left-to-right and right-to-left mark (bidi)
		0x2028 <= r && r <= 0x202e, // line and paragraph separator; bidi embeddings and overrides
		0x2060 <= r && r <= 0x206f, // word joiner, invisible operators, bidi isolates
		r == 0x3164, r == 0xffa0,   // Hangul fillers
		r == 0xfeff,                  // zero width no-break space, the byte order mark
		0xfff0 <= r && r <= 0xfffb,   // interlinear annotation
		0x13430 <= r && r <= 0x1343f, // Egyptian hieroglyph format controls
		0x1bca0 <= r && r <= 0x1bca3, // shorthand format controls
		0x1d173 <= r && r <= 0x1d17a, // musical format controls
		0xe0000 <= r && r <= 0xe0fff, // tags
		r&0xfffe == 0xfffe:           // no characters at all
		return hidden
	}
	return visible
}
