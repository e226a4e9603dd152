package modes

import (
	"strconv"
	"strings"

	"cat5/io/sock"
)

// Where nc is to go: paths, and ports by number, name and range.

// dccp is what nc says on a kernel without DCCP; Linux had it up to 6.15.
func (w *ncWords) dccp() error {
	if w.has("l") {
		return ncRefuse("Socket type not supported")
	}
	return ncRefuse("")
}

// checkPlace refuses what nc's own calls refuse: a path that does not fit, a listener's or a source's port that is none.
func (w *ncWords) checkPlace(host string, ports []string) (string, []string, error) {
	if w.family == 'U' {
		if len(host) > ncPathMax {
			if w.has("l") {
				return "", nil, ncRefuse("File name too long")
			}
			return "", nil, ncRefuse(host + ": File name too long")
		}
		bound := w.seen['s'] && w.has("u") && !w.has("l") && w.value['s'] == ""
		switch {
		case host == "" && w.has("l"):
			return "", nil, ncRefuse("Invalid argument")
		case host == "" || bound:
			return "", nil, ncRefuse(": Invalid argument")
		}
		return host, nil, nil
	}
	if w.has("p") {
		p, err := w.bindPort(w.value['p'])
		if err != nil {
			return "", nil, err
		}
		w.value['p'] = p
	}
	if w.has("l") {
		p, err := w.bindPort(ports[0])
		if err != nil {
			return "", nil, err
		}
		ports = []string{p}
	}
	return host, ports, nil
}

// ncPathMax is how long a path sun_path takes with its NUL byte (unix(7)); for nc there is no way round it.
const ncPathMax = 107

// bindPort reads a port to bind to as getaddrinfo(3) does.
func (w *ncWords) bindPort(s string) (string, error) {
	if s == "" {
		return "0", nil
	}
	n, why := ncNumber(s, 0, 65535)
	switch why {
	case "":
		return strconv.FormatInt(n, 10), nil
	case "too large":
		return "", ncRefuse("port number too large: " + s)
	}
	if port, ok := w.service(w.network(), s); ok {
		return itoa(int(port)), nil
	}
	return "", ncRefuse("getaddrinfo: Servname not supported for ai_socktype")
}

// ports reads a client's ports: numbers, names, and ranges, which always ascend.
func (w *ncWords) ports(network string, words []string) (out []string, err error) {
	for _, s := range words {
		if port, ok := w.service(network, s); ok {
			out = append(out, itoa(int(port)))
			continue
		}
		from, to, ranged := strings.Cut(s, "-")
		if !ranged || !ncDigits(from[:min(1, len(from))]) {
			ranged = false
			from, to = s, s
		}
		hi, err := ncPort(to)
		if err != nil {
			return nil, err
		}
		lo, err := ncPort(from)
		if err != nil {
			return nil, err
		}
		switch lo, hi = min(lo, hi), max(lo, hi); {
		case ranged && lo != hi:
			out = append(out, strconv.FormatInt(lo, 10)+"-"+strconv.FormatInt(hi, 10))
		default:
			out = append(out, strconv.FormatInt(lo, 10))
		}
	}
	return out, nil
}

func ncPort(s string) (int64, error) {
	n, why := ncNumber(s, 1, 65535)
	if why != "" {
		return 0, ncRefuse("port number " + why + ": " + s)
	}
	return n, nil
}

// ncHost says whether host can be a name or an address at all.
func ncHost(host string, listen bool) bool {
	_, err := sock.ParseHostPort([]string{host, "1"}, listen)
	return err == nil && !strings.HasPrefix(host, "[")
}
