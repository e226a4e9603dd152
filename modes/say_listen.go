package modes

import (
	"errors"
	"strconv"

	"cat5/io/hub"
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// What listen says of its peers. Each has a number, which is in every line about it and in every event.

func number(p *hub.Peer) string { return strconv.FormatInt(p.ID, 10) }

func (t *talker) arrived(network string, p *hub.Peer, local sys.Addr) {
	if t.quiet && !t.json {
		return
	}
	name := p.Addr.String()
	switch {
	case p.UID >= 0:
		who := "uid " + itoa(p.UID) + " pid " + itoa(p.PID)
		if name != "" {
			who = name + " (" + who + ")"
		}
		name = who
	case name == "":
		name = "a peer without a name"
	}
	t.say(0, "connection "+number(p)+" from "+name)
	t.event("accept", num("conn", p.ID), str("proto", network), addr("local", local), str("remote", name))
}

// departed: why is nil when the peer ended it, and had everything. Of a program's connection only its exit is known.
func (t *talker) departed(p *hub.Peer, why error, program bool) {
	if t.quiet && !t.json {
		return
	}
	var exit *hub.Exit
	s := "connection " + number(p) + " ended"
	fields := []field{num("conn", p.ID)}
	switch {
	case errors.As(why, &exit):
		s += ": " + exit.Error()
		if exit.Status.Signaled() {
			fields = append(fields, str("signal", unix.SignalName(exit.Status.Signal())))
		} else {
			fields = append(fields, num("exit", int64(exit.Status.ExitStatus())))
		}
	case program && why != nil:
		s += ": " + why.Error()
	case !program:
		s += ": received " + formatBytes(p.In) + ", sent " + formatBytes(p.Out)
		if why != nil {
			s += "; " + why.Error()
		}
		s += lostWords(p.Lost)
		fields = append(fields, num("in", p.In), num("out", p.Out), num("lost", p.Lost))
	}
	t.say(0, s)
	if why != nil {
		fields = append(fields, str("reason", why.Error()), str("errno", sys.Errno(why)))
	}
	t.event("close", fields...)
}

func (t *talker) rejected(peer sys.Addr, why string) {
	name := peer.String()
	if name == "" {
		name = "a peer without a name"
	}
	t.say(1, "refused "+name+": "+why)
	t.event("reject", str("remote", name), str("reason", why))
}

// behind: a peer is so slow that others wait for it.
func (t *talker) behind(p *hub.Peer) {
	t.say(1, "connection "+number(p)+" is behind: the others wait for it")
	t.event("stall", num("conn", p.ID), str("dir", "out"))
}

func (t *talker) hubStats(h *hub.Hub) {
	open := int64(h.Peers())
	s := plural(open, "connection") + " open, " + strconv.FormatInt(h.Ids-open, 10) + " ended"
	if h.Refused > 0 {
		s += ", " + strconv.FormatInt(h.Refused, 10) + " refused"
	}
	t.line(s + ": received " + formatBytes(h.In) + ", sent " + formatBytes(h.Out) + lostWords(h.Lost))
	t.event("stats", num("conns", h.Ids), num("open", open), num("refused", h.Refused), num("in", h.In), num("out", h.Out), num("lost", h.Lost))
}
