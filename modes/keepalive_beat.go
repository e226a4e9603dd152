package modes

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"time"

	"cat5/io/epoll"
	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// The application's own heartbeat: a packet of ours that the peer has to send back. It asks the program there, where the
// kernel's probe asks the kernel there.

// beats sends one packet at a time.
type beats struct {
	on       bool
	seq      int64
	payload  []byte
	sent     int // bytes of it that the kernel took
	came     int // bytes of it that came back
	waiting  bool
	last     bool // --for is over: no other follows
	at       time.Duration
	answered int64
	missed   int64 // how often an answer was not there when it was due
	inRow    int   // the same, since the latest answer
	next     epoll.Timer
	late     epoll.Timer
}

// begin sends the first beat, and one each interval from then on. One that is not answered when it should be is not
// followed by another: the answers could not be told from each other.
func (b *beats) begin(r *keepRun) {
	b.on = true
	b.next.F = func() {
		if r.f.every > 0 {
			r.loop.After(&b.next, r.f.every)
		}
		if r.f.watch && b.seq > 0 {
			r.tellWatch()
		}
		if !b.waiting {
			b.send(r)
		}
	}
	b.late.F = func() { b.miss(r) }
	b.next.F()
}

// patience is how long an answer may take before it is missed: until the next beat is due, and a second at the least.
func (f *keepFlags) patience() time.Duration { return max(f.every, time.Second) }

// misses is how many in a row end the run.
func (f *keepFlags) misses() int {
	if f.cnt > 0 {
		return f.cnt
	}
	return keepCnt
}

func (b *beats) send(r *keepRun) {
	b.seq++
	b.payload = appendPayload(b.payload[:0], b.seq, int(r.f.size))
	b.sent, b.came, b.waiting, b.at = 0, 0, true, r.k.Now()
	r.loop.After(&b.late, r.f.patience())
	b.push(r)
}

// appendPayload makes what beat seq consists of: a line, or size bytes in which every mistake shows.
func appendPayload(dst []byte, seq int64, size int) []byte {
	if size == 0 {
		return append(strconv.AppendInt(append(dst, "beat "...), seq, 10), '\n')
	}
	for x := uint64(seq) * 0x9e3779b97f4a7c15; len(dst) < size; {
		x ^= x << 13 // xorshift64 (Marsaglia 2003)
		x ^= x >> 7
		x ^= x << 17
		dst = binary.LittleEndian.AppendUint64(dst, x)
	}
	return dst[:size]
}

// push gives the kernel what it takes, and waits for room where it does not take all.
func (b *beats) push(r *keepRun) {
	for b.waiting && b.sent < len(b.payload) {
		n, err := sys.Sendto(r.k, r.conn.FD, b.payload[b.sent:], unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, nil)
		if err == unix.EAGAIN {
			break
		}
		if err != nil {
			r.stop(ending{why: endGone, err: err})
			return
		}
		b.sent += n
	}
	want := epoll.In
	if b.waiting && b.sent < len(b.payload) {
		want |= epoll.Out
	}
	if err := r.loop.Watch(r.conn.FD, want, r.ready); err != nil {
		r.stop(ending{why: endGone, err: err})
	}
}

// take compares what came with what was sent.
func (b *beats) take(r *keepRun, got []byte) {
	r.got += int64(len(got))
	if !b.waiting || len(got) > b.sent-b.came || !bytes.Equal(got, b.payload[b.came:b.came+len(got)]) {
		r.stop(ending{why: endForeign})
		return
	}
	if b.came += len(got); b.came < len(b.payload) {
		return
	}
	took := r.k.Now() - b.at
	b.waiting, b.answered = false, b.answered+1
	r.loop.StopTimer(&b.late)
	r.hist.Add(took)
	r.tellBeat(took)
	b.inRow = 0
	if b.last {
		r.stop(ending{why: endTime})
		return
	}
	if r.f.every == 0 {
		r.loop.After(&b.next, 0)
	}
}

func (b *beats) miss(r *keepRun) {
	b.missed++
	b.inRow++
	r.tellMissed()
	if b.inRow >= r.f.misses() {
		r.stop(ending{why: endMissed})
		return
	}
	if b.last {
		r.stop(ending{why: endTime})
		return
	}
	r.loop.After(&b.late, r.f.patience())
}
