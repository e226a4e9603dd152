package modes

import (
	"context"
	"errors"
	"net/netip"
	"strings"

	"cat5/io/sock"
	"cat5/io/sys"
	"cat5/io/wrap"

	"golang.org/x/sys/unix"
)

// ncVoice speaks as OpenBSD netcat does. Its prefix is the name it was called by.
type ncVoice struct {
	c    *cable
	name string

	idleFails bool // ncat's: exit 1 when nothing moved any more
}

func (v *ncVoice) say(s string)   { v.c.t.write([]byte(visible(s) + "\n")) }
func (v *ncVoice) error(s string) { v.say(v.name + ": " + s) }

// capital is an errno in the words of strerror(3): the library here writes them small.
func capital(err error) string {
	s := err.Error()
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func (v *ncVoice) verbose() bool { return v.c.o.verbose > 0 }

// errnoOf finds the kernel's own word in an error.
func errnoOf(err error) (unix.Errno, bool) {
	var no unix.Errno
	return no, errors.As(err, &no)
}

func (v *ncVoice) tried(ev sock.Event) {
	c := v.c
	var call *sys.Error
	why, known := errnoOf(ev.Err)
	switch {
	case errors.As(ev.Err, &call) && call.Call == "bind" && known:
		return // it ends the run: see ended
	case c.network == "unix" || !v.verbose():
		return
	case errors.As(ev.Err, &call) && call.Call == "socket":
		return
	}
	at := c.first() // of a proxy we only know whether it answered
	s := "connect to " + at.Host
	if ip := ev.Addr.AddrPort().Addr().Unmap().String(); !c.o.numeric && at.Host != ip && len(c.o.proxies) == 0 {
		s += " (" + ip + ")"
	}
	s += " port " + at.Port + " (" + c.network + ") "
	switch {
	case errors.Is(ev.Err, sock.ErrTimeout):
		s += "timed out: Operation now in progress"
	case known:
		s += "failed: " + capital(why)
	case errors.Is(ev.Err, sock.ErrSelf):
		s += "failed: " + capital(unix.ECONNREFUSED)
	default:
		return
	}
	v.error(s)
}

func (v *ncVoice) connected(conn *sock.Conn) {
	c := v.c
	if !v.verbose() {
		return
	}
	if c.network == "unix" {
		if conn.Type == unix.SOCK_DGRAM {
			v.say("Bound on " + conn.Local.String())
		}
		return
	}
	peer := conn.Peer.AddrPort()
	s := "Connection to " + c.hosts.Host
	if ip := peer.Addr().Unmap().String(); !c.o.numeric && c.hosts.Host != ip && len(c.o.proxies) == 0 {
		s += " (" + ip + ")"
	}
	service := "*"
	if !c.o.numeric {
		if name := serviceName(c.k, c.network, portNumber(c.hosts.Port)); name != "" {
			service = name
		}
	}
	v.say(s + " " + c.hosts.Port + " port [" + c.network + "/" + service + "] succeeded!")
}

func portNumber(port string) uint16 {
	n, err := parsePort(port, true)
	if err != nil {
		return 0
	}
	return n
}

func (v *ncVoice) listening(conn *sock.Conn) {
	if !v.verbose() {
		return
	}
	where := v.place(conn.Local)
	if v.c.network == "unix" || conn.Type == unix.SOCK_DGRAM {
		v.say("Bound on " + where)
	}
	if conn.Type != unix.SOCK_DGRAM {
		v.say("Listening on " + where)
	}
}

func (v *ncVoice) accepted(conn *sock.Conn) {
	switch {
	case !v.verbose(), conn.Type == unix.SOCK_DGRAM && v.c.o.keepOpen:
	case v.c.network == "unix":
		v.say("Connection received on " + v.c.plan.BindPath)
	default:
		v.say("Connection received on " + v.place(conn.Peer))
	}
}

// place is an address as nc shows it: the name of the host, unless -n, and the port.
func (v *ncVoice) place(a sys.Addr) string {
	if v.c.network == "unix" {
		return v.c.plan.BindPath
	}
	ap := a.AddrPort()
	return v.host(ap.Addr()) + " " + itoa(int(ap.Port()))
}

func (v *ncVoice) host(ip netip.Addr) string {
	if !v.c.o.numeric && !ip.IsUnspecified() {
		if name := sock.NameOf(context.Background(), ip); name != "" {
			return sys.SafeName(name)
		}
	}
	return ip.String()
}

func (v *ncVoice) warned(text string) { v.error(text) }

// ended folds cat5's exit codes to nc's 0 and 1. It is never 0 when bytes were lost.
func (v *ncVoice) ended(r *verdict) *verdict {
	switch {
	case r.signal == unix.SIGPIPE: // stdout has gone, and with it what still came: nc does not die of that
		return &verdict{code: exitNo}
	case r.signal != 0, r.code == exitOK:
		return &verdict{code: r.code, signal: r.signal}
	case r.err == nil: // the program of -e
		return &verdict{code: exitNo}
	case r.idle && !v.idleFails, r.unheard:
		return &verdict{}
	}
	if s := v.lastWords(r.err); s != "" {
		v.error(s)
	}
	return &verdict{code: exitNo}
}

// lastWords is the sentence for what ended the run; "" when all is said.
func (v *ncVoice) lastWords(err error) string {
	var (
		resolve *sock.ResolveError
		listen  *sock.ListenError
		dial    *sock.DialError
		call    *sys.Error
		proxy   *wrap.Error
		c       = v.c
	)
	why, known := errnoOf(err)
	switch {
	case errors.Is(err, errNoKey):
		return errNoKey.Error()
	case errors.As(err, &resolve):
		if c.o.listen || resolve.Name == c.o.source && c.hosts.Host != c.o.source {
			return "getaddrinfo: " + gaiWords(resolve)
		}
		if len(c.o.proxies) > 0 && resolve.Name == c.hosts.Host && c.first().Host != c.hosts.Host { // for SOCKS4
			return `getaddrinfo("` + c.hosts.Host + `", "` + c.hosts.Port + `"): ` + gaiWords(resolve)
		}
		return `getaddrinfo for host "` + c.first().Host + `" port ` + c.first().Port + ": " + gaiWords(resolve)
	case errors.As(err, &listen):
		switch {
		case known:
			return capital(why)
		case strings.Contains(listen.Error(), ": exists and is a "):
			return capital(unix.EADDRINUSE)
		}
	case errors.As(err, &dial):
		for _, e := range dial.Errs {
			if no, ok := errnoOf(e); ok && errors.As(e, &call) && call.Call == "bind" {
				if no == unix.EAFNOSUPPORT { // nc looks the source up for one family only
					return "getaddrinfo: Address family for hostname not supported"
				}
				return "bind failed: " + capital(no)
			}
		}
		if c.network == "unix" && known {
			return c.plan.Path + ": " + capital(why)
		}
		return ""
	case errors.As(err, &proxy):
		return proxyWords(proxy, c.o.proxies[0].Scheme)
	case errors.As(err, &call) && call.Call == "sendmsg" && known:
		return "sendmsg: " + capital(why)
	}
	return err.Error()
}

// gaiWords are the words of gai_strerror(3).
func gaiWords(e *sock.ResolveError) string {
	switch e.Kind {
	case sock.WrongFamily:
		return "Address family for hostname not supported"
	case sock.NoAddress:
		return "No address associated with hostname"
	case sock.TryAgain:
		return "Temporary failure in name resolution"
	}
	return "Name or service not known"
}

// proxyWords is how nc says that a proxy did not do what it was asked for.
func proxyWords(e *wrap.Error, scheme wrap.Scheme) string {
	var no *wrap.Refusal
	switch {
	case !errors.As(e, &no):
		return e.Error()
	case scheme == wrap.HTTP10:
		line, _, _ := strings.Cut(no.Words, " (no user and password") // what io/wrap adds to a 407
		return `Proxy error: "` + line + `"`
	case !no.Reply():
		return "authentication method negotiation failed"
	case scheme == wrap.SOCKS4:
		return "connection failed, SOCKSv4 error: " + wordOf(socks4Errors[:], no.Code-91)
	}
	return "connection failed, SOCKSv5 error: " + wordOf(socks5Errors[:], no.Code-1)
}

func wordOf(words []string, i int) string {
	if i < 0 || i >= len(words) {
		return "Unknown error"
	}
	return words[i]
}

// The replies of SOCKS4, from 91, and of SOCKS5 (RFC 1928, section 6), from 1.
var (
	socks4Errors = [...]string{"Request rejected or failed", "SOCKS server cannot connect to identd on the client",
		"Client program and identd report different user-ids"}
	socks5Errors = [...]string{"General SOCKS server failure", "Connection not allowed by ruleset", "Network unreachable", "Host unreachable",
		"Connection refused", "TTL expired", "Command not supported", "Address type not supported"}
)
