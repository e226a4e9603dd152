package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

// The commands for a cat5 in the background.

// scriptHang is how long a command of a script waits for an event before it says that there will be none.
const scriptHang = 60 * time.Second

// process is a cat5 in the background.
type process struct {
	cmd    *exec.Cmd
	stdin  *os.File // what "type" writes to: a pipe, or a terminal's other side; nil: neither
	tty    bool     // stdin is a terminal's other side
	stdout *capture
	stderr *capture
	ready  *os.File // the read end of --ready-fd; nil: not asked for
	port   string   // the file of --port-file; "": not asked for
	exited chan struct{}
}

func (p *process) close() {
	for _, f := range []*os.File{p.stdin, p.ready} {
		if f != nil {
			f.Close()
		}
	}
}

// cmdServe is "serve NAME [stdin=WHAT] [stdout=WHAT] ARGS...": it starts cat5 ARGS -- a listener -- and waits until it
// listens. The port is then in $PORT.
func cmdServe(ts *testscript.TestScript, neg bool, args []string) {
	p := launch(ts, neg, args, true)
	p.awaitReady(ts)
	if b, err := os.ReadFile(p.port); err == nil {
		ts.Setenv("PORT", strings.TrimSpace(string(b)))
	}
}

// cmdConnect is "connect NAME [stdin=WHAT] [stdout=WHAT] ARGS...": it starts cat5 ARGS and waits until it is connected.
func cmdConnect(ts *testscript.TestScript, neg bool, args []string) {
	launch(ts, neg, args, true).awaitReady(ts)
}

// cmdStart is "start NAME [stdin=WHAT] [stdout=WHAT] ARGS...": it starts cat5 ARGS; or, as "start NAME ... sh COMMAND",
// a shell.
func cmdStart(ts *testscript.TestScript, neg bool, args []string) { launch(ts, neg, args, false) }

// launch starts a cat5. Its input is empty; stdin=open makes it a pipe to type into, stdin=FILE a file. Its output is a
// pipe that is read as it comes and is in NAME.out in the end; stdout=FILE makes it a file, stdout=blocked a pipe that
// nobody reads.
func launch(ts *testscript.TestScript, neg bool, args []string, ready bool) *process {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: serve|connect|start NAME [stdin=WHAT] [stdout=WHAT] ARGS...")
	}
	name, args := args[0], args[1:]
	p := &process{stdout: newCapture(), stderr: newCapture(), exited: make(chan struct{})}
	p.cmd = &exec.Cmd{Dir: ts.MkAbs("."), Env: scriptOf(ts).environ(ts)}
	var ours []*os.File // what only the child needs
	readers := map[*capture]*os.File{}
	pipe := func(c *capture) *os.File {
		r, w, err := os.Pipe()
		ts.Check(err)
		ours = append(ours, w)
		readers[c] = r
		return w
	}
	for len(args) > 0 && (strings.HasPrefix(args[0], "stdin=") || strings.HasPrefix(args[0], "stdout=")) {
		stream, what, _ := strings.Cut(args[0], "=")
		args = args[1:]
		switch {
		case stream == "stdin" && what == "open":
			r, w, err := os.Pipe()
			ts.Check(err)
			p.cmd.Stdin, p.stdin, ours = r, w, append(ours, r)
		case stream == "stdin":
			f, err := os.Open(ts.MkAbs(what))
			ts.Check(err)
			p.cmd.Stdin, ours = f, append(ours, f)
		case what == "blocked":
			r, w, err := os.Pipe()
			ts.Check(err)
			p.cmd.Stdout, ours = w, append(ours, w)
			scriptOf(ts).keep(ts, r)
		default:
			f, err := os.OpenFile(ts.MkAbs(what), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o666)
			ts.Check(err)
			p.cmd.Stdout, ours = f, append(ours, f)
		}
	}
	if p.cmd.Stdout == nil {
		p.cmd.Stdout = pipe(p.stdout)
	}
	p.cmd.Stderr = pipe(p.stderr)
	if ready {
		args = p.askReady(ts, name, args, &ours)
	}
	p.run(ts, name, args)
	for _, f := range ours {
		f.Close()
	}
	p.collect(readers)
	return p
}

