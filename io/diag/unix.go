package diag

import (
	"encoding/binary"
	"strings"

	"golang.org/x/sys/unix"
)

// Attributes of an answer about unix sockets, and what to ask for (linux/unix_diag.h).
const (
	unixName     = 0
	unixFile     = 1
	unixPeer     = 2
	unixQueues   = 4
	unixMemInfo  = 5
	unixShutdown = 6
	unixUID      = 7

	showName, showFile, showPeer, showQueues, showMemInfo, showUID = 1, 2, 4, 16, 32, 64
)

// unixRequest is struct unix_diag_req (sock_diag(7)).
func unixRequest(states uint32, details bool) []byte {
	b := make([]byte, unixReqLen)
	b[0] = unix.AF_UNIX
	binary.NativeEndian.PutUint32(b[4:], states)
	show := uint32(showName | showFile | showPeer | showQueues | showUID)
	if details {
		show |= showMemInfo
	}
	binary.NativeEndian.PutUint32(b[12:], show)
	binary.NativeEndian.PutUint32(b[16:], anyCookie)
	binary.NativeEndian.PutUint32(b[20:], anyCookie)
	return b
}

// parseUnix reads struct unix_diag_msg and the attributes behind it.
func parseUnix(b []byte) (s Socket, err error) {
	if len(b) < unixMsgLen {
		return s, errShort
	}
	s = Socket{Proto: Unix, Family: unix.AF_UNIX, Type: int(b[1]), State: State(b[2])}
	s.Inode = binary.NativeEndian.Uint32(b[4:])
	s.Cookie = uint64(binary.NativeEndian.Uint32(b[8:])) | uint64(binary.NativeEndian.Uint32(b[12:]))<<32
	for typ, v := range attributes(b[unixMsgLen:]) {
		switch {
		case typ == unixName && len(v) > 0:
			s.Name = unixNameOf(v)
		case typ == unixFile && len(v) >= 8:
			s.FileInode, s.FileDev = binary.NativeEndian.Uint32(v), binary.NativeEndian.Uint32(v[4:])
		case typ == unixPeer && len(v) >= 4:
			s.PeerInode = binary.NativeEndian.Uint32(v)
		case typ == unixQueues && len(v) >= 8:
			s.RecvQ, s.SendQ = binary.NativeEndian.Uint32(v), binary.NativeEndian.Uint32(v[4:])
		case typ == unixMemInfo:
			s.Memory, s.HasMem = parseMemory(v)
		case typ == unixShutdown && len(v) > 0:
			s.Shut = v[0]
		case typ == unixUID && len(v) >= 4:
			s.UID, s.HasUID = binary.NativeEndian.Uint32(v), true
		}
	}
	return s, nil
}

// unixNameOf: an abstract name begins with a NUL and may hold any byte; a path may end with one (unix(7)).
func unixNameOf(v []byte) string {
	if v[0] == 0 {
		return "@" + string(v[1:])
	}
	name, _, _ := strings.Cut(string(v), "\x00")
	return name
}

// IsFile says whether the socket was bound to this file, under whichever name. The kernel tells 32 bits of the inode, and the
// device as it keeps it: 12 bits major, 20 minor.
func (s *Socket) IsFile(st *unix.Stat_t) bool {
	dev := uint64(st.Dev)
	major, minor := dev>>8&0xfff, dev&0xff|dev>>12&0xfff00 // makedev(3)
	return s.FileInode != 0 && s.FileInode == uint32(st.Ino) && s.FileDev == uint32(major<<20|minor)
}
