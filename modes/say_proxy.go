package modes

import (
	"errors"
	"time"

	"cat5/io/sys"
	"cat5/io/wrap"
)

// What is said about proxies.

// proxyStep tells how the conversation with a proxy goes.
func (t *talker) proxyStep(p *passage, ev wrap.Event) {
	name := "proxy " + p.String() + ": "
	switch ev.Kind {
	case wrap.Method:
		t.say(2, name+"authentication: "+ev.Text)
	case wrap.Authenticated:
		t.say(2, name+"user and password accepted")
	case wrap.Interim:
		t.say(2, name+ev.Text)
	case wrap.Connected:
		from := ""
		if ev.Bound != "" {
			from = " from " + ev.Bound
		}
		t.say(1, name+"connected to "+p.to[0].String()+from+" in "+formatDuration(ev.Took))
		t.event("proxy", str("proto", p.Scheme.String()), str("remote", p.Name), str("target", p.to[0].String()), str("bound", ev.Bound),
			num("took_us", int64(ev.Took/time.Microsecond)))
	}
}

// proxyFailed is an event only: a sentence follows, with what is done about it or as the end of the run.
func (t *talker) proxyFailed(p *passage, err error) {
	fields := []field{str("proto", p.Scheme.String()), str("remote", p.Name), str("target", p.to[0].String())}
	if no := (*wrap.Refusal)(nil); errors.As(err, &no) {
		fields = append(fields, num("code", int64(no.Code)))
	}
	t.event("proxy_fail", append(fields, str("errno", sys.Errno(err)), str("message", err.Error()))...)
}

// proxyAgain tells what is done after a no that need not be the last word.
func (t *talker) proxyAgain(p *passage, err error) {
	again := "; asking for " + p.to[0].String() + " on a new connection"
	if p.AtOnce {
		again = "; saying who we are, on a new connection"
	}
	t.say(1, err.Error()+again)
}

func passwordPrompt(h *proxyHop) string {
	return "cat5: password of " + sys.SafeName(h.User) + " for the proxy " + h.String() + ": "
}
