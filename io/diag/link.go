package diag

import (
	"errors"
	"net/netip"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// Link is a netlink socket to the kernel's sock_diag. Close frees it. It is for one thread.
type Link struct {
	k   *sys.Calls
	fd  int
	seq uint32
	buf []byte
}

// All is a set of states with every state in it; a set is 1<<State each.
const All = ^uint32(0)

// tries is how often a dump is begun anew when the table changed under it.
const tries = 5

// ErrNoTable says that this kernel has no sock_diag for that kind of socket (CONFIG_INET_DIAG and so on, or its module).
var ErrNoTable = errors.New("this kernel has no table of such sockets (sock_diag)")

// Open makes the socket.
func Open(k *sys.Calls) (*Link, error) {
	fd, err := k.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return nil, sys.Wrap("socket", "NETLINK_SOCK_DIAG", err)
	}
	return &Link{k: k, fd: fd, buf: make([]byte, 64<<10)}, nil
}

// Close closes the socket.
func (l *Link) Close() { sys.Close(l.k, l.fd) }

// Dump reads the sockets of one kind that are in one of the states; with details, Info, Cong and Memory too. changed says
// that sockets came or went while the kernel made the list, each of several times: some may be missing.
func (l *Link) Dump(p Proto, states uint32, details bool) (all []Socket, changed bool, err error) {
	for range tries {
		all, changed = nil, false
		families := []int{unix.AF_INET, unix.AF_INET6}
		if p == Unix {
			families = families[:1]
		}
		for _, family := range families {
			body := unixRequest(states, details)
			if p != Unix {
				body = inetRequest(family, p, states, details, netip.AddrPort{}, netip.AddrPort{})
			}
			more, torn, err := l.ask(p, unix.NLM_F_DUMP, body)
			if err != nil {
				return nil, false, err
			}
			all, changed = append(all, more...), changed || torn
		}
		if !changed {
			break
		}
	}
	return all, changed, nil
}

// Find looks for one TCP socket by both of its addresses; nil when there is none. A listener is not what is looked for,
// though the kernel would answer with it.
func (l *Link) Find(local, peer netip.AddrPort) (*Socket, error) {
	family := unix.AF_INET
	if local.Addr().Is6() {
		family = unix.AF_INET6
	}
	all, _, err := l.ask(TCP, 0, inetRequest(family, TCP, All, true, local, peer))
	if errors.Is(err, unix.ENOENT) || errors.Is(err, ErrNoTable) {
		return nil, nil
	}
	if err != nil || len(all) == 0 || all[0].State == Listen {
		return nil, err
	}
	return &all[0], nil
}

// ask sends a request and collects the answers. torn is NLM_F_DUMP_INTR: the table changed meanwhile.
func (l *Link) ask(p Proto, flags uint16, body []byte) (all []Socket, torn bool, err error) {
	l.seq++
	if _, err := sys.Sendto(l.k, l.fd, request(flags, l.seq, body), 0, nil); err != nil {
		return nil, false, sys.Wrap("send", "NETLINK_SOCK_DIAG", err)
	}
	for {
		b, err := l.receive()
		if err != nil {
			return nil, false, err
		}
		for len(b) > 0 {
			var m message
			if m, b, err = next(b); err != nil {
				return nil, false, err
			}
			if m.seq != l.seq { // of a request that was given up
				continue
			}
			torn = torn || m.flags&unix.NLM_F_DUMP_INTR != 0
			switch m.typ {
			case unix.NLMSG_DONE, unix.NLMSG_ERROR:
				err := m.errno()
				if err == unix.ENOENT && flags&unix.NLM_F_DUMP != 0 || err == unix.EOPNOTSUPP || err == unix.EPROTONOSUPPORT {
					err = ErrNoTable
				}
				return all, torn, sys.Wrap("sock_diag", p.String(), err)
			case unix.SOCK_DIAG_BY_FAMILY:
				s, err := parse(m.body, p)
				if err != nil {
					return nil, false, err
				}
				if all = append(all, s); flags&unix.NLM_F_DUMP == 0 {
					return all, torn, nil
				}
			}
		}
	}
}

func parse(b []byte, p Proto) (Socket, error) {
	if p == Unix {
		return parseUnix(b)
	}
	return parseInet(b, p)
}

// receive takes one datagram from the kernel. MSG_TRUNC tells its true length (recv(2)), so that none is cut unnoticed.
func (l *Link) receive() ([]byte, error) {
	n, _, err := sys.Recvfrom(l.k, l.fd, l.buf, unix.MSG_PEEK|unix.MSG_TRUNC, nil)
	if err != nil {
		return nil, sys.Wrap("recv", "NETLINK_SOCK_DIAG", err)
	}
	if n > len(l.buf) {
		l.buf = make([]byte, n)
	}
	if n, _, err = sys.Recvfrom(l.k, l.fd, l.buf, 0, nil); err != nil {
		return nil, sys.Wrap("recv", "NETLINK_SOCK_DIAG", err)
	}
	return l.buf[:n], nil
}
