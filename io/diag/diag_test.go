package diag

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"os"
	"slices"
	"testing"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// TestKernel finds a listener, both ends of a connection and their owner, us, in the real table.
func TestKernel(t *testing.T) {
	k := sys.Linux()
	lfd, local := listen(t, k)
	cfd, err := k.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	must(t, err)
	defer k.Close(cfd)
	must(t, k.Connect(cfd, local))
	sfd, peer, err := k.Accept4(lfd, unix.SOCK_CLOEXEC)
	must(t, err)
	defer k.Close(sfd)
	if _, err := k.Write(cfd, []byte("hello")); err != nil {
		t.Fatal(err)
	}

	l, err := Open(k)
	must(t, err)
	defer l.Close()
	all, _, err := l.Dump(TCP, All, true)
	must(t, err)
	var states []string
	inodes := map[uint32]bool{}
	for _, s := range all {
		if s.Local.Port() == local.AddrPort().Port() || s.Peer.Port() == local.AddrPort().Port() {
			states = append(states, s.State.String())
			inodes[s.Inode] = true
			if s.State == Established && (s.Info == nil || s.Info.Snd_mss == 0 || s.Cong == "" || !s.HasMem) {
				t.Errorf("no details: %+v", s)
			}
		}
	}
	slices.Sort(states)
	if want := []string{"ESTABLISHED", "ESTABLISHED", "LISTEN"}; !slices.Equal(states, want) {
		t.Errorf("states %v, not %v", states, want)
	}
	owners, _, err := Owners(k, inodes)
	must(t, err)
	for inode := range inodes {
		if o := owners[inode]; len(o) != 1 || o[0].PID != os.Getpid() || o[0].Name == "?" {
			t.Errorf("inode %d belongs to %+v, not to us", inode, o)
		}
	}

	one, err := l.Find(local.AddrPort(), peer.AddrPort())
	must(t, err)
	if one == nil || one.RecvQ != 5 || one.Info.Bytes_received != 5 {
		t.Errorf("the server's end is %+v", one)
	}
	if none, err := l.Find(netip.MustParseAddrPort("127.0.0.1:1"), netip.MustParseAddrPort("127.0.0.1:2")); none != nil || err != nil {
		t.Errorf("found %+v, %v where nothing is", none, err)
	}
	if none, err := l.Find(local.AddrPort(), netip.MustParseAddrPort("127.0.0.1:2")); none != nil || err != nil {
		t.Errorf("found the listener, %+v, %v", none, err)
	}
}

// TestEnds: the kernel tells of a socket that is freed.
func TestEnds(t *testing.T) {
	k := sys.Linux()
	e, err := HearEnds(k)
	if err != nil {
		if os.Geteuid() == 0 {
			t.Fatal(err)
		}
		t.Skip("only root hears of ends: ", err)
	}
	defer e.Close()
	lfd, err := k.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	must(t, err)
	must(t, k.Bind(lfd, sys.Inet(netip.MustParseAddrPort("127.0.0.1:0"), 0)))
	must(t, k.Listen(lfd, 1))
	local, err := k.Getsockname(lfd)
	must(t, err)
	k.Close(lfd)
	for {
		fds := []unix.PollFd{{Fd: int32(e.FD()), Events: unix.POLLIN}}
		if n, err := k.Poll(fds, 20_000); err != unix.EINTR && n == 0 {
			t.Fatal("nothing is heard of it")
		}
		all, _, err := e.Take()
		must(t, err)
		if slices.ContainsFunc(all, func(s Ended) bool { return s.Proto == TCP && s.Local == local.AddrPort() }) {
			return
		}
	}
}

