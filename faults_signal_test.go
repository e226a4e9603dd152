package main

import (
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"cat5/io/sys"
	"cat5/modes"

	"golang.org/x/sys/unix"
)

// Row 15: INT and TERM end the run in order: no more is accepted or taken, what was taken is given for up to a second,
// the account is made, and then the death is real. A second signal is an order to be immediate.
func TestFault15_interrupted(t *testing.T) {
	row(t)
	eachWay(t, interruptedInTheMiddle)
	t.Run("connecting", func(t *testing.T) {
		ln := tcpListener(t)
		dropAll(t, ln)
		p := start(t, how{}, "tcp", "--json", ln.Addr().String())
		p.event("try")
		p.signal(syscall.SIGINT)
		if a := p.dies(syscall.SIGINT).account(t); a.Code != 130 {
			t.Errorf("%+v", a)
		}
	})
	t.Run("listening", func(t *testing.T) {
		p := start(t, how{}, "tcp", "-l", "127.0.0.1", "0")
		p.addr()
		p.signal(syscall.SIGTERM)
		p.dies(syscall.SIGTERM)
	})
}

// The second signal is an order also to a server that is stuck because nobody reads what it says.
func TestFault15_stderrStuck(t *testing.T) {
	row(t)
	for _, server := range []string{"echo -v", "echo -v --engine thread", "http"} {
		t.Run(server, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			ready, told, err := os.Pipe()
			must(t, err)
			defer ready.Close()
			unread, says, err := os.Pipe()
			must(t, err)
			defer unread.Close()
			cmd := exec.Command(realCat5(t), append(strings.Fields(server), "--ready-fd=3", "--port-file="+dir+"/port", "127.0.0.1", "0")...)
			cmd.Dir, cmd.Stderr, cmd.ExtraFiles = dir, says, []*os.File{told}
			must(t, cmd.Start())
			told.Close()
			must(t, ready.SetReadDeadline(time.Now().Add(hang)))
			if _, err := ready.Read(make([]byte, 1)); err != nil {
				t.Fatal(err)
			}
			fillUp(t, says)
			port, err := os.ReadFile(dir + "/port")
			must(t, err)
			c := dial(t, "tcp", "127.0.0.1:"+strings.TrimSpace(string(port)))
			send(t, c, []byte("GET / HTTP/1.1\r\n\r\n")) // something to be told of
			var died time.Time
			done := make(chan error, 1)
			go func() { done <- cmd.Wait(); says.Close() }()
			for end := time.Now().Add(hang); ; {
				cmd.Process.Signal(syscall.SIGTERM)
				select {
				case <-done:
					if s := cmd.ProcessState.Sys().(syscall.WaitStatus); !s.Signaled() || s.Signal() != syscall.SIGTERM {
						t.Errorf("%v", cmd.ProcessState)
					}
					return
				case died = <-time.After(10 * time.Millisecond):
				}
				if died.After(end) {
					cmd.Process.Kill()
					t.Fatal("it does not die")
				}
			}
		})
	}
}

// fillUp fills a pipe, so that whoever writes to it waits.
func fillUp(t *testing.T, w *os.File) {
	t.Helper()
	own, err := unix.Open("/proc/self/fd/"+itoa(int(w.Fd())), unix.O_WRONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0) // an open file description of our own
	must(t, err)
	defer unix.Close(own)
	for size := 4096; size > 0; {
		if _, err := unix.Write(own, make([]byte, size)); err == unix.EAGAIN {
			size /= 2
		} else {
			must(t, err)
		}
	}
}

