package hub

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// TestChargen: the pattern of RFC 864, from its beginning for everybody, without a byte missing; and a peer that ends its
// side still gets it.
func TestChargen(t *testing.T) {
	for _, network := range networks {
		t.Run(network, func(t *testing.T) {
			t.Parallel()
			r := start(t, sys.Linux(), network, Options{Service: &Chargen{}})
			for i := range 2 {
				c := r.dial()
				endWrite(t, c)
				got := make([]byte, 0, 200000)
				for len(got) < 190000 {
					n, err := c.Read(got[len(got):cap(got)])
					check(t, err)
					got = got[:len(got)+n]
				}
				c.Close()
				r.gone(int64(i + 1))
				for n, line := range bytes.SplitAfter(got[:190000-190000%74], []byte("\n")) {
					want := make([]byte, 0, 74)
					for k := range 72 {
						want = append(want, byte(32+(n+k)%95))
					}
					if len(line) > 0 && string(line) != string(want)+"\r\n" {
						t.Fatalf("line %d is %q", n, line)
					}
				}
			}
			check(t, r.stop())
		})
	}
}

// TestGreet: the text, and the end, to whoever comes; a peer that sends meanwhile gets no reset, and one that does not end
// is not waited for without end.
func TestGreet(t *testing.T) {
	text := noise(3 << 20)
	r := start(t, sys.Linux(), "tcp", Options{Service: &Greet{Text: text}, Linger: hang})
	c := r.dial()
	written := make(chan error, 1)
	go func() { written <- write(c, noise(1<<20)) }()
	if got := read(c).all(t); !bytes.Equal(got, text) {
		t.Errorf("%d bytes of %d", len(got), len(text))
	}
	check(t, <-written)
	c.Close()
	if g := r.gone(1); g.why != nil || g.out != int64(len(text)) || g.lost != 0 {
		t.Errorf("it left as %+v", g)
	}
	check(t, r.stop())
	r = start(t, sys.Linux(), "tcp", Options{Service: &Greet{Text: text}, Linger: 200 * time.Millisecond})
	r.dial() // takes nothing
	if g := r.gone(1); g.why != ErrLinger && g.why != nil || g.out+g.lost < int64(len(text)) {
		t.Errorf("the one that takes nothing left as %+v", g)
	}
	check(t, r.stop())
}

// TestTimes: who says nothing, or no more.
func TestTimes(t *testing.T) {
	t.Parallel()
	r := start(t, sys.Linux(), "tcp", Options{Service: Discard{}, FirstByte: 2 * time.Second}) // in which a busy machine sends one
	r.dial()
	c := r.dial()
	check(t, write(c, []byte("x")))
	if g := r.gone(1); g.why != ErrFirstByte {
		t.Errorf("%+v", g)
	}
	c.Close()
	if g := r.gone(2); g.why != nil {
		t.Errorf("%+v", g)
	}
	check(t, r.stop())
	r = start(t, sys.Linux(), "tcp", Options{Service: Discard{}, Idle: 150 * time.Millisecond})
	check(t, write(r.dial(), []byte("x")))
	if g := r.gone(1); g != (gone{in: 1, why: ErrIdle}) {
		t.Errorf("%+v", g)
	}
	check(t, r.stop())
}

// TestBounds: how many, in all and from one address.
func TestBounds(t *testing.T) {
	r := start(t, sys.Linux(), "tcp", Options{Service: Discard{}, Max: 2})
	a := r.dial()
	r.dial()
	c := r.connect()
	if _, err := c.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the third: %v", err)
	}
	a.Close()
	r.gone(1)
	r.dial()
	check(t, r.stop())
	if r.h.Refused != 1 || len(r.said) != 1 || r.said[0] != "refused: there are 2 connections already" {
		t.Errorf("%d refused: %q", r.h.Refused, r.said)
	}
	r = start(t, sys.Linux(), "tcp", Options{Service: Discard{}, Source: 1})
	r.dial()
	if _, err := r.connect().Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the second of an address: %v", err)
	}
	check(t, r.stop())
}

