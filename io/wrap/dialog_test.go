package wrap

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
)

// told is a whole conversation as a dialog led it: what it said, how much it took, how it ended.
type told struct {
	said  string // everything, in order
	took  int
	done  bool
	err   string
	asked bool
	bound string
}

// lead lets a dialog hear what a proxy says, cut pieces bytes at a time, and holds it to what converse counts on.
func lead(t *testing.T, p Proxy, to Target, answer string, piece int) told {
	t.Helper()
	p.Name = "P"
	d, first := p.dialog(to)
	r := told{said: string(first)}
	for r.took < len(answer) {
		rest := answer[r.took:]
		rest = rest[:min(piece, len(rest))]
		s := d.hear([]byte(rest))
		if s.took < 0 || s.took > len(rest) {
			t.Fatalf("took %d of %d bytes", s.took, len(rest))
		}
		r.took += s.took
		r.said += string(s.say)
		switch {
		case s.err != nil:
			r.err, r.took = s.err.Error(), 0 // the connection is given up, and whatever is on it
			no := (*Refusal)(nil)
			r.asked = errors.As(s.err, &no) && no.Asked
			return r
		case s.done:
			r.done, r.bound = true, d.bound()
			return r
		case s.took < len(rest) && len(s.say) == 0:
			t.Fatalf("stopped at byte %d of %q for no reason", r.took, answer)
		}
	}
	return r
}

func name(host string, port uint16) Target { return Target{Host: host, Port: port} }

func ip(s string, port uint16) Target { return Target{Addr: netip.MustParseAddr(s), Port: port} }

func x(s string) string {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return string(b)
}

