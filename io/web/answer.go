package web

import (
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

const (
	smallFile = 32 << 10 // files up to this size go out together with their head, in one write
	heldMax   = 64 << 20 // with more than this waiting for slow peers no folder is listed
)

const index = "index.html"

// answer writes the head of the response into c.out, and puts what follows it where send looks.
func (s *server) answer(c *conn, r *request, b []byte, code int) {
	s.out = s.out[:0]
	if code == 0 {
		code = s.serve(c, r, b)
	}
	if code != 0 {
		s.refuse(c, r, code)
	}
	c.out = s.out
	if cap(s.out) > 4*smallFile { // it was a large listing
		s.out = nil
	}
}

// serve answers with what is in the folder. A status that it returns is still to be written.
func (s *server) serve(c *conn, r *request, b []byte) int {
	if r.method == otherMethod {
		return 405
	}
	p, code := locate(r.target.of(b), s.path[:0])
	if code != 0 {
		return code
	}
	s.path = p.path[:0]
	if p.slash {
		return s.folder(c, r, b, p)
	}
	fd, err := s.tree.read(string(p.path), &s.st)
	if err != nil {
		return statusOf(err)
	}
	if isDir(&s.st) { // else the relative links of its page would lead elsewhere
		sys.Close(s.k, fd)
		s.redirect(c, r, p)
		return 0
	}
	return s.file(c, r, b, p.path, fd)
}

// folder answers with the index of a folder, or a listing of what is in it.
func (s *server) folder(c *conn, r *request, b []byte, p place) int {
	name := p.path
	if len(name) > 0 {
		name = append(name, '/')
	}
	name = append(name, index...)
	fd, err := s.tree.read(string(name), &s.st)
	switch {
	case err == nil && !isDir(&s.st):
		return s.file(c, r, b, name, fd)
	case err == nil:
		sys.Close(s.k, fd)
	case statusOf(err) != 404: // there is one, and it cannot be read: what is in the folder is nobody's business then
		return statusOf(err)
	}
	if fd, err = s.tree.read(string(p.path), &s.st); err != nil {
		return statusOf(err)
	}
	defer sys.Close(s.k, fd)
	switch {
	case !isDir(&s.st):
		return 404
	case s.held > heldMax:
		return 503
	}
	return s.list(c, r, p.path, fd)
}

// file answers with a file, or what the request's conditions make of it. It owns fd.
func (s *server) file(c *conn, r *request, b, name []byte, fd int) int {
	v := versionOf(&s.st, s.wall)
	code := v.conditions(r, b)
	if code == 304 {
		sys.Close(s.k, fd)
		s.begin(c, r, code)
		s.validators(&v)
		s.endHead(c)
		return 0
	}
	if code != 0 {
		sys.Close(s.k, fd)
		return code
	}
	whole := part{0, v.size}
	if r.method == get && v.ranges(r, b) {
		var room [maxParts]part
		got, ok := parseRanges(r.byteRange.of(b), v.size, room[:0])
		switch {
		case ok && len(got) == 0:
			sys.Close(s.k, fd)
			s.unsatisfiable(c, r, v.size)
			return 0
		case ok && len(got) == 1:
			return s.piece(c, r, &v, name, fd, got[0], 206)
		case ok:
			s.pieces(c, r, &v, name, fd, got)
			return 0
		}
	}
	return s.piece(c, r, &v, name, fd, whole, 200)
}

// piece answers with one part of a file: all of it, or one range. A small one is read now, so that its head can say how
// long it is, whatever happens to the file.
func (s *server) piece(c *conn, r *request, v *version, name []byte, fd int, p part, code int) int {
	var body []byte
	if p.n <= smallFile && r.method == get {
		var err error
		body, err = s.readAll(fd, p.off, p.n)
		sys.Close(s.k, fd)
		fd = -1
		if err != nil {
			return statusOf(err)
		}
		if int64(len(body)) < p.n {
			if code == 206 {
				return 500
			}
			p.n = int64(len(body)) // of /sys, for instance: its sizes are guesses
		}
	}
	s.begin(c, r, code)
	s.field("Content-Type: ", typeOf(name))
	s.number("Content-Length: ", p.n)
	if code == 206 {
		s.out = append(s.out, "Content-Range: bytes "...)
		s.out = appendRange(s.out, p, v.size)
	}
	s.out = append(s.out, "Accept-Ranges: bytes\r\n"...)
	s.validators(v)
	s.endHead(c)
	s.out = append(s.out, body...)
	switch {
	case fd < 0:
	case r.method == head || p.n == 0:
		sys.Close(s.k, fd)
	default:
		c.file, c.off, c.n = fd, p.off, p.n
	}
	return 0
}

// redirect sends the client to the same folder with a slash at the end. The path is written anew from its segments, so
// it begins with one slash: "//host" would be another host.
func (s *server) redirect(c *conn, r *request, p place) {
	at := len(s.out)
	s.out = append(s.out, '/')
	s.out = appendPath(s.out, p.path)
	s.out = append(s.out, '/')
	s.out = append(s.out, p.query...)
	where := string(s.out[at:])
	s.out = s.out[:at]
	s.page(c, r, 301, "Location: ", where)
}

// refuse answers with the page of an error.
func (s *server) refuse(c *conn, r *request, code int) {
	switch code {
	case 405:
		s.page(c, r, code, "Allow: ", "GET, HEAD")
	case 503:
		s.page(c, r, code, "Retry-After: ", "1")
	default:
		s.page(c, r, code, "", "")
	}
}

func (s *server) unsatisfiable(c *conn, r *request, size int64) {
	var b [40]byte
	s.page(c, r, 416, "Content-Range: bytes */", string(appendInt(b[:0], size)))
}

// statusOf is what the client is told of an errno. What leads out of the folder does not exist.
func statusOf(err error) int {
	switch err {
	case unix.ENOENT, unix.ENOTDIR, unix.EXDEV, unix.ELOOP, unix.ENAMETOOLONG, unix.ENXIO, unix.ENODEV, unix.EINVAL:
		return 404
	case unix.EACCES, unix.EPERM:
		return 403
	case unix.EMFILE, unix.ENFILE, unix.ENOMEM:
		return 503
	}
	return 500
}
