package web

import "bytes"

// The head of a request, RFC 9112. The parser is strict where two readers of the same bytes could understand them
// differently, because a proxy in front of us may be the other one ("request smuggling", RFC 9112, section 11.2): white
// space before a colon, folded lines, a CR that ends no line, two lengths, a length and a transfer coding.

// Limits of a head.
const (
	maxLine   = 8000     // bytes of the request line: "at a minimum, 8000 octets", RFC 9112, section 3
	maxHead   = 16 << 10 // bytes of the whole head
	maxFields = 100      // fields
	maxBlank  = 4        // empty lines before it
)

type method uint8

const (
	otherMethod method = iota
	get
	head
)

// span is a piece of the head, from and to. It says where and not what, because the bytes move when there are more.
type span struct{ from, to uint16 }

func (s span) of(b []byte) []byte { return b[s.from:s.to] }

// there tells an empty value from none: no field begins at 0.
func (s span) there() bool { return s.from > 0 }

// request is the head as far as it has been read. The zero request is ready for a new one.
type request struct {
	next   int  // where the line begins that is not complete yet
	looked int  // how far it has been looked at
	first  bool // the request line has been read
	blank  int
	fields int

	line   span // the whole request line
	method method
	minor  uint8 // of HTTP/1.minor
	target span  // as it was sent

	ifMatch, ifNoneMatch, ifModified, ifUnmodified, ifRange, byteRange span

	hosts, lengths, codings int // how many of these fields there were
	chunked                 bool
	body                    bool // there is one, or whatever follows the head
	close, keep             bool // what Connection says
	bareLF                  bool // a line ended without CR
	twice                   bool // a condition or a range was given twice: none of them counts
}

// parse reads b, which begins with the first byte of the request and may have grown since the last time. When the head
// is complete n is its length; when it is wrong status is what to answer with; both are 0 when there must come more.
func (r *request) parse(b []byte) (n, status int) {
	for {
		if !r.first && len(b) > r.next && !token[b[r.next]] && b[r.next] != '\r' && b[r.next] != '\n' {
			return 0, 400 // TLS, for instance: nothing that comes could make it a request
		}
		i := bytes.IndexByte(b[r.looked:], '\n')
		if i < 0 {
			r.looked = len(b)
			return 0, r.tooLong(len(b)-r.next, len(b))
		}
		from, end := r.next, r.looked+i
		r.next, r.looked = end+1, end+1
		to := end
		if to > from && b[to-1] == '\r' {
			to--
		} else {
			// "A recipient MAY recognize a single LF as a line terminator" (RFC 9112, section 2.2), and a person who
			// types a request sends just that. But not every reader does, so the connection ends with it: see keeps.
			r.bareLF = true
		}
		if !r.first {
			r.line = span{uint16(from), uint16(to)}
		}
		if status := r.tooLong(to-from, end+1); status != 0 {
			return 0, status
		}
		switch line := b[from:to]; {
		case !r.first && len(line) == 0: // "SHOULD ignore at least one empty line (CRLF) received prior to the request-line"
			if r.blank++; r.blank > maxBlank {
				return 0, 400
			}
		case !r.first:
			r.first = true
			status = r.requestLine(line, from)
		case len(line) == 0:
			return r.next, r.whole()
		default:
			status = r.field(line, from)
		}
		if status != 0 {
			return 0, status
		}
	}
}

// tooLong looks at the length of the current line and of the head up to now.
func (r *request) tooLong(line, head int) int {
	switch {
	case !r.first && line > maxLine:
		return 414
	case head >= maxHead:
		return 431
	}
	return 0
}

// requestLine reads method SP request-target SP HTTP-version.
func (r *request) requestLine(line []byte, at int) int {
	i, j := bytes.IndexByte(line, ' '), bytes.LastIndexByte(line, ' ')
	if i <= 0 || j <= i+1 {
		return 400
	}
	for _, c := range line[:i] {
		if !token[c] {
			return 400
		}
	}
	switch string(line[:i]) {
	case "GET":
		r.method = get
	case "HEAD":
		r.method = head
	}
	for _, c := range line[i+1 : j] {
		if c <= ' ' || c == 0x7f { // bytes above are not allowed in a URI, but people type them
			return 400
		}
	}
	r.target = span{uint16(at + i + 1), uint16(at + j)}
	v := line[j+1:]
	if len(v) != 8 || string(v[:5]) != "HTTP/" || !digit(v[5]) || v[6] != '.' || !digit(v[7]) {
		return 400
	}
	if v[5] != '1' {
		return 505
	}
	r.minor = v[7] - '0'
	return 0
}

