package hub

import (
	"io"
	"time"

	"cat5/io/epoll"
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// Port is our own input or output.
type Port struct {
	FD     int
	Name   string // for errors
	File   bool   // a regular file
	TTY    bool
	Socket bool
	Blocks bool // a call may sleep: it is only made when epoll says ready, and writes are small
}

// OutputError says that our output could not be written to.
type OutputError struct {
	Name string
	Err  error
	Out  int64 // bytes written before
}

func (e *OutputError) Error() string { return "write " + e.Name + ": " + e.Err.Error() }
func (e *OutputError) Unwrap() error { return e.Err }

// InputError says that our input could not be read.
type InputError struct {
	Name string
	Err  error
}

func (e *InputError) Error() string { return "read " + e.Name + ": " + e.Err.Error() }
func (e *InputError) Unwrap() error { return e.Err }

// maxRecord is how much of our input becomes one record: more than a socket's send buffer holds would be refused (EMSGSIZE).
const maxRecord = 16 << 10

// input is where bytes for peers come from.
type input struct {
	h     *Hub
	port  *Port
	take  func(h *Hub, b []byte)
	over  func() // it has ended
	eof   bool
	begun bool
	pause epoll.Timer
}

// watch: the input is read while there is somebody to have it, and nobody is behind.
func (i *input) watch() {
	h := i.h
	want := epoll.Interest(0)
	if !i.eof && h.Peers() > 0 && !h.held(nil) && !i.pause.Pending() {
		want = epoll.In
		if !i.begun {
			// A FIFO that is opened anew after its last writer has gone never reports a hang-up, but reads as ended.
			i.begun = true
			if !i.port.Blocks && !i.port.File && !i.port.TTY {
				h.Post(func() { i.ready(epoll.Event{}) })
			}
		}
	}
	if err := h.poller.Set(i.port.FD, want); err != nil {
		h.fail(&InputError{i.port.Name, err})
	}
}

func (i *input) ready(epoll.Event) {
	h := i.h
	if i.eof || h.held(nil) || h.Peers() == 0 {
		i.watch()
		return
	}
	if i.port.TTY && !i.foreground() {
		i.pause.F = i.watch
		h.timers.Set(&i.pause, h.now+time.Second/2)
		i.watch()
		return
	}
	b := h.mem.buffer()
	if h.record() {
		b = b[:maxRecord]
	}
	n, err := i.read(b)
	switch {
	case err == unix.EAGAIN:
	case err != nil:
		h.fail(&InputError{i.port.Name, err})
	case n == 0:
		i.eof = true
		i.watch()
		i.over()
	default:
		i.take(h, b[:n])
		i.watch()
	}
}

func (i *input) read(b []byte) (int, error) {
	if i.port.Socket {
		n, _, err := sys.Recvfrom(i.h.k, i.port.FD, b, unix.MSG_DONTWAIT, nil)
		return n, err
	}
	return sys.Read(i.h.k, i.port.FD, b)
}

// foreground says whether the terminal may be read without SIGTTIN stopping us: "if a process in a background process group
// tries to read from the terminal, it is sent a SIGTTIN" (tcsetpgrp(3)).
func (i *input) foreground() bool {
	group, err := sys.IoctlInt(i.h.k, i.port.FD, unix.TIOCGPGRP)
	return err != nil || group == i.h.k.Getpgrp()
}

// output is where the bytes of all peers go.
type output struct {
	h    *Hub
	port *Port
	q    queue
	out  int64
	err  error
}

// maxOutput is how much may wait for our output before peers are not read: one buffer of theirs.
const maxOutput = bufSize

func (o *output) full() bool { return o.q.cost >= maxOutput }

func (o *output) give(a *parcel) {
	h := o.h
	if o.err != nil {
		h.Lost += int64(len(a.b))
		return
	}
	n := 0
	if o.q.empty() && !o.port.Blocks {
		n = o.write(a.b)
	}
	switch {
	case o.err != nil:
		h.Lost += int64(len(a.b) - n)
	case n < len(a.b):
		o.q.push(&h.mem, a, n)
		o.watch()
	}
}

// write gives until nothing more is taken.
func (o *output) write(b []byte) (done int) {
	for done < len(b) && o.err == nil {
		n, err := o.put(b[done:])
		if err == nil && n == 0 {
			err = io.ErrShortWrite // write(2) of more than 0 bytes never answers 0; if it does, do not spin on it
		}
		if err == unix.EAGAIN {
			break
		}
		if err != nil {
			o.broke(err)
			break
		}
		done += n
		o.out += int64(n)
		if o.port.Blocks {
			break
		}
	}
	return done
}

func (o *output) put(b []byte) (int, error) {
	if o.port.Socket {
		return sys.Sendto(o.h.k, o.port.FD, b, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, nil)
	}
	if o.port.Blocks {
		// A pipe that poll calls writable has a free page, so a write of this size does not sleep (pipe(7), PIPE_BUF).
		b = b[:min(len(b), 4096)]
	}
	return sys.Write(o.h.k, o.port.FD, b)
}

func (o *output) broke(err error) {
	o.err = err
	o.h.poller.Set(o.port.FD, 0)
	o.h.Lost += o.q.drop(&o.h.mem)
	o.h.fail(&OutputError{o.port.Name, err, o.out})
}

func (o *output) ready(epoll.Event) {
	h, was := o.h, o.full()
	for !o.q.empty() {
		b := o.q.front()
		n := o.write(b)
		if o.err != nil {
			return
		}
		o.q.given(&h.mem, n)
		if n < len(b) {
			break
		}
	}
	o.watch()
	if was && !o.full() {
		h.resume()
	}
}

func (o *output) watch() {
	want := epoll.Interest(0)
	if !o.q.empty() && o.err == nil {
		want = epoll.Out
	}
	if err := o.h.poller.Set(o.port.FD, want); err != nil {
		o.broke(err)
	}
}
