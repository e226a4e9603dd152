package modes

import (
	"testing"

	"cat5/io/pump"

	"golang.org/x/sys/unix"
)

// TestSendError: what is said of bytes that were sent before a connection broke is what is known of them.
func TestSendError(t *testing.T) {
	for _, tt := range []struct {
		kind   pump.Kind
		proto  pump.Proto
		out    int64
		unsent int64
		want   string
	}{
		{pump.Stream, pump.TCP, 2048, 0, "send peer: connection reset by peer after 2 KiB, all acknowledged; not all of the input was read"},
		{pump.Stream, pump.TCP, 2048, 7, "send peer: connection reset by peer (7 bytes not delivered)"},
		{pump.Stream, pump.Other, 2048, 0, "send peer: broken pipe after 2 KiB, read by the peer or not"},
		{pump.Stream, pump.Other, 2048, 7, "send peer: broken pipe after 2 KiB, read by the peer or not (7 bytes not delivered)"},
		{pump.Dgram, pump.UDP, 2048, 7, "send peer: broken pipe (7 bytes not delivered)"},
	} {
		out := &pump.Lane{Dst: pump.Port{Kind: tt.kind, Proto: tt.proto}, Out: tt.out, Err: unix.EPIPE, Side: pump.AtDst}
		if got := (&cable{}).sendError(&link{name: "peer"}, out, tt.unsent).Error(); got != tt.want {
			t.Errorf("%v, %v, %d sent, %d not: %q, want %q", tt.kind, tt.proto, tt.out, tt.unsent, got, tt.want)
		}
	}
}
