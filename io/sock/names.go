package sock

import (
	"context"
	"sync"

	"cat5/io/sys"
)

// maxLookups is how many lookups of one name run at once. Each is a goroutine, and possibly a question to a name server.
const maxLookups = 4

// Names resolves one address again and again for a loop, without ever blocking it. All but the posting is done on the
// loop's thread.
//
// Every answer is younger than the question: a lookup that was under way when the question came is not used for it, as
// what it says may be out of date. Questions that have to wait share the next lookup.
type Names struct {
	host    HostPort
	lookup  func(context.Context, HostPort) ([]sys.Addr, error)
	direct  bool // it takes no time
	post    func(func())
	ctx     context.Context
	cancel  context.CancelFunc
	running int
	waiting []func([]sys.Addr, error)
	all     sync.WaitGroup
}

// NewNames makes a Names that brings its answers to the loop through post.
func NewNames(r Resolver, a HostPort, post func(func())) *Names {
	n := &Names{host: a, lookup: r.Resolve, direct: r.Numeric || a.numeric(), post: post}
	n.ctx, n.cancel = context.WithCancel(context.Background())
	return n
}

// Resolve looks the address up and calls done, on the loop's thread: at once when no name is in it.
func (n *Names) Resolve(done func([]sys.Addr, error)) {
	if n.direct {
		done(n.lookup(n.ctx, n.host))
		return
	}
	n.waiting = append(n.waiting, done)
	n.next()
}

func (n *Names) next() {
	if n.running == maxLookups || len(n.waiting) == 0 {
		return
	}
	asked := n.waiting
	n.waiting = nil
	n.running++
	n.all.Go(func() {
		addrs, err := n.lookup(n.ctx, n.host)
		n.post(func() {
			n.running--
			for _, done := range asked {
				done(addrs, err)
			}
			n.next()
		})
	})
}

// Close ends the lookups. Those who still wait are not told.
func (n *Names) Close() {
	n.waiting = nil
	n.cancel()
	n.all.Wait()
}

// numeric says that neither a name nor a service has to be looked up.
func (a HostPort) numeric() bool {
	_, host := literal(a.Host)
	_, port := number(a.Port)
	return port && (host || a.Host == "")
}
