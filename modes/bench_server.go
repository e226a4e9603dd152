package modes

import (
	"os"
	"strings"
	"sync"
	"time"

	"cat5/io/engine"
	"cat5/io/sock"
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// servedListener is the operand with which bench starts cat5 as a server: descriptor 3 is its listener, and it leaves
// when descriptor 4 becomes readable, which it also does when bench has died.
const servedListener = "listener"

// serveListener is that program's whole life.
func serveListener(e *Env, o *options) error {
	found, ok := engine.Find(o.engine)
	if !ok {
		return unknownEngine(o.engine)
	}
	r := &echoRun{server: newServer(e, o, "tcp"), engine: found}
	return r.engine.Serve(r.k, 3, 4, &engine.Options{
		Grace: echoGrace, Child: r.childArgs(), Accepted: r.onAccepted, Closed: r.onClosed, Warn: r.onWarn,
	})
}

// spawn starts a program with files as its descriptors from 3 on, and hears what it says.
func (s *benchServer) spawn(k *sys.Calls, path string, argv, env []string, files ...int) error {
	null, err := sys.Open(k, os.DevNull, unix.O_RDONLY, 0)
	if err != nil {
		return sys.Wrap("open", os.DevNull, err)
	}
	defer sys.Close(k, null)
	var says [2]int
	if err := k.Pipe2(says[:], unix.O_CLOEXEC); err != nil {
		return sys.Wrap("pipe2", "", err)
	}
	defer sys.Close(k, says[1])
	out, err := sys.Open(k, os.DevNull, unix.O_WRONLY, 0) // echo servers of a tutorial print what they get
	if err != nil {
		sys.Close(k, says[0])
		return sys.Wrap("open", os.DevNull, err)
	}
	defer sys.Close(k, out)
	s.pid, s.pidfd, err = k.Spawn(path, argv, env, append([]int{null, out, says[1]}, files...))
	if err != nil {
		s.pid, s.pidfd = 0, -1
		sys.Close(k, says[0])
		return fail(exitConnect, sys.Wrap("start", sys.SafeName(argv[0]), err))
	}
	s.says = hear(k, says[0], s.pidfd)
	return nil
}

// How long a program may take to listen, and to leave.
const (
	startWithin = 10 * time.Second
	leaveWithin = 3 * time.Second
)

// startProgram starts somebody else's server on a port that is free now, and waits until it listens there.
func (t *benchTarget) startProgram(s *benchServer) error {
	k := t.r.k
	l, err := sock.Listen(k, sock.Plan{Network: "tcp", Type: unix.SOCK_STREAM, Local: []sys.Addr{benchHost(unix.AF_INET)}})
	if err != nil {
		return err
	}
	s.to = l.Local
	l.Close(k)
	argv := make([]string, len(t.argv))
	for i, word := range t.argv {
		argv[i] = strings.ReplaceAll(word, "{port}", itoa(int(s.to.AddrPort().Port())))
	}
	path, err := sys.LookPath(k, argv[0], t.r.e.getenv("PATH"))
	if err != nil {
		return usageError("--server: " + quoted(argv[0]) + ": " + err.Error())
	}
	if err := s.spawn(k, path, argv, t.r.e.Environ); err != nil {
		return err
	}
	for until := k.Now() + startWithin; ; {
		conn, err := sock.Dial(t.r.e.context(), k, sock.Plan{Network: "tcp", Type: unix.SOCK_STREAM, Remote: []sys.Addr{s.to}})
		if err == nil {
			conn.Close(k)
			return nil
		}
		if s.ended(k, 10*time.Millisecond) || k.Now() >= until || t.r.interrupted() {
			return fail(exitConnect, more(err, heardWords(s.heard(k))))
		}
	}
}

// ended waits for the server's end, at most d.
func (s *benchServer) ended(k *sys.Calls, d time.Duration) bool {
	for until := k.Now() + d; ; {
		left := until - k.Now()
		fds := []unix.PollFd{{Fd: int32(s.pidfd), Events: unix.POLLIN}}
		n, err := k.Poll(fds, int((max(left, 0)+time.Millisecond-1)/time.Millisecond))
		if n > 0 {
			return true
		}
		if err != unix.EINTR || left <= 0 {
			return false
		}
	}
}

// end makes the server leave, waits for it, and frees everything.
func (s *benchServer) end(k *sys.Calls) {
	if s.stop >= 0 {
		sys.Close(k, s.stop)
	} else if s.pidfd >= 0 {
		k.PidfdSendSignal(s.pidfd, unix.SIGTERM)
	}
	if s.pidfd >= 0 {
		if !s.ended(k, leaveWithin) {
			k.PidfdSendSignal(s.pidfd, unix.SIGKILL)
			s.ended(k, leaveWithin)
		}
		var status unix.WaitStatus
		for {
			if _, err := k.Wait4(s.pid, &status, 0); err != unix.EINTR {
				break
			}
		}
		<-s.says.quiet
		sys.Close(k, s.says.fd)
		sys.Close(k, s.pidfd)
	}
}

// ear hears what a server says on stderr. All of it is taken, as a server that talks much would otherwise stop in the middle
// of a write, and be measured for that; the end of it is kept.
type ear struct {
	fd    int
	quiet chan struct{} // closed when the server has ended, and what it had said has been taken
	mu    sync.Mutex
	tail  []byte
}

// What is kept, in bytes, and how many reads there are at most once the server has ended: a child of it may talk for ever.
const (
	earKeeps = 4096
	earAfter = 64
)

// hear begins to hear what comes from fd, until the process of pidfd has ended.
func hear(k *sys.Calls, fd, pidfd int) *ear {
	e := &ear{fd: fd, quiet: make(chan struct{})}
	go func() {
		defer close(e.quiet)
		b := make([]byte, 16<<10)
		for after := 0; after < earAfter; {
			fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}, {Fd: int32(pidfd), Events: unix.POLLIN}}
			switch _, err := k.Poll(fds, -1); {
			case err == unix.EINTR:
				continue
			case err != nil, fds[0].Revents == 0:
				return
			}
			if fds[1].Revents != 0 {
				after++
			}
			n, err := sys.Read(k, fd, b)
			if err != nil || n == 0 {
				return
			}
			e.mu.Lock()
			e.tail = append(e.tail, b[:n]...)
			e.tail = append(e.tail[:0], e.tail[max(len(e.tail)-earKeeps, 0):]...)
			e.mu.Unlock()
		}
	}()
	return e
}

// heard is the last line that the server has said, if it has said something.
func (s *benchServer) heard(k *sys.Calls) string {
	if s.says == nil {
		return ""
	}
	if s.ended(k, 0) {
		<-s.says.quiet
	}
	s.says.mu.Lock()
	defer s.says.mu.Unlock()
	lines := strings.Split(strings.TrimSpace(string(s.says.tail)), "\n")
	return sys.SafeName(strings.TrimPrefix(lines[len(lines)-1], "cat5: "))
}
