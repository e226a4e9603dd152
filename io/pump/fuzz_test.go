package pump

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// doubler is a filter that makes more of its input and holds nothing back but a last word.
type doubler struct{}

func (doubler) Append(dst, src []byte) []byte {
	for _, b := range src {
		dst = append(dst, b, b)
	}
	return dst
}
func (doubler) Flush(dst []byte) []byte { return append(dst, '!') }

// world is one run of a pair on the lying kernel, as the first bytes of the fuzzer's input describe it.
type world struct {
	k     *liar
	pair  *Pair
	whole map[*Lane]int // bytes there were to take
}

// payload is n bytes in lines of different lengths.
func payload(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('a' + i%23)
		if i%37 == 36 || i%101 == 7 {
			b[i] = '\n'
		}
	}
	return b
}

// records cuts b into datagrams, empty ones among them; framed puts a length before each, as Record Len has it.
func cutRecords(b []byte, shape byte) (recs [][]byte) {
	for i := 0; len(b) > 0; i++ {
		n := min(len(b), []int{100, 0, 1, 1400, 9000, 60000}[(i+int(shape))%6])
		if shape >= 128 { // rows of one size, as a kernel may make one message of
			n = min(len(b), []int{1400, 1, 200}[(i>>4+int(shape))%3])
		}
		recs, b = append(recs, b[:n:n]), b[n:]
	}
	return recs
}

func framed(recs [][]byte) (b []byte) {
	for _, r := range recs {
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(r))), r...)
	}
	return b
}

// newWorld reads the description.
func newWorld(input []byte) *world {
	k := &liar{objs: map[int]*object{}, set: map[int]uint32{}, dead: map[int]bool{}}
	w := &world{k: k, whole: map[*Lane]int{}}
	var head [10]byte
	copy(head[:], input)
	k.lies = input[min(len(input), len(head)):]
	size := func(b byte) int { return []int{0, 1, 40, 300, 1000, 5000, 70000, 300000}[b&7] }
	inKind := []Kind{Pipe, File, Stream, Pipe}[head[0]&3]
	outKind := []Kind{Pipe, File, Stream, File}[head[0]>>2&3]
	sockKind := []Kind{Stream, Stream, Dgram, Seqpacket}[head[0]>>4&3]
	p := &Pair{EOF: EOF(head[1] & 3 % 3), SendOnly: head[1]&4 != 0, Quit: -1}
	out, in := &Lane{}, &Lane{Discard: p.SendOnly}
	rec := Record(head[1] >> 3 & 3 % 3)
	out.Record, in.Record = rec, rec
	switch head[1] >> 6 & 3 {
	case 1:
		in.Filter = doubler{}
	case 2:
		in.Filter = doubler{}
		if !sockKind.records() {
			out.Filter = doubler{}
		}
	}
	if head[2]&1 != 0 {
		out.Limit = int64(head[3]) * 7
	}
	if head[2]&2 != 0 {
		in.Limit = int64(head[3])*300 + 1
	}
	if head[2]&4 != 0 {
		out.Rate, in.Rate = 50000, 1<<20
	}
	if head[2]&8 != 0 {
		out.Every = time.Millisecond
	}
	if head[2]&16 != 0 {
		p.Idle = 2 * time.Second
	}
	if head[2]&32 != 0 || sockKind == Dgram {
		p.Quit, p.QuitIdle = time.Second, head[2]&64 != 0
	}
	if p.EOF == Keep || sockKind == Dgram && p.Quit < 0 {
		out.KeepDst = p.EOF == Keep
	}
	outData, inData := payload(size(head[4])), payload(size(head[4]>>3))
	if rec == Len && sockKind.records() {
		outData = framed(cutRecords(outData, head[5]))
	}
	sock := &object{kind: sockKind, udp: head[6]&1 != 0 && sockKind == Dgram, src: &source{data: inData, end: io.EOF}, snk: &sink{}}
	if sockKind.records() {
		sock.src.recs, sock.src.data = cutRecords(inData, head[5]), nil
	}
	if sockKind == Dgram {
		sock.src.end = nil
	}
	// A peer that ends only after we did. Where our end is not passed on, it could wait for ever, and so would we.
	sock.src.waits = head[6]&2 != 0 && p.EOF != Keep && sockKind != Dgram
	k.objs[sockFD] = sock
	k.objs[inFD] = &object{kind: inKind, src: &source{data: outData, end: io.EOF}, snk: &sink{}}
	k.objs[outFD] = &object{kind: outKind, src: &source{}, snk: &sink{}}
	port := Port{FD: sockFD, Kind: sockKind, Name: "peer", Ends: true}
	switch {
	case sock.udp:
		port.Proto = UDP
	case sockKind == Stream && head[6]&4 != 0:
		port.Proto = TCP
	}
	out.Src, out.Dst = Port{FD: inFD, Kind: inKind, Blocks: head[6]&8 != 0}, port
	in.Src, in.Dst = port, Port{FD: outFD, Kind: outKind, Own: head[6]&16 != 0, Blocks: head[6]&32 != 0}
	if head[7]&64 != 0 {
		k.void = k.objs[outFD]
		k.void.kind, in.Dst.Kind, in.Dst.Void = Null, Null, true
	}
	p.In = in
	if head[6]&64 == 0 {
		p.Out = out
	} else {
		sock.src.waits = false
		p.SendOnly, in.Discard = false, false
		if sockKind == Dgram {
			p.Idle = time.Second
		}
	}
	if rec == Raw {
		out.MaxSize = []int{0, 700, 1400, 60}[head[7]>>4&3]
	}
	out.Copy, in.Copy = head[7]&1 == 0, head[7]&2 == 0
	k.refuses, k.refusesOut = head[7]&12 == 4, head[7]&12 == 8
	w.pair = p
	w.whole[out], w.whole[in] = len(outData), len(inData)
	return w
}

