package modes

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"
	"unicode"
)

func TestParseDuration(t *testing.T) {
	for in, want := range map[string]time.Duration{
		"0":                   0,
		"3":                   3 * time.Second,
		"0.5":                 500 * time.Millisecond,
		".5":                  500 * time.Millisecond,
		"2.":                  2 * time.Second,
		"007":                 7 * time.Second,
		"250ms":               250 * time.Millisecond,
		"2m":                  2 * time.Minute,
		"1h30m":               90 * time.Minute,
		"2m05s":               125 * time.Second,
		"1.5h":                90 * time.Minute,
		"10us":                10 * time.Microsecond,
		"10µs":                10 * time.Microsecond,
		"1ns":                 1,
		"0.000000001":         1,
		"1.2 ms":              1200 * time.Microsecond,
		"3 s":                 3 * time.Second,
		"9223372036":          9223372036 * time.Second,
		"9223372036854775807": 0, // too long
	} {
		got, err := parseDuration(in)
		if want == 0 && in != "0" {
			if err == nil {
				t.Errorf("%q: no error but %v", in, got)
			}
			continue
		}
		if err != nil || got != want {
			t.Errorf("%q: got %v, %v, want %v", in, got, err, want)
		}
	}
}

func TestParseSignedSeconds(t *testing.T) {
	for in, want := range map[string]time.Duration{
		"0": 0, "-0": 0, "3": 3 * time.Second, "-1": -time.Second, "-0.5": -500 * time.Millisecond, "-1m": -time.Minute, "250ms": 250 * time.Millisecond,
	} {
		if got, err := parseSignedSeconds(in); err != nil || got != want {
			t.Errorf("%q: got %v, %v, want %v", in, got, err, want)
		}
	}
}

func TestParseSize(t *testing.T) {
	for in, want := range map[string]int64{
		"0":                         0,
		"123":                       123,
		"123B":                      123,
		"64k":                       64 << 10,
		"64K":                       64 << 10,
		"64Ki":                      64 << 10,
		"64KiB":                     64 << 10,
		"64kiB":                     64 << 10,
		"64kB":                      64000,
		"64KB":                      64000,
		"1M":                        1 << 20,
		"1m":                        1 << 20,
		"1MiB":                      1 << 20,
		"1MB":                       1000000,
		"2G":                        2 << 30,
		"1T":                        1 << 40,
		"1P":                        1 << 50,
		"7E":                        7 << 60,
		"9EB":                       9e18,
		"1.5K":                      1536,
		".5M":                       1 << 19,
		"1.M":                       1 << 20,
		"1.50":                      0, // not whole
		"2.0":                       2,
		"1.0005kB":                  0, // not whole
		"1.001kB":                   1001,
		"1.5 MiB":                   3 << 19,
		"9223372036854775807":       math.MaxInt64,
		"0000000000000000000000001": 1,
		"7.999999999999999999E":     0, // not whole
		"7.5E":                      15 << 59,
	} {
		got, err := parseSize(in)
		if want == 0 && in != "0" {
			if err == nil || !strings.HasSuffix(err.Error(), " is not a whole number of bytes") {
				t.Errorf("%q: got %d, %v", in, got, err)
			}
			continue
		}
		if err != nil || got != want {
			t.Errorf("%q: got %d, %v, want %d", in, got, err, want)
		}
		if got, err := parseRate(in + "/s"); err != nil || got != want {
			t.Errorf("%q as a rate: got %d, %v, want %d", in, got, err, want)
		}
	}
}

func TestParsePort(t *testing.T) {
	for in, want := range map[string]uint16{"1": 1, "80": 80, "080": 80, "65535": 65535} {
		for _, zero := range []bool{false, true} {
			if got, err := parsePort(in, zero); err != nil || got != want {
				t.Errorf("%q: got %d, %v", in, got, err)
			}
		}
	}
	if got, err := parsePort("0", true); err != nil || got != 0 {
		t.Errorf("0, allowed: got %d, %v", got, err)
	}
}

