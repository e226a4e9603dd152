package modes

import (
	"errors"

	"cat5/io/sock"
	"cat5/sockopt"
)

// --md5sig: RFC 2385 has a key for each peer, which is asked for at the terminal: on a command line everybody could read it.

// errNoKey is in nc's words, as nc asks the same.
//
//lint:ignore ST1005 the capital letter is nc's
var errNoKey = errors.New("Unable to read TCP MD5SIG password")

// askKey asks for it before anything is opened.
func (c *cable) askKey() (err error) {
	switch {
	case !c.o.md5:
		return nil
	case c.o.listen:
		return usageError("--md5sig is for clients: a listener needs a key for each peer (--sockopt md5sig=ADDR,KEY)")
	case len(c.o.proxies) > 0:
		return usageError("--md5sig: a proxy is not who shares the key")
	}
	if c.key, err = askPassword(c.k, "TCP MD5SIG password: "); err != nil {
		return fail(exitNo, more(errNoKey, ": "+err.Error()))
	}
	return nil
}

// withKey adds the key for each address that plan may connect to.
func (c *cable) withKey(plan *sock.Plan) error {
	if c.key == "" {
		return nil
	}
	opts := plan.Opts[:len(plan.Opts):len(plan.Opts)]
	for _, a := range plan.Remote {
		set, err := sockopt.Parse("md5sig=" + a.AddrPort().Addr().String() + "," + c.key)
		if err != nil {
			return usageError("--md5sig: this cannot be a key: 1 to 80 bytes")
		}
		opts = append(opts, set)
	}
	plan.Opts = opts
	return nil
}
