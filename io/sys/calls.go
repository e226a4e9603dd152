// Package sys is the one door to the kernel: every system call cat5 makes is a field of Calls.
//
// The fields are the calls themselves, bare: they return what the kernel said, EINTR and short counts included.
// The functions of the same name in retry.go are what the rest of cat5 calls; they keep the rules that hold at
// every call site (EINTR is not an answer; close(2) is never repeated).
package sys

import (
	"time"

	"golang.org/x/sys/unix"
)

// Calls is the kernel as cat5 sees it. Copy the struct and override a field to trace a call, to fake it, or to make it
// fail. No field is ever nil in a value that came from Linux. Errors are bare unix.Errno values.
type Calls struct {
	// Sockets (socket(2), bind(2), listen(2), accept4(2), connect(2), shutdown(2)).
	Socket      func(domain, typ, proto int) (fd int, err error)
	Bind        func(fd int, a Addr) error
	Listen      func(fd, backlog int) error
	Accept4     func(fd, flags int) (conn int, peer Addr, err error)
	Connect     func(fd int, a Addr) error // of a socket that does not block
	Getsockname func(fd int) (Addr, error)
	Getpeername func(fd int) (Addr, error)
	Shutdown    func(fd, how int) error
	// Socketpair makes two unix sockets that are connected to each other (socketpair(2)).
	Socketpair func(domain, typ, proto int) (fds [2]int, err error)
	// Setsockopt and Getsockopt carry the option's bytes as the kernel lays them out; Getsockopt returns how many of
	// val the kernel filled (setsockopt(2)).
	Setsockopt func(fd, level, opt int, val []byte) error
	Getsockopt func(fd, level, opt int, val []byte) (n int, err error)

	// Bytes (read(2), write(2), recv(2), send(2)). Recvfrom fills *from when from is not nil and returns the
	// MSG_* flags of the datagram (recvmsg(2)): with MSG_TRUNC asked for, n is the datagram's true length.
	Read     func(fd int, p []byte) (n int, err error)
	Write    func(fd int, p []byte) (n int, err error)
	Recvfrom func(fd int, p []byte, flags int, from *Addr) (n, rflags int, err error)
	Sendto   func(fd int, p []byte, flags int, to *Addr) (n int, err error)
	// Discard is recv(2) of at most n bytes of a TCP connection into no buffer, with MSG_TRUNC and MSG_DONTWAIT: they are taken
	// and thrown away (tcp(7)).
	Discard func(fd, n int) (taken int, err error)
	// SendFD is sendmsg(2) of p with a copy of descriptor pass beside it (unix(7), SCM_RIGHTS).
	SendFD func(fd int, p []byte, pass int) (n int, err error)
	// RecvFD is recvmsg(2) without waiting, for a descriptor that may stand beside the bytes: less than 0 if there was none.
	// One that came and found no room among ours (MSG_CTRUNC, unix(7)) is EMFILE; it is close-on-exec, and others that came with it are closed.
	RecvFD func(fd int, p []byte) (n, passed int, err error)
	// Sendmmsg sends the first n messages of b, to the socket's own peer when to is nil; Recvmmsg receives at most n into
	// it. They answer how many went or came. An error is only told when there were none: what stopped sendmmsg after
	// some is lost (sendmmsg(2), "BUGS"). Neither waits (MSG_DONTWAIT).
	Sendmmsg func(fd int, b *Batch, n int, to *Addr, flags int) (sent int, err error)
	Recvmmsg func(fd int, b *Batch, n, flags int) (came int, err error)
	// RawRead and RawWrite are read(2) and write(2) without the Go scheduler's knowledge, which saves it two hand-offs:
	// for descriptors that do not block, and for those only.
	RawRead  func(fd int, p []byte) (n int, err error)
	RawWrite func(fd int, p []byte) (n int, err error)

	// Bytes that stay in the kernel (pipe2(2), splice(2), sendfile(2)). Splice moves at most n bytes from one descriptor's
	// own position to the other's; one of the two is a pipe. RawSplice does so without the Go scheduler's knowledge, between
	// a pipe and a socket that do not block: a file may be on a disk that sleeps.
	Pipe2     func(p []int, flags int) error
	Splice    func(rfd, wfd, n, flags int) (moved int, err error)
	RawSplice func(rfd, wfd, n, flags int) (moved int, err error)
	// Sendfile moves at most n bytes of a file, from *off on, to a socket, and *off with them (sendfile(2)).
	Sendfile func(wfd, rfd int, off *int64, n int) (moved int, err error)

	// Descriptors (close(2), fcntl(2), ioctl(2), fstat(2)).
	Close     func(fd int) error
	Fcntl     func(fd, cmd, arg int) (int, error)
	Ioctl     func(fd int, req uint, arg *[64]byte) error
	Fstat     func(fd int, st *unix.Stat_t) error
	Lseek     func(fd int, off int64, whence int) (int64, error)
	Ftruncate func(fd int, size int64) error
	// SameFile says whether two of our descriptors share one open file description (kcmp(2), KCMP_FILE).
	SameFile func(fd1, fd2 int) (bool, error)
	Getpid   func() int
	Getpgrp  func() int

	// Files, for unix sockets' names and --output (openat(2), fstatat(2), unlinkat(2), renameat(2), fchmodat(2), flock(2)).
	Openat func(dirfd int, path string, flags int, mode uint32) (fd int, err error)
	// Openat2 is openat(2) with a say in how the path is resolved: RESOLVE_BENEATH and so on (openat2(2), Linux 5.6). It
	// creates nothing.
	Openat2 func(dirfd int, path string, flags int, resolve uint64) (fd int, err error)
	Fstatat func(dirfd int, path string, st *unix.Stat_t, flags int) error
	// Faccessat says whether a file may be used so (access(2), with the effective ids).
	Faccessat func(dirfd int, path string, mode uint32) error
	Unlinkat  func(dirfd int, path string, flags int) error
	Renameat  func(olddirfd int, oldpath string, newdirfd int, newpath string) error
	Fchmodat  func(dirfd int, path string, mode uint32) error
	Fchmod    func(fd int, mode uint32) error
	Flock     func(fd, how int) error
	// Getdents fills buf with records of struct linux_dirent64 (getdents64(2); ReadDir reads them); Readlinkat with a link's target, without a NUL
	// (readlinkat(2)).
	Getdents   func(fd int, buf []byte) (n int, err error)
	Readlinkat func(dirfd int, path string, buf []byte) (n int, err error)

	// Readiness (epoll_create1(2), epoll_ctl(2), epoll_wait(2), eventfd(2)). A timeout of -1 waits for ever;
	// otherwise it is in milliseconds.
	EpollCreate1 func(flags int) (fd int, err error)
	EpollCtl     func(epfd, op, fd int, ev *unix.EpollEvent) error
	EpollWait    func(epfd int, evs []unix.EpollEvent, msec int) (n int, err error)
	Eventfd      func(init uint, flags int) (fd int, err error)
	// RawEpollWait is epoll_wait(2) without the Go scheduler's knowledge: for a few milliseconds at most, as no goroutine
	// runs on this processor meanwhile. Select and Poll are the older calls (select(2), poll(2)).
	RawEpollWait func(epfd int, evs []unix.EpollEvent, msec int) (n int, err error)
	Select       func(nfd int, r, w, e *unix.FdSet, tv *unix.Timeval) (n int, err error)
	Poll         func(fds []unix.PollFd, msec int) (n int, err error)

	// Processes (fork(2) and execve(2) in one, pidfd_open(2), wait4(2), pidfd_send_signal(2), kill(2)). Spawn starts the
	// program at path, which is looked for nowhere (see LookPath), in a process group of its own, with this environment
	// and no other; files become its descriptors 0, 1, 2, ... and it gets no others. The pidfd becomes readable when it
	// has ended. Kill with a pid less than 0 is for the process group -pid.
	Spawn           func(path string, argv, env []string, files []int) (pid, pidfd int, err error)
	Wait4           func(pid int, status *unix.WaitStatus, options int) (int, error)
	PidfdSendSignal func(pidfd int, sig unix.Signal) error
	Kill            func(pid int, sig unix.Signal) error

	// Limits (getrlimit(2)). Setrlimit changes ours, and that of every child from then on. The soft limit of descriptors
	// has been raised by the Go runtime before anything here runs; that one no child inherits.
	Getrlimit func(resource int, lim *unix.Rlimit) error
	Setrlimit func(resource int, lim *unix.Rlimit) error

	// CPUTime is the processor time of all threads of a process, those that have ended too, but not of its children
	// (clock_getcpuclockid(3)).
	CPUTime func(pid int) (time.Duration, error)

	// Execve makes this process another program, with the descriptors that are not close-on-exec; it returns only to say why
	// not (execve(2)).
	Execve func(path string, argv, env []string) error

	// Now is CLOCK_MONOTONIC, counted from when Linux was called: nothing cat5 measures may jump with the wall clock (clock_gettime(2)).
	Now func() time.Duration
}

