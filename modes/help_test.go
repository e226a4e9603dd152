package modes

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// TestHelpFits: every page fits a screen of 80 columns by 60 lines, and a heading has an empty line before it.
func TestHelpFits(t *testing.T) {
	pages := map[string]string{"": overview()}
	for _, entry := range commands() {
		pages[entry.name] = entry.make().page()
	}
	for name, page := range pages {
		lines := strings.Split(strings.TrimSuffix(page, "\n"), "\n")
		if len(lines) > 60 {
			t.Errorf("help %s: %d lines", name, len(lines))
		}
		for i, l := range lines {
			if n := utf8.RuneCountInString(l); n > 80 {
				t.Errorf("help %s: %d columns: %s", name, n, l)
			}
			if (l == gConn || l == gTime || l == gOut) && lines[i-1] != "" {
				t.Errorf("help %s: no empty line before %s", name, l)
			}
		}
	}
}
