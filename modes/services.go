package modes

import (
	"slices"
	"strconv"
	"strings"

	"cat5/io/sys"
)

// serviceFile is the services database (services(5)): name, port/protocol, aliases, one a line.
const serviceFile = "/etc/services"

// serviceName is what the services database calls a port of "tcp" or "udp" (getservbyport(3)); "" when it does not know,
// or is not there.
func serviceName(k *sys.Calls, network string, port uint16) string {
	b, err := readFile(k, serviceFile, 1<<20)
	if err != nil {
		return ""
	}
	return serviceIn(string(b), network, port)
}

// servicePort is the port of a service (getservbyname(3)); false when the database does not know it.
func servicePort(k *sys.Calls, network, name string) (uint16, bool) {
	b, err := readFile(k, serviceFile, 1<<20)
	if err != nil {
		return 0, false
	}
	return portIn(string(b), network, name)
}

// portIn looks in the text of a services database, also for aliases.
func portIn(text, network, name string) (uint16, bool) {
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		f := strings.Fields(line)
		if len(f) < 2 || !slices.Contains(f, name) || f[1] == name {
			continue
		}
		number, proto, _ := strings.Cut(f[1], "/")
		if n, err := parsePort(number, true); err == nil && proto == network {
			return n, true
		}
	}
	return 0, false
}

// serviceIn looks in the text of a services database. The first line that fits counts.
func serviceIn(text, network string, port uint16) string {
	want := strconv.Itoa(int(port)) + "/" + network
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		if f := strings.Fields(line); len(f) > 1 && f[1] == want {
			return sys.SafeName(f[0])
		}
	}
	return ""
}
