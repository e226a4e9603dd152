package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestStateLikeSS: cat5 state and ss, of iproute2, see the same sockets, in a network that has one in nearly every state.
func TestStateLikeSS(t *testing.T) {
	if _, err := exec.LookPath("ss"); err != nil || os.Geteuid() != 0 {
		notTried(t, "cat5 state beside ss (they need root and iproute2)")
		return
	}
	var ours, theirs []string
	inNamespace(t, func() {
		s := &stateScene{t: t, dir: t.TempDir()}
		defer s.close()
		s.fill()
		for range 1000 { // until nothing moves between two looks: an ACK may be delayed
			theirs = s.ss()
			ours = s.cat5()
			if slices.Equal(theirs, s.ss()) {
				return
			}
		}
		t.Error("the sockets never stand still")
	})
	if t.Failed() {
		return
	}
	for _, want := range []string{"LISTEN", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT", "CLOSE_WAIT", "LAST_ACK", "UNCONN"} {
		if !slices.ContainsFunc(ours, func(l string) bool { return strings.Contains(l, " "+want+" ") }) {
			t.Errorf("no socket in the state %s", want)
		}
	}
	if !slices.Equal(ours, theirs) {
		t.Errorf("cat5 state has\n%s\nss has\n%s", strings.Join(ours, "\n"), strings.Join(theirs, "\n"))
	}
	t.Logf("%d sockets, the same in both", len(ours))
}

// inNamespace runs f on a thread with a network of its own, whose lo is up; the thread ends with it.
func inNamespace(t *testing.T, f func()) {
	done := make(chan bool)
	go func() {
		defer close(done)
		runtime.LockOSThread() // and never unlocked: the thread is not fit for anybody else
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			t.Error(err)
			return
		}
		if out, err := exec.Command("ip", "link", "set", "lo", "up").CombinedOutput(); err != nil {
			t.Errorf("ip: %v %s", err, out)
			return
		}
		f()
	}()
	<-done
}

// stateScene is a network full of sockets.
type stateScene struct {
	t   *testing.T
	dir string
	fds []int
}

func (s *stateScene) close() {
	for _, fd := range s.fds {
		unix.Close(fd)
	}
}

func (s *stateScene) check(err error) {
	if err != nil {
		_, _, line, _ := runtime.Caller(1)
		s.t.Errorf("line %d: %v", line, err)
		runtime.Goexit()
	}
}

func (s *stateScene) socket(family, typ int) int {
	fd, err := unix.Socket(family, typ|unix.SOCK_CLOEXEC, 0)
	s.check(err)
	s.fds = append(s.fds, fd)
	return fd
}

func (s *stateScene) listener(sa unix.Sockaddr, backlog int) (int, unix.Sockaddr) {
	family := unix.AF_INET
	if _, ok := sa.(*unix.SockaddrInet6); ok {
		family = unix.AF_INET6
	}
	fd := s.socket(family, unix.SOCK_STREAM)
	s.check(unix.Bind(fd, sa))
	s.check(unix.Listen(fd, backlog))
	at, err := unix.Getsockname(fd)
	s.check(err)
	return fd, at
}

// pair is both ends of a connection.
func (s *stateScene) pair(family int, sa unix.Sockaddr) (client, server int) {
	l, at := s.listener(sa, 5)
	client = s.socket(family, unix.SOCK_STREAM)
	s.check(unix.Connect(client, at))
	server, _, err := unix.Accept4(l, unix.SOCK_CLOEXEC)
	s.check(err)
	s.fds = append(s.fds, server)
	return client, server
}

func (s *stateScene) shut(fd int) {
	s.fds = slices.DeleteFunc(s.fds, func(n int) bool { return n == fd })
	s.check(unix.Close(fd))
}

// stuff writes until the peer takes no more.
func (s *stateScene) stuff(fd int) {
	for {
		_, err := unix.SendmsgN(fd, make([]byte, 64<<10), nil, nil, unix.MSG_DONTWAIT)
		if err == unix.EAGAIN {
			return
		}
		s.check(err)
	}
}

func (s *stateScene) ends(fd int) { // its peer's FIN is here
	fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLRDHUP}}
	for {
		n, err := unix.Poll(fds, int(hang.Milliseconds()))
		if err == unix.EINTR {
			continue
		}
		if s.check(err); n == 0 {
			s.t.Error("no FIN comes")
		}
		return
	}
}

