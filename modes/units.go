// The units of flag values: times, sizes, rates, ports and modes, read from what was typed and written for people. Every
// error is one sentence about the value alone; the caller knows which flag it belongs to.

package modes

import (
	"math"
	"math/bits"
	"strconv"
	"strings"
	"time"
)

const timeExamples = "3, 0.5, 250ms, 2m or 1h30m"

// parseDuration reads 3 and 0.5 as seconds, and 250ms, 2m, 1h30m as Go writes them (ns us ms s m h).
func parseDuration(s string) (time.Duration, error) {
	text := closeGap(s)
	switch {
	case strings.HasPrefix(text, "-"):
		return 0, argError(strconv.Quote(s) + " is negative, which a time cannot be")
	case strings.HasPrefix(text, "+"):
		return 0, badUnit("time", s, timeExamples)
	case text != "" && strings.Trim(text, "0123456789.") == "":
		text += "s"
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		// The library's error does not tell the two apart; a number before a unit it knows can only be too large.
		if isTime(text) {
			return 0, argError(strconv.Quote(s) + " is too long a time: the most is about 292 years")
		}
		return 0, badUnit("time", s, timeExamples)
	}
	if d == 0 && strings.ContainsAny(text, "123456789") {
		return 0, argError(strconv.Quote(s) + " is too short a time: the least is a nanosecond")
	}
	return d, nil
}

// isTime says whether every number in s, which has no sign, is followed by a unit of time.
func isTime(s string) bool {
	if s == "" {
		return false
	}
	for s != "" {
		rest := strings.TrimLeft(s, "0123456789.")
		number := s[:len(s)-len(rest)]
		if strings.Trim(number, ".") == "" || strings.Count(number, ".") > 1 {
			return false
		}
		unit := rest
		if end := strings.IndexAny(rest, "0123456789."); end >= 0 {
			unit = rest[:end]
		}
		switch unit {
		case "ns", "us", "µs", "μs", "ms", "s", "m", "h":
		default:
			return false
		}
		s = rest[len(unit):]
	}
	return true
}

// parseSignedSeconds reads what parseDuration reads, and the same with a minus: nc's -q -1 means never, and here any
// negative time does.
func parseSignedSeconds(s string) (time.Duration, error) {
	positive, negative := strings.CutPrefix(s, "-")
	d, err := parseDuration(positive)
	switch {
	case err != nil && negative:
		return 0, badUnit("time", s, "3, 0.5, 250ms, 2m, or -1 for never")
	case negative:
		d = -d
	}
	return d, err
}

// parseSize reads a number of bytes: 123, or with a unit. K M G T P E, in either case, and Ki or KiB and so on, are
// powers of 1024 as in dd(1) and ulimit; only kB, MB and so on are powers of 1000. A fraction is allowed when
// whole bytes come out: 1.5K is 1536.
func parseSize(s string) (int64, error) {
	return readSize(s, "size", s, "123, 64k, 1M, 1MiB, 2G, or 1kB for 1000")
}

// parseRate reads bytes per second: a size, with or without /s. What 0 means is for the caller to say.
func parseRate(s string) (int64, error) {
	return readSize(strings.TrimSuffix(s, "/s"), "rate", s, "64k, 10M or 10M/s")
}

// readSize reads size; its errors are about what, which was typed so.
func readSize(size, what, typed, examples string) (int64, error) {
	n, ok, fits := scanSize(closeGap(size))
	switch {
	case strings.HasPrefix(size, "-"):
		return 0, argError(strconv.Quote(typed) + " is negative, which a " + what + " cannot be")
	case !ok:
		return 0, badUnit(what, typed, examples)
	case !fits:
		return 0, argError(strconv.Quote(typed) + " is too large a " + what + ": the most is 8 EiB less one byte")
	case n < 0:
		return 0, argError(strconv.Quote(typed) + " is not a whole number of bytes")
	}
	return n, nil
}

// scanSize computes in integers, because a float64 is exact only up to 8 PiB. It returns -1 for a size that ends inside
// a byte.
func scanSize(s string) (n int64, ok, fits bool) {
	unitText := strings.TrimLeft(s, "0123456789.")
	whole, fraction, _ := strings.Cut(s[:len(s)-len(unitText)], ".")
	unit, known := sizeUnit(unitText)
	if !known || whole+fraction == "" || strings.Contains(fraction, ".") {
		return 0, false, true
	}
	var units uint64
	if whole != "" {
		var err error
		if units, err = strconv.ParseUint(whole, 10, 64); err != nil {
			return 0, true, false
		}
	}
	high, sum := bits.Mul64(units, unit)
	if high != 0 || sum > math.MaxInt64 {
		return 0, true, false
	}
	fraction = strings.TrimRight(fraction, "0")
	if fraction == "" {
		return int64(sum), true, true
	}
	if len(fraction) > 18 { // 10^18 is the last that an int64 holds; so fine a part of any unit is a curiosity
		return -1, true, true
	}
	part, scale := uint64(0), uint64(1)
	for _, c := range []byte(fraction) {
		part, scale = part*10+uint64(c-'0'), scale*10
	}
	high, low := bits.Mul64(part, unit)
	bytes, left := bits.Div64(high, low, scale) // part < scale, so the quotient is less than unit and fits
	if left != 0 {
		return -1, true, true
	}
	if sum += bytes; sum > math.MaxInt64 {
		return 0, true, false
	}
	return int64(sum), true, true
}

