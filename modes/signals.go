package modes

import (
	"errors"
	"os"
	"os/signal"
	"sync"
	"time"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// signals brings signals to one function, on a goroutine of its own. A signal that was ignored when we were started
// stays ignored: nohup and a shell's background jobs rely on it ("signals that are ignored ... shall be set to be
// ignored", execve(2)), and signal.Notify would undo it.
type signals struct {
	ch    chan os.Signal
	done  sync.WaitGroup
	after func() // called when no more can come; may be nil
}

// plainSignals undoes what the Go runtime makes of signals that we have no use for.
func plainSignals() {
	sys.Default(unix.SIGALRM)
	sys.Default(unix.SIGUSR2)
	if signal.Ignored(unix.SIGINT) {
		// A shell without job control ignores both for its background jobs; the runtime only keeps SIGINT so.
		signal.Ignore(unix.SIGQUIT)
	} else {
		sys.Default(unix.SIGQUIT)
	}
}

func watchSignals(f func(unix.Signal)) *signals {
	plainSignals()
	s := &signals{ch: make(chan os.Signal, 8)}
	for _, sig := range []unix.Signal{unix.SIGINT, unix.SIGTERM, unix.SIGHUP, unix.SIGUSR1} {
		if !signal.Ignored(sig) {
			signal.Notify(s.ch, sig)
		}
	}
	s.done.Go(func() {
		var echoes signalEcho
		for sig := range s.ch {
			if sig := sig.(unix.Signal); !echoes.is(sig, time.Now()) {
				f(sig)
			}
		}
		if s.after != nil {
			s.after()
		}
	})
	return s
}

// watchOrders is watchSignals for a run whose f waits for whoever is speaking just now. That may be for ever, when nobody reads
// our stderr, and the second signal that is meant to end us must not wait: it is an order, and f does not hear of it.
func watchOrders(f func(unix.Signal)) *signals {
	heard := make(chan unix.Signal, 8)
	ended := false
	s := watchSignals(func(sig unix.Signal) {
		switch {
		case sig == unix.SIGUSR1 && len(heard) == cap(heard)-1: // so many questions wait for an answer already
			return
		case sig != unix.SIGUSR1 && ended:
			sys.Die(sig)
		}
		ended = ended || sig != unix.SIGUSR1
		heard <- sig
	})
	s.after = func() { close(heard) }
	s.done.Go(func() {
		for sig := range heard {
			f(sig)
		}
	})
	return s
}

// signalEcho knows a signal that was meant once and came twice: timeout(1) sends its signal to the command and then to the
// group that the command is in. The second one would be taken for an order to die at once, and what was held would be lost.
type signalEcho struct {
	last unix.Signal
	at   time.Time
}

// echoTime is how close the two are at most. Nobody types ^C twice within it.
const echoTime = 100 * time.Millisecond

// is says whether sig, which comes now, is one that has been seen already.
func (e *signalEcho) is(sig unix.Signal, now time.Time) bool {
	if sig == e.last && sig != unix.SIGUSR1 && now.Sub(e.at) < echoTime {
		return true
	}
	e.last, e.at = sig, now
	return false
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

// onSignal is called on the goroutine of signals.
func (c *cable) onSignal(sig unix.Signal) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if sig == unix.SIGUSR1 {
		if c.looping {
			c.loop.Post(c.showStats)
		}
		c.asked = true
		return
	}
	if c.signal != 0 { // a second one is an order
		sys.Die(sig)
	}
	c.signal = sig
	if c.looping {
		c.loop.Post(func() { c.stopFor(sig) })
		return
	}
	c.cancel(errors.New("interrupted"))
}

// stopFor ends the run because of a signal: no more is taken, what is held gets a second to be given.
func (c *cable) stopFor(sig unix.Signal) {
	c.t.event("signal", num("number", int64(sig)))
	if c.result == nil {
		c.result = &verdict{code: exitBySignal + int(sig), signal: sig}
	}
	c.closeListener()
	if c.link == nil {
		c.loop.Stop()
		return
	}
	c.link.pair.Abort(time.Second)
}

// signalGrace is how long a short run goes without watching for signals.
const signalGrace = 20 * time.Millisecond

// catchSignals begins to watch for signals and returns what ends that. Starting the watch costs as much as connecting,
// and most runs of a client in a script's loop are over in a millisecond: a signal in that time has its default action,
// which is death by it, as it would have later. Where somebody counts on more (a file to remove, events to write, a
// program that waits to hear that we are ready) the watch starts at once.
func (c *cable) catchSignals() (stop func()) {
	var sigs *signals
	if c.o.listen || c.o.json || c.o.bindPath != "" || c.o.readyFD >= 0 || c.o.service.notify != "" {
		sigs = watchSignals(c.o.service.before(c.onSignal))
		return func() { sigs.stop() }
	}
	started := make(chan struct{})
	later := time.AfterFunc(signalGrace, func() {
		sigs = watchSignals(c.o.service.before(c.onSignal))
		close(started)
	})
	return func() {
		if later.Stop() {
			return
		}
		<-started
		sigs.stop()
	}
}
