package modes

import (
	"context"
	"errors"
	"net/netip"

	"cat5/io/sock"
	"cat5/io/sys"
	"cat5/io/wrap"

	"golang.org/x/sys/unix"
)

// The way of a client through proxies: a connection to the first, from which each leads on to the next (io/wrap), and the
// last to where the user wants to go.

// first is what a socket of ours is connected to, or listens on.
func (c *cable) first() sock.HostPort {
	if len(c.o.proxies) > 0 {
		return c.o.proxies[0].hosts
	}
	return c.hosts
}

// after is where proxy i is to connect to: the next one, and the last of them to the operand.
func (c *cable) after(i int) sock.HostPort {
	if i+1 < len(c.o.proxies) {
		return c.o.proxies[i+1].hosts
	}
	return c.hosts
}

// proxies checks all that can be checked of them before anything is opened, and gets the passwords.
func (c *cable) proxies() error {
	for i := range c.o.proxies {
		h, to := &c.o.proxies[i], c.after(i)
		if err := h.Check(literal(to, 0)); err != nil {
			return usageError(h.String() + " to " + to.String() + ": " + err.Error())
		}
	}
	for i := range c.o.proxies {
		h := &c.o.proxies[i]
		if err := h.readPassword(c.k); err != nil {
			return err
		}
		if err := h.CheckUser(); err != nil {
			return usageError(h.String() + ": " + err.Error())
		}
	}
	return nil
}

// literal is an address that is not looked up here.
func literal(a sock.HostPort, port uint16) wrap.Target {
	if ip, err := netip.ParseAddr(a.Host); err == nil {
		return wrap.Target{Addr: ip, Port: port}
	}
	return wrap.Target{Host: a.Host, Port: port}
}

// passage is one proxy on the way, and where it is to lead: the first of to, or, where the name has to be resolved here and
// has several addresses, the next one after a no.
type passage struct {
	wrap.Proxy
	to []wrap.Target
}

// passages resolves what has to be resolved here: services, and the names that SOCKS4 cannot carry.
func (c *cable) passages(ctx context.Context) ([]*passage, error) {
	var all []*passage
	for i := range c.o.proxies {
		p := &passage{Proxy: c.o.proxies[i].Proxy}
		r := sock.Resolver{Network: "tcp", Family: unix.AF_INET, Numeric: c.o.numeric}
		to := c.after(i)
		port, err := r.Port(ctx, to.Port)
		if err != nil {
			return nil, err
		}
		if t := literal(to, port); t.Addr.IsValid() || p.Scheme != wrap.SOCKS4 {
			p.to = []wrap.Target{t}
		} else {
			addrs, err := r.Resolve(ctx, to)
			if err != nil {
				return nil, err
			}
			c.t.resolved(to.String(), addrs)
			for _, a := range addrs {
				p.to = append(p.to, wrap.Target{Addr: a.AddrPort().Addr(), Port: port})
			}
		}
		p.Trace = func(ev wrap.Event) { c.t.proxyStep(p, ev) }
		all = append(all, p)
	}
	return all, nil
}

// dialThrough connects to the first proxy and goes on from there. All of it has to be over within ctx.
func (c *cable) dialThrough(ctx context.Context, plan sock.Plan) (sock.Conn, string, error) {
	began := c.k.Now()
	way, err := c.passages(ctx)
	if err != nil {
		return sock.Conn{FD: -1}, "", err
	}
	for {
		conn, err := sock.DialOn(ctx, c.k, c.loop, plan)
		if err != nil {
			return conn, "", &unreached{way[0].String(), err}
		}
		p, err := c.through(ctx, &conn, way)
		if err == nil {
			conn.Took = c.k.Now() - began
			return conn, sys.SafeName(c.hosts.String()), nil
		}
		conn.Close(c.k)
		c.t.proxyFailed(p, err)
		if !p.another(err) {
			return conn, "", err
		}
		c.t.proxyAgain(p, err)
	}
}

// through leads a connection to the first proxy through all of them. On an error it says at which one.
func (c *cable) through(ctx context.Context, conn *sock.Conn, way []*passage) (*passage, error) {
	for _, p := range way {
		w, err := p.Layer(p.to[0])(ctx, c.k, conn.FD)
		if err != nil {
			return p, err
		}
		conn.FD = w.FD
	}
	return nil, nil
}

// another says whether there is something else to try after a proxy's no, which takes a new connection: to say who we
// are, now that we were asked; or the next address of a name.
func (p *passage) another(err error) bool {
	var no *wrap.Refusal
	switch {
	case !errors.As(err, &no):
		return false
	case no.Asked:
		p.AtOnce = true
		return true
	case no.Reply() && len(p.to) > 1:
		p.to = p.to[1:]
		return true
	}
	return false
}

// unreached is why there was no connection to the first proxy.
type unreached struct {
	proxy string
	err   error
}

func (e *unreached) Error() string { return "proxy " + e.proxy + ": " + e.err.Error() }

func (e *unreached) Unwrap() error { return e.err }
