package main

import (
	"bytes"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Row 1: a signal interrupts calls (EINTR), and is never an answer: a storm of signals costs no byte, and a time-out is
// not begun anew by each.
func TestFault01_interruptedCalls(t *testing.T) {
	row(t)
	ln := tcpListener(t)
	r, w := smallPipe(t)
	p := start(t, how{stdout: w}, "tcp", "--json", "--idle-timeout=3", ln.Addr().String())
	w.Close()
	c := accept(t, ln)
	p.event("connect") // the signal's handler stands by now
	stop, stopped := make(chan bool), make(chan bool)
	go func() {
		defer close(stopped)
		for storm := time.NewTicker(500 * time.Microsecond); ; {
			select {
			case <-storm.C:
				p.cmd.Process.Signal(syscall.SIGUSR1)
				p.cmd.Process.Signal(syscall.SIGCONT) // which epoll_wait(2) answers with EINTR too (signal(7))
			case <-stop:
				return
			}
		}
	}()
	defer func() { close(stop); <-stopped }()
	there, back := payload(1<<20), payload(1<<20)
	sent := make(chan error, 2)
	go func() { _, err := p.in.Write(there); sent <- err }()
	go func() { _, err := c.Write(back); sent <- err }()
	gotThere := make(chan bool)
	go func() {
		b := make([]byte, len(there))
		io.ReadFull(c, b)
		gotThere <- bytes.Equal(b, there)
	}()
	if got := receive(t, r, len(back)); !bytes.Equal(got, back) {
		t.Error("what came out is not what was sent")
	}
	if !<-gotThere {
		t.Error("what the peer got is not what was sent")
	}
	must(t, <-sent)
	must(t, <-sent)
	// Now nothing moves but the signals, and still the three seconds pass.
	res := p.wait()
	if a := res.account(t); a.Code != 28 || a.In != int64(len(back)) || a.Out != int64(len(there)) || a.Lost != 0 {
		t.Errorf("%+v", a)
	}
}

// idleTime is how long a cat5 is watched doing nothing, and idleLimit how much processor time it may use meanwhile, in
// hundredths of a second: one in a hundred.
const (
	idleTime  = 10 * time.Second
	idleLimit = int(idleTime / time.Second)
)

// Row 2: who waits does not spin: less than 1 % of a processor over 10 s, idle or blocked, in every state that lasts.
func TestFault02_waitingCostsNothing(t *testing.T) {
	row(t)
	waiting := map[string]*proc{}
	for name, f := range idleStates {
		waiting[name] = f(t)
	}
	before := map[string]int{}
	for name, p := range waiting {
		before[name] = p.cpu()
	}
	<-time.After(idleTime)
	for name, p := range waiting {
		if used := p.cpu() - before[name]; used >= idleLimit {
			t.Errorf("%s: %d ms of processor time in %v", name, 10*used, idleTime)
		}
		if kib := p.peak(); kib > memoryLimit {
			t.Errorf("%s: %d KiB resident", name, kib)
		}
	}
}

var idleStates = map[string]func(t *testing.T) *proc{
	"a client whose peer is silent": func(t *testing.T) *proc {
		ln := tcpListener(t)
		p := start(t, how{}, "tcp", ln.Addr().String())
		accept(t, ln)
		return p
	},
	"a listener": func(t *testing.T) *proc {
		p := start(t, how{}, "tcp", "-l", "127.0.0.1", "0")
		p.addr()
		return p
	},
	"a listener whose input is a device": func(t *testing.T) *proc {
		zero, err := os.Open("/dev/zero")
		must(t, err)
		defer zero.Close()
		p := start(t, how{stdin: zero}, "tcp", "-l", "127.0.0.1", "0")
		p.addr()
		return p
	},
	"in the background of a terminal": func(t *testing.T) *proc {
		_, tty := terminal(t)
		ln := tcpListener(t)
		p := start(t, how{stdin: tty, sh: `set -m; "$0" "$@" & echo pid $! >&2; read x`, attr: session()}, "tcp", "-v", ln.Addr().String())
		id, err := strconv.Atoi(strings.Fields(p.line("pid "))[1])
		must(t, err)
		p.id = id
		p.line("connected")
		accept(t, ln)
		return p
	},
	"output blocked": func(t *testing.T) *proc {
		ln := tcpListener(t)
		_, w := smallPipe(t)
		p := start(t, how{stdout: w}, "tcp", ln.Addr().String())
		c := accept(t, ln)
		flood(t, c, payload(64<<10), 1<<30, zeroWindow)
		return p
	},
	"peer blocked, input a device": func(t *testing.T) *proc {
		ln := tcpListener(t)
		zero, err := os.Open("/dev/zero")
		must(t, err)
		defer zero.Close()
		p := start(t, how{stdin: zero}, "tcp", ln.Addr().String())
		c := accept(t, ln)
		settled(t, "the sender is stopped", func() int { return waiting(t, c) })
		return p
	},
	"peer has ended, input is silent": func(t *testing.T) *proc {
		ln := tcpListener(t)
		p := start(t, how{}, "tcp", "-v", ln.Addr().String())
		must(t, accept(t, ln).CloseWrite())
		p.line("end of 127")
		return p
	},
	"input has ended, peer is silent": func(t *testing.T) *proc {
		ln := tcpListener(t)
		p := start(t, how{}, "tcp", ln.Addr().String()).feed("x")
		rest(t, accept(t, ln))
		return p
	},
	"both have ended, nothing is acknowledged": func(t *testing.T) *proc {
		ln := tcpListener(t)
		p := start(t, how{}, "tcp", "-v", ln.Addr().String())
		c := accept(t, ln)
		must(t, c.CloseWrite())
		p.line("end of 127")
		dropAll(t, c)
		p.feed("nobody hears this")
		p.line("half-closed")
		return p
	},
	"udp": func(t *testing.T) *proc {
		return start(t, how{}, "udp", udpSocket(t, "udp4").LocalAddr().String())
	},
	"udp listener": func(t *testing.T) *proc {
		p := start(t, how{}, "udp", "-l", "127.0.0.1", "0")
		p.addr()
		return p
	},
	"a unix datagram socket whose peer does not read": func(t *testing.T) *proc {
		dir := shortDir(t)
		peer := unixgram(t, dir+"/peer")
		zero, err := os.Open("/dev/zero")
		must(t, err)
		defer zero.Close()
		p := start(t, how{stdin: zero}, "unix", "-v", "--type=dgram", "-lk", dir+"/s")
		p.addr()
		_, err = peer.WriteTo([]byte("here I am"), unixAddr(dir+"/s"))
		must(t, err)
		p.line("datagrams from")
		return p
	},
	"a unix socket whose backlog is full": func(t *testing.T) *proc {
		path := shortDir(t) + "/s"
		fullBacklog(t, path)
		p := start(t, how{}, "unix", "-vv", path)
		p.line("trying")
		return p
	},
	"nobody answers": func(t *testing.T) *proc {
		ln := tcpListener(t)
		dropAll(t, ln)
		p := start(t, how{}, "tcp", "-vv", ln.Addr().String())
		p.line("trying")
		return p
	},
}
