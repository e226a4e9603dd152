package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestEveryFlagHasAScript: each flag that a help page names is used in at least one script, in its long form or, where
// it has one, its short form. The same flag means the same in every command, so one command will do. And
// cat5 help flags explains every flag.
func TestEveryFlagHasAScript(t *testing.T) {
	used := scriptWords(t)
	pages, err := exec.Command("cat5", "help").Output()
	if err != nil {
		t.Fatal(err)
	}
	all, err := exec.Command("cat5", "help", "flags").Output()
	if err != nil {
		t.Fatal(err)
	}
	explained := map[string]bool{}
	for _, f := range scriptFlags("\nusage: " + string(all)) {
		explained[f[0]] = true
	}
	seen := 0
	for _, command := range regexp.MustCompile(`(?m)^  ([a-z]+)  `).FindAllStringSubmatch(string(pages), -1) {
		if command[1] == "help" {
			continue
		}
		page, err := exec.Command("cat5", "help", command[1]).Output()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range scriptFlags(string(page)) {
			seen++
			if !explained[f[0]] {
				t.Errorf("cat5 help flags does not explain %s, which is in cat5 help %s", f[0], command[1])
			}
			if !slices.ContainsFunc(f, func(name string) bool { return used[name] }) {
				t.Errorf("no script has %s, which is in cat5 help %s", strings.Join(f, " or "), command[1])
			}
		}
	}
	if seen < 100 {
		t.Errorf("the help pages have only %d flags: this test does not understand them any more", seen)
	}
}

// scriptFlags finds the flags of a page, each with its names: short and long.
func scriptFlags(page string) (flags [][]string) {
	_, list, _ := strings.Cut(page, "\nusage: ")
	for _, m := range regexp.MustCompile(`(?:(-[A-Za-z0-9]), )?(--[a-z][a-z0-9-]+)`).FindAllStringSubmatch(list, -1) {
		names := []string{m[2]}
		if m[1] != "" {
			names = append(names, m[1])
		}
		flags = append(flags, names)
	}
	return flags
}

// scriptWords is each flag that a script gives to cat5, as it is written there. -lvv is -l, -v and -v.
func scriptWords(t *testing.T) map[string]bool {
	used := map[string]bool{}
	scripts, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	call := regexp.MustCompile(`^(exec cat5|exec sh|exits|serve|connect|start|terminal)\s(.*)`)
	flag := regexp.MustCompile(`\s(--[a-z0-9-]+|-[A-Za-z0-9]+)`)
	for _, name := range scripts {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Split(string(text), "\n") {
			m := call.FindStringSubmatch(line)
			if m == nil || m[1] == "exits" && strings.HasPrefix(m[2], "2 ") { // a mistake uses nothing
				continue
			}
			for _, f := range flag.FindAllStringSubmatch(m[2], -1) {
				word := f[1]
				used[word] = true
				for i := 1; i < len(word) && word[1] != '-'; i++ {
					used["-"+word[i:i+1]] = true
				}
			}
		}
	}
	return used
}
