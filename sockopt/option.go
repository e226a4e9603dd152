package sockopt

import (
	"strings"

	"golang.org/x/sys/unix"
)

// Option is one row of the table: all that is known about one socket option.
type Option struct {
	Name  string // how people write it: the kernel's word in lower case, without prefix where that is unambiguous
	C     string // how C writes it: "SO_RCVBUF"
	Also  string // further names, separated by blanks, that Lookup takes
	Level int    // the level of setsockopt(2): SOL_SOCKET, IPPROTO_TCP, ...
	Opt   int    // the option of setsockopt(2)
	Kind  Kind   // what the value is, and so its unit and its layout
	Min   int64  // smallest value, in the unit of Kind (for Text, Opaque: bytes)
	Max   int64  // largest value
	Words string // values with a name, "want=1 do=2": a word may stand for a value outside Min and Max
	When  When   // the moment at which Apply sets it
	Again On     // accepted sockets of these kinds do not inherit it from their listener: Apply sets it once more
	On    On     // the sockets that have this option
	Not   string // why a kind is not in On although the kernel would take the option there
	RO    bool   // can only be read
	WO    bool   // can only be set
	Needs string // what else it takes: NeedAdmin, NeedConnection, or a part of the kernel
	Since string // the kernel that has it, when that is newer than 5.10
	// Default is what a new socket has when nobody changed the system's settings, "" where there is no such thing; a
	// name that starts with "net." is the sysctl that decides.
	Default string
	Man     string // where it is explained: "socket(7)", or, where no man page has it, a header or document of the kernel
	Doc     string // one sentence
}

// What an option may need besides a socket of the right kind.
const (
	NeedAdmin      = "CAP_NET_ADMIN" // capabilities(7); setting is EPERM without it, reading is free
	NeedConnection = "a connection"  // reading it is an error (mostly ENOTCONN) before there is one
)

// Kind is what an option's value is: how it is written, in which unit, and how it lies in memory.
type Kind uint8

const (
	Bool         Kind = iota // int, 0 or 1; written yes or no
	Int                      // int, unsigned where Max asks for it; decimal or 0x hexadecimal, or one of Words
	Flags                    // int, a set of Words joined by "+"
	Bytes                    // int; bytes, with suffix k, M or G (1024)
	Seconds                  // int; s
	Milliseconds             // int; ms
	Microseconds             // int; us
	Rate                     // unsigned long; bytes a second, with suffix k, M or G (1024)
	Uint64                   // u64; hexadecimal
	Timeval                  // struct timeval; seconds, down to a microsecond
	Linger                   // struct linger; seconds or "off"
	Ports                    // u32, two ports: "lo-hi" or "off"
	Text                     // bytes, NUL-terminated: a name
	Opaque                   // bytes that cat5 does not look into; hexadecimal
	Iface                    // int, an interface index; written as a name or an index, "any" for 0
	IfaceBE                  // the same in network byte order
	Iface4                   // struct ip_mreqn, reads back as struct in_addr; an interface or its IPv4 address
	Group4                   // struct ip_mreqn; "GROUP[,IFACE or ADDR]"
	Group6                   // struct ipv6_mreq; "GROUP[,IFACE]"
	Source4                  // struct ip_mreq_source; "GROUP,SOURCE[,IFACE or ADDR]"
	Source6                  // struct group_source_req; "GROUP,SOURCE[,IFACE]"
	MD5                      // struct tcp_md5sig; "ADDR,KEY"
	Errno                    // int, an errno by name
	Cred                     // struct ucred: pid, uid, gid
	Gids                     // gid_t[]
	MemInfo                  // u32[9], SK_MEMINFO_*
	TCPInfo                  // struct tcp_info
	Pidfd                    // a new descriptor, of which cat5 keeps the pid only
)

// kinds says how to write a value of each Kind, in the order of the constants.
const kinds = "yes|no number flags bytes seconds milliseconds microseconds bytes/s hex seconds seconds|off lo-hi|off " +
	"text hex interface interface interface|address group[,interface|address] group[,interface] " +
	"group,source[,interface|address] group,source[,interface] address,key errno pid,uid,gid gids record record pid"

