package modes

import (
	"strings"
	"time"

	"cat5/io/sock"

	"golang.org/x/sys/unix"
)

// keepFlags are the flags that only keepalive has.
type keepFlags struct {
	idle, intvl time.Duration // 0: not given
	cnt         int
	defaults    bool // the host's own, in place of ours
	heartbeat   bool
	size        int64 // of a ping; 0: no ping-pong
	every       time.Duration
	hasEvery    bool
	watch       bool
	hold        time.Duration // 0: until something happens
}

// What is used when nothing else is said: short enough to watch. The kernel's own (tcp(7)) are 2 hours, 75 s and 9.
const (
	keepIdle  = 5 * time.Second
	keepIntvl = time.Second
	keepCnt   = 3
	beatEvery = time.Second
)

func keepaliveCommand() *command {
	f := &keepFlags{every: beatEvery}
	const g = "Keep-alive"
	return &command{
		name: "keepalive", group: groupLearn, usage: "HOST PORT | unix PATH | -l [ADDRESS] PORT",
		short: "hold a connection and see whether the peer is alive",
		examples: []string{
			"cat5 keepalive host 22               # the kernel probes; pull the cable",
			"cat5 keepalive --heartbeat host 7    # an echo server: is the program alive?",
			"cat5 keepalive --ping-pong 64k host 7",
			"cat5 keepalive -l :: 7               # the answering side",
		},
		about: "The kernel probes a silent peer: IDLE after its last sign of life, then every\n" +
			"INTVL; CNT probes without an answer end the connection. Linux's own values are\n" +
			"2 h, 75 s and 9: a dead peer goes unnoticed for 2 h 11 min 15 s.\n" +
			"exit: 0 the peer answers, 28 no answer, 56 it was restarted (or reset us).\n",
		own: []flagRow{
			{"idle", 0, "", "T", g, "silence before the first probe (5 s)", func(o *options, v string) error { return setWhole(&f.idle, "idle", v) }},
			{"intvl", 0, "", "T", g, "from probe to probe (1 s)", func(o *options, v string) error { return setWhole(&f.intvl, "intvl", v) }},
			{"cnt", 0, "", "N", g, "unanswered probes, or beats, that end it (3)", func(o *options, v string) error { return setCount(&f.cnt, "cnt", v, 1, 127) }},
			{"kernel-defaults", 0, "", "", g, "this host's settings instead of 5 s, 1 s, 3", func(o *options, v string) error { return setBool(&f.defaults, v) }},
			{"heartbeat", 0, "", "", g, "send a small packet and wait for its echo", func(o *options, v string) error { return setBool(&f.heartbeat, v) }},
			{"ping-pong", 0, "", "SIZE", g, "the same with a payload, compared byte by byte", func(o *options, v string) error { return f.setSize(v) }},
			{"interval", 'i', "", "T", g, "between beats, or lines of --watch (1 s)", func(o *options, v string) error {
				f.hasEvery = true
				return setTime(&f.every, "interval", v)
			}},
			{"watch", 0, "", "", g, "a line each interval: RTT, unacked, retransmits", func(o *options, v string) error { return setBool(&f.watch, v) }},
			{"for", 0, "", "T", g, "leave after T; else ^C, or the peer's end", func(o *options, v string) error { return setTime(&f.hold, "for", v) }},
		},
		json:  "one JSON document on stdout; -l: events on stderr",
		flags: strings.Fields("listen ipv4 ipv6 numeric source source-port interface backlog connect-timeout retry type mode unlink sockopt user-timeout verbose quiet json color explain ready-fd port-file help"),
		run: func(e *Env, o *options, operands []string) error {
			return runKeepalive(e, o, f, operands)
		},
	}
}

// setWhole reads a time that the kernel counts in whole seconds, from 1 to 32767 (tcp(7), MAX_TCP_KEEPIDLE).
func setWhole(p *time.Duration, flag, v string) error {
	if err := setTime(p, flag, v); err != nil {
		return err
	}
	if *p%time.Second != 0 || *p < time.Second || *p > 32767*time.Second {
		return usageError("--" + flag + ": " + v + " is not a number of whole seconds from 1 to 32767, which is how the kernel counts")
	}
	return nil
}

func (f *keepFlags) setSize(v string) error {
	n, err := parseSize(v)
	if err != nil {
		return badValue("ping-pong", err)
	}
	if n < 1 || n > 16<<20 {
		return usageError("--ping-pong: " + v + " is out of range (1 to 16M)")
	}
	f.size = n
	return nil
}

// check refuses what contradicts itself.
func (f *keepFlags) check(o *options, network string) error {
	beating := f.heartbeat || f.size > 0
	switch {
	case f.heartbeat && f.size > 0:
		return usageError("--heartbeat and --ping-pong exclude each other")
	case o.listen && (beating || f.watch || f.hold > 0 || f.hasEvery):
		return usageError("--heartbeat, --ping-pong, --interval, --watch and --for are for the client: -l answers")
	case network != "unix" && (o.sockType != unix.SOCK_STREAM || o.hasMode || o.unlink != sock.UnlinkNever):
		return usageError("--type, --mode and --unlink are for unix sockets")
	case o.sockType == unix.SOCK_DGRAM:
		return usageError("--type: datagrams have no connection that could be kept alive")
	case network == "unix" && (f.idle > 0 || f.intvl > 0 || f.defaults):
		return usageError("--idle, --intvl and --kernel-defaults are for tcp: the kernel does not probe unix sockets, as their peers cannot vanish unseen")
	case network == "unix" && f.watch:
		return usageError("--watch is for tcp: of a unix socket there is no TCP_INFO to show")
	case !beating && network != "unix" && f.hasEvery && !f.watch:
		return usageError("--interval is for --heartbeat, --ping-pong and --watch; between the kernel's probes it is --intvl")
	case f.watch && f.every <= 0:
		return usageError("--watch needs an --interval above 0")
	case o.sockType == unix.SOCK_SEQPACKET && f.size > unixMax:
		return usageError("--ping-pong: a record holds at most " + formatBytes(unixMax))
	}
	if network == "unix" && !o.listen && f.size == 0 {
		f.heartbeat = true
	}
	return nil
}

// sockopts puts what was asked of the kernel before what --sockopt says, so that the latter wins.
func (f *keepFlags) sockopts(o *options) error {
	var mine options
	if err := addOpt(&mine, "keepalive", "on"); err != nil {
		return err
	}
	for _, row := range []struct {
		name       string
		given, our int
	}{
		{"keepidle", int(f.idle / time.Second), int(keepIdle / time.Second)},
		{"keepintvl", int(f.intvl / time.Second), int(keepIntvl / time.Second)},
		{"keepcnt", f.cnt, keepCnt},
	} {
		n := row.given
		if n == 0 && !f.defaults {
			n = row.our
		}
		if n == 0 {
			continue // the kernel's own stays
		}
		if err := addOpt(&mine, row.name, itoa(n)); err != nil {
			return err
		}
	}
	o.opts = append(mine.opts, o.opts...)
	return nil
}
