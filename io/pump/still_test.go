package pump

import (
	"runtime"
	"testing"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// Tests of what does not happen: a loop with nothing to do does not turn, a lane that cannot give does not take, and
// neither idle pairs nor busy ones cost memory.

// TestNoBusyLoop: in each of these states the loop comes to rest. The rig fails a loop that does not.
func TestNoBusyLoop(t *testing.T) {
	tests := []struct {
		name string
		run  func(t *testing.T) *rig
	}{
		{"nothing to do", func(t *testing.T) *rig { return newCord(t, unix.SOCK_STREAM, nil).rig }},
		{"the peer has ended, our input is open", func(t *testing.T) *rig {
			c := newCord(t, unix.SOCK_STREAM, nil)
			unix.Shutdown(c.peer, unix.SHUT_WR)
			return c.rig
		}},
		{"our input has ended, the peer is silent", func(t *testing.T) *rig {
			c := newCord(t, unix.SOCK_STREAM, nil)
			unix.Close(c.in)
			return c.rig
		}},
		{"a full output", func(t *testing.T) *rig {
			c := newCord(t, unix.SOCK_STREAM, nil)
			for range 100 {
				unix.Write(c.peer, make([]byte, 60000))
				c.settle()
			}
			return c.rig
		}},
		{"a full output, and the peer gone", func(t *testing.T) *rig {
			c := newCord(t, unix.SOCK_STREAM, nil)
			for range 10 {
				unix.Write(c.peer, make([]byte, 60000))
				c.settle()
			}
			unix.Close(c.peer)
			return c.rig
		}},
		{"a peer that does not read", func(t *testing.T) *rig {
			c := newCord(t, unix.SOCK_STREAM, nil)
			for range 100 {
				unix.Write(c.in, make([]byte, 60000))
				c.settle()
			}
			return c.rig
		}},
		{"an output that is over and stays open", func(t *testing.T) *rig {
			c := newCord(t, unix.SOCK_STREAM, func(p *Pair) { p.In.Dst.Own = false })
			for range 5 {
				unix.Write(c.peer, make([]byte, 60000))
				c.settle()
			}
			unix.Shutdown(c.peer, unix.SHUT_WR)
			c.settle()
			for range 10 {
				take(c.out)
				c.settle()
			}
			if !c.pair.In.Done() || c.done {
				t.Fatal("not the state that was meant")
			}
			return c.rig
		}},
		{"a closed gate", func(t *testing.T) *rig {
			c := newCord(t, unix.SOCK_DGRAM, func(p *Pair) { p.Out.Gate = func() bool { return false } })
			give(t, c.in, []byte("x"))
			return c.rig
		}},
		{"a file waits at a closed gate", func(t *testing.T) *rig {
			c := newCord(t, unix.SOCK_STREAM, func(p *Pair) {
				p.Out.Src = port(tmpFile(t, []byte("x")), File)
				p.Out.Gate = func() bool { return false }
			})
			return c.rig
		}},
		{"the reader of our output has gone, nothing comes", func(t *testing.T) *rig {
			c := newCord(t, unix.SOCK_STREAM, nil)
			unix.Close(c.out)
			return c.rig
		}},
		{"queued ICMP errors (IP_RECVERR)", func(t *testing.T) *rig {
			r := newRig(t)
			inR, inW := pipe(t)
			_, outW := pipe(t)
			fd := udp(t)
			if err := unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_RECVERR, 1); err != nil {
				t.Fatal(err)
			}
			connectTo(t, fd, freePort(t))
			sock := port(fd, Dgram)
			sock.Proto = UDP
			r.add(&Pair{Quit: -1, Out: &Lane{Src: port(inR, Pipe), Dst: sock, Record: Line}, In: &Lane{Src: sock, Dst: port(outW, Pipe)}})
			give(t, inW, []byte("x\ny\n"))
			r.settle()
			if r.count(Refused) == 0 {
				t.Error("no refusal was told")
			}
			return r
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := tt.run(t)
			r.settle()
			r.settle()
			if r.turns > 2 {
				t.Errorf("%d turns at rest", r.turns)
			}
		})
	}
}

// TestBackPressure: what a lane takes and cannot give is bounded by one buffer, whatever is offered.
func TestBackPressure(t *testing.T) {
	for _, typ := range []int{unix.SOCK_STREAM, unix.SOCK_SEQPACKET} {
		c := newCord(t, typ, nil)
		c.each = func() { unix.Write(c.peer, make([]byte, 50000)) }
		for range 50 {
			c.settle()
		}
		in, most := c.pair.In, int64(bufSize)
		if direct := typ == unix.SOCK_STREAM && !copyOnly; (in.Held() == 0) != direct || in.Held() > most {
			t.Errorf("%v: holds %d bytes", SocketKind(typ), in.Held())
		}
		if in.In != in.Out+in.Held() {
			t.Errorf("%v: in %d, out %d, held %d", SocketKind(typ), in.In, in.Out, in.Held())
		}
		if n := len(c.loop.pool); n > 2 {
			t.Errorf("%v: %d spare buffers", SocketKind(typ), n)
		}
	}
}

// silent is a kernel on which nothing ever happens.
func silent() *sys.Calls {
	k := (&liar{}).calls()
	k.Read = func(int, []byte) (int, error) { return 0, unix.EAGAIN }
	k.Recvfrom = func(int, []byte, int, *sys.Addr) (int, int, error) { return 0, 0, unix.EAGAIN }
	k.Recvmmsg = func(int, *sys.Batch, int, int) (int, error) { return 0, unix.EAGAIN }
	k.EpollCtl = func(int, int, int, *unix.EpollEvent) error { return nil }
	k.Splice = func(int, int, int, int) (int, error) { return 0, unix.EAGAIN }
	k.RawSplice = k.Splice
	return k
}

// TestIdleMemory: ten thousand idle pairs hold no buffers.
func TestIdleMemory(t *testing.T) {
	const n = 10000
	l, err := New(silent())
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	pairs := make([]*Pair, n)
	for i := range pairs {
		a, b := port(10+2*i, Stream), port(11+2*i, Stream)
		pairs[i] = &Pair{Quit: -1, Out: &Lane{Src: a, Dst: b}, In: &Lane{Src: b, Dst: a}}
		l.Add(pairs[i])
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	each := int64(after.HeapAlloc-before.HeapAlloc) / n
	t.Logf("%d bytes for each idle pair", each)
	if each > 4096 {
		t.Errorf("an idle pair costs %d bytes", each)
	}
	runtime.KeepAlive(pairs)
}
