package hub

import (
	"fmt"
	"hash/fnv"
	"os"
	"sync/atomic"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// The kernel, failing once in every way that its man pages know, at each of the first calls. Whatever fails: the hub does
// not hang, closes what it opened, and its account is true: what is not counted as lost has arrived.

// fault is one call that fails.
type fault struct {
	call  string
	nth   int64
	errno unix.Errno // 0: gives, or takes, one byte only
	count atomic.Int64
	made  atomic.Bool
}

func (f *fault) String() string {
	if f.errno == 0 {
		return fmt.Sprintf("%s:%d:short", f.call, f.nth)
	}
	return fmt.Sprintf("%s:%d:%s", f.call, f.nth, unix.ErrnoName(f.errno))
}

// now says whether this call is the one.
func (f *fault) now(call string) bool {
	if f.call == call && f.count.Add(1) == f.nth {
		f.made.Store(true)
		return true
	}
	return false
}

// drawn says whether f is among those that are tried: one in sixteen, always the same ones, unless CAT5_TEST_FAULTS_ALL is set.
func (f *fault) drawn(network string) bool {
	h := fnv.New32a()
	h.Write([]byte(network + f.String()))
	return h.Sum32()%16 == 0 || os.Getenv("CAT5_TEST_FAULTS_ALL") != ""
}

// kernel is one that makes f.
func (f *fault) kernel() *sys.Calls {
	k := sys.Linux()
	real := *k
	bytes := func(call string, do func(fd int, p []byte) (int, error)) func(int, []byte) (int, error) {
		return func(fd int, p []byte) (int, error) {
			switch {
			case !f.now(call):
			case f.errno != 0:
				return -1, f.errno
			case len(p) > 1:
				p = p[:1]
			}
			return do(fd, p)
		}
	}
	k.RawRead, k.RawWrite = bytes("RawRead", real.RawRead), bytes("RawWrite", real.RawWrite)
	k.Read, k.Write = bytes("Read", real.Read), bytes("Write", real.Write)
	k.Accept4 = func(fd, flags int) (int, sys.Addr, error) {
		if f.now("Accept4") {
			return -1, sys.Addr{}, f.errno
		}
		return real.Accept4(fd, flags)
	}
	k.Recvfrom = func(fd int, p []byte, flags int, from *sys.Addr) (int, int, error) {
		if f.now("Recvfrom") {
			return 0, 0, f.errno
		}
		return real.Recvfrom(fd, p, flags, from)
	}
	k.Sendto = func(fd int, p []byte, flags int, to *sys.Addr) (int, error) {
		if f.now("Sendto") {
			return 0, f.errno
		}
		return real.Sendto(fd, p, flags, to)
	}
	k.EpollCtl = func(epfd, op, fd int, ev *unix.EpollEvent) error {
		if f.now("EpollCtl") {
			return f.errno
		}
		return real.EpollCtl(epfd, op, fd, ev)
	}
	k.EpollWait = func(epfd int, evs []unix.EpollEvent, msec int) (int, error) {
		if f.now("EpollWait") {
			return -1, f.errno
		}
		return real.EpollWait(epfd, evs, msec)
	}
	k.Shutdown = func(fd, how int) error {
		if f.now("Shutdown") {
			return f.errno
		}
		return real.Shutdown(fd, how)
	}
	k.Setsockopt = func(fd, level, opt int, val []byte) error {
		if f.now("Setsockopt") {
			return f.errno
		}
		return real.Setsockopt(fd, level, opt, val)
	}
	k.Getsockopt = func(fd, level, opt int, val []byte) (int, error) {
		if f.now("Getsockopt") {
			return 0, f.errno
		}
		return real.Getsockopt(fd, level, opt, val)
	}
	k.Ioctl = func(fd int, req uint, arg *[64]byte) error {
		if f.now("Ioctl") {
			return f.errno
		}
		return real.Ioctl(fd, req, arg)
	}
	k.Close = func(fd int) error {
		err := real.Close(fd)
		if f.now("Close") {
			return f.errno // "the file descriptor is always released" (close(2))
		}
		return err
	}
	k.Poll = func(fds []unix.PollFd, msec int) (int, error) {
		if f.now("Poll") {
			return -1, f.errno
		}
		return real.Poll(fds, msec)
	}
	k.Spawn = func(path string, argv, env []string, files []int) (int, int, error) {
		if f.now("Spawn") {
			return -1, -1, f.errno
		}
		return real.Spawn(path, argv, env, files)
	}
	k.Wait4 = func(pid int, status *unix.WaitStatus, options int) (int, error) {
		if f.now("Wait4") {
			if f.errno == unix.ECHILD { // then somebody else has reaped it
				real.Wait4(pid, status, 0)
			}
			return -1, f.errno
		}
		return real.Wait4(pid, status, options)
	}
	k.Kill = func(pid int, sig unix.Signal) error {
		if f.now("Kill") {
			return f.errno
		}
		return real.Kill(pid, sig)
	}
	k.Getrlimit = func(resource int, lim *unix.Rlimit) error {
		if f.now("Getrlimit") {
			return f.errno
		}
		return real.Getrlimit(resource, lim)
	}
	return k
}

// faults by call. benign ones cost nothing: everything arrives.
var faults = []struct {
	call         string
	errs, benign []unix.Errno
	short        bool
}{
	{"Accept4", []unix.Errno{unix.EINVAL, unix.EOPNOTSUPP}, []unix.Errno{unix.EINTR, unix.EAGAIN, unix.ECONNABORTED, unix.EPROTO, unix.EPERM, unix.EMFILE, unix.ENFILE, unix.ENOBUFS, unix.ENOMEM}, false},
	{"RawRead", []unix.Errno{unix.ECONNRESET, unix.ETIMEDOUT, unix.EIO, unix.ENOMEM}, []unix.Errno{unix.EINTR, unix.EAGAIN}, true},
	{"RawWrite", []unix.Errno{unix.ECONNRESET, unix.EPIPE, unix.ETIMEDOUT, unix.ENOMEM, unix.EPERM}, []unix.Errno{unix.EINTR, unix.EAGAIN}, true},
	{"Recvfrom", []unix.Errno{unix.ECONNRESET, unix.ENOMEM}, []unix.Errno{unix.EINTR, unix.EAGAIN}, false},
	{"Sendto", []unix.Errno{unix.EPIPE, unix.EMSGSIZE, unix.ENOBUFS}, []unix.Errno{unix.EINTR, unix.EAGAIN}, false},
	{"EpollCtl", []unix.Errno{unix.ENOMEM, unix.ENOSPC}, nil, false},
	{"EpollWait", []unix.Errno{unix.EINVAL}, []unix.Errno{unix.EINTR}, false},
	{"Shutdown", []unix.Errno{unix.ENOTCONN, unix.EINVAL}, nil, false},
	{"Setsockopt", []unix.Errno{unix.EINVAL, unix.ENOMEM}, nil, false},
	{"Getsockopt", []unix.Errno{unix.EINVAL, unix.ENOPROTOOPT}, nil, false},
	{"Ioctl", []unix.Errno{unix.EINVAL}, nil, false},
	{"Close", []unix.Errno{unix.EIO}, []unix.Errno{unix.EINTR}, false},
}
