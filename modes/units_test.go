package modes

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"
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
