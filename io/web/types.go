package web

import (
	"bytes"
	"cmp"
	"slices"
)

// Media types, by the last part of a name (RFC 9110, section 8.3; the names are IANA's). Text is said to be UTF-8, which
// is what text is.

const (
	plain  = "text/plain; charset=utf-8"
	opaque = "application/octet-stream"
)

// mediaType is one row.
type mediaType struct{ ext, name string }

// typeOf is the type of a file. A name without an ending that is all capitals (README, LICENSE, Makefile) is a text for
// people; what nobody knows is bytes, and a browser keeps those in a file.
func typeOf(path []byte) string {
	name := path[bytes.LastIndexByte(path, '/')+1:]
	i := bytes.LastIndexByte(name, '.')
	if i < 0 {
		if len(name) > 0 && name[0] >= 'A' && name[0] <= 'Z' {
			return plain
		}
		return opaque
	}
	var low [12]byte
	ext := name[i+1:]
	if len(ext) > len(low) {
		return opaque
	}
	for j, c := range ext {
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		low[j] = c
	}
	found, ok := slices.BinarySearchFunc(types, low[:len(ext)], func(t mediaType, ext []byte) int {
		return cmp.Compare(t.ext, string(ext))
	})
	if !ok {
		return opaque
	}
	return types[found].name
}

// types is in the order of ext.
var types = []mediaType{
	{"7z", "application/x-7z-compressed"},
	{"aac", "audio/aac"},
	{"asc", plain},
	{"atom", "application/atom+xml"},
	{"avi", "video/x-msvideo"},
	{"avif", "image/avif"},
	{"bmp", "image/bmp"},
	{"bz2", "application/x-bzip2"},
	{"c", plain},
	{"cc", plain},
	{"cfg", plain},
	{"conf", plain},
	{"cpp", plain},
	{"css", "text/css; charset=utf-8"},
	{"csv", "text/csv; charset=utf-8"},
	{"diff", plain},
	{"epub", "application/epub+zip"},
	{"flac", "audio/flac"},
	{"gif", "image/gif"},
	{"go", plain},
	{"gz", "application/gzip"},
	{"h", plain},
	{"htm", "text/html; charset=utf-8"},
	{"html", "text/html; charset=utf-8"},
	{"ico", "image/vnd.microsoft.icon"},
	{"ics", "text/calendar; charset=utf-8"},
	{"ini", plain},
	{"java", plain},
	{"jpeg", "image/jpeg"},
	{"jpg", "image/jpeg"},
	{"js", "text/javascript; charset=utf-8"},
	{"json", "application/json"},
	{"jsonl", plain},
	{"log", plain},
	{"m3u8", "application/vnd.apple.mpegurl"},
	{"m4a", "audio/mp4"},
	{"map", "application/json"},
	{"md", "text/markdown; charset=utf-8"},
	{"mjs", "text/javascript; charset=utf-8"},
	{"mkv", "video/matroska"},
	{"mod", plain},
	{"mov", "video/quicktime"},
	{"mp3", "audio/mpeg"},
	{"mp4", "video/mp4"},
	{"mpd", "application/dash+xml"},
	{"mpeg", "video/mpeg"},
	{"oga", "audio/ogg"},
	{"ogg", "audio/ogg"},
	{"ogv", "video/ogg"},
	{"opus", "audio/ogg"},
	{"otf", "font/otf"},
	{"patch", plain},
	{"pdf", "application/pdf"},
	{"pem", "application/x-pem-file"},
	{"png", "image/png"},
	{"py", plain},
	{"rs", plain},
	{"rss", "application/rss+xml"},
	{"rtf", "application/rtf"},
	{"sh", plain},
	{"sql", plain},
	{"sum", plain},
	{"svg", "image/svg+xml"},
	{"tar", "application/x-tar"},
	{"tgz", "application/gzip"},
	{"tif", "image/tiff"},
	{"tiff", "image/tiff"},
	{"toml", "application/toml"},
	{"ts", plain},
	{"tsv", "text/tab-separated-values; charset=utf-8"},
	{"ttf", "font/ttf"},
	{"txt", plain},
	{"txtar", plain},
	{"vcf", "text/vcard; charset=utf-8"},
	{"vtt", "text/vtt; charset=utf-8"},
	{"wasm", "application/wasm"},
	{"wav", "audio/wav"},
	{"weba", "audio/webm"},
	{"webm", "video/webm"},
	{"webmanifest", "application/manifest+json"},
	{"webp", "image/webp"},
	{"woff", "font/woff"},
	{"woff2", "font/woff2"},
	{"xhtml", "application/xhtml+xml"},
	{"xml", "application/xml"},
	{"xz", "application/x-xz"},
	{"yaml", "application/yaml"},
	{"yml", "application/yaml"},
	{"zip", "application/zip"},
	{"zst", "application/zstd"},
}
