// Package pump carries bytes between descriptors: lanes with bounded buffers, any number of them on one epoll loop.
package pump

import (
	"strconv"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// Kind is what a descriptor is, as far as moving bytes depends on it.
type Kind uint8

const (
	File      Kind = iota // regular file or block device: always ready
	Null                  // /dev/null, /dev/zero and other character devices that are not terminals
	Pipe                  // pipe or FIFO
	TTY                   // terminal
	Stream                // stream socket
	Dgram                 // datagram socket: a read or write is one datagram, an empty one is data
	Seqpacket             // sequenced packets: records, and an end
	Dir                   // a directory: cannot be read or written
)

var kindNames = [...]string{"file", "device", "pipe", "terminal", "stream socket", "datagram socket", "seqpacket socket", "directory"}

func (k Kind) String() string { return kindNames[k] }

// records says whether reads and writes keep the bounds of records.
func (k Kind) records() bool { return k == Dgram || k == Seqpacket }

func (k Kind) socket() bool { return k == Stream || k.records() }

// Proto is the protocol of a socket.
type Proto uint8

const (
	Other Proto = iota // a unix socket, or no socket
	TCP
	UDP
)

// Port is one direction of a descriptor: what a lane reads from or writes to.
type Port struct {
	FD   int
	Kind Kind
	Name string // for errors: "stdin", "127.0.0.1:80"

	// Blocks says that FD shares its open file description with others (the shell) and could not be opened anew, so
	// that a call may sleep: it is then only made when epoll says ready, and in pieces that a ready descriptor takes
	// (sockets: with MSG_DONTWAIT).
	Blocks bool
	// Own says that Close closes FD.
	Own bool
	// Ends says that the socket is ours to end: shutdown(SHUT_WR) tells the peer. It would tell everybody who shares a
	// socket that was handed to us, so that one is only closed.
	Ends bool
	// Dialed says that this host opened the TCP connection; its SYN then counts in the kernel's tcpi_bytes_acked.
	Dialed bool
	// Before is how much of what that counts is not ours: another process had the connection before us.
	Before int64
	// Void says that the sink is /dev/null itself: it takes everything and keeps nothing (null(4)).
	Void bool
	// Appends says that a file was opened with O_APPEND: "the target file is opened in append mode" is an EINVAL of
	// splice(2).
	Appends bool
	// Proto is the protocol of a socket, where it matters: TCP can tell what the peer has acknowledged, UDP reports
	// ICMP errors.
	Proto Proto
	// OnClose, if not nil, is called once when the lane that writes here has given everything; its error is the lane's.
	OnClose func() error
	// To is where datagrams go when the socket is not connected; nil: to the socket's peer.
	To *sys.Addr
}

// Std makes a Port of descriptor fd (0 or 1), which the shell shares with other processes.
//
// O_NONBLOCK is a flag of the open file description (open(2)), which the shell and other processes share: setting it
// would break the next reader. A pipe or a terminal is therefore opened anew through /proc/self/fd, which gives a
// description of our own; a socket is used with MSG_DONTWAIT; files never block. Where opening anew is refused (another
// user's terminal, no /proc), the Port is used as it is, with care (see Blocks).
func Std(k *sys.Calls, fd int, write bool, name string) (Port, error) {
	p := Port{FD: fd, Name: name}
	var st unix.Stat_t
	if err := k.Fstat(fd, &st); err != nil {
		return p, sys.Wrap("fstat", name, err)
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFDIR:
		p.Kind = Dir
	case unix.S_IFREG:
		p.Appends = write && fileFlags(k, fd)&unix.O_APPEND != 0
	case unix.S_IFIFO:
		p.Kind = Pipe
	case unix.S_IFSOCK:
		typ, err := sys.GetInt(k, fd, unix.SOL_SOCKET, unix.SO_TYPE)
		if err != nil {
			return p, sys.Wrap("getsockopt", name, err)
		}
		p.Kind = SocketKind(typ)
		p.Blocks = true // MSG_DONTWAIT helps sends and receives, but not splice(2)
	case unix.S_IFCHR:
		p.Kind = Null
		p.Void = write && uint64(st.Rdev) == unix.Mkdev(1, 3) && fileFlags(k, fd)&unix.O_ACCMODE != unix.O_RDONLY // which takes nothing: write(2) is to say so
		var arg [64]byte
		if k.Ioctl(fd, unix.TCGETS, &arg) == nil {
			p.Kind = TTY
		}
	}
	if p.Kind == Pipe || p.Kind == TTY || p.Kind == Null {
		flags := unix.O_RDONLY
		if write {
			flags = unix.O_WRONLY
		}
		p.Blocks = true
		if p.Kind == Null {
			return p, nil // epoll refuses most of these, and they do not sleep
		}
		if !write && p.Kind == Pipe && hungUp(k, fd) {
			// A FIFO opened anew after its last writer has gone would never say so: poll(2) reports the hang-up to those
			// who were there (fifo(7)). This one has it for ever, so that no read sleeps.
			return p, nil
		}
		if own, err := sys.Open(k, "/proc/self/fd/"+strconv.Itoa(fd), flags|unix.O_NONBLOCK, 0); err == nil {
			p.FD, p.Own, p.Blocks = own, true, false
		}
	}
	return p, nil
}

// fileFlags is what fd was opened with (open(2)); 0, as for reading only, when the kernel does not say.
func fileFlags(k *sys.Calls, fd int) int {
	flags, err := k.Fcntl(fd, unix.F_GETFL, 0)
	if err != nil {
		return 0
	}
	return flags
}

func hungUp(k *sys.Calls, fd int) bool {
	fds := []unix.PollFd{{Fd: int32(fd)}}
	n, err := k.Poll(fds, 0) // which does not wait, so that no signal interrupts it
	return err == nil && n == 1 && fds[0].Revents&unix.POLLHUP != 0
}

// SocketKind is the Kind for a SOCK_* type (socket(2)).
func SocketKind(typ int) Kind {
	switch typ {
	case unix.SOCK_DGRAM:
		return Dgram
	case unix.SOCK_SEQPACKET:
		return Seqpacket
	}
	return Stream
}

// to is where datagrams go, when that is not the socket's own peer.
func (p *Port) to() sys.Addr {
	if p.To == nil {
		return sys.Addr{}
	}
	return *p.To
}

// Close closes the descriptor if it is the Port's own. The error is the kernel's last word on what was written:
// "checking the return value when closing the file may detect ... I/O error", close(2).
func (p *Port) Close(k *sys.Calls) error {
	if !p.Own {
		return nil
	}
	p.Own = false
	return sys.Wrap("close", p.Name, sys.Close(k, p.FD))
}

// read takes what is there, at most len(b) bytes; n == 0 with no error is the end, except for datagrams.
func (p *Port) read(k *sys.Calls, b []byte) (int, error) {
	if p.Kind.socket() {
		n, _, err := sys.Recvfrom(k, p.FD, b, unix.MSG_DONTWAIT, nil)
		return n, err
	}
	if p.Kind == Dir {
		return 0, unix.EISDIR
	}
	return sys.Read(k, p.FD, b)
}

// write gives what can be taken now.
func (p *Port) write(k *sys.Calls, b []byte) (int, error) {
	if p.Kind.socket() {
		return sys.Sendto(k, p.FD, b, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, p.To)
	}
	if p.Blocks && (p.Kind == Pipe || p.Kind == TTY) && len(b) > pipeBuf {
		b = b[:pipeBuf]
	}
	return sys.Write(k, p.FD, b)
}

// pipeBuf is PIPE_BUF: a pipe that poll calls writable has a free page, so a write of this size does not sleep
// (pipe(7)).
const pipeBuf = 4096

// mustPoll says that a call is only safe after epoll said ready.
func (p *Port) mustPoll() bool { return p.Blocks && (p.Kind == Pipe || p.Kind == TTY) }

// foreground says whether a terminal may be read without SIGTTIN stopping us: "if a process in a background process
// group tries to read from the terminal, it is sent a SIGTTIN" (tcsetpgrp(3)). The driver's answer is TIOCGPGRP; a
// terminal that is not our controlling one has no such rule.
func (p *Port) foreground(k *sys.Calls) bool {
	fg, err := sys.IoctlInt(k, p.FD, unix.TIOCGPGRP)
	return err != nil || fg == k.Getpgrp()
}
