package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
)

// What is said between two peers: the cases of the matrix.

// talk is one conversation between a client and a server, one of which is cat5.
type talk struct {
	t              *testing.T
	client, server *peer
	cat5           *peer // one of the two
	dgram          bool
	echo           bool   // the server answers what it hears; else it says what the test gives it
	serverFirst    bool   // the server speaks before it listens
	holdEnds       bool   // nobody's input ends before all has arrived
	path           string // the server's socket file
	piece, window  int    // datagrams: bytes in one write, and in flight
}

// peerCase is one way to talk. toServer and toClient are all that is said each way.
type peerCase struct {
	name               string
	toServer, toClient []byte
	run                func(c *talk, k *peerCase)
	streams            bool // needs connections that have ends
	cables             bool // needs a server that does not just echo
}

// random is bytes that do not repeat, the same in each run.
func random(n int, seed byte) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{seed}).Read(b)
	return b
}

func manyLines(word string, n int) []byte {
	var b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&b, "%s %d\n", word, i)
	}
	return b.Bytes()
}

const (
	bulkSize  = 16 << 20
	lineCount = 10000
	turnCount = 1000
)

func peerCases() []*peerCase {
	up, down := random(bulkSize, 1), random(bulkSize, 2)
	return []*peerCase{
		{name: "16 MiB", toServer: up, toClient: down, run: (*talk).together},
		{name: "client ends first", toServer: up, toClient: down, run: (*talk).clientFirst, streams: true, cables: true},
		{name: "server ends first", toServer: up, toClient: down, run: (*talk).serverEndsFirst, streams: true, cables: true},
		{name: "empty", run: (*talk).together},
		{name: "one byte", toServer: []byte{0}, toClient: []byte{255}, run: (*talk).together},
		{name: "10000 lines", toServer: manyLines("up", lineCount), toClient: manyLines("down", lineCount), run: (*talk).together},
		{name: "1000 turns", toServer: manyLines("ping", turnCount), toClient: manyLines("pong", turnCount), run: (*talk).turns},
	}
}

// feed gives a peer all of b. With datagrams no more is in flight than the receiver's socket can hold, so that nothing
// is lost however slow the machine is: the next piece follows when seen, the output where the bytes come out, has shown
// what was sent before.
func (c *talk) feed(p *peer, seen *peerSink, b []byte) {
	if !c.dgram {
		if len(b) > 0 {
			p.write(b)
		}
		return
	}
	for at := 0; at < len(b); {
		n := min(c.piece, len(b)-at)
		if i := bytes.IndexByte(b[at:at+n], '\n'); i >= 0 && len(b) < keepMax { // the lines: one in a datagram
			n = i + 1
		}
		p.write(b[at : at+n])
		at += n
		if !seen.waitFor(at - c.window) {
			c.t.Errorf("%s: no more than %d bytes of the %d sent arrived", p.name, seen.n, at)
			return
		}
	}
}

// together: both say all they have at the same time, and end as soon as they have said it.
func (c *talk) together(k *peerCase) {
	if c.echo {
		c.feed(c.client, c.client.out, k.toServer)
		c.client.end()
		return
	}
	var both sync.WaitGroup
	both.Go(func() {
		if c.dgram && len(k.toServer) > 0 { // a datagram server knows nobody before it has heard the first word
			c.server.out.waitFor(1)
		}
		c.feed(c.server, c.client.out, k.toClient)
		if !c.holdEnds {
			c.server.end()
		}
	})
	c.feed(c.client, c.server.out, k.toServer)
	if !c.holdEnds {
		c.client.end()
	}
	both.Wait()
	if c.holdEnds {
		c.server.out.waitFor(len(k.toServer))
		c.client.out.waitFor(len(k.toClient))
		c.client.end()
		c.server.end()
	}
}

// clientFirst: the client says all and ends; only when that has arrived, its end included, the server answers.
func (c *talk) clientFirst(k *peerCase) {
	c.oneThenOther(c.client, k.toServer, c.server, k.toClient)
}

func (c *talk) serverEndsFirst(k *peerCase) {
	c.oneThenOther(c.server, k.toClient, c.client, k.toServer)
}

func (c *talk) oneThenOther(one *peer, says []byte, other *peer, answers []byte) {
	one.write(says)
	one.end()
	if !other.out.waitFor(len(says)) {
		c.t.Errorf("%s ended before all had come", other.name)
	}
	if other == c.cat5 {
		other.out.waitEOF() // cat5 closes its output when the peer's end has come
	}
	other.write(answers)
	other.end()
}

// turns: a line, its answer, a line, its answer.
func (c *talk) turns(k *peerCase) {
	one, says, other, answers := c.client, k.toServer, c.server, k.toClient
	if c.serverFirst {
		one, says, other, answers = other, answers, one, says
	}
	asked, answered := 0, 0
	for i := range turnCount {
		q := bytes.IndexByte(says[asked:], '\n') + 1
		one.write(says[asked : asked+q])
		asked += q
		if c.echo {
			if !one.out.waitFor(asked) {
				c.t.Errorf("the answer to line %d did not come", i)
				break
			}
			continue
		}
		if !other.out.waitFor(asked) {
			c.t.Errorf("line %d did not come", i)
			break
		}
		a := bytes.IndexByte(answers[answered:], '\n') + 1
		other.write(answers[answered : answered+a])
		answered += a
		if !one.out.waitFor(answered) {
			c.t.Errorf("the answer to line %d did not come", i)
			break
		}
	}
	one.end()
	if !c.echo {
		other.end()
	}
}
