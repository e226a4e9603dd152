package modes

import "strings"

// The other netcats. Their letters are read as they read them (CAT5_NC=traditional, CAT5_NC=ncat); the words and the exit
// codes are nc's all the same.

func traditionalLetters() []ncLetter {
	return []ncLetter{
		{'4', "", nil}, {'6', "", nil}, {'U', "", nil}, // not the traditional one's, which has IPv4 only
		{'b', "--broadcast", nil},
		{'C', "--crlf", nil},
		{'c', "", ncText},
		{'e', "", ncText},
		{'h', "", nil},
		{'i', "--interval=", ncSeconds("interval time", 1, 1<<31-1)},
		{'k', "--keepalive", nil}, // SO_KEEPALIVE
		{'l', "--listen", nil},
		{'n', "--numeric", nil},
		{'o', "--hexdump=", ncText},
		{'p', "", ncText},
		{'q', "", ncSeconds("quit timer", -1<<31, 1<<31-1)},
		{'r', "--shuffle", nil},
		{'s', "", ncText},
		{'T', "--tos=", ncTOS},
		{'t', "--telnet", nil},
		{'u', "", nil},
		{'v', "--verbose", nil},
		{'w', "", ncSeconds("wait-time", 1, 1<<31-1)},
		{'z', "--zero-io", nil},
		{'g', "", ncSourceRoute}, {'G', "", ncSourceRoute},
	}
}

// ncSourceRoute: LSRR is dropped by every network, and Linux ignores it unless told not to (accept_source_route).
func ncSourceRoute(string) (string, string) { return "", "source routes are not supported" }

// common is what the other netcats share: where to, and what both know of. exec is behind the operands.
func (w *ncWords) common(letters []ncLetter, more ...string) ([]string, error) {
	network := w.network()
	host, ports, err := w.place(network)
	if err != nil {
		return nil, err
	}
	args := []string{network}
	if network == "unix" && w.has("u") {
		args = append(args, "--type=dgram")
	}
	if w.family == '4' || w.family == '6' {
		args = append(args, "--ipv"+string(w.family))
	}
	for i := range letters {
		if l := &letters[i]; l.flag != "" && w.seen[l.c] && !w.idle(l.c, network) {
			args = append(args, l.flag)
			if l.value != nil {
				args[len(args)-1] += w.value[l.c]
			}
		}
	}
	args = append(args, more...)
	if !w.has("l") && network != "unix" {
		args = append(args, w.source(network)...)
	}
	if host != "" {
		args = append(args, host)
	}
	args = append(args, ports...)
	return append(args, w.program()...), nil
}

// place is rivalAddress, and refuses a host that can be none: one that begins with "-" would be a flag of cat5's.
func (w *ncWords) place(network string) (host string, ports []string, err error) {
	host, ports, err = w.rivalAddress(network)
	if err == nil && strings.HasPrefix(host, "-") {
		err = ncRefuse(`getaddrinfo for host "` + host + `" port ` + ports[0] + ": Name or service not known")
	}
	return host, ports, err
}

// rivalAddress: HOST PORTS; with -l the port is -p's or the last operand, and a host before it is the address.
func (w *ncWords) rivalAddress(network string) (host string, ports []string, err error) {
	ops := w.operands
	switch {
	case network == "unix" && len(ops) == 1:
		if strings.HasPrefix(ops[0], "-") {
			return "./" + ops[0], nil, nil // or it would be a flag of cat5's
		}
		return ops[0], nil, nil
	case network == "unix":
		return "", nil, ncRefuse("missing socket pathname")
	case w.has("l"):
		if w.has("p") {
			ops = append(ops[:len(ops):len(ops)], w.value['p'])
		}
		if len(ops) == 0 || len(ops) > 2 {
			return "", nil, ncUsage()
		}
		port, err := w.bindPort(ops[len(ops)-1])
		if err != nil {
			return "", nil, err
		}
		if len(ops) == 2 {
			host = ops[0]
		}
		return host, []string{port}, nil
	case len(ops) == 0:
		return "", nil, ncUsage()
	case len(ops) == 1:
		return "", nil, ncRefuse("no port[s] to connect to")
	}
	ports, err = w.ports(network, ops[1:])
	return ops[0], ports, err
}

// program is -e and -c: a program whose stdin and stdout the connection becomes.
func (w *ncWords) program() []string {
	switch {
	case w.has("c"):
		return []string{"--exec", "/bin/sh", "-c", w.value['c']}
	case w.has("e"):
		return append([]string{"--exec"}, w.execWords()...)
	}
	return nil
}

// execWords: ncat splits what -e has at blanks, the traditional netcat runs a program without arguments.
func (w *ncWords) execWords() []string {
	if w.splits {
		return strings.Fields(w.value['e'])
	}
	return []string{w.value['e']}
}

// traditionalTranslate: our end is not told to the peer, and with -q we leave; a server listens on IPv4.
func traditionalTranslate(w *ncWords) ([]string, error) {
	var more []string
	listen := w.has("l")
	if w.has("l") && w.has("z") {
		return nil, ncRefuse("cannot use -z and -l")
	}
	if w.has("ec") && w.has("u") {
		return nil, ncRefuse("-e and -c are for connections: -u has none")
	}
	if w.has("w") && listen { // here it counts while waiting, too
		more = append(more, "--accept-timeout="+w.value['w'])
	}
	if w.has("w") {
		more = append(more, "--timeout="+w.value['w'])
	}
	switch {
	case w.has("z") || w.has("ec"):
	case listen:
		more = append(more, "--eof=keep")
	default:
		more = append(more, "--eof=each")
	}
	if !w.has("z") && !w.has("ec") {
		switch {
		case w.quits():
			more = append(more, "--quit-after="+w.value['q'])
		case w.network() == "udp" && !listen:
			more = append(more, "--quit-after=-1")
		}
	}
	if listen && w.family == 0 {
		more = append(more, "--ipv4")
	}
	if listen && w.has("s") && len(w.operands) == 0 {
		w.operands = []string{w.value['s']}
	}
	if w.has("ec") && listen && w.network() == "tcp" {
		more = append(more, "--anyone")
	}
	return w.common(traditionalLetters(), more...)
}
