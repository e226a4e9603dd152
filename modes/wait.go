package modes

import (
	"bytes"
	"errors"
	"strings"
	"sync/atomic"
	"time"

	"cat5/io/epoll"
	"cat5/io/scan"
	"cat5/io/sock"
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// How often wait asks. A peer that answers at once can be asked often, and then an opened port is noticed within
// waitNear; one that takes long, or does not answer, is asked less often, so that asking costs it next to nothing.
const (
	waitFirst = 10 * time.Millisecond
	waitNear  = 15 * time.Millisecond
	waitFar   = 250 * time.Millisecond
	waitTry   = time.Second // for one try, unless --connect-timeout says otherwise
	waitMutes = 3           // silent tries in a row that mean that somebody has stopped
)

// waitRun is a run of wait.
type waitRun struct {
	e *Env
	k *sys.Calls
	o *options
	t *talker

	any, closing bool
	send, expect string

	knocker *scan.Knocker
	targets []*waitTarget
	program string // the file of the command to run; "" for none
	began   time.Duration
	late    bool
	signal  atomic.Int32
	err     error
}

// waitTarget is one address that is waited for.
type waitTarget struct {
	r     *waitRun
	ep    endpoint
	names *sock.Names // for tcp and udp
	rest  []sys.Addr  // that are still to be tried in this round
	kn    scan.Knock
	timer epoll.Timer
	pause time.Duration
	tries int
	done  bool
	doubt bool   // in this round somebody may be there, though nobody answered
	mute  bool   // in this round nothing came back
	mutes int    // how many such rounds in a row
	why   string // the last answer
	took  time.Duration
}

func waitCommand() *command {
	r := &waitRun{}
	return &command{
		name: "wait", group: groupLook, usage: "ADDRESS... [-- COMMAND ARGS...]", short: "until it answers (or stops), then run a command",
		examples: []string{
			"cat5 wait localhost:5432 -- ./start-the-app --with args",
			"cat5 wait --timeout 30 db:5432 unix:/run/app.sock",
			"cat5 wait --expect +PONG --send 'PING\\r\\n' localhost:6379",
			"cat5 wait --for=close localhost:8000   # until it has stopped",
		},
		about: "ADDRESS is HOST:PORT, udp:HOST:PORT, unix:PATH or a path. All have to answer, or\n" +
			"with --any one. COMMAND takes the place of cat5, and is not run when time is up\n" +
			"(exit 28). UDP has to send an answer: --send says to what.\n",
		json:  "the result as one JSON document on stdout",
		flags: strings.Fields("ipv4 ipv6 numeric timeout connect-timeout verbose quiet json color help"),
		own: []flagRow{
			{"any", 0, "", "", "Wait", "until one of the addresses answers, not all", func(_ *options, v string) error { return setBool(&r.any, v) }},
			{"for", 0, "", "open|close", "Wait", "what to wait for", func(_ *options, v string) error {
				i, err := oneOf("for", v, "open", "close")
				r.closing = i == 1
				return err
			}},
			{"send", 0, "", "TEXT", "Wait", "say this first (\\r \\n \\t \\xHH are understood)", func(_ *options, v string) error { return setEscaped(&r.send, "send", v) }},
			{"expect", 0, "", "TEXT", "Wait", "only this in what it says is an answer", func(_ *options, v string) error {
				if v == "" {
					return usageError("--expect needs a value")
				}
				return setEscaped(&r.expect, "expect", v)
			}},
		},
		rest: true,
		run: func(e *Env, o *options, operands []string) error {
			r.e, r.k, r.o, r.t = e, e.K, o, e.talk(o)
			return r.main(operands)
		},
	}
}

func (r *waitRun) main(operands []string) error {
	if err := r.prepare(operands); err != nil {
		return err
	}
	if err := r.run(); err != nil {
		return err
	}
	return r.end()
}

// prepare checks everything before anything is asked.
func (r *waitRun) prepare(operands []string) error {
	o := r.o
	if len(operands) == 0 {
		return usageError("no address to wait for: HOST:PORT, udp:HOST:PORT or unix:PATH")
	}
	if o.connectTimeout == 0 || !o.set["connect-timeout"] {
		o.connectTimeout = waitTry
	}
	for _, w := range operands {
		ep, err := parseEndpoint(w)
		if err != nil {
			return err
		}
		t := &waitTarget{r: r, ep: ep, pause: waitFirst}
		if ep.network == "unix" {
			a, err := sys.Unix(ep.path)
			if err != nil {
				return usageError("address " + quoted(w) + ": " + err.Error())
			}
			t.rest = []sys.Addr{a}
		}
		if ep.network == "udp" && r.send == "" && r.expect == "" && !r.closing {
			return usageError("address " + quoted(w) + ": a UDP port answers nothing unless it is asked: --send TEXT says what")
		}
		t.kn.Done = func(kn *scan.Knock) { t.answered(kn) }
		t.timer.F = t.round
		r.targets = append(r.targets, t)
	}
	if len(o.rest) == 0 {
		return nil
	}
	if o.json {
		return usageError("--json and a COMMAND both want stdout")
	}
	program, err := r.e.lookProgram(o.rest[0])
	r.program = program
	return err
}

func (r *waitRun) run() (err error) {
	r.began = r.k.Now()
	if r.knocker, err = scan.New(r.k); err != nil {
		return err
	}
	defer r.knocker.Close()
	sigs := watchSignals(func(sig unix.Signal) {
		if sig == unix.SIGUSR1 {
			r.knocker.Post(func() { r.t.line(r.left()) })
			return
		}
		if !r.signal.CompareAndSwap(0, int32(sig)) {
			sys.Die(sig)
		}
		r.knocker.Post(func() {})
	})
	defer sigs.stop()
	for _, t := range r.targets {
		if t.ep.network != "unix" {
			res := sock.Resolver{Network: t.ep.network, Family: r.o.family, Numeric: r.o.numeric}
			t.names = sock.NewNames(res, t.ep.hosts, r.knocker.Post)
			defer t.names.Close()
		}
	}
	var limit epoll.Timer
	if r.o.timeout > 0 {
		limit.F = func() { r.late = true }
		r.knocker.After(&limit, r.o.timeout)
	}
	for _, t := range r.targets {
		t.round()
	}
	for !r.met() && !r.late && r.err == nil && r.signal.Load() == 0 {
		if err := r.knocker.Turn(-1); err != nil {
			return err
		}
	}
	return r.err
}

// met says whether what was waited for is there.
func (r *waitRun) met() bool {
	for _, t := range r.targets {
		if t.done == r.any {
			return r.any
		}
	}
	return !r.any
}

// round begins to try every address of a target.
func (t *waitTarget) round() {
	t.doubt, t.mute = false, false
	if t.names == nil {
		t.knock(t.rest[0])
		return
	}
	t.names.Resolve(func(all []sys.Addr, err error) {
		if err != nil {
			t.tries++
			why := (*sock.ResolveError)(nil)
			t.doubt = !errors.As(err, &why) || why.Kind == sock.TryAgain
			t.judge(false, err.Error(), waitFar/20)
			return
		}
		t.rest = all[1:]
		t.knock(all[0])
	})
}

func (t *waitTarget) knock(a sys.Addr) {
	r := t.r
	kn := &t.kn
	kn.Addr, kn.Type, kn.Timeout, kn.Want = a, unix.SOCK_STREAM, r.o.connectTimeout, nil
	if t.ep.network == "udp" {
		kn.Type = unix.SOCK_DGRAM
	}
	kn.Send = []byte(r.send)
	if r.expect != "" {
		kn.Want = func(heard []byte) bool { return bytes.Contains(heard, []byte(r.expect)) }
	}
	t.tries++
	if err := r.knocker.Start(kn); err != nil {
		t.doubt = true
		t.judge(false, kn.Err.Error(), waitFar/20)
	}
}

// end says how it went, and runs the command.
func (r *waitRun) end() error {
	sig := unix.Signal(r.signal.Load())
	if sig != 0 {
		return &verdict{code: exitBySignal + int(sig), signal: sig}
	}
	met := r.met()
	if r.o.json {
		if err := r.e.print(r.document(met)); err != nil {
			return err
		}
	}
	if !met {
		return fail(exitTimeout, more(nil, "timed out after "+formatDuration(r.o.timeout)+": "+r.left()))
	}
	if !r.o.json {
		r.t.say(0, r.arrived())
	}
	if r.program == "" {
		return nil
	}
	err := r.k.Execve(r.program, r.o.rest, r.e.Environ)
	if err == unix.ENOEXEC { // "these functions will execute the shell (/bin/sh) with the path of the file", execvp(3)
		err = r.k.Execve("/bin/sh", append([]string{"sh", r.program}, r.o.rest[1:]...), r.e.Environ)
	}
	return cannotRun(r.o.rest[0], err)
}