func TestParseMode(t *testing.T) {
	for in, want := range map[string]uint32{"0600": 0o600, "600": 0o600, "0": 0, "777": 0o777, "00755": 0o755} {
		if got, err := parseMode(in); err != nil || got != want {
			t.Errorf("%q: got %o, %v", in, got, err)
		}
	}
}

func TestUnitErrors(t *testing.T) {
	duration := func(s string) error { _, err := parseDuration(s); return err }
	signed := func(s string) error { _, err := parseSignedSeconds(s); return err }
	size := func(s string) error { _, err := parseSize(s); return err }
	rate := func(s string) error { _, err := parseRate(s); return err }
	port := func(s string) error { _, err := parsePort(s, false); return err }
	zeroPort := func(s string) error { _, err := parsePort(s, true); return err }
	mode := func(s string) error { _, err := parseMode(s); return err }
	const (
		noTime = " is not a time: use 3, 0.5, 250ms, 2m or 1h30m"
		noSize = " is not a size: use 123, 64k, 1M, 1MiB, 2G, or 1kB for 1000"
		long   = " is too long a time: the most is about 292 years"
		large  = " is too large a size: the most is 8 EiB less one byte"
		noPort = " is not a port number: use digits"
	)
	for _, c := range []struct {
		parse    func(string) error
		in, want string
	}{
		{duration, "", `""` + noTime},
		{duration, "x", `"x"` + noTime},
		{duration, ".", `"."` + noTime},
		{duration, "1.2.3", `"1.2.3"` + noTime},
		{duration, "3x", `"3x"` + noTime},
		{duration, "+3", `"+3"` + noTime},
		{duration, "1e3", `"1e3"` + noTime},
		{duration, "0x10", `"0x10"` + noTime},
		{duration, "nan", `"nan"` + noTime},
		{duration, "inf", `"inf"` + noTime},
		{duration, "3  s", `"3  s"` + noTime},
		{duration, " 3", `" 3"` + noTime},
		{duration, "3 ", `"3 "` + noTime},
		{duration, "1h 30m", `"1h 30m"` + noTime},
		{duration, "1m30", `"1m30"` + noTime},
		{duration, "ms", `"ms"` + noTime},
		{duration, "3\x1b[2J", `"3\x1b[2J"` + noTime},
		{duration, "-3", `"-3" is negative, which a time cannot be`},
		{duration, "9223372037", `"9223372037"` + long},
		{duration, "99999999999999999999h", `"99999999999999999999h"` + long},
		{duration, "0.0000000001", `"0.0000000001" is too short a time: the least is a nanosecond`},
		{signed, "--1", `"--1" is not a time: use 3, 0.5, 250ms, 2m, or -1 for never`},
		{signed, "-", `"-" is not a time: use 3, 0.5, 250ms, 2m, or -1 for never`},
		{signed, "x", `"x"` + noTime},
		{size, "", `""` + noSize},
		{size, "x", `"x"` + noSize},
		{size, "k", `"k"` + noSize},
		{size, ".", `"."` + noSize},
		{size, ".k", `".k"` + noSize},
		{size, "1.2.3", `"1.2.3"` + noSize},
		{size, "+1", `"+1"` + noSize},
		{size, "1kb", `"1kb"` + noSize},
		{size, "1KIB", `"1KIB"` + noSize},
		{size, "1b", `"1b"` + noSize},
		{size, "1iB", `"1iB"` + noSize},
		{size, "1+", `"1+"` + noSize},
		{size, "1\x0b", `"1\v"` + noSize},
		{size, "1M/s", `"1M/s"` + noSize},
		{size, "1e3", `"1e3"` + noSize},
		{size, "1  M", `"1  M"` + noSize},
		{size, "-1", `"-1" is negative, which a size cannot be`},
		{size, "9223372036854775808", `"9223372036854775808"` + large},
		{size, "99999999999999999999", `"99999999999999999999"` + large},
		{size, "8E", `"8E"` + large},
		{size, "20E", `"20E"` + large},
		{size, "16P16", `"16P16"` + noSize},
		{size, "0.5", `"0.5" is not a whole number of bytes`},
		{size, "1.0000000000000000001E", `"1.0000000000000000001E" is not a whole number of bytes`},
		{rate, "fast", `"fast" is not a rate: use 64k, 10M or 10M/s`},
		{rate, "10M/m", `"10M/m" is not a rate: use 64k, 10M or 10M/s`},
		{rate, "/s", `"/s" is not a rate: use 64k, 10M or 10M/s`},
		{rate, "-1/s", `"-1/s" is negative, which a rate cannot be`},
		{port, "", `""` + noPort},
		{port, "http", `"http"` + noPort},
		{port, "-1", `"-1"` + noPort},
		{port, "+1", `"+1"` + noPort},
		{port, "8_0", `"8_0"` + noPort},
		{port, "0", "port 0 is out of range: 1 to 65535"},
		{port, "65536", "port 65536 is out of range: 1 to 65535"},
		{zeroPort, "65536", "port 65536 is out of range: 0 to 65535"},
		{zeroPort, "99999999999999999999", "port 99999999999999999999 is out of range: 0 to 65535"},
		{mode, "", `"" is not a mode: use three octal digits such as 0600`},
		{mode, "0800", `"0800" is not a mode: use three octal digits such as 0600`},
		{mode, "1777", `"1777" is not a mode: use three octal digits such as 0600`},
		{mode, "rw", `"rw" is not a mode: use three octal digits such as 0600`},
		{mode, "-600", `"-600" is not a mode: use three octal digits such as 0600`},
	} {
		err := c.parse(c.in)
		if err == nil {
			t.Errorf("%q: no error, want %s", c.in, c.want)
		} else if _, typed := errors.AsType[argError](err); !typed || err.Error() != c.want {
			t.Errorf("%q: %T\n got %v\nwant %s", c.in, err, err, c.want)
		}
	}
}

