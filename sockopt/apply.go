package sockopt

import (
	"bytes"
	"strconv"
	"strings"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// Applied is a setting that the kernel took, and what it made of it.
type Applied struct {
	Setting
	Got   Value // what reads back, in the unit of the option's Kind
	Known bool  // Got was read; some options cannot be, or not yet
	Same  bool  // Got is what was asked for
}

// String is the outcome in a line: "nodelay: yes", "rcvbuf: asked 65536, kernel made it 131072". A key is not shown.
func (a Applied) String() string {
	if !a.Known || a.Same {
		return a.Option.Name + ": " + a.Value.String()
	}
	return a.Option.Name + ": asked " + a.Value.String() + ", kernel made it " + a.Got.String()
}

// AppendJSON appends the outcome as a JSON object: name, asked, and got where it could be read.
func (a Applied) AppendJSON(dst []byte) []byte {
	dst = appendString(append(dst, `{"name":`...), a.Option.Name)
	dst = a.Value.AppendJSON(append(dst, `,"asked":`...))
	if a.Known {
		dst = a.Got.AppendJSON(append(dst, `,"got":`...))
	}
	return append(dst, '}')
}

// Apply sets those settings that are due at this moment, in the order given, and reads each back. It stops at the first
// that the kernel refuses, with a *sys.Error that names setsockopt and the setting: "setsockopt rcvbuf=64k (SO_RCVBUF):
// permission denied"; what went before is set and returned. When all is empty it makes no call.
func Apply(k *sys.Calls, fd int, at When, all []Setting) ([]Applied, error) {
	var done []Applied
	kind := On(0) // asked for once, and only when a row needs it
	for _, s := range all {
		o := s.Option
		if o.RO { // Parse makes no such setting
			continue
		}
		due := o.When == at
		if at == Accepted {
			due = o.When == Connected
			if !due && o.Again != 0 {
				if kind == 0 {
					kind = kindOf(k, fd)
				}
				due = o.Again&kind != 0
			}
		}
		if !due {
			continue
		}
		a, err := set(k, fd, s)
		if err != nil {
			return done, sys.Wrap("setsockopt", s.shown()+" ("+o.C+")", err)
		}
		done = append(done, a)
	}
	return done, nil
}

// set sets one setting and reads it back.
func set(k *sys.Calls, fd int, s Setting) (Applied, error) {
	o := s.Option
	a := Applied{Setting: s}
	sent, err := encode(k, fd, s.Value)
	if err != nil {
		return a, err
	}
	if err := k.Setsockopt(fd, o.Level, o.Opt, sent); err != nil {
		return a, err
	}
	if o.WO {
		return a, nil
	}
	got, err := get(k, fd, o)
	if err != nil { // the option is set; that it cannot be read (ipv6_mtu before the connection) is no failure
		return a, nil
	}
	a.Got, a.Known = decode(k, fd, o, got), true
	switch o.Kind {
	case Text:
		a.Same = a.Got.s == s.Value.s
	case Iface4: // sent as struct ip_mreqn, read as the struct in_addr at its offset 4
		a.Same = len(got) >= 4 && bytes.Equal(got[:4], sent[4:8])
	case Iface, IfaceBE, Opaque:
		a.Same = bytes.Equal(got, sent)
	default:
		a.Same = a.Got.n == s.Value.n || a.Got.String() == s.Value.String()
	}
	return a, nil
}

// Read reads an option. The error is a *sys.Error: "getsockopt mtu (IP_MTU): transport endpoint is not connected"; for
// rows that can only be set it is ENOPROTOOPT, without a call.
func Read(k *sys.Calls, fd int, o *Option) (Value, error) {
	if o.WO {
		return Value{}, sys.Wrap("getsockopt", o.Name+" ("+o.C+")", unix.ENOPROTOOPT)
	}
	b, err := get(k, fd, o)
	if err != nil {
		return Value{}, sys.Wrap("getsockopt", o.Name+" ("+o.C+")", err)
	}
	if o.Kind == Pidfd {
		return pidOf(k, o, int(decode(k, fd, o, b).n))
	}
	return decode(k, fd, o, b), nil
}

func get(k *sys.Calls, fd int, o *Option) ([]byte, error) {
	b := make([]byte, o.room())
	n, err := k.Getsockopt(fd, o.Level, o.Opt, b)
	if err != nil {
		return nil, err
	}
	return b[:min(max(n, 0), len(b))], nil
}

// pidOf closes a pidfd and says which process it was: the line "Pid:" of its fdinfo, proc_pid_fdinfo(5), which is -1
// when the process has gone.
func pidOf(k *sys.Calls, o *Option, pidfd int) (Value, error) {
	defer sys.Close(k, pidfd)
	path := "/proc/self/fdinfo/" + strconv.Itoa(pidfd)
	f, err := sys.Open(k, path, unix.O_RDONLY, 0)
	if err != nil {
		return Value{}, sys.Wrap("open", path, err)
	}
	defer sys.Close(k, f)
	b := make([]byte, 1024)
	n, err := sys.Read(k, f, b)
	if err != nil {
		return Value{}, sys.Wrap("read", path, err)
	}
	v := Value{o: o, n: -1}
	for line := range strings.Lines(string(b[:n])) {
		if pid, ok := strings.CutPrefix(line, "Pid:"); ok {
			v.n, _ = strconv.ParseInt(strings.TrimSpace(pid), 10, 64)
		}
	}
	return v, nil
}

// KindOf is the kind of socket that socket(2) makes of a domain and a type (without flags), 0 for one that cat5 has none of.
func KindOf(domain, typ int) On {
	switch {
	case domain == unix.AF_INET && typ == unix.SOCK_STREAM:
		return TCP4
	case domain == unix.AF_INET6 && typ == unix.SOCK_STREAM:
		return TCP6
	case domain == unix.AF_INET && typ == unix.SOCK_DGRAM:
		return UDP4
	case domain == unix.AF_INET6 && typ == unix.SOCK_DGRAM:
		return UDP6
	case domain == unix.AF_UNIX && typ == unix.SOCK_STREAM:
		return UnixStream
	case domain == unix.AF_UNIX && typ == unix.SOCK_DGRAM:
		return UnixDgram
	case domain == unix.AF_UNIX && typ == unix.SOCK_SEQPACKET:
		return UnixSeqpacket
	}
	return 0
}

// kindOf asks a socket what it is, 0 when it does not say.
func kindOf(k *sys.Calls, fd int) On {
	domain, err1 := sys.GetInt(k, fd, unix.SOL_SOCKET, unix.SO_DOMAIN)
	typ, err2 := sys.GetInt(k, fd, unix.SOL_SOCKET, unix.SO_TYPE)
	if err1 != nil || err2 != nil {
		return 0
	}
	return KindOf(domain, typ)
}
