package modes

import (
	"strconv"
	"strings"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// Small files that modes read and write.

func itoa(n int) string { return strconv.Itoa(n) }

// readFile reads at most max bytes of a file.
func readFile(k *sys.Calls, path string, max int) ([]byte, error) {
	fd, err := sys.Open(k, path, unix.O_RDONLY, 0)
	if err != nil {
		return nil, err
	}
	defer sys.Close(k, fd)
	b := make([]byte, max)
	n := 0
	for n < len(b) {
		m, err := sys.Read(k, fd, b[n:])
		if err != nil {
			return nil, err
		}
		if m == 0 {
			break
		}
		n += m
	}
	return b[:n], nil
}

// procMask reads a hexadecimal mask of /proc/PID/status (proc(5)).
func procMask(status, name string) (uint64, bool) {
	for line := range strings.Lines(status) {
		if rest, ok := strings.CutPrefix(line, name); ok {
			n, err := strconv.ParseUint(strings.TrimSpace(rest), 16, 64)
			return n, err == nil
		}
	}
	return 0, false
}

// writeAll writes all of b, waiting where somebody made the descriptor non-blocking. It says how much was written.
func writeAll(k *sys.Calls, fd int, b []byte) (done int, err error) {
	for done < len(b) {
		n, err := sys.Write(k, fd, b[done:])
		if err == unix.EAGAIN {
			fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}
			if _, err = k.Poll(fds, -1); err == nil || err == unix.EINTR {
				continue
			}
		}
		if err == nil && n == 0 {
			err = unix.ENOSPC // write(2) does not say so; there is no better word for taking nothing
		}
		if err != nil {
			return done, err
		}
		done += n
	}
	return done, nil
}

// writePort writes a port to a file, whole or not at all: a reader that waits for the file never sees half a number. What
// is there and is no regular file (a FIFO, a device, a link) is written to, and stays what it is.
func writePort(k *sys.Calls, path string, port uint16) error {
	text := []byte(itoa(int(port)) + "\n")
	var st unix.Stat_t
	err := k.Fstatat(unix.AT_FDCWD, path, &st, unix.AT_SYMLINK_NOFOLLOW)
	if err == nil && st.Mode&unix.S_IFMT != unix.S_IFREG {
		return sys.Wrap("write", sys.SafeName(path), writeFile(k, path, unix.O_TRUNC, text))
	}
	tmp := path + "." + itoa(k.Getpid()) + ".tmp"
	err = writeFile(k, tmp, unix.O_EXCL|unix.O_NOFOLLOW, text)
	if err == nil {
		if err = k.Renameat(unix.AT_FDCWD, tmp, unix.AT_FDCWD, path); err != nil {
			k.Unlinkat(unix.AT_FDCWD, tmp, 0)
		}
	}
	return sys.Wrap("write", sys.SafeName(path), err)
}

// writeFile creates or opens a file, writes to it and closes it. What it created and could not write it removes.
func writeFile(k *sys.Calls, path string, flags int, text []byte) error {
	fd, err := sys.Open(k, path, unix.O_WRONLY|unix.O_CREAT|flags, 0o666)
	if err != nil {
		return err
	}
	_, err = writeAll(k, fd, text)
	if e := sys.Close(k, fd); err == nil {
		err = e
	}
	if err != nil && flags&unix.O_EXCL != 0 {
		k.Unlinkat(unix.AT_FDCWD, path, 0)
	}
	return err
}

// overwrite writes a file, whole: what was there is gone. A path that is no regular file is written to.
func overwrite(k *sys.Calls, path string, text []byte) error {
	return sys.Wrap("write", sys.SafeName(path), writeFile(k, path, unix.O_TRUNC, text))
}