// TestConversations: for each protocol what is said, byte for byte, and what every kind of answer means. Each answer is
// heard in every cut, with the target's own first words behind it: they are never taken.
func TestConversations(t *testing.T) {
	alice := func(s Scheme) Proxy { return Proxy{Scheme: s, User: "alice", Password: "pw"} }
	ok4, ok5 := x("00 5a 0000 00000000"), x("05 00 00 01 00000000 0000")
	four, five := x("04 01 0050 7f000001 00"), x("050100")
	request5 := x("05 01 00 03 04") + "host" + x("0050")
	request := func(target, auth string) string {
		return "CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\n" + auth + "\r\n"
	}
	basic := "Proxy-Authorization: Basic YWxpY2U6cHc=\r\n"
	for _, c := range []struct {
		name   string
		p      Proxy
		to     Target
		answer string
		want   told
	}{
		{"4", Proxy{Scheme: SOCKS4}, ip("127.0.0.1", 80), ok4, told{said: four, done: true}},
		{"4, a user", Proxy{Scheme: SOCKS4, User: "bob"}, ip("127.0.0.1", 80), ok4, told{said: four[:8] + "bob\x00", done: true}},
		{"4, version 4", Proxy{Scheme: SOCKS4}, ip("127.0.0.1", 80), "\x04" + ok4[1:], told{said: four, done: true}},
		{"4, rejected", Proxy{Scheme: SOCKS4}, ip("127.0.0.1", 80), "\x00\x5b", told{said: four, err: "request rejected or failed"}},
		{"4, no identd", Proxy{Scheme: SOCKS4}, ip("127.0.0.1", 80), "\x00\x5c", told{said: four, err: "request rejected: the proxy cannot reach identd on this host"}},
		{"4, another user", Proxy{Scheme: SOCKS4}, ip("127.0.0.1", 80), "\x00\x5d", told{said: four, err: "request rejected: identd on this host and the request name different users"}},
		{"4, nonsense", Proxy{Scheme: SOCKS4}, ip("127.0.0.1", 80), "\x00\x00", told{said: four, err: "reply 0, which SOCKS4 does not have"}},
		{"4, HTTP", Proxy{Scheme: SOCKS4}, ip("127.0.0.1", 80), "H", told{said: four, err: "not an answer of this protocol: its first byte is 0x48 (H), not 0"}},
		{"4a", Proxy{Scheme: SOCKS4A, User: "u"}, name("host", 80), ok4, told{said: x("04 01 0050 00000001") + "u\x00host\x00", done: true}},
		{"4a, an address", Proxy{Scheme: SOCKS4A}, ip("127.0.0.1", 80), ok4, told{said: four, done: true}},
		{"4a, IPv6", Proxy{Scheme: SOCKS4A}, ip("::1", 80), ok4, told{said: x("04 01 0050 00000001") + "\x00::1\x00", done: true}},

		{"5", Proxy{Scheme: SOCKS5}, name("host", 80), x("0500") + ok5, told{said: x("050100") + request5, done: true}},
		{"5, IPv4", Proxy{Scheme: SOCKS5}, ip("127.0.0.1", 80), x("0500") + ok5, told{said: five + x("05 01 00 01 7f000001 0050"), done: true}},
		{"5, IPv6", Proxy{Scheme: SOCKS5}, ip("::1", 80), x("0500 05 00 00 04 00000000000000000000000000000001 1f90"),
			told{said: five + x("05 01 00 04 00000000000000000000000000000001 0050"), done: true, bound: "[::1]:8080"}},
		{"5, bound to IPv4", Proxy{Scheme: SOCKS5}, name("host", 80), x("0500 05 00 00 01 7f000001 1f90"), told{said: five + request5, done: true, bound: "127.0.0.1:8080"}},
		{"5, bound to a name", Proxy{Scheme: SOCKS5}, name("host", 80), x("0500 05 00 00 03 02") + "abPP", told{said: five + request5, done: true}},
		{"5, bound to no name", Proxy{Scheme: SOCKS5}, name("host", 80), x("0500 05 00 00 03 00 1f90"), told{said: five + request5, done: true}},
		{"5, an unknown address", Proxy{Scheme: SOCKS5}, name("host", 80), x("0500 05 00 00 02 00"),
			told{said: five + request5, err: "not an answer of this protocol: an address of type 0x02"}},
		{"5, a password not wanted", alice(SOCKS5), name("host", 80), x("0500") + ok5, told{said: x("05020002") + request5, done: true}},
		{"5, a password", alice(SOCKS5), name("host", 80), x("0502 0100") + ok5, told{said: x("05020002 01 05") + "alice\x02pw" + request5, done: true}},
		{"5, a wrong password", alice(SOCKS5), name("host", 80), x("0502 0101"), told{said: x("05020002 01 05") + "alice\x02pw", err: "user or password refused"}},
		{"5, no method", Proxy{Scheme: SOCKS5}, name("host", 80), x("05ff"), told{said: five, err: "no acceptable authentication method (we have no user and password to offer)"}},
		{"5, no method either", alice(SOCKS5), name("host", 80), x("05ff"),
			told{said: x("05020002"), err: "no acceptable authentication method (we offered none, and user and password)"}},
		{"5, a method not offered", Proxy{Scheme: SOCKS5}, name("host", 80), x("0502"), told{said: five, err: "it chose authentication method 2, which we did not offer"}},
		{"5, GSSAPI", alice(SOCKS5), name("host", 80), x("0501"), told{said: x("05020002"), err: "it chose authentication method 1, which we did not offer"}},
		{"5, HTTP", Proxy{Scheme: SOCKS5}, name("host", 80), "H", told{said: five, err: "not an answer of this protocol: its first byte is 0x48 (H), not 5"}},

		{"http", Proxy{Scheme: HTTP}, name("host", 80), "HTTP/1.1 200 Connection established\r\n\r\n", told{said: request("host:80", ""), done: true}},
		{"http, IPv6", Proxy{Scheme: HTTP}, ip("::1", 443), "HTTP/1.0 200\r\n\r\n", told{said: request("[::1]:443", ""), done: true}},
		{"http, lone LFs, fields", Proxy{Scheme: HTTP}, name("host", 80), "HTTP/1.1 299 \nContent-Length: 9\nVia: x\n\n", told{said: request("host:80", ""), done: true}},
		{"http, first others", Proxy{Scheme: HTTP}, name("host", 80), "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
			told{said: request("host:80", ""), done: true}},
		{"http, another protocol", Proxy{Scheme: HTTP}, name("host", 80), "HTTP/1.1 101 Switching\r\n\r\n", told{said: request("host:80", ""), err: "HTTP/1.1 101 Switching"}},
		{"http, no", Proxy{Scheme: HTTP}, name("host", 80), "HTTP/1.1 403 \x1b[31mNo\r\nX: y\r\n\r\n", told{said: request("host:80", ""), err: `HTTP/1.1 403 \x1b[31mNo`}},
		{"http, who are you", Proxy{Scheme: HTTP}, name("host", 80), "HTTP/1.1 407 Auth\r\nProxy-Authenticate: Basic realm=\"a\"\r\n\r\n",
			told{said: request("host:80", ""), err: "HTTP/1.1 407 Auth (no user and password were given)"}},
		{"http, asked", alice(HTTP), name("host", 80), "HTTP/1.1 407 Auth\r\nproxy-authenticate: Digest a=\"Basic, b\", basic realm=\"a\"\r\n\r\n",
			told{said: request("host:80", ""), err: "HTTP/1.1 407 Auth", asked: true}},
		{"http, asked by nothing", alice(HTTP), name("host", 80), "HTTP/1.1 407 Auth\r\n\r\n", told{said: request("host:80", ""), err: "HTTP/1.1 407 Auth", asked: true}},
		{"http, asked for more", alice(HTTP), name("host", 80), "HTTP/1.1 407 Auth\r\nProxy-Authenticate: Digest a=\"Basic, b\"\r\nProxy-Authenticate: Negotiate\r\n\r\n",
			told{said: request("host:80", ""), err: "HTTP/1.1 407 Auth (it wants Digest, Negotiate; we have Basic)"}},
		{"http, at once", Proxy{Scheme: HTTP, User: "alice", Password: "pw", AtOnce: true}, name("host", 80), "HTTP/1.1 200\r\n\r\n",
			told{said: request("host:80", basic), done: true}},
		{"http, at once and wrong", Proxy{Scheme: HTTP, User: "alice", Password: "pw", AtOnce: true}, name("host", 80), "HTTP/1.1 407 Auth\r\n\r\n",
			told{said: request("host:80", basic), err: "HTTP/1.1 407 Auth (user or password refused)"}},
		{"http, no status", Proxy{Scheme: HTTP}, name("host", 80), "HTTP/1.1 2000 OK\r\n\r\n",
			told{said: request("host:80", ""), err: "not an answer of this protocol: HTTP/1.1 2000 OK"}},
		{"1.0", Proxy{Scheme: HTTP10, User: "alice", Password: "pw", AtOnce: true}, name("host", 80), "HTTP/1.0 200 OK\r\n\r\n",
			told{said: "CONNECT host:80 HTTP/1.0\r\n" + basic + "\r\n", done: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.want.done {
				c.want.took = len(c.answer)
			}
			for piece := 1; piece <= len(c.answer)+5; piece++ {
				for _, early := range []string{"", "SSH-2.0-early\r\n\r\n"} {
					if got := lead(t, c.p, c.to, c.answer+early, piece); got != c.want {
						t.Fatalf("in pieces of %d, %q behind it:\n got %+v\nwant %+v", piece, early, got, c.want)
					}
				}
			}
			for n := range len(c.answer) { // cut short, it is never an answer yet
				if got := lead(t, c.p, c.to, c.answer[:n], n+1); got.done || got.err != "" {
					t.Fatalf("the first %d bytes are an answer: %+v", n, got)
				}
			}
		})
	}
}

