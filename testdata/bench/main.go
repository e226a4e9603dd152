// Command bench measures cat5 beside its peers and beside what the kernel can do (c/limit.c), and writes what it found into
// docs/performance.md. See run.sh, which prepares a machine for it.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"sort"
	"strings"
	"syscall"
	"time"
)

var (
	rounds = flag.Int("rounds", 5, "rounds of each table; the cases of a round run one after the other, each round beginning with the next")
	size   = flag.Int64("size", 1<<30, "bytes of a transfer")
	only   = flag.String("only", "", "tables to make, by the beginning of their names, separated by commas; all")
	docs   = flag.Bool("docs", false, "write the tables and pictures into docs")
)

// A table is one thing measured with several tools.
type table struct {
	name, title string
	unit        string // of the value; more is better unless less
	less        bool
	ref         string // the peer that the ratio is taken against, in each round
	limit       string // and the kernel's limit, in C; may be empty
	aim         string // from the plan: what was hoped for
	cases       []*result
}

// A result is one tool's values, a value a round.
type result struct {
	name   string
	run    func() (value, cpu float64, err error)
	values []float64
	cpus   []float64
	note   string // of the last run
	err    error
}

// dir holds what is built and transferred; shm is the same in memory.
var dir, shm string

func main() {
	flag.Parse()
	var err error
	if dir, err = os.MkdirTemp("", "cat5-bench-"); err != nil {
		fatal(err)
	}
	if shm, err = os.MkdirTemp("/dev/shm", "cat5-bench-"); err != nil {
		fatal(err)
	}
	sigs := make(chan os.Signal, 1)
	signal.Notify(sigs, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-sigs
		leave(130)
	}()
	if err := measure(); err != nil {
		fatal(err)
	}
	leave(0)
}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, "bench:", err)
	leave(1)
}

// leave ends the program, and leaves nothing behind: shm has gigabytes of memory.
func leave(code int) {
	for _, f := range stop {
		f()
	}
	os.RemoveAll(dir)
	if shm != "" {
		os.RemoveAll(shm)
	}
	os.Exit(code)
}

func measure() error {
	if err := build(); err != nil {
		return err
	}
	var bytes []*table
	defer func() {
		if *docs && wanted("stream-") { // that is: all of them
			recordCPU(bytes)
		}
	}()
	for _, t := range tables() {
		if !wanted(t.name) {
			continue
		}
		t.measure()
		if strings.HasPrefix(t.name, "stream-") {
			bytes = append(bytes, t)
		}
		text := t.text()
		fmt.Println(text)
		if *docs {
			if err := t.record(text); err != nil {
				return err
			}
		}
	}
	return nil
}

func wanted(name string) bool {
	if *only == "" {
		return true
	}
	for _, w := range strings.Split(*only, ",") {
		if strings.HasPrefix(name, w) {
			return true
		}
	}
	return false
}

// build makes the programs: cat5 with the build line of README.md, an empty Go program, limit.
func build() error {
	empty := filepath.Join(dir, "empty.go")
	if err := os.WriteFile(empty, []byte("package main\n\nfunc main() {}\n"), 0o644); err != nil {
		return err
	}
	for _, argv := range [][]string{
		{"go", "build", "-trimpath", "-tags", "urfave_cli_no_docs", "-ldflags", "-s -w", "-o", tool("cat5"), "."},
		{"go", "build", "-trimpath", "-ldflags", "-s -w", "-o", tool("empty"), empty},
		{"gcc", "-O2", "-o", tool("limit"), "testdata/bench/c/limit.c"},
		{"gcc", "-O2", "-o", tool("udp"), "testdata/bench/c/udp.c"},
	} {
		cmd := exec.Command(argv[0], argv[1:]...)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %v\n%s", strings.Join(argv, " "), err, out)
		}
	}
	for _, name := range []string{"cat5", "empty"} {
		if err := install(name); err != nil {
			return err
		}
	}
	return nil
}

