package modes

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var updatePairs = flag.Bool("update-nc", false, "write testdata/nc anew")

// TestNCPairs: testdata/nc/DIALECT has a line for each pair, "argv of nc -> argv of cat5" or "-> ! why not".
func TestNCPairs(t *testing.T) {
	services := func(network, name string) (uint16, bool) {
		port, ok := map[string]uint16{"http": 80, "ssh": 22, "ftp-data": 20, "domain": 53}[name]
		return port, ok
	}
	n := 0
	for _, dialect := range []string{"openbsd", "traditional", "ncat"} {
		d, err := ncDialectOf(dialect, "")
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join("..", "testdata", "nc", dialect)
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		out := ""
		for line := range strings.Lines(string(text)) {
			line = strings.TrimSuffix(line, "\n")
			argv, want, _ := strings.Cut(line, " -> ")
			if argv == "" || argv[0] == '#' {
				out += line + "\n"
				continue
			}
			n++
			words, _ := strings.CutPrefix(argv, "nc")
			args, err := ncTranslate(d, pairWords(words), services)
			got := ncLine(args)
			var r *ncRefusal
			if errors.As(err, &r) {
				got = strings.TrimSpace("! " + r.text)
				if r.usage {
					got += " (usage)"
				}
			}
			out += argv + " -> " + got + "\n"
			if got != want && !*updatePairs {
				t.Errorf("%s: %s\nbecame %s\nwant   %s", dialect, argv, got, want)
			}
			if err == nil { // and cat5 takes it
				if err := parsePair(args); err != nil {
					t.Errorf("%s: %s -> %s: %v", dialect, argv, got, err)
				}
			}
		}
		if *updatePairs {
			os.WriteFile(file, []byte(out), 0o666)
		}
	}
	t.Logf("%d pairs", n)
}

func parsePair(args []string) error {
	o := newOptions()
	rows := findCommand(args[0]).rows()
	flags, _, _, err := normalise(specs(rows), args[1:])
	if err != nil {
		return err
	}
	return setFlags(o, rows, flags)
}

// pairWords splits at blanks; words in single quotes stay whole.
func pairWords(s string) (words []string) {
	for s = strings.TrimLeft(s, " "); s != ""; s = strings.TrimLeft(s, " ") {
		if s[0] == '\'' {
			end := strings.IndexByte(s[1:], '\'') + 1
			words = append(words, s[1:end])
			s = s[end+1:]
			continue
		}
		word, rest, _ := strings.Cut(s, " ")
		words, s = append(words, word), rest
	}
	return words
}

// FuzzNC: no argv makes the translation panic, and what it gives cat5's own flags understand or refuse.
func FuzzNC(f *testing.F) {
	for _, s := range []string{"-zv h 1-3", "-lk 80", "-lU x", "-uU -s a b", "-w 1.5 -q-1 h 1 2 3", "-x[::1]:80 -Xconnect -Pme h 1", "-T 0x -M 0 h 1", "-lk --broker --allow=::1,h 1", "--pr h:1 --proxy-t socks4 h 1"} {
		f.Add(s, byte(0))
		f.Add(s, byte(2))
	}
	f.Fuzz(func(t *testing.T, line string, which byte) {
		d, _ := ncDialectOf([]string{"openbsd", "traditional", "ncat"}[which%3], "")
		args, err := ncTranslate(d, strings.Fields(line), func(string, string) (uint16, bool) { return 0, false })
		if err == nil {
			parsePair(args)
		}
	})
}
