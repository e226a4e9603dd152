package modes

import (
	"strings"

	"cat5/io/sock"
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// relaySide is one of relay's two addresses, as it was typed.
type relaySide struct {
	endpoint
	stdio  bool // "-"
	listen bool
	typ    int // unix.SOCK_STREAM, SOCK_DGRAM or SOCK_SEQPACKET
}

func (s *relaySide) String() string {
	switch {
	case s.stdio:
		return "-"
	case s.listen && s.words() == nil:
		return "listen:" + s.network
	case s.listen:
		return "listen:" + s.endpoint.String()
	}
	return s.endpoint.String()
}

// lent says whether word is a listener without an address, whose socket a service manager passes; then s is that.
func (s *relaySide) lent(word string) bool {
	rest, listen := strings.CutPrefix(word, "listen:")
	if !listen {
		return false
	}
	*s = relaySide{endpoint: endpoint{network: rest}, listen: true, typ: unix.SOCK_STREAM}
	switch rest {
	case "tcp", "unix":
		return true
	case "udp":
		s.typ = unix.SOCK_DGRAM
		return true
	case "unix-seqpacket":
		s.network, s.typ = "unix", unix.SOCK_SEQPACKET
		return true
	}
	return false
}

// words is the address as operands.
func (s *relaySide) words() []string {
	switch {
	case s.network == "unix" && s.path != "":
		return []string{s.path}
	case s.network != "unix" && s.hosts.Port != "":
		return []string{s.hosts.String()}
	}
	return nil
}

// unixTypes are the prefixes that say which kind of unix socket.
var unixTypes = []struct {
	prefix string
	typ    int
}{{"unix", unix.SOCK_STREAM}, {"unix-dgram", unix.SOCK_DGRAM}, {"unix-seqpacket", unix.SOCK_SEQPACKET}}

// parseSide reads an address of relay: those of every command in one word (see parseEndpoint), with listen: before one
// that is to be listened on, unix-dgram: and unix-seqpacket: for the other unix sockets, and - for stdin and stdout.
func parseSide(word string, family int) (relaySide, error) {
	if word == "-" {
		return relaySide{stdio: true}, nil
	}
	if err := notSocat(word); err != nil {
		return relaySide{}, err
	}
	s := relaySide{typ: unix.SOCK_STREAM}
	rest, listen := strings.CutPrefix(word, "listen:")
	s.listen = listen
	if rest == "-" {
		return s, usageError("address " + quoted(word) + ": nobody can be listened for on stdin")
	}
	for _, u := range unixTypes {
		if path, ok := strings.CutPrefix(rest, u.prefix+":"); ok {
			s.typ = u.typ
			rest = "unix:" + path
		}
	}
	var err error
	if !listen || strings.HasPrefix(rest, "unix:") || strings.ContainsAny(rest, "/@") {
		s.endpoint, err = parseEndpoint(rest)
	} else {
		err = s.parseListener(rest, family)
	}
	if s.network == "udp" {
		s.typ = unix.SOCK_DGRAM
	}
	if err == nil && strings.Contains(s.hosts.Host, ",") {
		return s, usageError("address " + quoted(word) + ": a host's name has no comma")
	}
	return s, err
}

// parseListener reads [tcp:|udp:][ADDRESS:]PORT. Without an address nobody but this host can come in: [::] is for all.
func (s *relaySide) parseListener(rest string, family int) (err error) {
	s.network = "tcp"
	for _, n := range []string{"tcp", "udp"} {
		if after, ok := strings.CutPrefix(rest, n+":"); ok {
			s.network, rest = n, after
			break
		}
	}
	if s.hosts, err = sock.ParseWord(rest, true); err != nil {
		return usageError(err.Error())
	}
	if s.hosts.Host == "" {
		s.hosts.Host = "127.0.0.1"
		if family == unix.AF_INET6 {
			s.hosts.Host = "::1"
		}
	}
	return nil
}

// socatNames are the kinds of addresses of the tool that many know, and ours. Those of a family become the same with -4
// or -6.
var socatNames = []struct{ theirs, ours string }{
	{"tcp-listen", "listen:tcp:"}, {"tcp-l", "listen:tcp:"}, {"tcp-connect", "tcp:"},
	{"udp-listen", "listen:udp:"}, {"udp-l", "listen:udp:"}, {"udp-recvfrom", "listen:udp:"}, {"udp-connect", "udp:"}, {"udp-sendto", "udp:"},
	{"unix-listen", "listen:unix:"}, {"unix-l", "listen:unix:"}, {"unix-connect", "unix:"}, {"unix-client", "unix:"},
	{"abstract-listen", "listen:unix:@"}, {"abstract-connect", "unix:@"}, {"abstract-client", "unix:@"},
	{"unix-recvfrom", "listen:unix-dgram:"}, {"unix-sendto", "unix-dgram:"},
	{"tcp", "tcp:"}, {"udp", "udp:"}, {"unix", "unix:"}, {"stdio", "-"}, {"stdin", "-"}, {"stdout", "-"},
}

// notSocat recognises an address that is written for socat, whose names may be in capitals, may say the family, and are
// followed by options after commas. The error says how it is written here.
func notSocat(word string) error {
	name, rest, _ := strings.Cut(word, ":")
	plain := strings.ToLower(name)
	flag := ""
	for _, v := range []string{"4", "6"} {
		for _, proto := range []string{"tcp", "udp"} {
			if tail, ok := strings.CutPrefix(plain, proto+v); ok {
				plain, flag = proto+tail, "-"+v+" "
			}
		}
	}
	operand, opts, hasOpts := strings.Cut(rest, ",")
	for _, n := range socatNames {
		if n.theirs != plain {
			continue
		}
		if !hasOpts && name == strings.TrimSuffix(n.ours, ":") && n.ours != "-" {
			return nil // it is written the same way here
		}
		if n.ours == "-" {
			return usageError("address " + quoted(word) + ": that is written -")
		}
		if strings.HasPrefix(n.ours, "unix:") && name == "unix" {
			return nil // a path may have a comma
		}
		ours := n.ours + operand
		for _, o := range strings.Split(opts, ",") {
			if host, ok := strings.CutPrefix(o, "bind="); ok && strings.HasPrefix(n.ours, "listen:") {
				if strings.Contains(host, ":") && !strings.HasPrefix(host, "[") {
					host = "[" + host + "]"
				}
				ours = n.ours + host + ":" + operand
			}
		}
		s := "address " + quoted(word) + ": here that is written " + flag + sys.SafeName(ours)
		if hasOpts {
			s += ", and options are flags (every connection is served without fork)"
		}
		return usageError(s)
	}
	switch plain {
	case "exec", "system", "shell":
		return usageError("address " + quoted(word) + ": relay joins addresses; a program for each connection is cat5 listen --exec")
	}
	return nil
}
