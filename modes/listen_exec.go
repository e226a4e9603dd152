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

// ucspi is the names that a program finds its peer under (UCSPI, as tcpserver and s6-tcpserver set them).
var ucspi = []string{"PROTO", "TCPREMOTEIP", "TCPREMOTEPORT", "TCPREMOTEHOST", "TCPREMOTEINFO", "TCPLOCALIP", "TCPLOCALPORT", "TCPLOCALHOST",
	"IPCREMOTEEUID", "IPCREMOTEEGID", "IPCREMOTEPID", "IPCREMOTEPATH", "IPCLOCALPATH"}

// environ is our environment with the peer in it. What we were told of a peer of our own is not passed on.
func (r *listenRun) environ(p *hub.Peer, fd int) []string {
	env := make([]string, 0, len(r.env.Environ)+6)
	for _, kv := range r.env.Environ {
		name, _, _ := strings.Cut(kv, "=")
		mine := false
		for _, n := range ucspi {
			mine = mine || n == name
		}
		if !mine {
			env = append(env, kv)
		}
	}
	if r.network == "unix" {
		env = append(env, "PROTO=IPC", "IPCLOCALPATH="+r.plan.BindPath)
		if p.UID >= 0 {
			env = append(env, "IPCREMOTEEUID="+itoa(p.UID), "IPCREMOTEEGID="+itoa(p.GID), "IPCREMOTEPID="+itoa(p.PID))
		}
		if name := p.Addr.UnixName(); name != "" && !strings.ContainsRune(name, 0) {
			env = append(env, "IPCREMOTEPATH="+name)
		}
		return env
	}
	env = append(env, "PROTO=TCP")
	add := func(which string, a sys.Addr) {
		ap := a.AddrPort()
		if ap.IsValid() {
			env = append(env, "TCP"+which+"IP="+ap.Addr().Unmap().String(), "TCP"+which+"PORT="+itoa(int(ap.Port())))
		}
	}
	local, _ := r.k.Getsockname(fd)
	add("REMOTE", p.Addr)
	add("LOCAL", local)
	return env
}
