package engine

// process: a process for each connection.
//
// The oldest model, and the simplest to think about: each connection has a program of its own that reads and writes in
// a straight line and may sleep in each call. Nothing is shared, so nothing needs a lock, and whatever happens to one
// (a crash, a leak) happens to nobody else.
//
// In C a server calls fork(2) after accept(2). A Go program cannot: fork copies one thread, and the runtime's others
// (the collector, the scheduler's) would be missing in the child, locks held for ever. So the child is this program
// started anew (fork and exec in one call), with the connection as its descriptor 3. The parent closes its own copy of
// the connection: as long as anybody holds one, the peer gets no FIN.
//
// A child that has ended stays as a zombie until its parent has asked how it ended (wait(2)). The tutorial's server asks
// in a handler for SIGCHLD, and says that it does not know why the handler is not called. It is called: compiled and
// tried on a terminal, accept(2) comes back with EINTR when a child ends, and no zombie stays. It is only not heard:
//
//   - The handler speaks with printf and no newline. "child pid =1234" waits in stdio's buffer until somebody prints a
//     newline, which the parent does when it tells of the next connection; its "haha" stands after a break and is never
//     reached. (A handler must not call printf at all: it may have interrupted another one. signal-safety(7).)
//   - sa_flags is 0, without SA_RESTART. The parent sleeps in accept(2) when a child ends, and after the handler accept
//     returns -1 with EINTR (signal(7), "Interruption of system calls"). The tutorial's Accept, which is not shown,
//     decides: it tries again, and nothing is seen; or it takes that for an error, and the server is gone.
//   - SIGCHLD is blocked before the loop, and let through after the first fork, in the parent alone. A child that ends
//     before that is not lost: a blocked signal stays pending. But the first child inherits the mask (fork(2),
//     sigprocmask(2)) and goes through its life with SIGCHLD blocked; and until somebody connects there is no handler.
//     It belongs before the loop, and the child has to restore the mask.
//   - Several children that end together make one signal: "standard signals do not queue" (signal(7)). Here the
//     tutorial is right, with waitpid(WNOHANG) in a loop; a handler that waits once leaves zombies.
//
// The cure here is not a better handler but none: clone(2) gives a descriptor for the child (pidfd_open(2)) that becomes
// readable when the child has ended. It is watched with the listener; none is missed, none is counted twice, and no
// call is interrupted. The end of the server is a descriptor too, the same for all: parent and children see stop become
// readable by themselves, and nobody has to send signals to a list.
//
// Where it breaks: a process is big (here a Go runtime: some 5 MiB and 10 ms; in C after fork some 100 KiB and 0.2 ms),
// there are only so many (RLIMIT_NPROC, pid_max, the pids limit of a cgroup), and switching between thousands costs
// more than their work. Connections that have to do with each other need pipes or shared memory.

