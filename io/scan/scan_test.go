package scan

import (
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

func listen(t *testing.T) (net.Listener, sys.Addr) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	return ln, sys.Inet(ln.Addr().(*net.TCPAddr).AddrPort(), 0)
}

func run(t *testing.T, k *sys.Calls, s *Scan) {
	t.Helper()
	n, err := New(k)
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	s.Stop = func() bool { return false }
	if err := s.Run(n); err != nil {
		t.Fatal(err)
	}
	if n.Live() != 0 {
		t.Errorf("%d knocks are left", n.Live())
	}
}

// TestOutOfDescriptors: with two descriptors at a time every one of 50 silent servers is found.
func TestOutOfDescriptors(t *testing.T) {
	_, addr := listen(t)
	k := *sys.Linux()
	open, refused := map[int]bool{}, 0
	k.Socket = func(domain, typ, proto int) (int, error) {
		if len(open) == 2 {
			refused++
			return -1, []error{unix.EMFILE, unix.ENFILE, unix.ENOBUFS}[refused%3]
		}
		fd, err := unix.Socket(domain, typ, proto)
		open[fd] = true
		return fd, err
	}
	k.Close = func(fd int) error {
		delete(open, fd)
		return unix.Close(fd)
	}
	found := map[int]bool{}
	run(t, &k, &Scan{
		N: 50, InFlight: 50,
		Target: func(_ int, to *Knock) {
			to.Addr, to.Type, to.Timeout = addr, unix.SOCK_STREAM, time.Millisecond
			to.Want = func([]byte) bool { return true }
		},
		Answer: func(i int, kn *Knock) {
			if found[i] = true; kn.State != Open || kn.Err != ErrTimeout {
				t.Errorf("%d: %v, %v", i, kn.State, kn.Err)
			}
		},
	})
	if len(found) != 50 || refused == 0 {
		t.Errorf("%d of 50 found; %d times there was no descriptor", len(found), refused)
	}
}

// TestNeverADescriptor: what cannot be asked is told as unknown, with the reason, and not left out.
func TestNeverADescriptor(t *testing.T) {
	k := *sys.Linux()
	k.Socket = func(int, int, int) (int, error) { return -1, unix.EMFILE }
	at := k.Now
	var skip time.Duration // the pauses pass at once
	k.Now = func() time.Duration { skip += busyPause; return at() + skip }
	told := 0
	run(t, &k, &Scan{
		N: 3, InFlight: 3,
		Target: func(_ int, to *Knock) { to.Addr, to.Type, to.Timeout = sys.Addr{}, unix.SOCK_STREAM, time.Second },
		Answer: func(_ int, kn *Knock) {
			if told++; kn.State != Unknown || kn.Err != unix.EMFILE {
				t.Errorf("%v, %v", kn.State, kn.Err)
			}
		},
	})
	if told != 3 {
		t.Errorf("%d of 3 told", told)
	}
}

// TestMeaning: what each errno of connect(2) says of the port.
func TestMeaning(t *testing.T) {
	for errno, want := range map[unix.Errno]State{
		unix.ECONNREFUSED: Closed, unix.EHOSTUNREACH: Filtered, unix.ENETUNREACH: Filtered, unix.EACCES: Filtered, unix.EPERM: Filtered,
		unix.ETIMEDOUT: Filtered, unix.EAFNOSUPPORT: Unknown, unix.EINVAL: Unknown,
	} {
		k := *sys.Linux()
		k.Connect = func(int, sys.Addr) error { return errno }
		run(t, &k, &Scan{
			N: 1, InFlight: 1,
			Target: func(_ int, to *Knock) {
				to.Addr, to.Type, to.Timeout = sys.Inet(netip.MustParseAddrPort("127.0.0.1:9"), 0), unix.SOCK_STREAM, time.Second
			},
			Answer: func(_ int, kn *Knock) {
				if kn.State != want || kn.Err != errno {
					t.Errorf("%v is %v (%v), want %v", errno, kn.State, kn.Err, want)
				}
			},
		})
	}
}

// TestSilenceIsAskedAgain: as often as Retries says, and not more.
func TestSilenceIsAskedAgain(t *testing.T) {
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	addr := sys.Inet(c.LocalAddr().(*net.UDPAddr).AddrPort(), 0)
	asked := 0
	run(t, sys.Linux(), &Scan{
		N: 1, InFlight: 1, Retries: 2,
		Target: func(_ int, to *Knock) {
			asked++
			to.Addr, to.Type, to.Timeout, to.Send = addr, unix.SOCK_DGRAM, time.Millisecond, []byte("?")
		},
		Answer: func(_ int, kn *Knock) {
			if kn.State != Silent {
				t.Errorf("%v, %v", kn.State, kn.Err)
			}
		},
	})
	if asked != 3 {
		t.Errorf("asked %d times", asked)
	}
}

// TestNothingIsLeft: no descriptor stays open, whether a knock was answered or not.
func TestNothingIsLeft(t *testing.T) {
	ln, addr := listen(t)
	before := descriptors(t)
	n, err := New(sys.Linux())
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		n.Start(&Knock{Addr: addr, Type: unix.SOCK_STREAM, Timeout: time.Hour, Want: func([]byte) bool { return false }, Done: func(*Knock) {}})
	}
	ln.Close()
	n.Start(&Knock{Addr: addr, Type: unix.SOCK_STREAM, Timeout: time.Hour, Done: func(*Knock) {}})
	n.Close()
	if after := descriptors(t); after != before-1 { // the listener's
		t.Errorf("%d descriptors before, %d after", before, after)
	}
}

func descriptors(t *testing.T) int {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

// TestHungUpAtOnce: a server that has accepted and is gone again was there, however it left.
func TestHungUpAtOnce(t *testing.T) {
	_, addr := listen(t)
	for _, err := range []error{unix.ECONNRESET, unix.EPIPE} {
		k := *sys.Linux()
		answers := []error{unix.EINPROGRESS, err}
		k.Connect = func(fd int, to sys.Addr) error {
			err := answers[0]
			answers = answers[1:]
			return err
		}
		var state State
		run(t, &k, &Scan{
			N: 1, InFlight: 1,
			Target: func(_ int, to *Knock) { to.Addr, to.Type, to.Timeout = addr, unix.SOCK_STREAM, time.Minute },
			Answer: func(_ int, kn *Knock) { state = kn.State },
		})
		if state != Open {
			t.Errorf("%v: %v", err, state)
		}
	}
}
