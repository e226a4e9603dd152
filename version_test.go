package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestVersionHasTheCommit builds cat5 as README.md says, in a checkout, and asks it which one it is.
func TestVersionHasTheCommit(t *testing.T) {
	if testing.Short() {
		return
	}
	if _, err := os.Stat(".git"); err != nil {
		t.Skip("no checkout, no commit")
	}
	env := append(os.Environ(), "CGO_ENABLED=0", "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*") // whoever owns it
	git := exec.Command("git", "rev-parse", "HEAD")
	git.Env = env
	head, err := git.Output()
	if err != nil {
		notTried(t, "the commit in the version (git: "+err.Error()+")")
		return
	}
	binary := filepath.Join(t.TempDir(), "cat5")
	build := exec.Command("go", "build", "-buildvcs=true", "-trimpath", "-tags", "urfave_cli_no_docs", "-ldflags", "-s -w", "-o", binary, ".")
	build.Env = env
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	out, err := exec.Command(binary, "version").Output()
	if err != nil {
		t.Fatal(err)
	}
	if want := `^cat5 (v\S+ )?` + strings.TrimSpace(string(head))[:12] + `(\+dirty)? \d{4}-\d\d-\d\d go1\.`; !regexp.MustCompile(want).Match(out) {
		t.Errorf("%s is not like %s", out, want)
	}
}
