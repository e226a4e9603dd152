package hub

import (
	"net"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// TestNothingAllocated: once peers are there, what they say costs no memory.
func TestNothingAllocated(t *testing.T) {
	safe := func(dst, src []byte) []byte { return append(dst, src...) }
	for name, svc := range map[string]Service{"broker": &Broker{}, "chat": &Chat{Safe: safe}} {
		t.Run(name, func(t *testing.T) {
			r := start(t, sys.Linux(), "unix", Options{Service: svc})
			var conns []net.Conn
			for range 20 {
				conns = append(conns, r.dial())
			}
			w := conns[0]
			b, line := make([]byte, 64<<10), []byte("some words\n")
			turn := func() {
				if _, err := w.Write(line); err != nil {
					t.Fatal(err)
				}
				for _, c := range conns[1:] {
					for {
						n, err := c.Read(b)
						if err != nil {
							t.Fatal(err)
						}
						if name == "broker" || string(b[max(n-len(line), 0):n]) == string(line) { // and not who has come
							break
						}
					}
				}
			}
			for range 20 {
				turn()
			}
			if n := testing.AllocsPerRun(fewer(200, 5), turn); n >= 1 {
				t.Errorf("%v allocations for 1 read and 19 writes", n)
			}
			check(t, r.stop())
		})
	}
}

// TestIdleMemory: a peer that says nothing costs a few hundred bytes, also after it has said much.
func TestIdleMemory(t *testing.T) {
	raise(t)
	n := fewer(2000, 200)
	if s := os.Getenv("CAT5_TEST_PEERS"); s != "" {
		n, _ = strconv.Atoi(s)
	}
	r := start(t, sys.Linux(), "unix", Options{Service: Discard{}, Idle: time.Hour})
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	fds := make([]int, n)
	before := heap()
	for i := range fds {
		fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		check(t, err)
		check(t, unix.Connect(fd, &unix.SockaddrUnix{Name: r.addr}))
		_, err = unix.Write(fd, make([]byte, 1000))
		check(t, err)
		fds[i] = fd
	}
	r.awaitIn(int64(1000 * n))
	r.mu.Lock()
	came := len(r.came)
	clear(r.came) // the test's own notes
	r.mu.Unlock()
	used := (int64(heap()) - int64(before)) / int64(n)
	t.Logf("%d peers: %d bytes each", came, used)
	if used > 1200 && !raceDetector { // with the test's own map, and epoll's lists
		t.Errorf("%d bytes for an idle peer", used)
	}
	for _, fd := range fds {
		unix.Close(fd)
	}
	check(t, r.stop())
}

// raise allows as many descriptors as we may have.
func raise(t testing.TB) {
	var lim unix.Rlimit
	check(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &lim))
	lim.Cur = lim.Max
	unix.Setrlimit(unix.RLIMIT_NOFILE, &lim)
}

// BenchmarkBroker is one writer of 64 KiB messages and 50 readers: MB/s delivered. All in one process, readers on a loop of
// their own.
func BenchmarkBroker(b *testing.B) {
	const readers, size = 50, 64 << 10
	r := start(b, sys.Linux(), "tcp", Options{Service: &Broker{}})
	done := make(chan bool, readers)
	for range readers {
		c := r.dial()
		check(b, c.SetDeadline(time.Time{}))
		go func() {
			buf := make([]byte, 256<<10)
			for left := b.N * size; left > 0; {
				n, err := c.Read(buf)
				if err != nil {
					b.Error(err)
					break
				}
				left -= n
			}
			done <- true
		}()
	}
	w := r.dial()
	check(b, w.SetDeadline(time.Time{}))
	msg := noise(size)
	b.SetBytes(readers * size)
	b.ResetTimer()
	for range b.N {
		_, err := w.Write(msg)
		check(b, err)
	}
	for range readers {
		<-done
	}
	b.StopTimer()
	check(b, r.stop())
}
