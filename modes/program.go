package modes

import (
	"time"

	"cat5/io/epoll"
	"cat5/io/sock"
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// --exec: a program gets the connection as its stdin and stdout. Nothing is carried here, so nothing is seen of its bytes.

// program is what runs on the connection.
type program struct {
	path  string
	argv  []string
	env   []string
	pid   int
	pidfd int // 0: it does not run
}

// findProgram looks for it before anything is opened.
func (c *cable) findProgram(e *Env) (err error) {
	if !c.o.exec {
		if c.o.anyone {
			return usageError("--anyone is for --exec")
		}
		return nil
	}
	if c.network == "udp" || c.plan.Type == unix.SOCK_DGRAM {
		return usageError("--exec is for connections: datagrams have none")
	}
	if c.o.zero || c.o.passFD || c.o.hexdump || c.o.crlf || c.o.output != "" {
		return usageError("--exec: its program has the connection, nothing else is done with it")
	}
	p := &c.program
	p.argv, p.env = c.o.rest, e.Environ
	p.path, err = e.lookProgram(p.argv[0])
	return err
}

// lookProgram finds the file of a program, or says why it cannot be run.
func (e *Env) lookProgram(name string) (path string, err error) {
	places := e.getenv("PATH")
	if places == "" {
		places = "/bin:/usr/bin" // as execvp(3) has it
	}
	path, err = sys.LookPath(e.K, name, places)
	return path, cannotRun(name, err)
}

// cannotRun is the verdict on a program that is not there or cannot be run.
func cannotRun(name string, err error) error {
	switch err {
	case nil:
		return nil
	case unix.ENOENT, unix.ENOTDIR:
		return fail(exitNoProg, sys.Wrap("exec", sys.SafeName(name), err))
	}
	return fail(exitNoRun, sys.Wrap("exec", sys.SafeName(name), err))
}

// mayServe refuses to let a program be run by the whole network unless that is asked for.
func (c *cable) mayServe() error {
	if !c.o.exec || c.o.anyone || c.network == "unix" || len(c.o.access.Allow) > 0 {
		return nil
	}
	for _, a := range c.plan.Local {
		if ip := a.AddrPort().Addr(); !ip.IsLoopback() {
			return usageError("--exec on " + a.String() + " would serve whoever reaches this host: listen on 127.0.0.1, say who may with --allow, or --anyone")
		}
	}
	return nil
}

// startProgram gives it the connection. What it reads and writes may block, so the socket has to.
func (c *cable) startProgram(conn sock.Conn) {
	p, fd := &c.program, conn.FD
	flags, err := c.k.Fcntl(fd, unix.F_GETFL, 0)
	if err == nil {
		_, err = c.k.Fcntl(fd, unix.F_SETFL, flags&^unix.O_NONBLOCK)
	}
	if err == nil {
		p.pid, p.pidfd, err = c.k.Spawn(p.path, p.argv, c.programEnviron(&conn), []int{fd, fd, 2})
	}
	conn.Close(c.k)
	if err == nil {
		err = c.loop.Watch(p.pidfd, epoll.In, func(epoll.Event) { c.programDone() })
	}
	if err != nil {
		c.end(&verdict{code: exitNoRun, err: sys.Wrap("exec", sys.SafeName(p.argv[0]), err)})
	}
}

// programEnviron tells the program who its peer is, as listen does (see peerNames).
func (c *cable) programEnviron(conn *sock.Conn) []string {
	p := programPeer{remote: conn.Peer, path: c.plan.BindPath, uid: -1}
	p.local, _ = c.k.Getsockname(conn.FD)
	if conn.Network == "unix" {
		p.pid, p.uid, p.gid, _ = c.peerCred(conn)
	}
	return p.environ(c.program.env, conn.Network)
}

// programDone: its exit code is ours.
func (c *cable) programDone() {
	c.loop.Watch(c.program.pidfd, 0, nil)
	status := c.reap()
	if c.o.listen && c.o.keepOpen && c.result == nil {
		c.loop.Post(c.again)
		return
	}
	v := &verdict{code: status.ExitStatus()}
	if status.Signaled() {
		v = &verdict{code: exitBySignal + int(status.Signal()), err: more(nil, c.program.argv[0]+" ended by signal "+itoa(int(status.Signal())))}
	}
	c.end(v)
}

func (c *cable) reap() (status unix.WaitStatus) {
	p := &c.program
	for {
		if _, err := c.k.Wait4(p.pid, &status, 0); err != unix.EINTR {
			break
		}
	}
	sys.Close(c.k, p.pidfd)
	p.pidfd = 0
	return status
}

// stopProgram ends a program that still runs when we leave: it is asked to, and has a second to obey.
func (c *cable) stopProgram() {
	p := &c.program
	if p.pidfd == 0 {
		return
	}
	c.k.PidfdSendSignal(p.pidfd, unix.SIGTERM)
	fds := []unix.PollFd{{Fd: int32(p.pidfd), Events: unix.POLLIN}}
	if n, _ := c.k.Poll(fds, int(time.Second/time.Millisecond)); n == 0 {
		c.k.PidfdSendSignal(p.pidfd, unix.SIGKILL)
	}
	c.reap()
}
