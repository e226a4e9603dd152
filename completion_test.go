package main

import (
	"bufio"
	"flag"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"cat5/modes"

	"golang.org/x/sys/unix"
)

var update = flag.Bool("update", false, "write docs/completions and docs/man anew")

// completions are the files of docs/completions.
var completions = map[string]string{"bash": "cat5.bash", "zsh": "_cat5", "fish": "cat5.fish"}

// TestFilesOfCompletion holds docs/completions and the tables equal.
func TestFilesOfCompletion(t *testing.T) {
	for shell, file := range completions {
		sameFile(t, filepath.Join("docs/completions", file), modes.Completion(shell))
	}
}

// sameFile wants a file of docs to be what the code makes; with -update it is written.
func sameFile(t *testing.T, path, want string) {
	t.Helper()
	if *update {
		must(t, os.MkdirAll(filepath.Dir(path), 0o777))
		must(t, os.WriteFile(path, []byte(want), 0o666))
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is not what the tables say: go test . -run TestFilesOf -update", path)
	}
}

// A line that is completed in each shell: every word that the shell offers is inserted, or, if there is one, that.
type completionCase struct {
	line string
	want []string // these are offered
	not  []string // these are not
}

func completionCases(port int) []completionCase {
	p := strconv.Itoa(port)
	return []completionCase{
		{"cat5 ", []string{"tcp", "listen", "sockopt", "nc", "help"}, []string{"note.txt"}},
		{"cat5 ht", []string{"http"}, []string{"tcp"}},
		{"cat5 tcp --sou", []string{"--source", "--source-port"}, []string{"--sockopt"}},
		{"cat5 tcp --eof ", []string{"half", "full", "keep", "each", "peer"}, []string{"note.txt"}},
		{"cat5 tcp --eof=ha", []string{"--eof=half"}, nil},
		{"cat5 listen tcp 0 --eof=", []string{"--eof=half", "--eof=peer"}, nil},
		{"cat5 echo --engine epol", []string{"epoll", "epoll-et"}, []string{"poll"}},
		{"cat5 bench echo --engine al", []string{"all"}, nil},
		{"cat5 tcp --sockopt keepi", []string{"keepidle", "keepintvl"}, nil},
		{"cat5 sockopt get nodel", []string{"nodelay"}, nil},
		{"cat5 sockopt --kind unix-d", []string{"unix-dgram"}, nil},
		{"cat5 tcp localho", []string{"localhost"}, nil},
		{"cat5 tcp localhost htt", []string{"http", "https"}, nil},
		{"cat5 tcp -4w 3 --nodelay localhost htt", []string{"http"}, nil},
		{"cat5 tcp localhost " + p[:3], []string{p}, nil},
		{"cat5 tcp -l htt", []string{"http"}, nil},
		{"cat5 udp localhost tft", []string{"tftp"}, nil},
		{"cat5 tcp localhost tft", nil, []string{"tftp"}},
		{"cat5 unix @cat5-compl", []string{"@cat5-completion-" + p}, nil},
		{"cat5 listen unix ", []string{"@cat5-completion-" + p}, []string{"http", "localhost"}},
		{"cat5 listen unix no", []string{"note.txt"}, nil},
		{"cat5 listen tcp htt", []string{"http"}, nil},
		{"cat5 listen unix @x ", nil, []string{"http", "@cat5-completion-" + p}},
		{"cat5 echo --engine epoll unix ", []string{"@cat5-completion-" + p}, []string{"http", "localhost"}},
		{"cat5 bench echo unix ", []string{"@cat5-completion-" + p}, []string{"http", "localhost"}},
		{"cat5 man unix ", nil, []string{"@cat5-completion-" + p, "http"}},
		{"cat5 keepalive unix ", []string{"@cat5-completion-" + p}, []string{"http", "localhost"}},
		{"cat5 keepalive localhost htt", []string{"http"}, nil},
		{"cat5 nc -U ", []string{"@cat5-completion-" + p}, []string{"http", "localhost"}},
		{"cat5 nc -lU ", []string{"@cat5-completion-" + p}, []string{"http", "localhost"}},
		{"cat5 nc -U @x ", nil, []string{"http", "@cat5-completion-" + p}},
		{"cat5 nc -Uw 3 no", []string{"note.txt"}, nil},
		{"cat5 nc unix htt", []string{"http"}, nil},
		{"cat5 nc localho", []string{"localhost"}, []string{"@cat5-completion-" + p}},
		{"nc -U ", []string{"@cat5-completion-" + p}, []string{"http", "localhost"}},
		{"nc -l htt", []string{"http"}, nil},
		{"cat5 wait un", []string{"unix:"}, []string{"tcp:"}},
		{"cat5 wait ", []string{"unix:", "tcp:", "udp:", "@cat5-completion-" + p}, nil},
		{"cat5 wait tcp:localho", []string{"tcp:localhost:"}, nil},
		{"cat5 wait tcp:", nil, []string{"tcp:tcp:", "tcp:unix:"}},
		{"cat5 wait unix:@cat5-compl", []string{"unix:@cat5-completion-" + p}, nil},
		{"cat5 probe un", []string{"unix:"}, nil},
		{"cat5 wait localhost:htt", []string{"localhost:http", "localhost:https"}, nil},
		{"cat5 wait localho", []string{"localhost:"}, nil},
		{"cat5 wait x:1 -- uname", []string{"uname"}, nil},
		{"cat5 tcp -l 0 --exec uname", []string{"uname"}, nil},
		{"cat5 tcp -l 0 --exec cat no", []string{"note.txt"}, nil},
		{"cat5 relay listen:tcp:localho", []string{"listen:tcp:localhost:"}, nil},
		{"cat5 relay listen:unix:@cat5-compl", []string{"listen:unix:@cat5-completion-" + p}, nil},
		{"cat5 tcp --output no", []string{"note.txt"}, nil},
		{"cat5 tcp --output=no", []string{"--output=note.txt"}, nil},
		{"cat5 tcp --hexdump=no", []string{"--hexdump=note.txt"}, nil},
		{"cat5 http fol", []string{"folder"}, nil},
		{"cat5 http no", nil, []string{"note.txt"}},
		{"cat5 tcp --interface l", []string{"lo"}, nil},
		{"cat5 shutdown lin", []string{"linger0"}, nil},
		{"cat5 completion z", []string{"zsh"}, nil},
		{"cat5 nc -X ", []string{"connect"}, nil},
		{"cat5 help sock", []string{"sockopt"}, nil},
	}
}

