package main

import (
	"fmt"
	"os"
	"strings"
)

const page = "docs/performance.md"

// record puts the table between its marks in docs/performance.md, and its picture beside it.
func (t *table) record(text string) error {
	b, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	begin, end := "<!-- begin "+t.name+" -->\n", "<!-- end "+t.name+" -->"
	head, rest, ok := strings.Cut(string(b), begin)
	_, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		return fmt.Errorf("%s has no place for %s", page, t.name)
	}
	picture := "performance-" + t.name + ".svg"
	body := "![" + t.title + "](" + picture + ")\n\n```\n" + text + "```\n"
	if err := os.WriteFile(page, []byte(head+begin+body+end+tail), 0o644); err != nil {
		return err
	}
	return os.WriteFile("docs/"+picture, []byte(t.svg()), 0o644)
}

// svg draws a bar for each tool, its median, with the spread of its rounds as a line across its end.
func (t *table) svg() string {
	const left, width, high, gap = 130.0, 430.0, 22.0, 8.0
	most := 0.0
	for _, c := range t.cases {
		if len(c.values) > 0 {
			_, hi := bounds(c.values)
			most = max(most, hi)
		}
	}
	var b strings.Builder
	y := 40.0
	for _, c := range t.cases {
		if len(c.values) == 0 {
			continue
		}
		lo, hi := bounds(c.values)
		x := func(v float64) float64 { return left + v/most*width }
		ink := "#8b949e"
		if strings.HasPrefix(c.name, "cat5") {
			ink = "#0072b2"
		}
		mid := y + high/2
		fmt.Fprintf(&b, `<text x="%.0f" y="%.0f" text-anchor="end">%s</text>`+"\n", left-8, mid+4.5, c.name)
		fmt.Fprintf(&b, `<rect x="%.0f" y="%.1f" width="%.1f" height="%.0f" fill="%s"/>`+"\n", left, y, x(median(c.values))-left, high, ink)
		fmt.Fprintf(&b, `<path class="line" d="M%.1f %.1fH%.1f"/>`+"\n", x(lo), mid, x(hi))
		fmt.Fprintf(&b, `<text x="%.1f" y="%.1f">%s</text>`+"\n", x(hi)+8, mid+4.5, short(median(c.values)))
		y += high + gap
	}
	better := "more is better"
	if t.less {
		better = "less is better"
	}
	return picture(y, left, t.title+", "+t.unit+" ("+better+")", b.String())
}

// recordCPU draws the processor time that a GiB costs, a group of bars for each way of moving bytes.
func recordCPU(tables []*table) {
	const left, width, high, gap = 130.0, 430.0, 14.0, 3.0
	most := 0.0
	for _, t := range tables {
		for _, c := range t.cases {
			most = max(most, median(c.cpus))
		}
	}
	var b strings.Builder
	y := 40.0
	for _, t := range tables {
		fmt.Fprintf(&b, `<text x="%.0f" y="%.1f" font-weight="bold">%s</text>`+"\n", left, y+12, t.title)
		y += 20
		for _, c := range t.cases {
			if len(c.cpus) == 0 {
				continue
			}
			ink := "#8b949e"
			if strings.HasPrefix(c.name, "cat5") {
				ink = "#0072b2"
			}
			long := median(c.cpus) / most * width
			fmt.Fprintf(&b, `<text x="%.0f" y="%.1f" text-anchor="end">%s</text>`+"\n", left-8, y+11.5, c.name)
			fmt.Fprintf(&b, `<rect x="%.0f" y="%.1f" width="%.1f" height="%.0f" fill="%s"/>`+"\n", left, y, long, high, ink)
			fmt.Fprintf(&b, `<text x="%.1f" y="%.1f">%.2f</text>`+"\n", left+long+8, y+11.5, median(c.cpus))
			y += high + gap
		}
		y += 8
	}
	err := os.WriteFile("docs/performance-cpu.svg", []byte(picture(y, left, "seconds of processor time per GiB (less is better)", b.String())), 0o644)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
	}
}

// picture is a drawing of 640 by high, with its title.
func picture(high, left float64, title, body string) string {
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" width="640" height="%.0f" viewBox="0 0 640 %.0f" role="img">
<style>text{font:13px ui-monospace,Menlo,Consolas,monospace;fill:#24292f}.line{stroke:#24292f;stroke-width:1.5;fill:none}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.line{stroke:#e6edf3}}</style>
<text x="%.0f" y="22" font-weight="bold">%s</text>
%s</svg>
`, high+4, high+4, left, title, body)
}
