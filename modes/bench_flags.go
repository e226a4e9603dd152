package modes

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"cat5/io/load"
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// benchOptions is what the flags of bench alone say.
type benchOptions struct {
	conns    []int
	active   int // 0: all
	size     int
	depth    int
	duration time.Duration
	warm     time.Duration
	count    int64
	rounds   int
	remote   bool
	pid      int // 0: found out
	servers  []benchCommandLine
	svg      []benchPicture
	timed    bool // --duration was given
}

// benchCommandLine is a server that is started.
type benchCommandLine struct {
	name string
	argv []string
}

// benchPicture is a file to draw to.
type benchPicture struct {
	metric *benchMetric
	file   string
}

func newBenchOptions() *benchOptions {
	return &benchOptions{conns: []int{1, 100, 1000}, size: 64, depth: 1, duration: 2 * time.Second, warm: 300 * time.Millisecond, rounds: 1}
}

// What is possible. A run that nobody meant to be endless ends.
const (
	maxConns    = 1000000
	maxSize     = 16 << 20
	maxDepth    = 1024
	countAtMost = time.Minute // how long --count may take when --duration does not say
)

func (b *benchOptions) rows() []flagRow {
	const g = "Load"
	return []flagRow{
		{"connections", 'c', "", "N[,N]", g, "how many, one after the other (1,100,1000)", func(o *options, v string) error { return b.setConns(v) }},
		{"active", 0, "", "N", g, "so many of them send, the others are only there", func(o *options, v string) error { return setCount(&b.active, "active", v, 1, maxConns) }},
		{"size", 0, "", "N", g, "bytes of a message (64)", func(o *options, v string) error { return b.setSize(v) }},
		{"depth", 0, "", "N", g, "messages of a connection on their way at once (1)", func(o *options, v string) error { return setCount(&b.depth, "depth", v, 1, maxDepth) }},
		{"duration", 0, "", "T", g, "how long to measure each (2 s)", func(o *options, v string) error {
			b.timed = true
			return setTime(&b.duration, "duration", v)
		}},
		{"count", 0, "", "N", g, "or how many messages", func(o *options, v string) error { return b.setMessages(v) }},
		{"warmup", 0, "", "T", g, "before that (300 ms)", func(o *options, v string) error { return setTime(&b.warm, "warmup", v) }},
		{"rounds", 0, "", "N", g, "all of it N times, the median is shown", func(o *options, v string) error { return setCount(&b.rounds, "rounds", v, 1, 99) }},
		{"server", 0, "", "NAME=COMMAND", g, "start this server too; {port} in it is the port", func(o *options, v string) error { return b.addServer(v) }},
		{"pid", 0, "", "PID", g, "the process of the server at ADDRESS", func(o *options, v string) error { return setCount(&b.pid, "pid", v, 1, 1<<30) }},
		{"remote", 0, "", "", g, "ADDRESS may be another host", func(o *options, v string) error { return setBool(&b.remote, v) }},
		{"svg", 0, "", "FILE", g, "draw the rates; p99=, cpu=, memory=FILE those", func(o *options, v string) error { return b.addPicture(v) }},
	}
}

func (b *benchOptions) setConns(v string) error {
	b.conns = nil
	for _, word := range strings.Split(v, ",") {
		n := 0
		if err := setCount(&n, "connections", word, 1, maxConns); err != nil {
			return err
		}
		if slices.Contains(b.conns, n) {
			return usageError("--connections: " + word + " is there twice")
		}
		b.conns = append(b.conns, n)
	}
	return nil
}

func (b *benchOptions) setSize(v string) error {
	n, err := parseSize(v)
	if err != nil {
		return badValue("size", err)
	}
	if n < 1 || n > maxSize {
		return usageError("--size: " + v + " is out of range (1 to 16M)")
	}
	b.size = int(n)
	return nil
}

func (b *benchOptions) setMessages(v string) error {
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil || n < 1 {
		return usageError("--count: " + quoted(v) + " is not a number of messages")
	}
	b.count = n
	return nil
}

func (b *benchOptions) addServer(v string) error {
	name, line, ok := strings.Cut(v, "=")
	argv := strings.Fields(line)
	if !ok || name == "" || len(argv) == 0 {
		return usageError("--server: " + quoted(v) + " is not NAME=COMMAND")
	}
	if !strings.Contains(line, "{port}") {
		return usageError("--server: " + quoted(v) + " does not say where its port goes: {port}")
	}
	b.servers = append(b.servers, benchCommandLine{name, argv})
	return nil
}

func (b *benchOptions) addPicture(v string) error {
	p := benchPicture{metric: &benchMetrics[0], file: v}
	if what, file, ok := strings.Cut(v, "="); ok {
		i := slices.IndexFunc(benchMetrics[:], func(m benchMetric) bool { return m.name == what })
		if i < 0 {
			return usageError("--svg: " + quoted(what) + " is not one of rate, p99, cpu, memory")
		}
		p = benchPicture{&benchMetrics[i], file}
	}
	if p.file == "" {
		return usageError("--svg needs a file")
	}
	b.svg = append(b.svg, p)
	return nil
}

// placed looks for what the run will need at its end, or in the middle: a run may take an hour, and a word that was misspelt
// is to be told before it.
func (b *benchOptions) placed(k *sys.Calls, path string) error {
	for _, s := range b.servers {
		if _, err := sys.LookPath(k, s.argv[0], path); err != nil {
			return usageError("--server: " + quoted(s.argv[0]) + ": " + err.Error())
		}
	}
	for _, p := range b.svg {
		err := k.Faccessat(unix.AT_FDCWD, p.file, unix.W_OK)
		if err == unix.ENOENT {
			err = k.Faccessat(unix.AT_FDCWD, filepath.Dir(p.file), unix.W_OK|unix.X_OK)
		}
		var st unix.Stat_t
		if err == nil && k.Fstatat(unix.AT_FDCWD, p.file, &st, 0) == nil && st.Mode&unix.S_IFMT == unix.S_IFDIR {
			err = unix.EISDIR
		}
		if err != nil {
			return fail(exitWrite, sys.Wrap("write", sys.SafeName(p.file), err))
		}
	}
	return nil
}

// check refuses what does not go together.
func (b *benchOptions) check(typ int) error {
	switch {
	case b.duration == 0:
		return usageError("--duration: in no time nothing can be measured")
	case b.duration > time.Hour || b.warm > time.Hour:
		return usageError("--duration and --warmup: an hour is the most")
	case typ == unix.SOCK_DGRAM && b.size < load.MinDatagram:
		return usageError("--size: a datagram needs " + itoa(load.MinDatagram) + " bytes, or a late one could not be told from a wrong one")
	case typ != unix.SOCK_STREAM && b.size > load.MaxDatagram:
		return usageError("--size: " + itoa(load.MaxDatagram) + " bytes is the most that fits a datagram")
	}
	if b.count > 0 && !b.timed {
		b.duration = countAtMost
	}
	return nil
}
