package modes

import (
	"net/netip"
	"strings"
	"testing"

	"cat5/io/hub"
	"cat5/io/sock"
	"cat5/io/sys"
)

func TestParsePrefix(t *testing.T) {
	for word, want := range map[string]string{
		"192.0.2.7":            "192.0.2.7/32",
		"192.0.2.0/24":         "192.0.2.0/24",
		"0.0.0.0/0":            "0.0.0.0/0",
		"::1":                  "::1/128",
		"2001:db8::/32":        "2001:db8::/32",
		"::ffff:192.0.2.7":     "192.0.2.7/32",
		"::ffff:192.0.2.0/120": "192.0.2.0/24",
		"::ffff:0:0/96":        "0.0.0.0/0",
	} {
		if p, err := parsePrefix(word); err != "" || p.String() != want {
			t.Errorf("%s: %v, %q", word, p, err)
		}
	}
	for word, want := range map[string]string{
		"":                    "is not an address",
		"localhost":           "is not an address",
		"192.0.2.0/33":        "is not an address",
		"192.0.2.0/":          "is not an address",
		"192.0.2.0/-1":        "is not an address",
		"192.0.2":             "is not an address",
		"fe80::1%eth0":        "is not an address",
		"192.0.2.1/24":        "192.0.2.0/24 is the block",
		"2001:db8::1/64":      "2001:db8::/64 is the block",
		"::ffff:192.0.2.0/24": "at least 96 bits",
	} {
		if p, err := parsePrefix(word); !strings.Contains(err, want) {
			t.Errorf("%s: %v, %q", word, p, err)
		}
	}
}

// FuzzPrefix: what is taken lets its own address in, has no zone and no bits behind, and is IPv4 where it can be.
func FuzzPrefix(f *testing.F) {
	for _, s := range []string{"192.0.2.0/24", "::1", "::ffff:10.0.0.0/104", "fe80::1%1", "1.2.3.4/0x8", "0/0", "::/0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := parsePrefix(s)
		if (err == "") != p.IsValid() && err == "" {
			t.Errorf("%q: neither a block nor an error", s)
		}
		if err != "" {
			return
		}
		a := hub.Access{Allow: []netip.Prefix{p}}
		if p != p.Masked() || p.Addr().Zone() != "" || p.Addr().Is4In6() || !a.Permits(p.Addr()) {
			t.Errorf("%q became %v", s, p)
		}
	})
}

// TestProgramEnvironment: a program is told of its own peer, and of no other.
func TestProgramEnvironment(t *testing.T) {
	e := &Env{Environ: []string{"PATH=/bin", "TCPREMOTEIP=192.0.2.99", "PROTO=UDP", "IPCREMOTEEUID=0", "TCPREMOTEIPS=mine"}}
	k := sys.Linux()
	r := &listenRun{cable: &cable{k: k, network: "tcp", plan: sock.Plan{BindPath: "/run/x"}}, env: e}
	p := &hub.Peer{UID: -1, Addr: sys.Inet(netip.MustParseAddrPort("[::ffff:192.0.2.1]:4000"), 0)}
	got := strings.Join(r.environ(p, -1), " ")
	if want := "PATH=/bin TCPREMOTEIPS=mine PROTO=TCP NCAT_PROTO=TCP TCPREMOTEIP=192.0.2.1 TCPREMOTEPORT=4000 NCAT_REMOTE_ADDR=192.0.2.1 NCAT_REMOTE_PORT=4000"; got != want {
		t.Errorf("tcp: %s", got)
	}
	r.network = "unix"
	p = &hub.Peer{UID: 1000, GID: 100, PID: 42}
	p.Addr, _ = sys.Unix("@a\x00b") // a name that no environment can hold
	got = strings.Join(r.environ(p, -1), " ")
	if want := "PATH=/bin TCPREMOTEIPS=mine PROTO=IPC IPCLOCALPATH=/run/x IPCREMOTEEUID=1000 IPCREMOTEEGID=100 IPCREMOTEPID=42"; got != want {
		t.Errorf("unix: %s", got)
	}
}
