package modes

import (
	"testing"

	"cat5/io/sys"
)

// words is a command line as people type it, flags behind operands and all.
var words = []string{"127.0.0.1", "8000", "-v", "--connect-timeout=2s", "--eof", "half", "--sockopt", "nodelay=1"}

// argv does with words what main does, and stops where the command would begin.
func argv(tb testing.TB) {
	e := &Env{K: sys.Linux(), Args: append([]string{"tcp"}, words...)}
	cmd := findCommand("tcp")
	cmd.run = func(_ *Env, o *options, operands []string) error {
		if len(operands) != 2 || o.verbose != 1 {
			tb.Fatalf("%v, verbose %d", operands, o.verbose)
		}
		return nil
	}
	if err := e.start(cmd); err != nil {
		tb.Fatal(err)
	}
}

func BenchmarkArgv(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		argv(b)
	}
}

func BenchmarkHelp(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		for _, c := range commands() {
			if c.make().page() == "" {
				b.Fatal(c.name)
			}
		}
	}
}

// argvAllocs is how many allocations a command line like words may cost, most of them the flag library's: 192, and some 40 of
// the race detector's.
const argvAllocs = 240

func TestArgvAllocs(t *testing.T) {
	n := testing.AllocsPerRun(100, func() { argv(t) })
	t.Logf("%.0f allocations", n)
	if n > argvAllocs {
		t.Errorf("%.0f allocations for %q; at most %d were stated", n, words, argvAllocs)
	}
}
