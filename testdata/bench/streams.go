package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Bytes through a connection: who sends, who receives, from and to what.

// fill puts the address of this run into a command line.
func fill(line string, port int) []string {
	r := strings.NewReplacer("{port}", strconv.Itoa(port), "{path}", sockPath(port), "{n}", strconv.FormatInt(*size, 10), "{cat5}", tool("cat5"), "{limit}", tool("limit"))
	return strings.Fields(r.Replace(line))
}

func sockPath(port int) string { return filepath.Join(dir, "s"+strconv.Itoa(port)) }

// freePort is a port that nobody has.
func freePort() int {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fatal(err)
	}
	defer ln.Close()
	return ln.Addr().(*net.TCPAddr).Port
}

// part is one process of a measurement.
type part struct {
	cmd     *exec.Cmd
	measure bool // its processor time counts
}

func command(line string, port int, in, out *os.File) *part {
	argv := fill(line, port)
	p := &part{cmd: exec.Command(argv[0], argv[1:]...)}
	p.cmd.Stdin, p.cmd.Stdout = in, out
	if os.Getenv("BENCH_LOUD") != "" {
		p.cmd.Stderr = os.Stderr
	}
	return p
}

// finish waits for all, and gives the time from now and the processor time of those that count.
func finish(began time.Time, parts []*part) (seconds, cpu float64, err error) {
	late := time.AfterFunc(hang, func() {
		for _, p := range parts {
			p.cmd.Process.Kill()
		}
	})
	defer late.Stop()
	for _, p := range parts {
		if e := p.cmd.Wait(); e != nil && err == nil {
			err = fmt.Errorf("%s: %w", strings.Join(p.cmd.Args, " "), e)
		}
		if p.measure {
			cpu += p.cmd.ProcessState.UserTime().Seconds() + p.cmd.ProcessState.SystemTime().Seconds()
		}
	}
	return time.Since(began).Seconds(), cpu, err
}

// transfer is one run: a sender with its input, a receiver with its output. Each is a tool or limit.
type transfer struct {
	send, recv string
	in, out    string // pipe, file, mem; pipe, file, null, sink
	countSend  bool
	countRecv  bool
	middle     string // a relay
	unix       bool
}

// run makes the transfer and returns MB/s and CPU-seconds per GiB.
func (t transfer) run() (rate, cpu float64, err error) {
	port, port2 := freePort(), freePort()
	var parts []*part
	var closers []*os.File
	fail := func(err error) (float64, float64, error) {
		for _, p := range parts {
			if p.cmd.Process != nil {
				p.cmd.Process.Kill()
				p.cmd.Wait()
			}
		}
		return 0, 0, err
	}
	pipe := func() (r, w *os.File) {
		r, w, e := os.Pipe()
		if e != nil {
			fatal(e)
		}
		closers = append(closers, r, w)
		return r, w
	}
	defer func() {
		for _, f := range closers {
			f.Close()
		}
	}()
	open := func(name string, flags int) *os.File {
		f, e := os.OpenFile(name, flags, 0o600)
		if e != nil {
			fatal(e)
		}
		closers = append(closers, f)
		return f
	}
	null := open(os.DevNull, os.O_WRONLY)
	var counted *os.File // what the sink or the drain says
	out := null
	switch t.out {
	case "pipe":
		r, w := pipe()
		out = w
		said, say := pipe()
		counted = said
		parts = append(parts, command("{limit} drain", 0, r, say))
	case "file":
		out = open(filepath.Join(shm, "out"), os.O_CREATE|os.O_TRUNC|os.O_WRONLY)
	case "sink":
		counted, out = pipe()
	}
	in := (*os.File)(nil)
	switch t.in {
	case "pipe":
		r, w := pipe()
		in = r
		parts = append(parts, command("{limit} feed {n}", 0, nil, w))
	case "file":
		in = open(inputFile(), os.O_RDONLY)
	}
	to := port
	if t.middle != "" {
		to = port2
	}
	recv := command(t.recv, to, open(os.DevNull, os.O_RDONLY), out)
	recv.measure = t.countRecv
	parts = append(parts, recv)
	for _, p := range parts {
		if err := p.cmd.Start(); err != nil {
			return fail(err)
		}
	}
	if err := listening(t.unix, to); err != nil {
		return fail(err)
	}
	if t.middle != "" {
		m := command(strings.ReplaceAll(t.middle, "{to}", strconv.Itoa(port2)), port, nil, null)
		m.measure = true
		if err := m.cmd.Start(); err != nil {
			return fail(err)
		}
		parts = append(parts, m)
		if err := listening(false, port); err != nil {
			return fail(err)
		}
	}
	began := time.Now()
	send := command(t.send, port, in, null)
	send.measure = t.countSend
	if err := send.cmd.Start(); err != nil {
		return fail(err)
	}
	parts = append(parts, send)
	for _, f := range closers { // ours: they are the processes' now
		if f != counted {
			f.Close()
		}
	}
	seconds, used, err := finish(began, parts)
	if err != nil {
		return 0, 0, err
	}
	if err := t.check(counted); err != nil {
		return 0, 0, err
	}
	return float64(*size) / seconds / 1e6, used / (float64(*size) / (1 << 30)), nil
}

// check: a tool that loses bytes is not fast. What went to /dev/null nobody has counted.
func (t transfer) check(counted *os.File) error {
	got := *size
	switch t.out {
	case "sink", "pipe":
		if _, err := fmt.Fscan(counted, &got); err != nil {
			return err
		}
	case "file":
		st, err := os.Stat(filepath.Join(shm, "out"))
		if err != nil {
			return err
		}
		got = st.Size()
	}
	if got != *size {
		return fmt.Errorf("%d of %d bytes arrived", got, *size)
	}
	return nil
}

func inputFile() string {
	name := filepath.Join(shm, "in")
	if st, err := os.Stat(name); err == nil && st.Size() == *size {
		return name
	}
	f, err := os.Create(name)
	if err != nil {
		fatal(err)
	}
	block := make([]byte, 1<<20)
	for i := range block {
		block[i] = byte(i * 31)
	}
	for n := int64(0); n < *size; n += int64(len(block)) {
		if _, err := f.Write(block[:min(int64(len(block)), *size-n)]); err != nil {
			fatal(err)
		}
	}
	f.Close()
	return name
}

// listening waits until somebody listens, without connecting: the tools take one connection.
func listening(unix bool, port int) error {
	for range 20000 {
		if unix {
			if st, err := os.Stat(sockPath(port)); err == nil && st.Mode()&os.ModeSocket != 0 {
				return nil
			}
		} else if b, err := os.ReadFile("/proc/net/tcp"); err == nil && strings.Contains(string(b), fmt.Sprintf(":%04X 00000000:0000 0A", port)) {
			return nil
		} else if b, err := os.ReadFile("/proc/net/tcp6"); err == nil && strings.Contains(string(b), fmt.Sprintf(":%04X 00000000000000000000000000000000:0000 0A", port)) {
			return nil
		}
		time.Sleep(time.Millisecond)
	}
	return errors.New("nobody listens")
}
