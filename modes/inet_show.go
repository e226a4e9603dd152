package modes

import (
	"strconv"
	"strings"
)

// How cat5 inet's cards are shown: aligned, in 80 columns; or as JSON.

const inetColumns = 80

// text is the card for people.
func (c *card) text() string {
	var b strings.Builder
	b.WriteString(visible(c.typed) + "  " + c.what + "\n")
	for _, f := range c.facts {
		f.write(&b)
	}
	for i := range c.orders {
		c.orders[i].write(&b)
	}
	for i := range c.lay {
		c.lay[i].write(&b)
	}
	return b.String()
}

const (
	keyWidth   = 14 // of what a fact is about
	valueWidth = 22 // of its value, where the remark begins
)

func (f *fact) write(b *strings.Builder) {
	value := visible(f.value) // a zone can be any bytes
	line := "  " + f.key + strings.Repeat(" ", max(1, keyWidth-len(f.key))) + value
	if value == "" || f.note == "" {
		b.WriteString(line + "\n")
		return
	}
	at := 2 + keyWidth + max(valueWidth, len(value)+2)
	if at+len(f.note) <= inetColumns {
		b.WriteString(line + strings.Repeat(" ", at-len(line)) + f.note + "\n")
		return
	}
	b.WriteString(line + "\n")
	indent := strings.Repeat(" ", 2+keyWidth)
	line = indent
	for word := range strings.FieldsSeq(f.note) {
		if len(line) > len(indent) && len(line)+1+len(word) > inetColumns {
			b.WriteString(line + "\n")
			line = indent
		}
		if len(line) > len(indent) {
			line += " "
		}
		line += word
	}
	b.WriteString(line + "\n")
}

// write draws a number in memory, byte by byte.
func (o *byteOrder) write(b *strings.Builder) {
	head := "\n  " + pad(strconv.Itoa(o.bits)+" bits", keyWidth)
	for i := range o.big {
		head += "  +" + strconv.Itoa(i) + " "
	}
	b.WriteString(head + " address in memory\n")
	host, wire := "this host", "the wire (network order)"
	little, big := host, wire
	if !o.hostLittle {
		little, big = "", "this host, and "+wire
	}
	row := func(name string, bytes []byte, who string) {
		s := "  " + pad(name, keyWidth)
		for _, x := range bytes {
			s += "| " + spaced([]byte{x}) + " "
		}
		b.WriteString(strings.TrimRight(s+"|  "+who, " ") + "\n")
	}
	row("little-endian", o.little, little)
	row("big-endian", o.big, big)
}

// write draws a struct: offset, bytes, field, meaning.
func (l *layout) write(b *strings.Builder) {
	b.WriteString("\n  " + l.name + ", " + strconv.Itoa(l.size) + " bytes\n")
	for _, f := range l.fields {
		for at := 0; at < len(f.bytes); at += 8 {
			name, means := f.name, f.means
			if at > 0 {
				name, means = "", ""
			}
			s := "  " + strings.Repeat(" ", 4-len(strconv.Itoa(f.at+at))) + strconv.Itoa(f.at+at) + "  " +
				pad(spaced(f.bytes[at:min(at+8, len(f.bytes))]), 25) + pad(name, 15) + means
			b.WriteString(strings.TrimRight(s, " ") + "\n")
		}
	}
}

// appendJSON is the card as a JSON object.
func (c *card) appendJSON(b []byte) []byte {
	str := func(name, s string) {
		b = append(append(append(b, '"'), name...), '"', ':')
		b = appendJSON(b, s, 1<<20)
	}
	b = append(b, '{')
	str("value", c.typed)
	b = append(b, ',')
	str("what", c.what)
	b = append(b, `,"facts":[`...)
	name := ""
	for i, f := range c.facts {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '{')
		if f.key != "" { // a line that goes on is about the same thing
			name = f.key
		}
		str("name", name)
		b = append(b, ',')
		str("value", f.value)
		if f.note != "" {
			b = append(b, ',')
			str("note", f.note)
		}
		b = append(b, '}')
	}
	b = append(b, `],"bytes":[`...)
	for i, o := range c.orders {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"bits":`...)
		b = strconv.AppendInt(b, int64(o.bits), 10)
		b = append(b, ',')
		host := o.big
		if o.hostLittle {
			host = o.little
		}
		str("host", spaced(host))
		b = append(b, ',')
		str("wire", spaced(o.big))
		b = append(b, '}')
	}
	b = append(b, `],"structs":[`...)
	for i, l := range c.lay {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '{')
		str("name", l.name)
		b = append(b, `,"size":`...)
		b = strconv.AppendInt(b, int64(l.size), 10)
		b = append(b, `,"fields":[`...)
		for j, f := range l.fields {
			if j > 0 {
				b = append(b, ',')
			}
			b = append(b, `{"offset":`...)
			b = strconv.AppendInt(b, int64(f.at), 10)
			b = append(b, ',')
			str("bytes", spaced(f.bytes))
			b = append(b, ',')
			str("field", f.name)
			b = append(b, ',')
			str("means", f.means)
			b = append(b, '}')
		}
		b = append(b, ']', '}')
	}
	return append(b, ']', '}')
}
