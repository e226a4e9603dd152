package pump

import "testing"

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