func (s *stateScene) fill() {
	four, six := &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}, &unix.SockaddrInet6{Addr: [16]byte{15: 1}}
	s.pair(unix.AF_INET, four)
	s.pair(unix.AF_INET6, six)
	s.pair(unix.AF_INET6, &unix.SockaddrInet6{}) // dual-stack listener

	client, server := s.pair(unix.AF_INET, four)
	s.check(unix.Shutdown(client, unix.SHUT_WR)) // FIN_WAIT2 and CLOSE_WAIT
	s.ends(server)
	client, server = s.pair(unix.AF_INET, four)
	s.shut(client) // FIN_WAIT2, of nobody
	s.ends(server)
	client, server = s.pair(unix.AF_INET6, six)
	s.shut(client)
	s.ends(server)
	s.shut(server) // TIME_WAIT
	client, _ = s.pair(unix.AF_INET, four)
	s.stuff(client)
	s.shut(client) // FIN_WAIT1: its FIN stands behind what the peer has no room for
	client, server = s.pair(unix.AF_INET, four)
	s.check(unix.Shutdown(client, unix.SHUT_WR))
	s.ends(server)
	s.stuff(server)
	s.shut(server) // LAST_ACK, likewise

	_, at := s.listener(four, 0) // room for one; then nobody answers
	s.check(unix.Connect(s.socket(unix.AF_INET, unix.SOCK_STREAM), at))
	fd := s.socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK)
	if err := unix.Connect(fd, at); err != unix.EINPROGRESS { // SYN_SENT
		s.check(err)
	}
	l, at := s.listener(four, 5)
	s.check(unix.SetsockoptInt(l, unix.IPPROTO_TCP, unix.TCP_DEFER_ACCEPT, 60)) // SYN_RECV: no socket before there is data
	s.check(unix.Connect(s.socket(unix.AF_INET, unix.SOCK_STREAM), at))

	u := s.socket(unix.AF_INET, unix.SOCK_DGRAM)
	s.check(unix.Bind(u, four))
	at, err := unix.Getsockname(u)
	s.check(err)
	v := s.socket(unix.AF_INET, unix.SOCK_DGRAM)
	s.check(unix.Connect(v, at))
	_, err = unix.Write(v, []byte("waits"))
	s.check(err)
	s.check(unix.Bind(s.socket(unix.AF_INET6, unix.SOCK_DGRAM), &unix.SockaddrInet6{}))

	for i, typ := range []int{unix.SOCK_STREAM, unix.SOCK_SEQPACKET, unix.SOCK_DGRAM} {
		name := &unix.SockaddrUnix{Name: filepath.Join(s.dir, itoa(i))}
		fd := s.socket(unix.AF_UNIX, typ)
		s.check(unix.Bind(fd, name))
		if typ != unix.SOCK_DGRAM {
			s.check(unix.Listen(fd, 3))
		}
		s.check(unix.Connect(s.socket(unix.AF_UNIX, typ), name))
	}
	s.check(unix.Bind(s.socket(unix.AF_UNIX, unix.SOCK_DGRAM), &unix.SockaddrUnix{Name: "@cat5-test-state"}))
}

// A line of each: kind, state, queues, both ends; of unix sockets the inodes.
func (s *stateScene) cat5() (lines []string) {
	out, err := exec.Command("cat5", "state", "--json").Output()
	s.check(err)
	var doc struct {
		Sockets []struct {
			Proto, State, Local, Peer string
			RecvQ                     int `json:"recv_q"`
			SendQ                     int `json:"send_q"`
			Accept                    int `json:"accept_queue"`
			Backlog                   int
			Inode                     int
			PeerInode                 int `json:"peer_inode"`
		}
	}
	s.check(json.Unmarshal(out, &doc))
	for _, v := range doc.Sockets {
		local, peer := v.Local, v.Peer
		if strings.HasPrefix(v.Proto, "unix") {
			local, peer = itoa(v.Inode), itoa(v.PeerInode)
		}
		lines = append(lines, fmt.Sprintf("%s %s %d %d %s %s", v.Proto, v.State, v.RecvQ+v.Accept, v.SendQ+v.Backlog, local, peer))
	}
	slices.Sort(lines)
	return lines
}

func (s *stateScene) ss() (lines []string) {
	out, err := exec.Command("ss", "-H", "-n", "-a", "-t", "-u", "-x").Output()
	s.check(err)
	kinds := map[string]string{"u_str": "unix-stream", "u_dgr": "unix-dgram", "u_seq": "unix-seqpacket"}
	states := map[string]string{"ESTAB": "ESTABLISHED", "FIN-WAIT-1": "FIN_WAIT1", "FIN-WAIT-2": "FIN_WAIT2"}
	for line := range strings.Lines(string(out)) {
		f := strings.Fields(line)
		kind, state := f[0], strings.ReplaceAll(f[1], "-", "_")
		if n, ok := states[f[1]]; ok {
			state = n
		}
		local, peer := f[4], f[5]
		if n, ok := kinds[kind]; ok {
			kind, local, peer = n, f[5], f[7]
		}
		end := strings.NewReplacer("[::ffff:127.0.0.1]", "127.0.0.1", "0.0.0.0:*", "*", "[::]:*", "*", "*:*", "*")
		lines = append(lines, strings.Join([]string{kind, state, f[2], f[3], strings.ReplaceAll(local, "[::ffff:127.0.0.1]", "127.0.0.1"), end.Replace(peer)}, " "))
	}
	slices.Sort(lines)
	return lines
}
