package web

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestRanges(t *testing.T) {
	tests := []struct {
		in   string
		size int64
		ok   bool
		want []part
	}{
		{"bytes=0-0", 10, true, []part{{0, 1}}},
		{"bytes=0-9", 10, true, []part{{0, 10}}},
		{"bytes=2-", 10, true, []part{{2, 8}}},
		{"bytes=-3", 10, true, []part{{7, 3}}},
		{"bytes=-30", 10, true, []part{{0, 10}}},
		{"Bytes=5-99999999999999999999999", 10, true, []part{{5, 5}}},
		{"bytes=9-9", 10, true, []part{{9, 1}}},
		{"bytes= 0-1 , 4-5", 10, true, []part{{0, 2}, {4, 2}}},
		{"bytes=4-5,0-1", 10, true, []part{{0, 2}, {4, 2}}},
		{"bytes=0-3,2-5", 10, true, []part{{0, 6}}},
		{"bytes=0-3,4-5", 10, true, []part{{0, 6}}},
		{"bytes=0-9,2-3", 10, true, []part{{0, 10}}},
		{"bytes=0-0,20-30,-1", 10, true, []part{{0, 1}, {9, 1}}},
		{"bytes=,0-0,,", 10, true, []part{{0, 1}}},

		// none can be satisfied
		{"bytes=10-", 10, true, nil},
		{"bytes=10-11,50-", 10, true, nil},
		{"bytes=-0", 10, true, nil},
		{"bytes=0-", 0, true, nil},
		{"bytes=-5", 0, true, nil},
		{"bytes=99999999999999999999999-", 10, true, nil},

		// not understood, and so not there
		{"bytes=", 10, false, nil},
		{"bytes=,", 10, false, nil},
		{"bytes=-", 10, false, nil},
		{"bytes=5", 10, false, nil},
		{"bytes=5-4", 10, false, nil},
		{"bytes=a-b", 10, false, nil},
		{"bytes=0x1-2", 10, false, nil},
		{"bytes=--1", 10, false, nil},
		{"bytes=0-1-2", 10, false, nil},
		{"bytes=1 -2", 10, false, nil},
		{"bytes 0-1", 10, false, nil},
		{"lines=0-1", 10, false, nil},
		{"bytes=0-0," + strings.Repeat("2-2,", maxParts), 10, false, nil},
	}
	for _, tt := range tests {
		got, ok := parseRanges([]byte(tt.in), tt.size, nil)
		if ok != tt.ok || ok && !slices.Equal(got, tt.want) {
			t.Errorf("%s of %d: %v %v", tt.in, tt.size, got, ok)
		}
	}
}

func FuzzRanges(f *testing.F) {
	for _, s := range []string{"bytes=0-1,3-", "bytes=-5", "bytes=1-0", "bytes=9223372036854775807-", "bytes=-9223372036854775808,0-0"} {
		f.Add([]byte(s), int64(10))
	}
	f.Fuzz(func(t *testing.T, v []byte, size int64) {
		if size < 0 {
			return
		}
		got, ok := parseRanges(v, size, nil)
		end := int64(-1)
		for _, p := range got {
			if !ok || p.n < 1 || p.off <= end || p.off+p.n > size || p.off+p.n < 0 {
				t.Fatalf("%q of %d: %v", v, size, got)
			}
			end = p.off + p.n // the next one begins behind it, and does not touch it
		}
		if len(got) > maxParts {
			t.Fatalf("%d parts", len(got))
		}
	})
}

