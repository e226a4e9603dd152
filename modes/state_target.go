package modes

import (
	"net/netip"
	"slices"
	"strings"

	"cat5/io/diag"
	"cat5/io/sock"
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// target is which sockets are wanted.
type target struct {
	text   string       // as typed; "" for every socket
	port   uint16       // 0: any
	addrs  []netip.Addr // none: any
	path   string       // of a unix socket, as diag.Socket.Name has it
	file   unix.Stat_t  // and the file at that path, when there is one
	family int          // unix.AF_INET, AF_INET6; 0: any
}

// aim reads the operands, and settles which kinds of sockets are meant.
func (r *state) aim(words []string) error {
	w := &r.want
	w.family = r.o.family
	w.text = sys.SafeName(strings.Join(words, " "))
	kinds := &r.s.kinds
	inet, local := kinds[diag.TCP] || kinds[diag.UDP], kinds[diag.Unix]
	switch {
	case len(words) == 0:
		if !inet && !local {
			*kinds = [3]bool{true, true, true}
		}
		return nil
	case len(words) == 1 && (strings.HasPrefix(words[0], "@") || strings.Contains(words[0], "/") || local && !inet):
		if inet {
			return usageError(quoted(words[0]) + " is the name of a unix socket: --tcp and --udp have none")
		}
		kinds[diag.Unix] = true
		return r.aimUnix(words[0])
	case local:
		return usageError("--unix: a unix socket has a PATH or an @NAME, no address and port")
	case !inet:
		kinds[diag.TCP], kinds[diag.UDP] = true, true
	}
	return r.aimInet(words)
}

func (r *state) aimUnix(word string) error {
	if word == "" || word == "@" {
		return usageError("one PATH or @NAME is needed")
	}
	r.want.path = word
	if word[0] != '@' {
		r.k.Fstatat(unix.AT_FDCWD, word, &r.want.file, 0) // a file that is not there leaves the name
	}
	return nil
}

// aimInet reads PORT, :PORT, ADDRESS, HOST:PORT or HOST PORT. A word alone may be a service or a host.
func (r *state) aimInet(words []string) error {
	w := &r.want
	res := sock.Resolver{Network: "tcp", Family: r.o.family, Numeric: r.o.numeric}
	if len(words) == 1 {
		word := words[0]
		if strings.HasPrefix(word, "[") && strings.HasSuffix(word, "]") {
			word = word[1 : len(word)-1]
		}
		if ip, err := netip.ParseAddr(word); err == nil {
			if ip.Zone() != "" { // the kernel's table has the interface by number
				found, err := res.Resolve(r.e.context(), sock.HostPort{Host: word, Port: "0"})
				if err != nil {
					return err
				}
				ip = found[0].AddrPort().Addr()
			}
			w.addrs = []netip.Addr{ip}
			return r.checkFamily(ip)
		}
	}
	at, err := sock.ParseHostPort(words, true)
	if err != nil {
		return usageError(err.Error())
	}
	bare := len(words) == 1 && !strings.Contains(words[0], ":") && strings.Trim(words[0], "0123456789") != ""
	found, err := res.Resolve(r.e.context(), at)
	if err != nil && bare {
		if found, err = res.Resolve(r.e.context(), sock.HostPort{Host: words[0], Port: "0"}); err != nil {
			return usageError(quoted(words[0]) + " is neither a port, a service, an address nor the name of a host")
		}
		at = sock.HostPort{Host: words[0]}
	}
	if err != nil {
		return err
	}
	for _, a := range found {
		ap := a.AddrPort()
		w.port = ap.Port()
		if at.Host != "" {
			w.addrs = append(w.addrs, ap.Addr())
		}
	}
	if w.port == 0 && at.Port != "" {
		return usageError("port 0 is no socket's: the kernel chooses another for who asks for it")
	}
	return nil
}

func (r *state) checkFamily(ip netip.Addr) error {
	if r.o.family == unix.AF_INET && !ip.Is4() || r.o.family == unix.AF_INET6 && !ip.Is6() {
		return usageError(ip.String() + " is not of the family that -4 or -6 asks for")
	}
	return nil
}

// pick keeps the sockets that are wanted.
func (w *target) pick(all []diag.Socket) []diag.Socket {
	if w.path != "" {
		return w.pickUnix(all)
	}
	return slices.DeleteFunc(all, func(s diag.Socket) bool { return !w.wants(&s) })
}

func (w *target) wants(s *diag.Socket) bool {
	if w.family != 0 && !speaks(s, w.family) {
		return false
	}
	if w.port == 0 && len(w.addrs) == 0 {
		return true
	}
	return w.isEnd(s, s.Local, s.Peer.Port() == 0) || w.isEnd(s, s.Peer, false)
}

// speaks says whether a socket has to do with a family. One of IPv6 takes IPv4 as well while it is bound to every address
// (unless IPV6_V6ONLY is set), and is IPv4's when it has an address mapped from there: "IPv4 connections can be handled with
// the v6 API by using the v4-mapped-on-v6 address type" (ipv6(7)).
func speaks(s *diag.Socket, family int) bool {
	switch local := s.Local.Addr(); {
	case s.Family != unix.AF_INET6:
		return s.Family == family
	case local.Is4In6():
		return family == unix.AF_INET
	case local.IsUnspecified() && !s.V6Only:
		return true
	}
	return family == unix.AF_INET6
}

// isEnd says whether this is an end that is asked for. A socket that listens on every address also listens on the one
// that is asked for with its port. An address without a zone is meant on every interface.
func (w *target) isEnd(s *diag.Socket, a netip.AddrPort, listens bool) bool {
	if a.Port() == 0 || w.port != 0 && a.Port() != w.port {
		return false
	}
	return len(w.addrs) == 0 || slices.ContainsFunc(w.addrs, func(want netip.Addr) bool {
		family := unix.AF_INET6
		if want = want.Unmap(); want.Is4() {
			family = unix.AF_INET
		}
		if is := a.Addr().Unmap(); is == want || want.Zone() == "" && is.WithZone("") == want {
			return true
		}
		return w.port != 0 && listens && a.Addr().IsUnspecified() && speaks(s, family)
	})
}

// pickUnix keeps those of the name, and those at the other end, which need none.
func (w *target) pickUnix(all []diag.Socket) []diag.Socket {
	named := map[uint32]bool{}
	for i := range all {
		if s := &all[i]; s.Name == w.path || s.IsFile(&w.file) {
			named[s.Inode] = true
		}
	}
	return slices.DeleteFunc(all, func(s diag.Socket) bool { return !named[s.Inode] && (s.PeerInode == 0 || !named[s.PeerInode]) })
}