func TestFormatBytes(t *testing.T) {
	for in, want := range map[int64]string{
		0:                 "0 B",
		1:                 "1 B",
		1023:              "1023 B",
		1024:              "1 KiB",
		1025:              "1.0 KiB",
		1536:              "1.5 KiB",
		1 << 20:           "1 MiB",
		3 << 19:           "1.5 MiB",
		1<<20 - 1:         "1.0 MiB",
		1<<20 - 52:        "1023.9 KiB",
		1<<30 - 1:         "1.0 GiB",
		123456789:         "117.7 MiB",
		1 << 60:           "1 EiB",
		math.MaxInt64:     "8.0 EiB",
		-1536:             "-1.5 KiB",
		math.MinInt64:     "-8 EiB",
		math.MinInt64 + 1: "-8.0 EiB",
	} {
		if got := formatBytes(in); got != want {
			t.Errorf("%d: got %q, want %q", in, got, want)
		}
	}
	if got := formatRate(3 << 19); got != "1.5 MiB/s" {
		t.Errorf("rate: got %q", got)
	}
}

func TestFormatDuration(t *testing.T) {
	const us, ms, s, m, h = time.Microsecond, time.Millisecond, time.Second, time.Minute, time.Hour
	for in, want := range map[time.Duration]string{
		0:                  "0 ns",
		850:                "850 ns",
		us:                 "1 us",
		41 * us:            "41 us",
		41*us + 250:        "41.3 us",
		ms - 51:            "999.9 us",
		ms - 50:            "1.0 ms",
		ms:                 "1 ms",
		1234 * us:          "1.2 ms",
		s - 1:              "1.0 s",
		3400 * ms:          "3.4 s",
		59*s + 949*ms:      "59.9 s",
		59*s + 950*ms:      "1m00s",
		m:                  "1m00s",
		125 * s:            "2m05s",
		125*s + 500*ms:     "2m06s",
		h - 1:              "1h00m00s",
		h + 2*m + 5*s:      "1h02m05s",
		100*h + 1*s:        "100h00m01s",
		-1200 * us:         "-1.2 ms",
		math.MaxInt64:      "2562047h47m17s",
		math.MinInt64:      "-2562047h47m17s",
		11*m + 11*s + 1*us: "11m11s",
	} {
		if got := formatDuration(in); got != want {
			t.Errorf("%d: got %q, want %q", in, got, want)
		}
	}
}

