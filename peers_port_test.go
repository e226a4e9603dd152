package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// How a test finds out that a program is listening, and where.

// awaitSocket waits until a program that does not tell in a uniform way has its socket: listening for streams, bound
// for datagrams. The kernel's tables say so for every program alike, and looking there takes no connection away from a
// server that serves only one, as trying to connect would. There is no event for it, so the tables are read again and
// again. The answer is the port, or "" when the program ended or hung before.
func (p *peer) awaitSocket(proto, path string) string {
	p.t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		if port := findSocket(p.cmd.Process.Pid, proto, path); port != "" {
			return port
		}
		select {
		case <-tick.C:
		case <-p.done:
			p.t.Errorf("%s ended (%d) before it listened; it said: %s", p.name, p.wait(), p.errs.String())
			return ""
		case <-p.ctx.Done():
			p.t.Errorf("%s does not listen; it said: %s", p.name, p.errs.String())
			return ""
		}
	}
}

// findSocket looks for a socket of the process in /proc/net (proc(5)). For unix sockets the "port" is the path.
func findSocket(pid int, proto, path string) string {
	inodes := socketInodes(pid)
	if len(inodes) == 0 {
		return ""
	}
	table := map[string]string{"tcp": "tcp", "udp": "udp", "unix": "unix", "dgram": "unix"}[proto]
	b, err := os.ReadFile("/proc/net/" + table)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		switch proto {
		case "tcp", "udp":
			state := map[string]string{"tcp": "0A", "udp": "07"}[proto] // TCP_LISTEN; TCP_CLOSE for one without a peer
			if len(f) < 10 || f[3] != state || !inodes[f[9]] {
				continue
			}
			_, hex, _ := strings.Cut(f[1], ":")
			if n, err := strconv.ParseUint(hex, 16, 16); err == nil && n != 0 {
				return strconv.Itoa(int(n))
			}
		default:
			const listening = "00010000" // __SO_ACCEPTCON
			if len(f) == 8 && inodes[f[6]] && f[7] == path && (proto == "dgram" || f[3] == listening) {
				return path
			}
		}
	}
	return ""
}

func socketInodes(pid int) map[string]bool {
	inodes := map[string]bool{}
	fds, _ := filepath.Glob("/proc/" + strconv.Itoa(pid) + "/fd/*")
	for _, fd := range fds {
		to, err := os.Readlink(fd)
		if inode, ok := strings.CutPrefix(to, "socket:["); err == nil && ok {
			inodes[strings.TrimSuffix(inode, "]")] = true
		}
	}
	return inodes
}
