package filter

// HexdumpLine is the longest line that Hexdump writes. One Append adds at most HexdumpLine*(len(src)/16+1) bytes.
const HexdumpLine = len("> ") + len("0123456789abcdef") + len("  ") + 16*3 + len("  ") + len("||\n") + 16

// Hexdump writes down the bytes that pass in both directions of a connection, 16 a line:
//
//	> 00000000  68 65 6c 6c 6f 0a                                 |hello.|
//
// The mark is > for bytes sent and < for bytes received, and each direction counts its own offset.
type Hexdump struct {
	sent, received uint64
}

// Append appends to dst the whole lines that show src, which went in direction dir: '>' or '<'. Every call begins a new
// line, so that the dump keeps the bounds of datagrams; the offset goes on where the direction's last call stopped. No
// bytes, which is a datagram too, are a line without bytes.
func (h *Hexdump) Append(dst []byte, dir byte, src []byte) []byte {
	at := &h.sent
	if dir == '<' {
		at = &h.received
	}
	for {
		n := min(len(src), 16)
		dst = append(dst, dir, ' ')
		dst = appendOffset(dst, *at)
		dst = append(dst, ' ', ' ')
		dst = appendRow(dst, src[:n])
		*at += uint64(n)
		if src = src[n:]; len(src) == 0 {
			return dst
		}
	}
}

// appendOffset appends at least eight digits, as many as a file of 4 GiB needs.
func appendOffset(dst []byte, at uint64) []byte {
	shift := 28
	for shift < 60 && at>>(shift+4) != 0 {
		shift += 4
	}
	for ; shift >= 0; shift -= 4 {
		dst = append(dst, lowerHex[at>>shift&15])
	}
	return dst
}

// appendRow appends up to 16 bytes as hexadecimal, padded to a fixed width, and as text.
func appendRow(dst, row []byte) []byte {
	for i := range 16 {
		if i == 8 {
			dst = append(dst, ' ')
		}
		if i < len(row) {
			dst = append(dst, lowerHex[row[i]>>4], lowerHex[row[i]&15], ' ')
		} else {
			dst = append(dst, "   "...)
		}
	}
	dst = append(dst, ' ', '|') // the last pair has brought the other space
	for _, c := range row {
		if c < ' ' || c >= del {
			c = '.'
		}
		dst = append(dst, c)
	}
	return append(dst, '|', '\n')
}