// TestTalk: our input to all, and what comes to our output; which is slow, and holds everybody back without a loss.
func TestTalk(t *testing.T) {
	for _, network := range networks {
		t.Run(network, func(t *testing.T) {
			t.Parallel()
			inR, inW := pipe(t)
			outR, outW := pipe(t)
			talk := &Talk{In: &Port{FD: inR, Name: "in"}, Out: &Port{FD: outW, Name: "out"}, EOF: Full}
			r := start(t, sys.Linux(), network, Options{Service: talk})
			a, b := r.dial(), r.dial()
			ra, rb := read(a), read(b)
			up, down := noise(3<<20), noise(1<<20)
			in := os.NewFile(uintptr(inW), "in")
			_, err := in.Write(down)
			check(t, err)
			sent := make(chan error)
			go func() { sent <- write(a, up) }()
			out := os.NewFile(uintptr(outR), "out")
			got := make([]byte, len(up))
			_, err = io.ReadFull(out, got)
			check(t, err)
			check(t, <-sent)
			if !bytes.Equal(got, up) {
				t.Error("other bytes came out")
			}
			in.Close()
			for _, one := range []*reader{ra, rb} {
				if got := one.all(t); !bytes.Equal(got, down) {
					t.Errorf("%d bytes of %d", len(got), len(down))
				}
			}
			a.Close()
			b.Close()
			check(t, r.end())
			if r.h.In != int64(len(up)) || r.h.Out != 2*int64(len(down)) || r.h.Lost != 0 {
				t.Errorf("the account: %d %d %d", r.h.In, r.h.Out, r.h.Lost)
			}
			out.Close()
			unix.Close(inR)
			unix.Close(outW)
		})
	}
}

// TestLargeRecord: a peer with a send buffer larger than the default cannot send a record that the others' do not hold.
func TestLargeRecord(t *testing.T) {
	r := start(t, sys.Linux(), "unixpacket", Options{Service: &Broker{}})
	a, b := r.dial(), r.dial()
	check(t, a.(*net.UnixConn).SetWriteBuffer(1<<20))
	want := noise(250_000)
	for _, record := range [][]byte{want, []byte("small")} {
		_, err := a.Write(record)
		check(t, err)
		got := make([]byte, 1<<20)
		n, err := b.Read(got)
		if err != nil || !bytes.Equal(got[:n], record) {
			t.Fatalf("%d bytes of %d, %v", n, len(record), err)
		}
	}
	check(t, r.stop())
}

// TestInputToRecords: what is read at once of our input, and is more than a peer's socket takes as one record, goes as several.
func TestInputToRecords(t *testing.T) {
	want := noise(600000)
	name := filepath.Join(t.TempDir(), "in")
	check(t, os.WriteFile(name, want, 0o600))
	in, err := os.Open(name)
	check(t, err)
	outR, outW := pipe(t)
	r := start(t, sys.Linux(), "unixpacket", Options{Service: &Talk{In: &Port{FD: int(in.Fd()), Name: "in", File: true},
		Out: &Port{FD: outW, Name: "out"}, EOF: Full}})
	c := r.dial()
	if got := read(c).all(t); !bytes.Equal(got, want) {
		t.Errorf("%d bytes of %d came", len(got), len(want))
	}
	c.Close()
	check(t, r.end())
	if r.h.Out != int64(len(want)) || r.h.Lost != 0 {
		t.Errorf("the account: %d %d %d", r.h.In, r.h.Out, r.h.Lost)
	}
	in.Close()
	unix.Close(outR)
	unix.Close(outW)
}

// pipe makes a pipe whose ends do not block.
func pipe(t *testing.T) (r, w int) {
	t.Helper()
	var p [2]int
	check(t, unix.Pipe2(p[:], unix.O_CLOEXEC|unix.O_NONBLOCK))
	return p[0], p[1]
}

