package modes

import "testing"

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
