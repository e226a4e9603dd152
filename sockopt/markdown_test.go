package sockopt

import (
	"bytes"
	"flag"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "write docs/sockopt.md anew")

// TestMarkdown holds docs/sockopt.md and the table equal.
func TestMarkdown(t *testing.T) {
	const path = "../docs/sockopt.md"
	if *update {
		if err := os.WriteFile(path, Markdown(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, Markdown()) {
		t.Error("docs/sockopt.md is not what the table says: go test ./sockopt -run Markdown -update")
	}
}
