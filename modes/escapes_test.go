package modes

import (
	"bytes"
	"strings"
	"testing"
)

func TestEscapes(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "plain": "plain", `GET / HTTP/1.0\r\n\r\n`: "GET / HTTP/1.0\r\n\r\n", `\0\t\\n`: "\x00\t\\n", `\x1B[\xff`: "\x1b[\xff", `\x41B`: "AB",
	} {
		if got, err := parseEscapes(in); err != nil || string(got) != want {
			t.Errorf("%q is %q, %v", in, got, err)
		}
	}
	for _, bad := range []string{`\`, `a\`, `\q`, `\x`, `\x4`, `\xg0`, `\x+1`} {
		if got, err := parseEscapes(bad); err == nil {
			t.Errorf("%q was taken for %q", bad, got)
		}
	}
}

func FuzzEscapes(f *testing.F) {
	for _, s := range []string{"", `a\r\n`, `\x41\\`, `\`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := parseEscapes(s)
		switch {
		case err != nil:
			if strings.ContainsAny(err.Error(), "\r\n\x00\x1b") {
				t.Errorf("%q: the sentence is not safe to show: %q", s, err)
			}
		case !strings.Contains(s, `\`) && string(got) != s:
			t.Errorf("%q became %q", s, got)
		case len(got) > len(s):
			t.Errorf("%q became longer: %q", s, got)
		}
		again, err := parseEscapes(strings.ReplaceAll(s, `\`, `\\`))
		if err != nil || !bytes.Equal(again, []byte(s)) {
			t.Errorf("%q with its backslashes doubled is %q, %v", s, again, err)
		}
	})
}
