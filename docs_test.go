package main

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestDocs types every ```console block of the documentation into a shell and compares what comes. "..." stands for
// anything: within a line for some of it, alone on a line for any lines. A command that ends with & is waited for until
// it has printed the lines written below it, so that a server is there before its client.
//
// Each block has a folder and a network of its own, so the documents can name fixed ports.
func TestDocs(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		notTried(t, "the examples in the documentation (they need root, for a network namespace each)")
		return
	}
	var files []string
	err := filepath.WalkDir("docs", func(name string, _ os.DirEntry, err error) error {
		if strings.HasSuffix(name, ".md") {
			files = append(files, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	blocks := 0
	for _, file := range append(files, "README.md", "io/README.md") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range consoleBlocks(string(text)) {
			blocks++
			t.Run(strings.ReplaceAll(file, "/", "_")+"_"+block.line, block.run)
		}
	}
	if blocks < 8 {
		t.Errorf("only %d blocks found: are the documents read at all?", blocks)
	}
}

// docBlock is one ```console block: commands, and under each what it prints.
type docBlock struct {
	line  string
	steps []docStep
}

type docStep struct {
	command string
	want    []string
}

func consoleBlocks(text string) []docBlock {
	var out []docBlock
	in := false
	for n, line := range strings.Split(text, "\n") {
		switch {
		case line == "```console":
			in = true
			out = append(out, docBlock{line: "line" + itoa(n+1)})
		case line == "```":
			in = false
		case in:
			b := &out[len(out)-1]
			if cmd, ok := strings.CutPrefix(line, "$ "); ok {
				b.steps = append(b.steps, docStep{command: cmd})
			} else {
				s := &b.steps[len(b.steps)-1]
				s.want = append(s.want, line)
			}
		}
	}
	return out
}

const docMark = "__done__"

func (b docBlock) run(t *testing.T) {
	t.Parallel() // the places are its own, and its programs wait for each other more than they work
	dir := t.TempDir()
	script, feed, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	// The shell reads its commands from descriptor 3, so that no command can eat them as its stdin.
	alone, err := filepath.Abs("testdata/alone.sh")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/bin/sh", alone, "/bin/sh", "/proc/self/fd/3")
	cmd.Dir = dir
	// The race detector's programs sleep for a second before they leave: GORACE says not to.
	cmd.Env = append(os.Environ(), "LC_ALL=C", "NO_COLOR=1", "GORACE=atexit_sleep_ms=0 "+os.Getenv("GORACE"))
	cmd.ExtraFiles = []*os.File{script}
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Setpgid: true}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	script.Close()
	hang := time.AfterFunc(60*time.Second, func() { syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
	defer hang.Stop()
	lines := bufio.NewScanner(out)
	for _, s := range b.steps {
		feed.WriteString(s.command + "\necho " + docMark + "\n")
		var got []string
		background := strings.HasSuffix(s.command, "&")
		for marked := false; !marked || background && !matches(s.want, got); {
			if !lines.Scan() {
				t.Fatalf("$ %s\nended with\n%s\nbut the document says\n%s", s.command, strings.Join(got, "\n"), strings.Join(s.want, "\n"))
			}
			if lines.Text() == docMark {
				marked = true
			} else {
				got = append(got, lines.Text())
			}
		}
		if !matches(s.want, got) {
			t.Errorf("$ %s\ngot\n%s\nwant\n%s", s.command, strings.Join(got, "\n"), strings.Join(s.want, "\n"))
		}
	}
	feed.Close()
	rest := new(bytes.Buffer)
	for lines.Scan() {
		rest.WriteString(lines.Text() + "\n")
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("the shell: %v", err)
	}
	if rest.Len() > 0 {
		t.Errorf("after the last command came\n%s", rest)
	}
}

// matches compares what came with what the document says. Two processes write to the same place, so in a group of lines
// from both the order is not promised: lines that match in another order are taken too.
func matches(want, got []string) bool {
	var re strings.Builder
	re.WriteString(`\A`)
	for _, w := range want {
		if w == "..." {
			re.WriteString(`(?s:.*)`)
			continue
		}
		re.WriteString(strings.ReplaceAll(regexp.QuoteMeta(w), `\.\.\.`, `.*`) + `\n`)
	}
	re.WriteString(`\z`)
	text := strings.Join(got, "\n")
	if len(got) > 0 {
		text += "\n"
	}
	return regexp.MustCompile(re.String()).MatchString(text)
}
