package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

// TestScripts runs testdata/script/*.txtar: each is one behaviour of cat5, told as a session at a shell. Beside the
// commands of testscript there are ours, listed here; README.md in that folder says how each is used. None of them
// sleeps: they wait for events, and for at most scriptHang.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		Setup:               setUpScript,
		Condition:           condition,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":    cmdExits,    // run cat5 to its end
			"serve":    cmdServe,    // a listener in the background
			"connect":  cmdConnect,  // a client in the background, connected
			"start":    cmdStart,    // a cat5 in the background, not waited for
			"terminal": cmdTerminal, // a cat5 on a terminal
			"type":     cmdType,     // to the input of one in the background
			"end":      cmdEnd,      // its input
			"await":    cmdAwait,    // its output
			"signal":   cmdSignal,   // it
			"finish":   cmdFinish,   // its end

			"deaf":     cmdDeaf,     // a listener that accepts nobody more
			"shut":     cmdShut,     // a port that nobody listens on
			"datagram": cmdDatagram, // send one
			"events":   cmdEvents,   // check what --json said
			"fits":     cmdFits,     // a screen
			"like":     cmdLike,     // a text in which some things vary
			"escapes":  cmdEscapes,  // make a file of bytes that text cannot hold
			"generate": cmdGenerate, // make a large file
			"size":     cmdSize,     // of a file
			"mode":     cmdMode,     // of a file
		},
	})
}

// scriptKey is where a script's own things are kept between its commands.
type scriptKey struct{}

// script is what belongs to one running script.
type script struct {
	tb      testing.TB
	env     []string
	running map[string]*process
	fds     []int // to close at the end
}

func scriptOf(ts *testscript.TestScript) *script { return ts.Value(scriptKey{}).(*script) }

// environ is the script's environment, with the terminal that the script says it has.
func (s *script) environ(ts *testscript.TestScript) []string {
	return append(slices.Clip(s.env), "TERM="+ts.Getenv("TERM"))
}

var scriptCount atomic.Int64

// setUpScript gives each script an abstract name of its own, as those are one name space for the whole host, and sees
// to it that nothing outlives it.
func setUpScript(env *testscript.Env) error {
	env.Setenv("ABSTRACT", fmt.Sprintf("@cat5-test-%d-%d", os.Getpid(), scriptCount.Add(1)))
	env.Setenv("GOTRACEBACK", "all") // of a cat5 that hangs: without the goroutines of the runtime
	env.Setenv("TERM", "dumb")       // no colours, unless a script asks for them
	// The race detector sleeps for a second at each exit, unless told not to; a script has dozens.
	env.Setenv("GORACE", "atexit_sleep_ms=0 "+os.Getenv("GORACE"))
	env.Setenv("USER_ID", strconv.Itoa(os.Getuid()))
	s := &script{tb: env.T().(testing.TB), env: env.Vars, running: map[string]*process{}}
	env.Values[scriptKey{}] = s
	env.Defer(func() {
		for name, p := range s.running {
			p.cmd.Process.Kill()
			<-p.exited
			p.close()
			s.tb.Logf("%s: still running at the end of the script; stderr:\n%s", name, p.stderr.text())
			if !s.tb.Failed() {
				s.tb.Errorf("%s was never finished", name)
			}
		}
		for _, fd := range s.fds {
			unix.Close(fd)
		}
	})
	return nil
}

// condition knows what a host may lack.
func condition(cond string) (bool, error) {
	switch cond {
	case "ipv6":
		fd, err := unix.Socket(unix.AF_INET6, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return false, nil
		}
		defer unix.Close(fd)
		return unix.Bind(fd, &unix.SockaddrInet6{Addr: [16]byte{15: 1}}) == nil, nil
	}
	return false, errors.New("unknown condition " + cond)
}

// cmdExits is "exits CODE ARGS...": it runs cat5 ARGS to its end, which has to be CODE (a number, or signal:NAME).
// What it said is for the commands stdout and stderr, as after exec.
func cmdExits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: exits CODE ARGS...")
	}
	err := ts.Exec("cat5", args[1:]...)
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		ts.Fatalf("%v", err)
	}
	got := "0"
	if failed != nil {
		got = howItEnded(failed.ProcessState)
	}
	if got != args[0] {
		ts.Fatalf("exit %s, not %s", got, args[0])
	}
}

// howItEnded is the exit code, or signal:NAME for a death by signal.
func howItEnded(state *os.ProcessState) string {
	if status := state.Sys().(syscall.WaitStatus); status.Signaled() {
		return "signal:" + strings.TrimPrefix(unix.SignalName(status.Signal()), "SIG")
	}
	return strconv.Itoa(state.ExitCode())
}
