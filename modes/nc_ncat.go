package modes

import "strings"

// ncat: its letters, its long options, and what they come to. Many peers at once are cat5 listen's business.

// What ncat has no letter for.
const (
	ncatAllow byte = iota + 1
	ncatDeny
	ncatBroker
	ncatChat
	ncatNoShutdown
	ncatProxy
	ncatProxyType
	ncatProxyAuth
	ncatProxyDNS
	ncatSendOnly
	ncatRecvOnly
	ncatTLS
	ncatTLSWith
	ncatSCTP
	ncatVsock
	ncatLua
	ncatHosts
	ncatAppend
	ncatVersion
)

// ncatLetters are ncat's short options; those without a letter are numbered.
func ncatLetters() []ncLetter {
	return []ncLetter{
		{'4', "", nil}, {'6', "", nil}, {'U', "", nil},
		{'C', "--crlf", nil},
		{'c', "", ncText},
		{'d', "--interval=", ncatTime}, // a pause between reads and writes
		{'e', "", ncText},
		{'h', "", nil},
		{'i', "--idle-timeout=", ncatTime},
		{'k', "--keep-open", nil},
		{'l', "--listen", nil},
		{'m', "", ncRange("number of connections", 1, 1<<31-1)},
		{'n', "--numeric", nil},
		{'o', "", func(string) (string, string) { return "", "no session log as ncat has it; -x FILE is one in hex" }},
		{'p', "", ncText},
		{'s', "", ncText},
		{'t', "--telnet", nil},
		{'u', "", nil},
		{'v', "--verbose", nil},
		{'w', "--connect-timeout=", ncatTime},
		{'x', "--hexdump=", ncText},
		{'z', "--zero-io", nil},
		{'g', "", ncSourceRoute}, {'G', "", ncSourceRoute},

		{ncatAllow, "", ncText}, {ncatDeny, "", ncText},
		{ncatBroker, "", nil},
		{ncatChat, "", nil},
		{ncatNoShutdown, "", nil},
		{ncatProxy, "", ncText},
		{ncatProxyType, "", ncatProxyKind},
		{ncatProxyAuth, "", func(string) (string, string) {
			return "", "a password in a command line can be read by every user of this host: cat5 tcp --proxy http://USER@HOST:PORT --proxy-password file:PATH"
		}},
		{ncatProxyDNS, "", ncatProxyNames},
		{ncatSendOnly, "--send-only", nil},
		{ncatRecvOnly, "--recv-only", nil},
		{ncatTLS, "", ncatNot("TLS")}, {ncatTLSWith, "", ncatNot("TLS")}, {ncatSCTP, "", ncatNot("SCTP")}, {ncatVsock, "", ncatNot("vsock")},
		{ncatLua, "", ncatNot("Lua")}, {ncatHosts, "", ncatNot("a file of hosts (--allow and --deny are)")}, {ncatAppend, "", ncatNot("adding to a dump")},
		{ncatVersion, "", nil},
	}
}

// ncLong is a long option and the letter that it stands for.
type ncLong struct {
	name string
	c    byte
}

func ncatLongs() []ncLong {
	return []ncLong{
		{"allow", ncatAllow}, {"allowfile", ncatHosts}, {"append-output", ncatAppend}, {"broker", ncatBroker}, {"chat", ncatChat}, {"crlf", 'C'},
		{"delay", 'd'}, {"deny", ncatDeny}, {"denyfile", ncatHosts}, {"exec", 'e'}, {"help", 'h'}, {"hex-dump", 'x'}, {"idle-timeout", 'i'},
		{"keep-open", 'k'}, {"listen", 'l'}, {"lua-exec", ncatLua}, {"max-conns", 'm'}, {"no-shutdown", ncatNoShutdown}, {"nodns", 'n'},
		{"output", 'o'}, {"proxy", ncatProxy}, {"proxy-auth", ncatProxyAuth}, {"proxy-dns", ncatProxyDNS}, {"proxy-type", ncatProxyType},
		{"recv-only", ncatRecvOnly}, {"sctp", ncatSCTP}, {"send-only", ncatSendOnly}, {"sh-exec", 'c'}, {"source", 's'}, {"source-port", 'p'},
		{"ssl", ncatTLS}, {"ssl-alpn", ncatTLSWith}, {"ssl-cert", ncatTLSWith}, {"ssl-ciphers", ncatTLSWith}, {"ssl-key", ncatTLSWith},
		{"ssl-servername", ncatTLSWith}, {"ssl-trustfile", ncatTLSWith}, {"ssl-verify", ncatTLS}, {"telnet", 't'}, {"udp", 'u'}, {"unixsock", 'U'},
		{"verbose", 'v'}, {"version", ncatVersion}, {"vsock", ncatVsock}, {"wait", 'w'},
	}
}

