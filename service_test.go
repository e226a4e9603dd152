package main

import (
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"cat5/io/engine"
)

// A service manager, as the tests play it: it makes the socket, starts cat5 with it when it likes, and is told when that
// is ready and when it leaves (sd_listen_fds(3), sd_notify(3)).

// TestLentSocket: every listener serves a socket that it was given, says when it is ready and when it leaves, and gives the
// socket back as it was.
func TestLentSocket(t *testing.T) {
	serves := func(name, network string, args ...string) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			addr := "127.0.0.1:0"
			if strings.HasPrefix(network, "unix") {
				addr = filepath.Join(t.TempDir(), "s")
			}
			s := lend(t, network, addr)
			c := s.dial(t) // it comes before there is a cat5
			c.Write([]byte("hello"))
			m := manage(t, nil, []*os.File{s.file}, nil, args...)
			m.told(t, "READY=1")
			b := make([]byte, 100)
			if network != "unixgram" { // whose client here has no name
				n, err := c.Read(b)
				if err != nil || !strings.Contains(string(b[:n]), "hello") {
					t.Errorf("answered %q: %v", b[:n], err)
				}
			}
			must(t, m.cmd.Process.Signal(syscall.SIGTERM))
			m.told(t, "STOPPING=1")
			m.ended(t, "signal:TERM")
			if want := "listening on " + strings.TrimPrefix(s.addr.String(), "@"); !strings.Contains(m.err.String(), strings.TrimPrefix(want, "listening on ")) {
				t.Errorf("it does not say %q: %s", want, m.err.String())
			}
			s.stillThere(t)
		})
	}
	for _, e := range engine.All {
		serves("echo_"+e.Name, "tcp", "echo", "--engine", e.Name)
		if e.Dgram {
			serves("echo_udp_"+e.Name, "udp", "echo", "udp", "--engine", e.Name)
		}
	}
	serves("echo_unix", "unix", "echo", "unix")
	serves("echo_seqpacket", "unixpacket", "echo", "unix", "--type", "seqpacket")
	serves("listen_tcp", "tcp", "listen", "tcp", "--exec", "cat")
	serves("listen_unix", "unix", "listen", "unix", "--exec", "cat")
	serves("tcp", "tcp", "tcp", "-lk", "--exec", "cat")
	serves("keepalive", "tcp", "keepalive", "-l")

	t.Run("udp", func(t *testing.T) {
		t.Parallel()
		s := lend(t, "udp", "127.0.0.1:0")
		c := s.dial(t)
		c.Write([]byte("hello"))
		m := manage(t, nil, []*os.File{s.file}, strings.NewReader("an answer"), "udp", "-l", "--bytes", "5")
		m.told(t, "READY=1")
		b := make([]byte, 100)
		if n, err := c.Read(b); string(b[:n]) != "an answer" {
			t.Errorf("answered %q: %v", b[:n], err)
		}
		m.told(t, "STOPPING=1")
		m.ended(t, "0")
		if m.out.String() != "hello" {
			t.Errorf("heard %q", m.out.String())
		}
		s.stillThere(t)
	})
	t.Run("unix_dgram", func(t *testing.T) {
		t.Parallel()
		s := lend(t, "unixgram", filepath.Join(t.TempDir(), "s"))
		s.dial(t).Write([]byte("hello"))
		m := manage(t, nil, []*os.File{s.file}, nil, "unix", "-l", "--type", "dgram", "--bytes", "5")
		m.ended(t, "0")
		if m.out.String() != "hello" {
			t.Errorf("heard %q", m.out.String())
		}
		s.stillThere(t)
	})
	t.Run("http", func(t *testing.T) {
		t.Parallel()
		s := lend(t, "tcp", "127.0.0.1:0")
		m := manage(t, nil, []*os.File{s.file}, nil, "http", t.TempDir())
		m.told(t, "READY=1")
		c := s.dial(t)
		io.WriteString(c, "GET / HTTP/1.0\r\n\r\n")
		if b, err := io.ReadAll(c); !strings.HasPrefix(string(b), "HTTP/1.1 200") {
			t.Errorf("%q: %v", b, err)
		}
		must(t, m.cmd.Process.Signal(syscall.SIGTERM))
		m.told(t, "STOPPING=1")
		m.ended(t, "signal:TERM")
		s.stillThere(t)
	})
	t.Run("relay", func(t *testing.T) {
		t.Parallel()
		s, far := lend(t, "tcp", "127.0.0.1:0"), lend(t, "tcp", "127.0.0.1:0")
		m := manage(t, nil, []*os.File{s.file}, nil, "relay", "listen:tcp", "tcp:"+far.addr.String())
		m.told(t, "READY=1")
		s.dial(t).Write([]byte("anew"))
		l, err := net.FileListener(far.file)
		must(t, err)
		defer l.Close()
		c, err := l.Accept()
		must(t, err)
		defer c.Close()
		b := make([]byte, 4)
		if _, err := io.ReadFull(c, b); string(b) != "anew" {
			t.Errorf("%q: %v", b, err)
		}
		c.Close()
		must(t, m.cmd.Process.Signal(syscall.SIGTERM))
		m.told(t, "STOPPING=1")
		m.ended(t, "signal:TERM")
		s.stillThere(t)
	})
}

