package modes

import (
	"strings"

	"cat5/io/sock"
)

// endpoint is an address in one word, where a command takes several: tcp:HOST:PORT, udp:HOST:PORT, unix:PATH; without a
// prefix HOST:PORT is tcp, and what has a slash or begins with @ is a unix socket's name.
type endpoint struct {
	network string // "tcp", "udp" or "unix"
	hosts   sock.HostPort
	path    string // for unix
}

// String is the endpoint as it can be typed again.
func (e endpoint) String() string {
	if e.network == "unix" {
		return "unix:" + e.path
	}
	return e.network + ":" + e.hosts.String()
}

// parseEndpoint reads one; what is wrong with it is a usageError.
func parseEndpoint(word string) (endpoint, error) {
	network, rest, _ := strings.Cut(word, ":")
	if strings.HasPrefix(rest, "//") && !strings.Contains(network, "/") {
		return endpoint{}, usageError("address " + quoted(word) + ": an address is not a URL: " + notURL(network, rest[2:]))
	}
	switch network {
	case "tcp", "udp":
		hosts, err := sock.ParseWord(rest, false)
		if err != nil {
			return endpoint{}, usageError(err.Error())
		}
		return endpoint{network: network, hosts: hosts}, nil
	case "unix":
		return unixEndpoint(word, rest)
	}
	if strings.HasPrefix(word, "@") || strings.Contains(word, "/") {
		return unixEndpoint(word, word)
	}
	if strings.Contains(rest, ":") && strings.Trim(network, "0123456789abcdefABCDEF[") != "" { // no part of an IPv6 address
		return endpoint{}, usageError("address " + quoted(word) + ": there is no kind " + quoted(network) + ": tcp:, udp:, unix:, or HOST:PORT")
	}
	hosts, err := sock.ParseWord(word, false)
	if err != nil {
		return endpoint{}, usageError(err.Error())
	}
	return endpoint{network: "tcp", hosts: hosts}, nil
}

// notURL says what to write for SCHEME://REST: its host and port (RFC 3986, section 3.2), if they make an address.
func notURL(scheme, rest string) string {
	if scheme == "unix" {
		return "try unix:" + rest
	}
	host := rest
	if i := strings.IndexAny(host, "/?#"); i >= 0 {
		host = host[:i]
	}
	host = host[strings.LastIndexByte(host, '@')+1:]
	if port := map[string]string{"http": "80", "ws": "80", "https": "443", "wss": "443"}[scheme]; port != "" {
		if _, err := sock.ParseWord(host, false); err != nil {
			host += ":" + port
		}
	}
	if _, err := sock.ParseWord(host, false); err != nil {
		return "HOST:PORT is needed"
	}
	if scheme == "tcp" || scheme == "udp" {
		host = scheme + ":" + host
	}
	return "try " + host
}

func unixEndpoint(word, path string) (endpoint, error) {
	switch {
	case path == "" || path == "@":
		return endpoint{}, usageError("address " + quoted(word) + ": a path or an @name is needed")
	case strings.ContainsRune(path, 0) && path[0] != '@':
		return endpoint{}, usageError("a path cannot hold a NUL byte")
	}
	return endpoint{network: "unix", path: path}, nil
}
