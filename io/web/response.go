package web

import (
	"strconv"
)

// How a response is written (RFC 9112, section 4): the pieces, in the order in which they are called. Everything goes to
// server.out.

// begin writes the status line and what every response has.
func (s *server) begin(c *conn, r *request, code int) {
	row := statusRow(code)
	c.status = row.code
	s.out = append(s.out, "HTTP/1.1 "...)
	s.out = appendStatus(s.out, row)
	s.out = append(s.out, "\r\nServer: cat5\r\nDate: "...)
	if sec := s.wall.Unix(); sec != s.dateSec {
		s.date, s.dateSec = appendDate(s.date[:0], sec), sec
	}
	s.out = append(s.out, s.date...)
	s.out = append(s.out, "\r\n"...)
	switch {
	case c.last:
		s.out = append(s.out, "Connection: close\r\n"...)
	case r.minor == 0: // where it is not the default
		s.out = append(s.out, "Connection: keep-alive\r\n"...)
	}
}

func (s *server) field(name, value string) {
	s.out = append(append(append(s.out, name...), value...), "\r\n"...)
}

func (s *server) number(name string, n int64) {
	s.out = append(appendInt(append(s.out, name...), n), "\r\n"...)
}

// validators writes what a client can ask about later. "no-cache" means that it should: a folder that somebody works in
// changes, and asking costs little (RFC 9111, section 5.2.2.4).
func (s *server) validators(v *version) {
	s.out = append(s.out, "Last-Modified: "...)
	s.out = appendDate(s.out, min(v.sec, s.wall.Unix())) // "MUST NOT generate a ... date that is later than" now (RFC 9110, section 8.8.2.1)
	s.out = append(s.out, "\r\nETag: "...)
	s.out = v.appendTag(s.out)
	s.out = append(s.out, "\r\nCache-Control: no-cache\r\n"...)
}

// endHead ends the head.
func (s *server) endHead(c *conn) {
	// A file is what its type says; a browser that looks for something else in it could be made to run what was only
	// put there to be read.
	s.out = append(s.out, "X-Content-Type-Options: nosniff\r\n\r\n"...)
	c.head = int64(len(s.out))
}

// page writes a whole response with the page of a status, and a field of its own.
func (s *server) page(c *conn, r *request, code int, name, value string) {
	s.body = appendErrorPage(s.body[:0], statusRow(code))
	s.html(c, r, code, name, value)
}

// html writes a whole response with the page in s.body.
func (s *server) html(c *conn, r *request, code int, name, value string) {
	s.begin(c, r, code)
	s.field("Content-Type: ", "text/html; charset=utf-8")
	s.number("Content-Length: ", int64(len(s.body)))
	if name != "" {
		s.field(name, value)
	}
	s.out = append(s.out, policy...)
	s.endHead(c)
	if r.method != head {
		s.out = append(s.out, s.body...)
	}
	if s.body = s.body[:cap(s.body)]; cap(s.body) > 4*smallFile {
		s.body = make([]byte, smallFile)
	}
}

// appendRange writes "0-9/100" and the end of the line.
func appendRange(b []byte, p part, size int64) []byte {
	b = append(appendInt(b, p.off), '-')
	b = append(appendInt(b, p.off+p.n-1), '/')
	return append(appendInt(b, size), "\r\n"...)
}

func appendInt(b []byte, n int64) []byte { return strconv.AppendInt(b, n, 10) }

// parts are the ranges of a multipart/byteranges body (RFC 9110, section 14.6) that have not been sent.
type parts struct {
	list     []part
	media    string
	total    int64 // bytes of the whole file
	boundary string
	size     int64 // bytes of the body
	ended    bool
}

// next puts the head of the next part into c.out and the part behind it, or the last boundary; false when that is sent.
func (ps *parts) next(c *conn) bool {
	switch {
	case ps.ended:
		return false
	case len(ps.list) == 0:
		ps.ended = true
		c.out = ps.appendEnd(nil)
	default:
		p := ps.list[0]
		ps.list = ps.list[1:]
		c.out, c.off, c.n = ps.appendHead(nil, p), p.off, p.n
	}
	return true
}

func (ps *parts) appendHead(b []byte, p part) []byte {
	b = append(append(append(b, "\r\n--"...), ps.boundary...), "\r\nContent-Type: "...)
	b = append(append(b, ps.media...), "\r\nContent-Range: bytes "...)
	return append(appendRange(b, p, ps.total), "\r\n"...)
}

func (ps *parts) appendEnd(b []byte) []byte {
	return append(append(append(b, "\r\n--"...), ps.boundary...), "--\r\n"...)
}

// pieces answers with several ranges. It owns fd.
func (s *server) pieces(c *conn, r *request, v *version, name []byte, fd int, list []part) {
	ps := &parts{list: append([]part(nil), list...), media: typeOf(name), total: v.size}
	// What separates the parts must not be in them. Nobody can know that without reading them; nobody who wrote the file
	// could know these digits.
	ps.boundary = "cat5-" + strconv.FormatUint(uint64(s.wall.UnixNano())*0x9e3779b97f4a7c15+uint64(c.id), 36)
	b := s.body[:0]
	for _, p := range list {
		b = ps.appendHead(b[:0], p)
		ps.size += int64(len(b)) + p.n
	}
	ps.size += int64(len(ps.appendEnd(b[:0])))
	s.begin(c, r, 206)
	s.field("Content-Type: multipart/byteranges; boundary=", ps.boundary)
	s.number("Content-Length: ", ps.size)
	s.validators(v)
	s.endHead(c)
	c.file, c.parts = fd, ps
}
