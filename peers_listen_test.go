package main

import (
	"bytes"
	"context"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestListenWithOthers: the clients that people have, at each of listen's services. A client that says its last word and goes on
// listening has to have the whole answer.
func TestListenWithOthers(t *testing.T) {
	data := payload(300000)
	for _, network := range []string{"tcp", "unix"} {
		serve := func(args ...string) (*proc, string) {
			at := []string{"127.0.0.1", "0"}
			if network == "unix" {
				at = []string{filepath.Join(shortDir(t), "s")}
			}
			p := start(t, how{}, append(append([]string{"listen", network}, at...), args...)...)
			addr := p.addr()
			if network == "tcp" {
				_, addr, _ = net.SplitHostPort(addr)
			}
			return p, addr
		}
		cat, catAt := serve("--exec", "cat")
		greet, greetAt := serve("--greet", string(bytes.Repeat([]byte("x"), 100000)))
		for _, tool := range peerTools {
			if _, err := exec.LookPath(tool.name); err != nil {
				notTried(t, tool.name+" at cat5 listen")
				continue
			}
			ask := func(at string, in []byte) []byte {
				t.Helper()
				ctx, cancel := context.WithTimeout(context.Background(), hang)
				defer cancel()
				argv := tool.client[network](at, "")
				cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
				cmd.Stdin = bytes.NewReader(in)
				out, err := cmd.Output()
				if err != nil {
					t.Errorf("%v: %v", argv, err)
				}
				return out
			}
			if got := ask(catAt, data); !bytes.Equal(got, data) {
				t.Errorf("%s got %d bytes of %d from cat over %s", tool.name, len(got), len(data), network)
			}
			if got := ask(greetAt, []byte("never mind\n")); len(got) != 100001 {
				t.Errorf("%s got %d bytes of the greeting over %s", tool.name, len(got), network)
			}
		}
		for _, p := range []*proc{cat, greet} {
			p.signal(unix.SIGTERM)
			if r := p.dies(unix.SIGTERM); strings.Contains(r.err, "not delivered") {
				t.Error(r.err)
			}
		}
	}
}

// TestBrokerLikeNcat: the same three peers at ours and at ncat's broker get the same.
func TestBrokerLikeNcat(t *testing.T) {
	if _, err := exec.LookPath("ncat"); err != nil {
		notTried(t, "ncat's broker beside ours")
		return
	}
	ours := start(t, how{}, "listen", "--broker", "tcp", "127.0.0.1", "0")
	ourAddr := ours.addr()
	theirs := exec.Command("ncat", "-l", "--broker", "127.0.0.1", "0")
	must(t, theirs.Start())
	defer theirs.Wait()
	defer theirs.Process.Kill()
	port := ""
	eventually(t, "ncat listens", func() bool {
		port = findSocket(theirs.Process.Pid, "tcp", "")
		return port != ""
	})
	for name, addr := range map[string]string{"cat5": ourAddr, "ncat": "127.0.0.1:" + port} {
		var conns [3]net.Conn
		for i := range conns {
			conns[i] = dial(t, "tcp", addr)
			// A peer is there when it hears somebody.
			for other := range i {
				send(t, conns[i], []byte{'0' + byte(i)})
				if got := receive(t, conns[other], 1); got[0] != '0'+byte(i) {
					t.Fatalf("%s: %q", name, got)
				}
				for rest := range i {
					if rest != other {
						receive(t, conns[rest], 1)
					}
				}
			}
		}
		data := payload(100000)
		go conns[0].Write(data)
		for _, c := range conns[1:] {
			if got := receive(t, c, len(data)); !bytes.Equal(got, data) {
				t.Errorf("%s: other bytes", name)
			}
		}
		for _, c := range conns {
			c.Close()
		}
	}
}