// Linux returns the real kernel.
func Linux() *Calls {
	return &Calls{
		Socket:      unix.Socket,
		Bind:        bind,
		Listen:      unix.Listen,
		Accept4:     accept4,
		Connect:     connect,
		Getsockname: getsockname,
		Getpeername: getpeername,
		Shutdown:    unix.Shutdown,
		Socketpair:  unix.Socketpair,
		Setsockopt:  setsockopt,
		Getsockopt:  getsockopt,

		Read:     unix.Read,
		Write:    unix.Write,
		Recvfrom: recvfrom,
		Sendto:   sendto,
		Discard:  discard,
		SendFD: func(fd int, p []byte, pass int) (int, error) {
			return unix.SendmsgN(fd, p, unix.UnixRights(pass), nil, unix.MSG_NOSIGNAL)
		},
		Sendmmsg: sendmmsg,
		Recvmmsg: recvmmsg,
		RecvFD:   recvFD,
		RawRead:  rawRead,
		RawWrite: rawWrite,

		Pipe2:     unix.Pipe2,
		Splice:    splice,
		RawSplice: rawSplice,
		Sendfile:  unix.Sendfile,

		Close:     unix.Close,
		Fcntl:     fcntl,
		Ioctl:     ioctl,
		Fstat:     unix.Fstat,
		Lseek:     unix.Seek,
		Ftruncate: unix.Ftruncate,
		SameFile:  sameFile,
		Getpid:    unix.Getpid,
		Getpgrp:   unix.Getpgrp,

		Openat:  unix.Openat,
		Openat2: openat2,
		Fstatat: unix.Fstatat,
		Faccessat: func(dirfd int, path string, mode uint32) error {
			return unix.Faccessat(dirfd, path, mode, unix.AT_EACCESS)
		},
		Unlinkat: unix.Unlinkat,
		Renameat: unix.Renameat,
		Fchmodat: func(dirfd int, path string, mode uint32) error { return unix.Fchmodat(dirfd, path, mode, 0) },
		Fchmod:   unix.Fchmod,
		Flock:    unix.Flock,

		Getdents:   unix.Getdents,
		Readlinkat: unix.Readlinkat,

		EpollCreate1: unix.EpollCreate1,
		EpollCtl:     unix.EpollCtl,
		EpollWait:    unix.EpollWait,
		Eventfd:      unix.Eventfd,
		RawEpollWait: rawEpollWait,
		Select:       unix.Select,
		Poll:         unix.Poll,

		Spawn: spawn,
		Wait4: func(pid int, status *unix.WaitStatus, options int) (int, error) {
			return unix.Wait4(pid, status, options, nil)
		},
		PidfdSendSignal: func(pidfd int, sig unix.Signal) error { return unix.PidfdSendSignal(pidfd, sig, nil, 0) },
		Kill:            unix.Kill,

		Getrlimit: unix.Getrlimit,
		Setrlimit: unix.Setrlimit,

		CPUTime: cpuTime,

		Execve: unix.Exec,

		Now: clock(),
	}
}
