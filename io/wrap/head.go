package wrap

import (
	"strings"

	"cat5/io/sys"
)

// answer is what there is to know of the head of an HTTP answer.
type answer struct {
	status  int
	line    string   // the status line, escaped
	schemes []string // of authentication, as Proxy-Authenticate offers them
}

// parseHead reads the head of an answer, its empty line included: "HTTP/1.x SP status SP reason", then fields (RFC 9112,
// sections 4 and 5). Fields other than Proxy-Authenticate are not looked at: of an answer to CONNECT, "a client MUST
// ignore any Content-Length or Transfer-Encoding" (RFC 9110, section 9.3.6).
func parseHead(head []byte) (a answer, err error) {
	line, fields, _ := strings.Cut(string(head), "\n")
	line = strings.TrimSuffix(line, "\r")
	a.line = escaped([]byte(line))
	version, rest, _ := strings.Cut(line, " ")
	minor, ok := strings.CutPrefix(version, "HTTP/1.")
	if !ok || len(minor) != 1 || !digit(minor[0]) {
		return a, malformed(a.line)
	}
	code, _, _ := strings.Cut(rest, " ") // the reason may be missing
	if len(code) != 3 || !digit(code[0]) || !digit(code[1]) || !digit(code[2]) || code[0] == '0' {
		return a, malformed(a.line)
	}
	a.status = int(code[0]-'0')*100 + int(code[1]-'0')*10 + int(code[2]-'0')
	for field := range strings.Lines(fields) {
		name, value, _ := strings.Cut(strings.TrimRight(field, "\r\n"), ":")
		if strings.EqualFold(name, "Proxy-Authenticate") {
			a.schemes = append(a.schemes, challenges(value)...)
		}
	}
	return a, nil
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// challenges are the schemes in a Proxy-Authenticate field: a list of challenges, each a scheme and then either one
// token68 or a list of name=value, with the same comma for both lists (RFC 9110, section 11.6.1). A scheme is therefore a
// token that stands at the beginning of an element and has no "=" behind it.
func challenges(value string) (out []string) {
	for _, e := range elements(value) {
		n := 0
		for n < len(e) && token(e[n]) {
			n++
		}
		rest := strings.TrimLeft(e[n:], " \t")
		if n > 0 && (rest == "" || rest[0] != '=') {
			out = append(out, e[:n])
		}
	}
	return out
}

// elements cuts a list at its commas, those in quoted strings apart (RFC 9110, section 5.6).
func elements(value string) (out []string) {
	quoted, start := false, 0
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted
		case c == ',' && !quoted:
			out = append(out, strings.Trim(value[start:i], " \t"))
			start = i + 1
		}
	}
	return append(out, strings.Trim(value[start:], " \t"))
}

// token says whether c may be in a token (RFC 9110, section 5.6.2).
func token(c byte) bool {
	return digit(c) || c|0x20 >= 'a' && c|0x20 <= 'z' || strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
}

// maxShown is how much is shown of what a proxy wrote.
const maxShown = 200

// escaped is what a proxy wrote, fit for a terminal.
func escaped(b []byte) string {
	if len(b) > maxShown {
		return sys.SafeName(string(b[:maxShown])) + "..."
	}
	return sys.SafeName(string(b))
}
