package sockopt

import (
	"errors"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for in, want := range map[string]string{ // want as String writes it
		"nodelay": "nodelay=yes", "nodelay=off": "nodelay=no", "nodelay=no": "nodelay=no", "nodelay=0": "nodelay=no",
		"nodelay=false": "nodelay=no", "nodelay=on": "nodelay=yes", "nodelay=YES": "nodelay=yes", "nodelay=1": "nodelay=yes",
		"nodelay=true": "nodelay=yes", "TCP_NODELAY": "nodelay=yes", "so_rcvbuf=1": "rcvbuf=1", "SO-RCVBUF=1": "rcvbuf=1",
		"hoplimit=3": "unicast_hops=3", "IPV6_ADD_MEMBERSHIP=ff02::7": "join_group=ff02::7",
		"keepidle=10s": "keepidle=10s", "keepidle=10": "keepidle=10s", "keepidle=1m30s": "keepidle=90s",
		"keepidle=2000ms": "keepidle=2s", "user_timeout=250ms": "user_timeout=250ms", "user_timeout=2s": "user_timeout=2000ms",
		"user_timeout=250": "user_timeout=250ms", "busy_poll=50us": "busy_poll=50us", "busy_poll=1ms": "busy_poll=1000us",
		"rcvtimeo=1.5": "rcvtimeo=1.5s", "rcvtimeo=250ms": "rcvtimeo=0.25s", "rcvtimeo=3": "rcvtimeo=3s",
		"linger=0": "linger=0s", "linger=off": "linger=off", "linger=5s": "linger=5s", "linger2=none": "linger2=none",
		"rcvbuf=256k": "rcvbuf=256k", "rcvbuf=256KiB": "rcvbuf=256k", "rcvbuf=1M": "rcvbuf=1M", "rcvbuf=65536": "rcvbuf=64k",
		"rcvbuf=1000": "rcvbuf=1000", "rcvbuf=1g": "rcvbuf=1G", "max_pacing_rate=unlimited": "max_pacing_rate=unlimited",
		"max_pacing_rate=125000": "max_pacing_rate=125000", "ttl=default": "ttl=default", "ttl=64": "ttl=64",
		"tos=lowdelay": "tos=lowdelay", "tos=0x10": "tos=lowdelay", "tos=184": "tos=ef", "tos=critical": "tos=cs5", "tos=0x54": "tos=84",
		"mtu_discover=do": "mtu_discover=do", "mtu_discover=3": "mtu_discover=probe", "mark=0xff": "mark=255",
		"peek_off=off": "peek_off=off", "buf_lock=rcv+snd": "buf_lock=snd+rcv", "buf_lock=none": "buf_lock=none",
		"timestamping=0x18": "timestamping=rx_software+software", "congestion=bbr": "congestion=bbr",
		"bindtodevice=": "bindtodevice=", "bindtoifindex=2": "bindtoifindex=2", "bindtoifindex=0": "bindtoifindex=any",
		"local_port_range=40000-40999": "local_port_range=40000-40999", "local_port_range=off": "local_port_range=off",
		"add_membership=239.0.0.1": "add_membership=239.0.0.1", "add_membership=239.0.0.1,eth0.7": "add_membership=239.0.0.1,eth0.7",
		"add_membership=239.0.0.1,10.0.0.1": "add_membership=239.0.0.1,10.0.0.1", "add_membership=239.0.0.1,any": "add_membership=239.0.0.1",
		"join_group=FF02::1%eth0":                  "join_group=ff02::1,eth0",
		"add_source_membership=232.0.0.1,10.0.0.9": "add_source_membership=232.0.0.1,10.0.0.9",
		"multicast_if=10.0.0.1":                    "multicast_if=10.0.0.1", "multicast_if=0.0.0.0": "multicast_if=any",
		"md5sig=::ffff:10.0.0.1,a,b": "md5sig=10.0.0.1,a,b", "fastopen_key=" + strings.Repeat("AB", 16): "fastopen_key=" + strings.Repeat("ab", 16),
	} {
		s, err := Parse(in)
		if err != nil || s.String() != want {
			t.Errorf("Parse(%q) is %q, %v; not %q", in, s, err, want)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for in, want := range map[string]string{
		"nodlay":                                `unknown socket option "nodlay": did you mean "nodelay"?`,
		"SO_RCVBUFF=1":                          `unknown socket option "SO_RCVBUFF": did you mean "rcvbuf"?`,
		"\x1b[1m=1":                             `unknown socket option "\x1b[1m": cat5 sockopt lists them`,
		"":                                      `a socket option needs a name`,
		"=1":                                    `a socket option needs a name`,
		"error":                                 `sockopt error can only be read`,
		"info=1":                                `sockopt info can only be read`,
		"rcvbuf":                                `sockopt rcvbuf needs a value (bytes)`,
		"nodelay=maybe":                         `sockopt nodelay: "maybe" is neither on nor off`,
		"nodelay=":                              `sockopt nodelay: "" is neither on nor off`,
		"ttl=300":                               `sockopt ttl: 300 is out of range (1 to 255)`,
		"ttl=x":                                 `sockopt ttl: "x" is neither a number nor default`,
		"keepcnt=x":                             `sockopt keepcnt: "x" is not a number`,
		"keepcnt=1.5":                           `sockopt keepcnt: "1.5" is not a number`,
		"rcvbuf=x":                              `sockopt rcvbuf: "x" is not a size in bytes`,
		"rcvbuf=1.5k":                           `sockopt rcvbuf: "1.5k" is not a size in bytes`,
		"rcvbuf=k":                              `sockopt rcvbuf: "k" is not a size in bytes`,
		"rcvbuf=-1":                             `sockopt rcvbuf: -1 is out of range (0 to 2147483647)`,
		"rcvbuf=4g":                             `sockopt rcvbuf: 4g is out of range (0 to 2147483647)`,
		"rcvbuf=9999999999g":                    `sockopt rcvbuf: 9999999999g is out of range (0 to 2147483647)`,
		"keepidle=x":                            `sockopt keepidle: "x" is not a time`,
		"keepidle=10.5":                         `sockopt keepidle: "10.5" is not a whole number of seconds`,
		"keepidle=250ms":                        `sockopt keepidle: "250ms" is not a whole number of seconds`,
		"keepidle=11h":                          `sockopt keepidle: 11h is out of range (1s to 32767s)`,
		"keepidle=0":                            `sockopt keepidle: 0 is out of range (1s to 32767s)`,
		"user_timeout=10us":                     `sockopt user_timeout: "10us" is not a whole number of milliseconds`,
		"busy_poll=5ns":                         `sockopt busy_poll: "5ns" is not a whole number of microseconds`,
		"rcvtimeo=1ns":                          `sockopt rcvtimeo: "1ns" is not a whole number of microseconds`,
		"rcvtimeo=-1":                           `sockopt rcvtimeo: -1 is out of range (0s to 2147483647s)`,
		"linger=x":                              `sockopt linger: "x" is neither a time nor off`,
		"mark=4294967296":                       `sockopt mark: 4294967296 is out of range (0 to 4294967295)`,
		"mtu_discover=x":                        `sockopt mtu_discover: "x" is neither a number nor one of dont, want, do, probe, interface, omit`,
		"buf_lock=x":                            `sockopt buf_lock: "x" is not one of snd, rcv, none`,
		"buf_lock=8":                            `sockopt buf_lock: "8" is not one of snd, rcv, none`,
		"local_port_range=9-1":                  `sockopt local_port_range: "9-1" is not a range of ports like 40000-40999`,
		"congestion=":                           `sockopt congestion: the value is empty`,
		"congestion=abcdefghijklmnop":           `sockopt congestion: "abcdefghijklmnop" is longer than 15 bytes`,
		"bindtodevice=a b":                      `sockopt bindtodevice: "a b" is not a name`,
		"fastopen_key=0g":                       `sockopt fastopen_key: "0g" is not hexadecimal`,
		"fastopen_key=00":                       `sockopt fastopen_key: a value has 16 or 32 bytes, not 1`,
		"bindtoifindex=a/b":                     `sockopt bindtoifindex: "a/b" is not the name or index of an interface`,
		"bindtoifindex=10.0.0.1":                `sockopt bindtoifindex: "10.0.0.1" is not the name or index of an interface`,
		"multicast_if=":                         `sockopt multicast_if: "" is not the name or index of an interface`,
		"add_membership=10.0.0.1":               `sockopt add_membership: "10.0.0.1" is not an IPv4 multicast group`,
		"add_membership=ff02::1":                `sockopt add_membership: "ff02::1" is not an IPv4 multicast group`,
		"add_membership=239.0.0.1,":             `sockopt add_membership: the interface is empty`,
		"add_membership=239.0.0.1,a/b":          `sockopt add_membership: "a/b" is not the name or index of an interface`,
		"add_membership=239.0.0.1,a,b":          `sockopt add_membership: "b" is too much`,
		"join_group=239.0.0.1":                  `sockopt join_group: "239.0.0.1" is not an IPv6 multicast group`,
		"join_anycast=ff02::1":                  `sockopt join_anycast: "ff02::1" is not an IPv6 anycast address`,
		"add_source_membership=232.0.0.1":       `sockopt add_source_membership: the source is missing, GROUP,SOURCE`,
		"add_source_membership=232.0.0.1,x":     `sockopt add_source_membership: "x" is not an IPv4 source address`,
		"md5sig=secret":                         `sockopt md5sig: the value is not an address and a key, ADDR,KEY`,
		"md5sig=::1," + strings.Repeat("x", 81): `sockopt md5sig: the key is longer than 80 bytes or holds a NUL`,
	} {
		_, err := Parse(in)
		var usage *UsageError
		if !errors.As(err, &usage) || err.Error() != want {
			t.Errorf("Parse(%q):\n got %v\nwant %s", in, err, want)
		}
	}
}

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		in   string
		kind On
		want string
	}{
		{"nodelay", TCP4, ""}, {"nodelay", TCP, ""}, {"v6only", TCP, ""},
		{"nodelay", UDP, "sockopt nodelay: not an option of udp sockets"},
		{"nodelay", UDP6, "sockopt nodelay: not an option of udp6 sockets"},
		{"v6only", TCP4, "sockopt v6only: not an option of tcp4 sockets"},
		{"rcvbuf=1k", UnixStream, "sockopt rcvbuf: not an option of unix stream sockets"},
		{"passcred", Inet, "sockopt passcred: not an option of tcp+udp sockets"},
	} {
		s, err := Parse(c.in)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.CheckFor(c.kind); c.want == "" && got != nil || c.want != "" && (got == nil || got.Error() != c.want) {
			t.Errorf("%s on %v: %v", c.in, c.kind, got)
		}
	}
	for in, want := range map[string][2]string{
		"nodelay":          {"", ""},
		"defer_accept=1":   {"sockopt defer_accept: only a listening socket has a use for it", ""},
		"fastopen_connect": {"", "sockopt fastopen_connect: only a connecting socket has a use for it"},
	} {
		s, _ := Parse(in)
		for i, listen := range []bool{false, true} {
			if err := s.CheckRole(listen); want[i] == "" && err != nil || want[i] != "" && (err == nil || err.Error() != want[i]) {
				t.Errorf("%s, listen %v: %v", in, listen, err)
			}
		}
	}
}

