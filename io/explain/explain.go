// Package explain tells each call that passes on its way to the kernel, the way strace prints it, with a sentence and
// the man page, and between the calls what the kernel says of the sockets: states, MSS, path MTU, window, ports.
package explain

import (
	"reflect"
	"sync"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// Option names a socket option: as C writes it, what it does in one sentence, and its man page; "" for one that is not
// known.
type Option = func(level, opt int) (name, says, man string)

// Wrap returns a kernel that makes every call through next and tells of it: through tell, one thing at a time, from
// whichever thread made the call. What a call returns is what next returned; next is asked a few questions more
// (TCP_INFO, SO_TYPE, getsockname, FIONREAD, poll), none of which changes anything.
//
// Reading and writing are summed up, and so is housekeeping (epoll, pipes, files); with data they are told one by one, and
// with payload the first bytes of what moves are shown. end tells what has been summed up, and that is the last word.
func Wrap(next *sys.Calls, data, payload bool, option Option, tell func(sys.Told)) (told *sys.Calls, end func()) {
	n := &narrator{k: next, data: data, payload: payload, option: option, tell: tell, socks: map[int]*sock{}, kept: map[string]int64{}}
	told = new(sys.Calls)
	from, to := reflect.ValueOf(next).Elem(), reflect.ValueOf(told).Elem()
	for i := range from.NumField() {
		f := from.Field(i)
		r := viewOf(from.Type().Field(i).Name)
		if r.kind == untold || f.Kind() != reflect.Func {
			to.Field(i).Set(f)
			continue
		}
		to.Field(i).Set(reflect.MakeFunc(f.Type(), func(in []reflect.Value) []reflect.Value {
			c := &call{view: r, in: in}
			n.before(c)
			c.out = f.Call(in) // the lock is not held: it may sleep
			n.after(c)
			return c.out
		}))
	}
	return told, n.end
}

// call is one call: its arguments and, when it has returned, its results.
type call struct {
	*view
	in, out []reflect.Value
	name    string // of a socket option
	when    string // the circumstances in which it has a note of its own
	says    string // a note that is not from the table
	man     string
}

func (c *call) int(i int) int {
	if i < len(c.in) && c.in[i].CanInt() {
		return int(c.in[i].Int())
	}
	return -1
}

func (c *call) uint(i int) uint {
	if c.in[i].CanUint() {
		return uint(c.in[i].Uint())
	}
	return uint(c.in[i].Int())
}

// bytes is an argument's bytes, if it has any.
func (c *call) bytes(i int) []byte {
	if c.in[i].Kind() != reflect.Slice {
		return nil
	}
	return c.in[i].Bytes()
}

// moved is how many bytes the call moved: what it answered with, but a batch answers with its messages.
func (c *call) moved() (n int64) {
	b, ok := c.in[1].Interface().(*sys.Batch)
	if !ok {
		return int64(c.result())
	}
	for i := range max(0, c.result()) {
		n += int64(b.Msgs[i].N)
	}
	return n
}

// addr is an address among the arguments; those behind a nil pointer are none.
func (c *call) addr(v reflect.Value) sys.Addr {
	switch a := v.Interface().(type) {
	case sys.Addr:
		return a
	case *sys.Addr:
		if a != nil {
			return *a
		}
	}
	return sys.Addr{}
}

// fd is the descriptor that the call is about, less than 0 if there is none: for nearly all calls the first argument.
func (c *call) fd() int {
	if c.noFD || len(c.in) == 0 {
		return -1
	}
	return c.int(0)
}

// err is what the call failed with: its last result.
func (c *call) err() error {
	if len(c.out) == 0 {
		return nil
	}
	err, _ := c.out[len(c.out)-1].Interface().(error)
	return err
}

// result is the number that the call answered with, 0 for calls that have none.
func (c *call) result() int {
	if len(c.out) > 1 && c.out[0].CanInt() {
		return int(c.out[0].Int())
	}
	return 0
}

// narrator is what is known between calls. Calls come from any thread.
type narrator struct {
	k       *sys.Calls // the kernel itself
	data    bool
	payload bool
	option  Option

	mu    sync.Mutex // of all below, and of tell
	tell  func(sys.Told)
	over  bool
	socks map[int]*sock    // by descriptor; those that are no sockets too, see sock.family
	sums  []sum            // what has been read and written since the last line
	kept  map[string]int64 // housekeeping
	last  sys.Told         // the last call told
	again int64            // and how often it came again
}

// before is for what cannot be known any more after the call.
func (n *narrator) before(c *call) {
	switch {
	case c.fd() == 2 && c.kind == data: // cat5 itself talks: what is summed up came before that
		if p := c.bytes(1); len(p) == 0 || p[0] != '\r' { // the progress line is no news
			n.mu.Lock()
			n.flush()
			n.mu.Unlock()
		}
	case c.call == "execve": // it comes back only to say that it failed
		n.mu.Lock()
		n.flush()
		says, man := note(c.call, "", "")
		n.say(sys.Told{Event: "call", Line: c.call + "(" + c.args(n, c) + ")", Note: says, Man: man, Call: c.call, FD: -1})
		n.housekeeping()
		n.mu.Unlock()
	case c.call == "close":
		n.mu.Lock()
		n.closing(c)
		n.mu.Unlock()
	}
}

func (n *narrator) after(c *call) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.over {
		return
	}
	n.learn(c)
	fd, kind := c.fd(), c.kind
	var s *sock
	switch {
	case c.call != "close": // after that its number can be somebody else's
		s = n.sock(fd)
	case c.when == "":
		kind = kept
	}
	if c.socketsOnly && s == nil || s != nil && s.family == eventFD {
		kind = kept
	}
	switch kind {
	case data:
		if fd == 2 {
			return
		}
		n.moved(c, s)
	case kept:
		n.kept[c.call]++
		if n.data {
			n.told(c, s)
		}
		if c.waits {
			n.checkAll()
		}
	default:
		n.told(c, s)
	}
	if s != nil && !c.quiet {
		n.check(fd, s, c)
	}
}

// told tells one call.
func (n *narrator) told(c *call, s *sock) {
	n.flush()
	line := c.call + "(" + c.args(n, c) + ")" + c.answer()
	n.explain(c, s)
	t := sys.Told{Event: "call", Line: line, Note: c.says, Man: c.man, Call: c.call, FD: c.fd(), Errno: sys.Errno(c.err())}
	if t == n.last { // the same again, as when a loop asks until the answer is another
		n.again++
		return
	}
	n.say(t)
	n.last = t
}

// say tells a line after what has to be said before it.
func (n *narrator) say(t sys.Told) {
	n.repeats()
	if !n.over {
		n.tell(t)
	}
}

func (n *narrator) repeats() {
	if n.again > 0 {
		t := n.last
		t.Event, t.Calls, t.Note, t.Man = "again", n.again, "", ""
		t.Line = "(the same " + times(n.again) + ")"
		n.again = 0
		n.tell(t)
	}
	n.last = sys.Told{}
}

// answer is what a call returned, as strace prints it.
func (c *call) answer() string {
	err := c.err()
	if err == nil && c.call == "getsockopt" { // what sys.Calls answers with is the length, which C has among the arguments
		return " = 0"
	}
	if err == nil {
		return " = " + itoa(c.result())
	}
	e, ok := err.(unix.Errno)
	if !ok {
		return " = -1 (" + err.Error() + ")"
	}
	return " = -1 " + errnoName(e)
}

// end is called once, from whatever thread, when there is nothing more to tell.
func (n *narrator) end() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.over {
		return
	}
	n.flush()
	n.repeats()
	n.housekeeping()
	n.over = true
}
