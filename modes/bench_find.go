package modes

import (
	"encoding/binary"
	"os"
	"strconv"
	"strings"

	"cat5/io/sock"
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// serverProcess is the process that listens where c is connected to; 0 when that cannot be found out. A unix socket
// knows it (unix(7), SO_PEERCRED). For TCP the kernel's table says which socket listens on the port, and the
// descriptors of each process, which sockets it has; those of other users' processes only root can read.
func serverProcess(k *sys.Calls, c *sock.Conn) int {
	if c.Network == "unix" {
		var b [12]byte // struct ucred: pid, uid, gid
		if _, err := k.Getsockopt(c.FD, unix.SOL_SOCKET, unix.SO_PEERCRED, b[:]); err != nil {
			return 0
		}
		return int(int32(binary.NativeEndian.Uint32(b[:])))
	}
	if !c.Peer.AddrPort().Addr().IsLoopback() {
		return 0
	}
	inodes := map[string]bool{}
	for _, file := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		if b, err := readFile(k, file, 8<<20); err == nil {
			listeners(string(b), c.Peer.AddrPort().Port(), inodes)
		}
	}
	procs, err := os.ReadDir("/proc")
	if err != nil {
		return 0
	}
	for _, p := range procs {
		pid, err := strconv.Atoi(p.Name())
		if err != nil {
			continue
		}
		fds, _ := os.ReadDir("/proc/" + p.Name() + "/fd")
		for _, fd := range fds {
			to, err := os.Readlink("/proc/" + p.Name() + "/fd/" + fd.Name())
			if inode, ok := strings.CutPrefix(to, "socket:["); err == nil && ok && inodes[strings.TrimSuffix(inode, "]")] {
				return pid
			}
		}
	}
	return 0
}

// listeners collects the inodes of the sockets that listen on port (proc_pid_net(5), "tcp": local_address is
// ADDRESS:PORT in hexadecimal, state 0A is TCP_LISTEN, the tenth field is the inode).
func listeners(table string, port uint16, inodes map[string]bool) {
	for line := range strings.Lines(table) {
		f := strings.Fields(line)
		if len(f) < 10 || f[3] != "0A" {
			continue
		}
		_, hex, _ := strings.Cut(f[1], ":")
		if n, err := strconv.ParseUint(hex, 16, 16); err == nil && uint16(n) == port {
			inodes[f[9]] = true
		}
	}
}