func listen(t *testing.T, k *sys.Calls) (int, sys.Addr) {
	fd, err := k.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	must(t, err)
	t.Cleanup(func() { k.Close(fd) })
	must(t, k.Bind(fd, sys.Inet(netip.MustParseAddrPort("127.0.0.1:0"), 0)))
	must(t, k.Listen(fd, 5))
	a, err := k.Getsockname(fd)
	must(t, err)
	return fd, a
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// fakeKernel answers each request with the next of these lists of messages.
func fakeKernel(answers ...[][]byte) *sys.Calls {
	k := sys.Linux()
	asked, seq := -1, uint32(0)
	var queue [][]byte
	k.Socket = func(int, int, int) (int, error) { return 99, nil }
	k.Close = func(int) error { return nil }
	k.Sendto = func(_ int, p []byte, _ int, _ *sys.Addr) (int, error) {
		asked++
		seq = binary.NativeEndian.Uint32(p[8:])
		queue = append(queue, answers[min(asked, len(answers)-1)]...)
		return len(p), nil
	}
	k.Recvfrom = func(_ int, p []byte, flags int, _ *sys.Addr) (int, int, error) {
		b := slices.Clone(queue[0])
		for at := b; len(at) >= 16; at = at[min(len(at), int(binary.NativeEndian.Uint32(at))):] {
			if binary.NativeEndian.Uint32(at[8:]) == 0 {
				binary.NativeEndian.PutUint32(at[8:], seq)
			}
		}
		if flags&unix.MSG_PEEK == 0 {
			queue = queue[1:]
		}
		copy(p, b)
		return len(b), 0, nil
	}
	return k
}

func wire(typ, flags uint16, body []byte) []byte {
	b := request(flags, 0, body)
	binary.NativeEndian.PutUint16(b[4:], typ)
	return b
}

func code(e unix.Errno) []byte {
	b := make([]byte, 20)
	binary.NativeEndian.PutUint32(b, uint32(-int32(e)))
	return b
}

func inetMsg() []byte {
	b := make([]byte, inetMsgLen)
	b[0], b[1] = unix.AF_INET, byte(Listen)
	return b
}

// TestAnswers: everything the kernel may answer with, from a kernel that does.
func TestAnswers(t *testing.T) {
	one, done := wire(unix.SOCK_DIAG_BY_FAMILY, 0, inetMsg()), wire(unix.NLMSG_DONE, 0, code(0))
	torn := wire(unix.SOCK_DIAG_BY_FAMILY, unix.NLM_F_DUMP_INTR, inetMsg())
	large := wire(unix.SOCK_DIAG_BY_FAMILY, 0, append(inetMsg(), make([]byte, 200<<10)...))
	stale := slices.Clone(one)
	binary.NativeEndian.PutUint32(stale[8:], 7777)
	for _, c := range []struct {
		name    string
		answers [][][]byte // for IPv4, IPv6, and again
		n       int
		changed bool
		err     error
	}{
		{"two and two", [][][]byte{{one, one, done}}, 4, false, nil},
		{"several in a datagram", [][][]byte{{append(slices.Clone(one), one...), done}}, 4, false, nil},
		{"larger than the buffer", [][][]byte{{large, done}}, 2, false, nil},
		{"of an earlier request", [][][]byte{{stale, one, done}}, 2, false, nil},
		{"changed once", [][][]byte{{torn, done}, {one, done}, {one, done}, {one, done}}, 2, false, nil},
		{"changed each time", [][][]byte{{torn, done}}, 2, true, nil},
		{"no such table", [][][]byte{{wire(unix.NLMSG_ERROR, 0, code(unix.ENOENT))}}, 0, false, ErrNoTable},
		{"refused", [][][]byte{{wire(unix.NLMSG_ERROR, 0, code(unix.EPERM))}}, 0, false, unix.EPERM},
		{"an error at the end", [][][]byte{{one, wire(unix.NLMSG_DONE, 0, code(unix.ENOMEM))}}, 0, false, unix.ENOMEM},
		{"cut", [][][]byte{{one[:20]}}, 0, false, errShort},
		{"a short body", [][][]byte{{wire(unix.SOCK_DIAG_BY_FAMILY, 0, inetMsg()[:30])}}, 0, false, errShort},
		{"an error without a number", [][][]byte{{wire(unix.NLMSG_ERROR, 0, nil)}}, 0, false, errShort},
		{"nothing", [][][]byte{{{}, done}}, 0, false, nil},
	} {
		l, err := Open(fakeKernel(c.answers...))
		must(t, err)
		all, changed, err := l.Dump(TCP, All, false)
		if len(all) != c.n || changed != c.changed || !errors.Is(err, c.err) {
			t.Errorf("%s: %d sockets, changed %v, error %v", c.name, len(all), changed, err)
		}
	}
}

// TestChanges: what two looks tell.
func TestChanges(t *testing.T) {
	at := func(cookie uint64, s State) Socket { return Socket{Cookie: cookie, State: s} }
	before := []Socket{at(1, Listen), at(2, Established), at(3, TimeWait)}
	after := []Socket{at(1, Listen), at(2, CloseWait), at(4, SynSent)}
	got := ""
	for _, c := range Changes(before, after) {
		for _, s := range []*Socket{c.Was, c.Is} {
			if s == nil {
				got += "- "
			} else {
				got += s.State.String() + " "
			}
		}
	}
	if want := "- SYN_SENT ESTABLISHED CLOSE_WAIT TIME_WAIT - "; got != want {
		t.Errorf("got %q, not %q", got, want)
	}
}

// FuzzMessages: whatever comes, nothing panics, and nothing goes on for ever.
func FuzzMessages(f *testing.F) {
	attr := []byte{8, 0, attrShutdown, 0, 3, 0, 0, 0}
	f.Add(wire(unix.SOCK_DIAG_BY_FAMILY, 0, append(inetMsg(), attr...)))
	f.Add(wire(unix.SOCK_DIAG_BY_FAMILY, 0, append(inetMsg(), append([]byte{104, 0, attrInfo, 0}, make([]byte, 100)...)...)))
	f.Add(wire(unix.SOCK_DIAG_BY_FAMILY, 0, append(make([]byte, unixMsgLen), 8, 0, unixName, 0, 0, 'a', 'b', 0)))
	f.Add(wire(unix.NLMSG_DONE, 0, code(0)))
	f.Add(append(make([]byte, 16), 24, 0, 4, '1', '2', 0, 0, 0))
	f.Fuzz(func(t *testing.T, b []byte) {
		for rest := b; len(rest) > 0; {
			m, more, err := next(rest)
			if err != nil {
				break
			}
			if len(more) >= len(rest) {
				t.Fatal("no progress")
			}
			rest = more
			m.errno()
			for _, p := range []Proto{TCP, UDP, Unix} {
				if s, err := parse(m.body, p); err == nil {
					_ = s.StateName() + s.Local.String() + s.Peer.String()
				}
			}
			parseEnded(m)
		}
		parseInet(b, TCP)
		parseUnix(b)
		for _, n := range direntNumbers(b) {
			if n < 0 {
				t.Fatal("a negative number")
			}
		}
		socketInode(string(b))
	})
}

// TestNames: what /proc says.
func TestNames(t *testing.T) {
	for s, want := range map[string]uint32{"socket:[12]": 12, "socket:[4294967295]": 4294967295} {
		if n, ok := socketInode(s); !ok || n != want {
			t.Errorf("%s is %d, %v", s, n, ok)
		}
	}
	for _, s := range []string{"", "socket:[", "socket:[]", "socket:[1", "socket:[4294967296]", "pipe:[1]", "socket:[-1]", "/x"} {
		if _, ok := socketInode(s); ok {
			t.Errorf("%q passes for a socket", s)
		}
	}
}