// sizeUnit is how many bytes one unit is.
func sizeUnit(s string) (uint64, bool) {
	if s == "" || s == "B" {
		return 1, true
	}
	power := strings.IndexByte("KMGTPE", s[0]&^0x20) + 1 // &^0x20 makes a capital of a letter
	if power == 0 {
		return 0, false
	}
	base := uint64(1024)
	switch s[1:] {
	case "", "i", "iB":
	case "B":
		base = 1000
	default:
		return 0, false
	}
	unit := uint64(1)
	for range power {
		unit *= base
	}
	return unit, true
}

// parsePort reads a port number in digits; names of services are the resolver's. Port 0, which asks the kernel to
// choose, is refused unless zero says that it makes sense.
func parsePort(s string, zero bool) (uint16, error) {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0, badUnit("port number", s, "digits")
	}
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil || n == 0 && !zero {
		least := "1"
		if zero {
			least = "0"
		}
		return 0, argError("port " + s + " is out of range: " + least + " to 65535")
	}
	return uint16(n), nil
}

// parseMode reads permission bits as chmod(1) does: in octal, with or without a leading 0.
func parseMode(s string) (uint32, error) {
	n, err := strconv.ParseUint(s, 8, 32)
	if err != nil || n > 0o777 {
		return 0, badUnit("mode", s, "three octal digits such as 0600")
	}
	return uint32(n), nil
}

func badUnit(what, s, use string) error {
	return argError(strconv.Quote(s) + " is not a " + what + ": use " + use)
}

// closeGap takes away the one space between a number and its unit, so that what the format functions print can be
// pasted back.
func closeGap(s string) string {
	number, unit, found := strings.Cut(s, " ")
	if !found || number == "" || unit == "" || unit[0] < 'A' {
		return s // no gap, or a space that belongs elsewhere and will be refused
	}
	if c := number[len(number)-1]; c < '0' || c > '9' {
		return s
	}
	return number + unit
}

// formatBytes writes n in the largest unit of 1024 that it fills, with one decimal unless it is whole: 512 B, 1.5 MiB.
func formatBytes(n int64) string {
	sign, size := "", uint64(n)
	if n < 0 {
		sign, size = "-", -size
	}
	const letters = "KMGTPE"
	power, unit := 0, uint64(1)
	for power < len(letters) && size/unit >= 1024 {
		power, unit = power+1, unit*1024
	}
	if power == 0 {
		return sign + strconv.FormatUint(size, 10) + " B"
	}
	number := oneDecimal(size, unit)
	if number == "1024.0" && power < len(letters) { // rounded up into the next unit
		number, power = "1.0", power+1
	}
	return sign + number + " " + letters[power-1:power] + "iB"
}

// formatRate writes a rate of n bytes per second: 1.5 MiB/s.
func formatRate(n int64) string {
	return formatBytes(n) + "/s"
}

// formatDuration writes d short, with one decimal below a minute and in whole seconds above: 850 ns, 1.2 ms, 3.4 s,
// 2m05s, 1h02m05s.
func formatDuration(d time.Duration) string {
	if d < 0 {
		return "-" + formatTime(-uint64(d))
	}
	return formatTime(uint64(d))
}

// formatTime takes nanoseconds as a uint64, which holds the absolute value of every time.Duration.
func formatTime(ns uint64) string {
	const us, ms, s = uint64(time.Microsecond), uint64(time.Millisecond), uint64(time.Second)
	// A value is put in the unit in which its rounded form still has at most three digits before the point.
	switch {
	case ns < us:
		return strconv.FormatUint(ns, 10) + " ns"
	case ns < ms-us/20:
		return oneDecimal(ns, us) + " us"
	case ns < s-ms/20:
		return oneDecimal(ns, ms) + " ms"
	case ns < 60*s-s/20:
		return oneDecimal(ns, s) + " s"
	}
	t := (ns + s/2) / s
	text := clockDigits(t/60%60) + "m" + clockDigits(t%60) + "s"
	if t >= 3600 {
		return strconv.FormatUint(t/3600, 10) + "h" + text
	}
	return strings.TrimPrefix(text, "0")
}

func clockDigits(n uint64) string {
	return string([]byte{'0' + byte(n/10), '0' + byte(n%10)})
}

// oneDecimal is n/unit rounded to tenths, or without the tenths when it is exact: 3 says more than 3.0.
func oneDecimal(n, unit uint64) string {
	if n%unit == 0 {
		return strconv.FormatUint(n/unit, 10)
	}
	whole, tenths := n/unit, (n%unit*10+unit/2)/unit // n%unit is below 2^60, so ten of it fit
	if tenths == 10 {
		whole, tenths = whole+1, 0
	}
	return strconv.FormatUint(whole, 10) + "." + strconv.FormatUint(tenths, 10)
}
