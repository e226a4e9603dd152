package modes

import (
	"strconv"
	"time"

	"cat5/io/scan"
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// The words of scan.

// why is the reason behind a state.
func (s *scanRun) why(kn *scan.Knock) string {
	switch {
	case kn.State == scan.Open:
		return ""
	case kn.Err == scan.ErrTimeout && s.udp:
		return "no answer"
	case kn.Err == scan.ErrTimeout:
		return "no answer in " + formatDuration(s.o.timeout)
	case kn.Err == unix.ECONNREFUSED && s.udp:
		return "icmp: port unreachable"
	case kn.Err == unix.EACCES || kn.Err == unix.EPERM:
		return kn.Err.Error() + ": a firewall, here or there"
	}
	return kn.Err.Error()
}

// tellHost tells what a name stands for. Of several addresses the first is scanned, which has to be said: a server on one of
// the others is not found.
func (s *scanRun) tellHost(name string, all []sys.Addr) {
	text := all[0].AddrPort().Addr().String()
	if text == name {
		return
	}
	level := 1
	text = sys.SafeName(name) + " is " + text
	for i, a := range all[1:] {
		level = 0
		if i == 0 {
			text += "; not scanned: "
		} else {
			text += ", "
		}
		text += a.AddrPort().Addr().String()
	}
	s.t.say(level, text)
}

// summary is the account of the whole run.
func (s *scanRun) summary() string {
	text := plural(int64(s.asked), "port") + " of " + s.whose() + ": "
	if s.asked < s.total {
		text = strconv.Itoa(s.asked) + " of " + text[:0] + plural(int64(s.total), "port") + " of " + s.whose() + ": "
	}
	none := true
	for _, g := range s.inStateOrder() {
		if !none {
			text += ", "
		}
		none = false
		text += strconv.Itoa(g.n) + " " + g.state.String()
		if g.why != "" {
			text += " (" + g.why + ")"
		}
	}
	if none {
		text += "none asked"
	}
	return text + ", in " + formatDuration((s.k.Now() - s.began).Truncate(time.Microsecond))
}

func (s *scanRun) whose() string {
	if len(s.hosts) == 1 {
		h := s.hosts[0]
		if h.name != h.ip.String() {
			return visible(h.name) + " (" + h.ip.String() + ")"
		}
		return h.name
	}
	return strconv.Itoa(len(s.hosts)) + " hosts"
}

func (s *scanRun) progressWords() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	text := strconv.Itoa(s.asked) + " of " + strconv.Itoa(s.total) + " ports, " + strconv.Itoa(s.count(scan.Open)) + " open"
	if left := s.eta(); left >= time.Second {
		text += ", " + formatDuration(left.Truncate(time.Second)) + " left"
	}
	return text
}