func interruptedInTheMiddle(t *testing.T, way string) {
	// blocked is a server of one peer whose output is blocked, with bytes in its hands.
	blocked := func() (p *proc, got func() int, addr string) {
		r, w := smallPipe(t)
		p = start(t, how{stdout: w}, "tcp", "--json", way, "-lk", "127.0.0.1", "0")
		w.Close()
		c := dial(t, "tcp", p.addr())
		flood(t, c.(*net.TCPConn), payload(64<<10), 1<<30, zeroWindow)
		return p, func() int { return len(rest(t, r)) }, p.addr()
	}
	t.Run("flushed", func(t *testing.T) {
		p, got, addr := blocked()
		p.signal(syscall.SIGTERM)
		p.event("signal")
		n := got()
		r := p.dies(syscall.SIGTERM)
		if a := r.account(t); a.Code != 143 || a.In != int64(n) || a.Lost != 0 {
			t.Errorf("%d bytes came out: %+v", n, a)
		}
		if err := connectOnce(addr); err == nil {
			t.Error("it still accepts")
		}
	})
	t.Run("lost", func(t *testing.T) {
		p, got, addr := blocked()
		p.signal(syscall.SIGINT)
		p.event("signal")
		eventually(t, "no more is accepted", func() bool { return connectOnce(addr) != nil })
		r := p.dies(syscall.SIGINT) // after a second in which nobody reads; at once when nothing is held
		if a, n := r.account(t), got(); a.Code != 130 || a.In != int64(n)+a.Lost || (a.Lost > 0) != (way == "--io=copy") {
			t.Errorf("%d bytes came out: %+v", n, a)
		}
	})
	if way == "--io=copy" {
		t.Run("a second one", func(t *testing.T) {
			p, _, _ := blocked()
			p.signal(syscall.SIGTERM)
			p.event("signal")
			p.signal(syscall.SIGINT)
			p.dies(syscall.SIGINT)
		})
	}
}

// connectOnce connects to a port of 127.0.0.1 without a time-out, for what refuses at once.
func connectOnce(addr string) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	_, port, _ := strings.Cut(addr, ":")
	sa := &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}
	for _, c := range port {
		sa.Port = 10*sa.Port + int(c-'0')
	}
	return unix.Connect(fd, sa)
}

// Row 16: a signal that was ignored when we were started stays ignored: HUP under nohup, INT in a shell's background job.
func TestFault16_ignoredSignals(t *testing.T) {
	row(t)
	for _, c := range []struct {
		name, sh string
		signal   syscall.Signal
	}{
		{"nohup", `exec nohup "$0" "$@"`, syscall.SIGHUP},
		{"trap", `trap "" INT; exec "$0" "$@"`, syscall.SIGINT},
		{"background job", `"$0" "$@" & wait`, syscall.SIGINT},
	} {
		t.Run(c.name, func(t *testing.T) {
			ln := tcpListener(t)
			p := start(t, how{sh: c.sh, attr: &syscall.SysProcAttr{Setpgid: true}}, "tcp", "-v", "--eof=half", ln.Addr().String())
			peer := accept(t, ln)
			p.line("connected")
			must(t, syscall.Kill(-p.pid(), c.signal))
			send(t, peer, []byte("still there"))
			p.out.has(t, "still there")
			peer.Close()
			p.in.Close()
			p.out.end(t)
		})
	}
}

// Row 17: ^Z stops us and fg goes on, on a real terminal under a shell: the terminal's mode is the same before, while
// we run, while we are stopped and after; bytes typed afterwards arrive; and timers that fell due meanwhile do not fire
// in a burst.
func TestFault17_stopAndContinue(t *testing.T) {
	row(t)
	person, tty := terminal(t)
	ln := tcpListener(t)
	mode := func() unix.Termios {
		m, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
		must(t, err)
		return *m
	}
	before := mode()
	p := start(t, how{stdin: tty, sh: `set -m; "$0" "$@"; echo stopped >&2; read x; fg >/dev/null`, attr: session()},
		"tcp", "--json", "--stats=0.1", ln.Addr().String())
	c := accept(t, ln)
	p.event("stats")
	if mode() != before {
		t.Error("the terminal's mode has changed")
	}
	send(t, person, []byte{0x1a}) // ^Z
	p.line("stopped")
	if mode() != before {
		t.Error("stopped, the terminal's mode is another")
	}
	<-time.After(1200 * time.Millisecond) // a dozen of timers fall due
	ran := len(p.err.now())
	send(t, person, []byte("go on\n"))
	send(t, person, []byte("hello\n"))
	if got := receive(t, c, 6); string(got) != "hello\n" {
		t.Errorf("the peer got %q", got)
	}
	const ticks = 4
	p.err.after(t, ran+ticks+2, `"ev":"stats"`)
	c.Close()
	send(t, person, []byte{4}) // ^D
	r := p.wait()
	if mode() != before {
		t.Error("afterwards the terminal's mode is another")
	}
	// The longest gap is where it was stopped. A tick may be told late on a busy machine, and then the next follows sooner; but
	// those that were missed do not all come at once.
	all, gap := r.events(t, "stats"), 1
	at := func(i int) float64 { return all[i]["us"].(float64) }
	for i := 1; i < len(all); i++ {
		if at(i)-at(i-1) > at(gap)-at(gap-1) {
			gap = i
		}
	}
	if gap+ticks >= len(all) || at(gap+ticks)-at(gap) < (ticks-2)*100_000 {
		t.Errorf("%d ticks of 100 ms, and after number %d they come in a burst:\n%s", len(all), gap, r.err)
	}
}

