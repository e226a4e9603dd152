package sock

import (
	"errors"
	"path/filepath"
	"strconv"
	"strings"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// Unlink says what may be done to a file that stands where a unix socket is to be bound.
type Unlink uint8

const (
	UnlinkNever  Unlink = iota // nothing: bind(2) says EADDRINUSE
	UnlinkStale                // it is replaced if it is a socket that nobody listens on
	UnlinkAlways               // it is replaced if it is a socket
	UnlinkLeave                // the same, and our own stays when we leave
)

// socketFile is the file that bind(2) made for a unix socket. Closing a socket leaves it behind: "the socket's
// filesystem entry persists" (unix(7)), so that its maker has to remove it, and has to be sure that it is still the
// one it made.
type socketFile struct {
	dir      int    // the folder, opened O_PATH: a name relative to it stays short and stays in place
	base     string // the file's name there
	leave    bool   // the file stays
	temp     string // the name it is bound under until publish; "" if bound in place
	lock     int    // the folder, locked while a stale file is judged and replaced; 0: not locked
	dev, ino uint64
}

// How long another's lock on the folder is waited for: 1 s, a look each 5 ms.
const (
	lockTries = 200
	lockPause = 5
)

// inode is a socket's identity in the file system.
func (f *socketFile) stat(k *sys.Calls, base string) (st unix.Stat_t, err error) {
	err = k.Fstatat(f.dir, base, &st, unix.AT_SYMLINK_NOFOLLOW)
	return st, err
}

// remove unlinks the file if it is still the one that was made here.
func (f *socketFile) remove(k *sys.Calls) {
	base := f.base
	if f.temp != "" {
		base = f.temp
	}
	if st, err := f.stat(k, base); err == nil && f.ino != 0 && (!f.leave || f.temp != "") && uint64(st.Dev) == f.dev && st.Ino == f.ino {
		k.Unlinkat(f.dir, base, 0) // what cannot be removed stays: there is nobody to tell, and nothing is lost
	}
	f.unlock(k)
	sys.Close(k, f.dir)
}

// publish moves a socket that was bound under a temporary name over the old file: at no moment is there no file, or
// one that somebody else put there (rename(2): "the operation is atomic").
func (f *socketFile) publish(k *sys.Calls) error {
	if f.temp == "" {
		return nil
	}
	if err := k.Renameat(f.dir, f.temp, f.dir, f.base); err != nil {
		return sys.Wrap("rename", sys.SafeName(f.base), err)
	}
	f.temp = ""
	f.unlock(k)
	return nil
}

func (f *socketFile) unlock(k *sys.Calls) {
	if f.lock > 0 {
		sys.Close(k, f.lock) // "the lock is released ... when all such file descriptors have been closed" (flock(2))
		f.lock = 0
	}
}

// folder opens the folder of a path. "." has to be opened too: the working directory may change its name.
func folder(k *sys.Calls, path string) (dir int, base string, err error) {
	d, base := filepath.Split(path)
	if d == "" {
		d = "."
	}
	dir, err = sys.Open(k, d, unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != nil {
		return -1, "", sys.Wrap("open", sys.SafeName(d), err)
	}
	return dir, base, nil
}

// addrIn is the address of the file base in path's folder, which is open as dir: a path like the user's when that fits
// sun_path, else one through /proc/self/fd, which is always short (unix(7): sun_path is 108 bytes with its NUL).
func addrIn(path string, dir int, base string) (sys.Addr, error) {
	d, _ := filepath.Split(path)
	if a, err := sys.Unix(d + base); err == nil && d+base != "" && (d != "" || base[0] != '@') {
		return a, nil
	}
	return sys.Unix("/proc/self/fd/" + strconv.Itoa(dir) + "/" + base)
}

// connectTo calls connect(2), for a unix path that is too long through its folder.
func connectTo(k *sys.Calls, fd int, a sys.Addr, p *Plan) error {
	if p.Network != "unix" {
		return k.Connect(fd, a)
	}
	a, err := sys.Unix(p.Path)
	if err == nil {
		return k.Connect(fd, a)
	}
	if strings.HasPrefix(p.Path, "@") {
		return err
	}
	dir, base, err := folder(k, p.Path)
	if err != nil {
		return errors.Unwrap(err)
	}
	defer sys.Close(k, dir)
	if a, err = addrIn(p.Path, dir, base); err != nil {
		return err
	}
	return k.Connect(fd, a)
}

// bindUnix binds a unix socket to its path, by the plan's rule for what stands there already.
func (p *Plan) bindUnix(k *sys.Calls, fd int) (*socketFile, error) {
	name := sys.SafeName(p.BindPath)
	if strings.HasPrefix(p.BindPath, "@") {
		a, err := sys.Unix(p.BindPath)
		if err != nil {
			return nil, sys.Wrap("bind", name, err)
		}
		return nil, sys.Wrap("bind", name, k.Bind(fd, a))
	}
	f := &socketFile{leave: p.Unlink == UnlinkLeave}
	var err error
	if f.dir, f.base, err = folder(k, p.BindPath); err != nil {
		return nil, err
	}
	if err := p.bindFile(k, fd, f); err != nil {
		f.remove(k)
		return nil, sys.Wrap("bind", name, err)
	}
	return f, nil
}

func (p *Plan) bindFile(k *sys.Calls, fd int, f *socketFile) error {
	old, err := f.stat(k, f.base)
	exists := err == nil
	if exists && old.Mode&unix.S_IFMT != unix.S_IFSOCK {
		return errors.New("exists and is a " + fileKind(old.Mode))
	}
	if exists && p.Unlink == UnlinkStale {
		if err := p.stale(k, f, &old); err != nil {
			return err
		}
	}
	base := f.base
	if exists && p.Unlink != UnlinkNever {
		// A name nobody else uses: the process's own number, in the same folder so that rename can move it.
		f.temp = ".cat5." + strconv.Itoa(k.Getpid()) + "." + strconv.Itoa(fd)
		base = f.temp
	}
	a, err := addrIn(p.BindPath, f.dir, base)
	if err != nil {
		return err
	}
	if p.HasMode {
		// The file is made with the mode of the socket's inode less the umask, so it is never more open than asked for;
		// the chmod below opens what the umask closed.
		if err := k.Fchmod(fd, p.Mode); err != nil {
			return err
		}
	}
	if err := k.Bind(fd, a); err != nil {
		return err
	}
	st, err := f.stat(k, base)
	if err != nil {
		return err
	}
	f.dev, f.ino = uint64(st.Dev), st.Ino
	if p.HasMode {
		return k.Fchmodat(f.dir, base, p.Mode)
	}
	return nil
}

// stale makes sure that nobody listens on the socket file: a connect to it is refused, and it is still the same file
// afterwards. An exclusive lock on the folder, held until the new file
// stands there, keeps two of us from judging at the same time.
func (p *Plan) stale(k *sys.Calls, f *socketFile, old *unix.Stat_t) error {
	lock, err := k.Openat(f.dir, ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	for err == unix.EINTR {
		lock, err = k.Openat(f.dir, ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	}
	if err != nil {
		return err
	}
	f.lock = lock
	// A lock that is waited for in the kernel could not be given up on. Who has it, has it for a moment.
	for tries := 0; ; tries++ {
		if err = k.Flock(lock, unix.LOCK_EX|unix.LOCK_NB); err == unix.EAGAIN && tries < lockTries {
			k.Poll(nil, lockPause)
		} else if err != unix.EINTR {
			break
		}
	}
	if err == unix.EAGAIN {
		return errors.New("its folder is locked by another process")
	}
	if err != nil {
		return err
	}
	// A datagram socket asks without being noticed: a stream socket would be accepted, and a server of one peer would
	// have had its peer. Where a stream socket lives the kernel says EPROTOTYPE, and ECONNREFUSED only where none does.
	probe, err := k.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer sys.Close(k, probe)
	a, err := addrIn(p.BindPath, f.dir, f.base)
	if err != nil {
		return err
	}
	if err := k.Connect(probe, a); err != unix.ECONNREFUSED {
		// nil (a datagram socket), EPERM (one that hears another peer only), EPROTOTYPE and EACCES all mean that it may
		// be alive.
		return errors.New("the socket there is in use")
	}
	st, err := f.stat(k, f.base)
	if err != nil || st.Dev != old.Dev || st.Ino != old.Ino {
		return errors.New("the file there changed meanwhile")
	}
	return nil
}

func fileKind(mode uint32) string {
	switch mode & unix.S_IFMT {
	case unix.S_IFREG:
		return "regular file"
	case unix.S_IFDIR:
		return "directory"
	case unix.S_IFLNK:
		return "symbolic link"
	case unix.S_IFIFO:
		return "FIFO"
	}
	return "device"
}
