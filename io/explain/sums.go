package explain

import (
	"slices"
	"strconv"
	"strings"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// sum is what one kind of call has moved between two lines.
type sum struct {
	noun, call   string
	from, to     int // descriptors; less than 0: our memory
	calls, again int64
	bytes        int64
	ended        bool // a read found the end
}

// maxSums is how many are kept before they are told: a server of thousands does not keep a line for each.
const maxSums = 64

// moved is told of a call that moves bytes: it is added up, unless it says something new.
func (n *narrator) moved(c *call, s *sock) {
	err := c.err()
	takes := c.noun == "read" || c.noun == "receive" || c.noun == "recvmmsg" || c.noun == "splice" || c.noun == "discard"
	stream := s != nil && s.typ == unix.SOCK_STREAM
	end := takes && stream && err == nil && c.result() == 0 && (c.noun == "splice" || c.noun == "discard" || len(c.bytes(1)) > 0)
	first := end && !s.ended
	if first {
		s.ended, c.when = true, "end"
	}
	if n.data || first || err != nil && err != unix.EAGAIN && err != unix.EINTR {
		n.told(c, s)
		return
	}
	x := sum{noun: c.noun, call: c.call, from: c.fd(), to: -1}
	switch {
	case c.noun == "splice":
		x.to = c.int(1)
	case !takes:
		x.from, x.to = -1, c.fd()
	case c.noun == "receive" && c.int(2)&unix.MSG_PEEK != 0:
		x.noun = "peek"
	}
	i := slices.IndexFunc(n.sums, func(y sum) bool { return x.noun == y.noun && x.from == y.from && x.to == y.to })
	if i < 0 {
		if len(n.sums) == maxSums {
			n.flush()
		}
		i = len(n.sums)
		n.sums = append(n.sums, x)
	}
	p := &n.sums[i]
	p.calls++
	switch {
	case err != nil:
		p.again++
	default:
		p.bytes += c.moved()
		p.ended = p.ended || takes && c.result() == 0 && !stream
	}
}

// flush tells what has been summed up.
func (n *narrator) flush() {
	if len(n.sums) == 0 {
		return
	}
	sums := n.sums
	n.sums = nil
	for i := range sums {
		x := &sums[i]
		fd := x.from
		if fd < 0 {
			fd = x.to
		}
		n.say(sys.Told{Event: "data", Line: x.line(), Call: x.call, FD: fd, Calls: x.calls, Bytes: x.bytes})
	}
}

// line is "12 writes, 1.2 MiB to 3".
func (x *sum) line() string {
	s := count(x.calls, x.noun)
	where := ""
	if x.from >= 0 {
		where += " from " + itoa(x.from)
	}
	if x.to >= 0 {
		where += " to " + itoa(x.to)
	}
	found := "nothing"
	if x.to >= 0 {
		found = "no room"
		if x.from >= 0 {
			found = "nothing, or no room"
		}
	}
	switch {
	case x.again == x.calls:
		return s + where + " found " + found + " (EAGAIN)"
	case x.ended && x.bytes == 0:
		s += where + ": the end"
	case x.ended:
		s += ", " + size(x.bytes) + where + ", then the end"
	default:
		s += ", " + size(x.bytes) + where
	}
	if x.again > 0 {
		s += " (" + strconv.FormatInt(x.again, 10) + " found " + found + ": EAGAIN)"
	}
	return s
}

func count(n int64, noun string) string {
	s := strconv.FormatInt(n, 10) + " " + noun
	if n != 1 {
		s += "s"
	}
	return s
}

// housekeeping tells how often the calls were made that have nothing to do with the network.
func (n *narrator) housekeeping() {
	if len(n.kept) == 0 || n.data || n.over {
		return
	}
	var calls int64
	var names []string
	for name, c := range n.kept {
		calls += c
		names = append(names, name)
	}
	slices.Sort(names)
	for i, name := range names {
		names[i] = name + " " + strconv.FormatInt(n.kept[name], 10)
	}
	n.tell(sys.Told{Event: "kept", FD: -1, Calls: calls, Line: "and " + count(calls, "call") + " of housekeeping: " + strings.Join(names, ", "),
		Note: "Waiting, pipes and files; --explain=data lists them, and each read and write."})
}