// Row 18: in the background with a terminal as input, we read it only once we are in the foreground: a read would stop
// us (SIGTTIN). What the peer says comes out meanwhile.
func TestFault18_backgroundJob(t *testing.T) {
	row(t)
	person, tty := terminal(t)
	ln := tcpListener(t)
	p := start(t, how{stdin: tty, sh: `set -m; "$0" "$@" & echo pid $! >&2; read x; echo "read $x" >&2; fg >/dev/null`, attr: session()},
		"tcp", "--json", ln.Addr().String())
	pid := strings.Fields(p.line("pid "))[1]
	c := accept(t, ln)
	send(t, c, []byte("hello"))
	p.out.has(t, "hello")
	p.event("connect")
	send(t, person, []byte("for the shell\n"))
	p.line("read for the shell")
	if state := stateOf(t, pid); state == "T" || state == "Z" {
		t.Errorf("its state is %s", state)
	}
	send(t, person, []byte("for the peer\n")) // by now or soon it is in the foreground
	if got := receive(t, c, 13); string(got) != "for the peer\n" {
		t.Errorf("the peer got %q", got)
	}
	c.Close()
	send(t, person, []byte{4}) // ^D
	if r := p.wait(); r.account(t).Code != 0 || r.status.ExitStatus() != 0 {
		t.Errorf("%s: %s", describe(r.status), r.err)
	}
}

// Row 44: a bug of ours is exit 125 and says so, and the exit event comes even then.
func TestFault44_panic(t *testing.T) {
	row(t)
	for _, flag := range []string{"--quiet", "--json"} {
		for _, call := range []string{"epoll_create1", "connect", "receiving"} {
			k := *sys.Linux()
			var said strings.Builder
			write := k.Write
			k.Write = func(fd int, b []byte) (int, error) {
				if fd == 2 {
					return said.Write(b)
				}
				return write(fd, b)
			}
			switch call {
			case "epoll_create1":
				k.EpollCreate1 = func(int) (int, error) { panic("a bug for the test") }
			case "connect":
				k.Connect = func(int, sys.Addr) error { panic("a bug for the test") }
			case "receiving":
				k.Recvfrom = func(int, []byte, int, *sys.Addr) (int, int, error) { panic("a bug for the test") }
				k.RawSplice = func(int, int, int, int) (int, error) { panic("a bug for the test") }
			}
			ln := tcpListener(t)
			if call == "receiving" {
				go func() {
					if c, err := ln.Accept(); err == nil {
						c.Close()
					}
				}()
			}
			out := t.TempDir() + "/out"
			code := modes.Main(&modes.Env{K: &k, Args: []string{"tcp", flag, "-d", "-o", out, ln.Addr().String()}})
			if code != 125 {
				t.Errorf("%s: exit %d", call, code)
			}
			want := "cat5: this is a bug in cat5: a bug for the test\n"
			if flag == "--json" {
				want = `"ev":"exit","code":125,"reason":"this is a bug in cat5: a bug for the test"`
			}
			if s := said.String(); !strings.Contains(s, want) || flag == "--json" && strings.Count(s, `"ev":"exit"`) != 1 {
				t.Errorf("%s: it said %q", call, s)
			}
		}
	}
}
