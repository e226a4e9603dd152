package sockopt

import (
	"strconv"
	"strings"
)

// Nearest is the name of the row that a mistyped name most likely meant, or "" when it is like none of them: more than
// a third of it would have to be changed, or two letters of a short one.
func Nearest(name string) string {
	n := strings.ReplaceAll(strings.ToLower(name), "-", "_")
	n = n[:min(len(n), 40)] // no name is longer, and the work grows with the product of the lengths
	best, at := "", 2*min(max(2, len(n)/3), max(1, len(n)/2))+1
	for i := range Table {
		o := &Table[i]
		for cand := range strings.FieldsSeq(o.Name + " " + o.C + " " + o.Also) {
			d := 2 * Slips(n, strings.ToLower(cand))
			if len(n) > 2 && strings.Contains(cand, n) {
				d = min(d, 3) // a part of a name is better than two mistakes
			}
			if d < at {
				best, at = o.Name, d
			}
		}
	}
	return best
}

// Unknown is the error for a name that no row has.
func Unknown(name string) error {
	if near := Nearest(name); near != "" {
		return &UsageError{"unknown socket option " + strconv.Quote(name) + ": did you mean " + strconv.Quote(near) + "?"}
	}
	return &UsageError{"unknown socket option " + strconv.Quote(name) + ": cat5 sockopt lists them"}
}

// Slips counts the letters to insert, drop, change or swap with their neighbour to make b of a, in bytes (the optimal string
// alignment distance).
func Slips(a, b string) int {
	// Three rows of the table of distances between the beginnings of a and b: two back, one back, and this one.
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, last, row = last, row, before
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return row[len(b)]
}
