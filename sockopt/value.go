package sockopt

import (
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Value is the value of one option, in the unit of its row. The zero Value belongs to no option. Values are comparable.
type Value struct {
	o *Option
	n int64  // every kind that is a number; a Timeval in microseconds, a Linger in seconds with -1 for off, Ports as hi<<16|lo
	s string // Text and addresses as written; Opaque and the records as the kernel's bytes
}

// Int is the value as a number in the unit of the option's Kind (a Timeval in microseconds; a Bool 0 or 1); ok is false
// for kinds that are no number.
func (v Value) Int() (n int64, ok bool) { return v.n, v.o != nil && v.o.Kind.number() }

func (k Kind) number() bool {
	switch k {
	case Text, Opaque, Iface, IfaceBE, Iface4, Group4, Group6, Source4, Source6, MD5, Cred, Gids, MemInfo, TCPInfo:
		return false
	}
	return true
}

// String is the value with its unit, or in words: "yes", "10s", "131072", "want", "eth0", "pid=1 uid=0 gid=0". A key is
// never shown.
func (v Value) String() string {
	if v.o == nil {
		return ""
	}
	switch v.o.Kind {
	case Bool:
		if v.n != 0 {
			return "yes"
		}
		return "no"
	case Int, Bytes, Rate, Seconds, Milliseconds, Microseconds:
		if w := wordOf(v.o.Words, v.n); w != "" {
			return w
		}
		return strconv.FormatInt(v.n, 10) + v.o.Kind.unit()
	case Flags:
		return flagsOf(v.o.Words, v.n)
	case Uint64:
		return "0x" + strconv.FormatUint(uint64(v.n), 16)
	case Timeval:
		return seconds(v.n) + "s"
	case Linger:
		if v.n < 0 {
			return "off"
		}
		return strconv.FormatInt(v.n, 10) + "s"
	case Ports:
		if v.n == 0 {
			return "off"
		}
		return strconv.FormatInt(v.n&0xffff, 10) + "-" + strconv.FormatInt(v.n>>16, 10)
	case Errno:
		if v.n == 0 {
			return "none"
		}
		if name := unix.ErrnoName(unix.Errno(v.n)); name != "" {
			return name
		}
		return strconv.FormatInt(v.n, 10)
	case Pidfd:
		return strconv.FormatInt(v.n, 10)
	case Opaque:
		return hexOf(v.s)
	case MD5:
		addr, _, _ := strings.Cut(v.s, ",")
		return addr + ",***"
	case Gids:
		return strings.Join(gids(v.s), ",")
	case Cred, MemInfo, TCPInfo:
		var b strings.Builder
		for i, f := range record(v.o.Kind, v.s) {
			if i > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(f.name + "=" + strconv.FormatInt(f.val, 10))
		}
		return b.String()
	}
	return v.s
}

// AppendJSON appends the value as JSON: a bool; a number in the option's unit; a string for words, names, addresses and
// hexadecimal; a Linger as seconds or false; an object for ucred, tcp_info and meminfo; an array for groups.
func (v Value) AppendJSON(dst []byte) []byte {
	if v.o == nil {
		return append(dst, "null"...)
	}
	switch v.o.Kind {
	case Bool:
		return strconv.AppendBool(dst, v.n != 0)
	case Int, Bytes, Rate, Seconds, Milliseconds, Microseconds:
		if wordOf(v.o.Words, v.n) == "" {
			return strconv.AppendInt(dst, v.n, 10)
		}
	case Timeval:
		return append(dst, seconds(v.n)...)
	case Linger:
		if v.n < 0 {
			return append(dst, "false"...)
		}
		return strconv.AppendInt(dst, v.n, 10)
	case Pidfd:
		return strconv.AppendInt(dst, v.n, 10)
	case Gids:
		return append(append(append(dst, '['), strings.Join(gids(v.s), ",")...), ']')
	case Cred, MemInfo, TCPInfo:
		dst = append(dst, '{')
		for i, f := range record(v.o.Kind, v.s) {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = strconv.AppendInt(append(appendString(dst, f.name), ':'), f.val, 10)
		}
		return append(dst, '}')
	}
	return appendString(dst, v.String())
}

// AppendJSON appends the row as a JSON object.
func (o *Option) AppendJSON(dst []byte) []byte {
	str := func(key, val string) {
		if val != "" {
			dst = appendString(append(appendString(append(dst, ','), key), ':'), val)
		}
	}
	dst = appendString(append(dst, `{"name":`...), o.Name)
	str("c", o.C)
	str("level", o.LevelName())
	dst = strconv.AppendInt(append(dst, `,"opt":`...), int64(o.Opt), 10)
	str("kind", o.Kind.String())
	if o.ranged() {
		dst = strconv.AppendInt(append(dst, `,"min":`...), o.Min, 10)
		dst = strconv.AppendInt(append(dst, `,"max":`...), o.Max, 10)
	}
	str("words", o.Words)
	if !o.RO {
		str("when", o.When.String())
	}
	str("on", o.On.String())
	str("access", o.Access())
	str("needs", o.Needs)
	str("since", o.Since)
	str("default", o.Default)
	str("man", o.Man)
	str("doc", o.Doc)
	return append(dst, '}')
}

// Access is "rw", "ro" or "wo".
func (o *Option) Access() string {
	switch {
	case o.RO:
		return "ro"
	case o.WO:
		return "wo"
	}
	return "rw"
}

// ranged says whether Min and Max bound a number that can be set.
func (o *Option) ranged() bool {
	switch o.Kind {
	case Int, Bytes, Rate, Seconds, Milliseconds, Microseconds, Linger, Timeval:
		return !o.RO && o.Max > 0
	}
	return false
}

// unit is the suffix of a number of this kind. Bytes have none: 131072 says more than 128k about what the kernel made.
func (k Kind) unit() string {
	switch k {
	case Seconds, Linger, Timeval:
		return "s"
	case Milliseconds:
		return "ms"
	case Microseconds:
		return "us"
	}
	return ""
}

// seconds writes microseconds as seconds: 1500000 is "1.5".
func seconds(us int64) string {
	s := strconv.FormatInt(us/1e6, 10)
	if frac := us % 1e6; frac != 0 {
		s += "." + strings.TrimRight(strconv.FormatInt(1e6+frac, 10)[1:], "0")
	}
	return s
}

// wordOf is the first word for n in words, "" if there is none.
func wordOf(words string, n int64) string {
	for w := range strings.FieldsSeq(words) {
		if name, val, _ := strings.Cut(w, "="); atoi(val) == n {
			return name
		}
	}
	return ""
}

// flagsOf is the set n in words; bits without a word follow as one number.
func flagsOf(words string, n int64) string {
	if n == 0 {
		return "none"
	}
	var out []string
	for w := range strings.FieldsSeq(words) {
		name, val, _ := strings.Cut(w, "=")
		if bit := atoi(val); n&bit != 0 {
			out, n = append(out, name), n&^bit
		}
	}
	if n != 0 {
		out = append(out, "0x"+strconv.FormatInt(n, 16))
	}
	return strings.Join(out, "+")
}

// appendString appends s as a JSON string (RFC 8259, section 7). What is not UTF-8 becomes U+FFFD: an interface name or
// a security label may hold any byte.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r < 0x20 || r == 0x7f:
			dst = append(append(dst, `\u00`...), hexOf(string(r))...)
		default:
			dst = append(dst, string(r)...)
		}
	}
	return append(dst, '"')
}
