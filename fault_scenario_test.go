package main

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A faultScene is one way to use cat5: what it is told, what it carries each way, and its peer.
type faultScene struct {
	name    string
	network string // of package net
	args    string // ADDR stands for the peer's or our own address, OUT for a file
	inFile  bool   // our input is a file, not a pipe
	outFile bool   // our output is a file, not a pipe
	up      []byte // what our input holds
	down    []byte // what the peer sends
	env     string // one variable of cat5's environment, "" for none
	request string // what cat5 says to a proxy before it sends up, and
	answer  string // what the proxy says before down; "" for no proxy
}

// relays says that cat5 has a peer on its other side too, at ADDRA, in place of stdin and stdout.
func (s *faultScene) relays() bool { return strings.HasPrefix(s.args, "relay ") }

// otherSide is the scene as that peer sees it.
func (s *faultScene) otherSide() *faultScene {
	network, args := "tcp", "tcp ADDR"
	if strings.Contains(s.args, "listen:") {
		args = "tcp -l ADDR"
	}
	if strings.Contains(s.args, "unix:ADDRA") {
		network = "unix"
	}
	return &faultScene{network: network, args: args, up: s.down, down: s.up}
}

func (s *faultScene) listens() bool {
	return strings.Contains(s.args, "-l ") || strings.HasPrefix(s.args, "listen ")
}

// atOnce is how many runs go on beside each other: many, where a fault can leave cat5 with nobody to serve until its time is up.
func (s *faultScene) atOnce() int {
	if strings.Contains(s.args, "--deadline ") {
		return 12
	}
	return 3
}

func (s *faultScene) dgram() bool {
	return strings.HasPrefix(s.network, "udp") || s.network == "unixgram"
}

// faultText is n bytes in lines of 76.
func faultText(n int, seed byte) []byte {
	raw := make([]byte, n*3/4)
	for i := range raw {
		seed = seed*29 + byte(i>>4) + 7
		raw[i] = seed
	}
	var b bytes.Buffer
	for line := range strings.SplitSeq(base64.StdEncoding.EncodeToString(raw), "Z") {
		b.WriteString(line + "\n")
	}
	return b.Bytes()[: n-1 : n-1]
}

func faultScenes() []faultScene {
	up, down := faultText(150_000, 1), faultText(120_000, 2)
	some, few := []byte("one\ntwo\nthree\nfour\n"), []byte("five\nsix\nseven\n")
	all := func(b []byte) string { return "--bytes " + strconv.Itoa(len(b)) }
	return []faultScene{
		{"tcp client, pipes", "tcp", "tcp ADDR", false, false, up, down, "", "", ""},
		{"tcp client, files", "tcp", "tcp ADDR", true, true, up, down, "", "", ""},
		{"tcp client, -o", "tcp", "tcp -o OUT ADDR", false, false, up, down, "", "", ""},
		{"tcp server, pipes", "tcp", "tcp -l 127.0.0.1:0", false, false, up, down, "", "", ""},
		{"tcp server, files", "tcp", "tcp -l --port-file OUT.port 127.0.0.1:0", true, true, up, down, "", "", ""},
		{"tcp client, proxies", "tcp", "tcp --proxy http://ADDR --proxy socks5://alice@second --proxy-password file:" + passwordFile + " target.test 80", false, false, up, down, "",
			"CONNECT second:1080 HTTP/1.1\r\nHost: second:1080\r\n\r\n\x05\x02\x00\x02\x01\x05alice\x05Linux\x05\x01\x00\x03\x0btarget.test\x00P",
			"HTTP/1.0 200 OK\r\nX: y\r\n\r\n\x05\x02\x01\x00\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"},
		{"udp client", "udp", "udp --record line " + all(few) + " ADDR", false, false, some, few, "", "", ""},
		{"udp server", "udp", "udp -l --record line " + all(few) + " 127.0.0.1:0", true, true, some, few, "", "", ""},
		{"unix stream client", "unix", "unix ADDR", true, false, up, down, "", "", ""},
		{"unix stream server", "unix", "unix -l --mode 0600 ADDR", false, true, up, down, "", "", ""},
		{"unix stream server, stale file", "unix", "unix -l --unlink stale ADDR", false, false, few, some, "", "", ""},
		{"unix dgram client", "unixgram", "unix --type dgram --record line " + all(few) + " ADDR", false, false, some, few, "", "", ""},
		{"unix dgram client, --bind", "unixgram", "unix --type dgram --bind ADDR.own --record line " + all(few) + " ADDR", false, false, some, few, "", "", ""},
		{"unix dgram server", "unixgram", "unix -l --type dgram --record line " + all(few) + " ADDR", false, false, some, few, "", "", ""},
		{"unix seqpacket client", "unixpacket", "unix --type seqpacket ADDR", false, false, up, down, "", "", ""},
		{"many peers, pipes", "tcp", "listen --eof full --deadline 6 tcp 127.0.0.1:0", false, false, up, down, "", "", ""},
		{"many peers, files", "unix", "listen --eof full --deadline 6 unix ADDR", true, true, up, down, "", "", ""},
		{"many peers, records", "unixpacket", "listen --eof full --deadline 6 unix --type seqpacket ADDR", true, false, up, down, "", "", ""},
		{"relay, two clients", "tcp", "relay tcp:ADDRA tcp:ADDR", false, false, up, down, "", "", ""},
		{"relay, a listener", "tcp", "relay --once listen:0 tcp:ADDR", false, false, up, down, "", "", ""},
		{"relay, a listener on a file", "tcp", "relay --once --mode 0600 listen:unix:ADDRA tcp:ADDR", false, false, up, down, "", "", ""},
		{"relay, copying", "unix", "relay --io copy tcp:ADDRA unix:ADDR", false, false, up, down, "", "", ""},
		{"unix seqpacket server", "unixpacket", "unix -l --type seqpacket ADDR", true, true, up, down, "", "", ""},
	}
}

