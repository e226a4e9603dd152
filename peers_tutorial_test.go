package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// The programs of the tutorial, rewritten in testdata/peers: its clients and servers for TCP, UDP and unix sockets, and
// its echo servers in each model of concurrency.
var tutorialPrograms = []rival{
	{name: "tcp_client", proto: "tcp", role: "client", argv: words("AT"), echo: true},
	{name: "tcp_server", proto: "tcp", role: "server", argv: words("0"), serverFirst: true,
		cannot: map[string]string{
			"client ends first": "the tutorial's server hears only when it is its turn to",
			"server ends first": "the tutorial's server speaks only when it is its turn to",
		}},
	{name: "udp_client", proto: "udp", role: "client", argv: words("AT"), echo: true, small: true},
	{name: "udp_server", proto: "udp", role: "server", argv: words("0"), echo: true, small: true},
	{name: "unix_client", proto: "unix", role: "client", argv: words("AT", "OWN"), echo: true},
	{name: "unix_server", proto: "unix", role: "server", argv: words("AT"), echo: true},
	{name: "dgram_client", proto: "dgram", role: "client", argv: words("AT", "OWN"), echo: true, small: true},
	{name: "dgram_server", proto: "dgram", role: "server", argv: words("AT"), echo: true, small: true},
	{name: "echo_process", proto: "tcp", role: "server", argv: words("0", "1"), echo: true, clients: true},
	{name: "echo_thread", proto: "tcp", role: "server", argv: words("0", "1"), echo: true, clients: true},
	{name: "echo_select", proto: "tcp", role: "server", argv: words("0", "1"), echo: true, clients: true},
	{name: "echo_poll", proto: "tcp", role: "server", argv: words("0", "1"), echo: true, clients: true},
	{name: "echo_epoll", proto: "tcp", role: "server", argv: words("0", "1"), echo: true, clients: true},
	{name: "echo_epoll_et", proto: "tcp", role: "server", argv: words("0", "1"), echo: true, clients: true},
	{name: "echo_event", proto: "tcp", role: "server", argv: words("0", "1"), echo: true, clients: true},
	{name: "echo_bufferevent", proto: "tcp", role: "server", argv: words("0", "1"), echo: true, clients: true},
}

// libevent is what the two need that are written for it.
var libevent = map[string]bool{"echo_event": true, "echo_bufferevent": true}

// tutorial compiles the programs.
func (m *peerMatrix) tutorial(t *testing.T) (all []*rival) {
	if _, err := exec.LookPath("gcc"); err != nil {
		m.missing(t, "the programs of the tutorial: gcc is not installed")
		return nil
	}
	_, err := os.Stat("/usr/include/event2/event.h")
	hasLibevent := err == nil
	for i := range tutorialPrograms {
		r := tutorialPrograms[i]
		args := []string{"-O1", "-Wall", "-Wextra", "-pthread", "-o", filepath.Join(m.dir, r.name),
			filepath.Join("testdata", "peers", r.name+".c")}
		if libevent[r.name] {
			if !hasLibevent {
				m.missing(t, r.name+": libevent-dev is not installed")
				continue
			}
			args = append(args, "-levent")
		}
		if out, err := exec.Command("gcc", args...).CombinedOutput(); err != nil {
			t.Errorf("gcc %s: %v\n%s", r.name, err, out)
			continue
		}
		bare := r.argv
		r.argv = func(at, own string) []string {
			return append([]string{filepath.Join(m.dir, r.name)}, bare(at, own)...)
		}
		all = append(all, &r)
	}
	return all
}

// threeAtOnce: what the concurrent servers are for.
func (m *peerMatrix) threeAtOnce(t *testing.T, r *rival) {
	m.note(t, r, "three at once", "")
	ctx, cancel := context.WithTimeout(context.Background(), peerHang)
	defer cancel()
	server := startPeer(ctx, t, nil, filepath.Join(m.dir, r.name), "0", "3")
	at := server.awaitSocket("tcp", "")
	if at == "" {
		return
	}
	const size = 1 << 20
	var all [3]*peer
	for i := range all {
		all[i] = startPeer(ctx, t, nil, m.client("tcp", at, nil)...)
	}
	for i, p := range all { // all three are connected and served before any of them ends
		p.write(random(size, byte(i))[:1000])
	}
	for _, p := range all {
		if !p.out.waitFor(1000) {
			t.Errorf("a client got no answer while the others were there")
		}
	}
	var done sync.WaitGroup
	for i, p := range all {
		done.Go(func() {
			p.write(random(size, byte(i))[1000:])
			p.end()
		})
	}
	done.Wait()
	for i, p := range all {
		p.exits(0)
		p.out.got(t, "client", random(size, byte(i)))
		p.account(0, size, size)
	}
	server.exits(0)
	server.out.waitFor(3 * size)
	if n := server.out.n; n != 3*size {
		t.Errorf("the server heard %d bytes, want %d", n, 3*size)
	}
}
