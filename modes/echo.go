package modes

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"cat5/io/engine"
	"cat5/io/sock"
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// defaultEngine is the one that is best at most things.
const defaultEngine = "epoll"

// echoGrace is how long peers may take, after a signal, to have what was taken from them.
const echoGrace = time.Second

// servedPeer is the operand with which the engine "process" starts cat5 for one connection: it is descriptor 3, and
// descriptor 4 becomes readable when it is time to leave.
const servedPeer = "connection"

func echoCommand() *command {
	return &command{
		name: "echo", group: groupServe, usage: "[tcp|udp|unix] [ADDRESS] PORT | unix PATH", short: "an echo server, in every way a server can be built",
		about: "What comes goes back to where it came from. Without an address (7000,\n:7000) it listens on 127.0.0.1. --engine picks the concurrency model:\n\n" + engineList(),
		examples: []string{
			"cat5 echo 7000                        # then: cat5 tcp localhost 7000",
			"cat5 echo --engine thread 7000        # the same with a thread for each peer",
			"cat5 echo udp :: 7000                 # datagrams, from everywhere",
			"cat5 echo unix --type seqpacket @echo # records, on an abstract name",
		},
		json:  "events as JSON, one a line on stderr",
		flags: strings.Fields("engine numeric backlog ipv4 ipv6 interface type mode unlink sockopt rcvbuf sndbuf verbose quiet json color ready-fd port-file help"),
		run:   runEcho,
	}
}

// engineList is a line for each engine.
func engineList() string {
	var b strings.Builder
	for _, e := range engine.All {
		b.WriteString("  " + pad(e.Name, 11) + e.Doc + "\n")
	}
	return b.String()
}

// echoRun is a run of echo. Engines speak from several threads.
type echoRun struct {
	server
	engine engine.Engine
	cut    int64 // processes that had to be killed
}

func runEcho(e *Env, o *options, operands []string) error {
	if len(operands) == 1 && (operands[0] == servedPeer || operands[0] == servedListener) {
		if _, err := sys.GetInt(e.K, 3, unix.SOL_SOCKET, unix.SO_TYPE); err == nil { // else somebody typed it
			if operands[0] == servedPeer {
				return serveOne(e)
			}
			return serveListener(e, o)
		}
	}
	if o.engine == "list" {
		return e.print(engineList())
	}
	network, operands := networkOf(operands)
	return serveEcho(e, o, "echo", network, operands)
}

// networkOf takes the network before an address; without one it is tcp.
func networkOf(operands []string) (network string, rest []string) {
	if len(operands) > 0 && (operands[0] == "tcp" || operands[0] == "udp" || operands[0] == "unix") {
		return operands[0], operands[1:]
	}
	return "tcp", operands
}

// serveEcho is the whole life of an echo server, whichever command it is.
func serveEcho(e *Env, o *options, command, network string, operands []string) error {
	o.listen = true
	r := &echoRun{server: newServer(e, o, network)}
	r.stats = r.account
	r.t.event("start", str("command", command))
	if err := r.prepare(operands); err != nil {
		return r.leave(err)
	}
	return r.leave(r.run())
}

// prepare checks everything that can be checked before a socket is made.
func (r *echoRun) prepare(operands []string) error {
	o := r.o
	name := o.engine
	if name == "" {
		name = defaultEngine
	}
	var known bool
	if r.engine, known = engine.Find(name); !known {
		return unknownEngine(name)
	}
	if r.network != "unix" && (o.sockType != unix.SOCK_STREAM || o.hasMode || o.unlink != sock.UnlinkNever) {
		return usageError("--type, --mode and --unlink are for unix sockets")
	}
	if err := r.address(operands); err != nil {
		return err
	}
	if r.network != "unix" && r.hosts.Host == "" {
		r.hosts.Host = "127.0.0.1"
		if o.family == unix.AF_INET6 {
			r.hosts.Host = "::1"
		}
	}
	if r.plan.Type == unix.SOCK_DGRAM && !r.engine.Dgram {
		return usageError("the engine " + name + " is for connections, and datagrams have none: try --engine " + defaultEngine)
	}
	return r.options()
}

