package modes

import (
	"slices"
	"strings"
	"testing"
	"time"

	"cat5/io/sys"
	"cat5/io/web"
)

func TestHTTPOperands(t *testing.T) {
	tests := []struct {
		words     string
		dir       string
		address   string
		everybody bool
		wrong     bool
	}{
		{words: "", dir: "."},
		{words: "8000", dir: ".", address: "8000"},
		{words: ":8000", dir: ".", address: ":8000", everybody: true},
		{words: "localhost:8000", dir: ".", address: "localhost:8000"},
		{words: "[::1]:80", dir: ".", address: "[::1]:80"},
		{words: "0.0.0.0 8000", dir: ".", address: "0.0.0.0 8000"},
		{words: ":: 8000", dir: ".", address: ":: 8000"},
		{words: "[::] 8000", dir: ".", address: "[::] 8000"},
		{words: "localhost 8000", dir: ".", address: "localhost 8000"},
		{words: "public", dir: "public"},
		{words: "./8000", dir: "./8000"},
		{words: "./a:b", dir: "./a:b"},
		{words: "/srv/www", dir: "/srv/www"},
		{words: "public 8000", dir: "public", address: "8000"},
		{words: "public :8000", dir: "public", address: ":8000", everybody: true},
		{words: "public host:80", dir: "public", address: "host:80"},
		{words: "public host 80", dir: "public", address: "host 80"},
		{words: ". 0.0.0.0 80", dir: ".", address: "0.0.0.0 80"},
		{words: "8000 9000", dir: "8000", address: "9000"},
		{words: "a b c d", wrong: true},
	}
	for _, tt := range tests {
		dir, address, everybody, err := httpOperands(strings.Fields(tt.words))
		if (err != nil) != tt.wrong || err == nil && (dir != tt.dir || !slices.Equal(address, strings.Fields(tt.address)) || everybody != tt.everybody) {
			t.Errorf("%q: %q, %q, %v, %v", tt.words, dir, address, everybody, err)
		}
	}
}

// TestAccessLog: a line is a line, whatever was asked for; those of one turn are written whole, a pipe's worth at a time.
func TestAccessLog(t *testing.T) {
	var writes []string
	k := &sys.Calls{Write: func(fd int, p []byte) (int, error) {
		writes = append(writes, string(p))
		return len(p), nil
	}}
	tk := &talker{k: k, fd: 2, now: func() time.Time { return time.Unix(1000000000, 0) }}
	var l accessLog
	rec := func(line string, n int64) *web.Record {
		return &web.Record{Peer: &sys.Addr{}, Line: []byte(line), Status: 200, Bytes: n}
	}
	l.add(tk, rec("GET /\x1b[2J\"\\\xff\n HTTP/1.1", 12))
	l.add(tk, rec("", 0))
	l.flush(tk)
	const when = " - - [09/Sep/2001:01:46:40 +0000] "
	want := when + `"GET /\x1b[2J\x22\x5c\xff\x0a HTTP/1.1" 200 12` + "\n"
	if len(writes) != 1 || !strings.Contains(writes[0], want) || !strings.HasSuffix(writes[0], when+`"-" 200 -`+"\n") {
		t.Errorf("%q", writes)
	}
	writes = nil
	long := strings.Repeat("\x00", 1024)
	for range 20 {
		l.add(tk, rec("GET /"+strings.Repeat("a", 300), 1))
		l.add(tk, rec(long, 1))
	}
	l.flush(tk)
	lines := 0
	for _, w := range writes {
		if !strings.HasSuffix(w, "\n") || len(w) > 4200 {
			t.Errorf("a write of %d bytes", len(w))
		}
		lines += strings.Count(w, "\n")
	}
	if lines != 40 {
		t.Errorf("%d lines", lines)
	}
}
