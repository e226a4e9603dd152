package explain

import (
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// kind says how a call is told.
type kind uint8

const (
	listed kind = iota // each one, as it is made
	data               // summed up by descriptor
	kept               // housekeeping: only counted
	untold             // not at all
)

// view is how one field of sys.Calls is told.
type view struct {
	field string // in sys.Calls
	call  string // as its man page names it
	kind  kind
	args  func(n *narrator, c *call) string // as strace prints them
	noun  string                            // of what is summed up: "write" of "12 writes"
	noFD  bool                              // the first argument is no descriptor
	quiet bool                              // it cannot change a socket's state
	waits bool                              // it sleeps until something happens, to any socket
	// socketsOnly: on what is not a socket it is housekeeping.
	socketsOnly bool
	why         string // for untold: the reason
}

// views is every field of sys.Calls, in its order. A test finds those that are missing.
var views = []view{
	{field: "Socket", call: "socket", noFD: true, args: func(_ *narrator, c *call) string {
		return strings.Join([]string{family(c.int(0)), sockType(c.int(1)), protocol(c.int(0), c.int(2))}, ", ")
	}},
	{field: "Bind", call: "bind", args: withAddr},
	{field: "Listen", call: "listen", args: ints},
	{field: "Accept4", call: "accept4", args: func(_ *narrator, c *call) string {
		return itoa(c.int(0)) + ", " + braces(c.addr(c.out[1])) + ", " + bits(acceptFlags, c.int(1))
	}},
	{field: "Connect", call: "connect", args: withAddr},
	{field: "Getsockname", call: "getsockname", quiet: true, args: nameOf},
	{field: "Getpeername", call: "getpeername", quiet: true, args: nameOf},
	{field: "Shutdown", call: "shutdown", args: func(_ *narrator, c *call) string {
		return itoa(c.int(0)) + ", " + shutHow(c.int(1))
	}},
	{field: "Setsockopt", call: "setsockopt", quiet: true, args: optionArgs},
	{field: "Getsockopt", call: "getsockopt", quiet: true, args: optionArgs},

	{field: "Read", call: "read", kind: data, noun: "read", args: withBytes},
	{field: "Write", call: "write", kind: data, noun: "write", args: withBytes},
	{field: "Recvfrom", call: "recvmsg", kind: data, noun: "receive", args: func(n *narrator, c *call) string {
		s := withBytes(n, c) + ", " + bits(msgFlags, c.int(2))
		if a := c.addr(c.in[3]); a.Family() != 0 {
			s += ", " + braces(a)
		}
		return s
	}},
	{field: "Sendto", call: "sendto", kind: data, noun: "send", args: func(n *narrator, c *call) string {
		s := withBytes(n, c) + ", " + bits(msgFlags, c.int(2))
		if a := c.addr(c.in[3]); a.Family() != 0 {
			s += ", " + braces(a)
		}
		return s
	}},
	{field: "Sendmmsg", call: "sendmmsg", kind: data, noun: "sendmmsg", args: func(n *narrator, c *call) string {
		s := batchArgs(n, c) + bits(msgFlags, c.int(4))
		if a := c.addr(c.in[3]); a.Family() != 0 {
			s += ", " + braces(a)
		}
		return s
	}},
	{field: "Recvmmsg", call: "recvmmsg", kind: data, noun: "recvmmsg", args: func(n *narrator, c *call) string {
		return batchArgs(n, c) + bits(msgFlags, c.int(3)) + ", NULL"
	}},
	{field: "SendFD", call: "sendmsg", kind: data, noun: "send", args: func(n *narrator, c *call) string {
		return withBytes(n, c) + ", SCM_RIGHTS [" + itoa(c.int(2)) + "]"
	}},
	{field: "RecvFD", call: "recvmsg", kind: data, noun: "receive", args: func(n *narrator, c *call) string {
		if fd := c.out[1].Int(); fd >= 0 {
			return withBytes(n, c) + ", SCM_RIGHTS [" + itoa(int(fd)) + "]"
		}
		return withBytes(n, c)
	}},
	{field: "Discard", call: "recv", kind: data, noun: "discard", args: func(_ *narrator, c *call) string {
		return itoa(c.int(0)) + ", NULL, " + itoa(c.int(1)) + ", MSG_TRUNC|MSG_DONTWAIT"
	}},
	{field: "RawRead", call: "read", kind: data, noun: "read", args: withBytes},
	{field: "RawWrite", call: "write", kind: data, noun: "write", args: withBytes},

	{field: "Socketpair", call: "socketpair", kind: kept, noFD: true, args: func(_ *narrator, c *call) string {
		return strings.Join([]string{family(c.int(0)), sockType(c.int(1)), itoa(c.int(2))}, ", ")
	}},
	{field: "Pipe2", call: "pipe2", kind: kept, noFD: true, args: func(_ *narrator, c *call) string {
		p, _ := c.in[0].Interface().([]int)
		return "[" + join(p) + "], " + bits(openFlags, c.int(1))
	}},
	{field: "Splice", call: "splice", kind: data, noun: "splice", args: spliceArgs},
	{field: "RawSplice", call: "splice", kind: data, noun: "splice", args: spliceArgs},
	{field: "Sendfile", call: "sendfile", kind: data, noun: "send", args: func(_ *narrator, c *call) string {
		return itoa(c.int(0)) + ", " + itoa(c.int(1)) + ", ..., " + itoa(c.int(3))
	}},

	{field: "Close", call: "close", args: ints},
	{field: "Fcntl", call: "fcntl", kind: kept, quiet: true, args: func(_ *narrator, c *call) string {
		s := itoa(c.int(0)) + ", " + valueName(fcntlCommands, c.int(1))
		if c.int(2) != 0 {
			s += ", " + itoa(c.int(2))
		}
		return s
	}},
	{field: "Ioctl", call: "ioctl", socketsOnly: true, args: ioctlArgs},
	{field: "Fstat", call: "fstat", kind: kept, quiet: true, args: ints},
	{field: "Lseek", call: "lseek", kind: kept, quiet: true, args: ints},
	{field: "Ftruncate", call: "ftruncate", kind: kept, quiet: true, args: ints},
	{field: "SameFile", call: "kcmp", kind: kept, quiet: true, args: ints},
	{field: "Getpid", kind: untold, why: "it only says who we are"},
	{field: "Getpgrp", kind: untold, why: "it only says who we are"},

	{field: "Openat", call: "openat", kind: kept, noFD: true, args: pathArgs},
	{field: "Openat2", call: "openat2", kind: kept, noFD: true, args: func(_ *narrator, c *call) string {
		return itoa(c.int(0)) + ", " + strconv.Quote(c.in[1].String()) + ", {" + openMode(c.int(2)) + ", " + bits(resolveFlags, int(c.uint(3))) + "}"
	}},
	{field: "Getdents", call: "getdents64", kind: kept, quiet: true, args: ints},
	{field: "Readlinkat", call: "readlinkat", kind: kept, quiet: true, args: pathArgs},
	{field: "Fstatat", call: "fstatat", kind: kept, noFD: true, args: pathArgs},
	{field: "Faccessat", call: "faccessat", kind: kept, noFD: true, args: pathArgs},
	{field: "Unlinkat", call: "unlinkat", noFD: true, args: pathArgs},
	{field: "Renameat", call: "renameat", noFD: true, args: pathArgs},
	{field: "Fchmodat", call: "fchmodat", noFD: true, args: pathArgs},
	{field: "Fchmod", call: "fchmod", kind: kept, quiet: true, args: func(_ *narrator, c *call) string {
		return itoa(c.int(0)) + ", 0" + strconv.FormatUint(uint64(c.uint(1)), 8)
	}},
	{field: "Flock", call: "flock", kind: kept, quiet: true, args: func(_ *narrator, c *call) string {
		return itoa(c.int(0)) + ", " + bits(lockFlags, c.int(1))
	}},

	{field: "EpollCreate1", call: "epoll_create1", kind: kept, noFD: true, args: func(_ *narrator, c *call) string {
		return bits(openFlags, c.int(0))
	}},
	{field: "EpollCtl", call: "epoll_ctl", kind: kept, noFD: true, args: func(_ *narrator, c *call) string {
		s := itoa(c.int(0)) + ", " + valueName(epollOps, c.int(1)) + ", " + itoa(c.int(2))
		if ev, ok := c.in[3].Interface().(*unix.EpollEvent); ok && ev != nil && c.int(1) != unix.EPOLL_CTL_DEL {
			s += ", {" + bits(epollEvents, int(ev.Events)) + "}"
		}
		return s
	}},
	{field: "EpollWait", call: "epoll_wait", kind: kept, noFD: true, waits: true, args: epollArgs},
	{field: "Eventfd", call: "eventfd", kind: kept, noFD: true, args: func(_ *narrator, c *call) string {
		return strconv.FormatUint(uint64(c.uint(0)), 10) + ", " + bits(openFlags, c.int(1))
	}},
	{field: "RawEpollWait", call: "epoll_wait", kind: kept, noFD: true, waits: true, args: epollArgs},
	{field: "Select", call: "select", kind: kept, noFD: true, waits: true, args: func(_ *narrator, c *call) string {
		return itoa(c.int(0)) + ", ..."
	}},
	{field: "Poll", call: "poll", kind: kept, noFD: true, waits: true, args: func(_ *narrator, c *call) string {
		fds, _ := c.in[0].Interface().([]unix.PollFd)
		var list []string
		for _, p := range fds[:min(len(fds), 4)] {
			list = append(list, "{"+itoa(int(p.Fd))+", "+bits(pollEvents, int(p.Events))+"}")
		}
		if len(fds) > 4 {
			list = append(list, "...")
		}
		return "[" + strings.Join(list, ", ") + "], " + itoa(len(fds)) + ", " + itoa(c.int(1))
	}},

	{field: "Spawn", call: "clone", noFD: true, args: func(_ *narrator, c *call) string {
		argv, _ := c.in[1].Interface().([]string)
		return strings.Join(argv, " ")
	}},
	{field: "Execve", call: "execve", noFD: true, args: func(_ *narrator, c *call) string {
		argv, _ := c.in[1].Interface().([]string)
		return strings.Join(argv, " ")
	}},
	{field: "Kill", call: "kill", noFD: true, args: func(_ *narrator, c *call) string {
		return itoa(c.int(0)) + ", " + signalName(c.int(1))
	}},
	{field: "Wait4", call: "wait4", noFD: true, args: ints},
	{field: "PidfdSendSignal", call: "pidfd_send_signal", noFD: true, args: func(_ *narrator, c *call) string {
		return itoa(c.int(0)) + ", " + signalName(c.int(1))
	}},

	{field: "Getrlimit", call: "getrlimit", kind: kept, noFD: true, args: ints},
	{field: "Setrlimit", call: "setrlimit", kind: kept, noFD: true, args: ints},

	{field: "CPUTime", call: "clock_gettime", kind: kept, noFD: true, args: ints},

	{field: "Now", kind: untold, why: "it is a clock, and asked at every turn"},
}

// viewOf finds the row of a field. One that has none yet is told all the same, as well as its types allow.
func viewOf(field string) *view {
	for i := range views {
		if views[i].field == field {
			return &views[i]
		}
	}
	return &view{field: field, call: strings.ToLower(field), args: ints}
}