// field reads field-name ":" OWS field-value OWS.
func (r *request) field(line []byte, at int) int {
	if r.fields++; r.fields > maxFields {
		return 431
	}
	i := bytes.IndexByte(line, ':')
	if i <= 0 {
		return 400
	}
	for _, c := range line[:i] { // neither a folded line, which begins with white space, nor white space before the colon
		if !token[c] {
			return 400
		}
	}
	for _, c := range line[i+1:] {
		if c < ' ' && c != '\t' || c == 0x7f {
			return 400
		}
	}
	from, to := i+1, len(line)
	for from < to && blank(line[from]) {
		from++
	}
	for from < to && blank(line[to-1]) {
		to--
	}
	return r.note(line[:i], line[from:to], span{uint16(at + from), uint16(at + to)})
}

// note keeps what we have a use for.
func (r *request) note(name, value []byte, at span) int {
	switch {
	case is(name, "host"):
		r.hosts++
		if !hostLike(value) {
			return 400
		}
	case is(name, "connection"):
		for len(value) > 0 {
			var word []byte
			word, value = nextWord(value)
			r.close = r.close || is(word, "close")
			r.keep = r.keep || is(word, "keep-alive")
		}
	case is(name, "content-length"):
		r.lengths++
		if len(value) == 0 {
			return 400
		}
		for _, c := range value {
			if !digit(c) { // not even "5, 5"
				return 400
			}
			r.body = r.body || c != '0'
		}
	case is(name, "transfer-encoding"):
		r.codings++
		r.chunked = is(value, "chunked")
		r.body = true
		if n := len(value) - len("chunked"); n > 0 && is(value[n:], "chunked") {
			return 501 // another coding before it: one that we do not know
		}
	case is(name, "if-match"):
		r.once(&r.ifMatch, at)
	case is(name, "if-none-match"):
		r.once(&r.ifNoneMatch, at)
	case is(name, "if-modified-since"):
		r.once(&r.ifModified, at)
	case is(name, "if-unmodified-since"):
		r.once(&r.ifUnmodified, at)
	case is(name, "if-range"):
		r.once(&r.ifRange, at)
	case is(name, "range"):
		r.once(&r.byteRange, at)
	}
	return 0
}

func (r *request) once(p *span, at span) {
	r.twice = r.twice || p.there()
	*p = at
}

// whole judges the head when it is complete.
func (r *request) whole() int {
	switch {
	case r.hosts > 1, r.hosts == 0 && r.minor > 0: // RFC 9112, section 3.2: "MUST respond with a 400"
		return 400
	case r.lengths > 1, r.codings > 1, r.lengths > 0 && r.codings > 0:
		return 400
	case r.codings > 0 && (!r.chunked || r.minor == 0): // section 6.1 and 6.3
		return 400
	}
	return 0
}

// keeps says whether the connection may carry another request. A body is never read, so what follows one is not taken
// for a request.
func (r *request) keeps() bool {
	switch {
	case r.body || r.close || r.bareLF:
		return false
	case r.minor == 0:
		return r.keep
	}
	return true
}

// nextWord takes one word off a list that is separated by commas.
func nextWord(list []byte) (word, rest []byte) {
	word, rest, _ = bytes.Cut(list, comma[:])
	return bytes.Trim(word, " \t"), rest
}

// is compares without regard to case; lower is in lower case.
func is(b []byte, lower string) bool {
	if len(b) != len(lower) {
		return false
	}
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

// hostLike says whether b could be uri-host [":" port] (RFC 9110, section 7.2). It is never used for anything; but what is
// no host is no request of HTTP/1.1. "" is allowed: a target without an authority.
func hostLike(b []byte) bool {
	for _, c := range b {
		switch {
		case token[c], c == ':', c == '[', c == ']', c == '(', c == ')', c == ',', c == ';', c == '=', c >= 0x80:
		default:
			return false
		}
	}
	return true
}

func digit(c byte) bool { return c >= '0' && c <= '9' }
func blank(c byte) bool { return c == ' ' || c == '\t' }

var comma = [1]byte{','}

// token is what names and methods are made of (RFC 9110, section 5.6.2).
var token = [256]bool{
	'!': true, '#': true, '$': true, '%': true, '&': true, '\'': true, '*': true, '+': true, '-': true, '.': true,
	'^': true, '_': true, '`': true, '|': true, '~': true,
	'0': true, '1': true, '2': true, '3': true, '4': true, '5': true, '6': true, '7': true, '8': true, '9': true,
	'A': true, 'B': true, 'C': true, 'D': true, 'E': true, 'F': true, 'G': true, 'H': true, 'I': true, 'J': true,
	'K': true, 'L': true, 'M': true, 'N': true, 'O': true, 'P': true, 'Q': true, 'R': true, 'S': true, 'T': true,
	'U': true, 'V': true, 'W': true, 'X': true, 'Y': true, 'Z': true,
	'a': true, 'b': true, 'c': true, 'd': true, 'e': true, 'f': true, 'g': true, 'h': true, 'i': true, 'j': true,
	'k': true, 'l': true, 'm': true, 'n': true, 'o': true, 'p': true, 'q': true, 'r': true, 's': true, 't': true,
	'u': true, 'v': true, 'w': true, 'x': true, 'y': true, 'z': true,
}
