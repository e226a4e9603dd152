package pump

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestInsertAfterEnd: a lane whose input has ended without telling anybody still sends what is inserted; one that has told
// its end does not. (Both halves seen from a peer: testdata/script/tcp_telnet.txtar.)
func TestInsertAfterEnd(t *testing.T) {
	open := &Lane{KeepDst: true, finished: true, mover: &copier{}}
	open.Insert([]byte("x"))
	if open.finished || open.Held() != 1 {
		t.Errorf("finished %v, held %d", open.finished, open.Held())
	}
	told := &Lane{finished: true, mover: &copier{}}
	told.Insert([]byte("x"))
	if !told.finished || told.Held() != 0 {
		t.Errorf("finished %v, held %d", told.finished, told.Held())
	}
}

// TestTakes: a lane stops when it has taken often enough, and says that this was why.
func TestTakes(t *testing.T) {
	l := &Lane{Takes: 2, pair: &Pair{}}
	for i, want := range []bool{false, true} {
		l.counted()
		if l.EOF != want || l.Took() != want {
			t.Errorf("after %d: EOF %v, Took %v", i+1, l.EOF, l.Took())
		}
	}
}

// TestInsertWhileWaiting: what is inserted while the lane waits after a line goes out when the wait is over, whether or not
// anything else comes, and the lane ends then.
func TestInsertWhileWaiting(t *testing.T) {
	r := newRig(t)
	inR, inW := pipe(t)
	outR, outW := pipe(t)
	give(t, inW, []byte("line\n"))
	unix.Close(inW)
	l := &Lane{Src: port(inR, Pipe), Dst: port(outW, Pipe), Every: time.Minute}
	r.add(&Pair{Out: l, Quit: -1})
	l.Insert([]byte("answer"))
	r.pair.step()
	r.run()
	if got, _ := take(outR); string(got) != "line\nanswer" || !l.Done() || l.Out != 11 {
		t.Errorf("%q after %s; done %v, %d given", got, r.clock, l.Done(), l.Out)
	}
}
