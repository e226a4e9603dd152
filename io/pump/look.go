package pump

// What a lane tells of itself.

// How names the way the lane moves bytes: "splice", "copy", "discarding", "records" (one by one) or "batches" of them. A lane that has not begun says "".
func (l *Lane) How() string {
	switch l.mover.(type) {
	case *splicer:
		return "splice"
	case *copier:
		return "copy"
	case dropper:
		return "discarding"
	case *recorder:
		return "records"
	case *batcher:
		return "batches"
	}
	return ""
}

// Held is how many bytes the lane has taken and not given.
func (l *Lane) Held() int64 {
	if l.mover == nil {
		return 0
	}
	return l.mover.held() + int64(len(l.inserted))
}

// Waiting says that the lane has something to give that Dst does not take.
func (l *Lane) Waiting() bool { return l.mover != nil && !l.finished && l.mover.ready() }

// Done says that nothing more will happen on the lane.
func (l *Lane) Done() bool { return l.finished }
