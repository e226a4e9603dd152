package modes

import (
	"context"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"cat5/io/sock"
	"cat5/io/sys"
	"cat5/io/web"
	"cat5/sockopt"

	"golang.org/x/sys/unix"
)

// What http does when nothing else is said.
const (
	httpPort  = "8000"
	httpIdle  = time.Minute
	httpHead  = 10 * time.Second
	httpGrace = time.Second // how long responses may take after a signal
)

func httpCommand() *command {
	own := &httpOptions{head: httpHead}
	return &command{
		name: "http", group: groupServe, usage: "[DIR] [[ADDRESS] PORT]", short: "serve a folder to browsers and curl",
		about: "The files below DIR (the working directory) over HTTP/1.1: GET and HEAD, ranges,\n" +
			"conditions, index.html or a listing. Names that begin with a dot are not there,\n" +
			"and no path or link leads out of DIR. Each request is a line on stderr.\n" +
			"It listens on 127.0.0.1:8000; :8000 and 0.0.0.0 8000 are for everybody.\n",
		examples: []string{
			"cat5 http                     # this folder, at http://localhost:8000/",
			"cat5 http public 9000         # another folder, another port",
			"cat5 http . :8000             # for others on the network, too",
			"cat5 http --quiet dist ::1 0  # port 0: the kernel chooses",
		},
		json:  "events as JSON, one a line on stderr",
		flags: strings.Fields("numeric backlog ipv4 ipv6 interface idle-timeout sockopt rcvbuf sndbuf verbose quiet json color ready-fd port-file help"),
		own: []flagRow{
			{"head-timeout", 0, "", "T", gTime, "give up when a request takes T to arrive (10 s)", func(o *options, v string) error { return setTime(&own.head, "head-timeout", v) }},
		},
		run: func(e *Env, o *options, operands []string) error { return runHTTP(e, o, own, operands) },
	}
}

// httpOptions are the flags that only http has.
type httpOptions struct{ head time.Duration }

// httpRun is a run of http. Two goroutines speak: the loop's and the one of signals.
type httpRun struct {
	server
	own  *httpOptions
	dir  string
	asks int64 // requests answered
	cut  int64 // responses that the end of the run cut short
	log  accessLog
}

func runHTTP(e *Env, o *options, own *httpOptions, operands []string) error {
	o.listen = true
	r := &httpRun{server: newServer(e, o, "tcp"), own: own}
	r.stats = r.account
	r.t.event("start", str("command", "http"))
	if err := r.prepare(operands); err != nil {
		return r.leave(err)
	}
	return r.leave(r.run())
}

// prepare checks everything that can be checked before anything is opened.
func (r *httpRun) prepare(operands []string) error {
	if r.own.head == 0 {
		return usageError("--head-timeout: no request arrives in no time")
	}
	dir, words, everybody, err := httpOperands(operands)
	if err != nil {
		return err
	}
	if r.dir = dir; len(words) == 0 && !r.o.service.lent {
		words = []string{httpPort}
	}
	if err := r.address(words); err != nil {
		return err
	}
	if r.hosts.Host == "" && !everybody {
		r.hosts.Host = "127.0.0.1"
		if r.o.family == unix.AF_INET6 {
			r.hosts.Host = "::1"
		}
	}
	return r.options()
}

// httpOperands tells the folder from the address, by their forms alone: an address is PORT, :PORT, HOST:PORT or HOST PORT,
// where a HOST before a PORT is an IP address or localhost, unless a folder stands before it. everybody says that the
// address is :PORT.
func httpOperands(words []string) (dir string, address []string, everybody bool, err error) {
	dir = "."
	switch n := len(words); {
	case n > 3:
		return "", nil, false, usageError("one folder and one address are needed, not " + quoted(strings.Join(words, " ")))
	case n == 0 || n == 1 && httpAddress(words[0]):
		address = words
	case n == 2 && httpHost(words[0]) && isPort(words[1]):
		address = words
	default:
		dir, address = words[0], words[1:]
	}
	if dir == "" {
		return "", nil, false, usageError("the folder's name is empty")
	}
	if strings.ContainsRune(dir, 0) {
		return "", nil, false, usageError("a path cannot hold a NUL byte")
	}
	everybody = len(address) == 1 && strings.HasPrefix(address[0], ":")
	return dir, address, everybody, nil
}

