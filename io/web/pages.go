package web

import "unicode/utf8"

// The pages that are made here and not found: errors, and in listing.go the listing of a folder. They load nothing, run
// nothing and follow the reader's choice of light or dark; in a terminal they read well enough as they are.

// style is common to all of them, tableStyle is for listings.
const (
	style = `<style>
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 3rem auto; padding: 0 1.25rem }
h1 { font-size: 1.25rem; font-weight: 600; overflow-wrap: anywhere }
p { color: light-dark(#5f6672, #a2a9b4) }
</style>
`
	tableStyle = `<style>
a { color: light-dark(#0b57b0, #8ab8f5); text-decoration: none }
a:hover { text-decoration: underline }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { padding: .3rem 0; border-bottom: 1px solid light-dark(#e6e8eb, #32363c); text-align: left; vertical-align: top }
th { font-weight: 400; font-size: .8rem }
td:first-child { width: 100%; overflow-wrap: anywhere }
td + td, th + th { padding-left: 1.25rem; text-align: right; white-space: nowrap }
td + td, th { color: light-dark(#5f6672, #a2a9b4) }
</style>
`
)

// opening is how a page begins, up to the text of its title. The icon that is none keeps browsers from asking for one.
const opening = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>`

// policy allows our pages what they have, and nothing that a name of a file could smuggle in (CSP, level 3).
const policy = "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; img-src data:\r\n"

// status is one status code: its reason phrase, and a sentence for its page; RFC 9110, section 15.
type status struct {
	code   int
	reason string
	text   string
}

func statusRow(code int) *status {
	for i := range statuses {
		if statuses[i].code == code {
			return &statuses[i]
		}
	}
	return statusRow(500)
}

// statuses is every status that is ever sent.
var statuses = []status{
	{200, "OK", ""},
	{206, "Partial Content", ""},
	{301, "Moved Permanently", "This is a folder: its address ends in a slash."},
	{304, "Not Modified", ""},
	{400, "Bad Request", "That was not a request that can be understood."},
	{403, "Forbidden", "It is here, but it must not be read."},
	{404, "Not Found", "There is nothing here by that name."},
	{405, "Method Not Allowed", "Only GET and HEAD work here: files are read, and never changed."},
	{408, "Request Timeout", "The request did not come to its end in time."},
	{412, "Precondition Failed", "The file is not the one that was asked for: it has changed."},
	{414, "URI Too Long", "The address is longer than any name of a file."},
	{416, "Range Not Satisfiable", "The file ends before the part that was asked for."},
	{431, "Request Header Fields Too Large", "The head of the request is too large."},
	{500, "Internal Server Error", "The file could not be read."},
	{501, "Not Implemented", "The body of the request is coded in a way that is not known here."},
	{503, "Service Unavailable", "There are too many connections or files open just now. Try again in a moment."},
	{505, "HTTP Version Not Supported", "Only HTTP/1.1 and HTTP/1.0 are spoken here."},
}

// appendErrorPage appends the page of a status. Nothing of the request is in it.
func appendErrorPage(b []byte, s *status) []byte {
	b = append(b, opening...)
	b = appendStatus(b, s)
	b = append(b, "</title>\n"+style+"<h1>"...)
	b = appendStatus(b, s)
	b = append(b, "</h1>\n<p>"...)
	b = append(b, s.text...)
	return append(b, "</p>\n</html>\n"...)
}

func appendStatus(b []byte, s *status) []byte {
	b = append(b, byte('0'+s.code/100), byte('0'+s.code/10%10), byte('0'+s.code%10), ' ')
	return append(b, s.reason...)
}

// appendText appends text to HTML. Control characters are shown as their pictures (U+2400 and on), and those that turn
// the direction of letters around by their numbers: a name must not look like another one ("gnp.exe" like "exe.png").
func appendText(b, text []byte) []byte {
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		switch {
		case r == '&':
			b = append(b, "&amp;"...)
		case r == '<':
			b = append(b, "&lt;"...)
		case r == '>':
			b = append(b, "&gt;"...)
		case r == '"':
			b = append(b, "&quot;"...)
		case r == '\'':
			b = append(b, "&#39;"...)
		case r < ' ':
			b = utf8.AppendRune(b, 0x2400+r)
		case r == 0x7f:
			b = utf8.AppendRune(b, 0x2421)
		case r >= 0x80 && r < 0xa0, turns(r):
			b = append(b, "&lt;U+"...)
			const hex = "0123456789ABCDEF"
			b = append(b, hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
			b = append(b, "&gt;"...)
		default:
			b = utf8.AppendRune(b, r) // U+FFFD for what is not UTF-8
		}
		text = text[n:]
	}
	return b
}

// turns says whether a character changes the direction of those beside it (UAX 9, section 2).
func turns(r rune) bool {
	return r == 0x61c || r == 0x200e || r == 0x200f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}
