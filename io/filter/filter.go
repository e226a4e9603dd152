// Package filter rewrites bytes on their way: bytes in, bytes out, no descriptor and no clock.
//
// CRLF and Terminal have the shape of a pump's filter:
//
//	Append(dst, src []byte) []byte // appends to dst what src becomes; state is kept from call to call
//	Flush(dst []byte) []byte       // appends what was held back, at the end of input
//
// A stream cut anywhere becomes the same bytes as the stream in one piece, and neither method allocates when dst has
// room. The zero value of every type here is ready for use, and one value serves one stream. Hexdump watches both
// directions of a connection and rewrites neither.
package filter

// Room that a caller leaves in dst so that no call has to grow it: one Append adds at most
// MaxGrowth*len(src)+MaxHeld bytes, one Flush at most MaxHeld.
const (
	// MaxGrowth is the most bytes that one byte becomes: an invalid byte is shown as "<ff>", and U+00AD, two bytes
	// long, as "<U+00AD>".
	MaxGrowth = 4

	// MaxHeld is the most that earlier calls can add to this one: an unfinished colour sequence, whose ESC grows by
	// one byte when it turns out not to be one, and the colour reset of Flush.
	MaxHeld = maxSGR + len(resetSGR)
)
