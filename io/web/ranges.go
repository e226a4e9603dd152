package web

import (
	"bytes"
	"cmp"
	"slices"
)

// Ranges, RFC 9110, section 14.

// part is one range of a file: n bytes from off on.
type part struct{ off, n int64 }

// maxParts is how many ranges one request may ask for. With more the header is ignored and the whole file sent, as with
// any that is malformed (section 14.2: "a server MAY ignore").
const maxParts = 16

// parseRanges reads "bytes=0-9,20-,-5" for a file of size bytes, and appends to parts those that can be had. Ranges that
// overlap or touch become one, and then all are in the order of the file ("a server ... SHOULD ... coalesce", section
// 15.3.7.2): nobody gets the same byte twice. ok says that the header counts; when it does and no parts come back, none
// of the ranges can be satisfied.
func parseRanges(v []byte, size int64, parts []part) (out []part, ok bool) {
	const unit = "bytes="
	if len(v) < len(unit) || !is(v[:len(unit)], unit) {
		return nil, false
	}
	specs := 0
	for v = v[len(unit):]; len(v) > 0; {
		var spec []byte
		spec, v = nextWord(v)
		if len(spec) == 0 { // "1-2,,3-4": lists may have empty elements (section 5.6.1.2)
			continue
		}
		if specs++; specs > maxParts {
			return nil, false
		}
		a, b, dash := bytes.Cut(spec, []byte("-"))
		first, hasFirst := number(a)
		last, hasLast := number(b)
		switch {
		case !dash, !hasFirst && len(a) > 0, !hasLast && len(b) > 0, !hasFirst && !hasLast, hasFirst && hasLast && last < first:
			return nil, false
		case !hasFirst: // the last so many
			if last = min(last, size); last > 0 {
				parts = append(parts, part{size - last, last})
			}
		case first >= size:
		case !hasLast:
			parts = append(parts, part{first, size - first})
		default:
			parts = append(parts, part{first, min(last, size-1) - first + 1})
		}
	}
	return join(parts), specs > 0
}

func join(parts []part) []part {
	if len(parts) < 2 {
		return parts
	}
	slices.SortFunc(parts, func(a, b part) int { return cmp.Compare(a.off, b.off) })
	out := parts[:1]
	for _, p := range parts[1:] {
		if last := &out[len(out)-1]; p.off <= last.off+last.n {
			last.n = max(last.n, p.off+p.n-last.off)
			continue
		}
		out = append(out, p)
	}
	return out
}

// number reads digits; a number that is too large for a file is the largest there is.
func number(b []byte) (n int64, ok bool) {
	for _, c := range b {
		if !digit(c) {
			return 0, false
		}
		if n > (1<<63-10)/10 {
			n = 1<<63 - 1
			continue
		}
		n = n*10 + int64(c-'0')
	}
	return n, len(b) > 0
}
