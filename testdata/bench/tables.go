package main

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// tables is everything that is measured, in the order of docs/performance.md.
func tables() []*table {
	var all []*table
	all = append(all, startups()...)
	all = append(all, streams()...)
	all = append(all, datagrams()...)
	all = append(all, brokers()...)
	all = append(all, idles()...)
	return append(all, scans()...)
}

// peers are the tools beside which cat5 stands: how each sends, receives, over TCP and over a unix socket.
var peers = []struct{ name, program, send, recv, unixSend, unixRecv string }{
	{"cat5", "", "{cat5} tcp 127.0.0.1 {port}", "{cat5} tcp -l -d 127.0.0.1 {port}", "{cat5} unix {path}", "{cat5} unix -l -d {path}"},
	{"cat5 copy", "", "{cat5} tcp --io=copy 127.0.0.1 {port}", "{cat5} tcp -l -d --io=copy 127.0.0.1 {port}", "{cat5} unix --io=copy {path}", "{cat5} unix -l -d --io=copy {path}"},
	{"C splice", "", "{limit} send {port}", "{limit} recv {port}", "{limit} send {path}", "{limit} recv {path}"},
	{"nc.openbsd", "nc.openbsd", "nc.openbsd -N 127.0.0.1 {port}", "nc.openbsd -l 127.0.0.1 {port}", "nc.openbsd -N -U {path}", "nc.openbsd -l -U {path}"},
	{"ncat", "ncat", "ncat --send-only 127.0.0.1 {port}", "ncat -l --recv-only 127.0.0.1 {port}", "ncat --send-only -U {path}", "ncat -l --recv-only -U {path}"},
	{"socat", "socat", "socat -u STDIN TCP:127.0.0.1:{port}", "socat -u TCP-LISTEN:{port},bind=127.0.0.1 STDOUT", "socat -u STDIN UNIX:{path}", "socat -u UNIX-LISTEN:{path} STDOUT"},
}

func streams() []*table {
	specs := []struct {
		name, title, aim string
		t                transfer
	}{
		{"send-pipe", "send, stdin is a pipe", "4.5x nc.openbsd, 0.95 of C", transfer{in: "pipe", out: "sink"}},
		{"send-file", "send, stdin is a file", "5x nc.openbsd, 0.97 of C", transfer{in: "file", out: "sink"}},
		{"receive-null", "receive, stdout is /dev/null", "3.5x nc.openbsd", transfer{in: "mem", out: "null"}},
		{"receive-pipe", "receive, stdout is a pipe", "4x nc.openbsd, 0.97 of C", transfer{in: "mem", out: "pipe"}},
		{"receive-file", "receive, stdout is a file", "3x nc.openbsd", transfer{in: "mem", out: "file"}},
		{"both-pipe", "both ends, pipe to pipe", "3x nc.openbsd, 0.9 of C", transfer{in: "pipe", out: "pipe"}},
		{"both-file", "both ends, file to file", "3x nc.openbsd", transfer{in: "file", out: "file"}},
		{"unix-pipe", "unix, send, stdin is a pipe", "1.0 of C", transfer{in: "pipe", out: "sink", unix: true}},
	}
	var all []*table
	for _, s := range specs {
		t := &table{name: "stream-" + s.name, title: s.title, unit: "MB/s", ref: "nc.openbsd", limit: "C splice", aim: s.aim}
		for _, p := range peers {
			if !installed(p.program) {
				continue
			}
			send, recv := p.send, p.recv
			if s.t.unix {
				send, recv = p.unixSend, p.unixRecv
			}
			run := s.t
			run.send, run.recv, run.countSend, run.countRecv = send, recv, s.t.in != "mem", s.t.out != "sink"
			if s.t.in == "mem" {
				run.send = "{limit} mem {port} {n}"
			}
			if s.t.out == "sink" {
				run.recv = "{limit} sink {port}"
				if s.t.unix {
					run.recv = "{limit} sink {path}"
				}
			}
			t.cases = append(t.cases, &result{name: p.name, run: run.run})
		}
		all = append(all, t)
	}
	relay := &table{name: "stream-relay", title: "relay, TCP to TCP", unit: "MB/s", ref: "socat", limit: "C splice", aim: "12x socat, 0.95 of C"}
	for _, r := range []struct{ name, line string }{
		{"cat5", "{cat5} relay --quiet --once listen:tcp:127.0.0.1:{port} tcp:127.0.0.1:{to}"},
		{"C splice", "{limit} relay {port} {to}"},
		{"socat", "socat TCP-LISTEN:{port},bind=127.0.0.1 TCP:127.0.0.1:{to}"},
	} {
		if r.name == "socat" && !have("socat") {
			continue
		}
		t := transfer{in: "mem", out: "sink", send: "{limit} mem {port} {n}", recv: "{limit} sink {port}", middle: r.line}
		relay.cases = append(relay.cases, &result{name: r.name, run: t.run})
	}
	return append(all, relay)
}

