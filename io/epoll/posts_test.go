package epoll

import (
	"slices"
	"testing"

	"cat5/io/sys"
)

// TestPosts: what is posted wakes the waiter and comes in its order; what a post posts comes in the next Run.
func TestPosts(t *testing.T) {
	p, err := New(sys.Linux())
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	var q Posts
	var said []int
	go func() {
		q.Post(p, func() {
			said = append(said, 1)
			q.Post(p, func() { said = append(said, 3) })
		})
		q.Post(p, func() { said = append(said, 2) })
	}()
	for len(said) < 3 {
		if _, err := p.Wait(-1, nil); err != nil {
			t.Fatal(err)
		}
		had := len(said)
		q.Run()
		if had == 0 && len(said) == 3 {
			t.Fatal("what was posted by a post came in the same Run")
		}
	}
	if said[0] != 1 || !slices.Contains(said, 2) || !slices.Contains(said, 3) {
		t.Errorf("%v", said)
	}
}