// run turns the loop until the pair is over, and returns what was held then.
func (w *world) run() (heldOut, heldIn int64, err error) {
	l, err := New(w.k.calls())
	if err != nil {
		return 0, 0, err
	}
	done := 0
	w.pair.Done = func(p *Pair) {
		if done++; done > 1 {
			w.k.blame("Done was called again")
		}
		if p.Out != nil {
			heldOut = p.Out.Held()
		}
		heldIn = p.In.Held()
		for fd := range w.k.set {
			w.k.blame("descriptor %d is still watched when the pair is over", fd)
		}
		w.k.dead = map[int]bool{inFD: true, outFD: true, sockFD: true}
		l.Stop()
	}
	l.Add(w.pair)
	if done == 0 {
		err = l.Run()
	}
	l.Close()
	return heldOut, heldIn, err
}

// String tells the shape of the pair, for a failure.
func (w *world) String() string {
	p := w.pair
	s := fmt.Sprintf("eof %d, sendonly %v, quit %v %v, idle %v, why %d over %v", p.EOF, p.SendOnly, p.Quit, p.QuitIdle, p.Idle, p.why, p.over)
	p.lanes(func(l *Lane) {
		s += fmt.Sprintf("\n%v -> %v: record %d filter %v limit %d rate %d every %v discard %v keep %v: in %d out %d held %d eof %v err %v side %d finished %v refused %d dropped %d notread %v notwrite %v src waits %v",
			l.Src, l.Dst, l.Record, l.Filter != nil, l.Limit, l.Rate, l.Every, l.Discard, l.KeepDst, l.In, l.Out, l.Held(), l.EOF,
			l.Err, l.Side, l.finished, l.Refused, l.Dropped, l.notRead, l.notWrite, w.k.objs[l.Src.FD].src.waits)
	})
	return s
}

func (w *world) judge(t *testing.T) {
	defer func() {
		if r := recover(); r != nil {
			t.Errorf("%v\n%s", r, debug.Stack())
		}
		if t.Failed() {
			t.Log(w)
		}
	}()
	heldOut, heldIn, err := w.run()
	if err != nil {
		t.Fatal("Run:", err)
	}
	for _, s := range w.k.wrong {
		t.Error(s)
	}
	w.check(t, "out", w.pair.Out, heldOut)
	w.check(t, "in", w.pair.In, heldIn)
	for _, ln := range []*Lane{w.pair.Out, w.pair.In} {
		if ln != nil && ln.Err != nil && !errors.Is(ln.Err, ErrCut) && !errors.Is(ln.Err, ErrTooLarge) && !errors.Is(ln.Err, io.ErrShortWrite) {
			var e unix.Errno
			if !errors.As(ln.Err, &e) {
				t.Errorf("an error that is no errno: %v", ln.Err)
			}
		}
	}
}

// FuzzPump runs pairs of every shape on a kernel that lies. Whatever the kernel does, the pump neither hangs nor spins
// nor panics, gives what it took in order, and its account agrees with the kernel's.
func FuzzPump(f *testing.F) {
	f.Add([]byte{})
	for i := range 64 {
		head := []byte{byte(i), byte(i * 7), byte(i * 5), 40, byte(i * 11), byte(i), byte(i * 3), 0, 0, 0}
		for j := range 40 {
			head = append(head, byte(j*j*i+j*13))
		}
		f.Add(head)
		head = bytes.Clone(head)
		head[7] = byte(i) | 3 // the same with splice, and in batches
		f.Add(head)
		head = bytes.Clone(head)
		head[6], head[7] = head[6]|4, byte(i)|66 // TCP to /dev/null
		f.Add(head)
	}
	f.Fuzz(func(t *testing.T, input []byte) { newWorld(input).judge(t) })
}
