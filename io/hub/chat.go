package hub

import (
	"bytes"
	"strings"
)

// Chat gives each line that a peer sends to all the others, with the peer's name before it. Names are user1, user2, ... until
// "/name NAME" chooses another.
type Chat struct {
	plain
	Keep bool                         // who has sent its end still hears the others
	Safe func(dst, src []byte) []byte // makes a line safe to show on a terminal

	text []byte
}

// maxName is the longest name, in bytes.
const maxName = 20

func (s *Chat) join(h *Hub, p *Peer) {
	p.Name = "user" + itoa(int(p.ID))
	others := h.Peers() - 1
	s.text = append(s.text[:0], "* you are "+p.Name+" (/name NAME changes it); "...)
	switch others {
	case 0:
		s.text = append(s.text, "nobody else is here\n"...)
	case 1:
		s.text = append(s.text, "1 other is here\n"...)
	default:
		s.text = append(s.text, itoa(others)+" others are here\n"...)
	}
	h.send(p, &parcel{b: s.text})
	s.news(h, p, p.Name+" has come")
}

func (s *Chat) left(h *Hub, p *Peer) {
	if !h.stopping {
		s.news(h, p, p.Name+" has gone")
	}
}

func (s *Chat) stays(*Hub, *Peer) bool { return s.Keep }

// news tells everybody but p.
func (s *Chat) news(h *Hub, p *Peer, what string) {
	s.text = append(s.text[:0], "* "+what+"\n"...)
	h.all(p, s.text)
}

func (s *Chat) take(h *Hub, p *Peer, b []byte) {
	for len(b) > 0 {
		var line []byte
		var ok bool
		if line, b, ok = p.nextLine(b); ok {
			s.line(h, p, line)
		}
	}
	if p.FD < 0 { // the end of a datagram ends a line
		s.end(h, p)
	}
}

func (s *Chat) end(h *Hub, p *Peer) {
	if len(p.part) > 0 {
		line := p.part
		p.part = nil
		s.line(h, p, line)
	}
}

func (s *Chat) line(h *Hub, p *Peer, line []byte) {
	line = bytes.TrimSuffix(line, []byte("\r"))
	if name, ok := bytes.CutPrefix(line, []byte("/name ")); ok {
		s.rename(h, p, strings.TrimSpace(string(name)))
		return
	}
	s.text = append(s.text[:0], "<"+p.Name+"> "...)
	s.text = append(s.Safe(s.text, line), '\n')
	h.all(p, s.text)
}

func (s *Chat) rename(h *Hub, p *Peer, name string) {
	why := ""
	for _, c := range []byte(name) {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_') {
			why = "a name is made of letters, digits, - and _"
		}
	}
	if name == "" || len(name) > maxName {
		why = "a name has 1 to " + itoa(maxName) + " letters"
	}
	for _, other := range h.peers {
		if other != p && !other.dead && strings.EqualFold(other.Name, name) {
			why = name + " is somebody else"
		}
	}
	// user7 is what the seventh to come will be called.
	if number, ok := strings.CutPrefix(strings.ToLower(name), "user"); ok && why == "" && name != p.Name && strings.Trim(number, "0123456789") == "" {
		why = "names such as user1 are given to those who come"
	}
	if why != "" {
		s.text = append(s.text[:0], "* "+why+"\n"...)
		h.send(p, &parcel{b: s.text})
		return
	}
	was := p.Name
	p.Name = name
	s.news(h, nil, was+" is now "+name)
}
