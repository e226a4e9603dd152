package pump

import (
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// sendmmsg is sendmmsg(2): it stops at the first message that fails, and what failed is only told when nothing went. A
// message that is to be cut goes whole or not at all.
func (k *liar) sendmmsg(fd int, b *sys.Batch, n int, _ *sys.Addr, flags int) (int, error) {
	if flags&unix.MSG_NOSIGNAL == 0 || flags&unix.MSG_DONTWAIT == 0 {
		k.blame("sendmmsg without MSG_NOSIGNAL and MSG_DONTWAIT")
	}
	if n < 1 || n > sys.MaxBatch {
		k.blame("sendmmsg of %d messages", n)
	}
	o := k.object("sendmmsg", fd)
	for i := range n {
		if err := k.sendOne(fd, o, &b.Msgs[i]); err != nil {
			if i > 0 {
				return i, nil
			}
			return 0, err
		}
	}
	return n, nil
}

func (k *liar) sendOne(fd int, o *object, m *sys.Msg) error {
	if m.Seg == 0 {
		n, err := k.write("sendmmsg", fd, m.P)
		m.N = n
		return err
	}
	if !o.udp || !o.cuts {
		k.blame("a message to be cut, of a kernel that does not do it")
	}
	if m.Seg >= len(m.P) || len(m.P) > MaxUDP4 || (len(m.P)+m.Seg-1)/m.Seg > 64 {
		k.blame("a message of %d bytes to be cut into pieces of %d", len(m.P), m.Seg)
	}
	switch d := k.lie(); {
	case d >= 200 && d < 230: // as when the device's MTU is smaller, or it computes no checksums
		k.moved++
		return []error{unix.EINVAL, unix.EIO, unix.EMSGSIZE}[d%3]
	case d >= 230:
		k.moved++
		return unix.ENOBUFS
	}
	first := m.P[:m.Seg]
	if _, err := k.write("sendmmsg", fd, first); err != nil {
		return err
	}
	for p := m.P[m.Seg:]; len(p) > 0; { // a message is sent as one: what is wrong is wrong of all
		rec := p[:min(m.Seg, len(p))]
		p = p[len(rec):]
		o.snk.got = append(o.snk.got, rec...)
		o.snk.recs = append(o.snk.recs, append([]byte{}, rec...))
	}
	m.N = len(m.P)
	return nil
}

// recvmmsg is recvmmsg(2): an error that comes after some messages is told by the next call. With UDP_GRO on, datagrams of
// one size may come in one.
func (k *liar) recvmmsg(fd int, b *sys.Batch, n, flags int) (int, error) {
	if flags&unix.MSG_DONTWAIT == 0 || flags&unix.MSG_TRUNC == 0 {
		k.blame("recvmmsg without MSG_DONTWAIT and MSG_TRUNC")
	}
	o := k.object("recvmmsg", fd)
	for i := range n {
		m := &b.Msgs[i]
		m.Seg, m.Flags, m.From = 0, 0, sys.Addr{}
		size, err := k.read("recvmmsg", fd, m.P, flags)
		if err != nil {
			if i > 0 {
				if err != unix.EAGAIN && err != unix.EINTR {
					o.next = err
				}
				return i, nil
			}
			return 0, err
		}
		m.N = size
		for o.gro && size > 0 && len(o.src.recs) > 0 && k.lie() < 200 {
			rec := o.src.recs[0]
			if len(rec) == 0 || len(rec) > size || m.N+len(rec) > slotUDP || m.N >= 60*size {
				break
			}
			m.Seg = size
			m.N += copy(m.P[m.N:], rec)
			o.src.recs, o.src.trecs = o.src.recs[1:], append(o.src.trecs, rec)
			if len(rec) < size {
				break
			}
		}
		if o.kind != Dgram && size == 0 {
			return i + 1, nil
		}
	}
	return n, nil
}

// discard is recv(2) with MSG_TRUNC and no buffer. What nobody copies is noted as what the sink would have got, when that is
// /dev/null.
func (k *liar) discard(fd, n int) (int, error) {
	if n < 1 {
		k.blame("a discard of %d bytes", n)
	}
	if k.refuses {
		return 0, unix.EFAULT
	}
	p := make([]byte, n)
	n, err := k.read("recv", fd, p, unix.MSG_TRUNC|unix.MSG_DONTWAIT)
	if err == nil && k.void != nil {
		k.void.snk.got = append(k.void.snk.got, p[:n]...)
	}
	return n, err
}
