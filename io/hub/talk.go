package hub

// EOF is what the end of our input does to peers.
type EOF uint8

// What it does.
const (
	Half EOF = iota // they get the end, and may go on sending
	Full            // they get the end, and the hub ends when they have gone
	Keep            // nothing; and who has sent its own end still hears what comes
)

// Talk gives what any peer sends to our output, and our input to all of them. The input is only read while somebody is
// there to have it, so that nothing is lost for want of peers.
type Talk struct {
	plain
	In     *Port // nil: there is no input
	Out    *Port
	EOF    EOF
	Prefix func(dst []byte, p *Peer) []byte // written before each line of p; nil: bytes go as they come
	// Show rewrites what p sent, and with a nil b gives what it held back, as p has gone; nil: bytes stay as they are.
	Show func(dst, b []byte, p *Peer) []byte

	line, text []byte // the memory of Prefix and Show
}

func (s *Talk) start(h *Hub) {
	if s.In != nil {
		h.in = &input{h: h, port: s.In, take: s.say, over: func() { s.ended(h) }}
		h.use(s.In.FD, h.in)
	}
	h.out = &output{h: h, port: s.Out}
	h.use(s.Out.FD, h.out)
}

func (s *Talk) say(h *Hub, b []byte) { h.all(nil, b) }

func (s *Talk) join(h *Hub, p *Peer) {
	if h.in != nil && h.in.eof && s.EOF == Half {
		p.ended = true
	}
}

// ended: our input has.
func (s *Talk) ended(h *Hub) {
	if s.EOF == Full {
		h.Finish()
	}
	for _, p := range h.peers {
		switch s.EOF {
		case Half:
			p.ended = true
			p.conclude()
		case Full:
			p.end()
		}
	}
}

// stays: a peer that has sent its end may be one that has gone, which cannot be seen; so it has to go, unless our input is
// one that ends by itself, or that everybody is to have before the hub ends.
func (s *Talk) stays(h *Hub, _ *Peer) bool {
	return s.EOF == Keep || h.in != nil && !h.in.eof && (h.in.port.File || s.EOF == Full)
}

func (s *Talk) take(h *Hub, p *Peer, b []byte) {
	if s.Prefix == nil {
		s.show(h, p, b)
		return
	}
	s.line = s.line[:0]
	for len(b) > 0 {
		var line []byte
		var ok bool
		if line, b, ok = p.nextLine(b); ok {
			s.line = append(append(s.Prefix(s.line, p), line...), '\n')
		}
	}
	if p.FD < 0 { // the end of a datagram ends a line
		s.rest(p)
	}
	s.show(h, p, s.line)
}

// rest takes the line that p has begun as if it had ended.
func (s *Talk) rest(p *Peer) {
	if len(p.part) > 0 {
		s.line = append(append(s.Prefix(s.line, p), p.part...), '\n')
		p.part = nil
	}
}

// end shows a line that the peer's end has ended.
func (s *Talk) end(h *Hub, p *Peer) {
	s.line = s.line[:0]
	s.rest(p)
	s.show(h, p, s.line)
}

// left: a line that an error has ended is shown as well.
func (s *Talk) left(h *Hub, p *Peer) {
	s.end(h, p)
	if s.Show != nil {
		if s.text = s.Show(s.text[:0], nil, p); len(s.text) > 0 {
			h.out.give(&parcel{b: s.text})
		}
	}
}

func (s *Talk) show(h *Hub, p *Peer, b []byte) {
	if len(b) == 0 {
		return
	}
	if s.Show != nil {
		s.text = s.Show(s.text[:0], b, p)
		b = s.text
	}
	h.out.give(&parcel{b: b})
}
