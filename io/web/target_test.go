package web

import (
	"bytes"
	"strings"
	"testing"
)

func TestLocate(t *testing.T) {
	tests := []struct {
		target string
		status int
		path   string
		slash  bool
		query  string
	}{
		{"/", 0, "", true, ""},
		{"//", 0, "", true, ""},
		{"/a", 0, "a", false, ""},
		{"/a/", 0, "a", true, ""},
		{"/a//b///", 0, "a/b", true, ""},
		{"//a", 0, "a", false, ""},
		{"/a?b/../c", 0, "a", false, "?b/../c"},
		{"/?", 0, "", true, "?"},
		{"/a%20b", 0, "a b", false, ""},
		{"/%61/%7e", 0, "a/~", false, ""},
		{"/%e4%BD%a0", 0, "\xe4\xbd\xa0", false, ""},
		{"/\xc3\xa9", 0, "\xc3\xa9", false, ""},
		{"/a\\b", 0, "a\\b", false, ""},
		{"/%5c..%5c", 0, `\..\`, false, ""},
		{"/%25", 0, "%", false, ""},
		{"/%252e%252e/x", 0, "%2e%2e/x", false, ""}, // decoded once, and never again
		{"/a%3fb", 0, "a?b", false, ""},
		{"/a:b", 0, "a:b", false, ""},
		{"/a.", 0, "a.", false, ""},
		{"/a..b/...c"[:6], 0, "a..b/"[:4], true, ""},

		{"http://h", 0, "", true, ""},
		{"HTTP://h:80/", 0, "", true, ""},
		{"http://h/a/?q", 0, "a", true, "?q"},
		{"http://h?q", 0, "", true, "?q"},
		{"https://[::1]:8/a", 0, "a", false, ""},
		{"http://h/../a", 404, "", false, ""},

		// hidden, and out
		{"/.", 404, "", false, ""},
		{"/..", 404, "", false, ""},
		{"/../etc/passwd", 404, "", false, ""},
		{"/a/../b", 404, "", false, ""},
		{"/a/..", 404, "", false, ""},
		{"/a/./b", 404, "", false, ""},
		{"/%2e%2e/etc/passwd", 404, "", false, ""},
		{"/%2E./x", 404, "", false, ""},
		{"/.%2e/x", 404, "", false, ""},
		{"/..%2fetc", 404, "", false, ""},
		{"/a%2fb", 404, "", false, ""},
		{"/a/%2F/b", 404, "", false, ""},
		{"/.git/config", 404, "", false, ""},
		{"/a/.hidden", 404, "", false, ""},
		{"/...", 404, "", false, ""},

		{"/%00", 400, "", false, ""},
		{"/a%00.html", 400, "", false, ""},
		{"/../%00", 400, "", false, ""},
		{"/%", 400, "", false, ""},
		{"/%2", 400, "", false, ""},
		{"/%zz", 400, "", false, ""},
		{"/%2g", 400, "", false, ""},
		{"/%u0041", 400, "", false, ""},
		{"/a#b", 400, "", false, ""},
		{"*", 400, "", false, ""},
		{"h:80", 400, "", false, ""},
		{"a/b", 400, "", false, ""},
		{"ftp://h/a", 400, "", false, ""},
		{"http:///a", 400, "", false, ""},
		{"http://u@h/a", 400, "", false, ""},
		{"http://u:p@h/a", 400, "", false, ""},
		{"http:/a", 400, "", false, ""},
		{"http://h\\@x/", 400, "", false, ""},
	}
	for _, tt := range tests {
		p, status := locate([]byte(tt.target), nil)
		if status != tt.status || status == 0 && (string(p.path) != tt.path || p.slash != tt.slash || string(p.query) != tt.query) {
			t.Errorf("%s: %d, %q %v %q", tt.target, status, p.path, p.slash, p.query)
		}
	}
}

// FuzzLocate: a path that comes out has nothing in it that could lead anywhere but down, and written as a URI again it
// leads to the same place.
func FuzzLocate(f *testing.F) {
	for _, s := range []string{"/", "/a/b%20c/", "/../x", "/%2e%2e/", "http://h/a?b", "//x//", "/%00", "/a%2fb"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, target []byte) {
		if len(target) == 0 {
			return
		}
		p, status := locate(target, make([]byte, 0, 16))
		if status != 0 {
			return
		}
		if bytes.IndexByte(p.path, 0) >= 0 || len(p.path) > len(target) {
			t.Fatalf("%q: %q", target, p.path)
		}
		if len(p.path) > 0 {
			for s := range strings.SplitSeq(string(p.path), "/") {
				if s == "" || s[0] == '.' {
					t.Fatalf("%q: %q", target, p.path)
				}
			}
		}
		again := appendPath([]byte{'/'}, p.path)
		if q, status := locate(again, nil); status != 0 || !bytes.Equal(q.path, p.path) {
			t.Fatalf("%q: %q, and %q leads to %q", target, p.path, again, q.path)
		}
	})
}