// completionTraps are typed to see that nothing of them is run; what is offered does not matter.
var completionTraps = []string{
	"cat5 tcp $(touch ran) ", "cat5 tcp `touch ran` ", "cat5 $(touch ran) ", "cat5 $(touch ran) -", "cat5 tcp --eof=$(touch ran)",
	"cat5 tcp --$(touch ran)", "cat5 tcp --output $(touch ran)", "cat5 wait $(touch ran):", "cat5 relay tcp:$(touch ran):h",
	"cat5 tcp -$(touch ran) ", "cat5 wait x:1 -- $(touch ran) ", "cat5 tcp 'a[$(touch ran)]' ", "cat5 'a[$(touch ran)]' ",
	"cat5 unix @$(touch ran)", "cat5 tcp --sockopt $(touch ran)",
}

// completionPlace is where the lines are typed: a folder with a file, and a socket and a port that can be connected to.
func completionPlace(t *testing.T) (dir string, port int) {
	dir = t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "note.txt"), nil, 0o666))
	must(t, os.Mkdir(filepath.Join(dir, "folder"), 0o777))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port = l.Addr().(*net.TCPAddr).Port
	u, err := net.Listen("unix", "@cat5-completion-"+itoa(port))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close(); u.Close() })
	return dir, port
}

func checkCompletions(t *testing.T, dir string, port int, complete func(line string) []string) {
	for _, c := range completionCases(port) {
		got := complete(c.line)
		for i := range got { // not every shell adds these
			got[i] = strings.TrimRight(got[i], "/=")
		}
		for _, w := range c.want {
			if !slices.Contains(got, w) {
				t.Errorf("%q: %q is not among %q", c.line, w, got)
			}
		}
		for _, w := range c.not {
			if slices.Contains(got, w) {
				t.Errorf("%q: %q is among %q", c.line, w, got)
			}
		}
	}
	for _, line := range completionTraps {
		complete(line)
		if _, err := os.Stat(filepath.Join(dir, "ran")); err == nil {
			t.Fatalf("%q: what was typed was run", line)
		}
	}
}

