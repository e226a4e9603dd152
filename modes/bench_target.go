package modes

import (
	"context"
	"net/netip"
	"slices"
	"strings"

	"cat5/io/draw"
	"cat5/io/engine"
	"cat5/io/sock"
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// benchTarget is what is measured: an engine of cat5 or another program, started anew for each cell, or a server that
// runs already.
type benchTarget struct {
	r      *bench
	name   string
	engine string   // an engine of ours
	argv   []string // or a program
	only   bool     // the engine was named, not only meant by "all"

	// or a server that runs
	to  sys.Addr
	pid int
}

// findTargets makes them from --engine, --server and the operands.
func (r *bench) findTargets(operands []string) error {
	o, b := r.o, r.b
	if o.engine == "list" {
		return usageError("cat5 echo --engine list names the engines")
	}
	started := o.engine != "" || len(b.servers) > 0
	switch {
	case started && len(operands) > 0:
		return usageError("an ADDRESS is a server that runs already; --engine and --server start theirs and choose its port")
	case !started && len(operands) == 0:
		return usageError("which server? an ADDRESS, or --engine NAME[,NAME...] (all: every engine)")
	case b.pid > 0 && started:
		return usageError("--pid is for the server at an ADDRESS: of those that are started here it is known")
	case b.remote && started:
		return usageError("--remote is for an ADDRESS: servers that are started here are here")
	case len(b.servers) > 0 && r.network != "tcp":
		return usageError("--server is for tcp")
	}
	if !started {
		if err := r.address(operands); err != nil {
			return err
		}
		r.targets = []*benchTarget{{r: r, name: "server", pid: b.pid}}
		return nil
	}
	if err := r.engines(o.engine); err != nil {
		return err
	}
	for _, s := range b.servers {
		r.targets = append(r.targets, &benchTarget{r: r, name: s.name, argv: s.argv})
	}
	return nil
}

func (r *bench) engines(list string) error {
	if list == "" {
		return nil
	}
	datagrams := r.plan.Type == unix.SOCK_DGRAM
	for _, name := range strings.Split(list, ",") {
		if name == "all" {
			for _, e := range engine.All {
				if e.Dgram || !datagrams {
					r.targets = append(r.targets, &benchTarget{r: r, name: e.Name, engine: e.Name})
				}
			}
			continue
		}
		e, ok := engine.Find(name)
		switch {
		case !ok:
			return unknownEngine(name)
		case datagrams && !e.Dgram:
			return usageError("the engine " + name + " is for connections, and datagrams have none")
		}
		same := slices.IndexFunc(r.targets, func(t *benchTarget) bool { return t.engine == name })
		if same >= 0 {
			r.targets[same].only = true
			continue
		}
		r.targets = append(r.targets, &benchTarget{r: r, name: name, engine: name, only: true})
	}
	return nil
}

// group is the kind of model, for its colour in a picture: one flow of control for each connection; one loop that asks
// about every descriptor; one that is told; several loops; a loop and workers; and those that are not ours.
func (t *benchTarget) group() int {
	switch t.engine {
	case "process", "thread", "goroutine":
		return 0
	case "select", "poll":
		return 1
	case "epoll", "epoll-et":
		return 2
	case "reactor":
		return 3
	case "pool":
		return 4
	}
	return draw.Groups - 1
}

// manyFlows is how many processes or threads are started without being asked for by name.
const manyFlows = 1000

// cannot says why the target is not even tried with so many connections; "" when it is.
func (t *benchTarget) cannot(conns int) string {
	switch {
	case t.engine == "select" && conns > unix.FD_SETSIZE-24 && t.r.plan.Type != unix.SOCK_DGRAM:
		return "select(2) cannot watch descriptors of 1024 and more"
	case (t.engine == "process" || t.engine == "thread") && conns > manyFlows && !t.only:
		return "so many are not started unless asked for: --engine " + t.engine
	}
	return ""
}

// find looks up the address of a server that runs, which of several answers, and which process it is.
func (t *benchTarget) find(ctx context.Context) error {
	r := t.r
	if r.network == "unix" {
		to, err := sys.Unix(r.plan.Path)
		if err != nil {
			return fail(exitConnect, sys.Wrap("connect", sys.SafeName(r.plan.Path), err))
		}
		t.to = to
	} else {
		if err := r.resolve(ctx, &r.plan); err != nil {
			return err
		}
		for _, a := range r.plan.Remote {
			if ip := a.AddrPort().Addr(); !ip.Unmap().IsLoopback() && !r.b.remote {
				return usageError(a.String() + " is not on this host: --remote says that it may be loaded all the same")
			}
		}
		t.to = listenOrder(r.plan.Remote)[0]
	}
	if r.plan.Type == unix.SOCK_DGRAM {
		t.own(nil)
		return nil // nobody can be asked whether he is there; the first message will tell
	}
	conn, err := sock.Dial(ctx, r.k, r.plan)
	if err != nil {
		return err
	}
	defer conn.Close(r.k)
	if r.network != "unix" {
		t.to = conn.Peer
	}
	t.own(&conn)
	return nil
}

// benchServer is a server while it is measured.
type benchServer struct {
	name  string
	to    sys.Addr
	pid   int  // 0: not known
	pidfd int  // less than 0: it was not started here
	stop  int  // it leaves when this is closed; less than 0: it is told by SIGTERM
	says  *ear // what it says on stderr; nil: not heard
}

// start starts the server, or takes the one that runs.
func (t *benchTarget) start() (*benchServer, error) {
	s := &benchServer{name: t.name, to: t.to, pid: t.pid, pidfd: -1, stop: -1}
	var err error
	switch {
	case t.engine != "":
		err = t.startEngine(s)
	case t.argv != nil:
		err = t.startProgram(s)
	}
	if err != nil {
		s.end(t.r.k)
		return nil, err
	}
	return s, nil
}

// startEngine starts cat5 with a listener that stands already: who connects waits in its queue until it is there.
func (t *benchTarget) startEngine(s *benchServer) error {
	k, plan := t.r.k, t.r.plan
	if plan.Network == "unix" {
		plan.AutoBind = true // an abstract name, which the kernel chooses: no file
	} else {
		plan.Local = []sys.Addr{benchHost(t.r.o.family)}
	}
	l, err := sock.Listen(k, plan)
	if err != nil {
		return err
	}
	defer l.Close(k)
	s.to = l.Local
	var stop [2]int
	if err := k.Pipe2(stop[:], unix.O_CLOEXEC); err != nil {
		return sys.Wrap("pipe2", "", err)
	}
	defer sys.Close(k, stop[0])
	s.stop = stop[1]
	return s.spawn(k, "/proc/self/exe", []string{"cat5", "echo", "--engine", t.engine, servedListener}, t.r.e.serverEnv(), l.FD, stop[0])
}

// benchHost is an address of this host, and a port that the kernel chooses.
func benchHost(family int) sys.Addr {
	if family == unix.AF_INET6 {
		return sys.Inet(netip.AddrPortFrom(netip.IPv6Loopback(), 0), 0)
	}
	return sys.Inet(netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), 0), 0)
}

// serverEnv is the environment that a server of ours gets: all of it, as GOMAXPROCS is a thing to try, but for what would be
// flags.
func (e *Env) serverEnv() []string {
	return slices.DeleteFunc(slices.Clone(e.Environ), func(kv string) bool { return strings.HasPrefix(kv, "CAT5_") })
}
