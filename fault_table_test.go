package main

import "slices"

// faultRow is what one call can answer, by its man page. benign are the answers that cost nothing: cat5 goes on, and
// everything arrives.
type faultRow struct {
	call   string
	page   string
	errnos []string
	benign []string
}

// faultTable is by the order of sys.Calls.
var faultTable = []faultRow{
	{"Socket", "socket(2)", []string{"EACCES", "EAFNOSUPPORT", "EINVAL", "EMFILE", "ENFILE", "ENOBUFS", "ENOMEM", "EPROTONOSUPPORT"}, nil},
	{"Bind", "bind(2)", []string{"EACCES", "EADDRINUSE", "EADDRNOTAVAIL", "EINVAL", "ELOOP", "ENAMETOOLONG", "ENOENT", "ENOMEM", "ENOTDIR", "EROFS"}, nil},
	{"Listen", "listen(2)", []string{"EADDRINUSE", "EOPNOTSUPP"}, nil},
	{"Accept4", "accept(2)", []string{"EINVAL", "EOPNOTSUPP"},
		[]string{"EINTR", "EAGAIN", "ECONNABORTED", "EPROTO", "ENETDOWN", "EPERM", "EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"}},
	{"Connect", "connect(2)", []string{"EACCES", "EPERM", "EADDRINUSE", "EADDRNOTAVAIL", "EAFNOSUPPORT", "ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "ETIMEDOUT", "EPROTOTYPE"},
		[]string{"EINTR", "EAGAIN"}},
	{"Getsockname", "getsockname(2)", []string{"ENOBUFS"}, nil},
	{"Getpeername", "getpeername(2)", []string{"ENOBUFS", "ENOTCONN"}, nil},
	{"Shutdown", "shutdown(2)", []string{"ENOTCONN", "EINVAL"}, nil},
	{"Socketpair", "socketpair(2)", []string{"EMFILE", "ENFILE"}, nil},
	{"Setsockopt", "setsockopt(2)", []string{"EINVAL", "ENOPROTOOPT", "EDOM", "ENOMEM"}, nil},
	{"Getsockopt", "getsockopt(2)", []string{"EINVAL", "ENOPROTOOPT"}, nil},

	{"Read", "read(2)", []string{"EIO"}, []string{"EINTR", "EAGAIN", "short"}},
	{"Write", "write(2)", []string{"EDQUOT", "EFBIG", "EIO", "ENOSPC", "EPIPE", "EPERM"}, []string{"EINTR", "EAGAIN", "short"}},
	{"RawRead", "read(2)", []string{"ECONNRESET", "ENOMEM", "ETIMEDOUT"}, []string{"EINTR", "EAGAIN", "short"}},
	{"RawWrite", "write(2)", []string{"ECONNRESET", "EPIPE", "ENOMEM", "ETIMEDOUT"}, []string{"EINTR", "EAGAIN", "short"}},
	{"Recvfrom", "recv(2)", []string{"ECONNREFUSED", "ECONNRESET", "ENOMEM", "ETIMEDOUT"}, []string{"EINTR", "EAGAIN", "short"}},
	{"Discard", "recv(2), tcp(7)", []string{"ECONNRESET", "ENOMEM", "ETIMEDOUT"}, []string{"EINTR", "EAGAIN"}},
	{"Sendto", "send(2)", []string{"EACCES", "ECONNREFUSED", "ECONNRESET", "EMSGSIZE", "ENOBUFS", "ENOMEM", "EPIPE", "ETIMEDOUT"}, []string{"EINTR", "EAGAIN", "short"}},
	{"Sendmmsg", "sendmmsg(2), send(2)", []string{"EACCES", "ECONNREFUSED", "EINVAL", "EIO", "EMSGSIZE", "ENOBUFS", "ENOMEM"}, []string{"EINTR", "EAGAIN"}},
	{"Recvmmsg", "recvmmsg(2), recv(2)", []string{"ECONNREFUSED", "ENOMEM"}, []string{"EINTR", "EAGAIN"}},
	{"SendFD", "sendmsg(2)", []string{"EBADF", "ENOTSOCK", "EPIPE", "ETOOMANYREFS"}, []string{"EINTR"}},
	{"RecvFD", "recvmsg(2), unix(7)", []string{"ECONNRESET", "EMFILE", "ENOMEM"}, []string{"EINTR", "EAGAIN"}},
	{"Pipe2", "pipe(2)", []string{"EMFILE", "ENFILE"}, nil},
	{"RawSplice", "splice(2)", []string{"ENOMEM"}, []string{"EINTR", "EAGAIN", "EINVAL", "ENOSYS", "EPERM"}},
	{"Splice", "splice(2)", []string{"ENOMEM"}, []string{"EINTR", "EAGAIN", "EINVAL", "ENOSYS", "EPERM"}},
	{"Sendfile", "sendfile(2)", []string{"EINVAL", "EIO", "ENOMEM"}, []string{"EINTR", "EAGAIN"}},

	{"Close", "close(2)", []string{"EIO", "ENOSPC", "EDQUOT"}, []string{"EINTR"}},
	{"Fcntl", "fcntl(2)", []string{"EINVAL", "EPERM"}, nil},
	{"Ioctl", "ioctl(2)", []string{"EINVAL", "ENOTTY"}, nil},
	{"Fstat", "fstat(2)", []string{"ENOMEM", "EOVERFLOW"}, nil},
	{"Lseek", "lseek(2)", []string{"ESPIPE", "EOVERFLOW"}, nil},
	{"Ftruncate", "ftruncate(2)", []string{"EFBIG", "EIO", "EPERM"}, nil},
	{"SameFile", "kcmp(2)", []string{"ENOSYS", "EPERM", "ESRCH"}, nil},
	{"Openat", "openat(2)", []string{"EACCES", "EDQUOT", "ELOOP", "EMFILE", "ENFILE", "ENOENT", "ENOMEM", "ENOSPC", "ENXIO", "EPERM", "EROFS"}, []string{"EINTR"}},
	{"Openat2", "openat2(2)", []string{"EACCES", "ELOOP", "EMFILE", "ENFILE", "ENOENT", "ENOMEM", "ENXIO", "EPERM", "EXDEV"}, []string{"EINTR", "EAGAIN"}},
	{"Fstatat", "fstatat(2)", []string{"EACCES", "ELOOP", "ENOMEM", "EOVERFLOW"}, nil},
	{"Faccessat", "access(2)", []string{"EACCES", "ELOOP", "ENOMEM", "EIO"}, nil},
	{"Unlinkat", "unlinkat(2)", []string{"EACCES", "EBUSY", "EIO", "EPERM", "EROFS"}, nil},
	{"Renameat", "renameat(2)", []string{"EACCES", "EBUSY", "EDQUOT", "ENOSPC", "EPERM", "EROFS"}, nil},
	{"Fchmodat", "fchmodat(2)", []string{"EIO", "EPERM", "EROFS"}, nil},
	{"Fchmod", "fchmod(2)", []string{"EIO", "EPERM", "EROFS"}, nil},
	{"Flock", "flock(2)", []string{"ENOLCK"}, []string{"EINTR"}},
	{"Getdents", "getdents(2)", []string{"ENOENT", "EACCES"}, nil},
	{"Readlinkat", "readlink(2)", []string{"EACCES", "EIO", "ENOENT"}, nil},

	{"EpollCreate1", "epoll_create1(2)", []string{"EMFILE", "ENFILE", "ENOMEM"}, nil},
	{"EpollCtl", "epoll_ctl(2)", []string{"ENOMEM", "ENOSPC"}, nil},
	{"EpollWait", "epoll_wait(2)", []string{"EINVAL"}, []string{"EINTR"}},
	{"RawEpollWait", "epoll_wait(2)", []string{"EINVAL"}, []string{"EINTR"}},
	{"Poll", "poll(2)", []string{"EINVAL", "ENOMEM"}, []string{"EINTR"}},
	{"Eventfd", "eventfd(2)", []string{"EMFILE", "ENFILE", "ENODEV", "ENOMEM"}, nil},

	{"Spawn", "fork(2), execve(2)", []string{"E2BIG", "EACCES", "EAGAIN", "EMFILE", "ENOENT", "ENOEXEC", "ENOMEM", "ETXTBSY"}, nil},
	{"Wait4", "wait(2)", []string{"ECHILD"}, []string{"EINTR"}},
	{"PidfdSendSignal", "pidfd_send_signal(2)", []string{"EPERM", "ESRCH"}, nil},
	{"Execve", "execve(2)", []string{"E2BIG", "EACCES", "EIO", "ENOENT", "ENOEXEC", "ENOMEM", "ETXTBSY"}, nil},
	{"Kill", "kill(2)", []string{"EPERM", "ESRCH"}, nil},
	{"CPUTime", "clock_gettime(2)", []string{"EINVAL"}, nil},
	{"Getrlimit", "getrlimit(2)", []string{"EPERM"}, nil},
	{"Setrlimit", "setrlimit(2)", []string{"EPERM"}, nil},
}

func faultRowOf(call string) *faultRow {
	i := slices.IndexFunc(faultTable, func(r faultRow) bool { return r.call == call })
	if i < 0 {
		return nil
	}
	return &faultTable[i]
}
