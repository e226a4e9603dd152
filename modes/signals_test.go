package modes

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// timeout(1) sends its signal twice, a moment apart, and means it once; a person who presses ^C again means it twice.
func TestSignalEcho(t *testing.T) {
	began := time.Now()
	var e signalEcho
	for i, s := range []struct {
		sig  unix.Signal
		at   time.Duration
		echo bool
	}{
		{unix.SIGTERM, 0, false}, {unix.SIGTERM, 20 * time.Microsecond, true}, {unix.SIGTERM, echoTime - 1, true},
		{unix.SIGTERM, echoTime, false},                                            // the time counts from the first
		{unix.SIGINT, echoTime + 1, false},                                         // another signal
		{unix.SIGTERM, echoTime + 2, false},                                        // and another
		{unix.SIGUSR1, 3 * echoTime, false}, {unix.SIGUSR1, 3*echoTime + 1, false}, // a question, as often as it is asked
	} {
		if got := e.is(s.sig, began.Add(s.at)); got != s.echo {
			t.Errorf("%d: %v after %v: %v", i, s.sig, s.at, got)
		}
	}
}
