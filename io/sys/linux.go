package sys

import (
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// This file makes the calls that x/sys wraps too richly: its Sockaddr is an interface made anew for each datagram, and
// loses the bytes of abstract names. Addr (addr.go) is the kernel's own bytes.

func bind(fd int, a Addr) error {
	_, _, e := unix.Syscall(unix.SYS_BIND, uintptr(fd), uintptr(unsafe.Pointer(&a.raw)), uintptr(a.n))
	return errOf(e)
}

// connect tells the Go scheduler nothing (see raw.go), as what it connects does not block: of a scan that is an eighth of the time.
func connect(fd int, a Addr) error {
	_, _, e := unix.RawSyscall(unix.SYS_CONNECT, uintptr(fd), uintptr(unsafe.Pointer(&a.raw)), uintptr(a.n))
	return errOf(e)
}

func accept4(fd, flags int) (int, Addr, error) {
	a := Addr{n: uint32(unsafe.Sizeof(unix.RawSockaddrAny{}))}
	r, _, e := unix.Syscall6(unix.SYS_ACCEPT4, uintptr(fd), uintptr(unsafe.Pointer(&a.raw)),
		uintptr(unsafe.Pointer(&a.n)), uintptr(flags), 0, 0)
	if e != 0 {
		return -1, Addr{}, e
	}
	return int(r), a, nil
}

func getsockname(fd int) (Addr, error) { return name(unix.SYS_GETSOCKNAME, fd) }
func getpeername(fd int) (Addr, error) { return name(unix.SYS_GETPEERNAME, fd) }

func name(trap uintptr, fd int) (Addr, error) {
	a := Addr{n: uint32(unsafe.Sizeof(unix.RawSockaddrAny{}))}
	_, _, e := unix.Syscall(trap, uintptr(fd), uintptr(unsafe.Pointer(&a.raw)), uintptr(unsafe.Pointer(&a.n)))
	if e != 0 {
		return Addr{}, e
	}
	return a, nil
}

func setsockopt(fd, level, opt int, val []byte) error {
	_, _, e := unix.Syscall6(unix.SYS_SETSOCKOPT, uintptr(fd), uintptr(level), uintptr(opt),
		uintptr(unsafe.Pointer(unsafe.SliceData(val))), uintptr(len(val)), 0)
	return errOf(e)
}

func getsockopt(fd, level, opt int, val []byte) (int, error) {
	n := uint32(len(val))
	_, _, e := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), uintptr(level), uintptr(opt),
		uintptr(unsafe.Pointer(unsafe.SliceData(val))), uintptr(unsafe.Pointer(&n)), 0)
	if e != 0 {
		return 0, e
	}
	return int(n), nil
}

func recvfrom(fd int, p []byte, flags int, from *Addr) (int, int, error) {
	var iov unix.Iovec
	iov.Base = unsafe.SliceData(p)
	iov.SetLen(len(p))
	msg := unix.Msghdr{Iov: &iov}
	msg.SetIovlen(1)
	if from != nil {
		msg.Name = (*byte)(unsafe.Pointer(&from.raw))
		msg.Namelen = uint32(unsafe.Sizeof(from.raw))
	}
	var r uintptr
	var e unix.Errno
	if flags&unix.MSG_DONTWAIT != 0 { // it does not sleep: see raw.go
		r, _, e = unix.RawSyscall(unix.SYS_RECVMSG, uintptr(fd), uintptr(unsafe.Pointer(&msg)), uintptr(flags))
	} else {
		r, _, e = unix.Syscall(unix.SYS_RECVMSG, uintptr(fd), uintptr(unsafe.Pointer(&msg)), uintptr(flags))
	}
	if e != 0 {
		return 0, 0, e
	}
	if from != nil {
		from.came(msg.Namelen)
	}
	return int(r), int(msg.Flags), nil
}

func sendto(fd int, p []byte, flags int, to *Addr) (int, error) {
	var raw *unix.RawSockaddrAny
	var n uint32
	if to != nil {
		raw, n = &to.raw, to.n
	}
	var r uintptr
	var e unix.Errno
	if flags&unix.MSG_DONTWAIT != 0 {
		r, _, e = unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))),
			uintptr(len(p)), uintptr(flags), uintptr(unsafe.Pointer(raw)), uintptr(n))
	} else {
		r, _, e = unix.Syscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))),
			uintptr(len(p)), uintptr(flags), uintptr(unsafe.Pointer(raw)), uintptr(n))
	}
	if e != 0 {
		return 0, e
	}
	return int(r), nil
}

func splice(rfd, wfd, n, flags int) (int, error) {
	moved, err := unix.Splice(rfd, nil, wfd, nil, n, flags)
	return int(moved), err
}

func openat2(dirfd int, path string, flags int, resolve uint64) (int, error) {
	if flags&unix.O_PATH == 0 { // with O_PATH, openat2 refuses any flag that means nothing
		flags |= unix.O_LARGEFILE
	}
	return unix.Openat2(dirfd, path, &unix.OpenHow{Flags: uint64(flags), Resolve: resolve})
}

func fcntl(fd, cmd, arg int) (int, error) { return unix.FcntlInt(uintptr(fd), cmd, arg) }

func ioctl(fd int, req uint, arg *[64]byte) error {
	_, _, e := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), uintptr(req), uintptr(unsafe.Pointer(arg)))
	return errOf(e)
}

func sameFile(fd1, fd2 int) (bool, error) {
	const kcmpFile = 0 // KCMP_FILE
	pid := uintptr(unix.Getpid())
	r, _, e := unix.Syscall6(unix.SYS_KCMP, pid, pid, kcmpFile, uintptr(fd1), uintptr(fd2), 0)
	return r == 0 && e == 0, errOf(e)
}

// clock returns a function that tells the time since now. The runtime reads CLOCK_MONOTONIC through the vDSO (vdso(7)),
// a tenth of the price of the system call.
func clock() func() time.Duration {
	start := time.Now()
	return func() time.Duration { return time.Since(start) }
}

// cpuTime asks the clock of a process. Its number is the kernel's: "((~(clockid_t) (pid) << 3) | 2", CPUCLOCK_SCHED of a
// thread group (clock_getcpuclockid(3); clock_getres(2), "Dynamic clocks"). It counts nanoseconds where /proc/PID/stat
// counts ticks of ten milliseconds.
func cpuTime(pid int) (time.Duration, error) {
	var ts unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|2), &ts); err != nil {
		return 0, err
	}
	return time.Duration(ts.Nano()), nil
}

func errOf(e unix.Errno) error {
	if e != 0 {
		return e
	}
	return nil
}
