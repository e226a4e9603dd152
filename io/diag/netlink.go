package diag

import (
	"encoding/binary"
	"errors"
	"iter"

	"golang.org/x/sys/unix"
)

// The messages of netlink(7). Everything here is a pure function of bytes: nothing is believed about their lengths.

// errShort says that a message ends before its own header says.
var errShort = errors.New("netlink: a message is cut short")

// message is one struct nlmsghdr and what follows it.
type message struct {
	typ, flags uint16
	seq        uint32
	body       []byte
}

// next takes the first message of b. Each begins at a multiple of four (NLMSG_ALIGN).
func next(b []byte) (m message, rest []byte, err error) {
	if len(b) < unix.NLMSG_HDRLEN {
		return m, nil, errShort
	}
	n := int(binary.NativeEndian.Uint32(b))
	if n < unix.NLMSG_HDRLEN || n > len(b) {
		return m, nil, errShort
	}
	m = message{binary.NativeEndian.Uint16(b[4:]), binary.NativeEndian.Uint16(b[6:]), binary.NativeEndian.Uint32(b[8:]), b[unix.NLMSG_HDRLEN:n]}
	return m, b[min(align4(n), len(b)):], nil
}

func align4(n int) int { return (n + 3) &^ 3 }

// errno is the error that NLMSG_ERROR and NLMSG_DONE begin with: a negative errno, 0 for none.
func (m *message) errno() error {
	if len(m.body) < 4 {
		return errShort
	}
	if n := int32(binary.NativeEndian.Uint32(m.body)); n < 0 && n > -4096 {
		return unix.Errno(-n)
	}
	return nil
}

// attributes goes through struct rtattr after struct rtattr; it ends where one does not fit.
func attributes(b []byte) iter.Seq2[uint16, []byte] {
	return func(yield func(uint16, []byte) bool) {
		for len(b) >= 4 {
			n := int(binary.NativeEndian.Uint16(b))
			typ := binary.NativeEndian.Uint16(b[2:]) &^ (1<<15 | 1<<14) // NLA_F_NESTED, NLA_F_NET_BYTEORDER
			if n < 4 || n > len(b) {
				return
			}
			if !yield(typ, b[4:n]) {
				return
			}
			b = b[min(align4(n), len(b)):]
		}
	}
}

// request puts a header before a request of this family.
func request(flags uint16, seq uint32, body []byte) []byte {
	b := make([]byte, unix.NLMSG_HDRLEN, unix.NLMSG_HDRLEN+len(body))
	binary.NativeEndian.PutUint32(b, uint32(unix.NLMSG_HDRLEN+len(body)))
	binary.NativeEndian.PutUint16(b[4:], unix.SOCK_DIAG_BY_FAMILY)
	binary.NativeEndian.PutUint16(b[6:], unix.NLM_F_REQUEST|flags)
	binary.NativeEndian.PutUint32(b[8:], seq)
	return append(b, body...)
}