func TestConditions(t *testing.T) {
	v := version{size: 10, sec: 784111777, nsec: 5, inode: 7}
	tag := string(v.appendTag(nil))
	fresh := v
	fresh.fresh = true
	const date, before, after = "Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:36 GMT", "Sunday, 06-Nov-94 08:49:38 GMT"
	tests := []struct {
		head   string
		status int
		ranges bool
		fresh  bool // ranges for a fresh file
	}{
		{"", 0, false, false},
		{"If-None-Match: " + tag, 304, false, false},
		{"If-None-Match: W/" + tag, 304, false, false},
		{"If-None-Match: \"x\", W/\"y\" ," + tag, 304, false, false},
		{"If-None-Match: *", 304, false, false},
		{"If-None-Match: \"x\"", 0, false, false},
		{"If-None-Match: x" + tag, 0, false, false},
		{"If-None-Match: " + tag[:len(tag)-1], 0, false, false},
		{"If-None-Match:", 0, false, false},
		{"If-None-Match: \"x\"\r\nIf-Modified-Since: " + date, 0, false, false}, // the tag decides
		{"If-Modified-Since: " + date, 304, false, false},
		{"If-Modified-Since: " + before, 0, false, false},
		{"If-Modified-Since: " + after, 304, false, false},
		{"If-Modified-Since: Sun Nov  6 08:49:37 1994", 304, false, false},
		{"If-Modified-Since: yesterday", 0, false, false},
		{"If-Match: " + tag, 0, false, false},
		{"If-Match: *", 0, false, false},
		{"If-Match: W/" + tag, 412, false, false},
		{"If-Match: \"x\"", 412, false, false},
		{"If-Unmodified-Since: " + before, 412, false, false},
		{"If-Unmodified-Since: " + date, 0, false, false},
		{"If-Match: " + tag + "\r\nIf-None-Match: " + tag, 304, false, false},
		{"If-None-Match: " + tag + "\r\nIf-None-Match: " + tag, 0, false, false},
		{"Range: bytes=0-0", 0, true, true},
		{"Range: bytes=0-0\r\nIf-Range: " + tag, 0, true, false},
		{"Range: bytes=0-0\r\nIf-Range: W/" + tag, 0, false, false},
		{"Range: bytes=0-0\r\nIf-Range: \"x\"", 0, false, false},
		{"Range: bytes=0-0\r\nIf-Range: " + date, 0, true, false},
		{"Range: bytes=0-0\r\nIf-Range: " + after, 0, false, false},
		{"Range: bytes=0-0\r\nRange: bytes=0-0", 0, false, false},
		{"If-Range: " + tag, 0, false, false},
	}
	for _, tt := range tests {
		b := []byte("GET / HTTP/1.1\r\nHost: x\r\n" + tt.head + "\r\n\r\n")
		if tt.head == "" {
			b = b[:len(b)-2]
		}
		var r request
		if _, status := r.parse(b); status != 0 {
			t.Fatal(tt.head, status)
		}
		if got := v.conditions(&r, b); got != tt.status {
			t.Errorf("%s: %d, not %d", tt.head, got, tt.status)
		}
		if v.ranges(&r, b) != tt.ranges || fresh.ranges(&r, b) != tt.fresh {
			t.Errorf("%s: ranges %v, of a fresh file %v", tt.head, v.ranges(&r, b), fresh.ranges(&r, b))
		}
	}
	if s := string(fresh.appendTag(nil)); s != "W/"+tag {
		t.Errorf("a fresh file has the tag %s", s)
	}
	if s := string(appendDate(nil, v.sec)); s != date {
		t.Errorf("%s", s)
	}
	if sec, ok := parseDate([]byte("Sunday, 06-Nov-94 08:49:37 GMT")); !ok || sec != v.sec {
		t.Error(time.Unix(sec, 0).UTC(), ok)
	}
}

func TestTypes(t *testing.T) {
	if !slices.IsSortedFunc(types, func(a, b mediaType) int { return strings.Compare(a.ext, b.ext) }) {
		t.Error("the table is not in order, and cannot be searched")
	}
	for name, want := range map[string]string{
		"a.html": "text/html; charset=utf-8", "d/a.HTML": "text/html; charset=utf-8", "a.tar.gz": "application/gzip", "x.7z": "application/x-7z-compressed",
		"a.zst": "application/zstd", "README": plain, "Makefile": plain, "d.js/x": opaque, "a.unknown": opaque, "a.": opaque, "a.verylongending": opaque,
	} {
		if got := typeOf([]byte(name)); got != want {
			t.Errorf("%s: %s, not %s", name, got, want)
		}
	}
}

func TestSizes(t *testing.T) {
	for n, want := range map[int64]string{0: "0 B", 1023: "1023 B", 1024: "1.0 KiB", 1536: "1.5 KiB", 10 << 10: "10 KiB", 999 << 10: "999 KiB", 1000 << 10: "1.0 MiB",
		5 << 20: "5.0 MiB", 100 << 30: "100 GiB", 1<<63 - 1: "8.0 EiB"} {
		if got := string(appendSize(nil, n)); got != want {
			t.Errorf("%d: %s, not %s", n, got, want)
		}
	}
}

func TestText(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                      "plain",
		`<a href="x">&'`:             "&lt;a href=&quot;x&quot;&gt;&amp;&#39;",
		"tab\tesc\x1b\x7f":           "tab\u2409esc\u241b\u2421",
		"n\u00e4me \u4f60":           "n\u00e4me \u4f60",
		"\u202egnp.exe \u2066\u200f": "&lt;U+202E&gt;gnp.exe &lt;U+2066&gt;&lt;U+200F&gt;",
		"c1 \u009b bad \xff":         "c1 &lt;U+009B&gt; bad \ufffd",
	} {
		if got := string(appendText(nil, []byte(in))); got != want {
			t.Errorf("%q: %q, not %q", in, got, want)
		}
	}
}
