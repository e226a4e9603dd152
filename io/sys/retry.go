package sys

import "golang.org/x/sys/unix"

// The functions below are the calls as the rest of cat5 makes them. Each repeats a call that a signal interrupted
// before it did anything ("EINTR ... interrupted by a signal before any data was read", read(2)). Those that must not
// be repeated are missing on purpose: connect(2) goes on by itself after EINTR, and epoll_wait(2) has a time-out to
// keep; their callers (io/sock, io/epoll) know.

// Read is read(2).
func Read(k *Calls, fd int, p []byte) (int, error) {
	for {
		n, err := k.Read(fd, p)
		if err != unix.EINTR {
			return n, err
		}
	}
}

// Write is write(2). It may write less than p.
func Write(k *Calls, fd int, p []byte) (int, error) {
	for {
		n, err := k.Write(fd, p)
		if err != unix.EINTR {
			return n, err
		}
	}
}

// Recvfrom is recvmsg(2) with one buffer and, when from is not nil, the sender's address.
func Recvfrom(k *Calls, fd int, p []byte, flags int, from *Addr) (n, rflags int, err error) {
	for {
		n, rflags, err = k.Recvfrom(fd, p, flags, from)
		if err != unix.EINTR {
			return n, rflags, err
		}
	}
}

// Discard is recv(2) of bytes that nobody wants; see Calls.
func Discard(k *Calls, fd, n int) (int, error) {
	for {
		m, err := k.Discard(fd, n)
		if err != unix.EINTR {
			return m, err
		}
	}
}

// Sendto is sendto(2); a nil to means the socket's own peer.
func Sendto(k *Calls, fd int, p []byte, flags int, to *Addr) (int, error) {
	for {
		n, err := k.Sendto(fd, p, flags, to)
		if err != unix.EINTR {
			return n, err
		}
	}
}

// Sendmmsg is sendmmsg(2): a short count is no more than that.
func Sendmmsg(k *Calls, fd int, b *Batch, n int, to *Addr, flags int) (int, error) {
	for {
		m, err := k.Sendmmsg(fd, b, n, to, flags)
		if err != unix.EINTR {
			return m, err
		}
	}
}

// Recvmmsg is recvmmsg(2) without its time-out.
func Recvmmsg(k *Calls, fd int, b *Batch, n, flags int) (int, error) {
	for {
		m, err := k.Recvmmsg(fd, b, n, flags)
		if err != unix.EINTR {
			return m, err
		}
	}
}

// Splice is splice(2) with SPLICE_F_NONBLOCK, which keeps the pipe's side from sleeping; a socket has to be non-blocking
// itself.
func Splice(k *Calls, rfd, wfd, n int) (int, error) {
	for {
		m, err := k.Splice(rfd, wfd, n, unix.SPLICE_F_NONBLOCK|unix.SPLICE_F_MOVE)
		if err != unix.EINTR {
			return m, err
		}
	}
}

// RawSplice is Splice where neither side can sleep (see Calls).
func RawSplice(k *Calls, rfd, wfd, n int) (int, error) {
	for {
		m, err := k.RawSplice(rfd, wfd, n, unix.SPLICE_F_NONBLOCK|unix.SPLICE_F_MOVE)
		if err != unix.EINTR {
			return m, err
		}
	}
}

// Accept is accept4(2) with SOCK_NONBLOCK and SOCK_CLOEXEC: no connection may block the loop or reach a child.
func Accept(k *Calls, fd int) (int, Addr, error) {
	for {
		c, peer, err := k.Accept4(fd, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
		if err != unix.EINTR {
			return c, peer, err
		}
	}
}

// Open is openat(2) from the working directory, with O_CLOEXEC and O_NOCTTY added.
func Open(k *Calls, path string, flags int, mode uint32) (int, error) {
	for {
		fd, err := k.Openat(unix.AT_FDCWD, path, flags|unix.O_CLOEXEC|unix.O_NOCTTY, mode)
		if err != unix.EINTR {
			return fd, err
		}
	}
}

// Close is close(2), once: "Linux ... the file descriptor is always released early in the close operation", so a
// second close could hit a descriptor that somebody else just opened. EINTR is therefore success.
func Close(k *Calls, fd int) error {
	if err := k.Close(fd); err != unix.EINTR {
		return err
	}
	return nil
}
