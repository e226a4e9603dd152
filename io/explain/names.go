package explain

import (
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// The names of the kernel's constants, as C writes them.

// named is a constant.
type named struct {
	value uint32
	name  string
}

var (
	families = []named{{unix.AF_INET, "AF_INET"}, {unix.AF_INET6, "AF_INET6"}, {unix.AF_UNIX, "AF_UNIX"}, {unix.AF_NETLINK, "AF_NETLINK"},
		{unix.AF_UNSPEC, "AF_UNSPEC"}, {unix.AF_PACKET, "AF_PACKET"}}
	sockTypes = []named{{unix.SOCK_STREAM, "SOCK_STREAM"}, {unix.SOCK_DGRAM, "SOCK_DGRAM"}, {unix.SOCK_SEQPACKET, "SOCK_SEQPACKET"},
		{unix.SOCK_RAW, "SOCK_RAW"}}
	protocols = []named{{unix.IPPROTO_TCP, "IPPROTO_TCP"}, {unix.IPPROTO_UDP, "IPPROTO_UDP"}, {unix.IPPROTO_IP, "0"},
		{unix.IPPROTO_ICMP, "IPPROTO_ICMP"}, {unix.IPPROTO_ICMPV6, "IPPROTO_ICMPV6"}, {unix.IPPROTO_MPTCP, "IPPROTO_MPTCP"}}
	netlinks = []named{{unix.NETLINK_SOCK_DIAG, "NETLINK_SOCK_DIAG"}, {unix.NETLINK_ROUTE, "NETLINK_ROUTE"}}
	levels   = []named{{unix.SOL_SOCKET, "SOL_SOCKET"}, {unix.IPPROTO_TCP, "IPPROTO_TCP"}, {unix.IPPROTO_UDP, "IPPROTO_UDP"},
		{unix.IPPROTO_IP, "IPPROTO_IP"}, {unix.IPPROTO_IPV6, "IPPROTO_IPV6"}, {unix.SOL_NETLINK, "SOL_NETLINK"}, {unix.SOL_PACKET, "SOL_PACKET"}}
	acceptFlags = []named{{unix.SOCK_CLOEXEC, "SOCK_CLOEXEC"}, {unix.SOCK_NONBLOCK, "SOCK_NONBLOCK"}}
	msgFlags    = []named{{unix.MSG_OOB, "MSG_OOB"}, {unix.MSG_PEEK, "MSG_PEEK"}, {unix.MSG_TRUNC, "MSG_TRUNC"}, {unix.MSG_DONTWAIT, "MSG_DONTWAIT"},
		{unix.MSG_EOR, "MSG_EOR"}, {unix.MSG_WAITALL, "MSG_WAITALL"}, {unix.MSG_NOSIGNAL, "MSG_NOSIGNAL"}, {unix.MSG_MORE, "MSG_MORE"},
		{unix.MSG_ERRQUEUE, "MSG_ERRQUEUE"}, {unix.MSG_CMSG_CLOEXEC, "MSG_CMSG_CLOEXEC"}, {unix.MSG_ZEROCOPY, "MSG_ZEROCOPY"}}
	openFlags = []named{{unix.O_CREAT, "O_CREAT"}, {unix.O_EXCL, "O_EXCL"}, {unix.O_TRUNC, "O_TRUNC"}, {unix.O_APPEND, "O_APPEND"},
		{unix.O_NOCTTY, "O_NOCTTY"}, {unix.O_NONBLOCK, "O_NONBLOCK"}, {unix.O_CLOEXEC, "O_CLOEXEC"}, {unix.O_DIRECTORY, "O_DIRECTORY"},
		{unix.O_NOFOLLOW, "O_NOFOLLOW"}, {unix.O_PATH, "O_PATH"}}
	resolveFlags = []named{{unix.RESOLVE_BENEATH, "RESOLVE_BENEATH"}, {unix.RESOLVE_NO_MAGICLINKS, "RESOLVE_NO_MAGICLINKS"}}
	spliceFlags  = []named{{unix.SPLICE_F_MOVE, "SPLICE_F_MOVE"}, {unix.SPLICE_F_NONBLOCK, "SPLICE_F_NONBLOCK"}, {unix.SPLICE_F_MORE, "SPLICE_F_MORE"}}
	lockFlags    = []named{{unix.LOCK_SH, "LOCK_SH"}, {unix.LOCK_EX, "LOCK_EX"}, {unix.LOCK_UN, "LOCK_UN"}, {unix.LOCK_NB, "LOCK_NB"}}
	atFlags      = []named{{unix.AT_SYMLINK_NOFOLLOW, "AT_SYMLINK_NOFOLLOW"}, {unix.AT_EMPTY_PATH, "AT_EMPTY_PATH"}}
	epollEvents  = []named{{unix.EPOLLIN, "EPOLLIN"}, {unix.EPOLLOUT, "EPOLLOUT"}, {unix.EPOLLRDHUP, "EPOLLRDHUP"}, {unix.EPOLLERR, "EPOLLERR"},
		{unix.EPOLLHUP, "EPOLLHUP"}, {1 << 31, "EPOLLET"}, {unix.EPOLLONESHOT, "EPOLLONESHOT"}, {unix.EPOLLEXCLUSIVE, "EPOLLEXCLUSIVE"}}
	epollOps   = []named{{unix.EPOLL_CTL_ADD, "EPOLL_CTL_ADD"}, {unix.EPOLL_CTL_MOD, "EPOLL_CTL_MOD"}, {unix.EPOLL_CTL_DEL, "EPOLL_CTL_DEL"}}
	pollEvents = []named{{unix.POLLIN, "POLLIN"}, {unix.POLLOUT, "POLLOUT"}, {unix.POLLERR, "POLLERR"}, {unix.POLLHUP, "POLLHUP"}, {unix.POLLRDHUP, "POLLRDHUP"}}
	ioctls     = []named{{unix.SIOCOUTQ, "SIOCOUTQ"}, {unix.SIOCINQ, "SIOCINQ"}, {unix.TIOCGWINSZ, "TIOCGWINSZ"}, {unix.SIOCGIFINDEX, "SIOCGIFINDEX"},
		{unix.SIOCGIFNAME, "SIOCGIFNAME"}, {unix.SIOCOUTQNSD, "SIOCOUTQNSD"}, {unix.TCGETS, "TCGETS"}, {unix.TIOCGPGRP, "TIOCGPGRP"}}
	fcntlCommands = []named{{unix.F_GETFD, "F_GETFD"}, {unix.F_SETFD, "F_SETFD"}, {unix.F_GETFL, "F_GETFL"}, {unix.F_SETFL, "F_SETFL"},
		{unix.F_DUPFD_CLOEXEC, "F_DUPFD_CLOEXEC"}, {unix.F_GETPIPE_SZ, "F_GETPIPE_SZ"}, {unix.F_SETPIPE_SZ, "F_SETPIPE_SZ"}}
)

// otherOptions are options that no user can set, which cat5 uses all the same: the table of sockopt does not have them.
var otherOptions = []struct {
	level, opt int
	name       string
}{
	{unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, "SO_ATTACH_FILTER"},
	{unix.SOL_PACKET, unix.PACKET_STATISTICS, "PACKET_STATISTICS"},
	{unix.SOL_PACKET, unix.PACKET_ADD_MEMBERSHIP, "PACKET_ADD_MEMBERSHIP"},
	{unix.SOL_NETLINK, unix.NETLINK_ADD_MEMBERSHIP, "NETLINK_ADD_MEMBERSHIP"},
	{unix.SOL_NETLINK, unix.NETLINK_EXT_ACK, "NETLINK_EXT_ACK"},
}

// valueName is the name of a value, or the number.
func valueName(table []named, v int) string {
	for _, n := range table {
		if n.value == uint32(v) {
			return n.name
		}
	}
	return itoa(v)
}

// bits is the names of the bits of v, "0" for none; what has no name stays a number.
func bits(table []named, flags int) string {
	v := uint32(flags)
	var s []string
	for _, n := range table {
		if n.value != 0 && v&n.value == n.value {
			s = append(s, n.name)
			v &^= n.value
		}
	}
	switch {
	case v != 0:
		s = append(s, "0x"+strconv.FormatUint(uint64(v), 16))
	case len(s) == 0:
		return "0"
	}
	return strings.Join(s, "|")
}

func family(n int) string { return valueName(families, n) }

// sockType is a type and its flags: SOCK_STREAM|SOCK_CLOEXEC|SOCK_NONBLOCK.
func sockType(v int) string {
	flags := v & (unix.SOCK_CLOEXEC | unix.SOCK_NONBLOCK)
	s := valueName(sockTypes, v&^flags)
	if flags != 0 {
		s += "|" + bits(acceptFlags, flags)
	}
	return s
}

func protocol(domain, n int) string {
	if domain == unix.AF_NETLINK {
		return valueName(netlinks, n)
	}
	return valueName(protocols, n)
}

func shutHow(n int) string {
	return valueName([]named{{unix.SHUT_RD, "SHUT_RD"}, {unix.SHUT_WR, "SHUT_WR"}, {unix.SHUT_RDWR, "SHUT_RDWR"}}, n)
}

func openMode(v int) string {
	s := valueName([]named{{unix.O_RDONLY, "O_RDONLY"}, {unix.O_WRONLY, "O_WRONLY"}, {unix.O_RDWR, "O_RDWR"}}, v&unix.O_ACCMODE)
	if v &^= unix.O_ACCMODE; v != 0 {
		s += "|" + bits(openFlags, v)
	}
	return s
}

func signalName(n int) string {
	if s := unix.SignalName(unix.Signal(n)); s != "" {
		return s
	}
	return itoa(n)
}

// errnoName is "EINPROGRESS (Operation now in progress)".
func errnoName(e unix.Errno) string {
	text := e.Error()
	return unix.ErrnoName(e) + " (" + strings.ToUpper(text[:1]) + text[1:] + ")"
}

// times is "once more", "3 more times".
func times(n int64) string {
	if n == 1 {
		return "once more"
	}
	return strconv.FormatInt(n, 10) + " more times"
}

// size is a number of bytes as people read it: "9 B", "1.2 MiB".
func size(n int64) string {
	if n < 1024 {
		return strconv.FormatInt(n, 10) + " B"
	}
	f, units := float64(n)/1024, "KMGTPE"
	for f >= 1024 && len(units) > 1 {
		f, units = f/1024, units[1:]
	}
	return strconv.FormatFloat(f, 'f', 1, 64) + " " + units[:1] + "iB"
}
