package sys

import (
	"net/netip"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestInet(t *testing.T) {
	tests := []struct {
		ap     string
		scope  uint32
		family int
		n      uint32
		want   string // AddrPort
		shown  string // String
	}{
		{"127.0.0.1:80", 0, unix.AF_INET, 16, "127.0.0.1:80", "127.0.0.1:80"},
		{"0.0.0.0:0", 0, unix.AF_INET, 16, "0.0.0.0:0", "0.0.0.0:0"},
		{"255.255.255.255:65535", 0, unix.AF_INET, 16, "255.255.255.255:65535", "255.255.255.255:65535"},
		{"[::1]:443", 0, unix.AF_INET6, 28, "[::1]:443", "[::1]:443"},
		{"[::]:0", 0, unix.AF_INET6, 28, "[::]:0", "[::]:0"},
		{"[::ffff:1.2.3.4]:5", 0, unix.AF_INET6, 28, "[::ffff:1.2.3.4]:5", "1.2.3.4:5"},
		{"[fe80::1]:6", 3, unix.AF_INET6, 28, "[fe80::1%3]:6", "[fe80::1%3]:6"},
		{"[2001:db8::1]:7", 3, unix.AF_INET6, 28, "[2001:db8::1]:7", "[2001:db8::1]:7"}, // only link-local ones have a zone
	}
	for _, tt := range tests {
		a := Inet(netip.MustParseAddrPort(tt.ap), tt.scope)
		if a.Family() != tt.family || a.n != tt.n || a.AddrPort() != netip.MustParseAddrPort(tt.want) || a.String() != tt.shown {
			t.Errorf("%s: family %d, length %d, %v, %q", tt.ap, a.Family(), a.n, a.AddrPort(), a)
		}
		if b := Inet(netip.MustParseAddrPort(tt.ap), tt.scope); a != b {
			t.Errorf("%s: two of the same are not equal", tt.ap)
		}
		if b := a.WithPort(9); b.AddrPort().Port() != 9 || b.AddrPort().Addr() != a.AddrPort().Addr() || b == a {
			t.Errorf("%s: with port 9 it is %v", tt.ap, b)
		}
		if a.UnixName() != "" {
			t.Errorf("%s has the unix name %q", tt.ap, a.UnixName())
		}
	}
}

func TestUnix(t *testing.T) {
	tests := []struct {
		name  string
		n     uint32
		shown string
	}{
		{"/run/x.sock", 14, "/run/x.sock"},
		{"x", 4, "x"},
		{"with space", 13, "with space"},
		{"/a\x1b[31m\n\xff", 12, `/a\x1b[31m\n\xff`},
		{"@name", 7, "@name"},
		{"@", 3, "@"},
		{"@a\x00b\x00", 7, `@a\x00b\x00`},
		{"@\x00\x00", 5, `@\x00\x00`},
		{strings.Repeat("p", 107), 110, strings.Repeat("p", 107)},
		{"@" + strings.Repeat("n", 107), 110, "@" + strings.Repeat("n", 107)},
	}
	for _, tt := range tests {
		a, err := Unix(tt.name)
		if err != nil || a.Family() != unix.AF_UNIX || a.n != tt.n || a.UnixName() != tt.name || a.String() != tt.shown {
			t.Errorf("%q: %v, length %d, name %q, shown %q", tt.name, err, a.n, a.UnixName(), a)
		}
		if a.AddrPort().IsValid() || a.WithPort(5) != a {
			t.Errorf("%q has a port", tt.name)
		}
	}
	for _, name := range []string{strings.Repeat("p", 108), "@" + strings.Repeat("n", 108), strings.Repeat("p", 5000)} {
		if a, err := Unix(name); err != ErrUnixName || a != (Addr{}) {
			t.Errorf("%d bytes: %v", len(name), err)
		}
	}
}

func TestNoAddress(t *testing.T) {
	none, unnamed := Addr{}, UnixUnnamed()
	if none.Family() != unix.AF_UNSPEC || none.String() != "" || none.UnixName() != "" || none.AddrPort().IsValid() {
		t.Errorf("the zero Addr: %d %q", none.Family(), none)
	}
	if unnamed.Family() != unix.AF_UNIX || unnamed.String() != "" || unnamed.UnixName() != "" {
		t.Errorf("an unnamed one: %d %q", unnamed.Family(), unnamed)
	}
}

// TestThroughTheKernel: what the kernel gives back is what it was given, and == says so.
func TestThroughTheKernel(t *testing.T) {
	k := Linux()
	dir := t.TempDir()
	path, _ := Unix(dir + "/s")
	abstract, _ := Unix("@cat5-test\x00" + dir)
	tests := []struct {
		family int
		a      Addr
	}{
		{unix.AF_INET, Inet(netip.MustParseAddrPort("127.0.0.1:0"), 0)},
		{unix.AF_INET6, Inet(netip.MustParseAddrPort("[::1]:0"), 0)},
		{unix.AF_UNIX, path},
		{unix.AF_UNIX, abstract},
		{unix.AF_UNIX, UnixUnnamed()},
	}
	for _, tt := range tests {
		fd, err := k.Socket(tt.family, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
		if err == unix.EAFNOSUPPORT {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		defer k.Close(fd)
		if err := k.Bind(fd, tt.a); err != nil {
			if err == unix.EADDRNOTAVAIL && tt.family == unix.AF_INET6 {
				continue // a host without ::1
			}
			t.Fatalf("%v: %v", tt.a, err)
		}
		got, err := k.Getsockname(fd)
		if err != nil {
			t.Fatal(err)
		}
		want := tt.a
		switch {
		case tt.family != unix.AF_UNIX:
			want = want.WithPort(got.AddrPort().Port())
		case tt.a == UnixUnnamed(): // the kernel has chosen: five hex digits (unix(7))
			if name := got.UnixName(); len(name) != 6 || name[0] != '@' {
				t.Errorf("autobind: %q", name)
			}
			want = got
		}
		if got != want {
			t.Errorf("bound to %v, and the kernel says %v (lengths %d and %d)", want, got, want.n, got.n)
		}
		// What a datagram came from is the same again.
		from, err := k.Socket(tt.family, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer k.Close(from)
		if _, err := k.Sendto(fd, []byte("x"), unix.MSG_DONTWAIT, &got); err != nil {
			t.Errorf("sending to %v: %v", got, err)
			continue
		}
		var sender Addr
		var b [4]byte
		if n, _, err := k.Recvfrom(fd, b[:], unix.MSG_DONTWAIT, &sender); n != 1 || err != nil || sender != got {
			t.Errorf("received %d, %v from %v, not %v", n, err, sender, got)
		}
	}
}

func TestSafeName(t *testing.T) {
	for in, want := range map[string]string{
		"":                  "",
		"plain":             "plain",
		`quo"te`:            `quo"te`,
		`back\slash`:        `back\\slash`,
		"tab\tnl\n":         `tab\tnl\n`,
		"\x1b]0;title\a":    `\x1b]0;title\a`,
		"caf\u00e9":         "caf\u00e9",
		"bidi \u202e text":  `bidi \u202e text`,
		"c1 \u009b":         `c1 \u009b`,
		"bad \xff\xfe utf8": `bad \xff\xfe utf8`,
		"nul\x00":           `nul\x00`,
		"\U000e0041":        `\U000e0041`,
	} {
		if got := SafeName(in); got != want {
			t.Errorf("SafeName(%q) = %q, want %q", in, got, want)
		}
	}
}
