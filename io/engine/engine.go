// Package engine is the echo server, once for each way in which one program can serve many connections.
//
// Each engine is a file that can be read alone, with the same names in the same order as its siblings:
//
//	type, serve, run (wait for something to happen), accept, echo (serve one), drain, close
//
// so that "diff epoll.go epoll_et.go" shows what differs between two models, and nothing else. What they have in common
// is not a model's business: who may come in is in door.go, how bytes go out and back in conn.go, datagrams in dgram.go.
//
// In which order to read them: process, thread, goroutine, select, poll, epoll, epoll_et, reactor, pool.
package engine

import (
	"errors"
	"time"

	"cat5/io/sys"
)

// Engine is one concurrency model.
type Engine struct {
	Name string
	Doc  string // one line
	// Dgram says that the model makes sense where there are no connections, only datagrams: one descriptor to wait for.
	Dgram bool
	// Serve echoes whatever comes to the listening socket lfd (or the bound datagram socket) until stop becomes
	// readable, which it must stay. It then accepts no more, gives what it has taken, and returns nil when all peers have
	// had theirs, or when Options.Grace is over. Both descriptors must not block (O_NONBLOCK) and remain the caller's;
	// everything that Serve opens or starts is gone when it returns.
	Serve func(k *sys.Calls, lfd, stop int, o *Options) error
}

// All is every engine, in the order in which to read them.
var All = []Engine{
	{"process", "a process for each connection", false, serveProcess},
	{"thread", "a thread of the operating system for each, and blocking calls", false, serveThread},
	{"goroutine", "a goroutine for each connection: Go's own model", false, serveGoroutine},
	{"select", "one loop on select(2), for descriptors below 1024", true, serveSelect},
	{"poll", "one loop on poll(2): no such limit; all descriptors looked at", true, servePoll},
	{"epoll", "one loop on epoll(7), level-triggered: the kernel keeps the list", true, serveEpoll},
	{"epoll-et", "the same, edge-triggered: told once of each change", true, serveEpollET},
	{"reactor", "a loop per processor but one; a struct holds its callbacks", true, serveReactor},
	{"pool", "one loop that waits, and threads that work through a ring of tasks", false, servePool},
}

// Find is the engine of that name.
func Find(name string) (Engine, bool) {
	for _, e := range All {
		if e.Name == name {
			return e, true
		}
	}
	return Engine{}, false
}

// Options is what is the same for every engine. The functions may be called from several threads at once; each may be
// nil.
type Options struct {
	// Grace is how long peers may take, after stop, to have what was taken from them. What is not given by then is lost,
	// and told in Closed.
	Grace time.Duration
	// Child is the command line of a program that calls Connection: the process engine starts it for each connection. The
	// program is the running one (/proc/self/exe).
	Child []string
	// Accepted tells of a new connection; an error closes it at once.
	Accepted func(id int64, fd int, peer sys.Addr) error
	// Closed tells of the end of a connection: the bytes taken and given (less than 0 when that is not known, as of a
	// process), and why it ended when not by the peer's end.
	Closed func(id, in, out int64, err error)
	// Warn tells what somebody should do something about.
	Warn func(text string)
}

// ErrStopped is the end of a connection that had not had everything when the grace was over.
var ErrStopped = errors.New("stopped before everything was given back")
