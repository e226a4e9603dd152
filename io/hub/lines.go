package hub

import "bytes"

// maxLine is the longest line that is waited for, in bytes; longer ones are cut.
const maxLine = 16 << 10

// nextLine takes the first line out of b, without its newline and with what p had sent of it before. When the line has not
// ended, ok is false, and what there is of it is kept until there is more. The line is valid until the next call.
func (p *Peer) nextLine(b []byte) (line, rest []byte, ok bool) {
	i := bytes.IndexByte(b, '\n')
	room := maxLine - len(p.part)
	switch {
	case i < 0 && len(b) < room:
		p.part = append(p.part, b...)
		return nil, nil, false
	case i < 0 || i > room:
		line, rest = b[:room], b[room:]
	default:
		line, rest = b[:i], b[i+1:]
	}
	if len(p.part) > 0 {
		line = append(p.part, line...)
		p.part = nil
	}
	return line, rest, true
}
