package main

import (
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// These tests scan a network of their own, of which they know everything: nothing may be missed and nothing invented.

// scanned is what scan --json prints.
type scanned struct {
	Ports, Asked int
	Counts       []struct {
		State, Reason string
		N             int
	}
	Results []struct {
		Port                         int
		State, Reason, Service, Says string
	}
}

func (s scanned) ports(state string) (all []int) {
	for _, r := range s.Results {
		if r.State == state {
			all = append(all, r.Port)
		}
	}
	return all
}

func (s scanned) count(state string) (n int) {
	for _, c := range s.Counts {
		if c.State == state {
			n += c.N
		}
	}
	return n
}

func scanJSON(t *testing.T, h how, code int, args ...string) (s scanned, took string) {
	t.Helper()
	r := start(t, h, append([]string{"scan", "--json"}, args...)...).wait()
	if r.status.ExitStatus() != code {
		t.Errorf("scan %q: %s, want exit %d\n%s", args, describe(r.status), code, r.err)
	}
	var doc struct {
		scanned
		Took int `json:"took_us"`
	}
	if err := json.Unmarshal([]byte(r.out), &doc); err != nil {
		t.Fatalf("scan %q: %v in\n%s%s", args, err, r.out, r.err)
	}
	return doc.scanned, strconv.Itoa(doc.Took/1000) + " ms"
}

// openPorts listens on n ports that the kernel chooses, and says which; nobody accepts.
func openPorts(t *testing.T, n int) (all []int) {
	t.Helper()
	for range n {
		ln, _ := listenOn(t, "127.0.0.1:0")
		all = append(all, ln.Addr().(*net.TCPAddr).Port)
	}
	slices.Sort(all)
	return all
}

func TestScanMissesNothing(t *testing.T) {
	if !inside(t) {
		return
	}
	open := openPorts(t, 100)
	s, took := scanJSON(t, how{}, 0, "127.0.0.1", "-")
	if got := s.ports("open"); !slices.Equal(got, open) || s.count("closed") != 65535-len(open) || s.Asked != 65535 {
		t.Errorf("open are %d, found %d: %v\n%+v", len(open), len(got), got, s.Counts)
	}
	t.Logf("65535 ports, %d open, all found, none invented, in %s", len(open), took)

	// Each silent server keeps a descriptor while its greeting is waited for: there are 20 for 100 of them.
	s, _ = scanJSON(t, how{sh: `ulimit -n 20; exec "$0" "$@"`}, 0, "--banner", "-w", "0.1", "127.0.0.1", "-")
	if got := s.ports("open"); !slices.Equal(got, open) || s.Asked != 65535 {
		t.Errorf("with 20 descriptors: open are %d, found %d\n%+v", len(open), len(got), s.Counts)
	}
}

// The kernel gives a connecting socket one of these four ports, and so now and then the one that it connects to: the
// socket is then connected to itself. Nobody listens there all the same.
func TestScanIsNotFooledByItself(t *testing.T) {
	if !inside(t) {
		return
	}
	must(t, os.WriteFile("/proc/sys/net/ipv4/ip_local_port_range", []byte("50000 50003"), 0))
	for range 20 {
		s, _ := scanJSON(t, how{}, 1, "127.0.0.1", "50000-50003")
		if s.count("closed") != 4 {
			t.Fatalf("%+v", s.Counts)
		}
	}
	fooled := 0
	if _, err := exec.LookPath("nc.openbsd"); err == nil {
		for range 20 {
			if exec.Command("nc.openbsd", "-z", "127.0.0.1", "50000-50003").Run() == nil {
				fooled++
			}
		}
	}
	t.Logf("nobody listens; nc.openbsd said that somebody does in %d of 20 runs, cat5 in none", fooled)
}

func TestScanTellsFilteredFromClosed(t *testing.T) {
	if _, err := exec.LookPath("nft"); err != nil {
		notTried(t, "scan against a firewall (nft)")
		return
	}
	if !inside(t) {
		return
	}
	tool(t, "nft", "add", "table", "inet", "t")
	tool(t, "nft", "add", "chain", "inet", "t", "in", "{ type filter hook input priority 0; }")
	for _, rule := range []string{
		"tcp dport 1000-1199 drop", "tcp dport 1200 reject with icmp type admin-prohibited", "tcp dport 1201 reject with tcp reset",
		"tcp dport 1202 reject with icmp type host-unreachable", "udp dport 1000 drop", "udp dport 1001 reject with icmp type port-unreachable",
	} {
		tool(t, append([]string{"nft", "add", "rule", "inet", "t", "in"}, strings.Fields(rule)...)...)
	}
	s, took := scanJSON(t, how{}, 1, "-w", "1", "--retry", "0", "127.0.0.1", "1000-1199")
	if s.count("filtered") != 200 {
		t.Errorf("200 ports are dropped: %+v", s.Counts)
	}
	t.Logf("200 filtered ports, 1 s time-out, no retry: %s", took)

	s, _ = scanJSON(t, how{}, 1, "-w", "0.1", "127.0.0.1", "1199-1203")
	var got []string
	for _, r := range s.Results {
		got = append(got, strconv.Itoa(r.Port)+" "+r.State+" "+r.Reason)
	}
	want := []string{"1199 filtered no answer in 100 ms", "1200 filtered no route to host", "1201 closed connection refused",
		"1202 filtered no route to host", "1203 closed connection refused"}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}

	p := start(t, how{}, "echo", "udp", "127.0.0.1", "1002")
	p.line("listening on")
	s, _ = scanJSON(t, how{}, 0, "-u", "-w", "0.2", "--send", "hello", "127.0.0.1", "1000-1002")
	if len(s.Results) != 3 || s.Results[0].State != "open|filtered" || s.Results[1].State != "closed" || s.Results[2].State != "open" {
		t.Errorf("udp: %+v", s.Results)
	}
	// Silence is never "open".
	if s, _ = scanJSON(t, how{}, 1, "-u", "-w", "0.1", "127.0.0.1", "1000"); s.count("open|filtered") != 1 {
		t.Errorf("udp: %+v", s.Counts)
	}
}