// askReady adds --ready-fd, and --port-file for a listener that has a port, to the arguments.
func (p *process) askReady(ts *testscript.TestScript, name string, args []string, ours *[]*os.File) []string {
	r, w, err := os.Pipe()
	ts.Check(err)
	p.ready, p.cmd.ExtraFiles = r, []*os.File{w}
	*ours = append(*ours, w)
	more := []string{args[0], "--ready-fd=3"} // the first of ExtraFiles
	line := " " + strings.Join(args, " ")
	listens := args[0] == "echo" || args[0] == "listen" || strings.Contains(line, " -l") || strings.Contains(line, " listen:")
	if listens && args[0] != "unix" && !strings.Contains(line, " unix ") && !strings.Contains(line, " listen:unix") {
		p.port = filepath.Join(ts.Getenv("WORK"), name+".port")
		os.Remove(p.port)
		more = append(more, "--port-file="+p.port)
	}
	return append(more, args[1:]...)
}

// awaitReady waits for the newline of --ready-fd.
func (p *process) awaitReady(ts *testscript.TestScript) {
	var b [2]byte
	p.ready.SetReadDeadline(time.Now().Add(scriptHang))
	n, err := io.ReadFull(p.ready, b[:1])
	if err != nil || n != 1 || b[0] != '\n' {
		ts.Fatalf("not ready: %q, %v; stderr:\n%s", b[:n], err, p.stderr.text())
	}
}

// run starts this very binary under the name of cat5 (see TestMain).
func (p *process) run(ts *testscript.TestScript, name string, args []string) {
	s := scriptOf(ts)
	if s.running[name] != nil {
		ts.Fatalf("%s is running already", name)
	}
	self, err := os.Executable()
	ts.Check(err)
	p.cmd.Path, p.cmd.Args = self, append([]string{"cat5"}, args...)
	if args[0] == "sh" { // a shell command that has cat5 in it
		p.cmd.Path, err = exec.LookPath("sh")
		ts.Check(err)
		p.cmd.Args = append([]string{"sh", "-c"}, args[1:]...)
	}
	ts.Check(p.cmd.Start())
	s.running[name] = p
}

// collect reads the outputs to their ends, and waits for the process and for them.
func (p *process) collect(readers map[*capture]*os.File) {
	var all sync.WaitGroup
	for c, r := range readers {
		all.Go(func() {
			c.read(r)
			r.Close()
		})
	}
	go func() {
		p.cmd.Wait()
		all.Wait()
		close(p.exited)
	}()
}

// keep closes f at the end of the script.
func (s *script) keep(ts *testscript.TestScript, f *os.File) {
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 3)
	ts.Check(err)
	f.Close()
	s.fds = append(s.fds, fd)
}

func processOf(ts *testscript.TestScript, name string) *process {
	p := scriptOf(ts).running[name]
	if p == nil {
		ts.Fatalf("%s is not running", name)
	}
	return p
}

// cmdSignal is "signal NAME TERM".
func cmdSignal(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: signal NAME SIGNAL")
	}
	sig := unix.SignalNum("SIG" + args[1])
	if sig == 0 {
		ts.Fatalf("no such signal: %s", args[1])
	}
	ts.Check(processOf(ts, args[0]).cmd.Process.Signal(sig))
}

// cmdFinish is "finish NAME [CODE]": it waits for the end of NAME, which has to be CODE (0; signal:TERM; 0|55 for one of
// two). What it said is in NAME.out and NAME.err afterwards.
func cmdFinish(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 || len(args) > 2 {
		ts.Fatalf("usage: finish NAME [CODE]")
	}
	p, want := processOf(ts, args[0]), "0"
	if len(args) == 2 {
		want = args[1]
	}
	select {
	case <-p.exited:
	case <-time.After(scriptHang):
		p.cmd.Process.Signal(unix.SIGQUIT) // the stacks go to its stderr
		<-p.exited
		ts.Fatalf("%s hangs; stderr:\n%s", args[0], p.stderr.text())
	}
	delete(scriptOf(ts).running, args[0])
	p.close()
	for ext, c := range map[string]*capture{".out": p.stdout, ".err": p.stderr} {
		ts.Check(os.WriteFile(ts.MkAbs(args[0]+ext), c.buf, 0o666))
	}
	if got := howItEnded(p.cmd.ProcessState); !slices.Contains(strings.Split(want, "|"), got) {
		ts.Fatalf("%s: exit %s, not %s; stderr:\n%s", args[0], got, want, p.stderr.text())
	}
	if text := p.stderr.text(); text != "" {
		ts.Logf("[stderr of %s]\n%s", args[0], text)
	}
}
