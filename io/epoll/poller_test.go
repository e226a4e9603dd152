package epoll

import (
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// recorded is a Poller on a kernel that notes each epoll_ctl, and refuses as told.
func recorded(t *testing.T, refuse map[int]error) (p *Poller, log *[]string) {
	t.Helper()
	log = new([]string)
	k := &sys.Calls{
		EpollCreate1: func(int) (int, error) { return 100, nil },
		Eventfd:      func(uint, int) (int, error) { return 101, nil },
		EpollCtl: func(_, op, fd int, ev *unix.EpollEvent) error {
			name := map[int]string{unix.EPOLL_CTL_ADD: "ADD", unix.EPOLL_CTL_MOD: "MOD", unix.EPOLL_CTL_DEL: "DEL"}[op]
			*log = append(*log, fmt.Sprintf("%s %d %#x", name, fd, ev.Events))
			return refuse[fd]
		},
		EpollWait: func(int, []unix.EpollEvent, int) (int, error) { return 0, nil },
		Close:     func(int) error { return nil },
	}
	p, err := New(k)
	if err != nil {
		t.Fatal(err)
	}
	*log = nil
	return p, log
}

func TestSetDerivesTheCall(t *testing.T) {
	p, log := recorded(t, nil)
	steps := []struct {
		want Interest
		call string
	}{
		{0, ""},
		{In, "ADD 7 0x1"},
		{In, ""},
		{In | Out, "MOD 7 0x5"},
		{Out, "MOD 7 0x4"},
		{Err, "MOD 7 0x0"},
		{0, "DEL 7 0x0"},
		{0, ""},
		{Err, "ADD 7 0x0"},
		{In, "MOD 7 0x1"},
		{0, "DEL 7 0x0"},
	}
	for i, s := range steps {
		*log = nil
		if err := p.Set(7, s.want); err != nil {
			t.Fatal(err)
		}
		var want []string
		if s.call != "" {
			want = []string{s.call}
		}
		if !reflect.DeepEqual(*log, want) {
			t.Errorf("step %d, %d: %q, want %q", i, s.want, *log, s.call)
		}
	}
}

// TestAlwaysReady: what epoll refuses with EPERM is ready for what is wanted, and a wait does not wait for others.
func TestAlwaysReady(t *testing.T) {
	p, log := recorded(t, map[int]error{5: unix.EPERM, 6: unix.EPERM})
	for fd, want := range map[int]Interest{5: In, 6: Out} {
		if err := p.Set(fd, want); err != nil {
			t.Fatal(err)
		}
	}
	asked := -2
	p.k.EpollWait = func(_ int, _ []unix.EpollEvent, msec int) (int, error) {
		asked = msec
		return 0, nil
	}
	evs, err := p.Wait(-1, nil)
	got := map[int]Event{}
	for _, ev := range evs {
		got[ev.FD] = ev
	}
	if err != nil || asked != 0 || len(evs) != 2 || got[5] != (Event{FD: 5, In: true}) || got[6] != (Event{FD: 6, Out: true}) {
		t.Errorf("%v, %v; waited %d ms", evs, err, asked)
	}
	*log = nil
	p.Set(5, Out)
	p.Set(6, 0)
	if evs, _ = p.Wait(-1, nil); len(evs) != 1 || evs[0] != (Event{FD: 5, Out: true}) || len(*log) != 0 {
		t.Errorf("%v; calls %q", evs, *log)
	}
	p.Set(5, 0)
	if evs, _ = p.Wait(-1, nil); len(evs) != 0 || asked != -1 {
		t.Errorf("nothing is wanted: %v, waited %d ms", evs, asked)
	}
	p.Set(6, In) // the number may be something else by now: it is asked again
	if len(*log) != 1 {
		t.Errorf("calls %q", *log)
	}
}

func TestSetFails(t *testing.T) {
	refuse := map[int]error{7: unix.ENOSPC}
	p, log := recorded(t, refuse)
	if err := p.Set(7, In); !errors.Is(err, unix.ENOSPC) {
		t.Errorf("%v", err)
	}
	delete(refuse, 7)
	if err := p.Set(7, In); err != nil || (*log)[1] != "ADD 7 0x1" {
		t.Errorf("%v, %q", err, *log)
	}
	refuse[7] = unix.EPERM // of MOD: not the answer to "does it poll"
	if err := p.Set(7, Out); !errors.Is(err, unix.EPERM) {
		t.Errorf("%v", err)
	}
}

// TestNewFails: whatever is missing, nothing stays open.
func TestNewFails(t *testing.T) {
	real := sys.Linux()
	open := map[int]bool{}
	for _, which := range []string{"epoll_create1", "eventfd", "epoll_ctl"} {
		k := *real
		note := func(fd int, err error) (int, error) {
			if err == nil {
				open[fd] = true
			}
			return fd, err
		}
		k.EpollCreate1 = func(f int) (int, error) {
			if which == "epoll_create1" {
				return -1, unix.EMFILE
			}
			return note(real.EpollCreate1(f))
		}
		k.Eventfd = func(n uint, f int) (int, error) {
			if which == "eventfd" {
				return -1, unix.EMFILE
			}
			return note(real.Eventfd(n, f))
		}
		k.EpollCtl = func(int, int, int, *unix.EpollEvent) error { return unix.ENOMEM }
		k.Close = func(fd int) error {
			delete(open, fd)
			return real.Close(fd)
		}
		if p, err := New(&k); err == nil || p != nil || sys.Errno(err) == "" {
			t.Errorf("%s fails: %v", which, err)
		}
		if len(open) > 0 {
			t.Errorf("%s fails: descriptors %v stay open", which, open)
		}
	}
}

func TestWaitInterrupted(t *testing.T) {
	p, _ := recorded(t, nil)
	p.k.EpollWait = func(int, []unix.EpollEvent, int) (int, error) { return -1, unix.EINTR }
	if evs, err := p.Wait(-1, nil); err != nil || len(evs) != 0 {
		t.Errorf("%v, %v", evs, err)
	}
	p.k.EpollWait = func(int, []unix.EpollEvent, int) (int, error) { return -1, unix.EBADF }
	if _, err := p.Wait(-1, nil); !errors.Is(err, unix.EBADF) {
		t.Errorf("%v", err)
	}
}

// TestMsec: a wait is never shorter than asked for, or a timer would find nothing due.
func TestMsec(t *testing.T) {
	for d, want := range map[time.Duration]int{
		-1: -1, -time.Hour: -1, 0: 0, 1: 1, time.Millisecond: 1, time.Millisecond + 1: 2, time.Second: 1000,
		time.Duration(1<<63 - 1): 1<<31 - 1,
	} {
		if got := msec(d); got != want {
			t.Errorf("%v: %d, want %d", d, got, want)
		}
	}
}

func newReal(t testing.TB) (*Poller, *sys.Calls) {
	t.Helper()
	k := sys.Linux()
	p, err := New(k)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p, k
}

// TestWake: from another goroutine, before and during a wait; several wakes are one.
func TestWake(t *testing.T) {
	p, _ := newReal(t)
	for range 3 {
		p.Wake()
	}
	if evs, err := p.Wait(-1, nil); err != nil || len(evs) != 0 {
		t.Fatalf("%v, %v", evs, err)
	}
	if n, err := p.k.EpollWait(p.epfd, p.evs, 0); n != 0 || err != nil {
		t.Errorf("a wake is left: %d, %v", n, err)
	}
	for range 100 {
		go p.Wake()
		if _, err := p.Wait(-1, nil); err != nil { // hangs if the wake is missed
			t.Fatal(err)
		}
	}
}

// TestRealKernel: readiness, hang-up and errors, and that an interest of 0 reports nothing at all.
func TestRealKernel(t *testing.T) {
	p, _ := newReal(t)
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	a, b := pair[0], pair[1]
	defer unix.Close(a)
	wait := func() []Event {
		evs, err := p.Wait(0, nil)
		if err != nil {
			t.Fatal(err)
		}
		return evs
	}
	p.Set(a, In)
	if evs := wait(); len(evs) != 0 {
		t.Errorf("silent: %v", evs)
	}
	unix.Write(b, []byte("x"))
	if evs := wait(); len(evs) != 1 || evs[0] != (Event{FD: a, In: true}) {
		t.Errorf("a byte: %v", evs)
	}
	p.Set(a, In|Out)
	if evs := wait(); len(evs) != 1 || evs[0] != (Event{FD: a, In: true, Out: true}) {
		t.Errorf("both: %v", evs)
	}
	unix.Close(b)
	if evs := wait(); len(evs) != 1 || !evs[0].Hup {
		t.Errorf("the peer has gone: %v", evs)
	}
	p.Set(a, Err)
	if evs := wait(); len(evs) != 1 || !evs[0].Hup || evs[0].In || evs[0].Out {
		t.Errorf("watched for errors: %v", evs)
	}
	p.Set(a, 0)
	if evs := wait(); len(evs) != 0 {
		t.Errorf("not watched: %v", evs)
	}
}

func TestNoAllocs(t *testing.T) {
	p, _ := newReal(t)
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(pair[0])
	defer unix.Close(pair[1])
	evs := make([]Event, 0, 8)
	if n := testing.AllocsPerRun(200, func() {
		p.Set(pair[0], Out)
		evs, _ = p.Wait(0, evs[:0])
		p.Set(pair[0], In|Out)
		p.Set(pair[0], 0)
		p.Wake()
		evs, _ = p.Wait(0, evs[:0])
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkWait is one turn of a loop: of 500 descriptors one is ready, is read, and is made ready again.
func BenchmarkWait(b *testing.B) {
	k := sys.Linux()
	p, err := New(k)
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close()
	var fds []int
	one := []byte{1, 0, 0, 0, 0, 0, 0, 0} // eventfd(2): in host order, and any value but 0 will do
	for range 500 {
		fd, err := k.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
		if err != nil {
			b.Fatal(err)
		}
		defer unix.Close(fd)
		fds = append(fds, fd)
		if err := p.Set(fd, In); err != nil {
			b.Fatal(err)
		}
	}
	var evs []Event
	buf := make([]byte, 8)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		k.RawWrite(fds[i%len(fds)], one)
		if evs, err = p.Wait(-1, evs[:0]); err != nil || len(evs) != 1 {
			b.Fatal(len(evs), err)
		}
		k.RawRead(evs[0].FD, buf)
	}
}
