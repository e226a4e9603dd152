package modes

import (
	"errors"
	"strconv"
	"strings"

	"cat5/io/sock"
	"cat5/io/wrap"
)

// The flags of proxies. A chain is --proxy several times, or several URLs with commas between them; what else is said of a
// proxy follows it, and what is said before there is one is for the first.

// proxyHop is one proxy as the user gave it.
type proxyHop struct {
	wrap.Proxy
	hosts sock.HostPort
	from  string // where the password comes from: "ask", "file:PATH", "fd:N"; "" when nothing was said
}

// parseProxy reads SCHEME://[USER@]HOST[:PORT]. What is wrong is told without the URL: it may hold a password.
func parseProxy(s string) (h proxyHop, err error) {
	name, rest, ok := strings.Cut(s, "://")
	if !ok {
		return h, errors.New("which kind of proxy? socks5://HOST:PORT, http://HOST:PORT, socks4:// or socks4a://")
	}
	if h.Scheme, ok = wrap.ParseScheme(name); !ok {
		if strings.EqualFold(name, "https") {
			return h, errors.New("a proxy that is itself reached through TLS (https://) is not supported")
		}
		return h, errors.New(quoted(name) + " is not one of socks4, socks4a, socks5, http, http1.0")
	}
	rest = strings.TrimSuffix(rest, "/")
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		if strings.Contains(rest[:i], ":") {
			return h, errors.New("a password in a command line can be read by every user of this host: --proxy-password file:PATH, fd:N or ask")
		}
		if h.User, err = unescapeURL(rest[:i]); err != nil || h.User == "" {
			return h, errors.New("the user before the @ is empty, or has a % that is no %XX")
		}
		rest = rest[i+1:]
	}
	if h.hosts, err = proxyAddress(rest, h.Scheme.Port()); err != nil {
		return h, err
	}
	h.Name = h.hosts.String()
	return h, nil
}

// proxyAddress reads HOST, HOST:PORT, [V6] or [V6]:PORT.
func proxyAddress(s, port string) (sock.HostPort, error) {
	host := s
	if i := strings.LastIndexByte(s, ':'); i >= 0 && !strings.HasSuffix(s, "]") {
		host, port = s[:i], s[i+1:]
		if strings.Contains(host, ":") && !strings.HasPrefix(host, "[") {
			return sock.HostPort{}, errors.New("an IPv6 address is written in brackets: [V6]:PORT")
		}
	}
	return sock.ParseHostPort([]string{host, port}, false)
}

// unescapeURL undoes %XX (RFC 3986, section 2.1).
func unescapeURL(s string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b.WriteByte(s[i])
			continue
		}
		if len(s) < i+3 {
			return "", errors.New("a % that is no %XX")
		}
		n, err := strconv.ParseUint(s[i+1:i+3], 16, 8)
		if err != nil {
			return "", err
		}
		b.WriteByte(byte(n))
		i += 2
	}
	return b.String(), nil
}

// hop is the proxy that is spoken of.
func (o *options) hop() *proxyHop {
	if n := len(o.proxies); n > 0 {
		return &o.proxies[n-1]
	}
	return &o.proxyFor
}

func setProxy(o *options, v string) error {
	for word := range strings.SplitSeq(v, ",") {
		h, err := parseProxy(word)
		if err != nil {
			return badValue("proxy", err)
		}
		if len(o.proxies) == 0 {
			if h.User != "" && o.proxyFor.User != "" {
				return usageError("--proxy-user: the proxy has a user already")
			}
			h.User, h.from, h.AtOnce = h.User+o.proxyFor.User, o.proxyFor.from, o.proxyFor.AtOnce
		}
		o.proxies = append(o.proxies, h)
	}
	o.proxyFor = proxyHop{}
	return nil
}

func setProxyUser(o *options, v string) error {
	h := o.hop()
	if h.User != "" {
		return usageError("--proxy-user: the proxy has a user already")
	}
	return setText(&h.User, "proxy-user", v)
}

// setProxyPassword does not repeat what was typed: it may be a password.
func setProxyPassword(o *options, v string) error {
	h := o.hop()
	kind, rest, _ := strings.Cut(v, ":")
	_, err := strconv.ParseUint(rest, 10, 20)
	switch {
	case h.from != "":
		return usageError("--proxy-password: the proxy has a password already")
	case v == "ask", kind == "file" && rest != "", kind == "fd" && err == nil:
		h.from = v
		return nil
	}
	return usageError("--proxy-password is where the password comes from, not the password, which every user of this host could read here: file:PATH, fd:N or ask")
}

func setProxyBasic(o *options, v string) error {
	i, err := oneOf("proxy-basic", v, "asked", "at-once")
	o.hop().AtOnce = i == 1
	return err
}

// finishProxies refuses what contradicts itself.
func (o *options) finishProxies(set map[string]bool) error {
	if len(o.proxies) == 0 && (set["proxy-user"] || set["proxy-password"] || set["proxy-basic"]) {
		return usageError("--proxy-user, --proxy-password and --proxy-basic need --proxy URL")
	}
	if len(o.proxies) > 0 && o.listen {
		return usageError("--proxy is for clients: a listener does not connect")
	}
	for i := range o.proxies {
		h := &o.proxies[i]
		http := h.Scheme == wrap.HTTP || h.Scheme == wrap.HTTP10
		switch {
		case h.from != "" && h.User == "":
			return usageError("--proxy-password needs --proxy-user")
		case h.from != "" && (h.Scheme == wrap.SOCKS4 || h.Scheme == wrap.SOCKS4A):
			return usageError("--proxy-password: SOCKS4 has a user but no password")
		case h.AtOnce && !http:
			return usageError("--proxy-basic is for http proxies: the others say when they want a password")
		}
	}
	return nil
}
