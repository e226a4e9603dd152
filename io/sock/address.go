// Package sock makes connected sockets from plain data: it parses and resolves addresses, dials, listens and accepts.
package sock

import (
	"errors"
	"net/netip"
	"strings"
)

// HostPort is an address as the user wrote it: not resolved, but known to be well formed. Host is "" for every address
// of this host; Port is a number or the name of a service.
type HostPort struct{ Host, Port string }

func (a HostPort) String() string {
	if strings.Contains(a.Host, ":") {
		return "[" + a.Host + "]:" + a.Port
	}
	return a.Host + ":" + a.Port
}

// ParseHostPort reads the operands of a tcp or udp command: HOST PORT, HOST:PORT, [V6]:PORT, and for a listener :PORT
// or PORT. An IPv6 address together with its port needs its brackets.
func ParseHostPort(words []string, listening bool) (HostPort, error) {
	var a HostPort
	switch len(words) {
	case 0:
		return a, errors.New("no address: HOST PORT or HOST:PORT is needed")
	case 1:
		return parseWord(words[0], listening, "HOST PORT or HOST:PORT")
	case 2:
		a = HostPort{strings.TrimSuffix(strings.TrimPrefix(words[0], "["), "]"), words[1]}
		if strings.HasPrefix(words[0], "[") != strings.HasSuffix(words[0], "]") {
			return a, errors.New("address " + quote(words[0]) + ": its brackets do not match")
		}
	default:
		return a, errors.New("one address is needed, not " + quote(strings.Join(words, " ")))
	}
	return a, a.check(listening)
}

// ParseWord reads an address where it is one word and no more: HOST:PORT, [V6]:PORT, and for a listener :PORT or PORT.
func ParseWord(word string, listening bool) (HostPort, error) {
	return parseWord(word, listening, "HOST:PORT")
}

func parseWord(word string, listening bool, forms string) (HostPort, error) {
	host, port, err := split(word, listening, forms)
	if err != nil {
		return HostPort{}, err
	}
	a := HostPort{host, port}
	return a, a.check(listening)
}

// split takes one word apart. forms is how an address is written there, for who has written it otherwise.
func split(s string, listening bool, forms string) (host, port string, err error) {
	if strings.Contains(s, "://") {
		return "", "", errors.New("address " + quote(s) + " is a URL: " + forms + " is needed")
	}
	if strings.HasPrefix(s, "[") {
		host, port, ok := strings.Cut(s[1:], "]:")
		if !ok {
			return "", "", errors.New("address " + quote(s) + ": a port is missing: [V6]:PORT")
		}
		return host, port, nil
	}
	switch strings.Count(s, ":") {
	case 0:
		if _, err := netip.ParseAddr(s); listening && err != nil {
			return "", s, nil
		}
		return "", "", errors.New("address " + quote(s) + ": a port is missing: " + forms)
	case 1:
		host, port, _ = strings.Cut(s, ":")
		return host, port, nil
	}
	if strings.Trim(s, "0123456789abcdefABCDEF:.") != "" && !strings.Contains(s, "%") {
		return "", "", errors.New("address " + quote(s) + " has too many colons: " + forms)
	}
	return "", "", errors.New("address " + quote(s) + ": an IPv6 address with a port is written [V6]:PORT")
}

func (a HostPort) check(listening bool) error {
	if a.Port == "" {
		return errors.New("address " + quote(a.Host+":") + ": the port is empty")
	}
	if err := checkPort(a.Port, listening); err != nil {
		return err
	}
	if a.Host == "" && !listening {
		return errors.New("address " + quote(":"+a.Port) + ": the host is empty")
	}
	if strings.ContainsAny(a.Host, " \t\r\n\x00/@[]") || len(a.Host) > 255 {
		return errors.New("host " + quote(a.Host) + " is not a name or an address")
	}
	if strings.Contains(a.Host, ":") {
		if _, err := netip.ParseAddr(a.Host); err != nil {
			return errors.New("host " + quote(a.Host) + " is not an IPv6 address")
		}
	}
	return nil
}

// checkPort refuses what can be neither a port nor a service's name (RFC 6335, section 5.1: letters, digits, hyphens).
func checkPort(s string, zero bool) error {
	digits := true
	for _, c := range []byte(s) {
		switch {
		case c >= '0' && c <= '9':
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '-', c == '_', c == '+', c == '.':
			digits = false
		default:
			return errors.New("port " + quote(s) + " is not a number or the name of a service")
		}
	}
	if !digits {
		if s[0] == '-' || s[0] == '+' || s[0] == '.' {
			return errors.New("port " + quote(s) + " is not a number or the name of a service")
		}
		return nil
	}
	n := 0
	for _, c := range []byte(s) {
		n = min(n*10+int(c-'0'), 1<<20)
	}
	if n > 65535 {
		return errors.New("port " + s + " is out of range (0 to 65535)")
	}
	if n == 0 && !zero {
		return errors.New("port 0 cannot be connected to")
	}
	return nil
}

func number(s string) (uint16, bool) {
	n := 0
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = min(n*10+int(c-'0'), 1<<20)
	}
	return uint16(n), s != "" && n <= 65535
}
