package main

import (
	"bytes"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// lentSocket is a socket that a service manager has: its file, and what makes a connection to it.
type lentSocket struct {
	file *os.File
	addr net.Addr
}

func lend(t *testing.T, network, addr string) lentSocket {
	t.Helper()
	var s interface {
		File() (*os.File, error)
		Close() error
	}
	var at net.Addr
	switch network {
	case "udp", "unixgram":
		p, err := net.ListenPacket(network, addr)
		must(t, err)
		at = p.LocalAddr()
		s = p.(interface {
			File() (*os.File, error)
			Close() error
		})
	default:
		l, err := net.Listen(network, addr)
		must(t, err)
		at = l.Addr()
		if u, ok := l.(*net.UnixListener); ok {
			u.SetUnlinkOnClose(false)
		}
		s = l.(interface {
			File() (*os.File, error)
			Close() error
		})
	}
	f, err := s.File()
	must(t, err)
	s.Close()
	t.Cleanup(func() { f.Close() })
	return lentSocket{f, at}
}

// managed is a cat5 that was given sockets, and what it told its manager.
type managed struct {
	cmd      *exec.Cmd
	out, err bytes.Buffer
	notify   *net.UnixConn
}

// manage starts cat5 with files as its descriptors 3, 4, ...
func manage(t *testing.T, env []string, files []*os.File, stdin io.Reader, args ...string) *managed {
	t.Helper()
	path := filepath.Join(t.TempDir(), "notify")
	n, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	must(t, err)
	t.Cleanup(func() { n.Close() })
	m := &managed{notify: n}
	m.cmd = exec.Command("sh", append([]string{"-c", `export LISTEN_PID=$$; exec cat5 "$@"`, "sh"}, args...)...)
	m.cmd.Env = append(append(os.Environ(), "NOTIFY_SOCKET="+path, "LISTEN_FDS="+itoa(len(files))), env...)
	m.cmd.ExtraFiles = files
	m.cmd.Stdin, m.cmd.Stdout, m.cmd.Stderr = stdin, &m.out, &m.err
	must(t, m.cmd.Start())
	t.Cleanup(func() { m.cmd.Process.Kill() })
	return m
}

// told waits for the next thing that cat5 tells.
func (m *managed) told(t *testing.T, want string) {
	t.Helper()
	b := make([]byte, 1000)
	m.notify.SetReadDeadline(time.Now().Add(30 * time.Second))
	n, err := m.notify.Read(b)
	if err != nil || string(b[:n]) != want {
		m.cmd.Process.Kill()
		m.cmd.Wait()
		t.Fatalf("told %q, not %q: %v; stderr:\n%s", b[:n], want, err, m.err.String())
	}
}

// ended waits for the end, which has to be code.
func (m *managed) ended(t *testing.T, want string) {
	t.Helper()
	hang := time.AfterFunc(30*time.Second, func() { m.cmd.Process.Signal(syscall.SIGQUIT) })
	defer hang.Stop()
	m.cmd.Wait()
	if got := howItEnded(m.cmd.ProcessState); got != want {
		t.Errorf("exit %s, not %s; stderr:\n%s", got, want, m.err.String())
	}
}

func (s lentSocket) dial(t *testing.T) net.Conn {
	t.Helper()
	var c net.Conn
	var err error
	if u, ok := s.addr.(*net.UnixAddr); ok {
		c, err = net.DialUnix(u.Net, nil, u)
	} else {
		c, err = net.Dial(s.addr.Network(), s.addr.String())
	}
	must(t, err)
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(30 * time.Second))
	return c
}

// stillThere: the socket is as it was before cat5 had it. Somebody new is heard.
func (s lentSocket) stillThere(t *testing.T) {
	t.Helper()
	c := s.dial(t)
	c.Write([]byte("anew"))
	b := make([]byte, 10)
	switch s.addr.Network() {
	case "udp", "unixgram":
		p, err := net.FilePacketConn(s.file)
		must(t, err)
		defer p.Close()
		p.SetDeadline(time.Now().Add(30 * time.Second))
		for { // what came too late for cat5 is there as well
			n, _, err := p.ReadFrom(b)
			if err != nil {
				t.Fatalf("after cat5: %v", err)
			}
			if string(b[:n]) == "anew" {
				return
			}
		}
	}
	l, err := net.FileListener(s.file)
	must(t, err)
	defer l.Close()
	l.(interface{ SetDeadline(time.Time) error }).SetDeadline(time.Now().Add(30 * time.Second))
	if u, ok := l.(*net.UnixListener); ok {
		u.SetUnlinkOnClose(false)
	}
	got, err := l.Accept()
	if err != nil {
		t.Fatalf("after cat5: %v", err)
	}
	defer got.Close()
	got.SetDeadline(time.Now().Add(30 * time.Second))
	if n, err := io.ReadFull(got, b[:4]); string(b[:n]) != "anew" {
		t.Fatalf("after cat5: %q, %v", b[:n], err)
	}
}
