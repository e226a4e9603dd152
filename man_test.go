package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"cat5/modes"
)

// TestFilesOfMan holds docs/man and the tables equal.
func TestFilesOfMan(t *testing.T) {
	sameFile(t, "docs/man/cat5.1", modes.ManPage(""))
	files := []string{"docs/man/cat5.1"}
	for _, name := range modes.ManPages() {
		path := "docs/man/cat5-" + name + ".1"
		files = append(files, path)
		sameFile(t, path, modes.ManPage(name))
	}
	there, err := filepath.Glob("docs/man/*")
	if err != nil || len(there) != len(files) {
		t.Errorf("docs/man has %d files, and there are %d pages: %v", len(there), len(files), err)
	}
}

// TestManLint: mandoc has nothing to say about the pages, not even about their style, but that a machine without manual
// pages lacks those that they name.
func TestManLint(t *testing.T) {
	mandoc, err := exec.LookPath("mandoc")
	if err != nil {
		notTried(t, "the manual pages' form (no mandoc)")
		return
	}
	files, err := filepath.Glob("docs/man/*.1")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d pages: %v", len(files), err)
	}
	cmd := exec.Command(mandoc, "-Tlint", "-Wall")
	cmd.Dir = "docs/man" // where it looks for those that they name
	for _, f := range files {
		cmd.Args = append(cmd.Args, filepath.Base(f))
	}
	out, _ := cmd.Output() // its exit code says that there was something
	for line := range strings.Lines(string(out)) {
		if _, page, missing := strings.Cut(line, "referenced manual not found: Xr "); missing && !strings.HasPrefix(page, "cat5") {
			continue
		}
		t.Error(strings.TrimSpace(line))
	}
}

// TestManHasEveryFlag: what the help of a command names, its page explains.
func TestManHasEveryFlag(t *testing.T) {
	for _, name := range modes.ManPages() {
		help, err := exec.Command("cat5", "help", name).Output()
		if err != nil {
			t.Fatal(err)
		}
		page, err := os.ReadFile("docs/man/cat5-" + name + ".1")
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range scriptFlags(string(help)) {
			if name != "nc" && !strings.Contains(string(page), "Fl "+strings.ReplaceAll(f[0][1:], "-", `\-`)) {
				t.Errorf("cat5-%s(1) does not have %s", name, f[0])
			}
		}
	}
}
