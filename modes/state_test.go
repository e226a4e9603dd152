package modes

import (
	"net/netip"
	"regexp"
	"testing"

	"cat5/io/diag"
	"cat5/io/sys"
)

// TestWatchTells: each kind of line, among them the socket that no look has seen.
func TestWatchTells(t *testing.T) {
	k := sys.Linux()
	r := &state{k: k, o: newOptions(), s: &stateOptions{kinds: [3]bool{true, true, true}}, t: &talker{k: k, fd: 2, quiet: true}}
	r.want.port, r.want.keep = 80, func(int) bool { return true }
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
