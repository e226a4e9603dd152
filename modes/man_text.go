package modes

// What manual pages say beyond the tables: mdoc.prose marks it up. It is plain data: nothing runs at start.

// manText is the hand-written part of a command's page.
type manText struct {
	name    string
	text    string // its description; "": what its help says
	exits   string // before the table of exit codes
	see     string
	caveats string
}

func manTextOf(name string) manText {
	for _, t := range manTexts {
		if t.name == name {
			return t
		}
	}
	return manText{}
}

var manTexts = []manText{
	{name: "", see: "cat5-tcp(1) cat5-nc(1) ip(7) socket(7) tcp(7) udp(7) unix(7)", text: `
cat5 carries bytes between its standard input and output and a socket, without losing one in silence: what came in on one side went out on the other, or the exit code and one sentence say otherwise.
And it shows what the kernel does.

Addresses are the same everywhere: HOST PORT, HOST:PORT or [V6]:PORT; a listener also takes PORT and :PORT, and 0 for a port that the kernel chooses.
A unix socket is a PATH, or @NAME for an abstract one.
A PORT may be a service's name (services(5)).

Flags may stand anywhere before "--".
A short flag's value may be attached to it, and short flags may be bundled.
The same flag means the same in every command that has it.
There is no configuration file.

In the Connect and Serve commands standard output carries the peer's bytes and nothing else; all talk is on standard error.
With --json it is one event a line there, the last of which is "exit".
The Look and Learn commands print their result on standard output, with --json as one document.

"cat5 help COMMAND" is a page that fits a screen, and "cat5 help flags" explains every flag in a line.`,
		caveats: `
Exit 0 of a TCP sender says that the peer's kernel has acknowledged every byte.
Whether the peer's program has read them no kernel can tell.

What a datagram's sender is told of its loss is up to ICMP, which networks drop: silence proves nothing.`},

	{name: "tcp", see: "cat5-listen(1) cat5-relay(1) cat5-probe(1) cat5-udp(1) cat5-unix(1) socket(7) tcp(7)", text: `
Connects to PORT of HOST, or with --listen waits there for one peer, and carries bytes both ways between it and the standard descriptors.

Every address of a name is tried, a quarter of a second apart, and the first that answers wins (RFC 8305).
Several ports, or LO-HI, are connected to one after the other.

The end of the input is passed on as a FIN (a half-close), and what the peer still has to say is heard to its end.
On a terminal the end is typed as ^D, and what the peer sends is shown safely: its control characters are made visible.

A listener without an ADDRESS listens on every address of this host, IPv6 and IPv4.
It takes one peer; with --keep-open the next one when that has gone.
For many at once there is cat5-listen(1).

On SIGUSR1 the account so far is told.
SIGINT, SIGTERM and SIGHUP end the run; it then dies of the signal, as a shell expects it.`,
		caveats: `
A proxy acknowledges bytes itself: through one, exit 0 says that the proxy has them.
Some proxies end both directions when one ends; then use --eof=keep with --quit-after.

With --listen and --exec a program is served to whoever reaches the address, so anything but a loopback address needs --anyone.`},

	{name: "udp", see: "cat5-tcp(1) cat5-listen(1) socket(7) udp(7)", text: `
Sends what is read from standard input as datagrams, and writes what comes to standard output.
What one datagram is --record says: what one read returned, a line, or a length of four bytes and the data.

A client whose input has ended leaves when no answer has come for a second, as there is no end that could be heard; on a terminal it stays until ^C.
A listener answers the first sender; with --keep-open everybody is heard and the latest is answered.
An ICMP error of the peer's host ends the run with 56.`,
		caveats: `
A datagram may be lost, doubled or overtaken on the way, and nobody is told of it.
Exit 0 says that the kernel here took each.`},

	{name: "unix", see: "cat5-tcp(1) cat5-listen(1) unix(7)", text: `
Connects to the unix socket at PATH, or with --listen is one, and carries bytes both ways between it and the standard descriptors.
@NAME is an abstract socket, which has no file.

A listener's file has its permissions from the first moment, and is removed when cat5 leaves, if it is still the one that was made.
A path that is too long for a socket's address (107 bytes, unix(7)) works all the same.`,
		caveats: `
What is sent to an abstract socket anybody in the same network namespace may hear who bound the name first.`},

	{name: "listen", see: "cat5-tcp(1) cat5-echo(1) cat5-relay(1) cat5-unix(1)", text: `
Serves many peers at once on one loop.
Without one of the flags below, what peers send comes out here, and what is typed here goes to all of them.

A peer that takes nothing holds up the others for --stall-timeout at most, and then has to go.`},

	{name: "echo", see: "cat5-bench(1) cat5-listen(1) cat5-tcp(1) epoll(7)"},
	{name: "http", see: "cat5-relay(1) cat5-tcp(1)", caveats: `
There is no TLS and no password: what is in the folder is for everybody who reaches the address.`},
	{name: "bench", see: "cat5-echo(1) cat5-probe(1)", exits: `The following codes are used:`},
	{name: "relay", see: "cat5-listen(1) cat5-tcp(1) cat5-unix(1)", caveats: `
What B trusts because it comes from this host, it trusts from whoever reaches A.`},
	{name: "scan", see: "cat5-nc(1) cat5-probe(1) cat5-wait(1) tcp(7) udp(7)", exits: `
0 says that something is open, 1 that nothing is.`, caveats: `
Silence is not an answer: "filtered" and "open|filtered" say no more than that none came.
Ask again, or on the host itself: cat5-state(1).`},
	{name: "wait", see: "cat5-probe(1) cat5-scan(1)", exits: `
With a COMMAND its exit code is that of cat5-wait, as the command takes its place.`},
	{name: "state", see: "cat5-probe(1) cat5-scan(1) netlink(7) tcp(7) unix(7)", exits: `
0 says that something was found, 1 that nothing was.`, caveats: `
Whose a socket is the kernel tells of one's own processes only, and root of all.`},
	{name: "probe", see: "cat5-keepalive(1) cat5-scan(1) cat5-state(1) cat5-wait(1) tcp(7)", exits: `
0 says that all answered, 1 that not all did.`},
	{name: "inet", see: "cat5-sockopt(1) inet(3) byteorder(3) ip(7) ipv6(7) unix(7)"},
	{name: "sockopt", see: "cat5-inet(1) getsockopt(2) ip(7) ipv6(7) socket(7) tcp(7) udp(7) unix(7)"},
	{name: "keepalive", see: "cat5-probe(1) cat5-shutdown(1) cat5-state(1) tcp(7)", exits: `
0 says that the peer answers, 28 that it does not, 56 that it was restarted or reset the connection.`},
	{name: "shutdown", see: "cat5-demo(1) cat5-keepalive(1) close(2) shutdown(2) tcp(7)"},
	{name: "demo", see: "cat5-tcp(1) cat5-udp(1) cat5-unix(1)", exits: `
0 says that every byte came back.`},
	{name: "completion", see: "cat5-man(1)"},
	{name: "man", see: "cat5-completion(1) man(1)", text: `
Shows the manual page of COMMAND, or of cat5 itself.
On a terminal it becomes mandoc(1) or, where that is not installed, man(1), with the page as its input; elsewhere it prints the page's source, in mdoc(7).

The pages are made when they are asked for, from the same tables as the help.`},
	{name: "version", see: "cat5-man(1)", text: `
Says the version of cat5, if it has one, the commit that it was built from, its day, and the version of Go that built it.
"+dirty" says that the commit had been changed.`},
	manNC,
}