// startups is from start to exit, of many runs one after the other.
func startups() []*table {
	const runs = 40
	many := func(r *result, line string, port int) func() (float64, float64, error) {
		return func() (float64, float64, error) {
			argv := fill(line, port)
			began, cpu := time.Now(), 0.0
			var faults int64
			for range runs {
				cmd := exec.Command(argv[0], argv[1:]...)
				in, err := os.Open(inputLine())
				if err != nil {
					return 0, 0, err
				}
				cmd.Stdin = in
				err = cmd.Run()
				in.Close()
				if err != nil {
					return 0, 0, fmt.Errorf("%s: %w", line, err)
				}
				cpu += cmd.ProcessState.UserTime().Seconds() + cmd.ProcessState.SystemTime().Seconds()
				faults += cmd.ProcessState.SysUsage().(*syscall.Rusage).Minflt
			}
			r.note = fmt.Sprintf("%3d page faults", faults/runs)
			return time.Since(began).Seconds() / runs * 1e3, cpu / runs, nil
		}
	}
	port := freePort()
	server := command("{cat5} echo --quiet 127.0.0.1 {port}", port, nil, nil)
	if err := server.cmd.Start(); err != nil {
		fatal(err)
	}
	if err := listening(false, port); err != nil {
		fatal(err)
	}
	stop = append(stop, func() {
		server.cmd.Process.Kill()
		server.cmd.Wait()
	})
	talk := &table{name: "startup-line", title: "connect, a line, its echo", unit: "ms", less: true, ref: "empty", aim: "1.7x an empty Go program, no more than socat, 1/6 of ncat"}
	look := &table{name: "startup-look", title: "is the port open", unit: "ms", less: true, ref: "empty"}
	add := func(t *table, name, program, line string) {
		if installed(program) {
			r := &result{name: name}
			r.run = many(r, line, port)
			t.cases = append(t.cases, r)
		}
	}
	add(talk, "empty", "", tool("empty"))
	add(talk, "cat5 tcp", "", "{cat5} tcp 127.0.0.1 {port}")
	add(talk, "nc.openbsd", "nc.openbsd", "nc.openbsd -N 127.0.0.1 {port}")
	add(talk, "socat", "socat", "socat - TCP:127.0.0.1:{port}")
	add(talk, "ncat", "ncat", "ncat 127.0.0.1 {port}")
	add(look, "empty", "", tool("empty"))
	add(look, "cat5 nc -z", "", "{cat5} nc -z 127.0.0.1 {port}")
	add(look, "cat5 wait", "", "{cat5} wait --quiet 127.0.0.1:{port}")
	add(look, "nc.openbsd -z", "nc.openbsd", "nc.openbsd -z 127.0.0.1 {port}")
	add(look, "ncat -z", "ncat", "ncat -z 127.0.0.1 {port}")
	return []*table{talk, look}
}

// stop is what to do at the end.
var stop []func()

func inputLine() string {
	name := dir + "/line"
	if _, err := os.Stat(name); err != nil {
		os.WriteFile(name, []byte("hello\n"), 0o600)
	}
	return name
}
