package web

import (
	"errors"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// errShrunk is a file that has become shorter than the Content-Length that was promised.
var errShrunk = errors.New("the file became shorter while it was being sent")

// turnMax is how many bytes of files one connection may send in one turn, as one response or as many.
const turnMax = 1 << 20

// push sends what the socket takes now. It returns true when the response is sent; what is left otherwise is the
// connection's own, and a connection that broke is closed.
func (s *server) push(c *conn) bool {
	sent := c.sent
	done, err := s.send(c)
	if err != nil {
		if err == errShrunk || c.file >= 0 && err == unix.EIO {
			s.warn(string(c.line) + ": " + err.Error() + "; its connection is closed")
		}
		s.fail(c, err)
		return false
	}
	if !done {
		s.keep(c)
		if c.sent > sent {
			s.wait(c, s.o.Idle)
		}
	}
	return done
}

// send returns false when the socket is full or the turn over.
func (s *server) send(c *conn) (done bool, err error) {
	budget := int64(turnMax)
	for {
		for len(c.out) > 0 {
			n, err := s.write(c)
			if err == unix.EAGAIN {
				return false, nil
			}
			if err != nil {
				return false, err
			}
			c.out = c.out[n:]
			c.count(n)
		}
		for c.n > 0 {
			if budget <= 0 {
				return false, nil
			}
			n, err := s.k.Sendfile(c.fd, c.file, &c.off, int(min(c.n, budget)))
			switch {
			case err == unix.EINTR:
				continue
			case err == unix.EAGAIN:
				return false, nil
			case err == unix.EINVAL || err == unix.ENOSYS: // "in_fd ... must support mmap(2)-like operations", sendfile(2)
				n, err = s.copyOut(c)
				if err != nil {
					return false, err
				}
			case err != nil:
				return false, err
			}
			if n == 0 {
				return false, errShrunk
			}
			c.n -= int64(n)
			budget -= int64(n)
			if len(c.out) > 0 { // by copyOut: counted when it is written
				break
			}
			c.count(n)
		}
		if len(c.out) == 0 && (c.parts == nil || !c.parts.next(c)) {
			return true, nil
		}
	}
}

// write sends the beginning of out. What a file follows waits for it in the kernel, so that head and body share a
// segment (send(2), MSG_MORE).
func (s *server) write(c *conn) (int, error) {
	for {
		var n int
		var err error
		if c.n > 0 {
			n, err = s.k.Sendto(c.fd, c.out, unix.MSG_MORE|unix.MSG_NOSIGNAL, nil)
		} else {
			n, err = s.k.RawWrite(c.fd, c.out)
		}
		if err != unix.EINTR {
			return n, err
		}
	}
}

// copyOut reads a piece of the file into out, where the kernel cannot send it by itself.
func (s *server) copyOut(c *conn) (int, error) {
	if _, err := s.k.Lseek(c.file, c.off, unix.SEEK_SET); err != nil {
		return 0, err
	}
	b := make([]byte, min(c.n, smallFile))
	n, err := sys.Read(s.k, c.file, b)
	if err != nil {
		return 0, err
	}
	c.off += int64(n)
	c.out = b[:n:n]
	return n, nil
}

func (c *conn) count(n int) {
	c.sent += int64(n)
	c.outt += int64(n)
}

// keep makes what is left the connection's own: the server's buffers are for the next one.
func (s *server) keep(c *conn) {
	if c.own {
		return
	}
	c.own, c.held = true, int64(len(c.out))
	s.held += c.held
	c.out = append([]byte(nil), c.out...)
	c.line = append([]byte(nil), c.line...)
}

// readAll reads a small file, n bytes from off on, into the server's buffer; fewer when it has become shorter.
func (s *server) readAll(fd int, off, n int64) ([]byte, error) {
	if off > 0 {
		if _, err := s.k.Lseek(fd, off, unix.SEEK_SET); err != nil {
			return nil, err
		}
	}
	b := s.body[:0]
	for int64(len(b)) < n {
		m, err := sys.Read(s.k, fd, s.body[len(b):n])
		if err != nil || m == 0 {
			return b, err
		}
		b = s.body[:len(b)+m]
	}
	return b, nil
}
