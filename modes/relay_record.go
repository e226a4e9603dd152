package modes

import (
	"strconv"

	"cat5/io/filter"
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// relayRecord writes down what a relay's connections say: as a hex dump (--hexdump), as a transcript, or both. It sees
// what is taken from each side; bytes that are looked at cannot be spliced.
type relayRecord struct {
	k    *sys.Calls
	t    *talker
	dump *dumper
	last int64 // the connection whose bytes were dumped last
	fd   int   // of the transcript; less than 0: none
	name string
	buf  []byte
	err  error // the first failure to write the transcript: told when it happens, and the run's verdict when it has no other
}

// transcriptLine is how many bytes of what was said are on one line at most.
const transcriptLine = 1024

func newRelayRecord(r *relay) (_ *relayRecord, err error) {
	t := &relayRecord{k: r.k, t: r.t, fd: -1, name: sys.SafeName(r.ro.transcript)}
	if r.o.hexdump {
		if t.dump, err = newDumper(r.k, r.t, r.o.hexdumpFile); err != nil {
			return nil, fail(exitWrite, err)
		}
	}
	if r.ro.transcript != "" {
		// Added to, never replaced: a relay that is started anew goes on with its transcript.
		if t.fd, err = sys.Open(r.k, r.ro.transcript, unix.O_WRONLY|unix.O_CREAT|unix.O_APPEND, 0o600); err != nil {
			t.close()
			return nil, fail(exitWrite, sys.Wrap("open", t.name, err))
		}
	}
	return t, nil
}

// taps are what sees the bytes of a connection from A and from B; nil when nobody wants to.
func (t *relayRecord) taps(c *relayConn) (a, b func([]byte)) {
	if t.dump == nil && t.fd < 0 {
		return nil, nil
	}
	if t.fd >= 0 {
		t.line(c.id, '=', []byte(c.nameA+" to "+c.nameB))
		t.flush()
	}
	hex := &filter.Hexdump{}
	return func(b []byte) { t.saw(c.id, hex, '>', b) }, func(b []byte) { t.saw(c.id, hex, '<', b) }
}

func (t *relayRecord) saw(id int64, hex *filter.Hexdump, dir byte, b []byte) {
	if t.dump != nil {
		if t.last != id {
			t.last = id
			t.dump.write(append(strconv.AppendInt([]byte("connection "), id, 10), '\n'))
		}
		t.dump.hex = *hex
		t.dump.show(dir, b)
		*hex = t.dump.hex
	}
	if t.fd < 0 {
		return
	}
	for {
		n := min(len(b), transcriptLine)
		for i, ch := range b[:n] {
			if ch == '\n' {
				n = i + 1
				break
			}
		}
		t.line(id, dir, b[:n])
		if b = b[n:]; len(b) == 0 {
			break
		}
	}
	t.flush()
}

// line adds a line: the time, the number of the connection, > for A to B and < for B to A, and what was said in quotes,
// so that every byte can be had back.
func (t *relayRecord) line(id int64, dir byte, b []byte) {
	t.buf = t.t.now().UTC().AppendFormat(t.buf, "2006-01-02T15:04:05.000000Z ")
	t.buf = append(strconv.AppendInt(t.buf, id, 10), ' ', dir, ' ')
	if dir == '=' {
		t.buf = append(append(t.buf, b...), '\n')
		return
	}
	t.buf = append(strconv.AppendQuoteToASCII(t.buf, string(b)), '\n')
}

func (t *relayRecord) flush() {
	if t.err == nil {
		if _, t.err = writeAll(t.k, t.fd, t.buf); t.err != nil {
			t.t.notWritten(t.name, t.err)
		}
	}
	if t.buf = t.buf[:0]; cap(t.buf) > 1<<20 {
		t.buf = nil
	}
}

// ended notes the end of a connection.
func (t *relayRecord) ended(c *relayConn, v *verdict) {
	if t.fd < 0 {
		return
	}
	toB, toA, _ := c.carried()
	s := "ended: " + plural(toB, "byte") + " to B, " + plural(toA, "byte") + " to A"
	if v.err != nil {
		s += ": " + visible(v.Error())
	}
	t.line(c.id, '=', []byte(s))
	t.flush()
}

// close closes the files; the error is the first failure to write to one.
func (t *relayRecord) close() (err error) {
	if t.dump != nil {
		err = t.dump.close()
	}
	if t.fd < 0 {
		return err
	}
	e := sys.Close(t.k, t.fd)
	t.fd = -1
	if t.err != nil {
		e = t.err
	}
	if err == nil {
		err = sys.Wrap("write", t.name, e)
	}
	return err
}