// TestOutputBreaks: our output cannot be written to any more: that ends everything, and says how much was lost.
func TestOutputBreaks(t *testing.T) {
	outR, outW := pipe(t)
	r := start(t, sys.Linux(), "tcp", Options{Service: &Talk{Out: &Port{FD: outW, Name: "out"}}, Grace: time.Second})
	c := r.dial()
	unix.Close(outR)
	check(t, write(c, []byte("nobody hears this")))
	err := r.end()
	var broke *OutputError
	if !errors.As(err, &broke) || broke.Err != unix.EPIPE || broke.Out != 0 {
		t.Errorf("%v", err)
	}
	if r.h.Lost != int64(len("nobody hears this")) {
		t.Errorf("%d bytes lost", r.h.Lost)
	}
	unix.Close(outW)
}

// TestDatagrams: a peer for each address, until it has been silent.
func TestDatagrams(t *testing.T) {
	t.Parallel()
	r := start(t, sys.Linux(), "udp", Options{Service: &Broker{}, Idle: 3 * time.Second, Max: 2}) // not between two datagrams of ours
	a, b := r.connect(), r.connect()
	b1 := make([]byte, 100)
	check(t, write(a, []byte("from a")))
	r.await("a comes", func() bool { return len(r.came) == 1 })
	check(t, write(b, []byte("from b")))
	if n, err := a.Read(b1); string(b1[:n]) != "from b" || err != nil {
		t.Errorf("%q, %v", b1[:n], err)
	}
	check(t, write(a, []byte("again")))
	if n, err := b.Read(b1); string(b1[:n]) != "again" || err != nil {
		t.Errorf("%q, %v", b1[:n], err)
	}
	c := r.connect()
	check(t, write(c, []byte("one too many")))
	r.await("c is refused", func() bool { return len(r.said) == 1 })
	for id := range int64(2) {
		if g := r.gone(id + 1); g.why != ErrIdle {
			t.Errorf("%+v", g)
		}
	}
	check(t, write(c, []byte("now there is room")))
	r.await("c comes", func() bool { return len(r.came) == 3 })
	check(t, r.stop())
}

// TestPrograms: each peer's program ends, is reaped, and what it started in its group ends with it.
func TestPrograms(t *testing.T) {
	sh := func(script string) *Exec {
		return &Exec{Path: "/bin/sh", Argv: []string{"sh", "-c", script}, Env: func(p *Peer, fd int) []string { return []string{"N=" + itoa(int(p.ID))} }}
	}
	r := start(t, sys.Linux(), "tcp", Options{Service: sh(`echo "$N"; env | grep -v -e PWD -e _= -e SHLVL -e OLDPWD; read x; exit "$N"`)})
	var conns []net.Conn
	for range 5 {
		conns = append(conns, r.dial())
	}
	for i, c := range conns {
		check(t, write(c, []byte("go\n")))
		got := string(read(c).all(t))
		if n := itoa(i + 1); got != n+"\nN="+n+"\n" {
			t.Errorf("%q", got)
		}
		var exit *Exit
		if g := r.gone(int64(i + 1)); !errors.As(g.why, &exit) || exit.Status.ExitStatus() != i+1 {
			t.Errorf("%v", g.why)
		}
	}
	check(t, r.stop())
	// One that leaves a child behind in its group, which would hold the connection; one that will not end by TERM.
	r = start(t, sys.Linux(), "tcp", Options{Service: sh(`if [ $N = 1 ]; then sleep 1000 & else trap "" TERM; echo ready; while :; do sleep 1000; done; fi`), Grace: 300 * time.Millisecond})
	if got := read(r.dial()).all(t); len(got) > 0 {
		t.Errorf("%q", got)
	}
	stubborn := r.dial()
	_, err := io.ReadFull(stubborn, make([]byte, len("ready\n")))
	check(t, err)
	check(t, r.stop())
	if g := r.left[2]; g.why == nil || !strings.Contains(g.why.Error(), "SIGKILL") {
		t.Errorf("%v", g.why)
	}
	if got := read(stubborn).all(t); len(got) > 0 {
		t.Errorf("%q", got)
	}
	if pid, err := unix.Wait4(-1, nil, unix.WNOHANG, nil); err != unix.ECHILD {
		t.Errorf("a child is left: %d, %v", pid, err)
	}
}
