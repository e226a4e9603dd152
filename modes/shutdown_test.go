package modes

import (
	"strings"
	"testing"
	"time"

	"cat5/io/sock"
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// TestInferPackets: what must have passed, from what the kernel said before and after.
func TestInferPackets(t *testing.T) {
	open := func(state string, sent, acked, received uint64) look {
		return look{state: state, info: &unix.TCPInfo{Bytes_sent: sent, Bytes_acked: acked, Bytes_received: received}}
	}
	only := func(state string) look { return look{state: state} }
	none := look{}
	for _, c := range []struct {
		name       string
		wasA, wasB look
		isA, isB   look
		who        int
		want       string // "from label" of each, with commas
		whys       int    // how many different witnesses
	}{
		{"the handshake", none, none, only("ESTABLISHED"), only("ESTABLISHED"), 0, "0 SYN, 1 SYN/ACK, 0 ACK", 1},
		{"elsewhere", none, none, only("ESTABLISHED"), none, 0, "0 SYN, 1 SYN/ACK, 0 ACK", 1},
		{"nothing", open("ESTABLISHED", 0, 1, 0), open("ESTABLISHED", 0, 0, 0), open("ESTABLISHED", 0, 1, 0), open("ESTABLISHED", 0, 0, 0), 0, "", 0},
		{"data", open("ESTABLISHED", 0, 1, 0), open("ESTABLISHED", 0, 0, 0), open("ESTABLISHED", 6, 7, 0), open("ESTABLISHED", 0, 0, 6), 0, "0 data, 6 bytes; 1 ACK", 2},
		{"data, no ACK yet", open("ESTABLISHED", 0, 1, 0), none, open("ESTABLISHED", 6, 1, 0), none, 0, "0 data, 6 bytes", 1},
		{"one byte back", only("FIN_WAIT2"), open("CLOSE_WAIT", 0, 0, 7), only("FIN_WAIT2"), open("CLOSE_WAIT", 1, 1, 7), 1, "1 data, 1 byte; 0 ACK", 2},
		{"FIN and its ACK", only("ESTABLISHED"), only("ESTABLISHED"), only("FIN_WAIT2"), only("CLOSE_WAIT"), 0, "0 FIN, 1 ACK", 2},
		{"FIN, no ACK yet", only("ESTABLISHED"), only("ESTABLISHED"), only("FIN_WAIT1"), only("ESTABLISHED"), 0, "0 FIN", 1},
		{"the other FIN", only("FIN_WAIT2"), only("CLOSE_WAIT"), only("TIME_WAIT"), only("gone"), 1, "1 FIN, 0 ACK", 2},
		{"RST of close", only("ESTABLISHED"), only("ESTABLISHED"), only("gone"), only("CLOSE"), 0, "0 RST", 1},
		{"RST of close elsewhere", look{state: "ESTABLISHED", aborts: true}, none, only("gone"), none, 0, "0 RST", 1},
		{"RST of close after their FIN", look{state: "CLOSE_WAIT", aborts: true}, none, only("gone"), none, 0, "0 RST", 1},
		{"FIN of close after their FIN", only("CLOSE_WAIT"), none, only("gone"), none, 0, "0 FIN, 1 ACK", 2},
		{"elsewhere FIN and a RST for it", only("ESTABLISHED"), none, only("gone"), none, 0, "0 FIN, 1 RST", 2},
		{"second FIN, acknowledged", open("CLOSE_WAIT", 6, 7, 1), none, open("CLOSE", 6, 8, 1), none, 0, "0 FIN, 1 ACK", 1},
		{"second FIN, and a RST for it", open("CLOSE_WAIT", 6, 7, 1), none, open("CLOSE", 6, 7, 1), none, 0, "1 RST", 1},
		{"FIN and a RST for it", open("ESTABLISHED", 6, 7, 0), none, look{state: "CLOSE", info: &unix.TCPInfo{Bytes_sent: 6, Bytes_acked: 7, Segs_out: 1}}, none, 0, "0 FIN, 1 RST", 2},
		{"FIN, its ACK and a RST", open("ESTABLISHED", 6, 7, 0), none, open("CLOSE", 6, 8, 0), none, 0, "0 FIN, 1 ACK, 1 RST", 2},
		{"RST for data", only("gone"), open("CLOSE_WAIT", 0, 0, 7), only("gone"), open("CLOSE", 5, 0, 7), 1, "1 data, 5 bytes; 0 RST", 2},
		{"closing what is closed", only("gone"), only("CLOSE"), only("gone"), only("gone"), 1, "", 0},
		{"elsewhere data and FIN", open("FIN_WAIT2", 6, 7, 0), none, open("TIME_WAIT", 6, 7, 6), none, 0, "1 data, 5 bytes; 1 FIN", 2},
		{"elsewhere FIN alone", open("ESTABLISHED", 6, 7, 0), none, open("CLOSE_WAIT", 6, 7, 1), none, 0, "1 FIN", 1},
		{"elsewhere RST", only("FIN_WAIT2"), none, only("CLOSE"), none, 0, "1 RST", 1},
	} {
		var got []string
		whys := map[string]bool{}
		for _, p := range inferPackets([2]look{c.wasA, c.wasB}, [2]look{c.isA, c.isB}, c.who) {
			got = append(got, itoa(p.from)+" "+p.label)
			whys[p.why] = true
		}
		sep := ", "
		if strings.Contains(c.want, ";") || strings.Contains(c.want, "data") {
			sep = "; "
		}
		if s := strings.Join(got, sep); s != c.want || len(whys) != c.whys || whys[""] {
			t.Errorf("%s: %q by %v, not %q by %d", c.name, s, whys, c.want, c.whys)
		}
	}
}

// TestShutdownPatience: where the loopback is down nobody answers, and connect(2) would wait for minutes.
func TestShutdownPatience(t *testing.T) {
	k, clock := *sys.Linux(), time.Duration(0)
	k.Connect = func(int, sys.Addr) error { return unix.EINPROGRESS }
	k.Now = func() time.Duration { return clock }
	k.Poll = func(_ []unix.PollFd, msec int) (int, error) {
		clock += time.Duration(msec) * time.Millisecond
		return 0, nil
	}
	r := &shutRun{k: &k}
	if err := r.connect(-1, sys.Addr{}); err != sock.ErrTimeout || clock != shutPatience {
		t.Errorf("%v after %v", err, clock)
	}
}