// manNC is what cat5-nc(1) says by hand.
var manNC = manText{name: "nc", see: "cat5-scan(1) cat5-tcp(1) cat5-udp(1) cat5-unix(1) nc(1)", text: `
Takes what OpenBSD netcat takes, as Debian ships it, says what it says and exits as it exits.
The binary does the same when it is called through a link named nc or netcat.

Each letter becomes a flag of cat5-tcp(1), cat5-udp(1) or cat5-unix(1); CAT5_EXPLAIN=1 shows the command that it comes to.`,
	exits: `
0 when it went as asked, else 1.
Bytes that were lost are never 0.`,
	caveats: `
nc's own page warns that UDP port scans with -uz always report success.
Without -v they do so here.
With -v a host that refuses is heard, and silence is still called success, as scripts look for the word.
cat5-scan(1) tells the two apart, and never calls silence open.

It also says that the amount of UDP traffic may be limited by hardware and configuration.
That is so here; a datagram that this host's queue had no room for is waited for, not dropped.

What is different, on purpose:
* nc exits 0 when the connection was reset, the disk is full or its reader has gone. cat5 does not.
* Two listeners cannot share a port unnoticed, and clients that come at the same moment are queued.
* The times of -w, -i and -q may have fractions.
* A UDP answer that comes within the time of -q is printed, and so is a unix datagram from a sender without a name.
* -lU replaces a socket that stands there, never another file.
* A port above 65535 is refused, also where nc takes it modulo 65536.
* -q N on a stream tells the peer our end and waits for its own; it does not sleep for N more seconds then.
* -w 0 waits for 50 ms, so that a line that is written at the same moment is still sent.
* -P asks for the password before connecting, not when the proxy has asked. -S is for clients.`}
