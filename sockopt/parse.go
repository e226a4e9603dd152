package sockopt

import (
	"errors"
	"strconv"
	"strings"
)

// Setting is an option and the value that it shall have.
type Setting struct {
	Option *Option
	Value  Value
}

// UsageError is a setting that cannot be: no such option, no such value, not on that socket. It is one sentence in lower
// case, without a full stop.
type UsageError struct{ msg string }

func (e *UsageError) Error() string { return e.msg }

// Parse reads "name=value", or "name" alone for a Bool that shall be on. The name is one that Lookup takes. The value
// is in the unit of the option's Kind:
//
//	Bool    on yes true 1, off no false 0
//	times   a bare number counts in the option's own unit; "10s", "250ms", "1m30s" in theirs
//	sizes   bytes, or with k, M or G (also KiB, MiB, GiB) powers of 1024
//	others  as the Kind says, in words where the row has Words
//
// An error is a *UsageError. Parse makes no socket and no system call: interface names are looked up by Apply.
func Parse(s string) (Setting, error) {
	name, text, has := strings.Cut(s, "=")
	o, ok := Lookup(name)
	switch {
	case name == "":
		return Setting{}, &UsageError{"a socket option needs a name"}
	case !ok:
		return Setting{}, Unknown(name)
	case o.RO:
		return Setting{}, &UsageError{"sockopt " + o.Name + " can only be read"}
	case !has && o.Kind == Bool:
		text = "on"
	case !has:
		return Setting{}, &UsageError{"sockopt " + o.Name + " needs a value (" + o.Kind.String() + ")"}
	}
	v, why := o.parse(text)
	if why != "" {
		return Setting{}, &UsageError{"sockopt " + o.Name + ": " + why}
	}
	v.o = o
	return Setting{o, v}, nil
}

// String is the setting as Parse takes it, key and all: do not show a setting of Kind MD5 to anyone.
func (s Setting) String() string {
	if s.Option == nil {
		return ""
	}
	return s.Option.Name + "=" + s.text()
}

// shown is String without a key.
func (s Setting) shown() string {
	if s.Option.Kind == MD5 {
		return s.Option.Name + "=" + s.Value.String()
	}
	return s.String()
}

func (s Setting) text() string {
	switch s.Option.Kind {
	case MD5:
		return s.Value.s
	case Bytes, Rate:
		if wordOf(s.Option.Words, s.Value.n) == "" {
			return size(s.Value.n)
		}
	}
	return s.Value.String()
}

// CheckFor is nil when a socket of this kind has the option. When kind is a set, because the address family is not known
// yet, one of the set is enough. The error is a *UsageError.
func (s Setting) CheckFor(kind On) error {
	if s.Option.On&kind != 0 {
		return nil
	}
	return &UsageError{"sockopt " + s.Option.Name + ": not an option of " + kind.sockets()}
}

// CheckRole is nil when a server (listen) or a client has a use for the option: Apply sets what is due BeforeListen on no
// client, and what is due BeforeConnect on no server. The error is a *UsageError.
func (s Setting) CheckRole(listen bool) error {
	switch {
	case s.Option.When == BeforeListen && !listen:
		return &UsageError{"sockopt " + s.Option.Name + ": only a listening socket has a use for it"}
	case s.Option.When == BeforeConnect && listen:
		return &UsageError{"sockopt " + s.Option.Name + ": only a connecting socket has a use for it"}
	}
	return nil
}

// parse reads text as a value of the row; why is what is wrong with it, "" when nothing is.
func (o *Option) parse(text string) (v Value, why string) {
	switch o.Kind {
	case Bool:
		switch strings.ToLower(text) {
		case "on", "yes", "true", "1":
			return Value{n: 1}, ""
		case "off", "no", "false", "0":
			return Value{}, ""
		}
		return v, strconv.Quote(text) + " is neither on nor off"
	case Int, Bytes, Rate, Seconds, Milliseconds, Microseconds, Timeval, Linger:
		return o.parseNumber(text)
	case Flags:
		return o.parseFlags(text)
	case Ports:
		return parsePorts(text)
	case Text:
		return o.parseText(text)
	case Opaque:
		b, ok := unhex(text)
		if !ok {
			return v, strconv.Quote(text) + " is not hexadecimal"
		}
		if n := int64(len(b)); n != o.Min && n != o.Max {
			return v, "a value has " + strconv.FormatInt(o.Min, 10) + " or " + strconv.FormatInt(o.Max, 10) + " bytes, not " + strconv.Itoa(len(b))
		}
		return Value{s: string(b)}, ""
	}
	return o.parseAddr(text)
}

