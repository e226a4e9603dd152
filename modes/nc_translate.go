package modes

import "strings"

// From nc's argv to cat5's: a pure function of the words and of the services database. testdata/nc holds pairs of both.

// ncWords is an argv of nc, taken apart.
type ncWords struct {
	seen     [128]bool
	value    [128]string // the last one given
	family   byte        // the last of 4, 6 and U
	operands []string
	splits   bool                                              // -e takes a line, not a program's name
	service  func(network, name string) (port uint16, ok bool) // getservbyname(3)
}

func (w *ncWords) has(letters string) bool {
	for i := range len(letters) {
		if w.seen[letters[i]] {
			return true
		}
	}
	return false
}

// ncRefusal is why nc would not start: a sentence, or how it is used, or both.
type ncRefusal struct {
	text  string
	usage bool
	help  bool // it was asked for: exit 0
	bare  bool // getopt(3)'s own: the whole name goes before it
}

func (r *ncRefusal) Error() string { return r.text }

func ncRefuse(text string) error { return &ncRefusal{text: text} }

func ncUsage() error { return &ncRefusal{usage: true} }

// ncTranslate takes nc's argv, without the name, and gives cat5's.
func ncTranslate(d *ncDialect, argv []string, service func(network, name string) (uint16, bool)) ([]string, error) {
	w := &ncWords{service: service}
	if err := w.getopt(d, argv); err != nil {
		return nil, err
	}
	return d.translate(w)
}

// getopt takes argv apart as getopt(3) does.
func (w *ncWords) getopt(d *ncDialect, argv []string) error {
	for len(argv) > 0 {
		word := argv[0]
		argv = argv[1:]
		if word == "--" {
			w.operands = append(w.operands, argv...)
			break
		}
		if name, long := strings.CutPrefix(word, "--"); long && d.longs != nil {
			var err error
			if argv, err = w.long(d, name, argv); err != nil {
				return err
			}
			continue
		}
		if len(word) < 2 || word[0] != '-' {
			w.operands = append(w.operands, word)
			continue
		}
		for i := 1; i < len(word); i++ {
			c := word[i]
			l := d.letter(c)
			if l == nil || c < ' ' { // those below are of long options only
				return &ncRefusal{text: "invalid option -- '" + word[i:i+1] + "'", usage: true, bare: true}
			}
			v := ""
			if l.value != nil {
				switch v = word[i+1:]; {
				case v != "":
				case len(argv) == 0:
					return &ncRefusal{text: "option requires an argument -- '" + word[i:i+1] + "'", usage: true, bare: true}
				default:
					v, argv = argv[0], argv[1:]
				}
				i = len(word)
			}
			if err := w.take(l, v); err != nil {
				return err
			}
		}
	}
	return nil
}

// take notes a letter and its value.
func (w *ncWords) take(l *ncLetter, v string) error {
	if l.value != nil {
		var why string
		if v, why = l.value(v); why != "" {
			return ncRefuse(why)
		}
	}
	switch l.c {
	case 'h':
		return &ncRefusal{usage: true, help: true}
	case ncatVersion:
		return &ncRefusal{text: ncatVersionText, help: true}
	}
	if w.seen[l.c] && (l.c == ncatAllow || l.c == ncatDeny) {
		v = w.value[l.c] + "," + v
	}
	w.seen[l.c], w.value[l.c] = true, v
	if l.c == '4' || l.c == '6' || l.c == 'U' {
		w.family = l.c
	}
	return nil
}

func (d *ncDialect) letter(c byte) *ncLetter {
	for i := range d.letters {
		if d.letters[i].c == c {
			return &d.letters[i]
		}
	}
	return nil
}

// network is cat5's command for the letters.
func (w *ncWords) network() string {
	switch {
	case w.family == 'U':
		return "unix"
	case w.has("u"):
		return "udp"
	}
	return "tcp"
}