func unknownEngine(name string) error {
	var names []string
	for _, e := range engine.All {
		names = append(names, e.Name)
	}
	s := "--engine: there is no " + quoted(name)
	if near := nearest(name, names); near != "" {
		return usageError(s + ": did you mean " + near + "?")
	}
	return usageError(s + ": they are " + strings.Join(names, ", "))
}

// run listens, and serves until a signal comes.
func (r *echoRun) run() error {
	stop, end, err := r.begin()
	if err != nil {
		return err
	}
	defer end()
	err = r.open(context.Background()) // without the lock: a name may take long, and a second signal must not wait for it
	r.isUp()
	if err != nil {
		return err
	}
	err = r.engine.Serve(r.k, r.listen.FD, stop, &engine.Options{
		Grace: echoGrace, Child: r.childArgs(),
		Accepted: r.onAccepted, Closed: r.onClosed, Warn: r.onWarn,
	})
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case err != nil:
		return fail(exitListen, err)
	case r.ended == nil:
		return nil
	case r.lost > 0:
		r.ended.err = more(nil, "interrupted"+lostWords(r.lost))
	case r.cut > 0:
		r.ended.err = more(nil, "interrupted ("+plural(r.cut, "connection")+" cut short)")
	}
	return r.ended
}

// account is called with the lock held.
func (r *echoRun) account() {
	ended := r.conns - r.now
	r.t.line(plural(r.now, "connection") + " open, " + strconv.FormatInt(ended, 10) + " ended: received " + formatBytes(r.in) + ", sent " + formatBytes(r.out))
	r.t.event("stats", num("conns", r.conns), num("open", r.now), num("in", r.in), num("out", r.out))
}

func (r *echoRun) onAccepted(id int64, fd int, peer sys.Addr) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.conns++
	r.now++
	if r.o.verbose > 0 || r.o.json || r.t.tty {
		r.tellAccepted(id, fd, peer)
	}
	return r.inherit(fd, peer.Family())
}

// tellAccepted stands apart because what it says is made on the heap: ten thousand connections that nobody is told of would
// leave megabytes there.
func (r *echoRun) tellAccepted(id int64, fd int, peer sys.Addr) {
	conn := sock.Conn{FD: fd, Network: r.network, Type: r.plan.Type, Peer: peer}
	name := peer.String()
	if name == "" {
		name = "a peer without a name"
	}
	conn.Local, _ = r.k.Getsockname(fd)
	r.t.accepted(id, &conn, name)
}

func (r *echoRun) onClosed(id, in, out int64, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now--
	counted := in >= 0
	if counted {
		r.in += in
		r.out += out
		r.lost += in - out
	} else if errors.Is(err, engine.ErrStopped) {
		r.cut++
	}
	if r.o.verbose == 0 && !r.o.json {
		return
	}
	s := "connection " + strconv.FormatInt(id, 10) + " ended"
	if counted {
		s += " after " + formatBytes(in)
	}
	if err != nil {
		s += ": " + err.Error()
	}
	if counted {
		s += lostWords(in - out)
	}
	r.t.say(1, s)
	if err != nil && !errors.Is(err, engine.ErrStopped) {
		r.t.event("reset", num("conn", id), str("errno", sys.Errno(err)))
	}
	if counted {
		r.t.event("close", num("conn", id), num("in", in), num("out", out))
		return
	}
	r.t.event("close", num("conn", id))
}

func (r *echoRun) onWarn(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.t.warn(text)
}

// childArgs is how this program is started for one connection (see servedPeer).
func (r *echoRun) childArgs() []string { return []string{"cat5", "echo", servedPeer} }

// serveOne is that program's whole life. What it says is its exit code, an errno.
func serveOne(e *Env) error {
	err := engine.Connection(e.K, 3, 4, &engine.Options{Grace: echoGrace})
	var errno unix.Errno
	switch {
	case err == nil:
		return nil
	case errors.As(err, &errno):
		return &verdict{code: int(errno)}
	}
	return &verdict{code: int(unix.EIO)}
}
