package modes

import (
	"strings"
	"testing"
)

// TestWords: every command says what its operands are, and every value that is offered is one that its flag takes.
func TestWords(t *testing.T) {
	for _, e := range commands() {
		c := e.make()
		if len(wordsOf(c).at) == 0 {
			t.Errorf("%s: wordOperands does not say what its operands are", c.name)
		}
		for _, r := range c.rows() {
			for _, w := range flagWords(c.name, r) {
				if strings.HasPrefix(w, "<") || strings.HasSuffix(w, ":") || strings.HasSuffix(w, "/") {
					continue // looked up by the shell, or only the beginning of a value
				}
				if r.name == "engine" || r.name == "kind" {
					continue // looked at later: see below
				}
				if err := r.set(newOptions(), w); err != nil {
					t.Errorf("%s --%s offers %q: %v", c.name, r.name, w, err)
				}
			}
		}
	}
	kind := flagRow{name: "kind", arg: "KIND"}
	for _, w := range flagWords("sockopt", &kind) {
		if _, err := parseKind(w); err != nil {
			t.Error(err)
		}
	}
	for name, flag := range map[string]string{"eof": "half", "unlink": "leave", "proxy": "http1.0://", "sockopt": wordSetting, "engine": "pool", "tos": "ef"} {
		r := flagRow{name: name}
		if words := flagWords("echo", &r); !strings.Contains(" "+strings.Join(words, " ")+" ", " "+flag+" ") {
			t.Errorf("--%s does not offer %s: %q", name, flag, words)
		}
	}
	for _, f := range ncWordFlags() {
		if f.doc == "" {
			t.Errorf("nc -%c has no words", f.short)
		}
	}
}