// onTerminal types lines into a shell on a terminal. all is the key that inserts every word that is offered.
func onTerminal(t *testing.T, dir, setup, all string, argv ...string) (complete func(line string) []string) {
	person, programs := terminal(t)
	must(t, unix.IoctlSetWinsize(int(person.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 50, Col: 30000}))
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "TERM=dumb", "LC_ALL=C.UTF-8"}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = programs, programs, programs
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	must(t, cmd.Start())
	programs.Close()
	hang := time.AfterFunc(60*time.Second, func() { cmd.Process.Kill() })
	t.Cleanup(func() {
		hang.Stop()
		cmd.Process.Kill()
		cmd.Wait()
	})
	screen := bufio.NewReader(person)
	shown := func() string { // what stands between the next <<< and >>>
		var b strings.Builder
		for !strings.HasSuffix(b.String(), ">>>") {
			c, err := screen.ReadByte()
			if err != nil {
				t.Fatalf("%s ended: %v; it said %q", argv[0], err, b.String())
			}
			b.WriteByte(c)
		}
		_, s, _ := strings.Cut(b.String(), "<<<")
		return strings.TrimSuffix(s, ">>>")
	}
	person.WriteString(setup + "\necho '<'\"<<\" begin '>>>'\n")
	for shown() != " begin " {
	}
	return func(line string) []string {
		person.WriteString("\x15" + line + all + "\x0f")
		got := shown()
		words, typed := strings.Fields(got), strings.Fields(line)
		if strings.HasSuffix(line, " ") {
			return words[min(len(typed), len(words)):]
		}
		words = words[min(len(typed)-1, len(words)):]
		last := typed[len(typed)-1]
		kept := last[:strings.LastIndexAny(last, "=:@")+1] // bash puts it before the first word only
		for i := range words {
			words[i] = kept + strings.TrimPrefix(words[i], kept)
		}
		return words
	}
}

func shellOf(t *testing.T, name string) string {
	path, err := exec.LookPath(name)
	if err != nil {
		notTried(t, "the completion for "+name+" (there is none here)")
		t.SkipNow()
	}
	return path
}

func completionFile(t *testing.T, shell string) string {
	path, err := filepath.Abs(filepath.Join("docs/completions", completions[shell]))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCompletionBash(t *testing.T) {
	bash := shellOf(t, "bash")
	dir, port := completionPlace(t)
	setup := "PS1=; source " + completionFile(t, "bash") + `; complete -F _cat5 nc; bind -x '"\C-o": printf "<<<%s>>>" "$READLINE_LINE"'; bind 'set bell-style none'` +
		`; bind 'set enable-bracketed-paste off'; bind '"\C-t": insert-completions'`
	checkCompletions(t, dir, port, onTerminal(t, dir, setup, "\x14", bash, "--norc", "--noprofile", "-i"))
}

func TestCompletionZsh(t *testing.T) {
	zsh := shellOf(t, "zsh")
	dir, port := completionPlace(t)
	setup := "PS1=; unsetopt zle_bracketed_paste prompt_sp; fpath=(" + filepath.Dir(completionFile(t, "zsh")) + " $fpath); autoload -U compinit; compinit -u -D; compdef _cat5 nc" +
		"; zstyle ':completion:*' completer _all_matches _complete; zstyle ':completion:*' insert yes; bindkey -e; bindkey '^I' complete-word; show() { printf '<<<%s>>>' $BUFFER }; zle -N show; bindkey '^O' show"
	checkCompletions(t, dir, port, onTerminal(t, dir, setup, "\t", zsh, "-f", "-i"))
}

func TestCompletionFish(t *testing.T) {
	fish := shellOf(t, "fish")
	dir, port := completionPlace(t)
	var lines []string
	for _, c := range completionCases(port) {
		lines = append(lines, c.line)
	}
	lines = append(lines, completionTraps...)
	cmd := exec.Command(fish, append([]string{"--no-config", "-c",
		"source " + completionFile(t, "fish") + "; complete -c nc -e; complete -c nc -w 'cat5 nc'; for line in $argv; complete -C $line; echo end; end", "--"}, lines...)...)
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "TERM=dumb", "LC_ALL=C.UTF-8"}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	answers := strings.Split(string(out), "end\n")
	checkCompletions(t, dir, port, func(line string) (words []string) {
		for l := range strings.Lines(answers[slices.Index(lines, line)]) {
			word, _, _ := strings.Cut(strings.TrimSpace(l), "\t")
			words = append(words, word)
		}
		return words
	})
}
