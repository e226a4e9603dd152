package modes

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func testSpecs() []argSpec {
	return []argSpec{
		{Long: "listen", Short: 'l'},
		{Long: "verbose", Short: 'v', Aliases: []string{"chatty"}},
		{Long: "nodelay"},
		{Long: "4", Short: '4'},
		{Long: "source-port", Short: 'p', Arg: needArg},
		{Long: "timeout", Short: 'w', Aliases: []string{"wait"}, Arg: needArg},
		{Long: "quit-after", Short: 'q', Arg: needArg},
		{Long: "sockopt", Arg: needArg},
		{Long: "hexdump", Short: 'x', Arg: optArg},
		{Long: "stats", Arg: optArg},
	}
}

func TestNormalise(t *testing.T) {
	for _, c := range []struct{ in, flags, operands string }{
		{"", "", ""},
		{"host 80", "", "host 80"},
		{"-l host 80", "--listen", "host 80"},
		{"host -l 80 -v", "--listen --verbose", "host 80"},
		{"-4l", "--4 --listen", ""},
		{"--4 -4", "--4 --4", ""},

		// Values of short flags: attached, bundled, the next word.
		{"-p80", "--source-port=80", ""},
		{"-p 80", "--source-port=80", ""},
		{"-lp80", "--listen --source-port=80", ""},
		{"-lp 80 h", "--listen --source-port=80", "h"},
		{"-w3 -w 250ms", "--timeout=3 --timeout=250ms", ""},
		{"-vv -vvv", "--verbose --verbose --verbose --verbose --verbose", ""},
		{"-pl", "--source-port=l", ""},
		{"-p=80", "--source-port==80", ""}, // as getopt(3): everything attached is the value

		// Values may look like anything.
		{"-q -1 h", "--quit-after=-1", "h"},
		{"-q-1", "--quit-after=-1", ""},
		{"-q -l", "--quit-after=-l", ""},
		{"-q --", "--quit-after=--", ""},
		{"-q -", "--quit-after=-", ""},
		{"--quit-after -1", "--quit-after=-1", ""},
		{"--quit-after --listen", "--quit-after=--listen", ""},
		{"--sockopt keepidle=10s", "--sockopt=keepidle=10s", ""},
		{"--sockopt=keepidle=10s", "--sockopt=keepidle=10s", ""},
		{"--sockopt=", "--sockopt=", ""},

		// Long flags, aliases, flags that take no value or may take one.
		{"--listen=true --listen=false", "--listen=true --listen=false", ""},
		{"--chatty --wait 3 --wait=4", "--verbose --timeout=3 --timeout=4", ""},
		{"--hexdump file", "--hexdump", "file"},
		{"--hexdump=file --hexdump=", "--hexdump=file --hexdump=", ""},
		{"-x file", "--hexdump", "file"},
		{"-xl", "--hexdump --listen", ""},
		{"-lxp80", "--listen --hexdump --source-port=80", ""},
		{"--stats=1s h", "--stats=1s", "h"},

		// Operands.
		{"-", "", "-"},
		{"- -l -", "--listen", "- -"},
		{"-l -- -v -- h", "--listen", "-v -- h"},
		{"h -- --no-such", "", "h --no-such"},
		{"--", "", ""},
	} {
		flags, operands, rest, err := normalise(testSpecs(), strings.Fields(c.in))
		operands = append(operands, rest...)
		if err != nil {
			t.Errorf("%q: %v", c.in, err)
			continue
		}
		if !slices.Equal(flags, strings.Fields(c.flags)) || !slices.Equal(operands, strings.Fields(c.operands)) {
			t.Errorf("%q: got %q and %q, want %q and %q", c.in, flags, operands, c.flags, c.operands)
		}
	}
}

func TestNormaliseEmptyWords(t *testing.T) {
	flags, operands, _, err := normalise(testSpecs(), []string{"", "-w", "", "a b", "--sockopt", "x y"})
	if err != nil || !slices.Equal(flags, []string{"--timeout=", "--sockopt=x y"}) || !slices.Equal(operands, []string{"", "a b"}) {
		t.Errorf("got %q and %q, %v", flags, operands, err)
	}
}

