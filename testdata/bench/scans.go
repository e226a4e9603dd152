package main

import (
	"context"
	"fmt"
	"net"
	"os/exec"
	"regexp"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// Ports: all of this host, and some that say nothing.

// scans is all ports of this host, of which the echo server of startups has one (and nobody else, where the network is our own:
// run.sh), and 200 that drop what comes. nc.openbsd asks one port after the other: of those 200 its time is 200 times what it waits, so that it is
// not measured.
func scans() []*table {
	const quiet = 200
	all := &table{name: "scan-all", title: "ports 1-65535 of loopback", unit: "s", less: true, ref: "nc.openbsd -z", aim: "4x nc.openbsd, nothing missed, nothing invented"}
	drop := &table{name: "scan-filtered", title: "200 ports that drop what comes, each asked once for 1 s", unit: "s", less: true, ref: "nmap -sT", aim: "4x nmap -sT"}
	var ports string // that drop
	for _, c := range []struct {
		t             *table
		name, program string
		line          func() []string
	}{
		{all, "cat5 scan", "", func() []string { return []string{tool("cat5"), "scan", "127.0.0.1", "-"} }},
		{all, "nc.openbsd -z", "nc.openbsd", func() []string { return []string{"nc.openbsd", "-z", "127.0.0.1", "1-65535"} }},
		{all, "nmap -sT", "nmap", func() []string {
			return []string{"nmap", "-sT", "-n", "-Pn", "-p-", "--max-retries", "0", "127.0.0.1"}
		}},
		{drop, "cat5 scan", "", func() []string {
			return []string{tool("cat5"), "scan", "-w", "1", "--retry", "0", "127.0.0.1", ports}
		}},
		{drop, "nmap -sT", "nmap", func() []string {
			return []string{"nmap", "-sT", "-n", "-Pn", "--max-retries", "0", "-p", ports, "127.0.0.1"}
		}},
		{drop, "nmap, at once", "nmap", func() []string {
			return []string{"nmap", "-sT", "-n", "-Pn", "--max-retries", "0", "--min-parallelism", strconv.Itoa(quiet), "-p", ports, "127.0.0.1"}
		}},
	} {
		if !installed(c.program) {
			continue
		}
		r := &result{name: c.name}
		r.run = func() (float64, float64, error) {
			if c.t == drop {
				list, done, err := silent(quiet)
				if err != nil {
					return 0, 0, err
				}
				defer done()
				ports = list
			}
			argv := c.line()
			cmd := exec.Command(argv[0], argv[1:]...)
			began := time.Now()
			out, err := cmd.CombinedOutput()
			took := time.Since(began).Seconds()
			if cmd.ProcessState == nil {
				return 0, 0, err
			}
			usage := cmd.ProcessState
			if c.program == "nc.openbsd" { // it says what it found with -v only, and that costs it
				out, _ = exec.Command(argv[0], append([]string{"-v"}, argv[1:]...)...).CombinedOutput()
			}
			open := len(opened.FindAll(out, -1)) // nothing open is exit 1 of cat5
			r.note = strconv.Itoa(open) + " open"
			if want := map[*table]int{all: 1}[c.t]; c.program == "" && alone() && open != want {
				return 0, 0, fmt.Errorf("%d ports called open, and %d is:\n%s", open, want, out)
			}
			return took, usage.UserTime().Seconds() + usage.SystemTime().Seconds(), nil
		}
		c.t.cases = append(c.t.cases, r)
	}
	return []*table{all, drop}
}

// alone says that the network is our own: only the loopback is there.
func alone() bool {
	all, err := net.Interfaces()
	return err == nil && len(all) == 1
}

// opened is how the tools call a port open.
var opened = regexp.MustCompile(`(?m)^127\.0\.0\.1:\d+ +open|^\d+/tcp +open|succeeded!$`)

// silent is n ports whose listeners drop what comes: a filter that lets no byte of any packet through (socket(7),
// SO_ATTACH_FILTER) is asked about a SYN too.
func silent(n int) (ports string, done func(), err error) {
	var all []net.Listener
	done = func() {
		for _, l := range all {
			l.Close()
		}
	}
	nothing := unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K}
	for range n {
		var plain net.ListenConfig
		plain.SetMultipathTCP(false) // which knows no filters
		l, err := plain.Listen(context.Background(), "tcp", "127.0.0.1:0")
		if err != nil {
			done()
			return "", nil, err
		}
		all = append(all, l)
		raw, err := l.(*net.TCPListener).SyscallConn()
		if err == nil {
			e := raw.Control(func(fd uintptr) {
				err = unix.SetsockoptSockFprog(int(fd), unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: 1, Filter: &nothing})
			})
			if err == nil {
				err = e
			}
		}
		if err != nil {
			done()
			return "", nil, err
		}
		if ports != "" {
			ports += ","
		}
		ports += strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	}
	return ports, done, nil
}
