package hub

import (
	"cat5/io/epoll"
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// Exec starts a program for each peer, with the connection as its standard input and output and our standard error as its
// own, as inetd does. It gets no other descriptors, and a process group of its own. How many it may open is what we were
// started with: the Go runtime raises our soft limit to one less than the hard one, and gives a child the old one as long
// as nobody here calls setrlimit(2). A program that uses select(2) relies on that.
type Exec struct {
	plain
	Path string // of the program
	Argv []string
	Env  func(p *Peer, fd int) []string
}

func (s *Exec) handsOver() bool { return true }

// kid is a program at work. Its pidfd becomes readable when it has ended: no SIGCHLD, which can be lost or come twice, and no
// call that it interrupts.
type kid struct {
	p          *Peer
	pid, pidfd int
}

// Exit is how a peer's program ended.
type Exit struct{ Status unix.WaitStatus }

func (e *Exit) Error() string {
	if e.Status.Signaled() {
		return "its program died of " + unix.SignalName(e.Status.Signal())
	}
	return "its program left with " + itoa(e.Status.ExitStatus())
}

func (s *Exec) join(h *Hub, p *Peer) {
	fd := p.FD
	pid, pidfd, err := h.k.Spawn(s.Path, s.Argv, s.Env(p, fd), []int{fd, fd, 2})
	if err != nil {
		err = sys.Wrap("exec", s.Path, err)
		h.door.rest(err.Error())
		h.leave(p, err)
		return
	}
	// The connection is the program's: it has copies, and ours would keep it open.
	h.use(fd, nil)
	sys.Close(h.k, fd)
	p.FD, p.PID = -1, pid
	p.kid = &kid{p: p, pid: pid, pidfd: pidfd}
	h.use(pidfd, p.kid)
	if err := h.poller.Set(pidfd, epoll.In); err != nil {
		p.kid.signal(unix.SIGKILL)
		h.fail(err)
	}
}

func (s *Exec) left(h *Hub, p *Peer) {
	if p.kid != nil {
		h.use(p.kid.pidfd, nil)
		sys.Close(h.k, p.kid.pidfd)
	}
}

// ready: the program has ended. What is left of its group is told to end too, before the program is reaped: until then its
// number, which is the group's, is nobody else's.
func (k *kid) ready(epoll.Event) {
	if k.p.dead {
		return
	}
	h := k.p.h
	k.signal(unix.SIGTERM)
	exit := &Exit{}
	pid, err := h.k.Wait4(k.pid, &exit.Status, unix.WNOHANG)
	switch {
	case err == unix.EINTR || err == nil && pid == 0:
		return // not yet; the pidfd stays readable
	case err != nil:
		h.leave(k.p, sys.Wrap("wait4", "", err))
		return
	}
	h.leave(k.p, exit)
}

// term asks the program, and all that it started and that did not leave its group, to end.
func (k *kid) term() { k.signal(unix.SIGTERM) }

func (k *kid) signal(sig unix.Signal) { k.p.h.k.Kill(-k.pid, sig) }
