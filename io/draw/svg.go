// Package draw makes pictures of what was measured: charts and sequence diagrams, as lines for a terminal and as SVG.
package draw

import (
	"strconv"
	"strings"
)

// svg collects the elements of a picture. Coordinates are in pixels at its natural size. Colours follow the reader's:
// a dark page gets light lines.
type svg struct {
	b    strings.Builder
	w, h float64
}

// style is the part that every picture shares: four inks that are told apart in print and by colour-blind eyes
// (Okabe and Ito), on whatever the page's ground is.
const style = `<style>
text{font:13px ui-monospace,Menlo,Consolas,monospace;fill:#24292f}
.dim{fill:#6e7781}.line{stroke:#24292f;stroke-width:1.2;fill:none}.grid{stroke:#d0d7de;stroke-width:1;fill:none}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.dim{fill:#8b949e}.line{stroke:#e6edf3}.grid{stroke:#30363d}}
</style>
`

// text writes s; anchor is start, middle or end of it at x.
func (p *svg) text(x, y float64, anchor, class, s string) {
	p.b.WriteString(`<text x="` + px(x) + `" y="` + px(y) + `" text-anchor="` + anchor + `"` + classed(class) + `>` + escape(s) + "</text>\n")
}

func (p *svg) line(x1, y1, x2, y2 float64, class, more string) {
	p.b.WriteString(`<line x1="` + px(x1) + `" y1="` + px(y1) + `" x2="` + px(x2) + `" y2="` + px(y2) + `"` + classed(class) + more + "/>\n")
}

// rect is a filled box; title is shown when a pointer rests on it.
func (p *svg) rect(x, y, w, h float64, fill, title string) {
	p.b.WriteString(`<rect x="` + px(x) + `" y="` + px(y) + `" width="` + px(w) + `" height="` + px(h) + `" fill="` + fill + `"><title>` + escape(title) + "</title></rect>\n")
}

// String is the whole picture.
func (p *svg) String() string {
	size := `width="` + px(p.w) + `" height="` + px(p.h) + `" viewBox="0 0 ` + px(p.w) + " " + px(p.h) + `"`
	return `<svg xmlns="http://www.w3.org/2000/svg" ` + size + ` role="img">` + "\n" + style + p.b.String() + "</svg>\n"
}

func classed(class string) string {
	if class == "" {
		return ""
	}
	return ` class="` + class + `"`
}

// px writes a coordinate with at most one digit behind the point.
func px(f float64) string {
	return strings.TrimSuffix(strconv.FormatFloat(f, 'f', 1, 64), ".0")
}

// escape makes text of s: XML 1.0, section 2.4; control characters that XML has no way to write become "?".
func escape(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '&':
			b.WriteString("&amp;")
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '"':
			b.WriteString("&quot;")
		case r < 0x20 || r == 0xfffe || r == 0xffff:
			b.WriteByte('?')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
