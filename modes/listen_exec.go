package modes

import (
	"strings"

	"cat5/io/hub"
	"cat5/io/sys"
)

// The program of --exec: where it is, and what it is told of its peer.

// findProgram finds it before anything listens: what cannot be run is better said now than to each peer.
func (r *listenRun) findProgram() (err error) {
	r.path, err = r.env.lookProgram(r.argv[0])
	return err
}

// peerNames are the names that a program finds its peer under: UCSPI's, as tcpserver and s6-tcpserver set them, and ncat's.
var peerNames = []string{"PROTO", "TCPREMOTEIP", "TCPREMOTEPORT", "TCPREMOTEHOST", "TCPREMOTEINFO", "TCPLOCALIP", "TCPLOCALPORT", "TCPLOCALHOST",
	"IPCREMOTEEUID", "IPCREMOTEEGID", "IPCREMOTEPID", "IPCREMOTEPATH", "IPCLOCALPATH",
	"NCAT_PROTO", "NCAT_REMOTE_ADDR", "NCAT_REMOTE_PORT", "NCAT_LOCAL_ADDR", "NCAT_LOCAL_PORT"}

// environ is our environment with the peer in it.
func (r *listenRun) environ(p *hub.Peer, fd int) []string {
	local, _ := r.k.Getsockname(fd)
	m := programPeer{remote: p.Addr, local: local, path: r.plan.BindPath, uid: p.UID, gid: p.GID, pid: p.PID}
	return m.environ(r.env.Environ, r.network)
}

// programPeer is what a program is told of its peer.
type programPeer struct {
	remote, local sys.Addr
	path          string // where the unix socket is
	uid, gid, pid int    // of a unix peer; uid is less than 0 when it is not known
}

// environ is base with the peer in it. What we were told of a peer of our own is not passed on.
func (p *programPeer) environ(base []string, network string) []string {
	env := make([]string, 0, len(base)+10)
	for _, kv := range base {
		name, _, _ := strings.Cut(kv, "=")
		mine := false
		for _, n := range peerNames {
			mine = mine || n == name
		}
		if !mine {
			env = append(env, kv)
		}
	}
	if network == "unix" {
		env = append(env, "PROTO=IPC")
		if p.path != "" {
			env = append(env, "IPCLOCALPATH="+p.path)
		}
		if p.uid >= 0 {
			env = append(env, "IPCREMOTEEUID="+itoa(p.uid), "IPCREMOTEEGID="+itoa(p.gid), "IPCREMOTEPID="+itoa(p.pid))
		}
		if name := p.remote.UnixName(); name != "" && !strings.ContainsRune(name, 0) {
			env = append(env, "IPCREMOTEPATH="+name)
		}
		return env
	}
	env = append(env, "PROTO=TCP", "NCAT_PROTO=TCP")
	add := func(which string, a sys.Addr) {
		ap := a.AddrPort()
		if ap.IsValid() {
			ip, port := ap.Addr().Unmap().String(), itoa(int(ap.Port()))
			env = append(env, "TCP"+which+"IP="+ip, "TCP"+which+"PORT="+port, "NCAT_"+which+"_ADDR="+ip, "NCAT_"+which+"_PORT="+port)
		}
	}
	add("REMOTE", p.remote)
	add("LOCAL", p.local)
	return env
}
