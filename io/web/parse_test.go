package web

import (
	"bytes"
	"strings"
	"testing"
)

// whole parses b in one go.
func whole(b string) (r request, n, status int) {
	n, status = r.parse([]byte(b))
	return r, n, status
}

func TestParse(t *testing.T) {
	long := strings.Repeat("a", maxLine)
	tests := []struct {
		in     string
		status int  // 0: fine, or more is needed
		more   bool // more is needed
		keeps  bool
	}{
		{in: "GET / HTTP/1.1\r\nHost: x\r\n\r\n", keeps: true},
		{in: "HEAD /a?b HTTP/1.1\r\nHost: x:80\r\n\r\n", keeps: true},
		{in: "GET / HTTP/1.1\r\nHost:\r\n\r\n", keeps: true},
		{in: "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", keeps: true},
		{in: "GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n", keeps: true},
		{in: "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", keeps: true},
		{in: "GET / HTTP/1.9\r\nHost: x\r\n\r\n", keeps: true},
		{in: "\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", keeps: true},
		{in: "GET / HTTP/1.1\r\nHost: x\r\nConnection: Close\r\n\r\n"},
		{in: "GET / HTTP/1.1\r\nHost: x\r\nConnection: te , close\r\n\r\n"},
		{in: "GET / HTTP/1.1\r\nHost: x\r\nConnection: closed\r\n\r\n", keeps: true},
		{in: "GET / HTTP/1.0\r\n\r\n"},
		{in: "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", keeps: true},
		{in: "GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n"},
		{in: "GET / HTTP/1.1\r\nHost: x\r\nX-Empty:\r\nX-Tab:\ta\tb\t\r\nX-8bit: \xff\r\n\r\n", keeps: true},
		{in: "GET /\xc3\xa9 HTTP/1.1\r\nHost: x\r\n\r\n", keeps: true},

		// A body ends the connection: nobody reads it.
		{in: "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", keeps: true},
		{in: "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n"},
		{in: "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n"},
		{in: "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"},

		// What is typed has no CR. It is answered, but nothing is believed afterwards.
		{in: "GET / HTTP/1.1\nHost: x\n\n"},
		{in: "GET / HTTP/1.0\n\n"},
		{in: "GET / HTTP/1.1\r\nHost: x\n\r\n"},

		{in: "", more: true},
		{in: "\r", more: true},
		{in: "\r\n", more: true},
		{in: "GET", more: true},
		{in: "GET / HTTP/1.1\r\n", more: true},
		{in: "GET / HTTP/1.1\r\nHost: x\r\n", more: true},
		{in: "GET / HTTP/1.1\r\nHost: x\r\n\r", more: true},

		// request lines
		{in: "\x16\x03\x01", status: 400}, // TLS
		{in: "\r\n\r\n\r\n\r\n\r\n", status: 400},
		{in: " GET / HTTP/1.1\r\n", status: 400},
		{in: "GET\r\n", status: 400},
		{in: "GET /\r\n", status: 400}, // HTTP/0.9
		{in: "GET  / HTTP/1.1\r\n", status: 400},
		{in: "GET / HTTP/1.1 \r\n", status: 400},
		{in: "GET / x HTTP/1.1\r\n", status: 400},
		{in: "GET /\t HTTP/1.1\r\n", status: 400},
		{in: "GET /\x7f HTTP/1.1\r\n", status: 400},
		{in: "GET /\x00 HTTP/1.1\r\n", status: 400},
		{in: "GET / HTTP/1.1\r\r\n", status: 400},
		{in: "\rGET / HTTP/1.1\r\n", status: 400},
		{in: "G@T / HTTP/1.1\r\n", status: 400},
		{in: "GET / http/1.1\r\n", status: 400},
		{in: "GET / HTTP/1.10\r\n", status: 400},
		{in: "GET / HTTP/11\r\n", status: 400},
		{in: "GET / HTTP/x.1\r\n", status: 400},
		{in: "GET / HTTP/2.0\r\n", status: 505},
		{in: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", status: 505},
		{in: "GET / HTTP/0.9\r\n", status: 505},
		{in: "GET /" + long + " HTTP/1.1\r\n", status: 414},
		{in: "GET /" + long, status: 414},
		{in: long + long, status: 414},

		// fields
		{in: "GET / HTTP/1.1\r\nHost : x\r\n\r\n", status: 400},
		{in: "GET / HTTP/1.1\r\n Host: x\r\n\r\n", status: 400},
		{in: "GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n", status: 400},
		{in: "GET / HTTP/1.1\r\nHost: x\r\n\tfolded: y\r\n\r\n", status: 400},
		{in: "GET / HTTP/1.1\r\nHost\r\n\r\n", status: 400},
		{in: "GET / HTTP/1.1\r\n: x\r\n\r\n", status: 400},
		{in: "GET / HTTP/1.1\r\nHo\"st: x\r\n\r\n", status: 400},
		{in: "GET / HTTP/1.1\r\nHost: x\rX: y\r\n\r\n", status: 400},
		{in: "GET / HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n", status: 400},
		{in: "GET / HTTP/1.1\r\nHost: x\r\nX: a\x1bb\r\n\r\n", status: 400},
		{in: "GET / HTTP/1.1\r\n\r\n", status: 400}, // no Host
		{in: "GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n", status: 400},
		{in: "GET / HTTP/1.0\r\nHost: x\r\nHost: y\r\n\r\n", status: 400},
		{in: "GET / HTTP/1.1\r\nHost: x/y\r\n\r\n", status: 400},
		{in: "GET / HTTP/1.1\r\nHost: u@x\r\n\r\n", status: 400},
		{in: "GET / HTTP/1.1\r\nHost: x y\r\n\r\n", status: 400},
		{in: "GET / HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("A: b\r\n", maxFields), status: 431},
		{in: "GET / HTTP/1.1\r\nHost: x\r\nA: " + long + long + long, status: 431},
		{in: "GET / HTTP/1.1\r\nHost: x\r\nA: " + long + "\r\nB: " + long + "\r\nC: " + long + "\r\n\r\n", status: 431},

		// lengths: two readers must not see two requests
		{in: "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", status: 400},
		{in: "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n", status: 400},
		{in: "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", status: 400},
		{in: "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n", status: 400},
		{in: "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5, 5\r\n\r\n", status: 400},
		{in: "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\n", status: 400},
		{in: "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", status: 400},
		{in: "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0x5\r\n\r\n", status: 400},
		{in: "POST / HTTP/1.1\r\nHost: x\r\nContent-Length:\r\n\r\n", status: 400},
		{in: "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", status: 400},
		{in: "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n", status: 501},
		{in: "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", status: 501},
		{in: "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n", status: 400},
		{in: "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", status: 400},
		{in: "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", status: 400},
	}
	for _, tt := range tests {
		r, n, status := whole(tt.in)
		name := tt.in[:min(len(tt.in), 100)]
		switch {
		case status != tt.status:
			t.Errorf("%q: %d, not %d", name, status, tt.status)
		case status != 0:
		case tt.more && n != 0, !tt.more && n != len(tt.in):
			t.Errorf("%q: %d bytes", name, n)
		case !tt.more && r.keeps() != tt.keeps:
			t.Errorf("%q: keeps %v", name, r.keeps())
		}
	}
}

func TestParseFields(t *testing.T) {
	b := []byte("\r\nHEAD /x%20y HTTP/1.1\r\nhost: h\r\nIF-NONE-MATCH: \"a\", W/\"b\"\r\nIf-Match:*\r\nIf-Modified-Since:  d1  \r\n" +
		"If-Unmodified-Since:\td2\r\nIf-Range: r\r\nRange: bytes=0-1\r\n\r\nGET /next")
	var r request
	n, status := r.parse(b)
	if status != 0 || n != len(b)-len("GET /next") || r.method != head || r.twice {
		t.Fatalf("%d, %d, %+v", n, status, r)
	}
	for _, f := range []struct {
		s    span
		want string
	}{
		{r.line, "HEAD /x%20y HTTP/1.1"}, {r.target, "/x%20y"}, {r.ifNoneMatch, `"a", W/"b"`}, {r.ifMatch, "*"}, {r.ifModified, "d1"},
		{r.ifUnmodified, "d2"}, {r.ifRange, "r"}, {r.byteRange, "bytes=0-1"},
	} {
		if string(f.s.of(b)) != f.want || !f.s.there() {
			t.Errorf("%q, want %q", f.s.of(b), f.want)
		}
	}
	if r, _, _ := whole("GET / HTTP/1.1\r\nHost: x\r\nRange: bytes=0-1\r\nRange: bytes=2-3\r\n\r\n"); !r.twice {
		t.Error("two ranges are one")
	}
}

// TestParseAllocs: an ordinary request costs no memory.
func TestParseAllocs(t *testing.T) {
	b := []byte("GET /a/b/c.html?q=1 HTTP/1.1\r\nHost: localhost:8000\r\nUser-Agent: x/1.0 (y; z)\r\nAccept: text/html,*/*;q=0.8\r\n" +
		"Accept-Language: en\r\nAccept-Encoding: gzip, deflate\r\nConnection: keep-alive\r\nIf-None-Match: \"1-2-3\"\r\n\r\n")
	path := make([]byte, 0, 100)
	var r request
	if n := testing.AllocsPerRun(1000, func() {
		r = request{}
		if n, status := r.parse(b); n != len(b) || status != 0 {
			t.Fatal(n, status)
		}
		if p, status := locate(r.target.of(b), path); status != 0 || string(p.path) != "a/b/c.html" {
			t.Fatal(p, status)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// FuzzParse: bytes that come one by one, or in two pieces, say the same as all at once; what is accepted has one Host, no
// two lengths, and no line that another reader could see differently.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "HEAD http://x/ HTTP/1.0\n\n", "\r\nGET /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nxGET",
		"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\n y: z\r\n\r\n", "\x16\x03",
		"GET / HTTP/1.1\r\nHost: x\r\nRange: bytes=0-\r\nIf-Range: \"a\"\r\nConnection: a,close\r\n\r\n",
	} {
		f.Add([]byte(s), uint16(7))
	}
	f.Fuzz(func(t *testing.T, b []byte, cut uint16) {
		var one request
		n, status := one.parse(b)
		if n < 0 || n > len(b) || n > maxHead {
			t.Fatalf("%d of %d bytes", n, len(b))
		}
		var two request
		i := min(int(cut), len(b))
		n2, status2 := two.parse(b[:i])
		if n2 == 0 && status2 == 0 {
			n2, status2 = two.parse(b)
		}
		if status2 != status || status == 0 && n2 != n {
			t.Fatalf("%q: in two pieces %d, %d; at once %d, %d", b, n2, status2, n, status)
		}
		if len(b) < 300 {
			var drip request
			for i := 1; i <= len(b); i++ {
				if n2, status2 = drip.parse(b[:i]); n2 != 0 || status2 != 0 {
					break
				}
			}
			if status2 != status || status == 0 && n2 != n {
				t.Fatalf("%q: drop by drop %d, %d; at once %d, %d", b, n2, status2, n, status)
			}
		}
		if status != 0 && statusRow(status).code != status {
			t.Fatalf("%d has no page", status)
		}
		firstLine(&one, b)
		if n == 0 || status != 0 {
			return
		}
		h := b[:n]
		if i := bytes.Index(h, []byte("\r\n\r\n")); !one.bareLF && one.blank == 0 && i >= 0 && i+4 != n {
			t.Fatalf("%q: the head ends at %d, not %d", b, i+4, n)
		}
		if one.minor > 0 && one.hosts != 1 {
			t.Fatalf("%q: %d hosts", b, one.hosts)
		}
		for i, c := range h {
			if c == '\r' && h[i+1] != '\n' || c == 0 {
				t.Fatalf("%q: accepted", b)
			}
		}
		if one.keeps() && (one.body || one.lengths > 1 || one.codings > 0) {
			t.Fatalf("%q: a body and no end", b)
		}
		locate(one.target.of(b), nil)
	})
}
