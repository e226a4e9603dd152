package draw

import (
	"strings"
	"unicode/utf8"
)

// Bar is one line of a bar chart.
type Bar struct {
	Label string
	Value float64 // the bar's length; less than 0 counts as 0
	Text  string  // what stands behind it
}

// eighths are the left eighths of a character cell (Unicode, U+2588 to U+258F), none to seven.
var eighths = [8]string{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"}

// Bars draws lines of at most width characters: labels, bars to one scale, texts. With blocks the bars are made of eighths
// of a character, else of "#"; color paints them.
func Bars(bars []Bar, width int, blocks, color bool) string {
	label, text := 0, 0
	most := 0.0
	for _, b := range bars {
		label, text = max(label, utf8.RuneCountInString(b.Label)), max(text, utf8.RuneCountInString(b.Text))
		most = max(most, b.Value)
	}
	room := max(width-label-text-4, 1) // two spaces before, one on each side of the bar
	var s strings.Builder
	for _, b := range bars {
		length := 0
		if most > 0 && b.Value > 0 {
			length = max(int(b.Value/most*float64(room)*8+0.5), 1)
		}
		bar := strings.Repeat("█", length/8) + eighths[length%8]
		if !blocks {
			bar = strings.Repeat("#", (length+4)/8)
		}
		if color && bar != "" {
			bar = "\x1b[36m" + bar + "\x1b[0m"
		}
		s.WriteString("  " + b.Label + strings.Repeat(" ", label-utf8.RuneCountInString(b.Label)) + " " + bar + " " + b.Text + "\n")
	}
	return s.String()
}
