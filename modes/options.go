package modes

import (
	"time"

	"cat5/io/hub"
	"cat5/io/pump"
	"cat5/io/sock"
	"cat5/sockopt"

	"golang.org/x/sys/unix"
)

// options is everything the flags of a command can say, as plain data. The zero value of a field is its default where
// newOptions does not say otherwise.
type options struct {
	// Connection
	listen, keepOpen bool
	family           int // unix.AF_INET, AF_INET6; 0 for both
	numeric          bool
	source           string
	sourcePort       string
	backlog          int

	// Access
	access    hub.Access
	maxConns  int
	perSource int

	// Proxy
	proxies  []proxyHop // in the order in which they are gone through
	proxyFor proxyHop   // what was said of a proxy before there was one

	// Time
	timeout        time.Duration // stands in for connectTimeout and idle
	connectTimeout time.Duration
	acceptTimeout  time.Duration
	idle           time.Duration
	deadline       time.Duration
	quit           time.Duration // less than 0: never
	quitSet        bool
	interval       time.Duration
	retry          int

	// Data
	eof                pump.EOF
	noStdin            bool
	sendOnly, recvOnly bool
	crlf               bool
	output             string
	append             bool
	hexdump            bool
	hexdumpFile        string
	rate               int64
	bytes              int64
	copy               bool
	ended              bool // -N: the end of our input is passed on, also when it is not read
	keepOut            bool // the end of our input is not passed on
	peerEnds           bool // the peer's end ends both directions
	lastPeer           bool // with -k: the peer that meets the end of our input is the last
	telnet             bool
	packets            int64

	// Several ports, and what is done with a connection instead of carrying bytes
	zero    bool
	shuffle bool
	passFD  bool
	recvFD  bool
	exec    bool // rest is a program that gets the connection
	anyone  bool // whoever reaches us may have it
	probe   time.Duration
	probing bool

	md5 bool // a key is asked for

	// Datagram
	record  pump.Record
	maxSize int
	join    string
	strict  bool
	ttl     int    // 0: not set
	loop    string // on, off, or "" for not set

	// Unix
	sockType int
	mode     uint32
	hasMode  bool
	unlink   sock.Unlink
	bindPath string
	peerCred bool

	// Socket
	opts []sockopt.Setting
	tos  string // as typed; "" for not set

	// Output
	verbose    int
	explain    int // explainNot, explainCalls, explainData
	quiet      bool
	json       bool
	stats      bool
	statsEvery time.Duration
	progress   choice
	color      choice
	raw        bool
	readyFD    int // less than 0: none
	portFile   string
	service    *service // what a service manager told us; never nil

	// Behind -- (see command.rest)
	rest []string

	set map[string]bool // the flags that were typed, or set in the environment

	// cat5 echo
	engine string

	// cat5 sockopt
	kind string
}

// choice is auto, always or never.
type choice uint8

const (
	auto choice = iota
	always
	never
)

func newOptions() *options {
	return &options{service: &service{}, quit: -1, readyFD: -1, sockType: unix.SOCK_STREAM}
}

// idleFlags refuses flags that would have nothing to do beside others.
func (o *options) idleFlags(set map[string]bool) error {
	beside := func(with string, names ...string) error {
		for _, name := range names {
			if set[name] {
				return usageError("--" + name + " has nothing to do beside --" + with)
			}
		}
		return nil
	}
	switch {
	case o.zero:
		return beside("zero-io", "output", "hexdump", "bytes", "rate", "crlf", "interval", "packets", "send-only", "recv-only")
	case o.passFD:
		return beside("pass-fd", "output", "hexdump", "bytes", "rate", "crlf", "interval", "packets", "send-only", "recv-only")
	case o.sendOnly:
		return beside("send-only", "output", "packets")
	case o.recvOnly:
		return beside("recv-only", "crlf", "interval")
	case o.noStdin:
		return beside("no-stdin", "crlf", "interval")
	}
	return nil
}

// finish derives what follows from other flags, and refuses what contradicts itself.
func (o *options) finish(set map[string]bool) error {
	o.set = set
	if o.timeout > 0 {
		if !set["connect-timeout"] {
			o.connectTimeout = o.timeout
		}
		if !set["idle-timeout"] {
			o.idle = o.timeout
		}
	}
	switch {
	case o.sendOnly && o.recvOnly:
		return usageError("--send-only and --recv-only exclude each other")
	case o.sendOnly && o.noStdin:
		return usageError("--send-only and --no-stdin exclude each other")
	case o.keepOpen && !o.listen:
		return usageError("--keep-open needs --listen")
	case o.append && o.output == "":
		return usageError("--append needs --output FILE")
	case o.quiet && o.verbose > 0:
		return usageError("--quiet and --verbose exclude each other")
	case o.explain != explainNot && o.progress == always:
		return usageError("--explain and --progress=always exclude each other: both want the line")
	case o.acceptTimeout > 0 && !o.listen:
		return usageError("--accept-timeout is for listeners (-l): a client has --connect-timeout")
	case o.listen && o.retry > 0:
		return usageError("--retry is for clients: a listener does not connect")
	case o.listen && (o.zero || o.passFD || o.shuffle || o.probing):
		return usageError("--zero-io, --probe, --pass-fd and --shuffle are for clients")
	case o.recvFD && o.zero:
		return usageError("--recv-fd and --zero-io exclude each other")
	case o.zero && o.passFD:
		return usageError("--zero-io and --pass-fd exclude each other")
	case o.listen && set["source"]:
		return usageError("--source is for clients: a listener's address is its operand")
	}
	if err := o.finishProxies(set); err != nil {
		return err
	}
	if o.recvOnly {
		o.noStdin = true
	}
	return nil
}
