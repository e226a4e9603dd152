package modes

import (
	"context"
	"strings"

	"cat5/io/pump"
	"cat5/io/sock"
	"cat5/io/sys"
	"cat5/sockopt"

	"golang.org/x/sys/unix"
)

// address reads the operands into the plan, without looking anything up.
func (c *cable) address(words []string) (err error) {
	o := c.o
	switch {
	case o.backlog > 0 && !o.listen:
		return usageError("--backlog needs --listen")
	case o.portFile != "" && !o.listen:
		return usageError("--port-file needs --listen")
	}
	c.plan = sock.Plan{Network: c.network, Type: unix.SOCK_STREAM, Backlog: o.backlog, Trace: c.t.sock(c.network, func() bool { return c.many })}
	switch {
	case o.listen && o.service.lent:
		return c.lentAddress(words)
	case c.network == "unix":
		return c.unixAddress(words)
	case c.network == "udp":
		c.plan.Type = unix.SOCK_DGRAM
	}
	if o.listen && o.sourcePort != "" { // as nc has it: -l -p PORT [ADDR]
		words = append(words[:len(words):len(words)], o.sourcePort)
	}
	if o.listen && len(words) == 0 {
		return usageError("no address: a listener needs a PORT, or ADDRESS PORT (0 lets the kernel choose)")
	}
	if words, err = c.severalPorts(words); err != nil {
		return err
	}
	if c.hosts, err = sock.ParseHostPort(words, o.listen); err != nil {
		return usageError(err.Error())
	}
	if o.sourcePort != "" && !o.listen {
		if _, err := parsePort(o.sourcePort, true); err != nil {
			return badValue("source-port", err)
		}
	}
	return nil
}

func (c *cable) unixAddress(words []string) error {
	o := c.o
	if len(words) != 1 || words[0] == "" || words[0] == "@" {
		return usageError("one PATH or @NAME is needed")
	}
	path := words[0]
	c.plan.Type = o.sockType
	c.plan.Mode, c.plan.HasMode, c.plan.Unlink = o.mode, o.hasMode, o.unlink
	stream := o.sockType == unix.SOCK_STREAM
	switch {
	case stream && (o.record != pump.Raw || o.maxSize > 0 || o.strict):
		return usageError("--record, --max-size and --strict are for datagrams: --type dgram or seqpacket")
	case o.peerCred && o.sockType == unix.SOCK_DGRAM:
		return usageError("--peercred: a datagram socket has no one peer")
	case o.recvFD && o.sockType == unix.SOCK_DGRAM:
		return usageError("--recv-fd is for connections: --type stream or seqpacket")
	case o.portFile != "":
		return usageError("--port-file: a unix socket has no port")
	}
	if strings.HasPrefix(path, "@") && (o.hasMode || o.unlink != sock.UnlinkNever) {
		return usageError("--mode and --unlink are for socket files: an abstract name has none")
	}
	if strings.ContainsRune(path, 0) && !strings.HasPrefix(path, "@") {
		return usageError("a path cannot hold a NUL byte")
	}
	switch {
	case o.listen && o.bindPath != "":
		return usageError("--bind is for clients: a listener's name is its operand")
	case o.listen:
		c.plan.BindPath = path
	default:
		if (o.hasMode || o.unlink != sock.UnlinkNever) && o.bindPath == "" {
			return usageError("--mode and --unlink without --listen need --bind PATH")
		}
		c.plan.Path, c.plan.BindPath = path, o.bindPath
		c.plan.AutoBind = c.plan.Type == unix.SOCK_DGRAM && o.bindPath == ""
	}
	return nil
}

// kinds are the kinds of sockets that this run may make, as far as that is known before names are resolved.
func (c *cable) kinds() sockopt.On {
	switch {
	case c.network == "unix" && c.plan.Type == unix.SOCK_DGRAM:
		return sockopt.UnixDgram
	case c.network == "unix" && c.plan.Type == unix.SOCK_SEQPACKET:
		return sockopt.UnixSeqpacket
	case c.network == "unix":
		return sockopt.UnixStream
	}
	four, six := sockopt.TCP4, sockopt.TCP6
	if c.network == "udp" {
		four, six = sockopt.UDP4, sockopt.UDP6
	}
	host := c.first().Host
	switch {
	case c.o.family == unix.AF_INET || c.o.family == 0 && host != "" && strings.Trim(host, "0123456789.") == "":
		return four
	case c.o.family == unix.AF_INET6 || strings.Contains(host, ":"):
		return six
	}
	return four | six
}

// resolve looks up what the plan needs.
func (c *cable) resolve(ctx context.Context, plan *sock.Plan) error {
	if c.network == "unix" {
		return nil
	}
	o := c.o
	r := sock.Resolver{Network: c.network, Family: o.family, Numeric: o.numeric}
	first := c.first()
	all, err := r.Resolve(ctx, first)
	if err != nil {
		return err
	}
	c.t.resolved(first.String(), all)
	if o.listen {
		plan.Local = listenOrder(all)
		// [::] is every address, as the kernel's own default has it (ipv6(7), bindv6only); -6 is for IPv6 alone.
		if plan.DualStack = o.family == 0 && (c.hosts.Host == "" || c.hosts.Host == "::"); plan.DualStack && c.hosts.Host == "" {
			four := sock.Resolver{Network: c.network, Family: unix.AF_INET}
			v4, err := four.Resolve(ctx, c.hosts)
			if err != nil {
				return err
			}
			plan.Local = append(plan.Local, v4...)
		}
		return nil
	}
	plan.Remote, c.many = all, len(all) > 1
	return c.resolveSource(ctx, r, plan)
}

// resolveSource finds what -s and -p ask for, in each family of the remote addresses.
func (c *cable) resolveSource(ctx context.Context, r sock.Resolver, plan *sock.Plan) error {
	o := c.o
	if o.source == "" && o.sourcePort == "" {
		return nil
	}
	port := o.sourcePort
	if port == "" {
		port = "0"
	}
	if o.source != "" {
		local, err := r.Resolve(ctx, sock.HostPort{Host: o.source, Port: port})
		plan.Local = local
		return err
	}
	for _, family := range []int{unix.AF_INET, unix.AF_INET6} {
		r.Family = family
		any, err := r.Resolve(ctx, sock.HostPort{Port: port})
		if err != nil {
			return err
		}
		plan.Local = append(plan.Local, any...)
	}
	return nil
}

// listenOrder puts IPv4 first: one socket listens on one address, and a name such as localhost has one of each.
func listenOrder(all []sys.Addr) []sys.Addr {
	var four, six []sys.Addr
	for _, a := range all {
		if a.Family() == unix.AF_INET {
			four = append(four, a)
		} else {
			six = append(six, a)
		}
	}
	return append(four, six...)
}

// manyPeers says that the address is one of many hosts: a datagram socket connected to it would hear none of their
// answers, as they come from the hosts' own addresses.
func (c *cable) manyPeers(plan *sock.Plan) bool {
	if c.network != "udp" {
		return false
	}
	ip := plan.Remote[0].AddrPort().Addr()
	return ip.IsMulticast() || c.isSet("broadcast")
}

// unconnected makes a socket that can send to, and hear from, anybody.
func (c *cable) unconnected(plan *sock.Plan) (sock.Conn, error) {
	p := *plan
	if len(p.Local) == 0 {
		r := sock.Resolver{Network: "udp", Family: p.Remote[0].Family()}
		any, err := r.Resolve(context.Background(), sock.HostPort{Port: "0"})
		if err != nil {
			return sock.Conn{}, err
		}
		p.Local = any
	}
	return sock.Listen(c.k, p)
}
