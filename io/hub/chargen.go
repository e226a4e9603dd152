package hub

import "math/rand/v2"

// Chargen sends characters to whoever comes, as fast as they are taken, and throws away what comes (RFC 864). All peers are
// given parts of one text, so that none costs memory.
type Chargen struct {
	plain
	text []byte
}

// The pattern of RFC 864: lines of 72 of the 95 printing characters, each beginning with the next one, and CR LF.
const (
	printing = 95
	column   = 72
	period   = printing * (column + 2) // bytes until it repeats
	copies   = 16                      // so that a write is worth the call
)

func pattern() []byte {
	b := make([]byte, 0, copies*period)
	for line := range copies * printing {
		for i := range column {
			b = append(b, byte(' '+(line+i)%printing))
		}
		b = append(b, '\r', '\n')
	}
	return b
}

func (s *Chargen) start(*Hub) { s.text = pattern() }

func (s *Chargen) more(p *Peer) bool { return p.FD >= 0 }

// stays: "the data stream ... continues until the calling user terminates the connection"; who has nothing to say may
// still listen.
func (s *Chargen) stays(*Hub, *Peer) bool { return true }

func (s *Chargen) give(_ *Hub, p *Peer) {
	b := s.text[p.pos:]
	if p.h.record() {
		b = b[:column+2]
	}
	n, _ := p.write(b)
	p.pos = (p.pos + n) % period
}

// take: "When a datagram is received, an answering datagram is sent containing a random number (between 0 and 512) of
// characters", RFC 864.
func (s *Chargen) take(h *Hub, p *Peer, _ []byte) {
	if p.FD >= 0 {
		return
	}
	n := rand.IntN(513)
	h.send(p, &parcel{b: s.text[p.pos:][:n]})
	p.pos = (p.pos + n) % period
}
