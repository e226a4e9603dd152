package modes

import (
	"strconv"
	"time"

	"cat5/io/sys"
	"cat5/io/web"
)

// What http says.

// serving tells a person where to look.
func (t *talker) serving(dir string, local sys.Addr) {
	if !t.tty {
		return
	}
	at := local.AddrPort()
	host := at.String()
	if at.Addr().IsUnspecified() {
		host = "localhost:" + itoa(int(at.Port()))
	}
	t.say(0, "serving "+sys.SafeName(dir)+" at http://"+host+"/; ^C ends")
}

// closed tells of the end of a connection that carried requests.
func (t *talker) closed(id, in, out int64, err error) {
	s := "connection " + strconv.FormatInt(id, 10) + " ended: received " + formatBytes(in) + ", sent " + formatBytes(out)
	if err != nil {
		s += ": " + err.Error()
		t.event("reset", num("conn", id), str("errno", sys.Errno(err)), str("message", err.Error()))
	}
	t.say(1, s)
	t.event("close", num("conn", id), num("in", in), num("out", out))
}

// accessLog is the line that each request leaves, in the Common Log Format, which has no room for "cat5: ":
//
//	127.0.0.1 - - [02/Jan/2006:15:04:05 +0000] "GET /name HTTP/1.1" 200 1234
//
// Lines of one turn of the loop are written together, whole lines and at most a pipe's worth of them (PIPE_BUF).
type accessLog struct {
	buf  []byte
	sec  int64
	date []byte
}

const pipeBuf = 4096

func (l *accessLog) add(t *talker, r *web.Record) {
	if t.json {
		t.event("request", num("conn", r.Conn), addr("remote", *r.Peer), str("request", string(r.Line)), num("status", int64(r.Status)),
			num("bytes", r.Bytes), num("lost", r.Lost), num("took_us", int64(r.Took/time.Microsecond)))
		return
	}
	if t.quiet {
		return
	}
	at := len(l.buf)
	b := r.Peer.AddrPort().Addr().Unmap().AppendTo(l.buf)
	b = append(b, " - - ["...)
	now := t.now()
	if sec := now.Unix(); sec != l.sec {
		l.sec, l.date = sec, now.UTC().AppendFormat(l.date[:0], "02/Jan/2006:15:04:05 -0700")
	}
	b = append(b, l.date...)
	b = append(b, `] "`...)
	b = appendEscaped(b, r.Line)
	b = append(b, `" `...)
	b = strconv.AppendInt(b, int64(r.Status), 10)
	b = append(b, ' ')
	if r.Bytes > 0 {
		b = strconv.AppendInt(b, r.Bytes, 10)
	} else {
		b = append(b, '-')
	}
	b = append(b, '\n')
	if len(b) > pipeBuf && at > 0 {
		l.buf = b[:at]
		line := append([]byte(nil), b[at:]...)
		l.flush(t)
		b = append(l.buf, line...)
	}
	l.buf = b
}

func (l *accessLog) flush(t *talker) {
	if len(l.buf) > 0 {
		t.write(append(t.buf[:0], l.buf...))
		l.buf = l.buf[:0]
	}
}

// appendEscaped appends what a client sent, at most 1000 bytes of it, so that it stays one line between quotes and does
// nothing to a terminal: \x and two digits for every byte that is not printable ASCII, and for a quote and a backslash.
func appendEscaped(b, text []byte) []byte {
	const hex = "0123456789abcdef"
	cut := len(text) > 1000
	if cut {
		text = text[:1000]
	}
	if len(text) == 0 {
		return append(b, '-')
	}
	for _, c := range text {
		if c < ' ' || c >= 0x7f || c == '"' || c == '\\' {
			b = append(b, '\\', 'x', hex[c>>4], hex[c&15])
		} else {
			b = append(b, c)
		}
	}
	if cut {
		b = append(b, "..."...)
	}
	return b
}
