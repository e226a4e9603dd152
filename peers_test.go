package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// cat5 against real peers: the other cables people use, and the programs of the tutorial, in both roles, over every
// transport. Each conversation is two processes; the test is the person at both ends, compares all bytes by SHA-256,
// and looks at both exit codes and at cat5's own account of what it moved.

// rival is a program at the other end of cat5's cable.
type rival struct {
	name        string
	proto       string // tcp, udp, unix, dgram
	role        string // the rival's: client or server
	argv        argvFunc
	echo        bool // a server that echoes, or a client that waits for its echo
	serverFirst bool
	clients     bool // a server that serves many at once
	fixedName   bool // see peerTool
	oneEnd      bool // see peerTool
	small       bool // its buffer is 1500 bytes
	cannot      map[string]string
}

func TestPeers(t *testing.T) {
	t.Parallel()
	m := &peerMatrix{dir: t.TempDir(), cat5: realCat5(t)}
	m.cases = peerCases()
	t.Cleanup(func() { m.summary(t) }) // when all rows, which run beside each other, have ended
	for _, r := range append(m.tools(t), m.tutorial(t)...) {
		t.Run(r.name+"/"+r.proto+"/"+r.role, func(t *testing.T) {
			t.Parallel()
			for _, k := range m.cases {
				if r.takes(k) {
					t.Run(k.name, func(t *testing.T) { m.run(t, r, k) })
				}
			}
			if r.clients {
				t.Run("three at once", func(t *testing.T) { m.threeAtOnce(t, r) })
			}
		})
	}
}

// takes says whether a case makes sense with a rival.
func (r *rival) takes(k *peerCase) bool {
	dgram := r.proto == "udp" || r.proto == "dgram"
	return !(k.streams && dgram || k.cables && r.echo)
}

// tools are the other cables that are installed, each over everything in both roles.
func (m *peerMatrix) tools(t *testing.T) (all []*rival) {
	for _, tool := range append(peerTools, m.cat5Itself()) {
		if _, err := exec.LookPath(tool.client["tcp"]("", "")[0]); err != nil {
			m.missing(t, tool.name+" is not installed")
			continue
		}
		for _, proto := range []string{"tcp", "udp", "unix", "dgram"} {
			all = append(all,
				&rival{name: tool.name, proto: proto, role: "client", argv: tool.client[proto]},
				&rival{name: tool.name, proto: proto, role: "server", argv: tool.server[proto], cannot: tool.cannot, oneEnd: tool.oneEnd,
					fixedName: tool.fixedName && proto == "dgram"})
		}
	}
	return all
}

// cat5Itself is the same cable at both ends.
func (m *peerMatrix) cat5Itself() peerTool {
	return peerTool{
		name: "cat5",
		client: map[string]argvFunc{
			"tcp": words(m.cat5, "tcp", "127.0.0.1", "AT"), "udp": words(m.cat5, "udp", "127.0.0.1", "AT"),
			"unix": words(m.cat5, "unix", "AT"), "dgram": words(m.cat5, "unix", "--type=dgram", "AT"),
		},
		server: map[string]argvFunc{
			"tcp": words(m.cat5, "tcp", "-l", "127.0.0.1", "0"), "udp": words(m.cat5, "udp", "-l", "127.0.0.1", "0"),
			"unix": words(m.cat5, "unix", "-l", "AT"), "dgram": words(m.cat5, "unix", "--type=dgram", "-l", "AT"),
		},
	}
}

// run is one cell of the matrix.
func (m *peerMatrix) run(t *testing.T, r *rival, k *peerCase) {
	if why := r.cannot[k.name]; why != "" {
		m.note(t, r, k.name, why)
		return
	}
	m.note(t, r, k.name, "")
	ctx, cancel := context.WithTimeout(context.Background(), peerHang)
	defer cancel()
	kk := *k
	if r.echo {
		kk.toClient = kk.toServer
	}
	c := &talk{t: t, dgram: r.proto == "udp" || r.proto == "dgram", echo: r.echo, serverFirst: r.serverFirst,
		holdEnds: r.proto == "udp" || r.proto == "dgram" || r.role == "server" && r.oneEnd, piece: 8192, window: 4 * 8192}
	if r.small {
		c.piece, c.window = 1400, 16*1400
	}
	lines := k.name == "10000 lines"
	if lines {
		c.window = 640 // even an empty datagram takes some 700 bytes of a socket's buffer
	}
	m.connect(ctx, t, c, r, &kk, lines)
	if t.Failed() {
		return
	}
	kk.run(c, &kk)
	m.judge(t, c, r, &kk)
}