// parseNumber reads a number with its unit, or one of the row's words.
func (o *Option) parseNumber(text string) (v Value, why string) {
	if n, ok := valueOf(o.Words, text); ok {
		return Value{n: n}, ""
	}
	if o.Kind == Linger && (text == "off" || text == "no") {
		return Value{n: -1}, ""
	}
	var n int64
	var frac bool
	var err error
	what := "a number"
	switch o.Kind {
	case Int:
		n, err = parseInt(text)
	case Bytes, Rate:
		what = "a size in bytes"
		n, err = parseSize(text)
	default:
		what = "a time"
		n, frac, err = parseTime(text, o.Kind)
	}
	unit := o.Kind.unit()
	lo, hi := strconv.FormatInt(o.Min, 10)+unit, strconv.FormatInt(o.Max, 10)+unit
	if o.Kind == Timeval {
		lo, hi = seconds(o.Min)+unit, seconds(o.Max)+unit
	}
	switch {
	case frac:
		return v, strconv.Quote(text) + " is not a whole number of " + o.Kind.wholeUnit()
	case errors.Is(err, strconv.ErrRange) || err == nil && (n < o.Min || n > o.Max):
		return v, text + " is out of range (" + lo + " to " + hi + ")"
	case err != nil && o.Words != "":
		return v, strconv.Quote(text) + " is neither " + what + " nor " + wordList(o.Words)
	case err != nil && o.Kind == Linger:
		return v, strconv.Quote(text) + " is neither " + what + " nor off"
	case err != nil:
		return v, strconv.Quote(text) + " is not " + what
	}
	return Value{n: n}, ""
}

// parseFlags reads words joined by "+".
func (o *Option) parseFlags(text string) (v Value, why string) {
	if text == "none" {
		return v, ""
	}
	for part := range strings.SplitSeq(text, "+") {
		n, ok := valueOf(o.Words, part)
		if !ok {
			var err error
			if n, err = parseInt(part); err != nil || n < 0 || n&^o.Max != 0 {
				return v, strconv.Quote(part) + " is not " + wordList(o.Words+" none=0")
			}
		}
		v.n |= n
	}
	return v, ""
}

// parsePorts reads "lo-hi" or "off".
func parsePorts(text string) (v Value, why string) {
	if text == "off" {
		return v, ""
	}
	a, b, ok := strings.Cut(text, "-")
	lo, err1 := strconv.ParseUint(a, 10, 16)
	hi, err2 := strconv.ParseUint(b, 10, 16)
	if !ok || err1 != nil || err2 != nil || lo > hi {
		return v, strconv.Quote(text) + " is not a range of ports like 40000-40999"
	}
	return Value{n: int64(hi<<16 | lo)}, ""
}

// parseText reads a name. Names that are not plain ASCII exist, but cannot be shown as they are.
func (o *Option) parseText(text string) (v Value, why string) {
	switch {
	case int64(len(text)) < o.Min:
		return v, "the value is empty"
	case int64(len(text)) > o.Max:
		return v, strconv.Quote(text) + " is longer than " + strconv.FormatInt(o.Max, 10) + " bytes"
	case !plain(text):
		return v, strconv.Quote(text) + " is not a name"
	}
	return Value{s: text}, ""
}

// plain says that s is printable ASCII without blanks.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// sockets names the kinds for a sentence: "udp sockets", "unix stream sockets".
func (on On) sockets() string {
	return strings.ReplaceAll(on.String(), "-", " ") + " sockets"
}
