package modes

import (
	"math"
	"strings"
	"testing"
	"time"
	"unicode"
)

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
