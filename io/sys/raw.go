package sys

import (
	"math"
	"os"
	"strconv"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The calls that the Go scheduler is not told of; what sends and receives with MSG_DONTWAIT, and connect, are others. Entering
// and leaving a system call the ordinary way lets the runtime give the processor away meanwhile; a call that returns at once
// has no use for that, and pays for it. A signal handler that the runtime runs in between (it preempts with SIGURG) shows
// as EINTR, as with any call.

func rawRead(fd int, p []byte) (int, error) {
	r, _, e := unix.RawSyscall(unix.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)))
	if e != 0 {
		return 0, e
	}
	return int(r), nil
}

func rawWrite(fd int, p []byte) (int, error) {
	r, _, e := unix.RawSyscall(unix.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)))
	if e != 0 {
		return 0, e
	}
	return int(r), nil
}

// rawSplice is for calls that move a mebibyte in a fraction of a millisecond. The runtime's watcher (sysmon) looks every 20
// microseconds for processors that are inside a call, and wakes a thread for each that it finds: on a machine without an idle
// processor that thread's search for work costs as much as half of the call.
func rawSplice(rfd, wfd, n, flags int) (int, error) {
	r, _, e := unix.RawSyscall6(unix.SYS_SPLICE, uintptr(rfd), 0, uintptr(wfd), 0, uintptr(n), uintptr(flags))
	if e != 0 {
		return 0, e
	}
	return int(r), nil
}

// discard gives the kernel no buffer: with MSG_TRUNC TCP does not look at it.
func discard(fd, n int) (int, error) {
	r, _, e := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), 0, uintptr(n), unix.MSG_TRUNC|unix.MSG_DONTWAIT, 0, 0)
	if e != 0 {
		return 0, e
	}
	return int(r), nil
}

// rawEpollWait uses epoll_pwait(2) with no signal mask, which every architecture has.
func rawEpollWait(epfd int, evs []unix.EpollEvent, msec int) (int, error) {
	r, _, e := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(epfd), uintptr(unsafe.Pointer(unsafe.SliceData(evs))),
		uintptr(len(evs)), uintptr(msec), 0, 0)
	if e != 0 {
		return 0, e
	}
	return int(r), nil
}

// spawn is the one use of package syscall: between fork and exec nothing may run that allocates, locks or grows a
// stack, and syscall.ForkExec is written for that. The pidfd comes from clone(2) itself (CLONE_PIDFD), so that it can
// never be that of another process.
func spawn(path string, argv, env []string, files []int) (pid, pidfd int, err error) {
	if err := closeInChildren(); err != nil {
		return -1, -1, err
	}
	pidfd = -1
	attr := &syscall.ProcAttr{Env: append([]string{}, env...), Sys: &syscall.SysProcAttr{Setpgid: true, PidFD: &pidfd}}
	for _, fd := range files {
		attr.Files = append(attr.Files, uintptr(fd))
	}
	pid, err = syscall.ForkExec(path, argv, attr)
	if e, ok := err.(syscall.Errno); ok {
		err = unix.Errno(e)
	}
	return pid, pidfd, err
}

// closeInChildren makes sure that no child gets more than it is given. What we open is closed by execve(2) as it is, but not what
// we were started with ourselves: a shell's or a supervisor's descriptors beyond 2.
func closeInChildren() error {
	err := unix.CloseRange(3, math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC)
	if err != unix.ENOSYS && err != unix.EINVAL { // Linux 5.9 has the call, 5.11 the flag (close_range(2))
		return err
	}
	all, err := os.ReadDir("/proc/self/fd")
	for _, e := range all {
		if fd, err := strconv.Atoi(e.Name()); err == nil && fd > 2 {
			unix.CloseOnExec(fd) // the one that reads the folder is gone already: EBADF
		}
	}
	return err
}
