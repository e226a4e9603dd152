package modes

import (
	"cat5/io/filter"
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// dumper writes the hex dump of a conversation to a file or, with no name, to where talk goes.
type dumper struct {
	k    *sys.Calls
	t    *talker
	fd   int // less than 0: to t
	name string
	hex  filter.Hexdump
	buf  []byte
	err  error // the first failure to write: told when it happens, and the run's verdict when it has no other
}

func newDumper(k *sys.Calls, t *talker, name string) (*dumper, error) {
	d := &dumper{k: k, t: t, fd: -1, name: sys.SafeName(name)}
	if name == "" {
		return d, nil
	}
	fd, err := sys.Open(k, name, unix.O_WRONLY|unix.O_CREAT|unix.O_TRUNC, 0o666)
	d.fd = fd
	return d, sys.Wrap("open", d.name, err)
}

func (d *dumper) sent(p []byte)     { d.show('>', p) }
func (d *dumper) received(p []byte) { d.show('<', p) }

func (d *dumper) show(dir byte, p []byte) {
	d.buf = d.hex.Append(d.buf[:0], dir, p)
	d.write(d.buf)
}

func (d *dumper) write(b []byte) {
	if d.fd < 0 {
		if err := d.t.write(b); d.err == nil && err != unix.EPIPE { // who has closed the pipe has seen enough
			d.err = err
		}
		return
	}
	if d.err == nil {
		if _, d.err = writeAll(d.k, d.fd, b); d.err != nil {
			d.t.notWritten(d.name, d.err)
		}
	}
}

func (d *dumper) close() error {
	if d.fd < 0 {
		return sys.Wrap("write", "stderr", d.err)
	}
	err := sys.Close(d.k, d.fd)
	d.fd = -1
	if d.err != nil {
		err = d.err
	}
	return sys.Wrap("write", d.name, err)
}
