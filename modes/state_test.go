package modes

import (
	"net/netip"
	"regexp"
	"strings"
	"testing"

	"cat5/io/diag"
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// TestWatchTells: each kind of line, among them the socket that no look has seen.
func TestWatchTells(t *testing.T) {
	k := sys.Linux()
	r := &state{k: k, o: newOptions(), s: &stateOptions{kinds: [3]bool{true, true, true}}, t: &talker{k: k, fd: 2, quiet: true}}
	r.want.port = 80
	w := &stateWatch{state: r, whose: map[diag.ID]string{}}
	at := func(cookie uint64, port string, s diag.State) diag.Socket {
		return diag.Socket{Cookie: cookie, State: s, Local: netip.MustParseAddrPort("127.0.0.1:" + port), Peer: netip.MustParseAddrPort("127.0.0.1:80")}
	}
	listener := at(1, "80", diag.Listen)
	listener.Peer = netip.MustParseAddrPort("0.0.0.0:0")
	brief, other := at(3, "1002", diag.Close), at(4, "1003", diag.Close)
	brief.Info, other.Peer = &diag.Info{}, netip.MustParseAddrPort("127.0.0.1:81")
	brief.Info.Bytes_sent = 5
	for _, look := range []struct {
		now   []diag.Socket
		ended []diag.Ended
		want  string
	}{
		{[]diag.Socket{listener}, nil, `^ +\d+\.\d{3}  tcp  127.0.0.1:80 +\* +LISTEN\n$`},
		{[]diag.Socket{listener}, nil, `^$`},
		{[]diag.Socket{listener, at(2, "1001", diag.Established)}, nil, `^.* 127.0.0.1:1001 +127.0.0.1:80 +new: ESTABLISHED\n$`},
		{[]diag.Socket{listener, at(2, "1001", diag.TimeWait)}, []diag.Ended{brief, other},
			`^.*1001.* ESTABLISHED -> TIME_WAIT\n.*:1002 .* came and went  \(sent 5 B, received 0 B\)\n$`},
		{nil, nil, `^.*LISTEN -> gone\n.*1001.* TIME_WAIT -> gone\n$`},
	} {
		w.ended = look.ended
		if got := w.tell(look.now); !regexp.MustCompile(look.want).MatchString(got) {
			t.Errorf("got\n%s\nwhich is not\n%s", got, look.want)
		}
		w.seen = look.now
	}
}

// TestTimers: what runs for a socket, and how long still.
func TestTimers(t *testing.T) {
	for _, c := range []struct {
		s    diag.Socket
		want string
	}{
		{diag.Socket{}, "-"},
		{diag.Socket{Timer: diag.Waiting, State: diag.TimeWait, Left: 58_300_000_000}, "time-wait:58.3s"},
		{diag.Socket{Timer: diag.Waiting, State: diag.FinWait2, Left: 600_000_000}, "fin-wait:600ms"},
		{diag.Socket{Timer: diag.Retransmit, State: diag.SynSent, Left: 1_600_000_000, Tries: 3}, "retransmit:1.6s,tries=3"},
		{diag.Socket{Timer: diag.KeepAlive, State: diag.Established, Left: 7_200_000_000_000, Inode: 1}, "keepalive:2h00m00s"},
		{diag.Socket{Timer: diag.KeepAlive, State: diag.FinWait2, Left: 1_000_000_000}, "fin-wait:1s"},
		{diag.Socket{Timer: diag.ZeroWindow, State: diag.Established, Left: 204_000_000}, "zero-window:204ms"},
	} {
		if got := timerWords(&c.s); got != c.want {
			t.Errorf("%+v is %q, not %q", c.s, got, c.want)
		}
	}
}

// TestLastHeard: before the SYN is answered nothing has been heard, and the kernel's counters say how long its clock runs.
func TestLastHeard(t *testing.T) {
	i := &diag.Info{}
	i.Last_data_recv, i.Last_ack_recv = 30_376_820, 30_376_820
	if got := windowWords(&diag.Socket{State: diag.SynSent}, i); !strings.HasSuffix(got, ", nothing heard yet") {
		t.Errorf("SYN_SENT: %q", got)
	}
	i.Last_ack_recv = 2100
	if got := windowWords(&diag.Socket{State: diag.Established}, i); !strings.HasSuffix(got, ", last heard 2.1 s ago") {
		t.Errorf("ESTABLISHED: %q", got)
	}
}

// TestSpeaks: which sockets are there for which family, and for which address. A listener of IPv6 on every address answers
// IPv4 too, unless it was told not to.
func TestSpeaks(t *testing.T) {
	socket := func(local string) diag.Socket {
		s := diag.Socket{Family: unix.AF_INET, State: diag.Listen, Local: netip.MustParseAddrPort(local), Peer: netip.AddrPortFrom(netip.IPv4Unspecified(), 0)}
		if s.Local.Addr().Is6() {
			s.Family, s.Peer = unix.AF_INET6, netip.AddrPortFrom(netip.IPv6Unspecified(), 0)
		}
		return s
	}
	only := socket("[::]:80")
	only.V6Only = true
	mapped := socket("[::ffff:127.0.0.1]:80")
	mapped.Peer, mapped.State = netip.MustParseAddrPort("[::ffff:127.0.0.1]:1001"), diag.Established
	for _, c := range []struct {
		s                   diag.Socket
		four, six, at4, at6 bool // with -4, with -6, at 127.0.0.1:80, at [::1]:80
	}{
		{socket("0.0.0.0:80"), true, false, true, false},
		{socket("127.0.0.1:80"), true, false, true, false},
		{socket("[::]:80"), true, true, true, true},
		{only, false, true, false, true},
		{socket("[::1]:80"), false, true, false, true},
		{mapped, true, false, true, false},
	} {
		for _, w := range []struct {
			target
			want bool
		}{
			{target{family: unix.AF_INET}, c.four},
			{target{family: unix.AF_INET6}, c.six},
			{target{port: 80, addrs: []netip.Addr{netip.MustParseAddr("127.0.0.1")}}, c.at4},
			{target{port: 80, addrs: []netip.Addr{netip.IPv6Loopback()}}, c.at6},
		} {
			if got := w.wants(&c.s); got != w.want {
				t.Errorf("%v, only IPv6 %v, for family %d at %v: %v", c.s.Local, c.s.V6Only, w.family, w.addrs, got)
			}
		}
	}
}

// TestAimsAtZone: an interface may be called by its name or its number, which is what the kernel's table has; without one, every
// interface is meant.
func TestAimsAtZone(t *testing.T) {
	s := diag.Socket{Family: unix.AF_INET6, Local: netip.MustParseAddrPort("[fe80::5%1]:80"), Peer: netip.MustParseAddrPort("[::]:0")}
	for _, c := range []struct {
		words string
		want  bool
	}{
		{"fe80::5%lo", true}, {"[fe80::5%lo]", true}, {"[fe80::5%lo]:80", true}, {"fe80::5%lo 80", true}, {"fe80::5%1", true}, {"fe80::5", true},
		{"[fe80::5]:80", true}, {"fe80::5%2", false}, {"fe80::6", false}, {"[fe80::5%lo]:81", false},
	} {
		r := &state{e: &Env{K: sys.Linux()}, k: sys.Linux(), o: newOptions(), s: &stateOptions{}}
		if err := r.aim(strings.Fields(c.words)); err != nil {
			t.Errorf("%s: %v", c.words, err)
		} else if got := r.want.wants(&s); got != c.want {
			t.Errorf("%s: %v", c.words, got)
		}
	}
}
