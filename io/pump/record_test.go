package pump

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"
	"testing"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

func strs(recs [][]byte) (s []string) {
	for _, r := range recs {
		s = append(s, string(r))
	}
	return s
}

// TestStreamToRecords: what each way of cutting makes of a stream.
func TestStreamToRecords(t *testing.T) {
	tests := []struct {
		name   string
		rec    Record
		max    int
		writes []string // each is read on its own
		want   []string
		err    error
	}{
		{"raw: a read is a record", Raw, 0, []string{"ab\ncd", "e"}, []string{"ab\ncd", "e"}, nil},
		{"raw: at most MaxSize", Raw, 3, []string{"abcdefgh"}, []string{"abc", "def", "gh"}, nil},
		{"line: with its newline", Line, 0, []string{"ab\n\ncd\n"}, []string{"ab\n", "\n", "cd\n"}, nil},
		{"line: over two reads", Line, 0, []string{"ab", "cd\nef", "\n"}, []string{"abcd\n", "ef\n"}, nil},
		{"line: the last without newline", Line, 0, []string{"ab\ncd"}, []string{"ab\n", "cd"}, nil},
		{"line: exactly MaxSize", Line, 4, []string{"abc\ndefg"}, []string{"abc\n", "defg"}, nil},
		{"line: over MaxSize", Line, 4, []string{"abc\nabcd\nx\n"}, []string{"abc\n"}, ErrTooLarge},
		{"line: over MaxSize, no end in sight", Line, 4, []string{"abcdef"}, nil, ErrTooLarge},
		{"len", Len, 0, []string{"\x00\x00\x00\x02ab\x00\x00\x00\x01c"}, []string{"ab", "c"}, nil},
		{"len: empty records", Len, 0, []string{"\x00\x00\x00\x00\x00\x00\x00\x01x\x00\x00\x00\x00"}, []string{"", "x", ""}, nil},
		{"len: over two reads", Len, 0, []string{"\x00\x00", "\x00\x03a", "bc"}, []string{"abc"}, nil},
		{"len: cut in the length", Len, 0, []string{"\x00\x00\x00\x01a\x00\x00"}, []string{"a"}, ErrCut},
		{"len: cut in the record", Len, 0, []string{"\x00\x00\x00\x05ab"}, nil, ErrCut},
		{"len: over MaxSize", Len, 8, []string{"\x00\x00\x00\x09123456789"}, nil, ErrTooLarge},
		{"len: a length that is none", Len, 0, []string{"\xff\xff\xff\xff"}, nil, ErrTooLarge},
	}
	for _, typ := range []int{unix.SOCK_DGRAM, unix.SOCK_SEQPACKET} {
		for _, tt := range tests {
			t.Run(SocketKind(typ).String()+" "+tt.name, func(t *testing.T) {
				c := newCord(t, typ, func(p *Pair) { p.Out.Record, p.Out.MaxSize = tt.rec, tt.max })
				var got []string
				for _, w := range tt.writes {
					give(t, c.in, []byte(w))
					c.settle()
				}
				unix.Close(c.in)
				c.settle()
				got = strs(takeRecords(c.peer, len(tt.want)+1))
				if typ == unix.SOCK_SEQPACKET && len(got) > len(tt.want) && got[len(got)-1] == "" {
					got = got[:len(got)-1] // that was the end
				}
				if !reflect.DeepEqual(got, tt.want) || !errors.Is(c.pair.Out.Err, tt.err) {
					t.Errorf("got %q, error %v; want %q, %v", got, c.pair.Out.Err, tt.want, tt.err)
				}
				if tt.err != nil && !c.done {
					t.Error("the pair goes on waiting after its sending failed")
				}
			})
		}
	}
}

