package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Many at once: a broker's readers, a relay's idle pairs, datagrams.

// brokers is one writer of 64 KiB messages and 50 readers, each of which gets all of it.
func brokers() []*table {
	const readers = 50
	t := &table{name: "broker", title: "broker, one writer and 50 readers", unit: "MB/s delivered", ref: "ncat --broker", limit: "C copy", aim: "8x ncat"}
	for _, c := range []struct{ name, program, line string }{
		{"cat5", "", "{cat5} listen --quiet --broker tcp 127.0.0.1:{port}"},
		{"C copy", "", "{limit} broker {port}"},
		{"ncat --broker", "ncat", "ncat -l --broker -m 200 127.0.0.1 {port}"},
	} {
		if !installed(c.program) {
			continue
		}
		t.cases = append(t.cases, &result{name: c.name, run: func() (float64, float64, error) {
			total := *size / 16
			port := freePort()
			server := command(c.line, port, nil, nil)
			if err := server.cmd.Start(); err != nil {
				return 0, 0, err
			}
			defer server.cmd.Wait()
			defer server.cmd.Process.Kill()
			if err := listening(false, port); err != nil {
				return 0, 0, err
			}
			before := cpuOf(server.cmd.Process.Pid)
			began := time.Now()
			load := exec.Command(tool("limit"), "crowd", strconv.Itoa(port), strconv.Itoa(readers), strconv.FormatInt(total, 10))
			late := time.AfterFunc(hang, func() { load.Process.Kill() })
			defer late.Stop()
			out, err := load.Output()
			seconds := time.Since(began).Seconds() - 0.3 // in which it waits for the server
			if err != nil {
				return 0, 0, err
			}
			if got := strings.TrimSpace(string(out)); got != strconv.FormatInt(total*readers, 10) {
				return 0, 0, fmt.Errorf("%s of %d bytes were delivered", got, total*readers)
			}
			cpu := cpuOf(server.cmd.Process.Pid) - before
			return float64(total*readers) / seconds / 1e6, cpu / (float64(total*readers) / (1 << 30)), nil
		}})
	}
	return []*table{t}
}

// cpuOf is the processor time of a process so far, in seconds (proc(5), /proc/pid/stat; 100 ticks a second on every Linux).
func cpuOf(pid int) float64 {
	b, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	_, rest, _ := strings.Cut(string(b), ") ")
	f := strings.Fields(rest)
	if len(f) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(f[11])
	system, _ := strconv.Atoi(f[12])
	return float64(user+system) / 100
}

// status is a number of /proc/pid/status: kB, or a count.
func status(pid int, name string) int {
	b, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			n, _ := strconv.Atoi(strings.Fields(rest)[0])
			return n
		}
	}
	return 0
}

// idles is what a relay's connections cost while nobody says anything.
func idles() []*table {
	const pairs = 5000
	t := &table{name: "relay-idle", title: "relay, memory of an idle pair", unit: "KiB of 5000", less: true, ref: "cat5"}
	t.cases = []*result{{name: "cat5"}}
	t.cases[0].run = func() (float64, float64, error) {
		back, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return 0, 0, err
		}
		defer back.Close()
		port := freePort()
		line := fmt.Sprintf("{cat5} relay --quiet listen:tcp:127.0.0.1:{port} tcp:%s", back.Addr())
		relay := command(line, port, nil, nil)
		if err := relay.cmd.Start(); err != nil {
			return 0, 0, err
		}
		defer relay.cmd.Wait()
		defer relay.cmd.Process.Kill()
		if err := listening(false, port); err != nil {
			return 0, 0, err
		}
		pid := relay.cmd.Process.Pid
		empty := status(pid, "VmRSS")
		for range pairs {
			front, err := net.Dial("tcp", "127.0.0.1:"+strconv.Itoa(port))
			if err != nil {
				return 0, 0, err
			}
			defer front.Close()
			far, err := back.Accept()
			if err != nil {
				return 0, 0, err
			}
			defer far.Close()
		}
		full := status(pid, "VmRSS")
		wakes, cpu := status(pid, "voluntary_ctxt_switches"), cpuOf(pid)
		time.Sleep(time.Second) // what is measured is a second without anything
		t.cases[0].note = fmt.Sprintf("%d wake-ups and %.0f ms of processor in a second of silence", status(pid, "voluntary_ctxt_switches")-wakes, (cpuOf(pid)-cpu)*1e3)
		return float64(full-empty) / pairs, 0, nil
	}
	return []*table{t}
}