// String says how a value of this kind is written, in a word.
func (k Kind) String() string {
	if w := strings.Fields(kinds); int(k) < len(w) {
		return w[k]
	}
	return "?"
}

// When is a moment in a socket's life.
//
//	server  socket . BeforeBind . bind . BeforeListen . listen . accept . Accepted
//	client  socket . BeforeBind . [bind] . BeforeConnect . connect . Connected
//
// Nearly every row says BeforeBind, the earliest: what is set there is in force for the first packet (rcvbuf decides the
// window scale of the SYN, tcp(7)), and a TCP listener hands it down to every socket it accepts, without a system call
// each. BeforeListen and BeforeConnect mark what only a server, or only a client, has a use for. Connected is for what
// needs a connection. No row says Accepted: at that moment Apply sets what is due when Connected, and again what the
// row's Again says is not handed down. (Unix sockets hand down next to nothing: unix_stream_connect() in the kernel
// makes the accepted socket anew, where TCP clones the listener.)
type When uint8

const (
	BeforeBind When = iota
	BeforeListen
	BeforeConnect
	Connected
	Accepted
)

// String names the moment.
func (w When) String() string {
	switch w {
	case BeforeBind:
		return "before bind"
	case BeforeListen:
		return "before listen"
	case BeforeConnect:
		return "before connect"
	case Connected:
		return "connected"
	}
	return "accepted"
}

// On is a set of kinds of sockets.
type On uint8

const (
	TCP4 On = 1 << iota
	TCP6
	UDP4
	UDP6
	UnixStream
	UnixDgram
	UnixSeqpacket

	TCP   = TCP4 | TCP6
	UDP   = UDP4 | UDP6
	Inet4 = TCP4 | UDP4
	Inet6 = TCP6 | UDP6
	Inet  = TCP | UDP
	Unix  = UnixStream | UnixDgram | UnixSeqpacket
	Any   = Inet | Unix

	// IPv4's options are options of IPv6 sockets too: the kernel keeps them for the IPv4 peers of a dual-stack socket
	// (ipv6(7): "IPv4 connections can be handled with the v6 API by using the v4-mapped-on-v6 address type").
)

// sets names the unions before their members, so that the first one that fits is the shortest way to say it.
const sets = "any=127 tcp+udp=15 tcp=3 udp=12 tcp4=1 tcp6=2 udp4=4 udp6=8 unix=112 unix-stream=16 unix-dgram=32 unix-seqpacket=64"

// String is the set in words: "tcp+udp4", "any", "none".
func (on On) String() string {
	var out []string
	for _, w := range strings.Fields(sets) {
		name, val, _ := strings.Cut(w, "=")
		if m := On(atoi(val)); m&on == m {
			out, on = append(out, name), on&^m
		}
	}
	if len(out) == 0 {
		return "none"
	}
	return strings.Join(out, "+")
}

// LevelName is the level as C writes it: "IPPROTO_TCP".
func (o *Option) LevelName() string {
	switch o.Level {
	case unix.IPPROTO_TCP:
		return "IPPROTO_TCP"
	case unix.IPPROTO_UDP:
		return "IPPROTO_UDP"
	case unix.IPPROTO_IP:
		return "IPPROTO_IP"
	case unix.IPPROTO_IPV6:
		return "IPPROTO_IPV6"
	}
	return "SOL_SOCKET"
}

// Lookup finds a row by its name, its C name or another name of it, in any case; '-' may stand for '_'.
func Lookup(name string) (*Option, bool) {
	n := strings.ReplaceAll(strings.ToLower(name), "-", "_")
	for i := range Table {
		o := &Table[i]
		if n == o.Name || strings.EqualFold(n, o.C) {
			return o, true
		}
		for also := range strings.FieldsSeq(o.Also) {
			if strings.EqualFold(n, also) {
				return o, true
			}
		}
	}
	return nil, false
}

// atoi reads a decimal or 0x number of the table itself.
func atoi(s string) int64 {
	n, err := parseInt(s)
	if err != nil {
		panic("sockopt: the table holds " + s) // a test walks the table
	}
	return n
}
