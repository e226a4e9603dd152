package explain

// This is the table that a teacher edits: what is said of a call, one row a sentence.

// remark is one sentence and where it stands.
type remark struct {
	call string // as its man page names it; "state" for what the kernel says of a socket; "" for any call
	when string // the circumstances: an errno, a state, what the call is made with (see narrator.explain); "" for all others
	man  string
	says string
}

// notes is every sentence. The row that knows most about the circumstances is taken; of an errno that has no row with
// its call, the row without a call.
var notes = []remark{
	{"socket", "AF_INET SOCK_STREAM", "socket(2), tcp(7)", "Makes a TCP socket for IPv4: an end that is not connected to anything yet."},
	{"socket", "AF_INET6 SOCK_STREAM", "socket(2), tcp(7)", "Makes a TCP socket for IPv6: an end that is not connected to anything yet."},
	{"socket", "AF_INET SOCK_DGRAM", "socket(2), udp(7)", "Makes a UDP socket for IPv4: it sends and receives single datagrams."},
	{"socket", "AF_INET6 SOCK_DGRAM", "socket(2), udp(7)", "Makes a UDP socket for IPv6: it sends and receives single datagrams."},
	{"socket", "AF_UNIX SOCK_STREAM", "socket(2), unix(7)", "Makes a unix socket for a stream of bytes between two programs of this host."},
	{"socket", "AF_UNIX SOCK_DGRAM", "socket(2), unix(7)", "Makes a unix socket for datagrams between programs of this host; none gets lost."},
	{"socket", "AF_UNIX SOCK_SEQPACKET", "socket(2), unix(7)", "Makes a unix socket for a connection that keeps records apart."},
	{"socket", "AF_NETLINK", "netlink(7), sock_diag(7)", "Opens a line to the kernel, to ask for its tables."},
	{"socket", "AF_PACKET", "packet(7)", "Hears packets as they pass a network interface, headers included."},
	{"socket", "", "socket(2)", "Makes a socket."},
	{"socket", "EAFNOSUPPORT", "socket(2)", "This host has no such family, IPv6 for instance."},

	{"bind", "port", "bind(2), ip(7)", "Gives the socket its local address and port."},
	{"bind", "port 0", "bind(2), ip(7)", "Gives the socket its local address; with port 0 the kernel chooses a free port."},
	{"bind", "path", "bind(2), unix(7)", "Makes the socket's file, by which others find it."},
	{"bind", "abstract", "bind(2), unix(7)", "Gives the socket a name that is no file (sun_path begins with a NUL byte)."},
	{"bind", "no name", "bind(2), unix(7)", "Asks the kernel for a name of its own, so that answers find the way back."},
	{"bind", "AF_PACKET", "bind(2), packet(7)", "Chooses the interface, and which packets."},
	{"bind", "", "bind(2)", "Gives the socket its local address."},
	{"bind", "port EADDRINUSE", "bind(2), ip(7)", "Another socket has this port: somebody listens on it already."},
	{"bind", "path EADDRINUSE", "bind(2), unix(7)", "The file is there already; bind never replaces one, even if nobody listens."},
	{"bind", "EADDRINUSE", "bind(2)", "Another socket has this name."},
	{"bind", "EADDRNOTAVAIL", "bind(2), ip(7)", "This host has no such address."},
	{"bind", "port EACCES", "bind(2), ip(7)", "Ports below 1024 are for root (net.ipv4.ip_unprivileged_port_start)."},
	{"bind", "EINVAL", "bind(2)", "The socket has an address already, or this one does not fit its family."},

	{"listen", "", "listen(2)", "From now on the kernel accepts connections by itself and queues them for accept."},
	{"listen", "EADDRINUSE", "listen(2)", "Another socket listens on this port."},

	{"accept4", "", "accept(2)", "Takes the first connection out of the queue; it has a descriptor of its own."},
	{"accept4", "EAGAIN", "accept(2)", "The queue is empty; a non-blocking socket says so instead of waiting."},
	{"accept4", "ECONNABORTED", "accept(2)", "The peer had gone again before it was accepted."},
	{"accept4", "EMFILE", "accept(2)", "No descriptor is left for it (RLIMIT_NOFILE): the connection stays in the queue."},

	{"connect", "TCP", "connect(2), tcp(7)", "The handshake is over (SYN, SYN+ACK, ACK): the connection stands."},
	{"connect", "UDP", "connect(2), udp(7)", "Sends nothing: it notes the peer, so that sends need no address and others go unheard."},
	{"connect", "AF_UNIX", "connect(2), unix(7)", "There is no handshake: the connection stands, in the listener's queue."},
	{"connect", "AF_UNIX dgram", "connect(2), unix(7)", "Sends nothing: it notes the peer, so that sends need no address."},
	{"connect", "", "connect(2)", "Notes the peer."},
	{"connect", "EINPROGRESS", "connect(2)", "The SYN is on its way; the socket becomes writable when there is an answer."},
	{"connect", "TCP ECONNREFUSED", "connect(2), tcp(7)", "The answer to the SYN was a RST: nobody listens on this port."},
	{"connect", "UDP ECONNREFUSED", "udp(7)", "For an earlier datagram came the ICMP message port unreachable: nobody has that port."},
	{"connect", "AF_UNIX ECONNREFUSED", "connect(2), unix(7)", "The name is there, but nobody listens on it."},
	{"connect", "AF_UNIX ENOENT", "connect(2), unix(7)", "There is no such file."},
	{"connect", "AF_UNIX EAGAIN", "connect(2), unix(7)", "The listener's queue is full; a non-blocking unix socket has to try again."},
	{"connect", "EADDRNOTAVAIL", "connect(2), ip(7)", "No local port is free for this peer (net.ipv4.ip_local_port_range)."},
	{"connect", "EPROTOTYPE", "connect(2), unix(7)", "The socket of this name is of another type: stream, dgram or seqpacket."},

	{"getsockname", "", "getsockname(2)", "Asks for the local address: what bind was given, or the kernel chose."},
	{"getpeername", "", "getpeername(2)", "Asks who the peer is."},
	{"getpeername", "ENOTCONN", "getpeername(2)", "There is no peer: not connected, or not any more."},

	{"shutdown", "SHUT_WR", "shutdown(2), tcp(7)", "We send no more: a FIN follows the last byte. The peer may go on (half-closed)."},
	{"shutdown", "SHUT_RD", "shutdown(2), tcp(7)", "We read no more; TCP tells the peer nothing of that."},
	{"shutdown", "SHUT_RDWR", "shutdown(2), tcp(7)", "Both directions end: a FIN goes out, and reading finds the end."},
	{"shutdown", "CLOSE_WAIT", "shutdown(2), tcp(7)", "We send no more either: our FIN follows the last byte, and its ACK is the end."},
	{"shutdown", "AF_UNIX SHUT_WR", "shutdown(2), unix(7)", "We send no more: the peer will read the end. It may go on (half-closed)."},
	{"shutdown", "", "shutdown(2)", "Ends one direction of a connection, or both, for everybody who shares it."},
	{"shutdown", "ENOTCONN", "shutdown(2)", "There is no connection any more that could be ended."},

	{"getsockopt", "SO_ERROR", "socket(7), connect(2)", "No error waits on the socket; after a connect this means that it stands."},
	{"getsockopt", "TCP_INFO", "tcp(7)", "Asks for the state of the connection and its numbers."},
	{"getsockopt", "ENOPROTOOPT", "getsockopt(2)", "This kind of socket has no such option."},
	{"getsockopt", "ENOTSOCK", "getsockopt(2)", "This descriptor is no socket; cat5 asks to find out."},
	{"getsockopt", "", "getsockopt(2)", "Asks for an option's value."},
	{"setsockopt", "SO_ATTACH_FILTER", "socket(7)", "Gives the kernel a small program (BPF) that says which packets are of interest."},
	{"getsockopt", "PACKET_STATISTICS", "packet(7)", "Asks how many packets came, and how many were dropped."},
	{"setsockopt", "", "setsockopt(2)", "Sets an option."},
	{"setsockopt", "EPERM", "setsockopt(2), capabilities(7)", "This option takes a capability that we do not have."},
	{"setsockopt", "EINVAL", "setsockopt(2)", "The kernel does not take this value, or not in this state."},

	{"ioctl", "SIOCOUTQ 0", "tcp(7)", "The peer's host has acknowledged all that was sent."},
	{"ioctl", "SIOCOUTQ", "tcp(7)", "So many bytes are not acknowledged yet by the peer's host (a FIN counts as one)."},
	{"ioctl", "AF_UNIX SIOCOUTQ", "unix(7)", "How much memory is held by what the peer has not read yet."},
	{"ioctl", "SIOCINQ", "tcp(7)", "How many bytes wait to be read."},
	{"ioctl", "", "ioctl(2)", "Asks the socket for what has no call of its own."},

	{"read", "end TCP", "read(2), tcp(7)", "Nothing, and no error: this is the peer's FIN. It will send no more."},
	{"recvmsg", "end TCP", "recv(2), tcp(7)", "Nothing, and no error: this is the peer's FIN. It will send no more."},
	{"recv", "end TCP", "recv(2), tcp(7)", "Nothing, and no error: this is the peer's FIN. It will send no more."},
	{"recv", "", "recv(2), tcp(7)", "MSG_TRUNC: takes the bytes and throws them away, without copying them."},
	{"splice", "end TCP", "splice(2), tcp(7)", "Nothing, and no error: this is the peer's FIN. It will send no more."},
	{"read", "end", "read(2)", "Nothing, and no error: the peer has ended its side."},
	{"recvmsg", "end", "recv(2)", "Nothing, and no error: the peer has ended its side."},
	{"splice", "end", "splice(2)", "Nothing, and no error: the peer has ended its side."},
	{"recvmsg", "ECONNREFUSED", "udp(7)", "For an earlier datagram came the ICMP message port unreachable: nobody has that port."},
	{"sendto", "ECONNREFUSED", "udp(7)", "For an earlier datagram came the ICMP message port unreachable: nobody has that port."},
	{"recvmmsg", "ECONNREFUSED", "udp(7)", "For an earlier datagram came the ICMP message port unreachable: nobody has that port."},
	{"sendmmsg", "ECONNREFUSED", "udp(7)", "For an earlier datagram came the ICMP message port unreachable: nobody has that port."},
	{"sendmmsg", "ENOBUFS", "send(2)", "The network device's queue is full."},
	{"sendmmsg", "EMSGSIZE", "send(2), udp(7)", "The datagram is larger than one can be, or than the kernel cuts off a longer message."},
	{"sendmmsg", "EINVAL", "udp(7), UDP_SEGMENT", "The kernel does not cut this message into datagrams here."},
	{"sendmmsg", "EIO", "udp(7), UDP_SEGMENT", "The device cannot compute checksums, so the kernel does not cut messages for it."},
	{"sendto", "ENOBUFS", "send(2)", "The network device's queue is full."},
	{"sendto", "EMSGSIZE", "send(2), udp(7)", "The datagram is larger than one can be, or larger than the path allows."},

	{"close", "ESTABLISHED", "close(2), tcp(7)", "The kernel sends what is left, then a FIN, and keeps the connection to its end without us."},
	{"close", "unread", "RFC 2525, 2.17", "Bytes that have come are not read, so the peer gets a RST: they did not reach anybody."},
	{"close", "linger 0", "socket(7), SO_LINGER", "With SO_LINGER of 0 seconds the connection ends with a RST instead of a FIN."},
	{"close", "FIN_WAIT1", "close(2), tcp(7)", "Our FIN is not acknowledged yet; the kernel sees to it without us."},
	{"close", "FIN_WAIT2", "tcp(7), tcp_fin_timeout", "The peer's FIN is missing; the kernel waits 60 s for it, and answers data with a RST."},
	{"close", "CLOSE_WAIT", "close(2), tcp(7)", "The peer's FIN had come; now ours goes out (LAST_ACK), and its ACK is the end."},
	{"close", "LAST_ACK", "close(2), tcp(7)", "The ACK of our FIN is missing; the kernel waits for it without us."},
	{"close", "CLOSING", "close(2), tcp(7)", "Both FINs have crossed; the ACK of ours is missing, and the kernel waits for it."},
	{"close", "SYN_SENT", "close(2), tcp(7)", "The handshake is given up."},
	{"close", "LISTEN", "close(2), tcp(7)", "Nobody listens any more; connections that were not accepted get a RST."},
	{"close", "CLOSE", "close(2)", "There is no connection (any more): only the descriptor is given back."},
	{"close", "AF_UNIX", "close(2), unix(7)", "The peer reads the end; if there is something that we have not read, it gets ECONNRESET."},
	{"close", "AF_UNIX dgram", "close(2), unix(7)", "Datagrams that were not read are gone. A socket's file stays until somebody removes it."},
	{"close", "AF_UNIX listening", "close(2), unix(7)", "Nobody listens any more. The socket's file stays until somebody removes it."},
	{"close", "UDP", "close(2)", "The port is free again; datagrams that were not read are gone. The peer is not told."},
	{"close", "shared", "close(2), fork(2)", "A child has it too: the connection ends when the last of its descriptors is closed."},
	{"close", "socket", "close(2)", "Gives the descriptor back."},

	{"unlinkat", "", "unlink(2), unix(7)", "Removes a file's name; a socket's file does not go by itself when the socket is closed."},
	{"unlinkat", "ENOENT", "unlink(2)", "There is no such file."},
	{"renameat", "", "rename(2)", "Puts the file in its place in one step: at no moment is there none."},
	{"fchmodat", "", "chmod(2), unix(7)", "Who may write to a socket's file may connect to it."},
	{"execve", "", "execve(2)", "Becomes the command: same process, same descriptors 0, 1 and 2."},
	{"clone", "", "clone(2), execve(2)", "Starts a process of its own; what it calls is not told here."},
	{"wait4", "", "wait(2)", "Asks how a child ended; until then it stays as a zombie."},
	{"kill", "", "kill(2)", "Sends a signal to a process, or with a number below 0 to a group of them."},
	{"pidfd_send_signal", "", "pidfd_send_signal(2)", "Sends a signal to the process that the descriptor stands for."},

	// What the kernel says of a TCP connection, from one state to another (RFC 9293, figure 5).
	{"state", "CLOSE -> LISTEN", "RFC 9293, 3.5", "The port is open: a SYN is answered by the kernel."},
	{"state", "CLOSE -> SYN_SENT", "RFC 9293, 3.5", "Our SYN is out, the first of three packets."},
	{"state", "SYN_SENT -> ESTABLISHED", "RFC 9293, 3.5", "The peer's SYN+ACK has come and our ACK is out: the handshake is over."},
	{"state", "CLOSE -> ESTABLISHED", "RFC 9293, 3.5", "SYN, SYN+ACK, ACK: the handshake is over."},
	{"state", "CLOSE -> CLOSE_WAIT", "RFC 9293, 3.6", "The handshake is over, and the peer's FIN has come already."},
	{"state", "SYN_SENT -> CLOSE_WAIT", "RFC 9293, 3.6", "The handshake is over, and the peer's FIN has come already."},
	{"state", "SYN_SENT -> CLOSE", "RFC 9293, 3.5.2", "There will be no connection: refused, unreachable, or no answer in time."},
	{"state", " -> ESTABLISHED", "RFC 9293, 3.5", "The kernel had shaken hands before accept was called."},
	{"state", " -> CLOSE_WAIT", "RFC 9293, 3.6", "The peer's FIN has come already."},
	{"state", "ESTABLISHED -> FIN_WAIT1", "RFC 9293, 3.6", "Our FIN is out; its ACK is still to come."},
	{"state", "ESTABLISHED -> FIN_WAIT2", "RFC 9293, 3.6", "Our FIN is out and acknowledged: half-closed, the peer may go on."},
	{"state", "FIN_WAIT1 -> FIN_WAIT2", "RFC 9293, 3.6", "Our FIN is acknowledged: half-closed, the peer may go on."},
	{"state", "ESTABLISHED -> CLOSE_WAIT", "RFC 9293, 3.6", "The peer's FIN has come: it sends no more, and we may go on."},
	{"state", "FIN_WAIT1 -> CLOSING", "RFC 9293, 3.6", "Both FINs have crossed on the way."},
	{"state", "CLOSE_WAIT -> LAST_ACK", "RFC 9293, 3.6", "Our FIN is out as well; its ACK will be the last packet."},
	{"state", "FIN_WAIT1 -> CLOSE", "RFC 9293, 3.6.1", "Both FINs have been acknowledged. Ours was first, so the kernel keeps TIME_WAIT (60 s) for us."},
	{"state", "FIN_WAIT2 -> CLOSE", "RFC 9293, 3.6.1", "The peer's FIN has come as well. Ours was first, so the kernel keeps TIME_WAIT (60 s) for us."},
	{"state", "CLOSING -> CLOSE", "RFC 9293, 3.6", "Both FINs have been acknowledged; the kernel keeps TIME_WAIT (60 s) for us."},
	{"state", "CLOSE_WAIT -> CLOSE", "RFC 9293, 3.6", "Our FIN is acknowledged too. No TIME_WAIT here: that is for the end whose FIN was first."},
	{"state", "LAST_ACK -> CLOSE", "RFC 9293, 3.6", "Our FIN is acknowledged too. No TIME_WAIT here: that is for the end whose FIN was first."},
	{"state", "ESTABLISHED -> CLOSE", "RFC 9293, 3.6", "Both have ended it; the states between passed too quickly to be seen."},
	{"state", "LISTEN -> CLOSE", "RFC 9293, 3.6", "The port is closed."},
	{"state", "-> CLOSE by error", "RFC 9293, 3.5.3", "A RST has come, or no ACK in time: the connection is no more."},
	{"state", "path MTU", "ip(7), IP_MTU", "The largest packet that the way there takes, headers included."},

	// Any call.
	{"", "EAGAIN", "errno(3)", "It would have to wait; a non-blocking descriptor says so instead."},
	{"", "EINTR", "signal(7)", "A signal came first; the call is made again."},
	{"", "ECONNREFUSED", "connect(2)", "Nobody listens there."},
	{"", "ECONNRESET", "tcp(7), RFC 9293, 3.5.3", "The peer's host sent a RST: for it there is no connection (any more)."},
	{"", "EPIPE", "send(2), pipe(7)", "Nobody takes it any more: the connection is over, or the reader has gone."},
	{"", "ETIMEDOUT", "tcp(7)", "No answer came, however often the kernel sent again."},
	{"", "EHOSTUNREACH", "ip(7), icmp(7)", "A router says that the host cannot be reached, or nobody answers in its network."},
	{"", "ENETUNREACH", "ip(7)", "This host knows no way to that network."},
	{"", "EADDRINUSE", "bind(2)", "Another socket has this address."},
	{"", "EACCES", "socket(7)", "It is not allowed to us; for a broadcast address SO_BROADCAST is missing."},
	{"", "EPERM", "capabilities(7)", "It is not allowed to us, or a firewall refuses it."},
	{"", "EMFILE", "getrlimit(2)", "No descriptor is left (RLIMIT_NOFILE)."},
	{"", "ENFILE", "proc(5), /proc/sys/fs/file-max", "The whole host has no file left."},
	{"", "ENOBUFS", "socket(7)", "The kernel has no memory for it."},
	{"", "ENOMEM", "socket(7)", "The kernel has no memory for it."},
	{"", "ENOTCONN", "socket(7)", "The socket is not connected (any more)."},
	{"", "EISCONN", "connect(2)", "The socket is connected already."},
	{"", "EMSGSIZE", "send(2)", "It is larger than one datagram can be."},
	{"", "ENOENT", "errno(3)", "There is no such file."},
	{"", "EEXIST", "errno(3)", "The file is there already."},
}

// note finds the sentence for a call in circumstances that ended with errno.
func note(call, when, errno string) (says, man string) {
	keys := [][2]string{{call, when}, {call, ""}}
	if errno != "" {
		keys = [][2]string{{call, when + " " + errno}, {call, errno}, {"", errno}}
	}
	for _, k := range keys {
		for i := range notes {
			if notes[i].call == k[0] && notes[i].when == k[1] {
				return notes[i].says, notes[i].man
			}
		}
	}
	return "", ""
}
