package main

import (
	"bufio"
	"bytes"
	"io"
	"strings"
	"sync"
	"testing"
	"time"
)

// lines are the lines of a stream as they come.
type lines struct {
	sync.Mutex
	all  []string
	over bool
	more chan struct{} // closed when there is news
}

func newLines() *lines { return &lines{more: make(chan struct{})} }

func (l *lines) read(r io.ReadCloser) {
	defer r.Close()
	b := bufio.NewReader(r)
	for {
		s, err := b.ReadString('\n')
		l.Lock()
		if s != "" {
			l.all = append(l.all, strings.TrimSuffix(s, "\n"))
		}
		l.over = err != nil
		close(l.more)
		l.more = make(chan struct{})
		l.Unlock()
		if err != nil {
			return
		}
	}
}

func (l *lines) now() []string {
	l.Lock()
	defer l.Unlock()
	return append([]string(nil), l.all...)
}

func (l *lines) wait(t *testing.T, s string) string {
	t.Helper()
	return l.waitAny(t, s)
}

// after is wait, for a line that has at least n before it.
func (l *lines) after(t *testing.T, n int, s string) {
	t.Helper()
	eventually(t, "more lines come", func() bool {
		all := l.now()
		return len(all) > n && strings.Contains(strings.Join(all[n:], "\n"), s)
	})
}

// waitAny waits for a line that contains one of ss.
func (l *lines) waitAny(t *testing.T, ss ...string) string {
	t.Helper()
	late := time.After(hang)
	for i := 0; ; {
		l.Lock()
		all, more, over := l.all, l.more, l.over
		l.Unlock()
		for ; i < len(all); i++ {
			for _, s := range ss {
				if strings.Contains(all[i], s) {
					return all[i]
				}
			}
		}
		if over {
			t.Fatalf("no line has %q:\n%s", ss, strings.Join(all, "\n"))
		}
		select {
		case <-more:
		case <-late:
			t.Fatalf("no line has %q so far:\n%s", ss, strings.Join(all, "\n"))
		}
	}
}

// end waits for the end of the stream.
func (l *lines) end(t *testing.T) []string {
	t.Helper()
	late := time.After(hang)
	for {
		l.Lock()
		all, more, over := l.all, l.more, l.over
		l.Unlock()
		if over {
			return all
		}
		select {
		case <-more:
		case <-late:
			t.Fatal("somebody holds stderr open")
		}
	}
}

// outflow collects a stream.
type outflow struct {
	lines // for the lock and the news
	buf   bytes.Buffer
}

func newOutflow(r io.ReadCloser) *outflow {
	s := &outflow{lines: lines{more: make(chan struct{})}}
	go func() {
		defer r.Close()
		b := make([]byte, 64<<10)
		for {
			n, err := r.Read(b)
			s.Lock()
			s.buf.Write(b[:n])
			s.over = err != nil
			close(s.more)
			s.more = make(chan struct{})
			s.Unlock()
			if err != nil {
				return
			}
		}
	}()
	return s
}

// until waits until all that came satisfies ok, or the stream ends.
func (s *outflow) until(t *testing.T, ok func(b []byte) bool) []byte {
	t.Helper()
	late := time.After(hang)
	for {
		s.Lock()
		b, more, over := s.buf.Bytes(), s.more, s.over
		b = b[:len(b):len(b)]
		s.Unlock()
		if over || ok(b) {
			return b
		}
		select {
		case <-more:
		case <-late:
			t.Fatalf("only %d bytes came", len(b))
		}
	}
}

func (s *outflow) has(t *testing.T, text string) {
	t.Helper()
	if b := s.until(t, func(b []byte) bool { return bytes.Contains(b, []byte(text)) }); !bytes.Contains(b, []byte(text)) {
		t.Fatalf("the output has no %q: %q", text, b)
	}
}

func (s *outflow) end(t *testing.T) []byte {
	t.Helper()
	return s.until(t, func([]byte) bool { return false })
}
