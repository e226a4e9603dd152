package sys

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// MaxBatch is how many messages one call carries at most: measured, more of them gain nothing.
const MaxBatch = 64

// Msg is one message of a Batch. P is what is sent, or where to put what is received; N is what the kernel says of it.
type Msg struct {
	P     []byte
	N     int  // bytes that were sent or received; with MSG_TRUNC asked for, a datagram's true length
	Flags int  // received: MSG_* (recvmsg(2))
	From  Addr // received: who sent it

	// Seg, if not 0, says that P is several UDP datagrams of this size in a row, the last of which may be shorter: to be
	// sent so (udp(7), UDP_SEGMENT), or received so, which happens on a socket with UDP_GRO on.
	Seg int
}

// Batch is what Calls.Sendmmsg and Calls.Recvmmsg work on: the messages, and beside them the kernel's own layout of them,
// so that a call allocates nothing. It may not be copied while a call is under way. The zero Batch is ready for use.
type Batch struct {
	Msgs [MaxBatch]Msg

	hdrs [MaxBatch]mmsghdr
	iovs [MaxBatch]unix.Iovec
	ctls [MaxBatch]control
}

// mmsghdr is struct mmsghdr (recvmmsg(2)).
type mmsghdr struct {
	hdr unix.Msghdr
	n   uint32
}

// control has room for all that a socket's options can put before a UDP_GRO message: time stamps, a mark, a count. It is
// aligned as struct cmsghdr has to be.
type control [256 / 8]uint64

// lay fills in the kernel's layout of message i, without a name and without control messages.
func (b *Batch) lay(i int) *unix.Msghdr {
	iov, h := &b.iovs[i], &b.hdrs[i].hdr
	iov.Base = unsafe.SliceData(b.Msgs[i].P)
	iov.SetLen(len(b.Msgs[i].P))
	*h = unix.Msghdr{Iov: iov}
	h.SetIovlen(1)
	return h
}

func sendmmsg(fd int, b *Batch, n int, to *Addr, flags int) (int, error) {
	for i := range n {
		h := b.lay(i)
		if to != nil {
			h.Name, h.Namelen = (*byte)(unsafe.Pointer(&to.raw)), to.n
		}
		if b.Msgs[i].Seg > 0 {
			c := (*unix.Cmsghdr)(unsafe.Pointer(&b.ctls[i]))
			c.Level, c.Type = unix.IPPROTO_UDP, unix.UDP_SEGMENT
			c.SetLen(unix.CmsgLen(2))
			*(*uint16)(unsafe.Add(unsafe.Pointer(c), unix.CmsgLen(0))) = uint16(b.Msgs[i].Seg)
			h.Control = (*byte)(unsafe.Pointer(c))
			h.SetControllen(unix.CmsgSpace(2))
		}
	}
	r, _, e := unix.RawSyscall6(unix.SYS_SENDMMSG, uintptr(fd), uintptr(unsafe.Pointer(&b.hdrs)), uintptr(n), uintptr(flags|unix.MSG_DONTWAIT), 0, 0) // see raw.go
	if e != 0 {
		return 0, e
	}
	for i := range int(r) {
		b.Msgs[i].N = int(b.hdrs[i].n)
	}
	return int(r), nil
}

func recvmmsg(fd int, b *Batch, n, flags int) (int, error) {
	for i := range n {
		h, from := b.lay(i), &b.Msgs[i].From
		h.Name, h.Namelen = (*byte)(unsafe.Pointer(&from.raw)), uint32(unsafe.Sizeof(from.raw))
		h.Control = (*byte)(unsafe.Pointer(&b.ctls[i]))
		h.SetControllen(int(unsafe.Sizeof(b.ctls[i])))
	}
	r, _, e := unix.RawSyscall6(unix.SYS_RECVMMSG, uintptr(fd), uintptr(unsafe.Pointer(&b.hdrs)), uintptr(n), uintptr(flags|unix.MSG_DONTWAIT), 0, 0) // see raw.go
	if e != 0 {
		return 0, e
	}
	for i := range int(r) {
		m, h := &b.Msgs[i], &b.hdrs[i].hdr
		m.N, m.Flags, m.Seg = int(b.hdrs[i].n), int(h.Flags), b.ctls[i].segment(int(h.Controllen))
		m.From.came(h.Namelen)
	}
	return int(r), nil
}

// segment is the value of the UDP_GRO message among the control messages, which are n bytes long; 0 when there is none.
func (c *control) segment(n int) int {
	all := (*[unsafe.Sizeof(*c)]byte)(unsafe.Pointer(c))
	for at := 0; at+unix.CmsgLen(0) <= n; {
		h := (*unix.Cmsghdr)(unsafe.Pointer(&all[at]))
		size := int(h.Len)
		if size < unix.CmsgLen(0) || at+size > n {
			return 0
		}
		if h.Level == unix.IPPROTO_UDP && h.Type == unix.UDP_GRO && size >= unix.CmsgLen(2) {
			// An int (udp(7)); the low half of it, which is all that a size needs, is also what older kernels gave.
			if size >= unix.CmsgLen(4) {
				return int(*(*int32)(unsafe.Pointer(&all[at+unix.CmsgLen(0)])))
			}
			return int(*(*uint16)(unsafe.Pointer(&all[at+unix.CmsgLen(0)])))
		}
		at += unix.CmsgSpace(size - unix.CmsgLen(0))
	}
	return 0
}
