package sys

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

func TestLookPath(t *testing.T) {
	dir := t.TempDir()
	for name, mode := range map[string]os.FileMode{"a/run": 0o755, "b/run": 0o644, "b/only": 0o644, "c/run": 0o755} {
		must := func(err error) {
			if err != nil {
				t.Fatal(err)
			}
		}
		must(os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o755))
		must(os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"), mode))
	}
	t.Chdir(dir)
	k := Linux()
	// For root every file with one x bit can be run, and none without.
	for _, tt := range []struct {
		name, path, want string
		err              error
	}{
		{"run", "a:b:c", "a/run", nil},
		{"run", "b:c:a", "c/run", nil}, // one that cannot be run does not hide the next
		{"run", "nowhere:c", "c/run", nil},
		{"only", "a:b:c", "", unix.EACCES},
		{"none", "a:b:c", "", unix.ENOENT},
		{"a", ":nowhere", "", unix.EACCES}, // "" is here; a folder cannot be run
		{"", "a", "", unix.ENOENT},
		{"./a/run", "", "./a/run", nil},
		{"a/run", "c", "a/run", nil},
		{"a/none", "c", "a/none", unix.ENOENT},
		{"b/run", "a", "b/run", unix.EACCES},
		{"run", "", "", unix.ENOENT},
	} {
		if got, err := LookPath(k, tt.name, tt.path); got != tt.want || err != tt.err {
			t.Errorf("%q in %q: %q, %v; not %q, %v", tt.name, tt.path, got, err, tt.want, tt.err)
		}
	}
}
