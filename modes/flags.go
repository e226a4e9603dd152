package modes

import (
	"strconv"
	"strings"

	"cat5/io/pump"
	"cat5/io/sock"
	"cat5/sockopt"

	"golang.org/x/sys/unix"
)

// flagRow is one flag: its row here is all there is to say of it. The help, the argv normaliser and the flag library
// are all fed from these rows.
type flagRow struct {
	name  string
	short byte
	alias string
	arg   string // the value's name in the help; "" for none; "[...]" when it may be left out; "PROG ARGS..." takes the rest of the line
	group string
	doc   string                           // one line; "" when the row before says it for both
	set   func(o *options, v string) error // v is "true" for a flag without a value
}

// Groups of flags, in the order of the help.
const (
	gConn  = "Connection"
	gAccs  = "Access"
	gProxy = "Proxy"
	gTime  = "Time"
	gData  = "Data"
	gDgram = "Datagram"
	gUnix  = "Unix"
	gSock  = "Socket"
	gOut   = "Output"
)

// flagTable holds every flag once. A command takes those whose name it lists (see command.flags).
var flagTable = []flagRow{
	{"listen", 'l', "", "", gConn, "serve: wait for a peer instead of connecting", func(o *options, v string) error { return setBool(&o.listen, v) }},
	{"keep-open", 'k', "", "", gConn, "serve the next peer when one has gone", func(o *options, v string) error { return setBool(&o.keepOpen, v) }},
	{"ipv4", '4', "", "", gConn, "one address family only", func(o *options, v string) error { return setFamily(o, v, unix.AF_INET) }},
	{"ipv6", '6', "", "", gConn, "", func(o *options, v string) error { return setFamily(o, v, unix.AF_INET6) }},
	{"zero-io", 'z', "", "", gConn, "connect and leave: exit 0 says that it is open", func(o *options, v string) error { return setBool(&o.zero, v) }},
	{"shuffle", 'r', "", "", gSock, "connect to several ports in random order", func(o *options, v string) error { return setBool(&o.shuffle, v) }},
	{"probe", 0, "", "[=T]", gSock, "first see for T (3 s) if the host refuses a byte X", setProbe},
	{"pass-fd", 'F', "", "", gSock, "hand the connection to who reads stdout, and leave", func(o *options, v string) error { return setBool(&o.passFD, v) }},
	{"recv-fd", 0, "", "", gUnix, "carry the connection that the peer passes", func(o *options, v string) error { return setBool(&o.recvFD, v) }},
	{"exec", 0, "", "PROG ARGS...", gConn, "a program gets the connection as stdin and stdout", func(o *options, v string) error { return setBool(&o.exec, v) }},
	{"anyone", 0, "", "", gSock, "--exec for peers from other hosts too", func(o *options, v string) error { return setBool(&o.anyone, v) }},
	{"numeric", 'n', "", "", gConn, "look no names or services up", func(o *options, v string) error { return setBool(&o.numeric, v) }},
	{"source", 's', "", "ADDR", gConn, "connect from this address", func(o *options, v string) error { return setText(&o.source, "source", v) }},
	{"source-port", 'p', "", "PORT", gConn, "connect from this port; with -l, listen on it", func(o *options, v string) error { return setText(&o.sourcePort, "source-port", v) }},
	{"interface", 0, "", "NAME", gConn, "use this network interface only", func(o *options, v string) error { return addOpt(o, "bindtodevice", v) }},
	{"backlog", 0, "", "N", gConn, "connections that may wait to be accepted", func(o *options, v string) error { return setCount(&o.backlog, "backlog", v, 1, 1<<30) }},
	{"proxy", 0, "", "URL", gProxy, "connect through socks5://HOST:PORT, http://...", setProxy},
	{"proxy-user", 0, "", "NAME", gProxy, "who we are at the proxy that stands before it", setProxyUser},
	{"proxy-password", 0, "", "FROM", gProxy, "the password is in file:PATH, on fd:N, or ask for it", setProxyPassword},
	{"proxy-basic", 0, "", "asked|at-once", gProxy, "when HTTP is told them", setProxyBasic},

	{"engine", 0, "", "NAME", gConn, "how connections are served; list names them", func(o *options, v string) error { return setText(&o.engine, "engine", v) }},

	{"allow", 0, "", "CIDR", gAccs, "only these addresses may come in (repeatable)", func(o *options, v string) error { return addPrefixes(&o.access.Allow, "allow", v) }},
	{"deny", 0, "", "CIDR", gAccs, "these may not, allowed or not", func(o *options, v string) error { return addPrefixes(&o.access.Deny, "deny", v) }},
	{"allow-uid", 0, "", "UID", gAccs, "only this user's processes may (unix sockets)", addUID},
	{"max-conns", 'm', "", "N", gAccs, "at most N peers at a time; more are refused", func(o *options, v string) error { return setCount(&o.maxConns, "max-conns", v, 1, 1<<30) }},
	{"per-source", 0, "", "N", gAccs, "of them at most N from one address", func(o *options, v string) error { return setCount(&o.perSource, "per-source", v, 1, 1<<30) }},

	{"timeout", 'w', "", "T", gTime, "give up connecting, or if nothing moves, after T", func(o *options, v string) error { return setTime(&o.timeout, "timeout", v) }},
	{"connect-timeout", 0, "", "T", gTime, "give up connecting after T", func(o *options, v string) error { return setTime(&o.connectTimeout, "connect-timeout", v) }},
	{"accept-timeout", 0, "", "T", gTime, "with -l: leave if nobody comes for T", func(o *options, v string) error { return setTime(&o.acceptTimeout, "accept-timeout", v) }},
	{"idle-timeout", 0, "", "T", gTime, "give up a peer when no byte has moved for T", func(o *options, v string) error { return setTime(&o.idle, "idle-timeout", v) }},
	{"deadline", 0, "", "T", gTime, "give up after T in all, waiting included", func(o *options, v string) error { return setTime(&o.deadline, "deadline", v) }},
	{"quit-after", 'q', "", "T", gTime, "leave T after the input's end (-1: never)", setQuit},
	{"interval", 'i', "", "T", gTime, "pause for T after each line sent", func(o *options, v string) error { return setTime(&o.interval, "interval", v) }},
	{"retry", 0, "", "N", gTime, "try N more times to connect, 0.1 s to 5 s apart", func(o *options, v string) error { return setCount(&o.retry, "retry", v, 0, 1<<30) }},

	{"eof", 0, "", "HOW", gData, "what ends do: half, full, keep, each, peer, last", setEOF},
	{"shutdown", 'N', "", "", gData, "the same as --eof=half, the default", func(o *options, v string) error { o.ended = true; return setEOF(o, "half") }},
	{"no-stdin", 'd', "", "", gData, "do not read the input", func(o *options, v string) error { return setBool(&o.noStdin, v) }},
	{"send-only", 0, "", "", gData, "send only, throw away what comes; receive only", func(o *options, v string) error { return setBool(&o.sendOnly, v) }},
	{"recv-only", 0, "", "", gData, "", func(o *options, v string) error { return setBool(&o.recvOnly, v) }},
	{"crlf", 'C', "", "", gData, "send each line with CR LF", func(o *options, v string) error { return setBool(&o.crlf, v) }},
	{"telnet", 't', "", "", gSock, "refuse every telnet option that the peer brings up", func(o *options, v string) error { return setBool(&o.telnet, v) }},
	{"packets", 'W', "", "N", gSock, "leave when N datagrams, or reads, have come", setPackets},
	{"output", 'o', "", "FILE", gData, "write what comes to FILE; add to it", func(o *options, v string) error { return setText(&o.output, "output", v) }},
	{"append", 0, "", "", gData, "", func(o *options, v string) error { return setBool(&o.append, v) }},
	{"hexdump", 'x', "", "[=FILE]", gData, "both directions in hex, on stderr or in FILE", setHexdump},
	{"rate", 0, "", "N", gData, "at most N bytes a second each way (64k, 1M)", setRate},
	{"io", 0, "", "auto|copy|splice", gData, "how bytes move; auto is the fastest way", setIO},
	{"bytes", 0, "", "N", gData, "receive N bytes, no less (--send-only: send)", setBytes},

	{"record", 0, "", "raw|line|len", gDgram, "one datagram is a read, a line, or length + data", setRecord},
	{"max-size", 0, "", "N", gDgram, "largest datagram to send, in bytes", setMaxSize},
	{"broadcast", 'b', "", "", gDgram, "allow broadcast addresses", func(o *options, v string) error { return addOpt(o, "broadcast", v) }},
	{"ttl", 0, "", "N", gSock, "time to live (hops) of what is sent", setTTL},
	{"loop", 0, "", "on|off", gDgram, "whether own multicast is heard here", setLoop},
	{"join", 0, "", "GROUP[,IF]", gDgram, "join a multicast group", func(o *options, v string) error { return setText(&o.join, "join", v) }},
	{"strict", 0, "", "", gDgram, "exit 18 when a datagram was truncated", func(o *options, v string) error { return setBool(&o.strict, v) }},

	{"type", 0, "", "stream|dgram|seqpacket", gUnix, "kind of socket", setType},
	{"mode", 0, "", "0600", gUnix, "permissions of the socket file", setMode},
	{"unlink", 0, "", "HOW", gUnix, "replace a socket file: never, stale, always, leave", setUnlink},
	{"bind", 0, "", "PATH", gUnix, "the client's own name", func(o *options, v string) error { return setText(&o.bindPath, "bind", v) }},
	{"peercred", 0, "", "", gUnix, "say who the peer is (pid, uid, gid)", func(o *options, v string) error { return setBool(&o.peerCred, v) }},

	{"sockopt", 0, "", "NAME=VALUE", gSock, "set a socket option (cat5 sockopt lists them)", func(o *options, v string) error { return addSetting(o, v) }},
	{"nodelay", 0, "", "", gSock, "send small pieces at once (TCP_NODELAY)", func(o *options, v string) error { return addOpt(o, "nodelay", v) }},
	{"keepalive", 0, "", "[=IDLE,INTVL,CNT]", gSock, "probe a silent peer", setKeepalive},
	{"rcvbuf", 0, "", "SIZE", gSock, "receive and send buffer", func(o *options, v string) error { return setBuffer(o, "rcvbuf", v) }},
	{"sndbuf", 0, "", "SIZE", gSock, "", func(o *options, v string) error { return setBuffer(o, "sndbuf", v) }},
	{"tos", 0, "", "VALUE", gSock, "type of service, or traffic class", setTOS},
	{"md5sig", 0, "", "", gSock, "ask for a key, and sign each segment with it (RFC 2385)", func(o *options, v string) error { return setBool(&o.md5, v) }},
	{"user-timeout", 0, "", "T", gSock, "give up on unacknowledged data after T", setUserTimeout},

	{"verbose", 'v', "", "", gOut, "tell what happens; -vv tells more", setVerbose},
	{"explain", 0, "", "[=calls|data]", gOut, "tell each socket call, what it means, TCP's states", setExplain},
	{"quiet", 0, "", "", gOut, "tell errors only", func(o *options, v string) error { return setBool(&o.quiet, v) }},
	{"json", 0, "", "", gOut, "JSON: events, one a line on stderr; results on stdout", func(o *options, v string) error { return setBool(&o.json, v) }},
	{"stats", 0, "", "[=T]", gOut, "tell bytes and rate at the end (and every T)", setStats},
	{"progress", 0, "", "auto|always|never", gOut, "a progress line on the terminal", func(o *options, v string) error { return setChoice(&o.progress, "progress", v) }},
	{"color", 0, "", "auto|always|never", gOut, "colours on stderr", func(o *options, v string) error { return setChoice(&o.color, "color", v) }},
	{"raw", 0, "", "", gOut, "let a peer's control characters through", func(o *options, v string) error { return setBool(&o.raw, v) }},
	{"ready-fd", 0, "", "N", gOut, "write a newline to descriptor N when ready", func(o *options, v string) error { return setCount(&o.readyFD, "ready-fd", v, 1, 1<<20) }},
	{"port-file", 0, "", "FILE", gOut, "write the port listened on to FILE", func(o *options, v string) error { return setText(&o.portFile, "port-file", v) }},
	{"help", 'h', "", "", gOut, "this page", func(o *options, v string) error { return nil }},

	{"kind", 0, "", "KIND", gSock, "only options of tcp, udp6, unix-stream, ...", func(o *options, v string) error { return setText(&o.kind, "kind", v) }},
}

