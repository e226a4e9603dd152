package modes

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestParseSide(t *testing.T) {
	for in, want := range map[string]string{
		"-":                             "-",
		"tcp:localhost:80":              "tcp:localhost:80",
		"localhost:80":                  "tcp:localhost:80",
		"udp:[::1]:53":                  "udp:[::1]:53",
		"/run/x,y.sock":                 "unix:/run/x,y.sock",
		"unix:x,y":                      "unix:x,y",
		"@name":                         "unix:@name",
		"unix-dgram:/run/log":           "unix:/run/log",
		"unix-seqpacket:@s":             "unix:@s",
		"listen:8000":                   "listen:tcp:127.0.0.1:8000",
		"listen:tcp:8000":               "listen:tcp:127.0.0.1:8000",
		"listen:tcp::8000":              "listen:tcp:127.0.0.1:8000",
		"listen:tcp:[::]:8000":          "listen:tcp:[::]:8000",
		"listen:tcp:0.0.0.0:http":       "listen:tcp:0.0.0.0:http",
		"listen:udp:0":                  "listen:udp:127.0.0.1:0",
		"listen:unix:x":                 "listen:unix:x",
		"listen:./x":                    "listen:unix:./x",
		"listen:@name":                  "listen:unix:@name",
		"listen:unix-seqpacket:/tmp/x":  "listen:unix:/tmp/x",
		"listen:tcp:localhost:ssh":      "listen:tcp:localhost:ssh",
		"listen:udp:[fe80::1%lo]:12345": "listen:udp:[fe80::1%lo]:12345",
	} {
		if s, err := parseSide(in, 0); err != nil || s.String() != want {
			t.Errorf("%q is %v, %v; want %s", in, &s, err, want)
		}
	}
	if s, _ := parseSide("listen:80", unix.AF_INET6); s.String() != "listen:tcp:[::1]:80" {
		t.Errorf("-6: %v", &s)
	}
	for in, typ := range map[string]int{"unix:x": unix.SOCK_STREAM, "unix-dgram:x": unix.SOCK_DGRAM, "listen:unix-seqpacket:x": unix.SOCK_SEQPACKET, "udp:a:1": unix.SOCK_DGRAM, "tcp:a:1": unix.SOCK_STREAM} {
		if s, err := parseSide(in, 0); err != nil || s.typ != typ {
			t.Errorf("%q: type %d, %v", in, s.typ, err)
		}
	}
	for in, part := range map[string]string{
		"":                                  "port is missing",
		"localhost":                         "port is missing",
		"listen:":                           "port is empty",
		"listen:-":                          "listened for on stdin",
		"listen:tcp:":                       "port is empty",
		"listen:unix:":                      "a path or an @name",
		"listen:a:b:c":                      "IPv6",
		"http://a:80":                       "not a URL",
		"TCP:localhost:80":                  "written tcp:localhost:80",
		"TCP4:a:80":                         "written -4 tcp:a:80",
		"tcp6-connect:a:80":                 "written -6 tcp:a:80",
		"tcp:a:80,nodelay":                  "written tcp:a:80, and options are flags",
		"TCP-LISTEN:8080,reuseaddr,fork":    "written listen:tcp:8080, and",
		"tcp-listen:8080,bind=0.0.0.0,fork": "written listen:tcp:0.0.0.0:8080",
		"TCP4-L:80":                         "written -4 listen:tcp:80",
		"UDP4-LISTEN:53,fork":               "written -4 listen:udp:53",
		"UNIX-CONNECT:/run/x":               "written unix:/run/x",
		"unix-listen:/run/x,mode=600":       "written listen:unix:/run/x",
		"ABSTRACT-CONNECT:x":                "written unix:@x",
		"STDIO":                             "written -",
		"EXEC:/bin/cat":                     "listen --exec",
		"SYSTEM:date":                       "listen --exec",
		"listen:tcp:99999":                  "out of range",
		"tcp:localhost:0":                   "port 0",
		"unix-dgram:":                       "a path or an @name",
		"OPENSSL:host:443":                  `there is no kind "OPENSSL"`,
		"listen:unix:a\x00b":                "NUL",
		"UDP-RECVFROM:161,reuseaddr,fork,bind=::": "written listen:udp:[::]:161",
	} {
		if s, err := parseSide(in, 0); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%q: %v, %v; want an error with %q", in, &s, err, part)
		}
	}
}

// FuzzParseSide: what is taken for an address can be typed again, and errors fool no terminal.
func FuzzParseSide(f *testing.F) {
	for _, s := range []string{"-", "listen:tcp:80", "unix-dgram:x", "TCP4-LISTEN:1,fork", "listen:@\x00", "a:1", "listen:[::]:1", "tcp::,"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		s, err := parseSide(in, 0)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\x00\x1b\n\r\x7f") {
				t.Errorf("the error of %q would fool a terminal: %q", in, err)
			}
			return
		}
		if strings.HasPrefix(s.path, "//") { // after unix: that would be taken for a URL
			return
		}
		again, err := parseSide(s.String(), 0)
		if again.typ = s.typ; err != nil || again != s {
			t.Errorf("%q became %v, and that %v, %v", in, &s, &again, err)
		}
	})
}
