package sock

import (
	"net/netip"
	"strings"
	"testing"
)

func TestParseHostPort(t *testing.T) {
	tests := []struct {
		words     string // separated by |
		listening bool
		host      string
		port      string
		err       string // a part of it
	}{
		{"localhost|80", false, "localhost", "80", ""},
		{"localhost:80", false, "localhost", "80", ""},
		{"example.com:http", false, "example.com", "http", ""},
		{"127.0.0.1:65535", false, "127.0.0.1", "65535", ""},
		{"[::1]:80", false, "::1", "80", ""},
		{"::1|80", false, "::1", "80", ""},
		{"[::1]|80", false, "::1", "80", ""},
		{"[fe80::1%eth0]:80", false, "fe80::1%eth0", "80", ""},
		{"fe80::1%2|80", false, "fe80::1%2", "80", ""},
		{"::ffff:1.2.3.4|1", false, "::ffff:1.2.3.4", "1", ""},
		{"h|x11-1", false, "h", "x11-1", ""},
		{"h|007", false, "h", "007", ""},
		{":80", true, "", "80", ""},
		{"80", true, "", "80", ""},
		{"0", true, "", "0", ""},
		{"http", true, "", "http", ""},
		{"127.0.0.1:0", true, "127.0.0.1", "0", ""},
		{"[::]:0", true, "::", "0", ""},
		{"|80", true, "", "80", ""},

		{"", false, "", "", "port is missing"},
		{"127.0.0.1", true, "", "", "port is missing"},
		{"localhost", false, "", "", "port is missing"},
		{"[::1]", false, "", "", "port is missing"},
		{"[::1", false, "", "", "port is missing"},
		{"::1:80", false, "", "", "[V6]:PORT"},
		{"::1", false, "", "", "[V6]:PORT"},
		{":80", false, "", "", "host is empty"},
		{"|80", false, "", "", "host is empty"},
		{"h:", false, "", "", "port is empty"},
		{"h|", false, "", "", "port is empty"},
		{"", true, "", "", "port is empty"},
		{"h|65536", false, "", "", "out of range"},
		{"h|99999999999999999999", false, "", "", "out of range"},
		{"h|-1", false, "", "", "not a number or the name"},
		{"h|+1", false, "", "", "not a number or the name"},
		{"h|8 0", false, "", "", "not a number or the name"},
		{"h|80/tcp", false, "", "", "not a number or the name"},
		{"h|0", false, "", "", "port 0"},
		{"h|000", false, "", "", "port 0"},
		{"[::1|80", false, "", "", "brackets"},
		{"::1]|80", false, "", "", "brackets"},
		{"[x:y]:80", false, "", "", "not an IPv6 address"},
		{"1:2:3|80", false, "", "", "not an IPv6 address"},
		{"a b|80", false, "", "", "not a name or an address"},
		{"a\x00b|80", false, "", "", "not a name or an address"},
		{"http://h|80", false, "", "", "not a name or an address"},
		{"user@h|80", false, "", "", "not a name or an address"},
		{strings.Repeat("a", 256) + "|80", false, "", "", "not a name or an address"},
		{"a|b|c", false, "", "", "one address"},
	}
	for _, tt := range tests {
		a, err := ParseHostPort(strings.Split(tt.words, "|"), tt.listening)
		if tt.err != "" {
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%q: %v, %v; want an error with %q", tt.words, a, err, tt.err)
			}
			continue
		}
		if err != nil || a.Host != tt.host || a.Port != tt.port {
			t.Errorf("%q: %+v, %v; want %q %q", tt.words, a, err, tt.host, tt.port)
		}
	}
	if _, err := ParseHostPort(nil, true); err == nil {
		t.Error("no words are an address")
	}
}

// FuzzParseHostPort: whatever is taken for an address can be written down and read again, and is what it says.
func FuzzParseHostPort(f *testing.F) {
	for _, s := range []string{"localhost:80", "[::1]:80", "h|80", ":0", "80", "fe80::1%2|http", "[a:b", "]:[", "::", "h:65536", "\xff:1", "a|b|c", "[]:1", "[[::1]]|1"} {
		f.Add(s, false)
		f.Add(s, true)
	}
	f.Fuzz(func(t *testing.T, s string, listening bool) {
		a, err := ParseHostPort(strings.Split(s, "|"), listening)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\x00\x1b\n\r\x7f") {
				t.Errorf("the error of %q would fool a terminal: %q", s, err)
			}
			return
		}
		if a.Host == "" && !listening || a.Port == "" {
			t.Errorf("%q became %+v", s, a)
		}
		if strings.ContainsAny(a.Host+a.Port, " \t\r\n\x00/@[]") {
			t.Errorf("%q became %+v", s, a)
		}
		if strings.Contains(a.Host, ":") {
			if _, err := netip.ParseAddr(a.Host); err != nil {
				t.Errorf("%q became %+v: %v", s, a, err)
			}
		}
		again, err := ParseHostPort([]string{a.String()}, listening)
		if err != nil || again != a {
			t.Errorf("%q became %+v, written %q, read again %+v, %v", s, a, a, again, err)
		}
		two, err := ParseHostPort([]string{a.Host, a.Port}, listening)
		if err != nil || two != a {
			t.Errorf("%q became %+v, as two words %+v, %v", s, a, two, err)
		}
	})
}
