package draw

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// Chart is lines over a common axis; when they all have one point only, and over the same X, it is bars.
type Chart struct {
	Title, Note string // the note stands below the title
	X, Y        string // what the axes count, with the unit
	LogX, LogY  bool   // an axis whose values are all above 0 may be logarithmic
	Series      []Series
}

// Series is one line. Those of a group have a colour in common, and differ in their strokes.
type Series struct {
	Name   string
	Group  int     // from 0; Groups-1 is grey
	Points []Point // by X
}

// Point is a place on a line.
type Point struct{ X, Y float64 }

// Groups is how many colours there are.
const Groups = 6

// The colours, darker on a light page and lighter on a dark one; told apart by colour-blind eyes with the help of the
// names at the lines' ends.
const chartStyle = `<style>
.title{font-size:17px;font-weight:600}.end{font-weight:600;paint-order:stroke;stroke:#fff;stroke-width:4px;stroke-linejoin:round}
.data{fill:none;stroke-width:2.2;stroke-linejoin:round;stroke-linecap:round}.lead{fill:none;stroke-width:1;opacity:.45}.hollow{fill:#fff;stroke-width:1.8}
.l0{stroke:#c2410c}.l1{stroke:#a21caf}.l2{stroke:#0369a1}.l3{stroke:#15803d}.l4{stroke:#a16207}.l5{stroke:#57606a}
.f0{fill:#c2410c}.f1{fill:#a21caf}.f2{fill:#0369a1}.f3{fill:#15803d}.f4{fill:#a16207}.f5{fill:#57606a}
@media(prefers-color-scheme:dark){.end{stroke:#0d1117}.hollow{fill:#0d1117}
.l0{stroke:#fb923c}.l1{stroke:#e879f9}.l2{stroke:#38bdf8}.l3{stroke:#4ade80}.l4{stroke:#facc15}.l5{stroke:#9aa4ae}
.f0{fill:#fb923c}.f1{fill:#e879f9}.f2{fill:#38bdf8}.f3{fill:#4ade80}.f4{fill:#facc15}.f5{fill:#9aa4ae}}
</style>
`

// dashes tell the lines of a group apart.
var dashes = [...]string{"", "7 5", "1.5 5"}

// The picture's size and the margins of what is drawn in it, in pixels.
const (
	chartW, chartH = 860.0, 460.0
	marginLeft     = 78.0
	marginRight    = 138.0
	marginTop      = 88.0
	marginBottom   = 56.0
	lineGap        = 16.0 // between names that stand below each other
)

// plot is a chart on its way to a picture.
type plot struct {
	svg
	c    *Chart
	x, y axis
}

// SVG is the picture. Of a chart without points it says that there is nothing to see.
func (c *Chart) SVG() string {
	p := &plot{c: c, svg: svg{w: chartW, h: chartH}}
	p.b.WriteString(chartStyle)
	var xs, ys []float64
	for _, s := range c.Series {
		for _, pt := range s.Points {
			xs, ys = append(xs, pt.X), append(ys, pt.Y)
		}
	}
	slices.Sort(xs)
	xs = slices.Compact(xs)
	p.text(20, 32, "start", "title", c.Title)
	p.text(20, 52, "start", "dim", c.Note)
	switch len(xs) {
	case 0:
		p.text(chartW/2, chartH/2, "middle", "dim", "nothing was measured")
	case 1:
		p.bars(xs[0])
	default:
		p.x = newAxis(xs[0], xs[len(xs)-1], c.LogX, marginLeft+10, chartW-marginRight-10)
		p.y = yAxis(ys, c.LogY)
		p.grid(xs)
		p.lines()
		p.names()
	}
	return p.String()
}

// grid draws the axes: a line for each value of Y that is easy to read, a mark for each value of X that there is.
func (p *plot) grid(xs []float64) {
	p.text(20, marginTop-12, "start", "dim", p.c.Y)
	for _, v := range p.y.ticks() {
		y := p.y.at(v)
		p.line(marginLeft, y, chartW-marginRight, y, "grid", "")
		p.text(marginLeft-8, y+4.5, "end", "dim", Short(v))
	}
	bottom := chartH - marginBottom
	p.line(marginLeft, bottom, chartW-marginRight, bottom, "line", "")
	last := math.Inf(-1)
	for _, v := range xs {
		x := p.x.at(v)
		p.line(x, bottom, x, bottom+5, "line", "")
		if x-last > 40 {
			p.text(x, bottom+21, "middle", "dim", Short(v))
			last = x
		}
	}
	p.text((marginLeft+chartW-marginRight)/2, bottom+42, "middle", "dim", p.c.X)
}

// member is the place of series i in its group.
func (c *Chart) member(i int) int {
	n := 0
	for _, s := range c.Series[:i] {
		if s.Group == c.Series[i].Group {
			n++
		}
	}
	return n
}

