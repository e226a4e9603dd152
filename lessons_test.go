package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// lessons is every lesson by the name of its file, in order.
var lessons = []string{"01-addresses", "02-handshake", "03-close", "04-half-close", "05-keepalive", "06-port-reuse", "07-udp",
	"08-unix", "09-client-server", "10-models", "11-epoll", "12-reactor", "13-http"}

// tutorialMains is how many programs the tutorial has: main functions, counted from its top to its bottom.
const tutorialMains = 16

func readDoc(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestLessons: each lesson is there in both languages, with the same commands and pictures, three questions with their
// answers, and the source of each picture. What the commands print is TestDocs'.
func TestLessons(t *testing.T) {
	for i, name := range lessons {
		t.Run(name, func(t *testing.T) {
			en := readDoc(t, "docs/lessons/"+name+".md")
			zh := readDoc(t, "docs/lessons/zh/"+name+".md")
			if a, b := fenced(en), fenced(zh); a != b {
				t.Errorf("the languages differ in what is typed or printed:\n%s\n--- zh\n%s", a, b)
			}
			if len(consoleBlocks(en)) == 0 {
				t.Errorf("no commands")
			}
			pictures(t, "docs/lessons", en)
			pictures(t, "docs/lessons/zh", zh)
			for _, text := range []string{en, zh} {
				questions(t, text)
			}
			for _, index := range []string{"docs/lessons/README.md", "docs/lessons/zh/README.md"} {
				if !strings.Contains(readDoc(t, index), "| "+itoa(i+1)+" | [") || !strings.Contains(readDoc(t, index), "]("+name+".md)") {
					t.Errorf("not in %s", index)
				}
			}
		})
	}
}

// fenced is every ```console block: what is typed and what comes. (Programs are not compared: their comments are
// translated.)
func fenced(text string) string {
	return strings.Join(regexp.MustCompile("(?ms)^```console$.*?^```$").FindAllString(text, -1), "\n")
}

// pictures: there is one at least, each is a file, and what it was drawn with lies beside it: a script of the same name.
// Those of the engines are cat5 bench's own, drawn by testdata/bench/engines.sh.
func pictures(t *testing.T, dir, text string) {
	t.Helper()
	all := regexp.MustCompile(`!\[[^\]]+\]\(([^)]+)\)`).FindAllStringSubmatch(text, -1)
	if len(all) == 0 {
		t.Errorf("%s: no picture", dir)
	}
	for _, m := range all {
		file := filepath.Join(dir, m[1])
		if svg, err := os.ReadFile(file); err != nil || !strings.HasPrefix(string(svg), "<svg ") {
			t.Errorf("%s: no SVG: %v", file, err)
		}
		if filepath.Dir(file) != "docs/lessons/pictures" {
			if !strings.Contains(readDoc(t, "testdata/bench/engines.sh"), "docs/"+filepath.Base(file)) {
				t.Errorf("%s: testdata/bench/engines.sh does not draw it", file)
			}
			continue
		}
		if _, err := os.Stat(strings.TrimSuffix(file, ".svg") + ".sh"); err != nil {
			t.Errorf("%s: what it was drawn with is not beside it: %v", file, err)
		}
	}
}

// questions: 1. to 3. before the only <details>, and 1. to 3. in it.
func questions(t *testing.T, text string) {
	t.Helper()
	before, answers, _ := strings.Cut(text, "<details>")
	asked := before[strings.LastIndex(before, "\n## "):]
	for _, part := range []string{asked, answers} {
		numbers := strings.Join(regexp.MustCompile(`(?m)^\d+\. `).FindAllString(part, -1), "")
		if numbers != "1. 2. 3. " {
			t.Errorf("questions or answers are numbered %q, want three:\n%s", numbers, part)
		}
	}
	if strings.Count(text, "<details>") != 1 || strings.Count(text, "</details>") != 1 {
		t.Errorf("want one <details>, closed")
	}
}

// TestTutorialTable: every program of the tutorial has its row, with a command that exists and knows its flags, the mended
// program and the lesson. Both languages name the same ones.
func TestTutorialTable(t *testing.T) {
	const index = "docs/lessons/README.md"
	text, zh := readDoc(t, index), readDoc(t, "docs/lessons/zh/README.md")
	rows := regexp.MustCompile("(?m)^\\| (\\d+) \\| [^|]+ \\| (?:`(\\w+\\.c)` )?\\| `cat5 ([^`]+)` \\| \\[\\d+\\]\\(([^)]+)\\) \\|$").FindAllStringSubmatch(text, -1)
	if len(rows) != tutorialMains {
		t.Errorf("%d rows, want %d", len(rows), tutorialMains)
	}
	for i, row := range rows {
		if row[1] != itoa(i+1) {
			t.Errorf("row %d is numbered %s", i+1, row[1])
		}
		if row[2] != "" {
			if _, err := os.Stat(filepath.Join("testdata/peers", row[2])); err != nil {
				t.Error(err)
			}
		}
		if _, err := os.Stat(filepath.Join("docs/lessons", row[4])); err != nil {
			t.Error(err)
		}
	}
	commands := regexp.MustCompile("`(cat5 [^`]+)`")
	all := commands.FindAllStringSubmatch(text, -1)
	for _, m := range all {
		known(t, strings.Fields(m[1])[1:])
	}
	list := func(all [][]string) (out string) {
		for _, m := range all {
			out += m[1] + "\n"
		}
		return out
	}
	if a, b := list(all), list(commands.FindAllStringSubmatch(zh, -1)); a != b {
		t.Errorf("the languages name different commands:\n%s---\n%s", a, b)
	}
}

// known: the command has a page, and its flags, and the engine, are on it.
func known(t *testing.T, words []string) {
	t.Helper()
	out, err := exec.Command("cat5", words[0], "--help").CombinedOutput()
	if words[0] == "nc" { // netcat's own letter
		out, err = exec.Command("cat5", "nc", "-h").CombinedOutput()
	}
	if err != nil {
		t.Errorf("cat5 %s: %v\n%s", words[0], err, out)
		return
	}
	for i, w := range words {
		flag, _, _ := strings.Cut(w, "=")
		if strings.HasPrefix(flag, "-") && !regexp.MustCompile(`(^|[\s,\[])`+regexp.QuoteMeta(flag)+`\b`).Match(out) {
			t.Errorf("cat5 %s: its help does not know %s", words[0], flag)
		}
		if w == "--engine" && !regexp.MustCompile(`(?m)^  `+regexp.QuoteMeta(words[i+1])+` `).Match(out) {
			t.Errorf("no engine %s", words[i+1])
		}
	}
}