func TestNormaliseErrors(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"-q", "option -q needs a value"},
		{"-lq", "option -q needs a value"},
		{"--quit-after", "option --quit-after needs a value"},
		{"--wait", "option --wait needs a value"},
		{"--nodlay", "unknown option --nodlay: did you mean --nodelay?"},
		{"--nodlay=3", "unknown option --nodlay: did you mean --nodelay?"},
		{"--chaty", "unknown option --chaty: did you mean --chatty?"},
		{"--list", "unknown option --list: did you mean --listen?"},
		{"--sorce-prt=80", "unknown option --sorce-prt: did you mean --source-port?"},
		{"--nothing-like-it", "unknown option --nothing-like-it"},
		{"--=x", "unknown option --"},
		{"---", "unknown option ---"},
		{"-Y", "unknown option -Y"},
		{"-lY", "unknown option -Y"},
		{"-é", "unknown option -é"},
		{"-nodelay", "unknown option -n: did you mean --nodelay?"},
		{"-timeout=3", "unknown option -t: did you mean --timeout?"},
		{"-l\x00", "unknown option -\x00"},
		{"-1", "unknown option -1"},
		{"--listen=yes", "option --listen takes no value"},
		{"--listen=", "option --listen takes no value"},
		{"-l=true", "option -l takes no value"},
		{"-x=file", "option -x takes a value only as --hexdump=file"},
		{"h -Y -- x", "unknown option -Y"},
	} {
		flags, operands, rest, err := normalise(testSpecs(), strings.Fields(c.in))
		operands = append(operands, rest...)
		if err == nil {
			t.Errorf("%q: no error but %q and %q", c.in, flags, operands)
			continue
		}
		if _, typed := errors.AsType[argError](err); !typed || err.Error() != c.want {
			t.Errorf("%q: %T: %v, want %s", c.in, err, err, c.want)
		}
	}
}

func TestNearest(t *testing.T) {
	among := []string{"tcp", "udp", "unix", "listen", "echo", "http", "relay", "scan", "wait", "keepalive", "connect-timeout"}
	for name, want := range map[string]string{
		"tcp":              "tcp",
		"tpc":              "tcp",
		"tp":               "tcp",
		"ump":              "udp",
		"foo":              "",
		"x":                "",
		"":                 "",
		"lsiten":           "listen",
		"listne":           "listen",
		"listen-on":        "listen",
		"kepalive":         "keepalive",
		"keep-alive":       "keepalive",
		"conect-tiemout":   "connect-timeout",
		"timeout":          "",
		"completely-other": "",
	} {
		if got := nearest(name, among); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
	if got := nearest("axb", []string{"ab", "axbc"}); got != "ab" {
		t.Errorf("of two equals got %q, want the first", got)
	}
	if got := nearest(strings.Repeat("x", 1<<20), among); got != "" {
		t.Errorf("a word of a megabyte: %q", got)
	}
}

func FuzzNormalise(f *testing.F) {
	for _, s := range []string{
		"-lp80 host", "-w 250ms -vv", "--hexdump=f -x -- -l", "-q -1", "- --", "--nodlay", "-é", "--listen=true", "--=", "a\n\nb",
	} {
		f.Add(strings.ReplaceAll(s, " ", "\n"))
	}
	f.Fuzz(func(t *testing.T, text string) {
		argv := strings.Split(text, "\n") // a word may be empty, and hold anything but a newline
		given := slices.Clone(argv)
		flags, operands, rest, err := normalise(testSpecs(), argv)
		operands = append(operands, rest...)
		if !slices.Equal(argv, given) {
			t.Fatalf("argv was written to: %q, before %q", argv, given)
		}
		if err != nil {
			if flags != nil || operands != nil {
				t.Fatalf("%q: %v, and still %q and %q", argv, err, flags, operands)
			}
			return
		}
		for _, w := range flags {
			name, _, _ := strings.Cut(strings.TrimPrefix(w, "--"), "=")
			if !strings.HasPrefix(w, "--") || !slices.ContainsFunc(testSpecs(), func(s argSpec) bool { return s.Long == name }) {
				t.Fatalf("%q: flags hold %q", argv, w)
			}
		}
		again := slices.Concat(flags, []string{"--"}, operands)
		flags2, operands2, rest2, err := normalise(testSpecs(), again)
		operands2 = append(operands2, rest2...)
		if err != nil || !slices.Equal(flags, flags2) || !slices.Equal(operands, operands2) {
			t.Fatalf("%q: normalised %q, and again %q and %q, %v", argv, again, flags2, operands2, err)
		}
		// Operands are words of argv, in their order.
		left := argv
		for _, w := range operands {
			i := slices.Index(left, w)
			if i < 0 {
				t.Fatalf("%q: invented the operand %q", argv, w)
			}
			left = left[i+1:]
		}
		if !slices.ContainsFunc(argv, func(w string) bool { return len(w) > 1 && w[0] == '-' }) && !slices.Equal(operands, argv) {
			t.Fatalf("%q has no flags, yet the operands are %q", argv, operands)
		}
		after := slices.Concat([]string{"--"}, argv)
		if flags, operands, rest, err := normalise(testSpecs(), after); err != nil || len(flags)+len(operands) != 0 || !slices.Equal(rest, argv) {
			t.Fatalf("%q: got %q and %q, %v", after, flags, operands, err)
		}
	})
}