// openbsdTranslate puts a command of cat5 together.
func openbsdTranslate(w *ncWords) ([]string, error) {
	host, ports, err := w.openbsdAddress()
	if err != nil {
		return nil, err
	}
	if err := w.openbsdConflicts(); err != nil {
		return nil, err
	}
	network := w.network()
	proxy, err := w.proxy()
	if err != nil {
		return nil, err
	}
	listen := w.has("l")
	if !listen && network != "unix" {
		if ports, err = w.ports(network, ports); err != nil {
			return nil, err
		}
	}
	if listen || network == "unix" || w.has("p") {
		if host, ports, err = w.checkPlace(host, ports); err != nil {
			return nil, err
		}
	}
	if w.has("Z") && network == "tcp" {
		return nil, w.dccp()
	}
	if network != "unix" && !ncHost(host, listen) {
		if listen {
			return nil, ncRefuse("getaddrinfo: Name or service not known")
		}
		port, _, _ := strings.Cut(ports[0], "-")
		return nil, ncRefuse(`getaddrinfo for host "` + host + `" port ` + port + ": Name or service not known")
	}
	if w.value['X'] == "socks4" && proxy != nil && strings.Contains(host, ":") {
		return nil, ncRefuse(`getaddrinfo("` + host + `", "` + ports[0] + `"): Address family for hostname not supported`)
	}
	if !listen && network != "unix" && w.has("s") && w.value['s'] == "" {
		return nil, ncRefuse("getaddrinfo: Name or service not known")
	}
	args := []string{network}
	if network == "unix" && w.has("u") {
		args = append(args, "--type=dgram")
	}
	if listen && w.family == '6' && (host == "" || host == "::") {
		host = "::" // which takes IPv4 too, as nc's does
	} else if w.family == '4' || w.family == '6' {
		args = append(args, "--ipv"+string(w.family))
	}
	letters := openbsdLetters()
	for i := range letters {
		if l := &letters[i]; l.flag != "" && w.seen[l.c] && !w.idle(l.c, network) {
			args = append(args, l.flag)
			if l.value != nil {
				args[len(args)-1] += w.value[l.c]
			}
		}
	}
	args = append(args, w.times(network)...)
	args = append(args, w.ends(network)...)
	if network != "unix" {
		hops, err := w.hops(host)
		if err != nil {
			return nil, err
		}
		args = append(args, hops...)
	}
	args = append(args, w.source(network)...)
	args = append(args, proxy...)
	if strings.HasPrefix(host, "-") {
		args = append(args, "--")
	}
	if host != "" {
		args = append(args, host)
	}
	return append(args, ports...), nil
}

// idle says that a letter has nothing to do for this kind of socket: nc takes it and does nothing, cat5 would refuse it.
func (w *ncWords) idle(c byte, network string) bool {
	switch c {
	case 'b':
		return network != "udp"
	case 'I':
		return network == "unix"
	case 'T', 'r', 'n':
		return network == "unix" || c == 'r' && w.has("l")
	case 'S':
		return network != "tcp"
	case 't':
		return network != "tcp"
	case 'F':
		return w.has("l")
	case 'w': // ncat's, which is for connecting
		return w.has("l")
	case 'W': // of many senders
		return w.has("l") && w.has("u") && w.has("k")
	case 'z':
		return w.has("l") || w.has("F") && network != "unix"
	}
	return false
}

// openbsdAddress tells host and ports apart: operands, or with -l also -s and -p.
func (w *ncWords) openbsdAddress() (host string, ports []string, err error) {
	ops, unixSocket, listen := w.operands, w.family == 'U', w.has("l")
	switch {
	case len(ops) == 0 && listen && unixSocket:
		if !w.has("s") {
			return "", nil, ncRefuse("missing socket pathname")
		}
		return w.value['s'], nil, nil
	case len(ops) == 0 && listen:
		if !w.has("p") {
			return "", nil, ncRefuse("missing port number")
		}
		return w.value['s'], []string{w.value['p']}, nil
	case len(ops) == 1 && !w.has("p") && (!w.has("s") || unixSocket && w.has("u") && !listen):
		switch {
		case unixSocket:
			return ops[0], nil, nil
		case listen:
			return "", ops, nil
		}
		return "", nil, ncRefuse("missing port number")
	case len(ops) >= 2 && (!listen || len(ops) == 2 && !w.has("ps")):
		if unixSocket {
			return "", nil, ncRefuse("cannot use port with -U")
		}
		return ops[0], ops[1:], nil
	}
	return "", nil, ncUsage()
}

func (w *ncWords) openbsdConflicts() error {
	unixSocket := w.family == 'U'
	switch {
	case w.has("Z") && unixSocket:
		return ncRefuse("cannot use -Z and -U")
	case w.has("l") && w.has("z"):
		return ncRefuse("cannot use -z and -l")
	case w.has("k") && !w.has("l"):
		return ncRefuse("must use -l with -k")
	case w.has("F") && unixSocket:
		return ncRefuse("cannot use -F and -U")
	case !w.has("x"):
		return nil
	case w.has("u"):
		return ncRefuse("no proxy support for UDP mode")
	case w.has("l"):
		return ncRefuse("no proxy support for listen")
	case w.has("Z"):
		return ncRefuse("no proxy support for DCCP mode")
	case unixSocket:
		return ncRefuse("no proxy support for unix sockets")
	case w.has("s"):
		return ncRefuse("no proxy support for local source address")
	}
	return nil
}