// TestLentWrong: what is not the socket that the command needs is refused in a sentence.
func TestLentWrong(t *testing.T) {
	tcp, udp, unixs := lend(t, "tcp", "127.0.0.1:0"), lend(t, "udp", "127.0.0.1:0"), lend(t, "unix", filepath.Join(t.TempDir(), "s"))
	pipe, w, err := os.Pipe()
	must(t, err)
	defer w.Close()
	defer pipe.Close()
	fresh, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	must(t, err)
	unbound, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	must(t, err)
	deaf, loose := os.NewFile(uintptr(fresh), "tcp"), os.NewFile(uintptr(unbound), "udp")
	defer deaf.Close()
	defer loose.Close()
	for _, c := range []struct {
		files []*os.File
		env   string
		args  string
		code  string
		says  string
	}{
		{[]*os.File{udp.file}, "", "tcp -l", "45", "descriptor 3 is a UDP socket, and a TCP socket is needed"},
		{[]*os.File{tcp.file}, "", "udp -l", "45", "descriptor 3 is a TCP socket, and a UDP socket is needed"},
		{[]*os.File{unixs.file}, "", "echo", "45", "descriptor 3 is a unix stream socket, and a TCP socket is needed"},
		{[]*os.File{unixs.file}, "", "unix -l --type seqpacket", "45", "descriptor 3 is a unix stream socket, and a unix seqpacket socket is needed"},
		{[]*os.File{pipe}, "", "http", "45", "descriptor 3 is not a socket, and a TCP socket is needed"},
		{[]*os.File{deaf}, "", "listen tcp", "45", "descriptor 3 is a TCP socket that does not listen"},
		{[]*os.File{loose}, "", "echo udp", "45", "descriptor 3 is a UDP socket that is not bound to an address"},
		{nil, "LISTEN_FDS=1", "tcp -l", "45", "descriptor 3"}, // is not open, or is something of the runtime's
		{[]*os.File{tcp.file, udp.file}, "", "echo", "45", "2 sockets were passed (LISTEN_FDS), and one is served: start a cat5 for each"},
		{nil, "LISTEN_FDS=some", "echo", "45", `LISTEN_FDS="some" is not a number of descriptors`},
		{[]*os.File{tcp.file}, "", "echo 7000", "2", `LISTEN_FDS passes a socket that has its address: leave "7000" out`},
		{[]*os.File{tcp.file}, "", "tcp -l --backlog 5", "2", "--backlog is for a socket that cat5 makes, and LISTEN_FDS passes one"},
		{[]*os.File{tcp.file}, "", "tcp -l --ready-fd 3", "2", "--ready-fd: descriptor 3 is the socket that LISTEN_FDS passes"},
		{[]*os.File{unixs.file}, "", "unix -l --port-file p", "2", "--port-file: a unix socket has no port"},
		{nil, "", "tcp -l", "2", "no address: a listener needs a PORT, or ADDRESS PORT (0 lets the kernel choose)"},
	} {
		m := manage(t, []string{c.env}, c.files, nil, strings.Fields(c.args)...)
		m.ended(t, c.code)
		if got := strings.TrimSpace(m.err.String()); got != "cat5: "+c.says && (c.says != "descriptor 3" || !strings.HasPrefix(got, "cat5: descriptor 3")) {
			t.Errorf("%s: it says\n%s\nnot\n%s", c.args, got, "cat5: "+c.says)
		}
	}
	tcp.stillThere(t)
	udp.stillThere(t)
	unixs.stillThere(t)
}

