package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestRelayMany: 1000 connections at once, each its own answers, and nothing is left behind.
func TestRelayMany(t *testing.T) {
	many := within(t, 1000, 2)
	r := newRelayed(t)
	go func() {
		for {
			c, err := r.backend.Accept()
			if err != nil {
				return
			}
			go func() {
				io.Copy(c, c)
				c.Close()
			}()
		}
	}()
	before := fdsOf(t, r.pid())
	var all sync.WaitGroup
	errs := make(chan error, many)
	start := make(chan bool)
	for i := range many {
		all.Go(func() {
			errs <- func() error {
				c, err := net.DialTimeout("tcp", r.at, hang)
				if err != nil {
					return err
				}
				defer c.Close()
				c.SetDeadline(time.Now().Add(hang))
				<-start
				for round := range 3 {
					want := fmt.Appendf(nil, "connection %d, round %d", i, round)
					got := make([]byte, len(want))
					if _, err := c.Write(want); err != nil {
						return err
					}
					if _, err := io.ReadFull(c, got); err != nil || !bytes.Equal(got, want) {
						return fmt.Errorf("%q for %q, %v", got, want, err)
					}
				}
				c.(*net.TCPConn).CloseWrite()
				if b, err := io.ReadAll(c); len(b) > 0 || err != nil {
					return fmt.Errorf("after the end: %q, %v", b, err)
				}
				return nil
			}()
		})
	}
	eventually(t, "all are connected", func() bool { return fdsOf(t, r.pid()) >= before+2*many })
	if threads := threadsOf(t, r.pid()); threads > 20 {
		t.Errorf("%d threads for %d connections", threads, many)
	}
	close(start)
	all.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	// The loop keeps a few empty pipes.
	eventually(t, "all descriptors are closed", func() bool { return fdsOf(t, r.pid()) <= before+2*8 })
	r.stop(t)
}

func fdsOf(t *testing.T, pid int) int {
	t.Helper()
	d, err := os.ReadDir("/proc/" + itoa(pid) + "/fd")
	must(t, err)
	return len(d)
}

func threadsOf(t *testing.T, pid int) int {
	t.Helper()
	d, err := os.ReadDir("/proc/" + itoa(pid) + "/task")
	must(t, err)
	return len(d)
}

// TestRelayIdle: connections that say nothing cost little memory, two descriptors and no time. RELAY_PAIRS makes it more
// of them.
func TestRelayIdle(t *testing.T) {
	pairs := within(t, 1000, 2)
	if n, err := strconv.Atoi(os.Getenv("RELAY_PAIRS")); err == nil {
		pairs = n
	}
	r := newRelayed(t)
	open := func(n int) {
		for range n {
			a, b := r.pair(t)
			send(t, a, []byte("hello"))
			receive(t, b, 5)
			send(t, b, []byte("hello"))
			receive(t, a, 5)
		}
	}
	open(50) // what is there once, is there
	fds, rss := fdsOf(t, r.pid()), rssOf(t, r.pid())
	open(pairs)
	perPair := (rssOf(t, r.pid()) - rss) / int64(pairs)
	if more := fdsOf(t, r.pid()) - fds; more != 2*pairs {
		t.Errorf("%d pairs have %d descriptors more", pairs, more)
	}
	cpu := r.cpu()
	<-time.After(time.Second)
	used := r.cpu() - cpu
	t.Logf("%d idle pairs: %d bytes each, %d ms of processor time in a second", pairs, perPair, 10*used)
	if perPair > 8<<10 {
		t.Errorf("%d bytes a pair", perPair)
	}
	if used > 5 {
		t.Errorf("%d ms of processor time in a second", 10*used)
	}
	r.stop(t)
}

func rssOf(t *testing.T, pid int) int64 {
	t.Helper()
	b, err := os.ReadFile("/proc/" + itoa(pid) + "/statm")
	must(t, err)
	pages, err := strconv.ParseInt(strings.Fields(string(b))[1], 10, 64)
	must(t, err)
	return pages * int64(os.Getpagesize())
}
