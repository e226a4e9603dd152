package sockopt

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

// parseTime reads a duration in the unit of k: a bare number counts in that unit. frac says that the time is none of
// the whole numbers that k can hold.
func parseTime(s string, k Kind) (n int64, frac bool, err error) {
	tick := time.Second
	switch k {
	case Milliseconds:
		tick = time.Millisecond
	case Microseconds, Timeval:
		tick = time.Microsecond
	}
	n, err = strconv.ParseInt(s, 10, 64)
	if err == nil && k == Timeval {
		if n > math.MaxInt64/1_000_000 || n < math.MinInt64/1_000_000 {
			return 0, false, strconv.ErrRange
		}
		return n * 1_000_000, false, nil
	}
	if err == nil || errors.Is(err, strconv.ErrRange) {
		return n, false, err
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		if d, err = time.ParseDuration(s + k.unit()); err != nil { // "0.5"
			return 0, false, err
		}
	}
	return int64(d / tick), d%tick != 0, nil
}

// wholeUnit names what a time is counted in.
func (k Kind) wholeUnit() string {
	switch k {
	case Milliseconds:
		return "milliseconds"
	case Microseconds, Timeval:
		return "microseconds"
	}
	return "seconds"
}

// parseSize reads bytes with a suffix of powers of 1024.
func parseSize(s string) (int64, error) {
	num, shift := s, 0
	for i, suf := range [...]string{"k", "kib", "m", "mib", "g", "gib"} {
		if t, ok := cutSuffixFold(s, suf); ok {
			num, shift = t, 10*(i/2+1)
		}
	}
	n, err := strconv.ParseInt(num, 10, 64)
	if err == nil && n<<shift>>shift != n {
		err = strconv.ErrRange
	}
	return n << shift, err
}

func cutSuffixFold(s, suf string) (string, bool) {
	if i := len(s) - len(suf); i > 0 && strings.EqualFold(s[i:], suf) {
		return s[:i], true
	}
	return s, false
}

// size writes bytes as parseSize reads them.
func size(n int64) string {
	suf := ""
	for _, s := range [...]string{"k", "M", "G"} {
		if n == 0 || n%1024 != 0 {
			break
		}
		n, suf = n/1024, s
	}
	return strconv.FormatInt(n, 10) + suf
}

// parseInt reads a decimal number, or a hexadecimal one after 0x.
func parseInt(s string) (int64, error) {
	if len(s) > 2 && (s[:2] == "0x" || s[:2] == "0X") {
		if s[2] == '+' || s[2] == '-' {
			return 0, strconv.ErrSyntax
		}
		return strconv.ParseInt(s[2:], 16, 64)
	}
	return strconv.ParseInt(s, 10, 64)
}

// valueOf is the value of a word.
func valueOf(words, word string) (int64, bool) {
	for w := range strings.FieldsSeq(words) {
		if name, val, _ := strings.Cut(w, "="); strings.EqualFold(name, word) {
			return atoi(val), true
		}
	}
	return 0, false
}

// wordList is "default", or "one of dont, want, do".
func wordList(words string) string {
	var out []string
	for w := range strings.FieldsSeq(words) {
		name, _, _ := strings.Cut(w, "=")
		if len(out) == 0 || out[len(out)-1] != name {
			out = append(out, name)
		}
	}
	if len(out) == 1 {
		return out[0]
	}
	return "one of " + strings.Join(out, ", ")
}

// hexOf writes bytes in hexadecimal, and unhex reads them. (encoding/hex would bring fmt along, for its Dumper.)
func hexOf(s string) string {
	const digits = "0123456789abcdef"
	b := make([]byte, 0, 2*len(s))
	for i := range len(s) {
		b = append(b, digits[s[i]>>4], digits[s[i]&15])
	}
	return string(b)
}

func unhex(s string) (b []byte, ok bool) {
	for ; len(s) >= 2; s = s[2:] {
		n, err := strconv.ParseUint(s[:2], 16, 8)
		if err != nil {
			return nil, false
		}
		b = append(b, byte(n))
	}
	return b, s == ""
}
