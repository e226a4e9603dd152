package modes

import (
	"encoding/json"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

func testHost(little bool) *inetHost {
	return &inetHost{little: little, low: 32768, high: 60999, services: "# comment\nhttp 80/tcp www\nntp\t123/udp # time\ndomain 53/tcp\ndomain 53/udp\n"}
}

func cardOf(t *testing.T, h *inetHost, s string) card {
	t.Helper()
	v, err := parseInet(s)
	if err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	c, err := h.card(v)
	if err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	return c
}

func (c *card) get(key string) string {
	for _, f := range c.facts {
		if f.key == key {
			return f.value
		}
	}
	return ""
}

func TestParseInet(t *testing.T) {
	for s, want := range map[string]string{ // the address that is meant
		"127.0.0.1": "127.0.0.1", "127.1": "127.0.0.1", "0x7f.1": "127.0.0.1", "0177.0.0.1": "127.0.0.1", "1.2.772": "1.2.3.4",
		"0x7f000001:80": "127.0.0.1", "::1": "::1", "[::1]": "::1", "[::1]:80": "::1", "::ffff:1.2.3.4": "::ffff:1.2.3.4",
		"10.0.0.1:0": "10.0.0.1", "7f 00 00 01": "127.0.0.1", "7f:00:00:01": "127.0.0.1", "0x7f,0x00,0x00,0x01": "127.0.0.1",
		"0x20010db8000000000000000000000001":              "2001:db8::1",
		"20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01": "2001:db8::1",
		"fe80::1%3": "fe80::1%3", "10.1.2.3/8": "10.1.2.3", "10.1.2.3/255.0.0.0": "10.1.2.3", "2001:db8::/32": "2001:db8::",
	} {
		v, err := parseInet(s)
		if err != nil || v.addr.String() != want {
			t.Errorf("%q is %v (%v), not %s", s, v.addr, err, want)
		}
	}
	for s, want := range map[string]uint64{"8000": 8000, "0x1f40": 8000, "017500": 8000, "2130706433": 0x7f000001, ":80": 80, "80/tcp": 80, "0": 0, "4294967295": 1<<32 - 1} {
		v, err := parseInet(s)
		if err != nil || v.kind != inetNumber || v.number != want {
			t.Errorf("%q is %d (%v), not %d", s, v.number, err, want)
		}
	}
	for s, want := range map[string]string{
		"": "nothing is not", " ": "nothing is not", "256.1.1.1": "at most 255", "1.2.3.4.5": "not an address", "1..2": "not an address", "4294967296": "at most 4294967295",
		"1.16777216": "at most 16777215", "08.1": "not an address", "0b1": "not an address", "1_0": "not an address", "1.2.3.4/33": "from 0 to 32", "::/129": "from 0 to 128",
		"1.2.3.4/": "neither a mask", "1.2.3.4/08": "neither a mask", "1.2.3.4/255.0.255.0": "ones are not all in front", "1.2.3.4/ffff::": "not of the address's family",
		"fe80::1%lo/64": "no zone", "app/sock": "not an address (a path begins", "1::2::3": "not an IPv6 address", "[::1": "not an IPv6 address", "[[::1]]": "not an IPv6 address",
		"[127.0.0.1]:80": "brackets are for IPv6", "127.0.0.1:65536": "out of range", "127.0.0.1:http": "not a port number", "example.com:80": "names of hosts", "a b": "not an address",
		"65536/tcp": "out of range", "0x123456789012345678901234567890123": "does not fit", "99999999999999999999": "does not fit", "gg 00 00 00": "not an address",
	} {
		if v, err := parseInet(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is %+v (%v), and should be refused: %s", s, v, err, want)
		}
	}
}

func TestInetKinds(t *testing.T) {
	for a, want := range map[string]string{
		"0.0.0.0": "unspecified", "0.1.2.3": "this network", "10.9.9.9": "private", "172.31.255.255": "private", "172.32.0.0": "global unicast", "192.168.0.1": "private",
		"100.64.0.1": "shared (carrier-grade NAT)", "100.128.0.0": "global unicast", "127.9.9.9": "loopback", "169.254.1.1": "link-local", "192.0.0.9": "PCP anycast",
		"192.0.0.200": "IETF protocol assignments", "192.0.2.9": "documentation (TEST-NET-1)", "198.19.0.1": "benchmarks", "203.0.113.1": "documentation (TEST-NET-3)",
		"224.0.0.251": "multicast, this link only", "225.0.0.1": "multicast", "232.1.1.1": "multicast, source-specific", "239.1.1.1": "multicast, administratively scoped",
		"233.252.0.1": "documentation (MCAST-TEST-NET)", "241.0.0.1": "reserved", "255.255.255.255": "limited broadcast", "8.8.8.8": "global unicast",
		"::": "unspecified", "::1": "loopback", "::ffff:10.0.0.1": "IPv4-mapped", "::2": "IPv4-compatible (deprecated)", "64:ff9b::1": "NAT64", "2001::1": "Teredo",
		"2001:db8::1": "documentation", "3fff::1": "documentation", "2002::1": "6to4", "fd00::1": "unique local", "fe80::1": "link-local", "febf::1": "link-local",
		"fec0::1": "site-local (deprecated)", "ff02::1": "multicast, this link only", "ff02::1:ff12:3456": "solicited-node multicast", "ff05::2": "multicast, this site", "ff0e::1": "multicast, global",
		"2a00::1": "global unicast", "4000::1": "reserved by the IETF", "100::1": "discard-only", "2001:20::1": "ORCHIDv2", "5f00::1": "segment routing (SRv6)",
	} {
		if got := blockOf(netip.MustParseAddr(a)).name; got != want {
			t.Errorf("%s is %q, not %q", a, got, want)
		}
	}
	seen := map[string]bool{}
	doc := regexp.MustCompile(`^RFC \d+(, [A\d.]+)?$`)
	for _, b := range addressBlocks {
		p, err := netip.ParsePrefix(b.prefix)
		if err != nil || p != p.Masked() || seen[b.prefix] || !doc.MatchString(b.doc) || b.name == "" || b.says == "" || len(b.says) > 62 {
			t.Errorf("a wrong row: %+v", b)
		}
		seen[b.prefix] = true
	}
}

func TestInetPrefix(t *testing.T) {
	for s, want := range map[string]map[string]string{
		"10.1.2.3/20":    {"prefix": "10.1.0.0/20", "mask": "255.255.240.0", "wildcard": "0.0.15.255", "network": "10.1.0.0", "broadcast": "10.1.15.255", "first host": "10.1.0.1", "last host": "10.1.15.254", "addresses": "4096", "hosts": "4094"},
		"192.0.2.0/31":   {"broadcast": "none", "first host": "192.0.2.0", "last host": "192.0.2.1", "addresses": "2", "hosts": ""},
		"192.0.2.7/32":   {"broadcast": "none", "first host": "192.0.2.7", "last host": "192.0.2.7", "addresses": "1"},
		"0.0.0.0/0":      {"mask": "0.0.0.0", "broadcast": "255.255.255.255", "addresses": "4294967296", "hosts": "4294967294", "kind": "everything"},
		"2001:db8::/64":  {"mask": "ffff:ffff:ffff:ffff::", "last": "2001:db8::ffff:ffff:ffff:ffff", "first host": "2001:db8::1", "addresses": "18446744073709551616", "hosts": "18446744073709551615"},
		"2001:db8::/127": {"first host": "2001:db8::", "last host": "2001:db8::1", "addresses": "2"},
		"2001:db8::/128": {"first host": "2001:db8::", "last host": "2001:db8::", "addresses": "1"},
		"::/0":           {"addresses": "340282366920938463463374607431768211456"},
	} {
		c := cardOf(t, testHost(true), s)
		for k, v := range want {
			if got := c.get(k); got != v {
				t.Errorf("%s: %s is %q, not %q", s, k, got, v)
			}
		}
	}
	if got := minus("1000", 2); got != "998" {
		t.Errorf("1000 - 2 is %s", got)
	}
}

// TestInetOrder: a number in memory, and what htons and htonl make of it, on both kinds of host.
func TestInetOrder(t *testing.T) {
	for _, little := range []bool{true, false} {
		c := cardOf(t, testHost(little), "8000")
		want := map[bool][2]string{true: {"0x401f", "0x401f0000"}, false: {"0x1f40", "0x00001f40"}}[little]
		if c.get("htons") != want[0] || c.get("htonl") != want[1] {
			t.Errorf("little %v: htons is %s, htonl is %s", little, c.get("htons"), c.get("htonl"))
		}
		if o := c.orders[0]; spaced(o.little) != "40 1f" || spaced(o.big) != "1f 40" || o.hostLittle != little {
			t.Errorf("8000 in memory: %+v", o)
		}
	}
}

func TestInetFacts(t *testing.T) {
	for s, want := range map[string][2]string{
		"80": {"tcp", "http"}, "123": {"udp", "ntp"}, "www": {"tcp", "80"}, "ntp": {"udp", "123"}, "127.1": {"inet_pton", "refuses it"},
		"2002:c000:201::1": {"holds", "192.0.2.1"}, "64:ff9b::c000:201": {"holds", "192.0.2.1"}, "::ffff:1.2.3.4": {"holds", "1.2.3.4"},
		"2001:0:4136:e378:8000:63bf:3fff:fdd2": {"holds", "192.0.2.45"}, // the example of RFC 4380's documentation
		"fe80::0211:22ff:fe33:4455":            {"holds", "00:11:22:33:44:55"}, "2001:0DB8:0:0::1": {"short", "2001:db8::1"},
		"192.0.2.1": {"reverse", "1.2.0.192.in-addr.arpa"}, "255.255.240.0": {"as a mask", "/20"},
		"/run/x": {"length", "6 of 107 bytes"}, "@x": {"length", "1 of 107 bytes"}, "0x7f000001": {"inet_aton", "127.0.0.1"},
	} {
		c := cardOf(t, testHost(true), s)
		if got := c.get(want[0]); got != want[1] {
			t.Errorf("%s: %s is %q, not %q", s, want[0], got, want[1])
		}
	}
	for _, s := range []string{"nothing-such", "/" + strings.Repeat("x", 200)} {
		v, err := parseInet(s)
		if err == nil {
			_, err = testHost(true).card(v)
		}
		if err == nil {
			t.Errorf("%q was not refused", s)
		}
	}
}

// FuzzInet: whatever is typed, the answer is a sentence or a card of 80 columns whose JSON is JSON.
func FuzzInet(f *testing.F) {
	for _, s := range []string{"127.1", "8000", "10.0.0.0/8", "[::1]:80", "fe80::1%9", "@a\x00b", "./\x1b[31m", "7f 00 00 01", "http", "80/udp", "0x7f.0.0.1:9", "::ffff:0:0/96", "ff02::1:ff00:1"} {
		f.Add(s, true)
	}
	f.Fuzz(func(t *testing.T, s string, little bool) {
		v, err := parseInet(s)
		if err != nil {
			if err.Error() == "" || strings.Contains(err.Error(), "\n") {
				t.Errorf("%q: not a sentence: %q", s, err)
			}
			return
		}
		c, err := testHost(little).card(v)
		if err != nil {
			return
		}
		for i, line := range strings.Split(c.text(), "\n") {
			if strings.ContainsAny(line, "\x1b\x00\r") || !utf8.ValidString(line) {
				t.Errorf("%q: not for a terminal: %q", s, line)
			}
			if i > 0 && utf8.RuneCountInString(line) > inetColumns && !strings.Contains(line, "ip6.arpa") && !strings.Contains(line, "sun_path") {
				t.Errorf("%q: too wide: %q", s, line)
			}
		}
		var back map[string]any
		if b := c.appendJSON(nil); json.Unmarshal(b, &back) != nil {
			t.Errorf("%q: not JSON: %s", s, b)
		}
	})
}