// TestReplies: each reply of SOCKS5 in the words of RFC 1928, as soon as it is known.
func TestReplies(t *testing.T) {
	for code, words := range map[byte]string{1: "general SOCKS server failure", 2: "connection not allowed by ruleset", 3: "network unreachable", 4: "host unreachable",
		5: "connection refused", 6: "TTL expired", 7: "command not supported", 8: "address type not supported", 9: "reply 9, which SOCKS5 does not have",
		255: "reply 255, which SOCKS5 does not have"} {
		if got := lead(t, Proxy{Scheme: SOCKS5}, name("host", 80), "\x05\x00\x05"+string([]byte{code}), 99); got.err != words {
			t.Errorf("reply %d: %+v, want %s", code, got, words)
		}
	}
}

// TestNotHTTP: what is no HTTP is refused at the byte that shows it, and not when a line ends, if ever.
func TestNotHTTP(t *testing.T) {
	for answer, want := range map[string]string{
		"SSH-2.0-x":      "it begins with S",
		"\x05\xff":       `it begins with \x05`,
		"HTTP/2":         "it begins with HTTP/2",
		"\r\n":           `it begins with \r`,
		"HTTP/1.1\r\n\n": "HTTP/1.1",
		"HTTP/1.1 200 OK\r\n" + strings.Repeat("X: y\r\n", 3000): "more than 16 KiB, and no end",
		strings.Repeat("HTTP/1.1 100 \n\n", 3000):                "more than 16 KiB, and no end",
	} {
		for _, piece := range []int{1, 7, heard} {
			got := lead(t, Proxy{Scheme: HTTP}, name("host", 80), answer, piece)
			if !strings.HasPrefix(got.err, "not an answer of this protocol: "+want) { // which shows what has come
				t.Errorf("%.20q in pieces of %d: %q, want %q", answer, piece, got.err, want)
			}
		}
	}
}

