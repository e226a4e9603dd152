package main

import (
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"sort"
	"strings"
	"testing"
	"time"

	"cat5/io/explain"
	"cat5/io/sys"
	"cat5/modes"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

// TestMain makes the test binary be cat5 as well: scripts say "exec cat5 tcp ...", and get the real program, in a
// process of its own, with a look at what it leaves behind.
func TestMain(m *testing.M) {
	if os.Getenv("GORACE") == "" {
		os.Setenv("GORACE", "atexit_sleep_ms=0") // or each cat5 that a test starts sleeps for a second at its end, under -race
	}
	testscript.Main(summedUp{m}, map[string]func(){"cat5": cat5, "nc": cat5, "netcat": cat5})
}

const (
	exitLeak  = 124 // something was left behind; no other part of cat5 uses this code
	exitPanic = 125 // a bug in cat5 (modes/exit.go)
)

// hangInside is when a cat5 of a test ends by itself: nothing takes so long, and whoever waits for it without a limit, as a
// script does that runs it to its end, would wait for all of go test's -timeout.
const hangInside = 2 * time.Minute

// cat5 is main, and then the question whether everything that was opened or started is gone. A run that ends by a
// signal does not come back from modes.Main, and is not asked.
func cat5() {
	time.AfterFunc(hangInside, func() { unix.Kill(os.Getpid(), unix.SIGQUIT) }) // the Go runtime shows where it hangs
	warmUp()
	fds, routines := openFiles(), runtime.NumGoroutine()
	code := modes.Main(&modes.Env{K: faultyCalls(sys.Linux()), Name: os.Args[0], Args: os.Args[1:], Environ: os.Environ(), Explain: explain.Wrap})
	if code == exitPanic {
		os.Exit(code) // a panic that was caught leaves things where they were
	}
	if leaks := append(leakedFiles(fds), leakedWork(routines)...); len(leaks) > 0 {
		for _, l := range leaks {
			fmt.Fprintf(os.Stderr, "LEAK: %s\n", l)
		}
		code = exitLeak
	}
	os.Exit(code)
}

// warmUp makes the Go runtime start what it starts once and keeps: the poller of package os with its two descriptors,
// and the goroutine of package signal. What appears later is cat5's.
func warmUp() {
	if r, w, err := os.Pipe(); err == nil {
		r.Close()
		w.Close()
	}
	ch := make(chan os.Signal, 1)
	signal.Notify(ch, unix.SIGWINCH)
	signal.Stop(ch)
}

// openFiles is what each descriptor of this process refers to.
func openFiles() map[string]string {
	open := map[string]string{}
	dir, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		panic(err)
	}
	for _, e := range dir {
		to, err := os.Readlink("/proc/self/fd/" + e.Name())
		if err == nil && !strings.HasSuffix(to, "/fd") { // the one that reads the folder
			open[e.Name()] = to
		}
	}
	return open
}

// leakedFiles compares the descriptors that are open now with those before. Descriptor 1 may have become /dev/null:
// cat5 closes its output when all is written. One that is gone (--ready-fd) is no leak.
func leakedFiles(before map[string]string) (leaks []string) {
	for fd, to := range openFiles() {
		if was, ok := before[fd]; ok && (was == to || fd == "1" && to == "/dev/null") {
			continue
		}
		if strings.HasPrefix(to, "/sys/") { // the C library looks at the processors when it starts a thread
			continue
		}
		leaks = append(leaks, "descriptor "+fd+" is open: "+to)
	}
	sort.Strings(leaks)
	return leaks
}

// leakedWork says which goroutines and children are left. A goroutine that has been told to end may need a moment on a
// busy machine, so this waits, and not long when there is nothing to wait for.
func leakedWork(before int) (leaks []string) {
	n := runtime.NumGoroutine()
	for end := time.Now().Add(10 * time.Second); n > before && time.Now().Before(end); n = runtime.NumGoroutine() {
		time.Sleep(time.Millisecond)
	}
	if n > before { // the last count, not one anew: the runtime counts without a lock, and at times goroutines that are not there
		stacks := make([]byte, 64<<10)
		stacks = stacks[:runtime.Stack(stacks, true)]
		leaks = append(leaks, fmt.Sprintf("%d goroutines more than before:\n%s", n-before, stacks))
	}
	// "ECHILD: the calling process does not have any unwaited-for children", wait(2).
	if pid, err := unix.Wait4(-1, nil, unix.WNOHANG, nil); err != unix.ECHILD {
		leaks = append(leaks, fmt.Sprintf("a child is left: pid %d, %v", pid, err))
	}
	return leaks
}
