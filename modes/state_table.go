package modes

import (
	"net/netip"
	"strings"

	"cat5/io/diag"
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// The table of cat5 state. Its columns hold no spaces, the last one apart, so that awk and sort can be used on it.

func (r *state) table(all []diag.Socket, who *owned) string {
	rows := [][]string{{"PROTO", "STATE", "RECVQ", "SENDQ", "LOCAL", "PEER", "TIMER", "PROCESS"}}
	names := unixNames(all)
	for i := range all {
		s := &all[i]
		local, peer := ends(s, names)
		rows = append(rows, []string{protoName(s), s.StateName(), itoa(int(s.RecvQ)), itoa(int(s.SendQ)), local, peer, timerWords(s), who.of(s)})
	}
	var width [8]int
	for _, row := range rows {
		for i, cell := range row[:len(row)-1] {
			width[i] = max(width[i], len([]rune(cell)))
		}
	}
	var b strings.Builder
	for n, row := range rows {
		for i, cell := range row[:len(row)-1] {
			gap := strings.Repeat(" ", width[i]-len([]rune(cell)))
			if i == 2 || i == 3 { // numbers
				b.WriteString(gap + cell + "  ")
			} else {
				b.WriteString(cell + gap + "  ")
			}
		}
		b.WriteString(row[len(row)-1] + "\n")
		if n > 0 && r.s.info {
			b.WriteString(infoWords(&all[n-1]))
		}
	}
	return b.String()
}

func protoName(s *diag.Socket) string {
	if s.Proto != diag.Unix {
		return s.Proto.String()
	}
	switch s.Type {
	case unix.SOCK_DGRAM:
		return "unix-dgram"
	case unix.SOCK_SEQPACKET:
		return "unix-seqpacket"
	}
	return "unix-stream"
}

// unixNames is what the unix sockets are called, by inode.
func unixNames(all []diag.Socket) map[uint32]string {
	names := map[uint32]string{}
	for i := range all {
		if s := &all[i]; s.Proto == diag.Unix && s.Name != "" {
			names[s.Inode] = s.Name
		}
	}
	return names
}

// ends is how both ends of a socket are written. A unix socket without a name has its inode, which is all that the kernel
// has to tell it by.
func ends(s *diag.Socket, names map[uint32]string) (local, peer string) {
	if s.Proto != diag.Unix {
		return endWords(s, s.Local), endWords(s, s.Peer)
	}
	word := func(name string, inode uint32) string {
		switch {
		case name != "":
			return strings.ReplaceAll(sys.SafeName(name), " ", `\x20`)
		case inode == 0:
			return "-"
		}
		return "#" + itoa(int(inode))
	}
	return word(s.Name, s.Inode), word(names[s.PeerInode], s.PeerInode)
}

// endWords writes an address. "*" alone is no peer; *:PORT is every address of both families, which [::] is unless
// IPV6_V6ONLY was set (ipv6(7)).
func endWords(s *diag.Socket, a netip.AddrPort) string {
	switch {
	case a.Port() == 0 && a.Addr().IsUnspecified():
		return "*"
	case a.Addr().Is6() && a.Addr().IsUnspecified() && !s.V6Only && a == s.Local:
		return "*:" + itoa(int(a.Port()))
	}
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()).String()
}

// timerName is what the running timer is for; "" for none.
func timerName(s *diag.Socket) string {
	switch s.Timer {
	case diag.Retransmit:
		return "retransmit"
	case diag.KeepAlive:
		if s.State == diag.FinWait2 && s.Inode == 0 {
			return "fin-wait"
		}
		return "keepalive"
	case diag.Waiting:
		if s.State == diag.FinWait2 {
			return "fin-wait"
		}
		return "time-wait"
	case diag.ZeroWindow:
		return "zero-window"
	}
	return ""
}

// timerWords is "time-wait:58.3s", "retransmit:1.6s,tries=3", or "-".
func timerWords(s *diag.Socket) string {
	name := timerName(s)
	if name == "" {
		return "-"
	}
	name += ":" + strings.ReplaceAll(formatDuration(s.Left), " ", "")
	if s.Tries > 0 {
		name += ",tries=" + itoa(int(s.Tries))
	}
	return name
}