func TestChallenges(t *testing.T) {
	for value, want := range map[string]string{
		` Basic realm="x"`:                    "[Basic]",
		`Basic`:                               "[Basic]",
		`Negotiate abc==, Basic realm="a, b"`: "[Negotiate Basic]",
		`Digest realm = "Basic", qop="a,\"b", nonce=1,basic realm="x", charset="UTF-8"`: "[Digest basic]",
		``: "[]", `,,`: "[]", `"`: "[]", `a="`: "[]", `"\`: "[]",
	} {
		if got := fmt.Sprint(challenges(value)); got != want {
			t.Errorf("%s: %s, want %s", value, got, want)
		}
	}
}

// TestCheck: what cannot be said to a proxy is refused beforehand.
func TestCheck(t *testing.T) {
	long := strings.Repeat("n", 256)
	for _, c := range []struct {
		p    Proxy
		to   Target
		want string
	}{
		{Proxy{Scheme: SOCKS4}, ip("::1", 80), "socks4 carries IPv4 addresses only"},
		{Proxy{Scheme: SOCKS5}, ip("fe80::1%lo", 80), "a zone (%lo)"},
		{Proxy{Scheme: HTTP}, name("a\r\nX: y", 80), "plain ASCII"},
		{Proxy{Scheme: HTTP}, name("höst", 80), "plain ASCII"},
		{Proxy{Scheme: SOCKS5}, name(long, 80), "1 to 255 bytes"},
		{Proxy{Scheme: SOCKS5}, name("", 80), "1 to 255 bytes"},
		{Proxy{Scheme: SOCKS5, User: long, Password: "p"}, name("a", 80), "1 to 255 bytes each"},
		{Proxy{Scheme: SOCKS5, User: "u"}, name("a", 80), "1 to 255 bytes each"},
		{Proxy{Scheme: SOCKS4, User: "u", Password: "p"}, ip("127.0.0.1", 80), "no password"},
		{Proxy{Scheme: SOCKS4A, User: "a\x00b"}, name("a", 80), "no NUL"},
		{Proxy{Scheme: HTTP, User: "a:b", Password: "p"}, name("a", 80), "colon"},
		{Proxy{Scheme: HTTP10, User: "a", Password: "p\r\n"}, name("a", 80), "control characters"},
		{Proxy{Scheme: HTTP, User: "a", Password: "p:ö "}, name("a", 80), ""},
		{Proxy{Scheme: SOCKS5}, ip("::ffff:127.0.0.1", 80), ""},
	} {
		err := c.p.Check(c.to)
		if err == nil {
			err = c.p.CheckUser()
		}
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s to %s: %v, want %q", &c.p, c.to, err, c.want)
		}
	}
}

// FuzzDialog: whatever a proxy says, in whatever pieces, the conversation is the same one; it takes no more than it was
// given, and ends in a way or in a sentence.
func FuzzDialog(f *testing.F) {
	for _, s := range []string{"", x("005a000000000000"), x("0500 05 00 00 01 00000000 0000"), x("0502 0100 05 00 00 03 03 616263 0050 ff"), "HTTP/1.1 200 OK\r\n\r\nSSH",
		"HTTP/1.1 407 x\r\nProxy-Authenticate: Basic a=\"\\\", Digest\r\n\n", "HTTP/1.0 100\n\nHTTP/1.0 599\r\n\r\n"} {
		for scheme := range schemes {
			f.Add(byte(scheme), scheme%2 == 0, byte(3), []byte(s))
		}
	}
	f.Fuzz(func(t *testing.T, scheme byte, user bool, piece byte, data []byte) {
		p := Proxy{Scheme: Scheme(scheme) % Scheme(len(schemes))}
		if user {
			p.User, p.Password = "alice", "pw"
		}
		whole := lead(t, p, ip("127.0.0.1", 80), string(data), len(data)+1)
		cut := lead(t, p, ip("127.0.0.1", 80), string(data), int(piece)+1)
		if strings.Contains(whole.err, "it begins with ") && strings.Contains(cut.err, "it begins with ") {
			whole, cut = told{}, told{} // it shows what has come, which is less in pieces
		}
		if whole != cut {
			t.Errorf("%s %q\n      whole: %+v\nin pieces: %+v", p.Scheme, data, whole, cut)
		}
		for i, c := range []byte(whole.err) {
			if c < ' ' || c == 0x7f {
				t.Errorf("byte %d of %q could act on a terminal", i, whole.err)
			}
		}
	})
}
