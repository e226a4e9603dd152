package modes

import (
	"net/netip"
	"os"
	"strings"
	"testing"

	"cat5/io/sys"
)

// A line that is said while the progress line is there is said whole.
func TestLineOverProgress(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	tk := &talker{k: sys.Linux(), fd: int(w.Fd()), prefix: "cat5: "}
	wipe := func() { tk.draw("", nil) }
	tk.say(0, "the first line")
	tk.draw("1 of 2", wipe)
	tk.say(0, "the second line")
	w.Close()
	got := make([]byte, 1000)
	n, _ := r.Read(got)
	if want := "cat5: the first line\n\r1 of 2\x1b[K\r\x1b[Kcat5: the second line\n"; string(got[:n]) != want {
		t.Errorf("%q, want %q", got[:n], want)
	}
}

// Of a name's addresses one is scanned, and that is said.
func TestScanTellsOtherAddresses(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	s := &scanRun{t: &talker{k: sys.Linux(), fd: int(w.Fd()), prefix: "cat5: "}}
	for _, host := range []string{"127.0.0.1", "one 127.0.0.1", "two ::1 127.0.0.1 127.0.0.2"} {
		words := strings.Fields(host)
		s.tellHost(words[0], testAddrs(t, words[min(1, len(words)-1):]))
	}
	w.Close()
	got := make([]byte, 1000)
	n, _ := r.Read(got)
	if want := "cat5: two is ::1; not scanned: 127.0.0.1, 127.0.0.2\n"; string(got[:n]) != want {
		t.Errorf("%q, want %q", got[:n], want)
	}
}

func testAddrs(t *testing.T, words []string) (all []sys.Addr) {
	for _, w := range words {
		ip, err := netip.ParseAddr(w)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, sys.Inet(netip.AddrPortFrom(ip, 0), 0))
	}
	return all
}
