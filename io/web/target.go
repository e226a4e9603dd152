package web

import "bytes"

// place is where a target leads: a path below DIR.
type place struct {
	path  []byte // without a slash at either end; "" is DIR itself
	query []byte // with its "?"
	slash bool   // it ended in one: a folder is meant
}

// locate decodes a target into a place; the path is appended to buf. A status that is not 0 says what is wrong: 400 for
// what is no target, 404 for what can lead nowhere.
//
// Segments that begin with a dot are not served, and "." and ".." are among them: a client resolves those itself before
// it sends (RFC 3986, section 5.2.4), and one that does not has no good reason. So there is never a ".." in a path.
func locate(target, buf []byte) (p place, status int) {
	if target, status = origin(target); status != 0 {
		return p, status
	}
	if bytes.IndexByte(target, '#') >= 0 { // a fragment is the client's own business
		return p, 400
	}
	if i := bytes.IndexByte(target, '?'); i >= 0 {
		target, p.query = target[:i], target[i:]
	}
	p.path, p.slash = buf, target[len(target)-1] == '/'
	for len(target) > 0 {
		target = target[1:] // the slash
		segment := target
		if i := bytes.IndexByte(target, '/'); i >= 0 {
			segment = target[:i]
		}
		target = target[len(segment):]
		if len(segment) == 0 { // "a//b" is "a/b"
			continue
		}
		if len(p.path) > len(buf) {
			p.path = append(p.path, '/')
		}
		at := len(p.path)
		var slash, ok bool
		if p.path, slash, ok = unescape(p.path, segment); !ok {
			return p, 400
		}
		if slash || p.path[at] == '.' { // no file's name has a slash in it
			status = 404
		}
	}
	p.path = p.path[len(buf):]
	return p, status
}

// origin makes the origin-form, "/path?query", of the absolute-form, "http://host/path?query": "a server MUST accept
// the absolute-form in requests even though most HTTP/1.1 clients will only send the absolute-form to a proxy" (RFC 9112,
// section 3.2.2).
func origin(target []byte) ([]byte, int) {
	if target[0] == '/' {
		return target, 0
	}
	i := bytes.Index(target, []byte("://"))
	if i < 0 || !is(target[:i], "http") && !is(target[:i], "https") {
		return nil, 400 // "*" and "host:port" are for OPTIONS and CONNECT
	}
	rest := target[i+3:]
	end := bytes.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	if end == 0 || !hostLike(rest[:end]) { // "user@" is an error too (RFC 9110, section 4.2.4)
		return nil, 400
	}
	if rest = rest[end:]; len(rest) > 0 && rest[0] == '/' {
		return rest, 0
	}
	return append([]byte{'/'}, rest...), 0
}

// unescape appends a segment without its percent signs. slash says that there was one among what they hid.
func unescape(dst, segment []byte) (out []byte, slash, ok bool) {
	for i := 0; i < len(segment); i++ {
		c := segment[i]
		if c == '%' {
			if i+2 >= len(segment) {
				return dst, false, false
			}
			hi, lo := nibble(segment[i+1]), nibble(segment[i+2])
			if hi|lo > 15 {
				return dst, false, false
			}
			c = hi<<4 | lo
			i += 2
			slash = slash || c == '/'
		}
		if c == 0 {
			return dst, false, false
		}
		dst = append(dst, c)
	}
	return dst, slash, true
}

// nibble is the value of a hexadecimal digit, and more than 15 for any other byte.
func nibble(c byte) byte {
	switch {
	case digit(c):
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	}
	return 0xff
}

// appendPath appends a path as it stands in a URI: everything that is not unreserved (RFC 3986, section 2.3) or a slash
// is escaped.
func appendPath(dst, path []byte) []byte {
	const hex = "0123456789ABCDEF"
	for _, c := range path {
		switch {
		case digit(c), c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '-', c == '.', c == '_', c == '~', c == '/':
			dst = append(dst, c)
		default:
			dst = append(dst, '%', hex[c>>4], hex[c&15])
		}
	}
	return dst
}
