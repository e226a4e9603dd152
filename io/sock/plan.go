package sock

import (
	"time"

	"cat5/io/sys"
	"cat5/sockopt"

	"golang.org/x/sys/unix"
)

// Plan is all there is to know of a socket before it is made.
type Plan struct {
	Network string     // "tcp", "udp" or "unix"
	Type    int        // unix.SOCK_STREAM, SOCK_DGRAM or SOCK_SEQPACKET
	Remote  []sys.Addr // where to connect to, in the order to try
	Local   []sys.Addr // what to bind to; for a dialer the first of the same family
	Opts    []sockopt.Setting

	DualStack bool // an IPv6 listener takes IPv4 as well; a second Local is used where there is no IPv6

	// For unix sockets.
	Path     string // where to connect to
	BindPath string // what to bind to; "" for none
	AutoBind bool   // let the kernel choose a name, so that answers have somewhere to go
	Mode     uint32 // permissions of the socket file, with HasMode
	HasMode  bool
	Unlink   Unlink

	Backlog int           // listen(2)'s; 0: as long as the kernel allows
	Timeout time.Duration // for connecting, all addresses together; 0: the kernel's own
	Trace   func(Event)   // told of each step; may be nil
}

// Conn is a socket and what is known of it. Whoever gets one closes it.
type Conn struct {
	FD      int
	Network string
	Type    int
	Local   sys.Addr
	Peer    sys.Addr // none for a listener or an unconnected socket
	Dialed  bool
	Lent    bool          // somebody else has it too: see Inherit
	Before  int64         // bytes that were sent on it before it was ours: see Adopt
	Took    time.Duration // from connect(2) to connected
	name    *socketFile   // the file of a bound unix socket
	bound   sys.Addr      // what a lent socket was bound to
}

// Close closes the socket, and removes its file if that is still this socket's.
func (c *Conn) Close(k *sys.Calls) error {
	if c.FD < 0 {
		return nil
	}
	if c.Lent && c.Type == unix.SOCK_DGRAM && c.Peer.Family() != 0 {
		c.giveBack(k)
	}
	err := sys.Close(k, c.FD)
	c.FD = -1
	if c.name != nil {
		c.name.remove(k)
		c.name = nil
	}
	return err
}

// Event is a step on the way to a socket.
type Event struct {
	Kind    EventKind
	Addr    sys.Addr
	Name    string        // of a unix socket
	Took    time.Duration // from connect(2) to the answer, or until it was given up; 0 where it was not come to
	Err     error
	Applied sockopt.Applied
}

// EventKind is what happened.
type EventKind uint8

const (
	Try       EventKind = iota // Addr is being connected to
	Failed                     // Addr, after Took: Err
	Connected                  // Addr, in Took
	OptionSet                  // Applied
)

func (p *Plan) trace(ev Event) {
	if p.Trace != nil {
		p.Trace(ev)
	}
}

// apply sets the options whose moment has come and that a socket of this family has (an option may be meant for
// whichever family answers), and tells what the kernel made of each.
func (p *Plan) apply(k *sys.Calls, fd, family int, at sockopt.When) error {
	if len(p.Opts) == 0 {
		return nil
	}
	kind := sockopt.KindOf(family, p.Type)
	var mine []sockopt.Setting
	for _, s := range p.Opts {
		if s.CheckFor(kind) == nil {
			mine = append(mine, s)
		}
	}
	applied, err := sockopt.Apply(k, fd, at, mine)
	for _, a := range applied {
		p.trace(Event{Kind: OptionSet, Applied: a})
	}
	return err
}