// connect starts the server, waits until it listens, and starts the client.
func (m *peerMatrix) connect(ctx context.Context, t *testing.T, c *talk, r *rival, k *peerCase, lines bool) {
	seq := strconv.Itoa(int(m.seq.Add(1)))
	at, own := filepath.Join(m.dir, "s"+seq), filepath.Join(m.dir, "c"+seq)
	c.path = at
	var flags []string
	if c.dgram {
		in := k.toServer
		if r.role == "server" {
			in = k.toClient
		}
		if len(in) > 0 { // the end, where the socket has none
			flags = append(flags, "--bytes="+strconv.Itoa(len(in)))
		}
		max := c.piece
		if r.echo && r.role == "client" { // it sends what its buffer takes, and one datagram has to answer that
			max = 1500
		}
		flags = append(flags, "--max-size="+strconv.Itoa(max))
		if lines && !r.echo {
			flags = append(flags, "--record=line")
		}
	}
	if r.role == "client" {
		c.server, at = m.startServer(ctx, t, r.proto, at, flags)
		c.cat5 = c.server
		if c.echo {
			c.server.out.echoTo(c.server.in)
		}
		c.client = startPeer(ctx, t, nil, r.argv(at, own)...)
		return
	}
	c.server = startPeer(ctx, t, nil, r.argv(at, own)...)
	if at = c.server.awaitSocket(r.proto, at); at == "" {
		return
	}
	if r.fixedName {
		flags = append(flags, "--bind="+own)
	}
	c.client = startPeer(ctx, t, nil, m.client(r.proto, at, flags)...)
	c.cat5 = c.client
}

// startServer starts a cat5 that listens and waits until it does.
func (m *peerMatrix) startServer(ctx context.Context, t *testing.T, proto, at string, flags []string) (*peer, string) {
	ready, theirs, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer ready.Close()
	argv := []string{m.cat5, proto, "-l", "--json", "--ready-fd=3"}
	portFile := at + ".port"
	switch proto {
	case "dgram":
		argv[1] = "unix"
		argv = append(argv, "--type=dgram", at)
	case "unix":
		argv = append(argv, at)
	default:
		argv = append(argv, "--port-file="+portFile, "127.0.0.1", "0")
	}
	p := startPeer(ctx, t, []*os.File{theirs}, append(argv, flags...)...)
	theirs.Close()
	if n, _ := ready.Read(make([]byte, 1)); n != 1 {
		p.exits(0)
		t.Fatalf("cat5 did not become ready")
	}
	if proto == "tcp" || proto == "udp" {
		b, err := os.ReadFile(portFile)
		if err != nil {
			t.Fatal(err)
		}
		at = strings.TrimSpace(string(b))
	}
	return p, at
}

func (m *peerMatrix) client(proto, at string, flags []string) []string {
	argv := []string{m.cat5, proto, "--json"}
	switch proto {
	case "dgram":
		argv[1] = "unix"
		argv = append(argv, "--type=dgram", at)
	case "unix":
		argv = append(argv, at)
	default:
		argv = append(argv, "127.0.0.1", at)
	}
	return append(argv, flags...)
}

// judge waits for both ends and looks at everything that can be known.
func (m *peerMatrix) judge(t *testing.T, c *talk, r *rival, k *peerCase) {
	other, code := c.client, 0
	in, out := k.toServer, k.toClient // cat5's
	if r.role == "server" {
		other, in, out = c.server, k.toClient, k.toServer
	}
	switch {
	case !c.dgram || r.echo && r.role == "client": // it ends by itself
		other.exits(0)
	case len(in) > 0 || r.role == "server":
		c.cat5.exits(0)
		fallthrough
	default:
		other.stop()
		other.exits(0, -15, 128+15)
	}
	if c.dgram && len(in) == 0 && r.role == "client" { // nobody says anything to a datagram server: it waits
		c.cat5.stop()
		code = 128 + 15
		c.cat5.exits(-15)
	} else {
		c.cat5.exits(0)
	}
	c.server.out.got(t, c.server.name, k.toServer)
	c.client.out.got(t, c.client.name, k.toClient)
	c.cat5.account(code, int64(len(out)), int64(len(in)))
	if _, err := os.Lstat(c.path); r.role == "client" && err == nil {
		t.Errorf("cat5 left its socket file behind")
	}
}