// TestLentEnvironment: a program that is started does not take the variables for its own; LISTEN_PID says for whom they are.
func TestLentEnvironment(t *testing.T) {
	s := lend(t, "tcp", "127.0.0.1:0")
	m := manage(t, nil, []*os.File{s.file}, nil, "tcp", "-l", "--exec", "env")
	m.told(t, "READY=1")
	b, err := io.ReadAll(s.dial(t))
	if err != nil || !strings.Contains(string(b), "PATH=") || strings.Contains(string(b), "LISTEN_") || strings.Contains(string(b), "NOTIFY_SOCKET") {
		t.Errorf("env says %s: %v", b, err)
	}
	m.told(t, "STOPPING=1")
	m.ended(t, "0")

	cmd := exec.Command("cat5", "echo", "127.0.0.1", "0", "--ready-fd", "3")
	r, w, err := os.Pipe()
	must(t, err)
	defer r.Close()
	cmd.Env, cmd.ExtraFiles = append(os.Environ(), "LISTEN_PID=1", "LISTEN_FDS=1"), []*os.File{w}
	must(t, cmd.Start())
	w.Close()
	if b, err := io.ReadAll(r); string(b) != "\n" {
		t.Errorf("variables for another process were heeded: %q, %v", b, err)
	}
	cmd.Process.Signal(syscall.SIGTERM)
	cmd.Wait()
}

// TestNotify: a client says that it is connected; a manager that is not there is worth a line and no more.
func TestNotify(t *testing.T) {
	s := lend(t, "tcp", "127.0.0.1:0")
	host, port, _ := net.SplitHostPort(s.addr.String())
	m := manage(t, nil, nil, nil, "tcp", host, port)
	m.told(t, "READY=1")
	must(t, m.cmd.Process.Signal(syscall.SIGTERM))
	m.told(t, "STOPPING=1")
	m.ended(t, "signal:TERM")

	for _, c := range []struct{ socket, says string }{
		{"/no/such/socket", "cat5: notify /no/such/socket: no such file or directory\n"},
		{"@cat5-nobody-" + port, "cat5: notify @cat5-nobody-" + port + ": connection refused\n"},
		{"vsock:2:1", "cat5: notify vsock:2:1: NOTIFY_SOCKET is neither a path nor an @name\n"},
	} {
		cmd := exec.Command("cat5", "tcp", "-z", host, port)
		cmd.Env = append(os.Environ(), "NOTIFY_SOCKET="+c.socket)
		if out, err := cmd.CombinedOutput(); err != nil || string(out) != c.says {
			t.Errorf("%v: %s\nnot %s", err, out, c.says)
		}
	}

	a, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: "@cat5-manager-" + port, Net: "unixgram"})
	must(t, err)
	defer a.Close()
	cmd := exec.Command("cat5", "tcp", "-z", host, port)
	cmd.Env = append(os.Environ(), "NOTIFY_SOCKET=@cat5-manager-"+port)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	b := make([]byte, 100)
	n, err := a.Read(b)
	if string(b[:n]) != "READY=1" {
		t.Errorf("an abstract socket was told %q: %v", b[:n], err)
	}
}
