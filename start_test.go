package main

import (
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// startAllocs is how many allocations the packages' initialisation may make, together, on the way to any command. All of
// them are the Go library's and urfave/cli's: our own packages have nothing to initialise but the size of the stack.
const startAllocs = 200

// TestStart looks at what the runtime does before main (GODEBUG=inittrace=1): every package that it initialises is time and
// memory that each run pays for, whatever the command.
func TestStart(t *testing.T) {
	cmd := exec.Command(realCat5(t), "version")
	cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	out, err := cmd.CombinedOutput()
	must(t, err)
	total, packages, stack := 0, 0, -1
	for _, m := range regexp.MustCompile(`(?m)^init (\S+) @.*?, (\d+) allocs$`).FindAllStringSubmatch(string(out), -1) {
		n, _ := strconv.Atoi(m[2])
		total += n
		packages++
		if m[1] == "cat5/io/stack" { // what is initialised before it grows the stack by doubling
			stack = packages
			if n != 0 {
				t.Errorf("%s makes %d allocations", m[1], n)
			}
			continue
		}
		if m[1] == "main" || strings.HasPrefix(m[1], "cat5/") {
			t.Errorf("%s has package variables that are made at start, with %d allocations: static data, or a function", m[1], n)
		}
	}
	t.Logf("%d packages are initialised, with %d allocations", packages, total)
	if stack < 0 || stack > 8 {
		t.Errorf("cat5/io/stack is number %d of all that is initialised: too late for what it is there for\n%s", stack, out)
	}
	if packages == 0 || total > startAllocs {
		t.Errorf("%d packages, %d allocations; at most %d were stated\n%s", packages, total, startAllocs, out)
	}
}
