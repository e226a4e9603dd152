package main

import (
	"bufio"
	"os/exec"
	"testing"
)

// A stdout that is a socket may be others' as well (a journal, a parent that made a socketpair): when all is written it
// is closed, and not shut down for everybody.
func TestSharedSocketStaysOpen(t *testing.T) {
	for _, way := range []string{"--io=auto", "--io=copy"} {
		t.Run(way, func(t *testing.T) {
			a, b := socketPair(t)
			ln := tcpListener(t)
			cmd := exec.Command("sh", "-c", `cat5 tcp -d "$@"; echo after`, "sh", way, ln.Addr().String())
			cmd.Stdout = b
			must(t, cmd.Start())
			c := accept(t, ln)
			send(t, c, []byte("from the peer\n"))
			must(t, c.Close())
			must(t, cmd.Wait())
			must(t, b.Close())
			lines := bufio.NewScanner(a)
			for _, want := range []string{"from the peer", "after"} {
				if !lines.Scan() || lines.Text() != want {
					t.Errorf("%q, want %q", lines.Text(), want)
				}
			}
		})
	}
}
