package main

// The faults_*_test.go files hold cat5 to its first promise: no silent loss. Each test is one kind of fault, made by the
// kernel itself where it can, against the real program in a process of its own: what comes out, the exit status, the
// one sentence on stderr, and the account of bytes are all looked at. faults_proc_test.go runs the program, faults_watch_test.go
// reads along, faults_peer_test.go is the other end, and faults_place_test.go makes places where the kernel is less kind.

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"
)

// hang is how long nothing may happen before a test gives up. No result depends on it.
const hang = 60 * time.Second

// rows are the faults that were made; see summedUp.
var rows struct {
	sync.Mutex
	ran, failed map[string]bool
}

// summedUp runs all tests, removes the program that was built for them, and says in one line how the rows went.
type summedUp struct{ m interface{ Run() int } }

func (s summedUp) Run() int {
	code := s.m.Run()
	if build.dir != "" {
		os.RemoveAll(build.dir)
	}
	if rows.ran != nil && os.Getenv(insideVar) == "" {
		line := fmt.Sprintf("fault rows: %d passed / %d total", len(rows.ran)-len(rows.failed), len(rows.ran))
		var not []string
		for number := range rows.failed {
			not = append(not, number)
		}
		sort.Strings(not)
		if len(not) > 0 {
			line += "; not passed: " + strings.Join(not, " ")
		}
		fmt.Println(line)
	}
	return code
}

// rowOf is the number of a test's row. A row may have several tests.
func rowOf(t *testing.T) string { return strings.TrimPrefix(t.Name(), "TestFault")[:2] }

// row registers a row and lets it run beside others.
func row(t *testing.T) {
	t.Parallel()
	rows.Lock()
	defer rows.Unlock()
	if rows.ran == nil {
		rows.ran, rows.failed = map[string]bool{}, map[string]bool{}
	}
	number := rowOf(t)
	rows.ran[number] = true
	t.Cleanup(func() {
		rows.Lock()
		defer rows.Unlock()
		if t.Failed() || t.Skipped() {
			rows.failed[number] = true
		}
	})
}

// noSuchFault ends a row that cannot be tried here.
func noSuchFault(t *testing.T, why string) {
	t.Helper()
	notTried(t, t.Name()+": "+why)
	rows.Lock()
	rows.failed[rowOf(t)] = true
	rows.Unlock()
	t.SkipNow()
}

var build struct {
	sync.Once
	path string
	dir  string // to remove at the end; "" for none
	err  error
}

// realCat5 builds the program that users run.
func realCat5(t *testing.T) string {
	t.Helper()
	build.Do(func() {
		if build.path = os.Getenv("CAT5_TEST_BINARY"); build.path != "" { // built already, outside a namespace
			return
		}
		if build.dir, build.err = os.MkdirTemp("", "cat5-faults-"); build.err != nil {
			return
		}
		build.path = filepath.Join(build.dir, "cat5")
		cmd := exec.Command("go", "build", "-tags", "urfave_cli_no_docs", "-o", build.path, ".")
		if out, err := cmd.CombinedOutput(); err != nil {
			build.err = fmt.Errorf("%v\n%s", err, out)
		}
	})
	if build.err != nil {
		t.Fatal(build.err)
	}
	return build.path
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestEveryFaultHasARow: the numbers run from 1 to 46 without a gap. A row that is deleted is missed here, and not only in a
// smaller total.
func TestEveryFaultHasARow(t *testing.T) {
	files, err := filepath.Glob("faults_*_test.go")
	must(t, err)
	var text strings.Builder
	for _, f := range files {
		b, err := os.ReadFile(f)
		must(t, err)
		text.Write(b)
	}
	for n := 1; n <= 46; n++ {
		if want := fmt.Sprintf("\nfunc TestFault%02d_", n); !strings.Contains(text.String(), want) {
			t.Errorf("no test of row %d", n)
		}
	}
}
