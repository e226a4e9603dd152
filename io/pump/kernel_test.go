package pump

import (
	"encoding/binary"
	"fmt"
	"io"
	"time"
	"unsafe"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// This file is a kernel in memory that lies: it answers short, late, early and wrong, as the bytes of a fuzzer tell it,
// and it keeps its own account of what it gave and took. When the bytes have run out it is honest, so that every run
// that does not end is a hang of the pump's.

// Descriptors of the kernel in memory: our input, our output, the connection.
const (
	inFD, outFD, sockFD = 10, 11, 12
	epollFD, wakeFD     = 3, 4
)

// source is what can be read from a descriptor: bytes, or records where the kind keeps them.
type source struct {
	data  []byte   // what is still to come
	recs  [][]byte // the same for records
	end   error    // what comes then: io.EOF, an errno, or nil for a datagram socket, which has no end
	taken []byte   // what was read
	trecs [][]byte // the same for records
	ended bool     // the end has been given
	waits bool     // the end comes only after our shutdown: a peer that waits for us to finish
}

// cut makes the source end now.
func (s *source) cut(end error) {
	if !s.ended {
		s.data, s.recs, s.end, s.waits = nil, nil, end, false
	}
}

// sink is what was written to a descriptor.
type sink struct {
	got    []byte
	recs   [][]byte
	broken error // what every further write says
}

type object struct {
	kind Kind
	udp  bool
	src  *source
	snk  *sink
	shut bool  // shutdown(SHUT_WR) was called
	gone error // SO_ERROR
	next error // what the next receive says: recvmmsg(2) keeps an error that came after some messages
	gro  bool  // UDP_GRO
	cuts bool  // UDP_SEGMENT is known here
}

// liar is the kernel.
type liar struct {
	lies  []byte
	clock time.Duration
	objs  map[int]*object
	set   map[int]uint32 // epoll's interest list
	woken bool
	dead  map[int]bool // descriptors that may not be used any more
	wrong []string     // what the pump did that no program may do
	turns int          // calls of epoll_wait
	still int          // of them in a row in which nothing happened
	moved int          // calls that moved something, or told of an end or an error
	pipes []*spliced

	refuses, refusesOut bool // splice does not do it here: at all, out of a pipe
	void                *object
}

// lie takes the next byte of the fuzzer; 0 is the truth.
func (k *liar) lie() byte {
	if len(k.lies) == 0 {
		return 0
	}
	b := k.lies[0]
	k.lies = k.lies[1:]
	return b
}

func (k *liar) blame(format string, a ...any) { k.wrong = append(k.wrong, fmt.Sprintf(format, a...)) }

func (k *liar) object(call string, fd int) *object {
	o := k.objs[fd]
	if o == nil || k.dead[fd] {
		k.blame("%s on descriptor %d, which is closed", call, fd)
		return &object{kind: Stream, src: &source{end: io.EOF}, snk: &sink{broken: unix.EBADF}}
	}
	return o
}

// read is read(2) and recvmsg(2).
func (k *liar) read(call string, fd int, p []byte, flags int) (int, error) {
	o := k.object(call, fd)
	if err := o.next; err != nil {
		o.next = nil
		return 0, err
	}
	s := o.src
	if len(p) == 0 {
		k.blame("%s of nothing", call)
	}
	short := false
	if !s.ended {
		switch d := k.lie(); {
		case d >= 1 && d < 40 && o.kind != File:
			return 0, unix.EAGAIN
		case d >= 40 && d < 60:
			return 0, unix.EINTR
		case d >= 60 && d < 120:
			short = true
		case d >= 120 && d < 124 && o.kind != Dgram:
			s.cut(io.EOF)
		case d >= 124 && d < 128 && o.kind != Dgram:
			if !o.kind.socket() {
				s.cut(unix.EIO)
				break
			}
			s.cut(unix.ECONNRESET)
			if o.snk.broken == nil {
				o.snk.broken = unix.EPIPE
			}
		case d >= 128 && d < 140 && o.udp:
			k.moved++
			return 0, unix.ECONNREFUSED
		}
	}
	if o.kind.records() && len(s.recs) > 0 {
		rec := s.recs[0]
		s.recs, s.trecs = s.recs[1:], append(s.trecs, rec)
		k.moved++
		copy(p, rec)
		return len(rec), nil // asked for with MSG_TRUNC
	}
	if len(s.data) > 0 {
		n := min(len(p), len(s.data))
		if short {
			n = 1 + int(k.lie())%n
		}
		copy(p, s.data[:n])
		s.taken = append(s.taken, s.data[:n]...)
		s.data = s.data[n:]
		k.moved++
		return n, nil
	}
	if s.end == nil || s.waits {
		return 0, unix.EAGAIN
	}
	if !s.ended {
		k.moved++
	}
	s.ended = true
	if s.end == io.EOF {
		return 0, nil
	}
	return 0, s.end
}

// write is write(2) and sendto(2).
func (k *liar) write(call string, fd int, p []byte) (int, error) {
	o := k.object(call, fd)
	s := o.snk
	if o.shut {
		k.blame("%s after shutdown", call)
	}
	if len(p) == 0 && !o.kind.records() {
		k.blame("%s of nothing", call)
	}
	n := len(p)
	if s.broken == nil {
		switch d := k.lie(); {
		case d >= 1 && d < 40 && o.kind != File:
			return 0, unix.EAGAIN
		case d >= 40 && d < 60:
			return 0, unix.EINTR
		case d >= 60 && d < 120 && n > 0 && !o.kind.records():
			n = 1 + int(k.lie())%n
		case d >= 120 && d < 126:
			s.broken = k.breakage(o, d)
		case d >= 126 && d < 150 && o.kind == Dgram:
			k.moved++
			return 0, unix.ENOBUFS
		case d >= 150 && d < 170 && o.udp:
			k.moved++
			return 0, unix.ECONNREFUSED
		}
	}
	k.moved++
	if s.broken != nil {
		return 0, s.broken
	}
	s.got = append(s.got, p[:n]...)
	s.recs = append(s.recs, append([]byte{}, p[:n]...))
	return n, nil
}

// breakage is how a write fails for good, and what that means for the other direction.
func (k *liar) breakage(o *object, d byte) error {
	switch {
	case o.kind == File:
		return unix.ENOSPC
	case o.kind == Dgram:
		return unix.EMSGSIZE
	case d < 122 || !o.kind.socket():
		o.src.waits = false
		return unix.EPIPE
	case d < 124:
		o.src.cut(unix.ECONNRESET)
		return unix.ECONNRESET
	}
	return unix.ENOBUFS // the connection itself is as it was, and the peer goes on waiting
}

func (k *liar) shutdown(fd, how int) error {
	o := k.object("shutdown", fd)
	if how != unix.SHUT_WR || !o.kind.socket() {
		k.blame("shutdown(%d, %d)", fd, how)
	}
	o.shut, o.src.waits = true, false
	k.moved++
	if o.snk.broken != nil && k.lie()&1 == 1 {
		return unix.ENOTCONN
	}
	return nil
}

func (k *liar) getsockopt(fd, level, opt int, val []byte) (int, error) {
	o := k.object("getsockopt", fd)
	if level == unix.IPPROTO_TCP && opt == unix.TCP_INFO {
		info := (*unix.TCPInfo)(unsafe.Pointer(unsafe.SliceData(val)))
		info.Bytes_acked = uint64(len(o.snk.got))
		return len(val), nil
	}
	if level == unix.IPPROTO_UDP {
		if k.lie() >= 128 {
			return 0, unix.ENOPROTOOPT
		}
		o.cuts = true
		binary.NativeEndian.PutUint32(val, 0)
		return 4, nil
	}
	var e unix.Errno
	if o.gone == nil && k.lie() == 254 {
		o.gone = unix.ECONNRESET
	}
	if o.gone != nil {
		e = o.gone.(unix.Errno)
		o.gone = nil
	}
	binary.NativeEndian.PutUint32(val, uint32(e))
	return 4, nil
}

func (k *liar) ioctl(fd int, req uint, arg *[64]byte) error {
	k.object("ioctl", fd)
	k.moved++
	binary.NativeEndian.PutUint32(arg[:], uint32(k.lie()&1))
	return nil
}

// calls is the kernel as the pump sees it. What the pump has no business calling is nil.
func (k *liar) calls() *sys.Calls {
	return &sys.Calls{
		Read: func(fd int, p []byte) (int, error) {
			if fd == wakeFD {
				return 8, nil
			}
			if q := k.pipeOf(fd); q != nil {
				n := copy(p, q.data)
				q.data = q.data[n:]
				return n, nil
			}
			return k.read("read", fd, p, 0)
		},
		Recvfrom: func(fd int, p []byte, flags int, from *sys.Addr) (int, int, error) {
			if flags&unix.MSG_ERRQUEUE != 0 {
				return 0, 0, unix.EAGAIN
			}
			if flags&unix.MSG_PEEK != 0 {
				n, err := k.peek(fd)
				return n, 0, err
			}
			n, err := k.read("recvmsg", fd, p, flags)
			return n, 0, err
		},
		Write: func(fd int, p []byte) (int, error) {
			if fd == wakeFD {
				k.woken = true
				return 8, nil
			}
			return k.write("write", fd, p)
		},
		Sendto: func(fd int, p []byte, flags int, _ *sys.Addr) (int, error) {
			if flags&unix.MSG_NOSIGNAL == 0 || flags&unix.MSG_DONTWAIT == 0 {
				k.blame("sendto without MSG_NOSIGNAL and MSG_DONTWAIT")
			}
			return k.write("sendto", fd, p)
		},
		Discard:  k.discard,
		Sendmmsg: k.sendmmsg,
		Recvmmsg: k.recvmmsg,
		Setsockopt: func(fd, level, opt int, val []byte) error {
			o := k.object("setsockopt", fd)
			if level != unix.IPPROTO_UDP || opt != unix.UDP_GRO || !o.udp {
				k.blame("setsockopt(%d, %d, %d)", fd, level, opt)
			}
			if k.lie() >= 128 {
				return unix.ENOPROTOOPT
			}
			o.gro = true
			return nil
		},
		Close: func(fd int) error {
			if fd != epollFD && fd != wakeFD && fd < firstPipe {
				k.object("close", fd)
				if _, in := k.set[fd]; in {
					k.blame("close of descriptor %d while it is watched", fd)
				}
			}
			k.dead[fd] = true
			return nil
		},
		Pipe2:        k.pipe2,
		Splice:       k.splice,
		RawSplice:    k.splice,
		Fcntl:        k.fcntl,
		Poll:         k.poll,
		Shutdown:     k.shutdown,
		Getsockopt:   k.getsockopt,
		Ioctl:        k.ioctl,
		EpollCreate1: func(int) (int, error) { return epollFD, nil },
		Eventfd:      func(uint, int) (int, error) { return wakeFD, nil },
		EpollCtl:     k.epollCtl,
		EpollWait:    k.epollWait,
		RawEpollWait: k.epollWait,
		Now:          func() time.Duration { return k.clock },
	}
}
