package draw

import (
	"encoding/xml"
	"flag"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares with a file of testdata. Look at a picture before you keep it: rsvg-convert -o x.png x.svg.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is no longer what is drawn (go test ./io/draw -update, and look at it)", path)
	}
	if strings.HasSuffix(name, ".svg") {
		wellFormed(t, name, got)
	}
}

func wellFormed(t *testing.T, name, text string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		if _, err := d.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
	}
}

func points(y ...float64) []Point {
	var all []Point
	for i, v := range y {
		all = append(all, Point{math.Pow(10, float64(i)), v})
	}
	return all
}

func TestCharts(t *testing.T) {
	lines := Chart{
		Title: "Messages a second", Note: "64 bytes there and back", X: "connections", Y: "messages/s", LogX: true,
		Series: []Series{
			{"process", 0, points(38000, 29000, 32000, 24000)},
			{"thread", 0, points(34000, 49000, 43000, 55000)},
			{"goroutine", 0, points(38000, 48000, 86000, 92000, 81000)},
			{"select", 1, points(37800, 49900, 131000, 122500)},
			{"poll", 1, points(37900, 66000, 135000, 109000, 42000)},
			{"epoll", 2, points(41000, 64000, 140000, 97000, 46000)},
			{"<b> & \"c\"", 5, points(40000, 67000, 143000, 86000, 45000)},
		},
	}
	golden(t, "lines.svg", lines.SVG())
	logs := Chart{
		Title: "Memory", X: "connections", Y: "KiB", LogX: true, LogY: true,
		Series: []Series{{"process", 0, points(1600, 1000, 900)}, {"thread", 0, points(44, 26, 23)}, {"epoll", 2, points(0.1, 0.1, 0.2)}},
	}
	golden(t, "logs.svg", logs.SVG())
	bars := Chart{Title: "Messages a second", X: "connections", Y: "messages/s", Series: []Series{
		{"process", 0, []Point{{100, 32000}}}, {"epoll", 2, []Point{{100, 140000}}}, {"nothing", 5, []Point{{100, 0}}}}}
	golden(t, "bars.svg", bars.SVG())
	golden(t, "empty.svg", (&Chart{Title: "Messages a second"}).SVG())
}

// TestNamesDoNotMeet: names at the ends of lines keep their distance and their order, and stay inside.
func TestNamesDoNotMeet(t *testing.T) {
	for _, ys := range [][]float64{{100}, {100, 100, 100}, {90, 91, 300, 301, 302}, {404, 404, 404, 404, 404}, {88, 89, 404, 403, 250, 251, 252, 253}} {
		var all []name
		for i, y := range ys {
			all = append(all, name{series: i, y: y})
		}
		spread(all, marginTop, chartH-marginBottom)
		for i := range all {
			if all[i].at < marginTop-0.01 || all[i].at > chartH-marginBottom+0.01 {
				t.Errorf("%v: a name stands at %v", ys, all[i].at)
			}
			if i > 0 && (all[i].at-all[i-1].at < lineGap-0.01 || all[i].y < all[i-1].y) {
				t.Errorf("%v: names at %v and %v", ys, all[i-1].at, all[i].at)
			}
		}
	}
}

func TestAxis(t *testing.T) {
	for _, c := range []struct {
		ys   []float64
		log  bool
		want []float64
	}{
		{[]float64{3, 143000}, false, []float64{0, 50000, 100000, 150000}},
		{[]float64{0}, false, []float64{0, 0.2, 0.4, 0.6, 0.8, 1}},
		{[]float64{7, 9}, false, []float64{0, 2, 4, 6, 8, 10}},
		{[]float64{7, 180}, true, []float64{10, 20, 50, 100, 200}},
		{[]float64{0.1, 1600}, true, []float64{0.1, 1, 10, 100, 1000}},
		{[]float64{0, 5}, true, []float64{0, 1, 2, 3, 4, 5}}, // nothing below 0 has a logarithm
	} {
		a := yAxis(c.ys, c.log)
		got := a.ticks()
		if len(got) != len(c.want) || !slices.EqualFunc(got, c.want, func(a, b float64) bool { return math.Abs(a-b) < 1e-9*max(1, b) }) {
			t.Errorf("ticks for %v: %v, want %v", c.ys, got, c.want)
		}
		for _, y := range c.ys {
			if at := a.at(y); at < marginTop-0.1 || at > chartH-marginBottom+0.1 {
				t.Errorf("%v of %v is drawn at %v", y, c.ys, at)
			}
		}
	}
	for v, want := range map[float64]string{0: "0", 0.1: "0.1", 7.25: "7.25", 999: "999", 1000: "1\u202f000", 143000: "143\u202f000", 1234567: "1\u202f234\u202f567"} {
		if got := Short(v); got != want {
			t.Errorf("Short(%v) is %q, want %q", v, got, want)
		}
	}
}

func TestBars(t *testing.T) {
	bars := []Bar{{"epoll", 1000, "1000"}, {"poll", 505, "505"}, {"ünï", 1, "1"}, {"none", 0, "0"}, {"below", -3, "-3"}}
	for _, c := range []struct {
		width         int
		blocks, color bool
		want          string
	}{
		{30, true, false, "" +
			"  epoll █████████████████ 1000\n" +
			"  poll  ████████▋ 505\n" +
			"  ünï   ▏ 1\n" +
			"  none   0\n" +
			"  below  -3\n"},
		{30, false, false, "" +
			"  epoll ################# 1000\n" +
			"  poll  ######### 505\n" +
			"  ünï    1\n" +
			"  none   0\n" +
			"  below  -3\n"},
		{1, true, true, "" +
			"  epoll \x1b[36m█\x1b[0m 1000\n" +
			"  poll  \x1b[36m▌\x1b[0m 505\n" +
			"  ünï   \x1b[36m▏\x1b[0m 1\n" +
			"  none   0\n" +
			"  below  -3\n"},
	} {
		if got := Bars(bars, c.width, c.blocks, c.color); got != c.want {
			t.Errorf("width %d:\n%s\nwant\n%s", c.width, got, c.want)
		}
	}
	if got := Bars(nil, 80, true, true); got != "" {
		t.Errorf("no bars are %q", got)
	}
}
