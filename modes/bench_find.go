package modes

import (
	"encoding/binary"

	"cat5/io/diag"
	"cat5/io/sock"
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// own finds the process of a server that runs already, so that its processor time and memory can be read; c is a
// connection to it, nil where there is none.
func (t *benchTarget) own(c *sock.Conn) {
	r := t.r
	switch {
	case t.pid != 0: // --pid
	case c != nil && r.network == "unix":
		t.pid = peerProcess(r.k, c.FD)
	case r.network != "unix" && t.to.AddrPort().Addr().IsLoopback():
		t.pid = listenerProcess(r.k, r.network, t.to.AddrPort().Port())
	}
	if t.pid == 0 {
		r.t.say(0, "the server's process was not found: its processor time and memory are not shown (--pid)")
	}
}

// peerProcess is who listens at a unix socket, as the kernel noted at listen(2) (unix(7), SO_PEERCRED).
func peerProcess(k *sys.Calls, fd int) int {
	var b [12]byte // struct ucred: pid, uid, gid
	if _, err := k.Getsockopt(fd, unix.SOL_SOCKET, unix.SO_PEERCRED, b[:]); err != nil {
		return 0
	}
	return int(int32(binary.NativeEndian.Uint32(b[:])))
}

// listenerProcess is who has the socket that waits on a port; 0 when that cannot be found out, as for another user's.
func listenerProcess(k *sys.Calls, network string, port uint16) int {
	link, err := diag.Open(k)
	if err != nil {
		return 0
	}
	defer link.Close()
	proto, states := diag.TCP, uint32(1<<diag.Listen)
	if network == "udp" {
		proto, states = diag.UDP, 1<<diag.Close // a socket without a peer
	}
	all, _, err := link.Dump(proto, states, false)
	if err != nil {
		return 0
	}
	for _, s := range all {
		if s.Local.Port() != port {
			continue
		}
		if owners, _, err := diag.Owners(k, map[uint32]bool{s.Inode: true}); err == nil && len(owners[s.Inode]) > 0 {
			return owners[s.Inode][0].PID
		}
	}
	return 0
}