// usageError is a mistake of the one who typed: one sentence, exit 2.
type usageError string

func (e usageError) Error() string { return string(e) }

// badValue is the sentence for a value that a flag cannot take.
func badValue(flag string, err error) error { return usageError("--" + flag + ": " + err.Error()) }

func setBool(p *bool, v string) error {
	*p = v != "false"
	return nil
}

func setVerbose(o *options, v string) error {
	if v != "false" {
		o.verbose++
	}
	return nil
}

func setText(p *string, flag, v string) error {
	if v == "" {
		return usageError("--" + flag + " needs a value")
	}
	*p = v
	return nil
}

func setFamily(o *options, v string, family int) error {
	if v == "false" {
		return nil
	}
	if o.family != 0 && o.family != family {
		return usageError("-4 and -6 exclude each other")
	}
	o.family = family
	return nil
}

func oneOf(flag, v string, words ...string) (int, error) {
	for i, w := range words {
		if v == w {
			return i, nil
		}
	}
	return 0, usageError("--" + flag + ": " + strconv.Quote(v) + " is not one of " + strings.Join(words, ", "))
}

func setChoice(p *choice, flag, v string) error {
	i, err := oneOf(flag, v, "auto", "always", "never")
	*p = choice(i)
	return err
}

func setEOF(o *options, v string) error {
	i, err := oneOf("eof", v, "half", "full", "keep", "each", "peer", "last")
	o.eof = []pump.EOF{pump.Half, pump.Full, pump.Keep, pump.Half, pump.Half, pump.Half}[i]
	o.keepOut, o.peerEnds, o.lastPeer = i == 2 || i == 3, i >= 4, i == 5
	return err
}

