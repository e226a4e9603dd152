package web

import (
	"bufio"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestConformance: bytes in, status out, and whether the connection goes on.
func TestConformance(t *testing.T) {
	r := start(t, nil, nil, "a", "body", "index.html", "index")
	const next = "GET /next HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
	for _, tt := range []struct {
		in   string
		want string // statuses of all responses
	}{
		{message("GET", "/a") + next, "200 404"},
		{message("HEAD", "/a") + next, "200 404"},
		{message("GET", "/nothing") + next, "404 404"},
		{message("POST", "/a") + next, "405 404"},
		{message("OPTIONS", "*") + next, "405 404"},
		{message("DELETE", "/a", "Content-Length: 0") + next, "405 404"},
		{message("GET", "http://other/a") + next, "200 404"},
		{message("GET", "/%") + next, "400 404"},
		{"\r\n" + message("GET", "/a") + "\r\n" + next, "200 404"},
		{"GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" + next, "200 404"},
		{"GET /a HTTP/1.0\r\n\r\n" + next, "200"},
		{message("GET", "/a", "Connection: close") + next, "200"},

		// A body, and what follows it, is nobody's request.
		{message("POST", "/a", "Content-Length: 5") + "hello" + next, "405"},
		{message("GET", "/a", "Content-Length: 5") + "hello" + next, "200"},
		{message("GET", "/a", "Content-Length: 500") + next, "200"},
		{message("POST", "/a", "Transfer-Encoding: chunked") + "0\r\n\r\n" + next, "405"},
		{message("POST", "/a", "Transfer-Encoding: chunked", "Content-Length: 4") + "0\r\n\r\n" + next, "400"},
		{message("POST", "/a", "Transfer-Encoding : chunked") + "0\r\n\r\n" + next, "400"},
		{message("POST", "/a", "Transfer-Encoding: gzip, chunked") + "0\r\n\r\n" + next, "501"},
		{message("GET", "/a", "Content-Length: 5", "Content-Length: 0") + "hello" + next, "400"},
		{message("GET", "/a", "Expect: 100-continue", "Content-Length: 5") + next, "200"},
		{"GET /a HTTP/1.1\nHost: x\n\n" + next, "200"},

		{"GET /a HTTP/1.1\r\n\r\n" + next, "400"},
		{"GET /a HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n" + next, "400"},
		{"GET /a HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n" + next, "400"},
		{"GET /a HTTP/1.1\r\nHost: x\rX: y\r\n\r\n" + next, "400"},
		{"GET /a\r\n\r\n" + next, "400"},
		{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505"},
		{"\x16\x03\x01\x02\x00\x01\x00", "400"},
		{"GET /" + strings.Repeat("a", 9000) + " HTTP/1.1\r\nHost: x\r\n\r\n", "414"},
		{"GET /" + strings.Repeat("a", 100_000), "414"},
		{message("GET", "/a", "X: "+strings.Repeat("a", 17000)), "431"},
		{message("GET", "/a", strings.Split(strings.Repeat("X: y\r\n", 200), "\r\n")[:200]...), "431"},
		{message("GET", "/a", "X: "+strings.Repeat("a", 1_000_000)), "431"},
	} {
		got := ""
		b := bufio.NewReader(strings.NewReader(r.raw(tt.in)))
		for _, err := b.Peek(1); err == nil; _, err = b.Peek(1) {
			method, _, _ := strings.Cut(strings.TrimLeft(tt.in, "\r\n"), " ")
			if got != "" {
				method = "GET"
			}
			a := read(t, b, method)
			got += fmt.Sprintf(" %d", a.StatusCode)
			if a.StatusCode >= 400 && (a.Header.Get("Content-Type") != "text/html; charset=utf-8" || !strings.Contains(a.body, a.Status)) {
				t.Errorf("%q: its page is %q", short(tt.in), a.body)
			}
		}
		if strings.TrimSpace(got) != tt.want {
			t.Errorf("%q:%s, not %s", short(tt.in), got, tt.want)
		}
	}
	if a := r.ask("POST", "/a"); a.Header.Get("Allow") != "GET, HEAD" {
		t.Error("405 without Allow")
	}
	get, head := r.get("/a"), r.ask("HEAD", "/a")
	for _, name := range []string{"Content-Length", "Content-Type", "Etag", "Last-Modified", "Accept-Ranges"} {
		if get.Header.Get(name) == "" || get.Header.Get(name) != head.Header.Get(name) {
			t.Errorf("%s: %q for GET, %q for HEAD", name, get.Header.Get(name), head.Header.Get(name))
		}
	}
}

// TestPipelining: many requests at once, in pieces of any size, are answered in their order; to one who reads and one who
// reads only when all is sent.
func TestPipelining(t *testing.T) {
	files := []string{"big", strings.Repeat("0123456789", 20_000)}
	for i := range 10 {
		files = append(files, fmt.Sprint("f", i), strings.Repeat(fmt.Sprint(i), i*1000))
	}
	r := start(t, nil, nil, files...)
	var all strings.Builder
	for i := range 300 {
		if i%30 == 0 {
			all.WriteString(message("GET", "/big"))
		}
		all.WriteString(message("GET", fmt.Sprint("/f", i%10)))
	}
	for _, piece := range []int{1, 7, 1000, 1 << 20} {
		c := r.dial()
		go func() {
			for s := all.String(); len(s) > 0; {
				n := min(piece, len(s))
				io.WriteString(c, s[:n])
				s = s[n:]
			}
		}()
		b := bufio.NewReader(c)
		for i := range 300 {
			if i%30 == 0 && read(t, b, "GET").body != files[1] {
				t.Fatal("big is not as it was")
			}
			if a := read(t, b, "GET"); a.body != files[3+2*(i%10)] {
				t.Fatalf("pieces of %d, request %d: %s, %d bytes", piece, i, a.Status, len(a.body))
			}
		}
		c.Close()
	}
}

// TestRangesSent: one range is a part of the file, several are a multipart body, from small files and large ones.
func TestRangesSent(t *testing.T) {
	var text strings.Builder
	for i := 0; text.Len() < 300_000; i++ {
		fmt.Fprintf(&text, "%d\n", i)
	}
	large := text.String()
	small := large[:1000]
	r := start(t, nil, nil, "small.txt", small, "large.txt", large, "empty", "")
	for name, file := range map[string]string{"/small.txt": small, "/large.txt": large} {
		n := len(file)
		for _, p := range [][2]int{{0, 0}, {0, n - 1}, {5, 9}, {n - 1, n - 1}, {100, n - 1}, {n / 2, n * 3 / 4}} {
			a := r.get(name, fmt.Sprintf("Range: bytes=%d-%d", p[0], p[1]))
			if a.StatusCode != 206 || a.body != file[p[0]:p[1]+1] || a.Header.Get("Content-Range") != fmt.Sprintf("bytes %d-%d/%d", p[0], p[1], n) {
				t.Errorf("%s %v: %s, %d bytes, %s", name, p, a.Status, len(a.body), a.Header.Get("Content-Range"))
			}
		}
		if a := r.get(name, fmt.Sprintf("Range: bytes=%d-", n)); a.StatusCode != 416 || a.Header.Get("Content-Range") != fmt.Sprintf("bytes */%d", n) {
			t.Errorf("%s: %s", name, a.Status)
		}
		if a := r.ask("HEAD", name, "Range: bytes=0-0"); a.StatusCode != 200 { // "MUST ignore ... unrecognized or only defined for GET"
			t.Errorf("HEAD with a range: %s", a.Status)
		}
		a := r.get(name, fmt.Sprintf("Range: bytes=-7,10-19,15-29,%d-%d", n/2, n/2+99))
		media, params, err := mime.ParseMediaType(a.Header.Get("Content-Type"))
		if a.StatusCode != 206 || media != "multipart/byteranges" || err != nil {
			t.Fatalf("%s: %s %s %v", name, a.Status, media, err)
		}
		parts := multipart.NewReader(strings.NewReader(a.body), params["boundary"])
		for _, want := range [][2]int{{10, 29}, {n / 2, n/2 + 99}, {n - 7, n - 1}} {
			p, err := parts.NextPart()
			must(t, err)
			b, err := io.ReadAll(p)
			must(t, err)
			if string(b) != file[want[0]:want[1]+1] || p.Header.Get("Content-Range") != fmt.Sprintf("bytes %d-%d/%d", want[0], want[1], n) ||
				p.Header.Get("Content-Type") != plain {
				t.Errorf("%s %v: %v, %d bytes", name, want, p.Header, len(b))
			}
		}
		if _, err := parts.NextPart(); err != io.EOF {
			t.Error("one more part")
		}
	}
	if a := r.get("/empty", "Range: bytes=0-"); a.StatusCode != 416 {
		t.Error(a.Status)
	}
	if a := r.get("/empty"); a.StatusCode != 200 || a.ContentLength != 0 {
		t.Error(a.Status)
	}
}

// TestLargeFile: 100 MiB, most of it a hole, arrive as they are.
func TestLargeFile(t *testing.T) {
	r := start(t, nil, nil, "f", "begin")
	f, err := os.OpenFile(filepath.Join(r.dir, "f"), os.O_RDWR, 0)
	must(t, err)
	defer f.Close()
	const size = 100 << 20
	must(t, f.Truncate(size))
	_, err = f.WriteAt([]byte("the end"), size-7)
	must(t, err)
	want, got := sha256.New(), sha256.New()
	_, err = io.Copy(want, f)
	must(t, err)
	c := r.dial()
	io.WriteString(c, message("GET", "/f", "Connection: close"))
	b := bufio.NewReader(c)
	for { // the head
		line, err := b.ReadString('\n')
		must(t, err)
		if line == "\r\n" {
			break
		}
	}
	n, err := io.Copy(got, b)
	must(t, err)
	if n != size || string(want.Sum(nil)) != string(got.Sum(nil)) {
		t.Errorf("%d bytes, and they differ", n)
	}
	r.until("its line", func() bool { return len(r.said) == 1 && r.said[0] == "200 GET /f HTTP/1.1 104857600" })
}

// TestShrinks: a file that becomes shorter while it is sent ends the connection before its promised length, so that the
// client knows; one that grows is sent as long as it was.
func TestShrinks(t *testing.T) {
	r := start(t, nil, nil, "f", "", "g", "")
	const size = 50 << 20
	for _, name := range []string{"f", "g"} {
		must(t, os.Truncate(filepath.Join(r.dir, name), size))
	}
	for _, tt := range []struct {
		name  string
		to    int64
		whole bool
	}{{"f", 1 << 20, false}, {"g", size + 1000, true}} {
		c := r.dial()
		io.WriteString(c, message("GET", "/"+tt.name))
		b := bufio.NewReader(c)
		b.Peek(1) // it has begun
		must(t, os.Truncate(filepath.Join(r.dir, tt.name), tt.to))
		if tt.whole {
			c.CloseWrite()
		}
		n, err := io.Copy(io.Discard, b)
		if err != nil && !errors.Is(err, unix.ECONNRESET) {
			t.Fatal(err)
		}
		if n >= size != tt.whole || n > size+1000 {
			t.Errorf("%s: %d bytes of %d", tt.name, n, size)
		}
	}
	r.until("the warning", func() bool {
		return len(r.bad) == 1 && strings.Contains(r.bad[0], "GET /f HTTP/1.1: the file became shorter")
	})
}

// TestThousand: a thousand connections at once, all idle between their requests.
func TestThousand(t *testing.T) {
	r := start(t, nil, nil, "f", strings.Repeat("x", 5000))
	conns := make([]*net.TCPConn, 1000)
	for i := range conns {
		conns[i] = r.dial()
	}
	for range 3 {
		var wg sync.WaitGroup
		for _, c := range conns {
			wg.Go(func() {
				io.WriteString(c, message("GET", "/f"))
				if a := read(t, bufio.NewReader(c), "GET"); len(a.body) != 5000 {
					t.Errorf("%s, %d bytes", a.Status, len(a.body))
				}
			})
		}
		wg.Wait()
	}
	r.until("all connected", func() bool { return r.live == 1000 })
	for _, c := range conns {
		c.Close()
	}
	r.until("all gone", func() bool { return r.live == 0 })
}

// TestDrain: who has asked gets the response, who has not is closed, nobody new comes in.
func TestDrain(t *testing.T) {
	r := start(t, nil, nil, "small", "s", "f", "")
	must(t, os.Truncate(filepath.Join(r.dir, "f"), 20<<20))
	idle, busy, half := r.dial(), r.dial(), r.dial()
	io.WriteString(busy, message("GET", "/f"))
	io.WriteString(half, "GET /small HTTP/1.1\r\nHo")
	r.until("all in", func() bool { return r.live == 3 })
	b := bufio.NewReader(busy)
	b.Peek(1)
	unix.Close(r.wake)
	r.wake = -1
	if _, err := idle.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the idle one: %v", err)
	}
	if c, err := net.Dial("tcp", r.addr); err == nil {
		c.Close()
		t.Error("somebody new comes in")
	}
	io.WriteString(half, "st: x\r\n\r\n")
	if a := read(t, bufio.NewReader(half), "GET"); a.body != "s" || !a.Close {
		t.Errorf("the one who was asking: %s %q", a.Status, a.body)
	}
	if a := read(t, b, "GET"); len(a.body) != 20<<20 {
		t.Errorf("%d bytes", len(a.body))
	}
	for _, c := range []*net.TCPConn{busy, half} {
		c.Close()
	}
	select {
	case err := <-r.stopped:
		must(t, err)
	case <-time.After(hang):
		t.Fatal("it does not end")
	}
}
