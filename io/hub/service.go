package hub

// Service is what is done with peers: one of the types of this package. Its functions are called on the hub's thread, and
// may send to peers and make them leave.
type Service interface {
	start(h *Hub)                   // once, before anybody comes
	join(h *Hub, p *Peer)           // p has come
	take(h *Hub, p *Peer, b []byte) // p sent b, which lies in a buffer of the hub's: send copies what has to wait
	end(h *Hub, p *Peer)            // p has sent its end
	left(h *Hub, p *Peer)           // p has gone, and is in no list any more
	stays(h *Hub, p *Peer) bool     // p is served though it has sent its end
	more(p *Peer) bool              // p gets something that is in no queue
	give(h *Hub, p *Peer)           // p has room for it
	handsOver() bool                // connections become somebody else's
}

// plain is a service that does nothing.
type plain struct{}

func (plain) start(*Hub)               {}
func (plain) join(*Hub, *Peer)         {}
func (plain) take(*Hub, *Peer, []byte) {}
func (plain) end(*Hub, *Peer)          {}
func (plain) left(*Hub, *Peer)         {}
func (plain) stays(*Hub, *Peer) bool   { return false }
func (plain) more(*Peer) bool          { return false }
func (plain) give(*Hub, *Peer)         {}
func (plain) handsOver() bool          { return false }

// Discard takes everything and keeps nothing (RFC 863).
type Discard struct{ plain }

// Broker gives what each peer sends to all the others, as it comes.
type Broker struct {
	plain
	Keep bool // who has sent its end still hears the others
}

func (s *Broker) take(h *Hub, p *Peer, b []byte) { h.all(p, b) }
func (s *Broker) stays(*Hub, *Peer) bool         { return s.Keep }

// Greet sends a text to whoever comes, and then the end. To a source of datagrams it is sent once.
type Greet struct {
	plain
	Text []byte
}

func (s *Greet) join(h *Hub, p *Peer) {
	h.send(p, &parcel{b: s.Text})
	if p.FD >= 0 {
		p.end()
	}
}
