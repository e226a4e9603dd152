package modes

import (
	"errors"
	"strconv"
	"strings"
	"sync/atomic"

	"cat5/io/sock"
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// What a service manager and cat5 tell each other: a socket that is ours from the start (sd_listen_fds(3)), and when we
// are ready and when we leave (sd_notify(3)). Both are a few variables and a datagram, and any program can speak them.

// lentFD is SD_LISTEN_FDS_START, the first descriptor that is passed.
const lentFD = 3

// service is what we were told. The zero value: nothing.
type service struct {
	k       *sys.Calls
	notify  string // where to say that we are ready: a path, or @ and an abstract name
	lent    bool   // LISTEN_FDS is for us: there is no address, the socket is descriptor 3
	why     error  // why it cannot be used
	leaving atomic.Bool
}

// service reads the variables and takes them out of the environment: they are for us and not for a program that we start.
// LISTEN_PID says for whom they are, as they may have come through a program that left them in its environment.
func (e *Env) service() *service {
	s := &service{k: e.K, notify: e.getenv("NOTIFY_SOCKET")}
	if pid, err := strconv.Atoi(e.getenv("LISTEN_PID")); err == nil && pid == e.K.Getpid() {
		v := e.getenv("LISTEN_FDS")
		switch n, err := strconv.Atoi(v); {
		case err != nil || n < 0:
			s.lent, s.why = true, errors.New("LISTEN_FDS="+quoted(v)+" is not a number of descriptors")
		case n > 1: // to serve the first would leave the peers of the others waiting for ever
			s.lent, s.why = true, errors.New(strconv.Itoa(n)+" sockets were passed (LISTEN_FDS), and one is served: start a cat5 for each")
		default:
			s.lent = n == 1
		}
	}
	if s.notify == "" && !s.lent {
		return s
	}
	var left []string
	for _, kv := range e.Environ {
		name, _, _ := strings.Cut(kv, "=")
		switch name {
		case "NOTIFY_SOCKET", "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES":
		default:
			left = append(left, kv)
		}
	}
	e.Environ = left
	return s
}

// lentAddress stands in for the address of a listener whose socket was passed.
func (c *cable) lentAddress(words []string) error {
	o := c.o
	if len(words) > 0 {
		return usageError("LISTEN_FDS passes a socket that has its address: leave " + quoted(strings.Join(words, " ")) + " out")
	}
	for _, name := range []string{"ipv4", "ipv6", "source-port", "backlog", "interface", "join", "mode", "unlink", "bind"} {
		if o.set[name] {
			return usageError("--" + name + " is for a socket that cat5 makes, and LISTEN_FDS passes one")
		}
	}
	if o.readyFD == lentFD {
		return usageError("--ready-fd: descriptor 3 is the socket that LISTEN_FDS passes")
	}
	switch c.network {
	case "unix":
		c.plan.Type = o.sockType
		if o.portFile != "" {
			return usageError("--port-file: a unix socket has no port")
		}
	case "udp":
		c.plan.Type = unix.SOCK_DGRAM
	}
	return nil
}

// inheritListener takes the socket that was passed.
func (c *cable) inheritListener() (err error) {
	if c.o.service.why != nil {
		return fail(exitListen, c.o.service.why)
	}
	if c.listen, err = sock.Inherit(c.k, c.plan, lentFD); err != nil {
		return err
	}
	c.plan.Local = []sys.Addr{c.listen.Local}
	c.plan.BindPath = c.listen.Local.UnixName()
	return nil
}

// ready tells those who want to know that we listen, or are connected: a newline on the descriptor of --ready-fd, which
// is then closed, as s6 and others expect it; and READY=1 to the service manager. That nobody hears the latter is no
// reason not to serve (sd_notify(3) is not to be checked), but worth a line.
func (t *talker) ready(o *options) error {
	if s := o.service; s.notify != "" {
		if err := s.tell("READY=1", 1000); err != nil {
			t.warn(sys.Wrap("notify", sys.SafeName(s.notify), err).Error())
		}
	}
	fd := o.readyFD
	if fd < 0 {
		return nil
	}
	_, err := writeAll(t.k, fd, []byte("\n"))
	if fd > 2 {
		sys.Close(t.k, fd)
	}
	return sys.Wrap("write", "descriptor "+itoa(fd)+" of --ready-fd", err)
}

// before is f, the function that hears signals, with the service manager told first when the signal ends us.
func (s *service) before(f func(unix.Signal)) func(unix.Signal) {
	if s.notify == "" {
		return f
	}
	return func(sig unix.Signal) {
		if sig != unix.SIGUSR1 {
			s.stopping()
		}
		f(sig)
	}
}

// stopping tells the service manager, once, that we leave.
func (s *service) stopping() {
	if s.notify != "" && s.leaving.CompareAndSwap(false, true) {
		s.tell("STOPPING=1", 0)
	}
}

// tell sends a datagram to the service manager. If its queue is full it has wait milliseconds to make room: it must not
// hold us up for longer.
func (s *service) tell(text string, wait int) error {
	if !strings.HasPrefix(s.notify, "/") && !strings.HasPrefix(s.notify, "@") {
		return errors.New("NOTIFY_SOCKET is neither a path nor an @name")
	}
	to, err := sys.Unix(s.notify)
	if err != nil {
		return err
	}
	fd, err := s.k.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer sys.Close(s.k, fd)
	if err := s.k.Connect(fd, to); err != nil { // so that poll(2) knows whose queue is meant
		return err
	}
	_, err = sys.Sendto(s.k, fd, []byte(text), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, nil)
	if err == unix.EAGAIN && wait > 0 {
		s.k.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}, wait)
		_, err = sys.Sendto(s.k, fd, []byte(text), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, nil)
	}
	return err
}
