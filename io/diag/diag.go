// Package diag reads the kernel's own table of sockets, by netlink (sock_diag(7)): what netstat and ss show.
package diag

import (
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// State is a socket's state as the kernel counts them: TCP's (RFC 9293, section 3.3.2), which all other sockets borrow.
type State uint8

// The states, as include/net/tcp_states.h of the kernel numbers them.
const (
	Established State = iota + 1
	SynSent
	SynRecv
	FinWait1
	FinWait2
	TimeWait
	Close
	CloseWait
	LastAck
	Listen
	Closing
	newSynRecv // a request that is not a socket yet; the kernel shows it as SynRecv
)

var stateNames = [...]string{"?", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT", "CLOSE", "CLOSE_WAIT",
	"LAST_ACK", "LISTEN", "CLOSING", "SYN_RECV"}

// String is the name that tcp(7) and netstat use. A UDP socket without a peer is in the state CLOSE for the kernel; see Socket.StateName.
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return stateNames[0]
}

// Proto is what kind of table a socket is in.
type Proto uint8

// The tables that are read, in the order in which they are shown.
const (
	TCP Proto = iota
	UDP
	Unix
)

func (p Proto) String() string { return [...]string{"tcp", "udp", "unix"}[p] }

// Timer is the timer that runs for a TCP socket.
type Timer uint8

// The timers, as inet_diag numbers them (sock_diag(7), idiag_timer).
const (
	NoTimer    Timer = iota
	Retransmit       // what was sent is not acknowledged: it is sent again when the time is over
	KeepAlive        // the next probe, or the end of a state that has one
	Waiting          // TIME_WAIT, or FIN_WAIT2 of a closed socket
	ZeroWindow       // the peer has no room: asked again when the time is over
)

// Socket is one row of the table.
type Socket struct {
	Proto  Proto
	Type   int // unix.SOCK_STREAM and so on
	Family int // unix.AF_INET, AF_INET6 or AF_UNIX
	State  State
	Local  netip.AddrPort // not for Unix
	Peer   netip.AddrPort // the zero address and port 0 where there is none
	Device uint32         // index of the interface it is bound to; 0: any
	V6Only bool           // a listener of IPv6 that takes no IPv4

	Name      string // Unix: its path, "@" and an abstract name, or "" when it has none
	PeerInode uint32 // Unix: the socket at the other end; 0: none
	FileInode uint32 // Unix: of its socket file; 0: none
	FileDev   uint32

	// RecvQ and SendQ are bytes not yet read by the process and bytes not yet acknowledged by the peer. Of a listener they
	// are how many connections wait to be accepted, and how many may.
	RecvQ, SendQ uint32

	Timer  Timer
	Left   time.Duration // until the timer fires
	Tries  uint8         // retransmissions or probes without an answer
	Shut   uint8         // bit 0: reading is shut down, bit 1: writing (shutdown(2))
	Inode  uint32        // what /proc/PID/fd calls it; 0: no descriptor has it
	UID    uint32
	Cookie uint64 // never the same for two sockets while the host is up
	HasUID bool
	Info   *Info // TCP only, when asked for
	Cong   string
	Memory Memory
	HasMem bool // Memory is filled
}

// Memory is SK_MEMINFO: a socket's buffers in bytes, and how many packets were dropped for want of room.
type Memory struct{ Recv, RecvLimit, Send, SendLimit, Drops uint32 }

// Info is TCP_INFO, and the window scales that unix.TCPInfo does not name.
type Info struct {
	unix.TCPInfo
	SendScale, RecvScale uint8
	AppLimited           bool
	Len                  int // how many bytes of it this kernel knows
}

// StateName is the state as people call it: without a peer, a socket of datagrams has no connection that could be closed.
func (s *Socket) StateName() string {
	if s.State == Close && s.Proto != TCP {
		return "UNCONN"
	}
	return s.State.String()
}

// ID tells sockets apart for as long as the host is up.
func (s *Socket) ID() ID { return ID{s.Proto, s.Cookie} }

// ID is what ID returns: it is comparable.
type ID struct {
	Proto  Proto
	Cookie uint64
}
