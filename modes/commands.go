package modes

import "strings"

// Groups of commands, in the order of the help.
const (
	groupConnect = "Connect"
	groupServe   = "Serve"
	groupLook    = "Look"
	groupLearn   = "Learn"
)

// entry is a command by name; the command itself, with its flags and pages, is made when it is chosen.
type entry struct {
	name string
	make func() *command
}

// commands is every command, in the order of the help.
func commands() []entry {
	return []entry{
		{"tcp", tcpCommand},
		{"udp", udpCommand},
		{"unix", unixCommand},

		{"listen", listenCommand},
		{"echo", echoCommand},
		{"http", httpCommand},
		{"bench", benchCommand},
		{"relay", relayCommand},

		{"scan", scanCommand},
		{"wait", waitCommand},

		{"state", stateCommand},

		{"probe", probeCommand},
		{"inet", inetCommand},
		{"sockopt", sockoptCommand},
		{"keepalive", keepaliveCommand},
		{"shutdown", shutdownCommand},
		{"demo", demoCommand},
		{"nc", ncCommand},
		{"completion", completionCommand},
		{"man", manCommand},
		{"version", versionCommand},
	}
}

func findCommand(name string) *command {
	for _, c := range commands() {
		if c.name == name {
			return c.make()
		}
	}
	return nil
}

func unknownCommand(name string) error {
	var names []string
	for _, c := range commands() {
		names = append(names, c.name)
	}
	s := "unknown command " + quoted(name)
	if near := nearest(strings.ToLower(name), names); near != "" {
		s += ": did you mean " + near + "?"
	} else if strings.HasPrefix(name, "-") {
		s += ": a command comes first, as in cat5 tcp -l 8000"
	} else if name == "localhost" || strings.ContainsAny(name, ".:") {
		s += ": a command comes first, as in cat5 tcp HOST PORT"
	}
	return usageError(s)
}

// Flags that several commands share.
const (
	connFlags  = "listen keep-open numeric backlog zero-io "
	inetFlags  = "ipv4 ipv6 source source-port interface shuffle pass-fd "
	proxyFlags = "proxy proxy-user proxy-password proxy-basic "
	timeFlags  = "timeout connect-timeout accept-timeout idle-timeout deadline quit-after interval retry "
	dataFlags  = "eof shutdown no-stdin send-only recv-only crlf output append hexdump rate bytes packets io "
	dgrmFlags  = "record max-size strict "
	sockFlags  = "sockopt rcvbuf sndbuf "
	outFlags   = "verbose quiet json stats progress color raw ready-fd port-file help "
)

func tcpCommand() *command {
	return &command{
		name: "tcp", group: groupConnect, usage: "HOST PORT... | -l [ADDRESS] PORT", short: "a TCP connection, as client or (-l) as server",
		examples: []string{
			"cat5 tcp localhost 8000        # type to a server, see what it says",
			"cat5 tcp -l 8000               # be the server; two of these are a chat",
			"tar c . | cat5 tcp host 9000   # there: cat5 tcp -l 9000 | tar x",
			"cat5 tcp -v -w 3 localhost 80  # is it open, and how fast",
		},
		json:  "events as JSON, one a line on stderr",
		flags: strings.Fields(connFlags + inetFlags + proxyFlags + timeFlags + dataFlags + sockFlags + "exec anyone allow deny md5sig telnet nodelay keepalive tos ttl user-timeout " + outFlags),
		run: func(e *Env, o *options, operands []string) error {
			return runCable(e, o, "tcp", operands)
		},
	}
}

func udpCommand() *command {
	return &command{
		name: "udp", group: groupConnect, usage: "HOST PORT... | -l [ADDRESS] PORT", short: "UDP datagrams, as client or (-l) as server",
		examples: []string{
			"cat5 udp localhost 8000                    # each line typed is a datagram",
			"cat5 udp -l 8000                           # answers go to the first sender",
			"echo 'hits:1|c' | cat5 udp localhost 8125  # leaves after 1 s of silence",
			"cat5 udp -l --join 239.1.1.1 5000          # hear a multicast group",
		},
		json:  "events as JSON, one a line on stderr",
		flags: strings.Fields(connFlags + inetFlags + timeFlags + dataFlags + dgrmFlags + "probe broadcast ttl loop join " + sockFlags + "tos " + outFlags),
		run: func(e *Env, o *options, operands []string) error {
			return runCable(e, o, "udp", operands)
		},
	}
}

func unixCommand() *command {
	return &command{
		name: "unix", group: groupConnect, usage: "PATH | @NAME", short: "a unix socket, as client or (-l) as server",
		examples: []string{
			"cat5 unix /run/app.sock                # talk to a local service",
			"cat5 unix -l --mode 0600 ./my.sock     # be one, for this user only",
			"cat5 unix --type dgram /run/log.sock   # answers come to a name of its own",
			"cat5 unix -l @chat                     # an abstract name: no file",
		},
		json:  "events as JSON, one a line on stderr",
		flags: strings.Fields("listen keep-open backlog zero-io " + timeFlags + dataFlags + dgrmFlags + "exec type mode unlink bind peercred recv-fd sockopt sndbuf " + outFlags),
		run: func(e *Env, o *options, operands []string) error {
			return runCable(e, o, "unix", operands)
		},
	}
}
