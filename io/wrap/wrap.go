// Package wrap turns a connected descriptor into another one that reaches further: through a proxy, and through the next
// proxy from there. What comes back is a plain descriptor again, so that the pump is told nothing.
package wrap

import (
	"cmp"
	"context"
	"errors"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"cat5/io/sys"
)

// Layer takes a connected descriptor and returns one that goes on where the layer leads. On an error the descriptor is
// still the caller's; otherwise it belongs to whoever has the Wrapped. A layer works until it is done or ctx is: its
// error is ErrTimeout then, or ctx's own (errors.Is).
type Layer func(ctx context.Context, k *sys.Calls, fd int) (Wrapped, error)

// Wrapped is what a layer has made.
type Wrapped struct {
	FD   int
	Wait func() error // the layer's own verdict, once FD is at its end; nil when it has none, as a proxy
}

// ErrTimeout says that the time given for the conversation passed before it was over.
var ErrTimeout = errors.New("timed out")

// ErrEnd says that a proxy closed the connection when it should have answered.
var ErrEnd = errors.New("closed the connection before its answer was complete")

// Scheme is how a proxy is spoken to.
type Scheme uint8

const (
	SOCKS4  Scheme = iota // IPv4 addresses only
	SOCKS4A               // and names
	SOCKS5                // names and addresses of both families (RFC 1928)
	HTTP                  // CONNECT in HTTP/1.1 (RFC 9110, section 9.3.6)
	HTTP10                // CONNECT in HTTP/1.0
)

func (s Scheme) String() string { return schemes[s].name }

// schemes are the names of the schemes, as a URL has them, and the ports where such a proxy usually listens (that of HTTP
// is what curl and OpenBSD's nc assume).
var schemes = [...]struct{ name, port string }{
	SOCKS4: {"socks4", "1080"}, SOCKS4A: {"socks4a", "1080"}, SOCKS5: {"socks5", "1080"},
	HTTP: {"http", "3128"}, HTTP10: {"http1.0", "3128"},
}

// Port is the port where such a proxy listens when nothing else is said.
func (s Scheme) Port() string { return schemes[s].port }

// ParseScheme finds a scheme by its name, in either case. "socks5h" is "socks5": names always go to the proxy.
func ParseScheme(name string) (Scheme, bool) {
	name = strings.ToLower(name)
	if name == "socks5h" {
		return SOCKS5, true
	}
	for i, s := range schemes {
		if s.name == name {
			return Scheme(i), true
		}
	}
	return 0, false
}

// Proxy is one proxy and how to speak to it. Its address is the caller's business: a Layer begins on a connection to it.
type Proxy struct {
	Scheme   Scheme
	Name     string // its address, for words only
	User     string // "" for none
	Password string
	AtOnce   bool        // HTTP: send user and password at once, not only when the proxy asks for them
	Trace    func(Event) // told of each step; may be nil
}

func (p *Proxy) String() string { return p.Scheme.String() + " " + sys.SafeName(p.Name) }

func (p *Proxy) trace(ev Event) {
	if p.Trace != nil {
		p.Trace(ev)
	}
}

// Event is a step of a conversation.
type Event struct {
	Kind  EventKind
	Text  string        // Method: its name; Interim: the status line; both escaped
	Bound string        // Connected: the address the proxy connects from, where it says so and it is one
	Took  time.Duration // Connected: the whole conversation
}

// EventKind is what happened.
type EventKind uint8

const (
	Method        EventKind = iota // SOCKS5: the proxy has chosen how to authenticate
	Authenticated                  // SOCKS5: user and password were right
	Interim                        // HTTP: an answer before the answer (1xx)
	Connected                      // to the target
)

// Target is where a proxy is to connect to. Addr counts when it is valid; otherwise Host, a name.
type Target struct {
	Host string
	Addr netip.Addr
	Port uint16
}

func (t Target) String() string {
	port := strconv.Itoa(int(t.Port))
	switch {
	case !t.Addr.IsValid():
		return sys.SafeName(t.Host) + ":" + port
	case t.Addr.Is6():
		return "[" + t.Addr.String() + "]:" + port
	}
	return t.Addr.String() + ":" + port
}

