package sockopt

import "strings"

// Nearest is the name of the row that a mistyped name most likely meant.
func Nearest(name string) string {
	n := strings.ReplaceAll(strings.ToLower(name), "-", "_")
	n = n[:min(len(n), 40)] // no name is longer, and the work grows with the product of the lengths
	best, at := "", 1<<30
	for i := range Table {
		o := &Table[i]
		for cand := range strings.FieldsSeq(o.Name + " " + o.C + " " + o.Also) {
			d := 2 * distance(n, strings.ToLower(cand))
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

// distance is the optimal string alignment distance: insertions, deletions, replacements and swaps of neighbours that
// make a into b, in bytes.
func distance(a, b string) int {
	prev2, prev, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(prev[j]+1, row[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], prev2[j-2]+1)
			}
		}
		prev2, prev, row = prev, row, prev2
	}
	return prev[len(b)]
}