// FuzzSize checks that what formatBytes prints is read back: as the same number when it is exact, and otherwise, unless
// it ends inside a byte, as one that differs by no more than the rounding.
func FuzzSize(f *testing.F) {
	for _, n := range []int64{0, 1, 1023, 1024, 1536, 1<<20 - 1, 1 << 20, 123456789, math.MaxInt64, 52429, 8 << 60 / 10} {
		f.Add(n)
	}
	f.Fuzz(func(t *testing.T, n int64) {
		if n < 0 {
			n = ^n
		}
		text, unit := formatBytes(n), int64(1)
		for n/unit >= 1024 {
			unit *= 1024
		}
		exact := n%unit == 0 || n%unit%(unit/2) == 0 // a tenth of a unit is whole only for 0 and 5 tenths
		got, err := parseSize(text)
		rateGot, rateErr := parseRate(formatRate(n))
		if rateGot != got || (rateErr == nil) != (err == nil) {
			t.Fatalf("%d is %s: %d, %v as a size and %d, %v as a rate", n, text, got, err, rateGot, rateErr)
		}
		if exact && (err != nil || got != n) {
			t.Fatalf("%d is %s, which is %d, %v", n, text, got, err)
		}
		if d := n - got; err == nil && max(d, -d) > unit/20+1 {
			t.Fatalf("%d is %s, which is %d", n, text, got)
		}
	})
}

// FuzzDuration is the same for formatDuration, which can be read back but for the last half second of 292 years.
func FuzzDuration(f *testing.F) {
	for _, n := range []int64{0, 850, 41250, 999950, 999999, 3400000000, 59950000000, 125000000000, 3600000000000, math.MaxInt64, math.MinInt64} {
		f.Add(n)
	}
	f.Fuzz(func(t *testing.T, n int64) {
		d := time.Duration(n)
		text := formatDuration(d)
		got, err := parseSignedSeconds(text)
		size, step := d.Abs(), time.Duration(1)
		if size > math.MaxInt64-time.Second/2 && err != nil {
			return // rounded up past the longest of all times
		}
		if err != nil {
			t.Fatalf("%d is %s: %v", d, text, err)
		}
		switch {
		case size >= 59*time.Second+950*time.Millisecond:
			step = time.Second
		case size >= time.Second-time.Millisecond/20:
			step = time.Second / 10
		case size >= time.Millisecond-time.Microsecond/20:
			step = time.Millisecond / 10
		case size >= time.Microsecond:
			step = time.Microsecond / 10
		}
		if off := (d - got).Abs(); off > step/2 || d%step == 0 && off != 0 {
			t.Fatalf("%d is %s, which is %d", d, text, got)
		}
	})
}

// FuzzUnits gives the parsers anything: no panic, no negative value, one printable sentence.
func FuzzUnits(f *testing.F) {
	for _, s := range []string{"", "3", "0.5", "250ms", "1h30m", "-1", "64k", "1.5MiB", "10M/s", "65536", "0600", "nan", "9E", "3\x1b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		check := func(name string, n int64, err error) {
			if err == nil {
				if n < 0 {
					t.Errorf("%s %q: %d", name, s, n)
				}
				return
			}
			text := err.Error()
			if n != 0 || text == "" || strings.HasSuffix(text, ".") || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
				t.Errorf("%s %q: %d, %q", name, s, n, text)
			}
		}
		d, err := parseDuration(s)
		check("duration", int64(d), err)
		if signed, err2 := parseSignedSeconds(s); err == nil && (err2 != nil || signed != d) {
			t.Errorf("%q is %v, and signed %v, %v", s, d, signed, err2)
		}
		n, err := parseSize(s)
		check("size", n, err)
		n, err = parseRate(s)
		check("rate", n, err)
		p, err := parsePort(s, true)
		check("port", int64(p), err)
		m, err := parseMode(s)
		check("mode", int64(m), err)
	})
}