// httpAddress says whether one word is an address. A folder that is called like one is written ./8000.
func httpAddress(s string) bool {
	return isPort(s) || strings.Contains(s, ":") && !strings.Contains(s, "/")
}

func httpHost(s string) bool {
	_, err := netip.ParseAddr(strings.Trim(s, "[]"))
	return err == nil || s == "localhost"
}

func isPort(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// run opens the folder, listens, and serves until a signal comes.
func (r *httpRun) run() error {
	dir, err := sys.Open(r.k, r.dir, unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != nil {
		return fail(exitRead, sys.Wrap("open", sys.SafeName(r.dir), err))
	}
	defer sys.Close(r.k, dir)
	stop, end, err := r.begin()
	if err != nil {
		return err
	}
	defer end()
	err = r.open(context.Background()) // without the lock: a name may take long, and a second signal must not wait for it
	if err == nil {
		r.t.serving(r.dir, r.listen.Local)
	}
	r.isUp()
	if err != nil {
		return err
	}
	idle := r.o.idle
	if idle == 0 {
		idle = httpIdle
	}
	err = web.Serve(r.k, r.listen.FD, dir, stop, &web.Options{
		Idle: idle, Head: r.own.head, Grace: httpGrace, Wall: r.t.now, Lent: r.listen.Lent,
		Accepted: r.onAccepted, Closed: r.onClosed, Done: r.onDone, Turn: r.onTurn, Warn: r.onWarn,
	})
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case err != nil:
		return fail(exitListen, err)
	case r.ended == nil:
		return nil
	case r.cut > 0:
		r.ended.err = more(nil, "interrupted: "+plural(r.cut, "response")+" cut short"+lostWords(r.lost))
	}
	return r.ended
}

// account is called with the lock held.
func (r *httpRun) account() {
	r.t.line(plural(r.now, "connection") + " open, " + strconv.FormatInt(r.conns-r.now, 10) + " ended, " + plural(r.asks, "request") +
		" answered: received " + formatBytes(r.in) + ", sent " + formatBytes(r.out))
	r.t.event("stats", num("conns", r.conns), num("open", r.now), num("requests", r.asks), num("in", r.in), num("out", r.out))
}

func (r *httpRun) onAccepted(id int64, fd int, peer sys.Addr) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.conns++
	r.now++
	if r.o.verbose > 0 || r.o.json {
		conn := sock.Conn{FD: fd, Network: r.network, Type: r.plan.Type, Peer: peer}
		conn.Local, _ = r.k.Getsockname(fd)
		r.t.accepted(id, &conn, peer.String())
	}
	return r.inherit(fd, peer.Family())
}

// inherit sets again what the kernel does not hand down from the listener.
func (r *httpRun) inherit(fd, family int) error {
	kind := sockopt.KindOf(family, r.plan.Type)
	for _, s := range r.plan.Opts {
		if s.CheckFor(kind) != nil {
			continue
		}
		if _, err := sockopt.Apply(r.k, fd, sockopt.Accepted, []sockopt.Setting{s}); err != nil {
			return err
		}
	}
	return nil
}

func (r *httpRun) onClosed(id, in, out int64, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now--
	r.in += in
	r.out += out
	if r.o.verbose > 0 || r.o.json {
		r.log.flush(r.t)
		r.t.closed(id, in, out, err)
	}
}

func (r *httpRun) onDone(rec *web.Record) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asks++
	if rec.Lost > 0 && r.ended != nil {
		r.cut++
		r.lost += rec.Lost
	}
	r.log.add(r.t, rec)
}

func (r *httpRun) onTurn() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.log.flush(r.t)
}

func (r *httpRun) onWarn(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.log.flush(r.t)
	r.t.warn(text)
}
