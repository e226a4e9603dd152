package modes

import (
	"strconv"
	"strings"
)

// OpenBSD netcat's letters, as Debian ships it, and cat5's flag for each. What needs more than one letter to be known
// stands in nc_translate.go.

// ncLetter is one letter of a netcat.
type ncLetter struct {
	c     byte
	flag  string                            // cat5's; one that ends in "=" gets the letter's value; "" when other letters decide too
	value func(v string) (cat5, why string) // nil: the letter takes no value; why is the sentence that refuses one
}

// ncDialect is what one netcat understands.
type ncDialect struct {
	letters     []ncLetter
	longs       []ncLong // nil: it has none
	translate   func(w *ncWords) (args []string, err error)
	usage, help string
	helpOut     bool // help goes to stdout
	idleFails   bool
}

// ncDialectOf is the netcat whose letters hold: the one that CAT5_NC names, or else the one whose name we are called by;
// OpenBSD's for all others.
func ncDialectOf(name, called string) (*ncDialect, error) {
	if name == "" {
		switch called {
		case "ncat":
			name = "ncat"
		case "nc.traditional":
			name = "traditional"
		}
	}
	switch name {
	case "", "openbsd":
		return &ncDialect{letters: openbsdLetters(), translate: openbsdTranslate, usage: openbsdUsage, help: openbsdHelp}, nil
	case "traditional":
		return &ncDialect{letters: traditionalLetters(), translate: traditionalTranslate, usage: traditionalUsage, help: traditionalUsage}, nil
	case "ncat":
		return &ncDialect{letters: ncatLetters(), longs: ncatLongs(), translate: ncatTranslate, usage: ncatUsage, help: ncatUsage, helpOut: true, idleFails: true}, nil
	}
	return nil, usageError("CAT5_NC: " + quoted(name) + " is not one of openbsd, traditional, ncat")
}

// The tables are functions: what checks a letter's value is made for it, and only nc needs them.

func openbsdLetters() []ncLetter {
	return []ncLetter{
		{'4', "", nil}, {'6', "", nil}, {'U', "", nil}, // the last of the three counts
		{'b', "--broadcast", nil},
		{'C', "--crlf", nil},
		{'D', "--sockopt=debug=1", nil},
		{'d', "--no-stdin", nil},
		{'F', "--pass-fd", nil},
		{'h', "", nil},
		{'I', "--rcvbuf=", ncRange("TCP receive window", 1, 65536<<14)},
		{'i', "--interval=", ncSeconds("interval", 0, 1<<32-1)},
		{'k', "--keep-open", nil},
		{'l', "--listen", nil},
		{'M', "", ncCount("ttl", 255)},
		{'m', "", ncCount("minttl", 255)},
		{'N', "", nil},
		{'n', "--numeric", nil},
		{'O', "--sndbuf=", ncRange("TCP send window", 1, 65536<<14)},
		{'P', "", ncText},
		{'p', "", ncText},
		{'q', "", ncSeconds("quit timer", -1<<31, 1<<31-1)},
		{'r', "--shuffle", nil},
		{'S', "--md5sig", nil},
		{'s', "", ncText},
		{'T', "--tos=", ncTOS},
		{'t', "--telnet", nil},
		{'u', "", nil},
		{'V', "", func(string) (string, string) { return "", "no alternate routing table support available" }},
		{'v', "--verbose", nil},
		{'W', "--packets=", ncRange("receive limit", 1, 1<<31-1)},
		{'w', "", ncSeconds("timeout", 0, (1<<31-1)/1000)},
		{'X', "", ncProxyKind},
		{'x', "", ncText},
		{'Z', "", nil},
		{'z', "--zero-io", nil},
	}
}

func ncText(v string) (string, string) { return v, "" }

// ncNumber reads a whole number as strtonum(3) does, and says what is wrong in that function's words.
func ncNumber(v string, lo, hi int64) (n int64, why string) {
	n, err := strconv.ParseInt(strings.TrimLeft(v, " \t\n\v\f\r"), 10, 64)
	switch {
	case err != nil && err.(*strconv.NumError).Err != strconv.ErrRange:
		return 0, "invalid"
	case n < lo:
		return 0, "too small"
	case n > hi:
		return 0, "too large"
	}
	return n, ""
}

func ncRange(what string, lo, hi int64) func(string) (string, string) {
	return func(v string) (string, string) {
		n, why := ncNumber(v, lo, hi)
		if why != "" {
			return "", what + " " + why + ": " + v
		}
		return strconv.FormatInt(n, 10), ""
	}
}

func ncCount(what string, hi int64) func(string) (string, string) {
	return func(v string) (string, string) {
		n, why := ncNumber(v, 0, hi)
		if why != "" {
			return "", what + " is " + why
		}
		return strconv.FormatInt(n, 10), ""
	}
}

// ncSeconds takes fractions too, which nc does not.
func ncSeconds(what string, lo, hi int64) func(string) (string, string) {
	whole := ncRange(what, lo, hi)
	return func(v string) (string, string) {
		s, why := whole(v)
		if strings.HasPrefix(v, ".") {
			v = "0" + v
		}
		if before, after, ok := strings.Cut(v, "."); why != "" && ok && ncDigits(before) && ncDigits(after) {
			return v, ""
		}
		return s, why
	}
}

// ncDigits says whether s is digits and nothing else, a few of them.
func ncDigits(s string) bool { return s != "" && len(s) < 10 && strings.Trim(s, "0123456789") == "" }

// ncTOSWords are nc's names for types of service; cat5's --tos knows them all, and more.
const ncTOSWords = " af11 af12 af13 af21 af22 af23 af31 af32 af33 af41 af42 af43 critical cs0 cs1 cs2 cs3 cs4 cs5 cs6 cs7" +
	" ef inetcontrol lowcost lowdelay netcontrol reliability throughput "

// ncTOS takes a name, a decimal number, or one in hex as strtol(3) reads it: up to the first byte that is no digit.
func ncTOS(v string) (string, string) {
	if v != "" && strings.Contains(ncTOSWords, " "+v+" ") {
		return v, ""
	}
	if hex, ok := strings.CutPrefix(v, "0x"); ok {
		end := len(hex) - len(strings.TrimLeft(hex, "0123456789abcdefABCDEF"))
		n, err := strconv.ParseUint("0"+hex[:end], 16, 31)
		if err == nil && n < 256 {
			return strconv.FormatUint(n, 10), ""
		}
	} else if n, why := ncNumber(v, 0, 255); why == "" {
		return strconv.FormatInt(n, 10), ""
	}
	return "", "illegal tos value " + v
}

func ncProxyKind(v string) (string, string) {
	switch {
	case strings.EqualFold(v, "connect"):
		return "http1.0", ""
	case v == "4":
		return "socks4", ""
	case v == "5":
		return "socks5", ""
	}
	return "", "unsupported proxy protocol"
}