// TestRecordsToStream: what each way of laying makes of records.
func TestRecordsToStream(t *testing.T) {
	recs := []string{"ab\n", "cd", "", "e"}
	want := map[Record]string{
		Raw:  "ab\ncde",
		Line: "ab\ncd\n\ne\n",
		Len:  "\x00\x00\x00\x03ab\n\x00\x00\x00\x02cd\x00\x00\x00\x00\x00\x00\x00\x01e",
	}
	for _, typ := range []int{unix.SOCK_DGRAM, unix.SOCK_SEQPACKET} {
		for rec, want := range want {
			c := newCord(t, typ, func(p *Pair) { p.In.Record = rec })
			for _, r := range recs {
				unix.Write(c.peer, []byte(r))
			}
			c.settle()
			b, _ := take(c.out)
			if in := c.pair.In; string(b) != want || in.RecordsIn != 4 || in.In != 6 || c.count(Empty) != 1 {
				t.Errorf("%v, record %d: %q, records %d, bytes %d, empty %d", SocketKind(typ), rec, b, in.RecordsIn, in.In, c.count(Empty))
			}
			if typ == unix.SOCK_SEQPACKET {
				unix.Shutdown(c.peer, unix.SHUT_WR)
				unix.Close(c.in)
				c.settle()
				if !c.done || c.pair.Reason != Ended {
					t.Errorf("seqpacket: its end is not the end: %v %v", c.done, c.pair.Reason)
				}
			}
		}
	}
}

// TestEmptyRecords: on seqpacket they cannot be told from the end by one read, and still are neither lost nor the end.
func TestEmptyRecords(t *testing.T) {
	c := newCord(t, unix.SOCK_SEQPACKET, func(p *Pair) { p.In.Record = Line })
	for range 3 {
		unix.Write(c.peer, nil)
	}
	c.settle()
	unix.Write(c.peer, nil)
	unix.Write(c.peer, []byte("x"))
	c.settle()
	if b, end := take(c.out); string(b) != "\n\n\n\nx\n" || end || c.pair.In.RecordsIn != 5 {
		t.Errorf("%q, end %v, %d records", b, end, c.pair.In.RecordsIn)
	}
}

// TestRecordsToRecords: from records to records, the empty ones too.
func TestRecordsToRecords(t *testing.T) {
	r := newRig(t)
	a, peer := socketpair(t, unix.SOCK_SEQPACKET)
	b, far := socketpair(t, unix.SOCK_SEQPACKET)
	r.add(&Pair{Quit: -1, In: &Lane{Src: port(a, Seqpacket), Dst: port(b, Seqpacket)}})
	want := []string{"", "one", "", "", "two"}
	for _, s := range want {
		unix.Write(peer, []byte(s))
	}
	r.settle()
	if got := strs(takeRecords(far, 10)); !reflect.DeepEqual(got, want) {
		t.Errorf("%q", got)
	}
}

// TestTruncated: a datagram that does not fit is told with its real length.
func TestTruncated(t *testing.T) {
	c := newCord(t, unix.SOCK_DGRAM, nil)
	unix.SetsockoptInt(c.peer, unix.SOL_SOCKET, unix.SO_SNDBUF, 1<<20)
	c.each = nil
	big := bytes.Repeat([]byte("x"), bufSize+100)
	if _, err := unix.Write(c.peer, big); err != nil {
		t.Skipf("the kernel's limit for a unix datagram is lower: %v", err)
	}
	got := 0
	c.each = func() {
		b, _ := take(c.out)
		got += len(b)
	}
	c.settle()
	if got != bufSize || c.pair.In.Truncated != 1 || c.count(Truncated) != 1 {
		t.Fatalf("got %d, truncated %d", got, c.pair.In.Truncated)
	}
	for _, ev := range c.seen {
		if ev.Kind == Truncated && ev.N != len(big) {
			t.Errorf("told %d, not %d", ev.N, len(big))
		}
	}
}

