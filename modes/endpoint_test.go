package modes

import (
	"strings"
	"testing"
)

func TestEndpoint(t *testing.T) {
	for in, want := range map[string]string{
		"localhost:80": "tcp:localhost:80", "tcp:localhost:http": "tcp:localhost:http", "udp:[::1]:53": "udp:[::1]:53", "[::1]:80": "tcp:[::1]:80",
		"/run/x.sock": "unix:/run/x.sock", "./x": "unix:./x", "unix:x": "unix:x", "unix:@a": "unix:@a", "@a": "unix:@a", "udp:1:1": "udp:1:1",
	} {
		got, err := parseEndpoint(in)
		if err != nil || got.String() != want {
			t.Errorf("%q is %v, %v; want %s", in, got, err, want)
		}
		if again, err := parseEndpoint(got.String()); err != nil || again != got {
			t.Errorf("%q: typed again it is %v, %v", in, again, err)
		}
	}
	for _, bad := range []string{"", "localhost", "tcp:", "tcp:80", "localhost:", ":80", "unix:", "@", "http://localhost:80/", "tcp://localhost:80", "::1:80", "a:b:c", "sctp:a:1", "/a\x00b"} {
		if got, err := parseEndpoint(bad); err == nil {
			t.Errorf("%q was taken for %v", bad, got)
		}
	}
}

// What is said instead of a URL is an address, if there is one in it.
func TestEndpointOfURL(t *testing.T) {
	for url, want := range map[string]string{
		"http://h:1/x": "try h:1", "http://h:1": "try h:1", "http://h:1?q=/": "try h:1", "http://u:p@h:1/x@y": "try h:1", "http://[::1]:8/x": "try [::1]:8",
		"http://h/x": "try h:80", "https://h": "try h:443", "https://[::1]/": "try [::1]:443", "tcp://h:1/": "try tcp:h:1", "udp://h:1/x": "try udp:h:1",
		"unix:///run/x": "try unix:/run/x", "tcp://h": "HOST:PORT is needed", "http:///x": "HOST:PORT is needed", "ftp://h/x": "HOST:PORT is needed",
	} {
		_, err := parseEndpoint(url)
		if err == nil || !strings.HasSuffix(err.Error(), "not a URL: "+want) {
			t.Errorf("%q: %v; want %q", url, err, want)
		}
		if again, ok := strings.CutPrefix(want, "try "); ok {
			if _, err := parseEndpoint(again); err != nil {
				t.Errorf("%q is told to try what is no address: %v", url, err)
			}
		}
	}
}
