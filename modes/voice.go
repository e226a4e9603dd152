package modes

import (
	"cat5/io/sock"
)

// voice is another program's way of telling what happens: words, and exit codes, that scripts know by heart. A talker
// that has one gives it these events and says nothing of its own.
type voice interface {
	tried(ev sock.Event)       // an address did not answer: ev.Err
	connected(conn *sock.Conn) // to c.hosts
	listening(conn *sock.Conn) // on conn.Local
	accepted(conn *sock.Conn)  // from conn.Peer
	warned(text string)        // something that nobody should miss
	ended(v *verdict) *verdict // the last words; what comes back has the code to leave with, and nothing more to tell
}