func TestNearest(t *testing.T) {
	for in, want := range map[string]string{
		"nodlay": "nodelay", "keepalvie": "keepalive", "recvbuf": "rcvbuf", "reuse_addr": "reuseaddr", "TCP_KEEPIDEL": "keepidle",
		"v6-only": "v6only", "member": "add_membership", "hop_limt": "unicast_hops",
		"ndelay": "nodelay", "qqqqqqqqqqqqqqqq": "", "x": "", "speed": "", "": "",
	} {
		if got := Nearest(in); got != want {
			t.Errorf("nearest to %s is %s, not %s", in, got, want)
		}
	}
}

func TestSlips(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"abc", "abc", 0}, {"abc", "acb", 1}, {"abc", "abd", 1},
		{"abcd", "badc", 2}, {"kitten", "sitting", 3}, {"ca", "abc", 3},
	} {
		if got := Slips(c.a, c.b); got != c.want {
			t.Errorf("%q and %q: got %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

// A key must not be shown: not in -v, not in JSON, not in an error.
func TestKeyIsNotShown(t *testing.T) {
	s, err := Parse("md5sig=10.0.0.1,hush")
	if err != nil {
		t.Fatal(err)
	}
	a := Applied{Setting: s}
	for _, shown := range []string{s.shown(), s.Value.String(), a.Value.String(), string(a.AppendJSON(nil))} {
		if strings.Contains(shown, "hush") {
			t.Errorf("shown: %s", shown)
		}
	}
}

// FuzzParse: no text makes Parse panic; an error is one line; a setting's own text parses to the same setting.
func FuzzParse(f *testing.F) {
	for i := range Table {
		if o := &Table[i]; !o.RO {
			for _, v := range samples(o) {
				f.Add(o.Name + "=" + v)
			}
		}
	}
	for _, s := range []string{"nodelay", "ttl=-1", "rcvbuf=1e3", "linger=off", "join_group=ff02::1%%,x", "keepidle=+5", "mark=0x-1", "rcvtimeo=0.000001"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		s, err := Parse(in)
		if err != nil {
			if msg := err.Error(); strings.ContainsAny(msg, "\n\r\x1b") || strings.HasSuffix(msg, ".") {
				t.Errorf("Parse(%q): %q", in, msg)
			}
			return
		}
		if again, err := Parse(s.String()); err != nil || again != s {
			t.Errorf("Parse(%q) is %q, which parses as %q, %v", in, s, again, err)
		}
		s.CheckFor(Any)
		_ = string(s.Value.AppendJSON(nil)) + s.shown()
	})
}