// setIO: splice is what auto does wherever the kernel can, so the two words mean the same.
func setIO(o *options, v string) error {
	i, err := oneOf("io", v, "auto", "copy", "splice")
	o.copy = i == 1
	return err
}

func setRecord(o *options, v string) error {
	i, err := oneOf("record", v, "raw", "line", "len")
	o.record = pump.Record(i)
	return err
}

func setUnlink(o *options, v string) error {
	i, err := oneOf("unlink", v, "never", "stale", "always", "leave")
	o.unlink = sock.Unlink(i)
	return err
}

func setType(o *options, v string) error {
	i, err := oneOf("type", v, "stream", "dgram", "seqpacket")
	o.sockType = []int{unix.SOCK_STREAM, unix.SOCK_DGRAM, unix.SOCK_SEQPACKET}[i]
	return err
}

func setCount(p *int, flag, v string, lo, hi int) error {
	n, err := strconv.Atoi(v)
	if err != nil || n < lo || n > hi {
		return usageError("--" + flag + ": " + strconv.Quote(v) + " is not a whole number from " + strconv.Itoa(lo) + " to " + strconv.Itoa(hi))
	}
	*p = n
	return nil
}

func setHexdump(o *options, v string) error {
	o.hexdump = true
	if v != "true" {
		return setText(&o.hexdumpFile, "hexdump", v)
	}
	return nil
}