func (p *plot) lines() {
	for i, s := range p.c.Series {
		var path strings.Builder
		for j, pt := range s.Points {
			path.WriteString(map[bool]string{true: "M", false: "L"}[j == 0] + px(p.x.at(pt.X)) + " " + px(p.y.at(pt.Y)))
		}
		group, nth := strconv.Itoa(s.Group%Groups), p.c.member(i)
		dash := dashes[nth%len(dashes)]
		if dash != "" {
			dash = ` stroke-dasharray="` + dash + `"`
		}
		p.b.WriteString(`<path class="data l` + group + `" d="` + path.String() + `"` + dash + "/>\n")
	}
	for i, s := range p.c.Series {
		group, class := strconv.Itoa(s.Group%Groups), "f"
		if p.c.member(i)%2 == 1 {
			class = "hollow l"
		}
		for _, pt := range s.Points {
			p.b.WriteString(`<circle class="` + class + group + `" cx="` + px(p.x.at(pt.X)) + `" cy="` + px(p.y.at(pt.Y)) + `" r="3.6"><title>` +
				escape(s.Name+", "+Short(pt.X)+" "+p.c.X+": "+Short(pt.Y)+" "+p.c.Y) + "</title></circle>\n")
		}
	}
}

// name is a line's name at its end.
type name struct {
	series int
	x, y   float64 // of the line's end
	at     float64 // where the name stands
}

// names writes each line's name at its end; those that would stand on each other are moved apart.
func (p *plot) names() {
	byX := map[float64][]name{}
	var order []float64
	for i, s := range p.c.Series {
		end := s.Points[len(s.Points)-1]
		x := p.x.at(end.X)
		if byX[x] == nil {
			order = append(order, x)
		}
		y := p.y.at(end.Y)
		byX[x] = append(byX[x], name{series: i, x: x, y: y, at: y})
	}
	for _, x := range order {
		column := byX[x]
		spread(column, marginTop, chartH-marginBottom)
		for _, n := range column {
			s := p.c.Series[n.series]
			group := strconv.Itoa(s.Group % Groups)
			p.b.WriteString(`<path class="lead l` + group + `" d="M` + px(n.x+5) + " " + px(n.y) + "L" + px(n.x+15) + " " + px(n.at) + `"/>` + "\n")
			p.text(n.x+19, n.at+4.5, "start", "end f"+group, s.Name)
		}
	}
}

// spread moves names apart, as little as it takes, within top and bottom: neighbours that are too close become a block
// whose middle is the middle of their ends.
func spread(all []name, top, bottom float64) {
	slices.SortStableFunc(all, func(a, b name) int {
		switch {
		case a.y < b.y:
			return -1
		case a.y > b.y:
			return 1
		}
		return a.series - b.series
	})
	type block struct {
		from, n int
		sum     float64 // of the ends
	}
	start := func(b block) float64 {
		at := b.sum/float64(b.n) - float64(b.n-1)*lineGap/2
		return max(min(at, bottom-float64(b.n-1)*lineGap), top)
	}
	var blocks []block
	for i := range all {
		blocks = append(blocks, block{i, 1, all[i].y})
		for len(blocks) > 1 {
			a, b := blocks[len(blocks)-2], blocks[len(blocks)-1]
			if start(a)+float64(a.n)*lineGap <= start(b) {
				break
			}
			blocks = append(blocks[:len(blocks)-2], block{a.from, a.n + b.n, a.sum + b.sum})
		}
	}
	for _, b := range blocks {
		for i := range b.n {
			all[b.from+i].at = start(b) + float64(i)*lineGap
		}
	}
}

// bars draws one bar for each series: there is only one X.
func (p *plot) bars(x float64) {
	const left, right, top, step, thick = 130.0, chartW - 110, 92.0, 28.0, 18.0
	most := 0.0
	for _, s := range p.c.Series {
		most = max(most, s.Points[0].Y)
	}
	p.text(20, top-14, "start", "dim", p.c.Y+", "+Short(x)+" "+p.c.X)
	y := top
	for _, s := range p.c.Series {
		v := s.Points[0].Y
		length := 1.0
		if most > 0 {
			length = max(v/most*(right-left), 1)
		}
		p.text(left-10, y+thick/2+4.5, "end", "", s.Name)
		p.b.WriteString(`<rect class="f` + strconv.Itoa(s.Group%Groups) + `" x="` + px(left) + `" y="` + px(y) + `" width="` + px(length) + `" height="` + px(thick) + `" rx="2"/>` + "\n")
		p.text(left+length+8, y+thick/2+4.5, "start", "dim", Short(v))
		y += step
	}
	p.h = y + 16
}
