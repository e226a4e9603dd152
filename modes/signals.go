package modes

import (
	"os"
	"os/signal"
	"sync"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// signals brings signals to one function, on a goroutine of its own. A signal that was ignored when we were started
// stays ignored: nohup and a shell's background jobs rely on it ("signals that are ignored ... shall be set to be
// ignored", execve(2)), and signal.Notify would undo it.
type signals struct {
	ch   chan os.Signal
	done sync.WaitGroup
}

func watchSignals(f func(unix.Signal)) *signals {
	s := &signals{ch: make(chan os.Signal, 8)}
	for _, sig := range []unix.Signal{unix.SIGINT, unix.SIGTERM, unix.SIGHUP, unix.SIGUSR1} {
		if !signal.Ignored(sig) {
			signal.Notify(s.ch, sig)
		}
	}
	s.done.Add(1)
	go func() {
		defer s.done.Done()
		for sig := range s.ch {
			f(sig.(unix.Signal))
		}
	}()
	return s
}

func (s *signals) stop() {
	signal.Stop(s.ch)
	close(s.ch)
	s.done.Wait()
}

// sigpipeIgnored says whether SIGPIPE was ignored when we were started, as far as that can be known: the Go runtime has
// replaced it by a handler before any code of ours runs. The parent's own setting, which a child inherits through
// execve(2), is the next best witness: it is "trap ” PIPE" in a shell.
func sigpipeIgnored(k *sys.Calls) bool {
	b, err := readFile(k, "/proc/"+itoa(os.Getppid())+"/status", 4096)
	if err != nil {
		return false
	}
	mask, ok := procMask(string(b), "SigIgn:")
	return ok && mask&(1<<(unix.SIGPIPE-1)) != 0
}