// TestDgramBackPressure: a peer that does not read blocks the lane; nothing is lost or given twice.
func TestDgramBackPressure(t *testing.T) {
	c := newCord(t, unix.SOCK_DGRAM, func(p *Pair) { p.Out.Record = Line })
	var want []string
	for i := range 500 {
		want = append(want, fmt.Sprintf("line %d\n", i))
		give(t, c.in, []byte(want[i]))
	}
	var got []string
	for range 500 {
		c.settle()
		recs := takeRecords(c.peer, 3)
		got = append(got, strs(recs)...)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%d of %d lines", len(got), len(want))
	}
}

// TestTransientSendErrors: what the kernel could not queue is offered again, a few times, and then counted as lost.
func TestTransientSendErrors(t *testing.T) {
	for _, errno := range []error{unix.ENOBUFS, unix.ENOMEM} {
		for _, fails := range []int{1, maxTries - 1, maxTries} {
			c := newCord(t, unix.SOCK_DGRAM, func(p *Pair) { p.Out.Record = Line })
			send, left := c.k.Sendto, fails
			c.k.Sendto = func(fd int, p []byte, flags int, to *sys.Addr) (int, error) {
				if left--; left >= 0 {
					return 0, errno
				}
				return send(fd, p, flags, to)
			}
			many := c.k.Sendmmsg
			c.k.Sendmmsg = func(fd int, b *sys.Batch, n int, to *sys.Addr, flags int) (int, error) {
				if left > 0 { // which is not counted: it is the record by itself that is tried
					return 0, errno
				}
				return many(fd, b, n, to, flags)
			}
			give(t, c.in, []byte("first\nsecond\n"))
			c.run()
			got, want := strs(takeRecords(c.peer, 5)), []string{"first\n", "second\n"}
			dropped := int64(0)
			if fails == maxTries {
				want, dropped = want[1:], 6
			}
			out := c.pair.Out
			if !reflect.DeepEqual(got, want) || out.Dropped != dropped || out.Err != nil || out.Held() != 0 {
				t.Errorf("%v, %d times: got %q, dropped %d, error %v", errno, fails, got, out.Dropped, out.Err)
			}
		}
	}
}

// TestLenRoundTrip: lengths and records come back as they went, the empty ones too.
func TestLenRoundTrip(t *testing.T) {
	c := newCord(t, unix.SOCK_SEQPACKET, func(p *Pair) { p.Out.Record, p.In.Record = Len, Len })
	var all []byte
	for i := range 50 {
		rec := bytes.Repeat([]byte{byte(i)}, i*7%100)
		all = append(binary.BigEndian.AppendUint32(all, uint32(len(rec))), rec...)
	}
	give(t, c.in, all)
	var got []byte
	for range 200 {
		c.settle()
		for _, rec := range takeRecords(c.peer, 10) {
			unix.Write(c.peer, rec)
		}
		b, _ := take(c.out)
		got = append(got, b...)
	}
	if !bytes.Equal(got, all) {
		t.Errorf("%d bytes came back as %d", len(all), len(got))
	}
}

// TestGonePeer: on a socket that answers many, a peer that cannot be reached costs its own datagram and nothing else.
func TestGonePeer(t *testing.T) {
	r := newRig(t)
	inR, inW := pipe(t)
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	gone, err := sys.Unix(t.TempDir() + "/gone")
	if err != nil {
		t.Fatal(err)
	}
	dst := port(fd, Dgram)
	dst.To = &gone
	r.add(&Pair{Quit: -1, Out: &Lane{Src: port(inR, Pipe), Dst: dst, Record: Line}})
	give(t, inW, []byte("one\ntwo\n"))
	r.settle()
	if r.done || r.count(Dropped) != 2 || r.pair.Out.Dropped != 8 || r.pair.Out.Err != nil {
		t.Errorf("over %v, %d dropped (%d bytes), %v", r.done, r.count(Dropped), r.pair.Out.Dropped, r.pair.Out.Err)
	}
}
