package modes

import "testing"

func TestServiceIn(t *testing.T) {
	const text = "# a comment\nssh\t\t22/tcp\t\t\t\t# SSH\ndomain 53/tcp\ndomain 53/udp\nwww 80/tcp http\nother 80/tcp\nbad\n\x1b[31mred 81/tcp\n#gone 82/tcp\n"
	for _, c := range []struct {
		network string
		port    uint16
		want    string
	}{
		{"tcp", 22, "ssh"}, {"udp", 22, ""}, {"udp", 53, "domain"}, {"tcp", 80, "www"}, {"tcp", 82, ""}, {"tcp", 2, ""},
		{"tcp", 81, `\x1b[31mred`},
	} {
		if got := serviceIn(text, c.network, c.port); got != c.want {
			t.Errorf("%d/%s is %q, want %q", c.port, c.network, got, c.want)
		}
	}
}