func setBytes(o *options, v string) (err error) {
	if o.bytes, err = parseSize(v); err != nil {
		return badValue("bytes", err)
	}
	if o.bytes == 0 {
		return usageError("--bytes: 0 bytes is nothing to wait for")
	}
	return nil
}

func setRate(o *options, v string) (err error) {
	if o.rate, err = parseRate(v); err != nil {
		return badValue("rate", err)
	}
	if o.rate == 0 {
		return usageError("--rate: at 0 bytes a second nothing would ever move")
	}
	return nil
}

func setMaxSize(o *options, v string) error {
	n, err := parseSize(v)
	if err != nil {
		return badValue("max-size", err)
	}
	if n < 1 || n > 1<<20 {
		return usageError("--max-size: " + v + " is out of range (1 to 1M)")
	}
	o.maxSize = int(n)
	return nil
}

func setMode(o *options, v string) (err error) {
	if o.mode, err = parseMode(v); err != nil {
		return badValue("mode", err)
	}
	o.hasMode = true
	return nil
}

func addSetting(o *options, s string) error {
	set, err := sockopt.Parse(s)
	if err != nil {
		return usageError(err.Error())
	}
	o.opts = append(o.opts, set)
	return nil
}

// addOpt is the sugar of a named flag over its row of the sockopt table.
func addOpt(o *options, name, v string) error { return addSetting(o, name+"="+v) }