// long takes one long option as getopt_long(3) does: "--name=value" or "--name value", the name as short as it is clear.
// It returns what is left of argv.
func (w *ncWords) long(d *ncDialect, word string, argv []string) ([]string, error) {
	wrong := func(text string) error { return &ncRefusal{text: text, usage: true, bare: true} }
	name, v, given := strings.Cut(word, "=")
	var found []ncLong
	for _, l := range d.longs {
		if l.name == name {
			found = []ncLong{l}
			break
		}
		if strings.HasPrefix(l.name, name) {
			found = append(found, l)
		}
	}
	switch {
	case len(found) == 0:
		return nil, wrong("unrecognized option '--" + name + "'")
	case len(found) > 1:
		all := ""
		for _, l := range found {
			all += " '--" + l.name + "'"
		}
		return nil, wrong("option '--" + name + "' is ambiguous; possibilities:" + all)
	}
	l := d.letter(found[0].c)
	switch {
	case l.value == nil && given:
		return nil, wrong("option '--" + found[0].name + "' doesn't allow an argument")
	case l.value != nil && !given && !ncatAlone(l.c):
		if len(argv) == 0 {
			return nil, wrong("option '--" + found[0].name + "' requires an argument")
		}
		v, argv = argv[0], argv[1:]
	}
	return argv, w.take(l, v)
}

// ncatAlone says that an option takes no value: it has one here only to be refused.
func ncatAlone(c byte) bool {
	return c == ncatTLS || c == ncatSCTP || c == ncatVsock || c == ncatAppend
}

func ncatNot(what string) func(string) (string, string) {
	return func(string) (string, string) { return "", what + " is not supported" }
}

// ncatTime is a time in ncat's notation, which cat5's is too: 3, 0.5, 250ms, 2m.
func ncatTime(v string) (string, string) {
	if d, err := parseDuration(v); err != nil || d == 0 {
		return "", "invalid time " + v
	}
	return v, ""
}

func ncatProxyKind(v string) (string, string) {
	switch v {
	case "http", "socks4", "socks5":
		return v, ""
	}
	return "", "invalid proxy type " + v
}

// ncatProxyNames: names go to the proxy, where it takes them; ncat's "none" forbids names altogether, which -n does here.
func ncatProxyNames(v string) (string, string) {
	switch v {
	case "remote", "both":
		return v, ""
	case "local", "none":
		return "", "--proxy-dns " + v + " is not supported: a name goes to the proxy"
	}
	return "", "invalid proxy DNS type " + v
}

