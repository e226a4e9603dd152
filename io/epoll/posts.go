package epoll

import "sync"

// Posts is how other goroutines reach a loop's thread: functions that wait for it. The zero value is ready.
type Posts struct {
	mu sync.Mutex
	fs []func()
}

// Post keeps f for the next Run and wakes p, whose loop that is. It is safe from any goroutine.
func (q *Posts) Post(p *Poller, f func()) {
	q.mu.Lock()
	q.fs = append(q.fs, f)
	q.mu.Unlock()
	p.Wake()
}

// Run calls what was posted, in its order, without the lock: it may post anew, for the next Run.
func (q *Posts) Run() {
	q.mu.Lock()
	fs := q.fs
	q.fs = nil
	q.mu.Unlock()
	for _, f := range fs {
		f()
	}
}