// faultPeer is the other end. A connection ends when cat5 does; a datagram socket is told to end.
type faultPeer struct {
	scene *faultScene
	addr  string
	own   string    // the name of a unix datagram socket that sends
	ln    io.Closer // what cat5 connects to
	dgram net.Conn
	done  chan bool // nil until there is something to wait for
	got   []byte    // what cat5 sent
}

func newFaultPeer(t *testing.T, s *faultScene, dir string) *faultPeer {
	p := &faultPeer{scene: s, addr: filepath.Join(dir, "s"), own: filepath.Join(dir, "p")}
	if strings.Contains(s.args, "stale") { // a socket that nobody listens on any more
		ln, err := net.ListenUnix("unix", unixAddr(p.addr))
		must(t, err)
		ln.SetUnlinkOnClose(false)
		ln.Close()
	}
	if s.listens() {
		return p
	}
	at := p.addr
	if s.network == "tcp" || s.network == "udp" {
		at = "127.0.0.1:0"
	}
	p.done = make(chan bool)
	if s.dgram() {
		c, err := net.ListenPacket(s.network, at)
		must(t, err)
		p.dgram, p.addr = c.(net.Conn), c.LocalAddr().String()
		go p.answer(c)
		return p
	}
	ln, err := net.Listen(s.network, at)
	must(t, err)
	p.ln, p.addr = ln, ln.Addr().String()
	go func() {
		defer close(p.done)
		if c, err := ln.Accept(); err == nil {
			p.carry(c)
		}
	}()
	return p
}

// dial connects to a cat5 that listens.
func (p *faultPeer) dial(addr string) {
	var c net.Conn
	var err error
	if p.scene.network == "unixgram" {
		c, err = net.DialUnix("unixgram", unixAddr(p.own), unixAddr(addr))
	} else {
		c, err = net.Dial(p.scene.network, addr)
	}
	if err != nil {
		return
	}
	p.done = make(chan bool)
	if p.scene.dgram() {
		p.dgram = c
	}
	go func() {
		defer close(p.done)
		p.carry(c)
	}()
}

// carry sends down and hears up, on a connection of its own.
func (p *faultPeer) carry(c net.Conn) {
	sent := make(chan bool)
	go func() {
		defer close(sent)
		if p.scene.answer != "" {
			c.Write([]byte(p.scene.answer))
		}
		p.say(func(b []byte) error { _, err := c.Write(b); return err })
		if h, ok := c.(interface{ CloseWrite() error }); ok && !p.scene.dgram() {
			h.CloseWrite()
		}
	}()
	buf := make([]byte, 1<<18)
	for {
		n, err := c.Read(buf)
		p.got = append(p.got, buf[:max(n, 0)]...)
		if err != nil && !(p.scene.dgram() && errors.Is(err, unix.ECONNREFUSED)) {
			break
		}
	}
	<-sent
	if !p.scene.dgram() {
		c.Close()
	}
}

// say sends down, a line a datagram and some thousand bytes a record.
func (p *faultPeer) say(write func([]byte) error) {
	for b := p.scene.down; len(b) > 0; {
		n := len(b)
		switch {
		case p.scene.dgram():
			n = bytes.IndexByte(b, '\n') + 1
		case p.scene.network == "unixpacket":
			n = min(n, 4000)
		}
		if write(b[:n]) != nil {
			return
		}
		b = b[n:]
	}
}

// answer hears datagrams, and answers when all have come.
func (p *faultPeer) answer(c net.PacketConn) {
	defer close(p.done)
	buf := make([]byte, 1<<17)
	for {
		n, from, err := c.ReadFrom(buf)
		p.got = append(p.got, buf[:max(n, 0)]...)
		if err != nil && !errors.Is(err, unix.ECONNREFUSED) {
			return
		}
		if err == nil && len(p.got) == len(p.scene.up) {
			p.say(func(b []byte) error { _, err := c.WriteTo(b, from); return err })
		}
	}
}

// finish ends the peer after cat5 has ended, and says what it has heard: a connection ends by itself, and datagrams
// that wait in the queue are still read.
func (p *faultPeer) finish(t *testing.T) []byte {
	if p.ln != nil {
		defer p.ln.Close()
		if c, ok := p.ln.(interface{ SetDeadline(time.Time) error }); ok { // cat5 may never have come
			c.SetDeadline(time.Now())
		}
	}
	if p.done == nil {
		return nil
	}
	if p.dgram != nil {
		defer p.dgram.Close()
		p.dgram.SetReadDeadline(time.Now())
	}
	select {
	case <-p.done:
	case <-time.After(30 * time.Second):
		t.Error("the peer hangs after cat5 has ended")
		return nil
	}
	if p.dgram != nil {
		raw, err := p.dgram.(syscall.Conn).SyscallConn()
		must(t, err)
		raw.Control(func(fd uintptr) {
			buf := make([]byte, 1<<17)
			for {
				n, _, err := unix.Recvfrom(int(fd), buf, unix.MSG_DONTWAIT)
				if err != nil {
					return
				}
				p.got = append(p.got, buf[:n]...)
			}
		})
	}
	got, _ := bytes.CutPrefix(p.got, []byte(p.scene.request)) // what is cut short counts as bytes that are wrong
	return got
}