// Check says why a proxy of this scheme cannot be asked for this target; nil when it can.
func (p *Proxy) Check(t Target) error {
	switch {
	case t.Addr.Zone() != "":
		return errors.New("a zone (%" + sys.SafeName(t.Addr.Zone()) + ") means something on this host only, and the proxy connects from another")
	case p.Scheme == SOCKS4 && t.Addr.IsValid() && !t.Addr.Is4():
		return errors.New("socks4 carries IPv4 addresses only: socks5 and http carry both")
	case !t.Addr.IsValid() && (t.Host == "" || len(t.Host) > 255):
		return errors.New("a name has 1 to 255 bytes") // the length is one byte (RFC 1928, section 5)
	}
	for _, c := range []byte(t.Host) {
		if c <= ' ' || c >= 0x7f { // it would end the request line, or mean different things in different places
			return errors.New("the name is not plain ASCII: a proxy is given names as they are on the wire (xn--...)")
		}
	}
	return nil
}

// CheckUser says why this user and password cannot be said to a proxy of this scheme; nil when they can.
func (p *Proxy) CheckUser() error {
	switch p.Scheme {
	case SOCKS4, SOCKS4A:
		if p.Password != "" {
			return errors.New("SOCKS4 has a user but no password")
		}
		if len(p.User) > 255 || strings.ContainsRune(p.User, 0) {
			return errors.New("a user's name has at most 255 bytes, and no NUL") // which ends it
		}
	case SOCKS5:
		// "The PLEN field contains the length of the PASSWD field ... 1 to 255" (RFC 1929, section 2).
		if p.User == "" {
			break
		}
		if len(p.User) > 255 || len(p.Password) > 255 || p.Password == "" {
			return errors.New("user and password have 1 to 255 bytes each")
		}
	default:
		// "A user-id containing a colon character is invalid ... control characters are not allowed" (RFC 7617, section 2).
		if strings.Contains(p.User, ":") {
			return errors.New("the name of an HTTP user cannot hold a colon")
		}
		if strings.ContainsFunc(p.User+p.Password, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			return errors.New("user and password cannot hold control characters")
		}
	}
	return nil
}

// Layer is the way through the proxy to t, which Check and CheckUser have nothing against. The descriptor that comes back is the one that
// went in; not a byte is read of what follows the proxy's answer.
func (p *Proxy) Layer(t Target) Layer {
	return func(ctx context.Context, k *sys.Calls, fd int) (Wrapped, error) {
		if err := cmp.Or(p.Check(t), p.CheckUser()); err != nil {
			return Wrapped{}, p.failed(t, err)
		}
		began := k.Now()
		d, first := p.dialog(t)
		if err := converse(ctx, k, fd, d, first); err != nil {
			return Wrapped{}, p.failed(t, err)
		}
		p.trace(Event{Kind: Connected, Bound: d.bound(), Took: k.Now() - began})
		return Wrapped{FD: fd}, nil
	}
}

// dialog begins the conversation: first is what is said before the proxy says anything.
func (p *Proxy) dialog(t Target) (d dialog, first []byte) {
	switch p.Scheme {
	case SOCKS4, SOCKS4A:
		return &socks4{}, socks4Request(t, p.User)
	case SOCKS5:
		return &socks5{p: p, t: t}, socks5Greeting(p.User != "")
	}
	return &connect{p: p}, connectRequest(p, t)
}

// Error is why a conversation with a proxy failed. It reads "proxy socks5 127.0.0.1:1080: connect example:80: host
// unreachable".
type Error struct {
	Proxy  string // scheme and address
	Target string
	Err    error // a *Refusal, ErrTimeout, ErrEnd, a *sys.Error, ...
}

func (e *Error) Error() string {
	return "proxy " + e.Proxy + ": connect " + e.Target + ": " + e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }

func (p *Proxy) failed(t Target, err error) error {
	return &Error{Proxy: p.String(), Target: t.String(), Err: err}
}

// Refusal is a proxy's no, in the words of its protocol.
type Refusal struct {
	Code   int    // SOCKS: the reply's; HTTP: the status
	Words  string // SOCKS: what the code means; HTTP: the status line, escaped
	Asked  bool   // HTTP: it asks for user and password (407), and we have some that it was not told
	method bool   // it is about who we are: a SOCKS5 method or status, HTTP 407
}

func (r *Refusal) Error() string { return r.Words }

// Reply says whether Code is that of a SOCKS reply or an HTTP status: the proxy's answer to the request, not to how we
// introduced ourselves.
func (r *Refusal) Reply() bool { return !r.method }

// malformed is an answer that is none of this protocol.
func malformed(what string) error { return errors.New("not an answer of this protocol: " + what) }
