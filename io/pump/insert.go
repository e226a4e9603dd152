package pump

// oneRead is the most that counts as one read where reads are counted (Lane.Takes), in bytes: what other netcats read
// at once.
const oneRead = 16 << 10

// counted stops the lane when it has taken as often as Takes allows.
func (l *Lane) counted() {
	if l.Takes == 0 {
		return
	}
	if l.taken++; l.taken >= l.Takes {
		l.stop()
	}
}

// Took says whether the lane ended because of Takes.
func (l *Lane) Took() bool { return l.Takes > 0 && l.taken >= l.Takes }

// Insert sends b, soon, before what comes from Src: an answer that our side gives by itself. It counts as given, not as
// taken. A lane whose input has ended without telling Dst (KeepDst) takes it too; on any other that is over it does
// nothing. For the loop's thread.
func (l *Lane) Insert(b []byte) {
	if l.finished && l.KeepDst && l.Err == nil {
		l.finished = false
	}
	if l.mover != nil && !l.finished {
		l.inserted = append(l.inserted, b...)
	}
}

// maxInserted is how many bytes that were inserted may wait, before it would be wise to insert no more.
const maxInserted = 64 << 10

// TakesInserts says whether more may be inserted: a peer that asks and asks and takes no answer must not fill our memory. It is
// for the Gate of the lane whose bytes are answered.
func (l *Lane) TakesInserts() bool { return l.finished || len(l.inserted) < maxInserted }

// give is one write: of what was inserted, then of what the mover holds.
func (l *Lane) give() error {
	if len(l.inserted) == 0 {
		return l.mover.drain(l)
	}
	n, err := l.Dst.write(l.loop.k, l.inserted)
	n = max(n, 0)
	l.Out += int64(n)
	if n > 0 && l.Tap != nil && l.TapGiven {
		l.Tap(l.inserted[:n])
	}
	l.inserted = l.inserted[n:]
	return err
}
