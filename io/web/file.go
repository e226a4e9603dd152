package web

import (
	"strings"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// beneath keeps a path below the folder that it starts from: ".." and symbolic links that lead out of it are EXDEV, links
// of /proc that jump to any file are ELOOP (openat2(2)). The kernel checks while it walks, so there is no moment
// between a check and its use.
const beneath = unix.RESOLVE_BENEATH | unix.RESOLVE_NO_MAGICLINKS

// tree is the folder that is served, and everything below it.
type tree struct {
	k     *sys.Calls
	fd    int // of the folder; O_PATH will do
	walks bool
}

// plant looks how this kernel can keep us in the folder: openat2 came with Linux 5.6, and some sandboxes know nothing of
// it and say EPERM or ENOSYS.
func plant(k *sys.Calls, fd int) (*tree, error) {
	t := &tree{k: k, fd: fd}
	probe, err := t.open(".", unix.O_PATH|unix.O_DIRECTORY)
	if err == unix.ENOSYS || err == unix.EPERM {
		t.walks = true
		return t, nil
	}
	if err == nil {
		sys.Close(k, probe)
	}
	return t, err
}

// open opens what is at path, which has no "..", no segment that is empty, and no slash at its ends.
func (t *tree) open(path string, flags int) (int, error) {
	if path == "" {
		path = "."
	}
	flags |= unix.O_CLOEXEC
	if t.walks {
		return t.walk(path, flags)
	}
	for tries := 0; ; tries++ {
		fd, err := t.k.Openat2(t.fd, path, flags, beneath)
		// "EAGAIN: ... the kernel could not ensure that a ".." component didn't escape (due to a race condition or
		// potential attack). The caller may choose to retry" (openat2(2)).
		if err == unix.EINTR || err == unix.EAGAIN && tries < 8 {
			continue
		}
		return fd, err
	}
}

// walk is open for kernels without openat2: one segment after the other, each below the folder that the one before it
// has opened, and no symbolic link followed anywhere. So nothing can lead out, whatever is renamed meanwhile; but links
// that stay inside do not work either.
func (t *tree) walk(path string, flags int) (int, error) {
	at := t.fd
	for {
		name, rest, more := strings.Cut(path, "/")
		want := flags
		if more {
			want = unix.O_PATH | unix.O_DIRECTORY | unix.O_CLOEXEC
		}
		fd, err := t.k.Openat(at, name, want|unix.O_NOFOLLOW, 0)
		if err == unix.EINTR {
			continue
		}
		if at != t.fd {
			sys.Close(t.k, at)
		}
		if err != nil || !more {
			return fd, err
		}
		at, path = fd, rest
	}
}

// read opens a file or a folder for reading and says in st what it is. Anything else is not opened at all, as far as that can be
// known before: a reader that comes and goes would wake whoever waits to write into a FIFO, and a device may do
// anything. O_NONBLOCK is for those that are put there in between.
func (t *tree) read(path string, st *unix.Stat_t) (fd int, err error) {
	if err = t.look(path, st); err == nil && !servable(st) {
		err = unix.ENXIO
	}
	if err != nil {
		return -1, err
	}
	fd, err = t.open(path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY)
	if err != nil {
		return -1, err
	}
	if err = t.k.Fstat(fd, st); err == nil && !servable(st) {
		err = unix.ENXIO
	}
	if err != nil {
		sys.Close(t.k, fd)
		return -1, err
	}
	return fd, nil
}

// look says in st what is at path, without opening it, and without leaving the folder: a plain stat would follow links
// wherever they lead, to a network that does not answer, for instance. One name alone leads nowhere.
func (t *tree) look(path string, st *unix.Stat_t) error {
	if path != "" && !strings.Contains(path, "/") {
		err := t.k.Fstatat(t.fd, path, st, unix.AT_SYMLINK_NOFOLLOW|unix.AT_NO_AUTOMOUNT)
		if err != nil || st.Mode&unix.S_IFMT != unix.S_IFLNK {
			return err
		}
	}
	fd, err := t.open(path, unix.O_PATH)
	if err != nil {
		return err
	}
	defer sys.Close(t.k, fd)
	return t.k.Fstat(fd, st)
}

func servable(st *unix.Stat_t) bool { return isDir(st) || st.Mode&unix.S_IFMT == unix.S_IFREG }
func isDir(st *unix.Stat_t) bool    { return st.Mode&unix.S_IFMT == unix.S_IFDIR }
