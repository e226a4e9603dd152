package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// Row 38: only time that cannot jump is used, and a machine that has been up for longer than 49.7 days, where 32 bits of
// milliseconds wrap, is like any other. A time namespace has such a clock.
func TestFault38_longUptime(t *testing.T) {
	row(t)
	ln := tcpListener(t)
	began := time.Now()
	p := start(t, how{sh: `exec unshare -T --monotonic=8640000 -f -- "$0" "$@"`}, "tcp", "--json", "--idle-timeout=0.3", "--stats=0.1", ln.Addr().String())
	if line := p.err.waitAny(t, "unshare", `"ev":"try"`); strings.Contains(line, "unshare") {
		noSuchFault(t, "no time namespaces here: "+line)
	}
	accept(t, ln)
	r := p.accounts(28, 0, 0, 0)
	most := float64(time.Since(began) / time.Microsecond)
	for _, l := range r.lines {
		if us := parseEvent(t, l)["us"].(float64); us < 0 || us > most {
			t.Errorf("the time is %.0f us of %.0f: %s", us, most, l)
		}
	}
	if us := r.events(t, "exit")[0]["us"].(float64); us < 300_000 || len(r.events(t, "stats")) < 2 {
		t.Errorf("it ended after %.0f us:\n%s", us, r.err)
	}
}

// Where the time of day is asked for at all, it is only to be shown.
func TestFault38_noTimeOfDay(t *testing.T) {
	row(t)
	var where []string
	for _, dir := range []string{"io", "modes", "sockopt", "main.go"} {
		must(t, filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			b, err := os.ReadFile(path)
			for _, asks := range []string{"time.Now", "time.Since", "time.Until", "CLOCK_REALTIME"} {
				for range strings.Count(string(b), asks) {
					where = append(where, path+" "+asks)
				}
			}
			return err
		}))
	}
	allowed := []string{
		"io/sys/linux.go time.Now", "io/sys/linux.go time.Since", // clock: the runtime's monotonic reading of both
		"io/web/date.go time.Now",   // a date whose century is not said (RFC 9110, section 5.6.7)
		"modes/run.go time.Now",     // the stamp of JSON events
		"modes/signals.go time.Now", // how long ago the last signal came: Sub takes the monotonic readings (package time)
	}
	if !slices.Equal(where, allowed) {
		t.Errorf("the time of day is asked for in %q", where)
	}
}