// datagrams is how many a tool sends from a file, and how many it takes of a flood.
func datagrams() []*table {
	const count, length = 300000, 1400
	send := &table{name: "udp-send", title: "datagrams sent, 1400 bytes", unit: "thousands/s", ref: "socat", limit: "C GSO", aim: "40x nc with GSO"}
	for _, c := range []struct{ name, program, line string }{
		{"cat5", "", "{cat5} udp --quiet --send-only --record=raw --max-size=1400 127.0.0.1 {port}"},
		{"C GSO", "", tool("udp") + " gso 127.0.0.1 {port} 1400"},
		{"C sendmmsg", "", tool("udp") + " mmsg 127.0.0.1 {port} 1400"},
		{"nc.openbsd", "nc.openbsd", "nc.openbsd -u -N -w1 127.0.0.1 {port}"},
		{"ncat", "ncat", "ncat -u --send-only 127.0.0.1 {port}"},
		{"socat", "socat", "socat -u -b 1400 STDIN UDP:127.0.0.1:{port}"},
	} {
		if !installed(c.program) {
			continue
		}
		r := &result{name: c.name}
		r.run = func() (float64, float64, error) {
			port := freePort()
			counter := exec.Command(tool("udp"), "count", strconv.Itoa(port))
			said := new(strings.Builder)
			counter.Stdout = said
			if err := counter.Start(); err != nil {
				return 0, 0, err
			}
			if err := bound(port); err != nil {
				return 0, 0, err
			}
			in, err := os.Open(head(count * length))
			if err != nil {
				return 0, 0, err
			}
			defer in.Close()
			sender := command(c.line, port, in, nil)
			late := time.AfterFunc(hang, func() { sender.cmd.Process.Kill() })
			defer late.Stop()
			if err := sender.cmd.Run(); err != nil {
				return 0, 0, err
			}
			if err := counter.Wait(); err != nil {
				return 0, 0, err
			}
			rate, came, err := tally(said.String())
			if err != nil {
				return 0, 0, err
			}
			switch {
			case strings.HasPrefix(c.name, "nc"): // it cuts its input where it likes
				r.note = fmt.Sprintf("%d bytes each", count*length/max(came, 1))
			case came != count:
				r.note = fmt.Sprintf("%.1f %% not counted", max(0, 1-float64(came)/count)*100)
			}
			u := sender.cmd.ProcessState
			return rate / 1e3, (u.UserTime() + u.SystemTime()).Seconds() / (float64(count*length) / (1 << 30)), nil
		}
		send.cases = append(send.cases, r)
	}
	return append([]*table{send}, floods(count, length)...)
}

// floods is how many of a flood a tool takes: one that sends datagram by datagram, and one whose kernel cuts trains of them.
func floods(count, length int) []*table {
	var all []*table
	for _, f := range []struct{ name, title, how, aim string }{
		{"udp-receive", "datagrams received under a flood, 1400 bytes", "flood", "4x nc.openbsd, and loss told"},
		{"udp-trains", "the same, of a sender whose kernel cuts them (UDP_SEGMENT)", "train", ""},
	} {
		take := &table{name: f.name, title: f.title, unit: "thousands/s", ref: "nc.openbsd", limit: "C recvmmsg", aim: f.aim}
		all = append(all, take)
		for _, c := range []struct{ name, program, line string }{
			{"cat5", "", "{cat5} udp --quiet -l -d 127.0.0.1 {port}"},
			{"C recvmmsg", "", tool("udp") + " take {port}"},
			{"nc.openbsd", "nc.openbsd", "nc.openbsd -u -l 127.0.0.1 {port}"},
			{"ncat", "ncat", "ncat -u -l --recv-only 127.0.0.1 {port}"},
			{"socat", "socat", "socat -u -b 65536 UDP-RECV:{port},bind=127.0.0.1 STDOUT"},
		} {
			if !installed(c.program) {
				continue
			}
			r := &result{name: c.name}
			r.run = func() (float64, float64, error) {
				port := freePort()
				rd, wr, err := os.Pipe()
				if err != nil {
					return 0, 0, err
				}
				tail := exec.Command(tool("udp"), "bytes", strconv.Itoa(length))
				said := new(strings.Builder)
				tail.Stdin, tail.Stdout = rd, said
				receiver := command(c.line, port, nil, wr)
				err = tail.Start()
				if err == nil {
					err = receiver.cmd.Start()
				}
				rd.Close()
				wr.Close()
				if err == nil {
					err = bound(port)
				}
				if err == nil {
					err = exec.Command(tool("udp"), f.how, "127.0.0.1", strconv.Itoa(port), strconv.Itoa(length), strconv.Itoa(count)).Run()
				}
				if err != nil {
					return 0, 0, err
				}
				time.Sleep(300 * time.Millisecond) // what it has taken is on its way out
				receiver.cmd.Process.Signal(syscall.SIGINT)
				receiver.cmd.Wait()
				if err := tail.Wait(); err != nil {
					return 0, 0, err
				}
				rate, came, err := tally(said.String())
				if err != nil {
					return 0, 0, err
				}
				r.note = fmt.Sprintf("%.0f %% lost", max(0, 1-float64(came)/float64(count))*100)
				u := receiver.cmd.ProcessState
				return rate / 1e3, (u.UserTime() + u.SystemTime()).Seconds() / (float64(max(came, 1)*length) / (1 << 30)), nil
			}
			take.cases = append(take.cases, r)
		}
	}
	return all
}

// tally reads what udp.c counts: datagrams a second, and how many.
func tally(said string) (rate float64, came int, err error) {
	_, err = fmt.Sscan(said, &rate, &came)
	return rate, came, err
}

// head is a file of n bytes.
func head(n int64) string {
	name := dir + "/datagrams"
	if st, err := os.Stat(name); err == nil && st.Size() == n {
		return name
	}
	if err := os.WriteFile(name, []byte(strings.Repeat("x", int(n))), 0o600); err != nil {
		fatal(err)
	}
	return name
}

// bound waits until somebody has the port.
func bound(port int) error {
	want := fmt.Sprintf(":%04X ", port)
	for range 20000 {
		b, err := os.ReadFile("/proc/net/udp")
		if err == nil && strings.Contains(string(b), want) {
			return nil
		}
		time.Sleep(time.Millisecond)
	}
	return fmt.Errorf("nobody has port %d", port)
}
