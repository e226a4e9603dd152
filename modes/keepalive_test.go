package modes

import (
	"bytes"
	"testing"
	"time"
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