import (
	"errors"
	"io"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

type processServer struct {
	door
	kids []kid
	fds  []unix.PollFd // of kids
}

// kid is a child and the connection that it serves.
type kid struct {
	conn
	pid, pidfd int
	killed     bool // by us
}

func serveProcess(k *sys.Calls, lfd, stop int, o *Options) error {
	d, err := openDoor(k, lfd, stop, o)
	if err != nil {
		return err
	}
	d.flags = unix.SOCK_CLOEXEC // the child's calls may block
	s := &processServer{door: d}
	return s.run()
}

func (s *processServer) run() error {
	defer s.closeAll()
	for !s.over(len(s.kids)) {
		ready, err := s.await(s.fds...)
		if err != nil {
			return err
		}
		for i := len(s.fds) - 1; i >= 0; i-- { // from the end: who leaves is replaced by the last one
			if s.fds[i].Revents != 0 {
				s.close(i)
			}
		}
		if ready {
			if err := s.accept(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *processServer) accept() error {
	for range burst {
		c, err := s.door.accept()
		if err == unix.EAGAIN {
			return nil
		}
		if err != nil {
			return err
		}
		pid, pidfd, err := s.k.Spawn("/proc/self/exe", s.o.Child, nil, []int{0, 1, 2, c.fd, s.stop})
		if err != nil {
			s.shut(sys.Wrap("fork", "", err).Error())
			s.gone(&c, err)
			continue
		}
		sys.Close(s.k, c.fd) // the child has its own
		c.fd, c.in, c.out = -1, -1, -1
		s.kids = append(s.kids, kid{conn: c, pid: pid, pidfd: pidfd})
		s.fds = append(s.fds, unix.PollFd{Fd: int32(pidfd), Events: unix.POLLIN})
	}
	return nil
}

// cut is what a child leaves with that had not given everything when the grace was over. Of the errors of a stream it is
// none.
const cut = unix.ECANCELED

// Connection is the child's whole life: it echoes what comes on fd until the peer's end, or until stop has become
// readable and the peer has had what was taken before. The error is an errno, with which the program has to leave.
func Connection(k *sys.Calls, fd, stop int, o *Options) error {
	d, err := openDoor(k, fd, stop, o)
	if err != nil {
		return err
	}
	w, mem, c := patient(&d), newBuffers(&d, bufferSize), &conn{fd: fd}
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		d.drain()
	}()
	for err == nil {
		if err = w.take(c, mem); err == nil {
			err = w.give(c, mem)
		}
	}
	if err == io.EOF && d.lingers(c) {
		for over := false; !over; {
			if over, err = d.settled(c, mem.buf, d.late()); !over {
				k.Poll(nil, lingerTick)
			}
		}
	}
	k.Shutdown(fd, unix.SHUT_RDWR) // the FIN; and POLLHUP for drain
	<-gone
	sys.Close(k, fd)
	switch {
	case err == ErrStopped, c.pending() && d.late(): // drain has shut it, and the write that waited has failed
		return cut
	case err == io.EOF:
		return nil
	}
	return err
}

// drain waits for stop beside a connection that sleeps in its calls, and ends its input then; and its output when the
// grace is over, which makes a write that waits for room return (EPIPE). A connection whose both directions are shut
// reports POLLHUP, asked or not (poll(2)): that is how this ends.
func (d *door) drain() {
	conn := unix.PollFd{Fd: int32(d.fd)}
	stop := unix.PollFd{Fd: int32(d.stop), Events: unix.POLLIN}
	for {
		fds := []unix.PollFd{conn, stop}
		_, err := d.k.Poll(fds, d.timeout())
		switch {
		case err == unix.EINTR:
		case err != nil || fds[0].Revents&(unix.POLLHUP|unix.POLLNVAL) != 0:
			return
		case d.late():
			d.k.Shutdown(d.fd, unix.SHUT_RDWR)
			return
		case fds[1].Revents != 0:
			d.leave()
			stop.Fd = -1
			d.endInput(d.fd)
		}
	}
}

// close takes the news of a child that has ended. Its exit code is an errno.
func (s *processServer) close(i int) {
	kid := &s.kids[i]
	var status unix.WaitStatus
	pid, err := s.k.Wait4(kid.pid, &status, unix.WNOHANG)
	switch {
	case err == unix.EINTR || err == nil && pid == 0:
		return // not yet; the pidfd stays readable
	case err != nil:
		err = sys.Wrap("wait4", "", err)
	case status.Signaled() && kid.killed, status.ExitStatus() == int(cut):
		err = ErrStopped
	case status.Signaled():
		err = errors.New("its process died of " + unix.SignalName(status.Signal()))
	case status.ExitStatus() == 2: // what the Go runtime leaves with when it dies, having said why
		err = errors.New("its process crashed")
	case status.ExitStatus() != 0:
		err = unix.Errno(status.ExitStatus())
	}
	sys.Close(s.k, kid.pidfd)
	s.gone(&kid.conn, err)
	last := len(s.kids) - 1
	s.kids[i], s.fds[i] = s.kids[last], s.fds[last]
	s.kids, s.fds = s.kids[:last], s.fds[:last]
}

// closeAll ends those that are left when the loop ends: the grace is over.
func (s *processServer) closeAll() {
	for len(s.kids) > 0 {
		last := len(s.kids) - 1
		s.kids[last].killed = true
		s.k.PidfdSendSignal(s.kids[last].pidfd, unix.SIGKILL)
		s.k.Poll(s.fds[last:], -1) // a killed process ends, whatever it was doing
		s.close(last)
	}
}
