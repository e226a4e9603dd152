# What the pictures of the lessons are drawn with: an SVG that reads well on light and on dark paper. The scripts beside
# this file put it before a program of their own:  awk "$(cat svg.awk)"' ... '

function esc(s) { gsub(/&/, "\\&amp;", s); gsub(/</, "\\&lt;", s); gsub(/>/, "\\&gt;", s); return s }

function begin(w, h, what) {
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" role=\"img\">\n", w, h, w, h
	printf "<title>%s</title>\n<style>\n", esc(what)
	print "text{font:13px ui-monospace,Menlo,Consolas,monospace;fill:#24292f}"
	print ".dim{fill:#6e7781}.small{font-size:11.5px}.title{font-size:16px;font-weight:600}.bold{font-weight:600}"
	print ".line{stroke:#24292f;stroke-width:1.2;fill:none}.grid{stroke:#d0d7de;stroke-width:1;fill:none}.dash{stroke-dasharray:4 4}"
	print ".head{fill:#24292f}.box{fill:#f6f8fa;stroke:#8c959f}.blue{fill:#cde5f7;stroke:#0072b2}.green{fill:#c9ecdf;stroke:#009e73}"
	print ".orange{fill:#fbe3b5;stroke:#b87700}.red{fill:#f7d3c4;stroke:#d55e00}"
	print ".gline{stroke:#009e73;stroke-width:2;fill:none}.oline{stroke:#d55e00;stroke-width:2;fill:none}"
	print "@media(prefers-color-scheme:dark){text{fill:#e6edf3}.dim{fill:#8b949e}.line{stroke:#e6edf3}.head{fill:#e6edf3}.grid{stroke:#30363d}"
	print ".box{fill:#161b22;stroke:#6e7681}.blue{fill:#12324a;stroke:#56b4e9}.green{fill:#0c3b2e;stroke:#2fbf95}"
	print ".orange{fill:#463208;stroke:#e69f00}.red{fill:#4a2312;stroke:#ff8c42}.gline{stroke:#2fbf95}.oline{stroke:#ff8c42}}"
	print "</style>"
}
function end() { print "</svg>" }

# text writes s; the anchor is start, middle or end.
function text(x, y, anchor, class, s) {
	printf "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" class=\"%s\">%s</text>\n", x, y, anchor, class, esc(s)
}
function box(x, y, w, h, class) {
	printf "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"3\" class=\"%s\"/>\n", x, y, w, h, class
}
function line(x1, y1, x2, y2, class) {
	printf "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" class=\"%s\"/>\n", x1, y1, x2, y2, class
}
function arrow(x1, y1, x2, y2, class,    d, ux, uy) {
	d = sqrt((x2 - x1) ^ 2 + (y2 - y1) ^ 2)
	ux = (x2 - x1) / d; uy = (y2 - y1) / d
	line(x1, y1, x2 - 8 * ux, y2 - 8 * uy, class)
	printf "<path d=\"M%.1f %.1fL%.1f %.1fL%.1f %.1fZ\" class=\"head\"/>\n", x2, y2, \
		x2 - 9 * ux - 4.5 * uy, y2 - 9 * uy + 4.5 * ux, x2 - 9 * ux + 4.5 * uy, y2 - 9 * uy - 4.5 * ux
}
