package modes

import "strings"

// The flags of cat5 that follow from several letters of nc together.

// times is -w and -q, and how long a UDP probe takes. -w 0 means: connect at once or not at all, send what is there, and
// leave; what is there is read to its end, so that echo m | nc -u -w0 does not depend on who of the two is faster.
func (w *ncWords) times(network string) (args []string) {
	wait, listen := w.value['w'], w.has("l")
	switch {
	case !w.has("w"), listen && w.has("k") && w.has("u"): // of many senders: nc hears on, as without

	case ncZero(wait):
		args = append(args, "--timeout=50ms")
	default:
		args = append(args, "--timeout="+wait)
	}
	if network == "udp" && w.has("v") && !listen { // nc says "succeeded" only when no ICMP error came
		if !w.has("w") {
			wait = "3"
		}
		args = append(args, "--probe="+wait)
	}
	switch { // on a stream -q tells our end and then waits for the peer's, however long that takes
	case network == "tcp" || network == "unix" && !w.has("u") || w.has("z"):
	case w.quits():
		args = append(args, "--quit-after="+w.value['q'])
	case w.has("w") && ncZero(wait) && !listen:
		args = append(args, "--quit-after=0")
	case !listen:
		args = append(args, "--quit-after=-1") // cat5 would leave when nothing has come for a second
	}
	return args
}

// quits says whether -q has a time, which implies -N.
func (w *ncWords) quits() bool { return w.has("q") && !strings.HasPrefix(w.value['q'], "-") }

func ncZero(seconds string) bool { return strings.Trim(seconds, "0.") == "" }

// ends is what the end of one direction does to the other: the end of our input is told with -N (and -q) only, and a
// server is done when its peer is.
func (w *ncWords) ends(network string) []string {
	told := w.has("N") || w.quits()
	eof := "each"
	switch {
	case w.has("z") || w.has("F") && !w.has("l"):
		return nil
	case w.has("l") && w.has("u") && w.has("k"):
		return []string{"--no-stdin"} // nc has nowhere to send it
	case w.has("l") && w.has("k") && w.quits():
		eof = "last"
	case w.has("l") && told:
		eof = "peer"
	case w.has("l"):
		eof = "keep"
	case told && w.has("d"):
		return []string{"--shutdown"} // at once
	case told:
		return nil // cat5's own way
	}
	return []string{"--eof=" + eof}
}

// hops is -M and -m, which have one option in each family.
func (w *ncWords) hops(host string) (args []string, err error) {
	four := w.family != '6' && !strings.Contains(host, ":")
	six := w.family != '4' && (host == "" || strings.Trim(host, "0123456789.") != "")
	if w.has("l") && host == "" {
		four, six = w.family != '6', w.family == '6'
	}
	if w.has("M") {
		switch {
		case w.value['M'] != "0":
			args = append(args, "--ttl="+w.value['M'])
		case four:
			return nil, ncRefuse("set IP TTL: Invalid argument") // ip(7): 1 to 255
		default:
			args = append(args, "--sockopt=unicast_hops=0")
		}
	}
	if w.has("m") {
		if four {
			args = append(args, "--sockopt=minttl="+w.value['m'])
		}
		if six {
			args = append(args, "--sockopt=minhopcount="+w.value['m'])
		}
	}
	return args, nil
}

// source is where we come from: -s and -p of a client, and what nc does with the file of a unix socket.
func (w *ncWords) source(network string) (args []string) {
	listen := w.has("l")
	switch {
	case network == "unix" && listen:
		path := w.value['s']
		if len(w.operands) > 0 {
			path = w.operands[0]
		}
		if !strings.HasPrefix(path, "@") {
			args = append(args, "--unlink=leave")
		}
	case network == "unix":
		if w.has("u") && w.has("s") {
			args = append(args, "--bind="+w.value['s'])
			if !strings.HasPrefix(w.value['s'], "@") {
				args = append(args, "--unlink=always")
			}
		}
	case !listen:
		if w.has("s") {
			args = append(args, "--source="+w.value['s'])
		}
		if w.has("p") {
			args = append(args, "--source-port="+w.value['p'])
		}
	case listen && w.family != '6' && w.family != '4':
		if host := w.listenHost(); !strings.Contains(host, ":") {
			args = append(args, "--ipv4") // nc listens on IPv4 unless it is told
		}
	}
	return args
}

func (w *ncWords) listenHost() string {
	if len(w.operands) == 2 {
		return w.operands[0]
	}
	return w.value['s']
}

// proxy is -x, -X and -P: HOST, HOST:PORT or [V6]:PORT, and what the port is when there is none.
func (w *ncWords) proxy() ([]string, error) {
	if !w.has("x") {
		return nil, nil
	}
	host, port := w.value['x'], ""
	if v6, bracket := strings.CutPrefix(host, "["); bracket {
		var after string
		if host, after, bracket = strings.Cut(v6, "]"); !bracket {
			return nil, ncRefuse("missing closing bracket in proxy")
		}
		if port, bracket = strings.CutPrefix(after, ":"); !bracket && after != "" {
			return nil, ncRefuse("garbage proxy port delimiter")
		}
	} else if i := strings.LastIndexByte(host, ':'); i >= 0 {
		host, port = host[:i], host[i+1:]
	}
	kind := w.value['X']
	if kind == "" {
		kind = "socks5"
	}
	standard := "1080"
	if kind == "http1.0" {
		standard = "3128"
	}
	if port == "" {
		port = standard
	}
	gai := `getaddrinfo for host "` + host + `" port ` + port + ": "
	if strings.ContainsAny(host, " /@[]") || host == ":" || host == "" {
		return nil, ncRefuse(gai + "Name or service not known")
	}
	switch _, why := ncNumber(port, 1, 65535); why {
	case "":
	case "invalid":
		if _, ok := w.service("tcp", port); !ok {
			return nil, ncRefuse(gai + "Servname not supported for ai_socktype")
		}
	case "too small":
		if port != "0" {
			return nil, ncRefuse(gai + "Servname not supported for ai_socktype")
		}
		return nil, ncRefuse("") // nobody can listen there, and nc does not say so
	default:
		return nil, ncRefuse("port number too large: " + port) // nc takes it modulo 65536
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	args := []string{"--proxy=" + kind + "://" + host}
	if port != standard {
		args[0] += ":" + port
	}
	if w.has("P") && kind == "http1.0" {
		args = append(args, "--proxy-user="+w.value['P'], "--proxy-password=ask")
	}
	return args, nil
}
