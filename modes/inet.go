package modes

import (
	"encoding/binary"
	"errors"
	"strconv"
	"strings"

	"cat5/io/sys"
)

func inetCommand() *command {
	return &command{
		name: "inet", group: groupLearn, usage: "VALUE...",
		short: "addresses, prefixes, ports and byte order, byte by byte",
		examples: []string{
			"cat5 inet 192.0.2.1:8000     # what it is, and its struct sockaddr_in",
			"cat5 inet 8000 0x1f90        # htons, htonl, and the bytes in memory",
			"cat5 inet 10.1.2.3/20        # mask, network, broadcast, first and last host",
			"cat5 inet 127.1 2130706433   # old forms that inet_pton refuses",
			"cat5 inet fe80::1%lo @name   # scopes; sockaddr_un",
			"cat5 inet '7f 00 00 01'      # from network form back to presentation",
		},
		about: "A VALUE is an address (:PORT may follow), ADDRESS/LENGTH or ADDRESS/MASK, a\n" +
			"port or number (decimal, 0x, 0 octal; 80/tcp), 4 or 16 bytes in hexadecimal, a\n" +
			"service, or the path or @NAME of a unix socket. Nothing is sent or looked up.\n",
		json:  "the result as one JSON document on stdout",
		flags: []string{"json", "help"},
		run:   runInet,
	}
}

func runInet(e *Env, o *options, operands []string) error {
	if len(operands) == 0 {
		return usageError("which value? cat5 inet 127.0.0.1:8000, for instance")
	}
	var cards []card
	for _, s := range operands {
		v, err := parseInet(s)
		if err != nil {
			return usageError(quoted(s) + ": " + err.Error())
		}
		h, err := inetHostOf(e.K, v)
		if err != nil {
			return usageError(quoted(s) + ": " + err.Error())
		}
		c, err := h.card(v)
		if err != nil {
			return err
		}
		cards = append(cards, c)
	}
	if o.json {
		b := []byte{'['}
		for i := range cards {
			if i > 0 {
				b = append(b, ",\n"...)
			}
			b = cards[i].appendJSON(b)
		}
		return e.print(string(append(b, ']', '\n')))
	}
	var text []string
	for i := range cards {
		text = append(text, cards[i].text())
	}
	return e.print(strings.Join(text, "\n"))
}

// inetHostOf is what the answer for v depends on here: the order of bytes, and files of this host.
func inetHostOf(k *sys.Calls, v inetValue) (*inetHost, error) {
	h := &inetHost{little: binary.NativeEndian.Uint16([]byte{1, 0}) == 1}
	if v.kind == inetNumber || v.kind == inetService || v.port >= 0 {
		b, _ := readFile(k, serviceFile, 1<<20) // a host may have none
		h.services = string(b)
		if b, err := readFile(k, "/proc/sys/net/ipv4/ip_local_port_range", 64); err == nil {
			if f := strings.Fields(string(b)); len(f) == 2 {
				h.low, _ = strconv.Atoi(f[0])
				h.high, _ = strconv.Atoi(f[1])
			}
		}
	}
	zone := v.addr.Zone()
	if zone == "" {
		return h, nil
	}
	if n, err := strconv.ParseUint(zone, 10, 32); err == nil {
		h.scope = uint32(n)
		return h, nil
	}
	// The interface's index (netdevice(7)), without a socket.
	b, err := readFile(k, "/sys/class/net/"+zone+"/ifindex", 64)
	n, bad := strconv.ParseUint(strings.TrimSpace(string(b)), 10, 32)
	if err != nil || bad != nil || strings.ContainsAny(zone, "/.") && zone[0] == '.' || strings.Contains(zone, "/") {
		return nil, errors.New("no interface is called " + quoted(zone) + " here")
	}
	h.scope = uint32(n)
	return h, nil
}
