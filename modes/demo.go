package modes

import (
	"bytes"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"cat5/io/epoll"
	"cat5/io/pump"
	"cat5/io/sock"
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

func demoCommand() *command {
	return &command{
		name: "demo", group: groupLearn, short: "the tour: needs nothing but this binary", usage: "[< FILE]",
		examples: []string{
			"cat5 demo              # a sample, over tcp, udp and unix and back",
			"cat5 demo < photo.jpg  # the same with your own bytes",
		},
		about: "Servers and clients run on this machine only (127.0.0.1, ports chosen by the\n" +
			"kernel, and a socket in a folder of its own). Exit 0: every byte came back.\n",
		flags: []string{"help"},
		run: func(e *Env, o *options, operands []string) error {
			if len(operands) > 0 {
				return usageError("demo takes no operands")
			}
			return (&demo{e: e, k: e.K}).run()
		},
	}
}

const demoSample = `The client sends these lines. The server sends them back.
When the client has no more to send it says so with a FIN: the connection is now
half-closed. The server still answers, and its own FIN ends it.
Datagrams have no end, so over udp the client counts what comes back.
`

// demo sends one input over each kind of socket to an echo server and compares what comes back.
type demo struct {
	e     *Env
	k     *sys.Calls
	input int // a temporary file
	size  int64
	said  string // what the input is
	dir   string // of the unix socket
}

func (d *demo) run() error {
	dir, err := os.MkdirTemp("", "cat5-demo-")
	if err != nil {
		return fail(exitListen, err)
	}
	defer os.RemoveAll(dir)
	d.dir = dir
	if err := d.takeInput(); err != nil {
		return err
	}
	defer sys.Close(d.k, d.input)
	if err := d.e.print("cat5 demo: " + formatBytes(d.size) + " of " + d.said + ", to an echo server and back\n"); err != nil {
		return err
	}
	bad := 0
	for _, network := range []string{"tcp", "udp", "unix"} {
		r := &demoRun{d: d, k: d.k, network: network}
		err := r.run()
		if errors.As(err, new(*verdict)) {
			return err
		}
		if err != nil {
			bad++
			r.say("FAILED: " + err.Error())
		}
		if err := d.e.print(r.text.String()); err != nil {
			return err
		}
	}
	if bad > 0 {
		return fail(exitNo, more(nil, plural(int64(bad), "way")+" of 3 did not bring every byte back"))
	}
	return d.e.print("\nEvery byte came back. Next: cat5 tcp -l 8000, and in another terminal cat5 tcp localhost 8000\n")
}

// takeInput copies our stdin, when it is a pipe, a file or a socket, or else the sample, into a temporary file: it is
// sent three times.
func (d *demo) takeInput() (err error) {
	if d.input, err = d.scratch(); err != nil {
		return fail(exitWrite, err)
	}
	in, err := pump.Std(d.k, 0, false, "stdin")
	if err != nil || in.Kind == pump.TTY || in.Kind == pump.Null {
		in.Close(d.k)
		d.said = "sample"
		return d.keep([]byte(demoSample))
	}
	in.Close(d.k) // the loop below may sleep, so it uses the shared descriptor as it is
	d.said = "your input"
	buf := make([]byte, 256<<10)
	for {
		n, err := sys.Read(d.k, 0, buf)
		if err != nil {
			return fail(exitRead, sys.Wrap("read", "stdin", err))
		}
		if n == 0 {
			return nil
		}
		if err := d.keep(buf[:n]); err != nil {
			return err
		}
	}
}

func (d *demo) keep(b []byte) error {
	n, err := writeAll(d.k, d.input, b)
	d.size += int64(n)
	if err != nil {
		return fail(exitWrite, sys.Wrap("write", "a temporary file", err))
	}
	return nil
}

// scratch makes a temporary file without a name.
func (d *demo) scratch() (int, error) {
	path := filepath.Join(d.dir, "scratch")
	fd, err := sys.Open(d.k, path, unix.O_RDWR|unix.O_CREAT|unix.O_EXCL, 0o600)
	if err != nil {
		return -1, sys.Wrap("open", path, err)
	}
	return fd, sys.Wrap("unlink", path, d.k.Unlinkat(unix.AT_FDCWD, path, 0))
}

// demoRun is one kind of socket.
type demoRun struct {
	d        *demo
	k        *sys.Calls
	network  string
	text     strings.Builder
	loop     *pump.Loop
	listener sock.Conn
	server   sock.Conn
	peer     sys.Addr // of the last datagram that the server heard
	err      error
}

func (r *demoRun) say(s string) {
	label := ""
	if r.text.Len() == 0 {
		label = r.network
		r.text.WriteByte('\n')
	}
	r.text.WriteString(pad(label, 6) + s + "\n")
}

func (r *demoRun) run() (err error) {
	k := r.k
	if r.loop, err = pump.New(k); err != nil {
		return err
	}
	defer r.loop.Close()
	r.server.FD = -1
	plan := r.plan()
	if r.listener, err = sock.Listen(k, plan); err != nil {
		return err
	}
	defer func() { r.listener.Close(k); r.server.Close(k) }()
	name := plan.BindPath
	if r.network != "unix" {
		name = r.listener.Local.String()
	}
	r.say("listening on " + name)
	conn, err := sock.Dial(r.d.e.context(), k, sock.Plan{Network: r.network, Type: plan.Type, Remote: []sys.Addr{r.listener.Local}, Path: name})
	if err != nil {
		return err
	}
	defer conn.Close(k)
	if r.network == "unix" {
		r.say("connected in " + formatDuration(conn.Took))
	} else {
		r.say("connected from " + conn.Local.String() + " in " + formatDuration(conn.Took))
	}
	if err := r.serve(); err != nil {
		return err
	}
	return r.client(&conn)
}

func (r *demoRun) plan() sock.Plan {
	p := sock.Plan{Network: r.network, Type: unix.SOCK_STREAM}
	switch r.network {
	case "unix":
		p.BindPath = filepath.Join(r.d.dir, "demo.sock")
		return p
	case "udp":
		p.Type = unix.SOCK_DGRAM
	}
	p.Local = []sys.Addr{sys.Inet(netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), 0), 0)}
	return p
}

