package modes

import (
	"strconv"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"cat5/io/pump"
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// How talk is written: lines, and events of JSON. The words are in say.go.

// talker speaks on one descriptor.
type talker struct {
	k       *sys.Calls
	fd      int
	prefix  string // "cat5: "
	voice   voice  // not nil: it speaks instead
	tty     bool   // a person reads along
	dumb    bool   // on a terminal that knows no control sequences (TERM=dumb)
	color   bool
	chat    bool         // and both types and reads there
	untold  *atomic.Bool // an event was lost, not because its reader has gone: that one has seen enough
	midLine *atomic.Bool // the peer's last line on that terminal has not ended
	verbose int
	quiet   bool
	json    bool
	began   time.Duration
	now     func() time.Time
	onLine  func() // called before a line is written: the progress line makes room
	before  func() // called before the exit event, which is the last of all; may be nil
	buf     []byte
}

// line writes one line of talk; paintedLine in a colour.
func (t *talker) line(s string) { t.paintedLine("", s) }

func (t *talker) paintedLine(sgr, s string) {
	if t.json || t.voice != nil {
		return
	}
	b := t.buf[:0]
	if t.tty && t.midLine.Swap(false) {
		b = append(b, '\n')
	}
	s = visible(s)
	if sgr != "" {
		s = t.paint(sgr, s)
	}
	t.write(append(append(append(b, t.paint("2", t.prefix)...), s...), '\n'))
}

// draw puts a line where the last one was (ECMA-48: back to the first column, erase to the end of the line). One that wraps could not be drawn over, nor wiped. wipe is called before
// anything else is written.
func (t *talker) draw(s string, wipe func()) {
	if w := sys.Columns(t.k, t.fd); w > 0 && len(s) >= w {
		s = s[:w-1]
	}
	t.onLine = nil
	t.write([]byte("\r" + s + "\x1b[K")) // not in t.buf, where the line may be that this makes room for
	t.onLine = wipe
}

// visible escapes what a terminal would act on: names that were typed are shown too.
func visible(s string) string {
	for _, r := range s {
		if r < 0x20 || r >= 0x7f && r < 0xa0 || r == utf8.RuneError {
			q := strconv.QuoteToGraphic(s)
			return strings.ReplaceAll(q[1:len(q)-1], `\"`, `"`)
		}
	}
	return s
}

// write says why not all could be written; most callers have nobody left to be told.
func (t *talker) write(b []byte) error {
	if t.onLine != nil {
		t.onLine()
	}
	t.buf = b[:0]
	for len(b) > 0 {
		n, err := sys.Write(t.k, t.fd, b)
		if err == unix.EAGAIN && t.writable() {
			continue
		}
		if err != nil || n == 0 {
			return err
		}
		b = b[n:]
	}
	return nil
}

// writable waits for room on a stderr that somebody made non-blocking, but not for a reader who has stopped reading.
func (t *talker) writable() bool {
	fds := []unix.PollFd{{Fd: int32(t.fd), Events: unix.POLLOUT}}
	n, err := t.k.Poll(fds, 1000)
	return n > 0 || err == unix.EINTR
}

// column is the terminal filter, and knows whether the last character that a peer wrote to the terminal ended a line:
// talk begins on a fresh one.
type column struct {
	pump.Filter
	t *talker
}

func (c *column) Append(dst, src []byte) []byte {
	dst = c.Filter.Append(dst, src)
	if n := len(dst); n > 0 {
		c.t.midLine.Store(dst[n-1] != '\n')
	}
	return dst
}

// say is talk of level v: 0 unless --quiet, 1 with -v, 2 with -vv.
func (t *talker) say(v int, s string) {
	if !t.quiet && t.verbose >= v {
		t.line(s)
	}
}

// field is one member of a JSON event: text, or a number when text is "".
type field struct {
	name string
	text string
	n    int64
	num  bool
}

func str(name, text string) field        { return field{name: name, text: text} }
func num(name string, n int64) field     { return field{name: name, n: n, num: true} }
func addr(name string, a sys.Addr) field { return field{name: name, text: a.String()} }

// event writes {"v":1,"t":...,"us":...,"ev":ev,...}.
func (t *talker) event(ev string, fields ...field) {
	if !t.json {
		return
	}
	b := append(t.buf[:0], `{"v":1,"t":"`...)
	b = t.now().UTC().AppendFormat(b, "2006-01-02T15:04:05.000000Z")
	b = append(b, `","us":`...)
	b = strconv.AppendInt(b, int64((t.k.Now()-t.began)/time.Microsecond), 10)
	b = append(b, `,"ev":"`...)
	b = append(b, ev...)
	b = append(b, '"')
	// Five such texts still fit a line of 4096 bytes when every byte is escaped.
	if err := t.write(append(appendFields(b, fields, 700), '}', '\n')); err != nil && err != unix.EPIPE {
		t.untold.Store(true)
	}
}

// appendFields appends ,"name":value for each field; a text that is empty is left out, one that is longer than max cut.
func appendFields(b []byte, fields []field, max int) []byte {
	for _, f := range fields {
		if !f.num && f.text == "" {
			continue
		}
		b = append(b, ',', '"')
		b = append(b, f.name...)
		b = append(b, `":`...)
		if f.num {
			b = strconv.AppendInt(b, f.n, 10)
		} else {
			b = appendJSON(b, f.text, max)
		}
	}
	return b
}

// appendJSON appends s as a JSON string (RFC 8259, section 7), cut to at most max bytes of output. Bytes that are not
// UTF-8, and characters that could fool a terminal, are escaped.
func appendJSON(b []byte, s string, max int) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	start := len(b)
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if len(b)-start > max-12 {
			b = append(b, "..."...)
			break
		}
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r < 0x20 || r == 0x7f || r == utf8.RuneError && n == 1 || r >= 0x80 && r < 0xa0 || r >= 0x2000 && r < 0x2070 || r == 0xfeff:
			if r == utf8.RuneError && n == 1 {
				r = rune(s[i])
			}
			b = append(b, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
		default:
			b = append(b, s[i:i+n]...)
		}
		i += n
	}
	return append(b, '"')
}