// install writes a program anew, as installing it does. The linker writes through mmap(2), and leaves it in the page cache page
// by page; what write(2) has put there lies in larger pieces, and starts in four fifths of the time.
func install(name string) error {
	b, err := os.ReadFile(tool(name))
	if err == nil {
		err = os.Remove(tool(name))
	}
	if err == nil {
		err = os.WriteFile(tool(name), b, 0o755)
	}
	return err
}

func tool(name string) string { return filepath.Join(dir, name) }

// have says whether a peer is installed; one that is not is left out, and told.
func have(name string) bool {
	_, err := exec.LookPath(name)
	if err != nil {
		fmt.Fprintln(os.Stderr, "left out:", name, "is not installed")
	}
	return err == nil
}

// installed is have for a case's program; "" is what the bench has built itself.
func installed(program string) bool { return program == "" || have(program) }

func (t *table) measure() {
	for round := range *rounds {
		for i := range t.cases {
			c := t.cases[(round+i)%len(t.cases)] // nobody is always first, or behind the same one
			if c.err != nil {
				continue
			}
			value, cpu, err := c.run()
			if err != nil {
				c.err = err
				fmt.Fprintf(os.Stderr, "%s, %s: %v\n", t.name, c.name, err)
				continue
			}
			c.values, c.cpus = append(c.values, value), append(c.cpus, cpu)
		}
	}
}

func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	s := append([]float64(nil), v...)
	sort.Float64s(s)
	return s[len(s)/2]
}

// ratios are c's values against the reference's of the same round: above 1 is better than it.
func (t *table) ratios(c, ref *result) []float64 {
	var out []float64
	for i := range min(len(c.values), len(ref.values)) {
		r := c.values[i] / ref.values[i]
		if t.less {
			r = 1 / r
		}
		out = append(out, r)
	}
	return out
}

func (t *table) find(name string) *result {
	for _, c := range t.cases {
		if c.name == name {
			return c
		}
	}
	return nil
}

// text is the table for people: medians, the spread of the rounds, the ratios to the references within each round.
func (t *table) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s)\n\n%-14s %8s %18s %8s", t.title, t.unit, "", "median", "least to most", "CPU")
	refs := []*result{t.find(t.ref)}
	if l := t.find(t.limit); l != nil {
		refs = append(refs, l)
	}
	for _, r := range refs {
		if r != nil {
			fmt.Fprintf(&b, "  %22s", "of "+r.name)
		}
	}
	b.WriteByte('\n')
	for _, c := range t.cases {
		if len(c.values) == 0 {
			fmt.Fprintf(&b, "%-14s failed: %v\n", c.name, c.err)
			continue
		}
		lo, hi := bounds(c.values)
		fmt.Fprintf(&b, "%-14s %8s %18s %8s", c.name, short(median(c.values)), short(lo)+" to "+short(hi), cpuText(median(c.cpus)))
		for _, r := range refs {
			if r == nil || len(r.values) == 0 {
				continue
			}
			all := t.ratios(c, r)
			lo, hi := bounds(all)
			fmt.Fprintf(&b, "  %22s", fmt.Sprintf("%.2f (%.2f to %.2f)", median(all), lo, hi))
		}
		if c.note != "" {
			b.WriteString("  " + c.note)
		}
		b.WriteByte('\n')
	}
	if t.aim != "" {
		fmt.Fprintf(&b, "aim: %s\n", t.aim)
	}
	return b.String()
}

func bounds(v []float64) (lo, hi float64) {
	lo, hi = v[0], v[0]
	for _, x := range v {
		lo, hi = min(lo, x), max(hi, x)
	}
	return lo, hi
}

func short(v float64) string {
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

func cpuText(s float64) string {
	if s == 0 {
		return ""
	}
	if s < 0.1 {
		return fmt.Sprintf("%.2f ms", s*1e3)
	}
	return fmt.Sprintf("%.2f s", s)
}

// hang is how long one measurement may take.
const hang = 60 * time.Second