// ncatTranslate: the end of our input is passed on, and the peer's end ends a server.
func ncatTranslate(w *ncWords) ([]string, error) {
	w.splits = true
	listen := w.has("l")
	if err := w.ncatConflicts(listen); err != nil {
		return nil, err
	}
	if listen && len(w.operands) == 0 && !w.has("p") && w.family != 'U' {
		w.operands = []string{"31337"} // ncat's own
	}
	if len(w.operands) == 1 && !listen && w.family != 'U' {
		w.operands = append(w.operands, "31337")
	}
	many := w.seen[ncatBroker] || w.seen[ncatChat] || w.has("k") && !w.has("Ctdxz") && !w.seen[ncatSendOnly]
	if listen && many && w.network() != "udp" {
		return w.ncatMany()
	}
	if (w.seen[ncatAllow] || w.seen[ncatDeny]) && w.network() != "tcp" {
		return nil, ncRefuse("--allow and --deny are for TCP connections")
	}
	more := w.access()
	switch {
	case listen && w.has("ec"):
		if w.network() == "tcp" && !w.seen[ncatAllow] { // ncat asks nobody
			more = append(more, "--anyone")
		}
	case listen && w.seen[ncatNoShutdown]:
		more = append(more, "--eof=keep")
	case listen:
		more = append(more, "--eof=peer")
	case w.seen[ncatNoShutdown] && !w.has("zec"):
		more = append(more, "--eof=each")
	}
	if !listen && w.network() == "udp" {
		more = append(more, "--quit-after=-1")
	}
	if w.seen[ncatProxy] {
		kind := w.value[ncatProxyType]
		if kind == "" {
			kind = "http"
		}
		more = append(more, "--proxy="+kind+"://"+w.value[ncatProxy])
	}
	return w.common(ncatLetters(), more...)
}

func (w *ncWords) ncatConflicts(listen bool) error {
	peers := w.seen[ncatBroker] || w.seen[ncatChat]
	switch {
	case !listen && (w.has("k") || peers || w.seen[ncatAllow] || w.seen[ncatDeny]):
		return ncRefuse("-k, --broker, --chat, --allow and --deny are for -l")
	case w.has("ec") && w.has("u"):
		return ncRefuse("-e and -c are for connections: -u has none")
	case listen && w.seen[ncatProxyType] && !w.seen[ncatProxy]:
		return ncRefuse("to be a proxy (-l with --proxy-type) is not supported")
	case peers && w.has("ec"):
		return ncRefuse("--broker and --chat have no place for a program")
	case peers && w.has("u"):
		return ncRefuse("--broker and --chat are for connections: -u has none")
	case w.seen[ncatProxy] && (listen || w.has("u") || w.family == 'U'):
		return ncRefuse("--proxy is for a client's TCP connection")
	case w.seen[ncatSendOnly] && w.seen[ncatRecvOnly]:
		return ncRefuse("--send-only and --recv-only leave nothing to do")
	}
	return nil
}

// ncatMany is a server of many at once.
func (w *ncWords) ncatMany() ([]string, error) {
	network := w.network()
	host, ports, err := w.place(network)
	if err != nil {
		return nil, err
	}
	args := []string{"listen"}
	add := func(yes bool, flag string) {
		if yes {
			args = append(args, flag)
		}
	}
	add(!w.has("v"), "--quiet")
	add(w.family == '4' || w.family == '6', "--ipv"+string(w.family))
	add(w.has("n") && network != "unix", "--numeric")
	add(w.has("m"), "--max-conns="+w.value['m'])
	add(w.has("i") && !w.has("ec"), "--idle-timeout="+w.value['i'])
	add(w.seen[ncatRecvOnly], "--no-stdin")
	add(w.seen[ncatBroker] && !w.seen[ncatChat], "--broker")
	add(w.seen[ncatChat], "--chat")
	args = append(args, w.access()...)
	if w.has("ec") && !w.seen[ncatAllow] && network != "unix" { // ncat asks nobody
		args = append(args, "--allow=0.0.0.0/0", "--allow=::/0")
	}
	args = append(args, network)
	if host != "" {
		args = append(args, host)
	}
	return append(append(args, ports...), w.program()...), nil
}

// access is --allow and --deny.
func (w *ncWords) access() (args []string) {
	for _, l := range []struct {
		c    byte
		flag string
	}{{ncatAllow, "--allow="}, {ncatDeny, "--deny="}} {
		for _, one := range strings.FieldsFunc(w.value[l.c], func(r rune) bool { return r == ',' || r == ' ' }) {
			args = append(args, l.flag+one)
		}
	}
	return args
}
