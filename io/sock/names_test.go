package sock

import (
	"context"
	"errors"
	"testing"

	"cat5/io/sys"
)

// TestNames: no more lookups at once than maxLookups; those who ask meanwhile share the next one, and none gets an answer
// to a question that was asked before its own.
func TestNames(t *testing.T) {
	type lookup struct {
		number int
		answer chan error
	}
	posted := make(chan func(), 100)
	begun := make(chan lookup, 100)
	n := NewNames(Resolver{Network: "tcp"}, HostPort{"name", "80"}, func(f func()) { posted <- f })
	count := make(chan int, 1)
	count <- 0
	n.lookup = func(ctx context.Context, a HostPort) ([]sys.Addr, error) {
		i := <-count + 1
		count <- i
		l := lookup{i, make(chan error)}
		begun <- l
		select {
		case err := <-l.answer:
			return []sys.Addr{addr("127.0.0.1:80").WithPort(uint16(i))}, err
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	got := map[int]int{} // who asked: by which lookup the answer is
	ask := func(who int) {
		n.Resolve(func(all []sys.Addr, err error) {
			if err != nil {
				got[who] = -1
				return
			}
			got[who] = int(all[0].AddrPort().Port())
		})
	}
	var first []lookup
	for i := range maxLookups {
		ask(i)
		first = append(first, <-begun)
	}
	for i := range 1000 {
		ask(100 + i)
	}
	if len(begun) != 0 {
		t.Fatalf("%d lookups more than %d at once", len(begun), maxLookups)
	}
	first[0].answer <- nil
	(<-posted)()
	last := <-begun
	if len(got) != 1 {
		t.Fatalf("%d answers to one lookup's question", len(got))
	}
	last.answer <- nil
	(<-posted)()
	for i := range 1000 {
		if got[100+i] != last.number {
			t.Fatalf("question %d was answered by lookup %d, not %d", i, got[100+i], last.number)
		}
	}
	first[1].answer <- errors.New("no such host")
	(<-posted)()
	ask(5000)
	<-begun
	n.Close() // which waits for the goroutines: hangs if one does not end
	if len(got) != 1002 {
		t.Errorf("%d answers", len(got))
	}
}

// TestNamesDirect: where nothing is looked up the answer is there at once, and no goroutine is needed.
func TestNamesDirect(t *testing.T) {
	for _, tt := range []struct {
		r    Resolver
		a    HostPort
		want string
		bad  bool
	}{
		{Resolver{Network: "tcp"}, HostPort{"127.0.0.1", "80"}, "127.0.0.1:80", false},
		{Resolver{Network: "udp"}, HostPort{"::1", "53"}, "[::1]:53", false},
		{Resolver{Network: "tcp", Numeric: true}, HostPort{"localhost", "80"}, "", true},
	} {
		n := NewNames(tt.r, tt.a, func(func()) { t.Error("posted") })
		called := false
		n.Resolve(func(all []sys.Addr, err error) {
			called = true
			if tt.bad != (err != nil) || err == nil && all[0].String() != tt.want {
				t.Errorf("%v: %v, %v", tt.a, all, err)
			}
		})
		if !called {
			t.Errorf("%v: not at once", tt.a)
		}
		n.Close()
	}
}
