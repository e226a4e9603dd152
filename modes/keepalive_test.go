package modes

import (
	"bytes"
	"testing"
	"time"
	"unsafe"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// TestVerdictAfter: what was measured with the kernel (see TestKeepalive... at the top), and Linux's own values.
func TestVerdictAfter(t *testing.T) {
	const s, ms = time.Second, time.Millisecond
	for _, tt := range []struct {
		idle, intvl time.Duration
		cnt         int
		user, want  time.Duration
	}{
		{1 * s, 1 * s, 2, 0, 3 * s},
		{5 * s, 1 * s, 3, 0, 8 * s},
		{7200 * s, 75 * s, 9, 0, 2*time.Hour + 11*time.Minute + 15*s},
		{1 * s, 1 * s, 2, 500 * ms, 2 * s}, // one probe at the least
		{1 * s, 1 * s, 2, 2500 * ms, 3 * s},
		{1 * s, 1 * s, 2, 3000 * ms, 3 * s},
		{1 * s, 1 * s, 2, 10000 * ms, 10 * s}, // and more than the count
		{10 * s, 3 * s, 1, 11 * s, 13 * s},
	} {
		if got := verdictAfter(tt.idle, tt.intvl, tt.cnt, tt.user); got != tt.want {
			t.Errorf("%+v: %v", tt, got)
		}
	}
}

// TestProbesTold: a probe whose answer comes soon is told as answered alone; one that is on its way for longer, and each that
// another has followed, is told as having none.
func TestProbesTold(t *testing.T) {
	const ms = time.Millisecond
	var now time.Duration
	var info unix.TCPInfo
	k := *sys.Linux()
	k.Now = func() time.Duration { return now }
	k.Getsockopt = func(_, _, _ int, b []byte) (int, error) {
		return copy(b, unsafe.Slice((*byte)(unsafe.Pointer(&info)), unsafe.Sizeof(info))), nil
	}
	r := &keepRun{cable: &cable{k: &k}, doc: keepReport{quiet: true}}
	r.kernel = prober{on: 1, idle: time.Second, intvl: time.Second, cnt: 3, verdict: 4 * time.Second, info: &unix.TCPInfo{}}
	for i, step := range []struct {
		at             time.Duration
		probes         uint8
		silent, segs   uint32
		told, answered int
	}{
		{1000 * ms, 1, 1000, 0, 0, 0},
		{1070 * ms, 0, 0, 1, 0, 1}, // an answer, 70 ms late
		{2070 * ms, 1, 1000, 1, 0, 1},
		{2319 * ms, 1, 1249, 1, 0, 1},
		{2320 * ms, 1, 1250, 1, 1, 1}, // a quarter of the interval
		{2400 * ms, 0, 0, 2, 0, 2},
		{3400 * ms, 1, 1000, 2, 0, 2},
		{4400 * ms, 2, 2000, 2, 1, 2},
		{4650 * ms, 2, 2250, 2, 2, 2},
	} {
		now = step.at
		info = unix.TCPInfo{Probes: step.probes, Last_ack_recv: step.silent, Last_data_recv: step.silent, Segs_in: step.segs}
		if err := r.kernel.read(r); err != nil || r.kernel.told != step.told || r.kernel.answered != int64(step.answered) {
			t.Errorf("step %d: %d told, %d answered; want %d and %d; %v", i, r.kernel.told, r.kernel.answered, step.told, step.answered, err)
		}
	}
}

func TestCounter(t *testing.T) {
	const text = "TcpExt: SyncookiesSent OutOfWindowIcmps Last\nTcpExt: 1 23 4\nIpExt: OutOfWindowIcmps\nIpExt: 99\n"
	for _, tt := range []struct {
		text, prefix, name string
		want               int64
	}{
		{text, "TcpExt:", "OutOfWindowIcmps", 23}, {text, "IpExt:", "OutOfWindowIcmps", 99}, {text, "TcpExt:", "Last", 4},
		{text, "TcpExt:", "None", 0}, {text, "Other:", "Last", 0}, {"", "TcpExt:", "Last", 0},
		{"TcpExt: A\n", "TcpExt:", "A", 0}, {"TcpExt: A\nTcpExt: 1 2 3\n", "TcpExt:", "A", 1},
	} {
		if got := counter(tt.text, tt.prefix, tt.name); got != tt.want {
			t.Errorf("%+v: %d", tt, got)
		}
	}
}

// TestPayload: beats differ from each other, and have the size that was asked for.
func TestPayload(t *testing.T) {
	if got := string(appendPayload(nil, 12, 0)); got != "beat 12\n" {
		t.Errorf("%q", got)
	}
	for _, size := range []int{1, 7, 8, 9, 1000} {
		a, b := appendPayload(nil, 1, size), appendPayload([]byte("x")[:0], 2, size)
		if len(a) != size || len(b) != size || size > 1 && bytes.Equal(a, b) {
			t.Errorf("%d: %x %x", size, a, b)
		}
	}
}
