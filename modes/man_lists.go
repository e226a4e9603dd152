package modes

// The lists of the manual pages: variables, exit codes, and what is to be said of a flag beyond its line in the help.

// manVar is a variable of the environment, or several.
type manVar struct{ name, text string }

var manEnv = []manVar{
	{"CAT5_FLAG", `
Sets the flag --flag, with dashes as underscores: CAT5_TIMEOUT=3 is --timeout 3.
What is typed wins.`},
	{"CAT5_NC", `
Whose letters nc reads: openbsd (the default), traditional or ncat.`},
	{"CAT5_EXPLAIN", `
For nc: 1 shows the command of cat5 that its letters come to; calls and data explain the run as --explain does.`},
	{"NO_COLOR CLICOLOR CLICOLOR_FORCE TERM", `
Whether talk is coloured, when --color does not say: not with NO_COLOR, CLICOLOR=0 or TERM=dumb, else on a terminal and with CLICOLOR_FORCE.`},
	{"NOTIFY_SOCKET", `
A unix datagram socket, a path or an abstract @name, that is told READY=1 when cat5 listens or is connected, and STOPPING=1 when it begins to leave (sd_notify(3)).`},
	{"LISTEN_FDS LISTEN_PID", `
When LISTEN_PID is cat5's own process and LISTEN_FDS is 1, descriptor 3 is the socket to listen on, made and bound by a service manager (sd_listen_fds(3)).
The address is then left out.
A socket of another kind, or more than one, is refused with 45.`},
	{"PATH", `
Where a program is looked for.`},
}

// manExit is an exit code.
type manExit struct {
	code, text string
	data       bool   // of commands that carry bytes only
	flags      string // of commands only that have one of these flags
}

var manExits = []manExit{
	{code: "0", text: "All went as asked."},
	{code: "1", text: "A negative result, or denied by policy."},
	{code: "2", text: "A mistake in the command line. Nothing was opened, made or sent."},
	{code: "6", text: "A name did not resolve.", flags: "numeric listen"},
	{code: "7", text: "No address answered.", data: true},
	{code: "18", text: "It ended short of --bytes, or a datagram was truncated under --strict.", flags: "bytes strict"},
	{code: "23", text: "Writing here failed."},
	{code: "26", text: "Reading here failed."},
	{code: "28", text: "A time was over.", flags: "timeout connect-timeout idle-timeout deadline"},
	{code: "45", text: "It cannot bind or listen.", flags: "ready-fd listen"},
	{code: "55", text: "Sending failed. How many bytes are unsent is said.", data: true},
	{code: "56", text: "Receiving failed: a reset, or ICMP. What had come was delivered first.", data: true},
	{code: "125", text: "A bug in cat5."},
	{code: "126", text: "The program cannot be run.", flags: "exec"},
	{code: "127", text: "There is no such program.", flags: "exec"},
	{code: "128+n", text: "It died of signal n."},
}

// manFlagText is what a flag's line in the help has no room for.
type manFlagText struct{ name, arg, text string }

// manFlag is the text for a row; the same name with another value is another flag.
func manFlag(r *flagRow) string {
	for _, f := range manFlagTexts {
		if f.name == r.name && f.arg == r.arg {
			return f.text
		}
	}
	return ""
}

var manFlagTexts = []manFlagText{
	{"listen", "", "An ADDRESS that is a name has to be one of this host."},
	{"exec", "PROG ARGS...", "It takes every word that follows, whatever that looks like, and no shell reads them. Its standard error is ours, and its exit code becomes ours."},
	{"source-port", "PORT", "Ports below 1024 are for root."},
	{"interface", "NAME", "Packets that come in on another one are not seen (socket(7), SO_BINDTODEVICE)."},
	{"backlog", "N", "The kernel's own bound, net.core.somaxconn, holds as well (listen(2))."},
	{"proxy", "URL", "Kinds are socks5, socks4, socks4a, http and http1.0, as KIND://[USER@]HOST[:PORT]. Several, or several with commas between them, are a chain. Socks5, socks4a and http resolve the name there."},
	{"proxy-password", "FROM", "Never in the command line, where every user of the host can read it."},
	{"timeout", "T", "It stands for --connect-timeout and --idle-timeout, where these are not given."},
	{"deadline", "T", "Whatever still moves."},
	{"quit-after", "T", "Without it a TCP or unix stream waits for the peer's end, however long that takes."},
	{"retry", "N", "The pause doubles each time."},
	{"eof", "HOW", "With half, our end is passed on and the peer is heard to its own. With full, the first end ends both. With keep, our end is not passed on, and the peer's ends both. With each, our end is not passed on, and each direction ends by itself. With peer, our end is passed on, and the peer's ends both. Last is peer, and with --keep-open the peer that is there when our input ends is the last one."},
	{"crlf", "", "A line that ends in CR LF already stays as it is."},
	{"hexdump", "[=FILE]", "Lines with > went out, lines with < came in."},
	{"rate", "N", "Of stream sockets and of datagrams."},
	{"io", "auto|copy|splice", "The kernel can move bytes between a pipe and a socket without copying them (splice(2)), and throw away what goes to /dev/null."},
	{"bytes", "N", "Exit 18 says that there were fewer."},
	{"output", "FILE", "What was in FILE is given up only when there is a peer."},
	{"record", "raw|line|len", "A length is four bytes, the highest first."},
	{"join", "GROUP[,IF]", "The interface is its name, or an address of it."},
	{"ttl", "N", "For multicast too, where 1 stays on the local network."},
	{"mode", "0600", "The file has it from the first moment; without the flag the umask decides."},
	{"unlink", "HOW", "With stale, a socket that nobody listens on is replaced; with always, any socket; with leave, the same, and our own stays when we leave. A file that is no socket is never touched."},
	{"bind", "PATH", "A datagram socket without one gets an abstract name from the kernel, so that it can be answered."},
	{"peercred", "", "They are what they were at connect(2) or listen(2)."},
	{"sockopt", "NAME=VALUE", "What the kernel made of the value is told with --verbose. See cat5-sockopt(1)."},
	{"keepalive", "[=IDLE,INTVL,CNT]", "After IDLE seconds of silence, every INTVL seconds; CNT probes without an answer end the connection (tcp(7))."},
	{"user-timeout", "T", "TCP_USER_TIMEOUT of tcp(7)."},
	{"explain", "[=calls|data]", "With data, the calls that carry bytes as well, with what they carry."},
	{"json", "", "A line is at most 4096 bytes, so that lines of several processes on one pipe do not mix (pipe(7))."},
	{"stats", "[=T]", "SIGUSR1 tells them at any time."},
	{"raw", "", "Without it they are made visible, on a terminal only: a peer cannot move the cursor or rename the window."},
	{"ready-fd", "N", "Ready is when it listens, or a client is connected. The descriptor is closed then."},
	{"port-file", "FILE", "The file is there when the number is whole."},
	{"allow", "CIDR", "Checked when a peer comes, before it is served."},
}

// manOverviewExamples are those of cat5(1).
const manOverviewExamples = `
A chat: one listens, the other connects; what is typed here appears there.
  host$ cat5 tcp -l 8000
  here$ cat5 tcp host 8000

A folder over a socket; an exit code of 0 says that all of it has arrived.
  host$ cat5 tcp -l 9000 | tar x
  here$ tar c . | cat5 tcp host 9000

A script that needs a server, and learns its port:
  $ cat5 echo --port-file port --ready-fd 3 0 3>ready &
  $ cat5 wait --timeout 10 localhost:5432 -- ./start-the-app`
