package modes

import (
	"strings"
	"testing"

	"cat5/io/sock"
	"cat5/io/wrap"
)

func TestParseProxy(t *testing.T) {
	for in, want := range map[string]proxyHop{
		"socks5://h":                 {Proxy: wrap.Proxy{Scheme: wrap.SOCKS5}, hosts: sock.HostPort{Host: "h", Port: "1080"}},
		"SOCKS5H://h:socks/":         {Proxy: wrap.Proxy{Scheme: wrap.SOCKS5}, hosts: sock.HostPort{Host: "h", Port: "socks"}},
		"socks4://127.0.0.1:9":       {Proxy: wrap.Proxy{Scheme: wrap.SOCKS4}, hosts: sock.HostPort{Host: "127.0.0.1", Port: "9"}},
		"socks4a://u@h":              {Proxy: wrap.Proxy{Scheme: wrap.SOCKS4A, User: "u"}, hosts: sock.HostPort{Host: "h", Port: "1080"}},
		"http://[::1]":               {Proxy: wrap.Proxy{Scheme: wrap.HTTP}, hosts: sock.HostPort{Host: "::1", Port: "3128"}},
		"http1.0://a%40b@[::1%lo]:8": {Proxy: wrap.Proxy{Scheme: wrap.HTTP10, User: "a@b"}, hosts: sock.HostPort{Host: "::1%lo", Port: "8"}},
	} {
		got, err := parseProxy(in)
		if err != nil || got.Scheme != want.Scheme || got.User != want.User || got.hosts != want.hosts || got.Name != want.hosts.String() {
			t.Errorf("%s: %+v, %v", in, got, err)
		}
	}
}

// FuzzParseProxy: what is taken can be connected to, and never carries a password; what is refused is not repeated, as it
// may hold one.
func FuzzParseProxy(f *testing.F) {
	for _, s := range []string{"", "socks5://h", "http://u:secret@h:1", "socks4://[::1]:2/", "http1.0://%41@h", "socks5://%4@h", "socks5://@h", "://", "socks5://[", "x://secret@"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		h, err := parseProxy(s)
		if err != nil {
			if _, rest, ok := strings.Cut(s, "://"); ok && strings.Contains(rest, ":secret@") && strings.Contains(err.Error(), "secret") {
				t.Errorf("%q: %v", s, err)
			}
			return
		}
		if h.Password != "" || h.hosts.Host == "" || h.hosts.Port == "" {
			t.Errorf("%q: %+v", s, h)
		}
		if again, err := sock.ParseHostPort([]string{h.hosts.Host, h.hosts.Port}, false); err != nil || again != h.hosts {
			t.Errorf("%q: %v is not an address: %v", s, h.hosts, err)
		}
	})
}