// serve starts the echo server: one lane from the connection to itself.
func (r *demoRun) serve() error {
	if r.network == "udp" {
		port := pump.Port{FD: r.listener.FD, Kind: pump.Dgram, Proto: pump.UDP, Name: "server"}
		out := port
		out.To = &r.peer
		r.loop.Add(&pump.Pair{Quit: -1, In: &pump.Lane{Src: port, Dst: out, From: func(a sys.Addr) { r.peer = a }}})
		return nil
	}
	return r.loop.Watch(r.listener.FD, epoll.In, func(epoll.Event) {
		c, err := sock.Accept(r.k, &r.listener, &sock.Plan{})
		if err != nil {
			r.err = err
			r.loop.Stop()
			return
		}
		r.server = c
		r.loop.Watch(r.listener.FD, 0, nil)
		port := pump.Port{FD: c.FD, Kind: pump.Stream, Proto: proto(r.network), Name: "server", Ends: true}
		r.loop.Add(&pump.Pair{Quit: -1, In: &pump.Lane{Src: port, Dst: port}, Done: func(p *pump.Pair) {
			if p.In.Err != nil {
				r.err = p.In.Err
			}
		}})
	})
}

// demoWindow is how many bytes may be on their way over udp: less than a receive buffer holds, so none is dropped.
const demoWindow = 64 << 10

// client sends the input and collects what comes back.
func (r *demoRun) client(conn *sock.Conn) error {
	d, k := r.d, r.k
	back, err := d.scratch()
	if err != nil {
		return err
	}
	defer sys.Close(k, back)
	if _, err := k.Lseek(d.input, 0, unix.SEEK_SET); err != nil {
		return sys.Wrap("lseek", "", err)
	}
	port := pump.Port{FD: conn.FD, Kind: pump.SocketKind(conn.Type), Name: "client", Ends: true, Proto: proto(r.network), Dialed: true}
	p := &pump.Pair{Quit: -1, Idle: 10 * time.Second, Done: func(*pump.Pair) { r.loop.Stop() }}
	p.Out = &pump.Lane{Src: pump.Port{FD: d.input, Kind: pump.File, Name: "input"}, Dst: port, MaxSize: 8 << 10}
	p.Out.Copy = port.Kind == pump.Dgram // one by one, so that the gate can count them: a batch is more than a window
	p.In = &pump.Lane{Src: port, Dst: pump.Port{FD: back, Kind: pump.File, Name: "what came back"}, Limit: d.size}
	if r.network == "udp" {
		p.Out.Gate = func() bool { return p.Out.Out-p.In.In < demoWindow }
		if d.size == 0 {
			p.In.EOF = true // nothing will come back, and nothing will say so
		}
	}
	p.Events = func(ev pump.Event) {
		if ev.Kind == pump.HalfClosed && ev.Lane == p.Out {
			r.say("sent " + formatBytes(p.Out.Out) + ", then shutdown(SHUT_WR): half-closed, " + formatBytes(p.In.In) + " back so far")
		}
	}
	began := k.Now()
	r.loop.Add(p)
	if err := r.loop.Run(); err != nil {
		return err
	}
	took := k.Now() - began
	for _, err := range []error{r.err, p.Out.Err, p.In.Err} {
		if err != nil {
			return err
		}
	}
	if p.Reason == pump.IdleOut {
		return errors.New("nothing came for 10 s, after " + formatBytes(p.In.In) + " of " + formatBytes(d.size))
	}
	if r.network == "udp" {
		r.say("sent " + plural(p.Out.RecordsOut, "datagram") + ", " + plural(p.In.RecordsIn, "datagram") + " back")
	}
	return r.compare(back, took)
}

// compare holds what came back against what was sent.
func (r *demoRun) compare(back int, took time.Duration) error {
	k := r.k
	var sent, came unix.Stat_t
	if k.Fstat(r.d.input, &sent) != nil || k.Fstat(back, &came) != nil {
		return errors.New("cannot look at the temporary files")
	}
	if sent.Size != came.Size {
		return errors.New("sent " + plural(sent.Size, "byte") + ", but " + plural(came.Size, "byte") + " came back")
	}
	k.Lseek(r.d.input, 0, unix.SEEK_SET)
	k.Lseek(back, 0, unix.SEEK_SET)
	a, b := make([]byte, 64<<10), make([]byte, 64<<10)
	first := ""
	for at := int64(0); at < sent.Size; {
		n, err := sys.Read(k, r.d.input, a)
		m, err2 := sys.Read(k, back, b[:n])
		if err != nil || err2 != nil || m != n || n == 0 || !bytes.Equal(a[:n], b[:n]) {
			return errors.New("what came back differs from what was sent")
		}
		if at == 0 {
			first, _, _ = strings.Cut(string(b[:min(n, 50)]), "\n")
		}
		at += int64(n)
	}
	if first != "" {
		r.say("first came back: " + quoted(first))
	}
	rate := ""
	if took > 0 {
		rate = " (" + formatRate(int64(float64(2*sent.Size)/took.Seconds())) + " both ways)"
	}
	r.say(plural(sent.Size, "byte") + " out, " + plural(came.Size, "byte") + " back, all equal, in " + formatDuration(took) + rate)
	return nil
}
