package modes

import (
	"math"
	"strconv"
)

// jsonDoc writes one JSON document, member by member. Text is escaped as in events: nothing in it can fool a terminal.
type jsonDoc struct{ b []byte }

// maxJSONText is the longest text in a document, in bytes as written.
const maxJSONText = 4096

// name begins a member, or an element of an array when n is "".
func (d *jsonDoc) name(n string) {
	if l := len(d.b); l > 0 && d.b[l-1] != '{' && d.b[l-1] != '[' && d.b[l-1] != '\n' {
		d.b = append(d.b, ',')
	}
	if n != "" {
		d.b = append(append(append(d.b, '"'), n...), `":`...)
	}
}

func (d *jsonDoc) open(n string, c byte) {
	d.name(n)
	d.b = append(d.b, c)
}

func (d *jsonDoc) shut(c byte) { d.b = append(d.b, c) }

func (d *jsonDoc) text(n, v string) {
	d.name(n)
	d.b = appendJSON(d.b, v, maxJSONText)
}

func (d *jsonDoc) number(n string, v uint64) {
	d.name(n)
	d.b = strconv.AppendUint(d.b, v, 10)
}

func (d *jsonDoc) truth(n string, v bool) {
	d.name(n)
	d.b = strconv.AppendBool(d.b, v)
}

// decimal writes up to three digits behind the point.
func (d *jsonDoc) decimal(n string, v float64) {
	d.name(n)
	d.b = strconv.AppendFloat(d.b, math.Round(v*1000)/1000, 'f', -1, 64)
}
