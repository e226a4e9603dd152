package main

import (
	"os"
	"reflect"
	"strconv"
	"strings"
	"sync/atomic"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// The environment makes a cat5 of the test binary meet a fault: CAT5_TEST_FAULT="Sendto:2:ECONNRESET" makes the second
// call of Calls.Sendto fail, "Read:1:short" makes the first read give one byte. Each call is noted, one name a line, on
// the descriptor CAT5_TEST_CALLS, and "!" when the fault has been made.

// faultyCalls is the kernel that a cat5 of the test binary gets: the real one, unless the environment asks for one
// that fails.
func faultyCalls(k *sys.Calls) *sys.Calls {
	fd, err := strconv.Atoi(os.Getenv("CAT5_TEST_CALLS"))
	if err != nil {
		return k
	}
	h := &faultHook{real: k, notes: fd}
	if part := strings.Split(os.Getenv("CAT5_TEST_FAULT"), ":"); len(part) == 3 {
		h.call, h.action = part[0], part[2]
		h.nth, _ = strconv.ParseInt(part[1], 10, 64)
	}
	return h.wrap()
}

// faultHook is a kernel that fails once.
type faultHook struct {
	real   *sys.Calls
	call   string
	nth    int64
	action string
	count  atomic.Int64 // calls of call so far
	notes  int
}

func (h *faultHook) note(s string) { unix.Write(h.notes, []byte(s+"\n")) }

// wrap puts a function before each field of Calls that can fail.
func (h *faultHook) wrap() *sys.Calls {
	out := new(sys.Calls)
	from, to := reflect.ValueOf(h.real).Elem(), reflect.ValueOf(out).Elem()
	for i := range from.NumField() {
		name, f := from.Type().Field(i).Name, from.Field(i)
		if n := f.Type().NumOut(); n == 0 || f.Type().Out(n-1) != reflect.TypeFor[error]() {
			to.Field(i).Set(f)
			continue
		}
		to.Field(i).Set(reflect.MakeFunc(f.Type(), func(args []reflect.Value) []reflect.Value {
			h.note(name)
			if name == h.call && h.count.Add(1) == h.nth {
				if res := h.fail(name, f, args); res != nil {
					h.note("!")
					return res
				}
			}
			return f.Call(args)
		}))
	}
	return out
}

// fail makes the fault; nil when this descriptor cannot have it.
func (h *faultHook) fail(name string, f reflect.Value, args []reflect.Value) []reflect.Value {
	fd := -1
	if len(args) > 0 && args[0].Kind() == reflect.Int {
		fd = int(args[0].Int())
	}
	if !faultFits(name, fd, h.action) {
		return nil
	}
	if h.action == "short" {
		if p := args[1].Bytes(); len(p) > 1 {
			args[1] = reflect.ValueOf(p[:1])
		}
		return f.Call(args)
	}
	errno := faultErrno(h.action)
	switch {
	case name == "Close" || name == "Connect" && errno == unix.EINTR:
		// "The file descriptor is always released" (close(2)); an interrupted connect goes on by itself (connect(2)).
		f.Call(args)
	case (name == "Sendto" || name == "Recvfrom" || name == "RawRead" || name == "RawWrite") && (errno == unix.ECONNRESET || errno == unix.EPIPE || errno == unix.ETIMEDOUT):
		// The kernel says so of a connection that is no more; then it has to be no more.
		unix.Shutdown(fd, unix.SHUT_RDWR)
	}
	return faultResults(name, f.Type(), errno)
}

// faultResults is what the call answers with an errno: -1 for a descriptor or a count where the C library does, nothing
// else.
func faultResults(name string, t reflect.Type, errno unix.Errno) []reflect.Value {
	res := make([]reflect.Value, t.NumOut())
	for i := range res {
		res[i] = reflect.New(t.Out(i)).Elem()
		if t.Out(i).Kind() == reflect.Int && name != "Recvfrom" && name != "Sendto" && name != "Getsockopt" {
			res[i].SetInt(-1)
		}
	}
	res[len(res)-1].Set(reflect.ValueOf(errno))
	return res
}

func faultErrno(name string) unix.Errno {
	for e := unix.Errno(1); e < 134; e++ {
		if unix.ErrnoName(e) == name {
			return e
		}
	}
	panic("no such errno: " + name)
}

// faultFits says whether a descriptor of this kind can answer so: a file never blocks, a pipe has no disk to be full, a
// datagram is not split.
func faultFits(call string, fd int, action string) bool {
	var kind uint32
	typ := 0
	switch call {
	case "Read", "Write", "Recvfrom", "Sendto", "Connect", "Shutdown":
		var st unix.Stat_t
		if unix.Fstat(fd, &st) != nil {
			return false
		}
		if kind = st.Mode & unix.S_IFMT; kind == unix.S_IFSOCK {
			typ, _ = unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE)
		}
	default:
		return true
	}
	family := 0
	if sa, err := unix.Getsockname(fd); err == nil && kind == unix.S_IFSOCK {
		family = unix.AF_INET
		if _, ok := sa.(*unix.SockaddrUnix); ok {
			family = unix.AF_UNIX
		}
	}
	if call == "Write" && fd == 2 && action != "short" && action != "EAGAIN" && action != "EINTR" {
		return false // when nobody can be told anything, nobody can be told
	}
	file, stream := kind == unix.S_IFREG, typ == unix.SOCK_STREAM
	dgram := typ == unix.SOCK_DGRAM
	switch action {
	case "short":
		return file || stream || kind == unix.S_IFIFO
	case "EAGAIN": // of connect: only unix sockets, whose peer's backlog is full
		return !file && (call != "Connect" || family == unix.AF_UNIX && !dgram)
	case "EINTR": // a connect that does not sleep is interrupted only on its way through a network
		return call != "Connect" || family == unix.AF_INET && stream
	case "ENOSPC", "EDQUOT", "EFBIG", "EROFS":
		return file
	case "EIO":
		return file || kind == unix.S_IFCHR
	case "EPIPE":
		return kind == unix.S_IFIFO || kind == unix.S_IFSOCK && !dgram
	case "ECONNRESET", "ETIMEDOUT":
		return !dgram
	case "ECONNREFUSED":
		return dgram || call == "Connect"
	case "EMSGSIZE":
		return typ != 0 && !stream
	}
	return true
}
