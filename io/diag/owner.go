package diag

import (
	"encoding/binary"
	"errors"
	"slices"
	"strconv"
	"strings"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// Owner is a process that has a descriptor of a socket.
type Owner struct {
	PID  int
	Name string // comm of proc(5): any bytes but NUL
	FD   int    // the lowest of its descriptors for it
}

// ErrNoProc says that there are no processes in /proc.
var ErrNoProc = errors.New("no processes in /proc: it is not mounted here")

// Owners looks through /proc/PID/fd for these sockets, by inode. hidden is how many processes could not be looked into: reading
// their descriptors needs to be the same user, or CAP_SYS_PTRACE (proc(5), ptrace(2)).
func Owners(k *sys.Calls, inodes map[uint32]bool) (owners map[uint32][]Owner, hidden int, err error) {
	owners = map[uint32][]Owner{}
	if len(inodes) == 0 {
		return owners, 0, nil
	}
	proc, err := sys.Open(k, "/proc", unix.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return owners, 0, sys.Wrap("open", "/proc", err)
	}
	defer sys.Close(k, proc)
	names, err := readNumbers(k, proc)
	if err != nil {
		return owners, 0, sys.Wrap("getdents", "/proc", err)
	}
	if len(names) == 0 { // we ourselves would be there
		return owners, 0, ErrNoProc
	}
	for _, pid := range names {
		if err := ownedBy(k, proc, pid, inodes, owners); err == unix.EACCES || err == unix.EPERM {
			hidden++
		}
	}
	return owners, hidden, nil
}

// ownedBy adds one process. A process that has ended meanwhile owns nothing.
func ownedBy(k *sys.Calls, proc, pid int, inodes map[uint32]bool, owners map[uint32][]Owner) error {
	dir, err := k.Openat(proc, strconv.Itoa(pid)+"/fd", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer sys.Close(k, dir)
	fds, err := readNumbers(k, dir)
	if err != nil {
		return err
	}
	slices.Sort(fds)
	name := ""
	buf := make([]byte, 64)
	for _, fd := range fds {
		n, err := k.Readlinkat(dir, strconv.Itoa(fd), buf)
		if err != nil {
			if err == unix.EACCES { // the folder opens, the links do not: still another's
				return err
			}
			continue
		}
		inode, ok := socketInode(string(buf[:n]))
		if !ok || !inodes[inode] {
			continue
		}
		if has := owners[inode]; len(has) > 0 && has[len(has)-1].PID == pid {
			continue
		}
		if name == "" {
			name = processName(k, proc, pid)
		}
		owners[inode] = append(owners[inode], Owner{pid, name, fd})
	}
	return nil
}

// processName is comm of proc(5), "?" when it cannot be had.
func processName(k *sys.Calls, proc, pid int) string {
	fd, err := k.Openat(proc, strconv.Itoa(pid)+"/comm", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return "?"
	}
	defer sys.Close(k, fd)
	b := make([]byte, 64)
	n, err := sys.Read(k, fd, b)
	if name := strings.TrimSuffix(string(b[:max(n, 0)]), "\n"); err == nil && name != "" {
		return name
	}
	return "?"
}

// socketInode reads the target of a link in /proc/PID/fd: "socket:[12345]" (proc(5)).
func socketInode(s string) (uint32, bool) {
	s, ok := strings.CutPrefix(s, "socket:[")
	s, ok2 := strings.CutSuffix(s, "]")
	n, err := strconv.ParseUint(s, 10, 32)
	return uint32(n), ok && ok2 && err == nil
}

// readNumbers reads the names of a folder that are numbers, each once.
func readNumbers(k *sys.Calls, dir int) ([]int, error) {
	var all []int
	buf := make([]byte, 16<<10)
	for {
		n, err := k.Getdents(dir, buf)
		if err != nil || n <= 0 {
			return all, err
		}
		all = append(all, direntNumbers(buf[:n])...)
	}
}

// direntNumbers reads records of struct linux_dirent64: d_ino 8 bytes, d_off 8, d_reclen 2, d_type 1, then d_name
// (getdents(2)).
func direntNumbers(b []byte) (all []int) {
	for len(b) > 19 {
		n := int(binary.NativeEndian.Uint16(b[16:]))
		if n <= 19 || n > len(b) {
			return all
		}
		name, _, _ := strings.Cut(string(b[19:n]), "\x00")
		if pid, err := strconv.Atoi(name); err == nil && pid >= 0 && name[0] != '+' {
			all = append(all, pid)
		}
		b = b[n:]
	}
	return all
}
