package wrap

import (
	"bytes"
	"encoding/base64"
	"strings"
)

// connectRequest asks an HTTP proxy for a tunnel: "CONNECT host:port HTTP/1.1" and, as that version demands it, the Host
// field with the same (RFC 9110, sections 9.3.6 and 7.2).
func connectRequest(p *Proxy, t Target) []byte {
	version, host := "1.1", "Host: "+t.String()+"\r\n"
	if p.Scheme == HTTP10 {
		version, host = "1.0", ""
	}
	s := "CONNECT " + t.String() + " HTTP/" + version + "\r\n" + host
	if p.AtOnce && p.User != "" {
		// user-id ":" password in base64 (RFC 7617, section 2).
		s += "Proxy-Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(p.User+":"+p.Password)) + "\r\n"
	}
	return []byte(s + "\r\n")
}

// maxHead is how many bytes the heads of a proxy's answers may have together.
const maxHead = 16 << 10

// connect hears the head of the answer, and of those before it (1xx). What follows a 2xx is the target's; of any other
// answer nothing more is read.
type connect struct {
	p    *Proxy
	head []byte // of this answer, as far as it has come
	all  int    // bytes of the heads before it
}

func (d *connect) hear(p []byte) step {
	took := 0
	for took < len(p) {
		n := bytes.IndexByte(p[took:], '\n') + 1
		whole := n > 0
		if !whole {
			n = len(p) - took
		}
		if d.all+len(d.head)+n > maxHead {
			return step{took: took, err: malformed("more than 16 KiB, and no end")}
		}
		d.head = append(d.head, p[took:took+n]...)
		took += n
		if err := beginsLikeHTTP(d.head); err != nil {
			return step{took: took, err: err}
		}
		if !whole || !headEnds(d.head) {
			continue
		}
		if s := d.answered(); s.done || s.err != nil {
			s.took = took
			return s
		}
	}
	return step{took: took}
}

// beginsLikeHTTP: what is no HTTP at all need not be heard to its end, which may never come.
func beginsLikeHTTP(head []byte) error {
	const want = "HTTP/1."
	if n := min(len(head), len(want)); string(head[:n]) != want[:n] {
		return malformed("it begins with " + escaped(head[:min(len(head), 24)]))
	}
	return nil
}

// headEnds says whether head, which ends in a line feed, ends in an empty line. A line may end in a lone LF (RFC 9112,
// section 2.2).
func headEnds(head []byte) bool {
	return bytes.HasSuffix(head, []byte("\n\n")) || bytes.HasSuffix(head, []byte("\n\r\n"))
}

// answered is called when a head is complete.
func (d *connect) answered() step {
	a, err := parseHead(d.head)
	if err != nil {
		return step{err: err}
	}
	d.all += len(d.head)
	d.head = d.head[:0]
	switch {
	case a.status == 101: // nobody asked for another protocol
		return step{err: &Refusal{Code: a.status, Words: a.line}}
	case a.status < 200: // "A client MUST be able to parse one or more 1xx responses" (RFC 9110, section 15.2)
		d.p.trace(Event{Kind: Interim, Text: a.line})
		return step{}
	case a.status < 300:
		return step{done: true}
	case a.status == 407:
		return step{err: d.challenged(a)}
	}
	return step{err: &Refusal{Code: a.status, Words: a.line}}
}

// challenged is what a 407 means to us: that we should have said who we are, or that it was not right. The answer has a
// body that nobody wants, and mostly the end of the connection behind it, so the second try is made on a new one.
func (d *connect) challenged(a answer) error {
	r := &Refusal{Code: a.status, Words: a.line, method: true}
	basic := len(a.schemes) == 0 // a 407 has to name one (RFC 9110, section 15.5.8); without, Basic is what is meant
	for _, s := range a.schemes {
		basic = basic || strings.EqualFold(s, "Basic")
	}
	switch {
	case !basic:
		r.Words += " (it wants " + escaped([]byte(strings.Join(a.schemes, ", "))) + "; we have Basic)"
	case d.p.User == "":
		r.Words += " (no user and password were given)"
	case d.p.AtOnce:
		r.Words += " (user or password refused)"
	default:
		r.Asked = true
	}
	return r
}

func (d *connect) bound() string { return "" }
