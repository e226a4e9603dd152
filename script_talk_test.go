package main

import (
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// The commands that talk with a cat5 in the background: what is typed, what it answers.

// cmdType is "type NAME TEXT": it writes TEXT, with the escapes of a Go string, to the input of NAME.
func cmdType(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: type NAME TEXT")
	}
	p := processOf(ts, args[0])
	if p.stdin == nil {
		ts.Fatalf("%s has no input to type into: use stdin=open", args[0])
	}
	_, err := p.stdin.WriteString(unescape(ts, args[1]))
	ts.Check(err)
}

func unescape(ts *testscript.TestScript, s string) string {
	text, err := strconv.Unquote(`"` + strings.ReplaceAll(s, `"`, `\"`) + `"`)
	if err != nil {
		ts.Fatalf("%s: %v", s, err)
	}
	return text
}

// cmdEnd is "end NAME": the input of NAME ends; on a terminal ^D is typed, which is the same thing.
func cmdEnd(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: end NAME")
	}
	p := processOf(ts, args[0])
	if p.tty {
		_, err := p.stdin.WriteString("\x04")
		ts.Check(err)
		return
	}
	ts.Check(p.stdin.Close())
	p.stdin = nil
}

// cmdAwait is "await NAME stdout|stderr|screen REGEXP": it waits until REGEXP matches what NAME has said there since
// the last await. A group with a name, as in (?P<PORT>\d+), becomes an environment variable.
func cmdAwait(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: await NAME stdout|stderr|screen REGEXP")
	}
	p := processOf(ts, args[0])
	c := p.stdout // of a terminal as well
	switch args[1] {
	case "stdout", "screen":
	case "stderr":
		c = p.stderr
	default:
		ts.Fatalf("await: stdout, stderr or screen, not %s", args[1])
	}
	re, err := regexp.Compile(`(?m)` + args[2])
	ts.Check(err)
	sub, err := c.await(re)
	if err != nil {
		ts.Fatalf("await %s: %v\nstderr:\n%s", args[2], err, p.stderr.text())
	}
	for i, name := range re.SubexpNames() {
		if name != "" {
			ts.Setenv(name, sub[i])
		}
	}
}

// capture keeps what a process writes, and lets others wait for a part of it.
type capture struct {
	mu      sync.Mutex
	changed chan struct{} // closed and made anew when there is more
	buf     []byte
	seen    int // how far "await" has looked
	ended   bool
}

func newCapture() *capture { return &capture{changed: make(chan struct{})} }

func (c *capture) read(r io.Reader) {
	buf := make([]byte, 64<<10)
	for {
		n, err := r.Read(buf)
		c.mu.Lock()
		c.buf = append(c.buf, buf[:n]...)
		c.ended = err != nil // EOF, or EIO: the last of a terminal's users is gone
		close(c.changed)
		c.changed = make(chan struct{})
		c.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (c *capture) text() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return string(c.buf)
}

// await waits for re after the last match, and returns its submatches.
func (c *capture) await(re *regexp.Regexp) ([]string, error) {
	hang := time.NewTimer(scriptHang)
	defer hang.Stop()
	for {
		c.mu.Lock()
		rest, ended, changed := c.buf[c.seen:], c.ended, c.changed
		m := re.FindSubmatchIndex(rest)
		if m != nil {
			c.seen += m[1]
			var sub []string
			for i := 0; i < len(m); i += 2 {
				sub = append(sub, string(rest[m[i]:m[i+1]]))
			}
			c.mu.Unlock()
			return sub, nil
		}
		text := string(rest)
		c.mu.Unlock()
		if ended {
			return nil, errors.New("it ended without; after the last match came:\n" + text)
		}
		select {
		case <-changed:
		case <-hang.C:
			return nil, errors.New("hangs; after the last match came:\n" + text)
		}
	}
}
