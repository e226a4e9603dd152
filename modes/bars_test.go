package modes

import (
	"strings"
	"testing"
	"time"

	"cat5/io/hist"
)

// TestBars: every value is in a bar, a single one is seen beside a thousand, and values close together are told apart.
func TestBars(t *testing.T) {
	var h hist.Hist
	for range 1000 {
		h.Add(30 * time.Microsecond)
	}
	h.Add(3 * time.Millisecond)
	const full = "########################################"
	want := "  <=     50 us  " + full + "  1000\n"
	got := bars(&h)
	if !strings.HasPrefix(got, want) || !strings.HasSuffix(got, "  <=      5 ms  #"+strings.Repeat(" ", 39)+"  1\n") || strings.Count(got, "\n") != 7 {
		t.Errorf("\n%s", got)
	}
	var near hist.Hist
	for i := range 80 {
		near.Add(time.Millisecond + 10*time.Duration(i)*time.Microsecond)
	}
	if got := bars(&near); strings.Count(got, "\n") != 8 || strings.Contains(got, "  0\n") {
		t.Errorf("\n%s", got)
	}
	seen := map[string]bool{}
	for line := range strings.Lines(bars(&near)) {
		if label := line[:strings.Index(line, "#")]; seen[label] {
			t.Errorf("%q twice", label)
		} else {
			seen[label] = true
		}
	}
	var one hist.Hist
	one.Add(0)
	if got := bars(&one); got != "  <=       0 s  "+full+"  1\n" {
		t.Errorf("\n%s", got)
	}
	var far hist.Hist
	far.Add(1)
	far.Add(1<<63 - 1)
	if got := bars(&far); strings.Count(got, "#") != 80 {
		t.Errorf("\n%s", got)
	}
}
