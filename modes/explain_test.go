package modes

import (
	"io"
	"os"
	"strings"
	"testing"

	"cat5/io/sys"
)

// TestExplainOff: without --explain the kernel stays the very same pointer, and nothing is allocated.
func TestExplainOff(t *testing.T) {
	k := sys.Linux()
	e := &Env{K: k, Explain: func(*sys.Calls, bool, bool, func(int, int) (string, string, string), func(sys.Told)) (*sys.Calls, func()) {
		t.Error("the narrator was called")
		return nil, nil
	}}
	o := newOptions()
	if n := testing.AllocsPerRun(100, func() { e.explain(o)() }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if e.K != k {
		t.Error("the kernel was swapped")
	}
}

// TestExplainEverywhere: every command has the flag.
func TestExplainEverywhere(t *testing.T) {
	for _, entry := range commands() {
		found := false
		for _, r := range entry.make().rows() {
			found = found || r.name == "explain"
		}
		if !found {
			t.Errorf("cat5 %s has no --explain", entry.name)
		}
	}
}

// TestToldLines: what the kernel says of a socket is one line, however long its numbers are: who looks for it finds all of it.
func TestToldLines(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	line := "11: CLOSE -> ESTABLISHED (MSS 32741, path MTU 65535, window 65483, RTT 110234 us)"
	(&talker{k: sys.Linux(), fd: int(w.Fd())}).told(sys.Told{Event: "state", Line: line, Note: "the handshake is over."})
	w.Close()
	if got, _ := io.ReadAll(r); string(got) != "  "+line+"\n    the handshake is over.\n" {
		t.Errorf("%q", got)
	}
}

func TestParagraph(t *testing.T) {
	long := strings.Repeat("word ", 30)
	for text, want := range map[string]string{
		"":                             "",
		"a b":                          "  a b\n",
		"a\n b":                        "  a b\n",
		long:                           "  " + strings.TrimSpace(strings.Repeat("word ", 15)) + "\n    " + strings.TrimSpace(strings.Repeat("word ", 15)) + "\n",
		"x" + strings.Repeat("y", 100): "  x" + strings.Repeat("y", 100) + "\n",
	} {
		if got := string((&talker{}).paragraph(nil, "", "  ", text)); got != want {
			t.Errorf("%q becomes %q, not %q", text, got, want)
		}
	}
}
