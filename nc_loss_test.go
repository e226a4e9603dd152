package main

import (
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestNCLoss: where nc.openbsd exits 0 though bytes were lost, cat5 nc exits 1.
func TestNCLoss(t *testing.T) {
	nc, err := exec.LookPath("nc")
	if err != nil {
		t.Fatal(err)
	}
	big := strings.Repeat("x", 4<<20)
	reset := func(r *ncRun, c net.Conn) {
		r.read(c, 1)
		c.(*net.TCPConn).SetLinger(0)
	}
	for _, c := range []ncCase{
		{name: "reset while sending", args: "127.0.0.1 PORT", stdin: "x", open: true, serve: reset, act: func(r *ncRun) { r.write(big); r.end() }},
		{name: "reset while receiving", args: "-N 127.0.0.1 PORT", stdin: "x", serve: reset},
	} {
		if got := runNC(t, &c, nc, nil); got.code != "1" || got.amiss != "" || !strings.Contains(got.stderr, "onnection reset") {
			t.Errorf("%s: %+q", c.name, got)
		}
		if real, err := exec.LookPath("nc.openbsd"); err == nil {
			if got := runNC(t, &c, real, nil); got.code != "0" {
				t.Errorf("%s: nc.openbsd says so too now: %+q", c.name, got)
			}
		}
	}
	// a full disk, and a reader that has gone
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.Write([]byte(big[:100000]))
			c.Close()
		}
	}()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer full.Close()
	rd, wr, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	rd.Close()
	defer wr.Close()
	for out, want := range map[*os.File]string{full: "nc: write stdout: no space left on device", wr: ""} {
		cmd := exec.Command(nc, "-d", "127.0.0.1", port)
		cmd.Stdout = out
		var said strings.Builder
		cmd.Stderr = &said
		cmd.Run()
		if cmd.ProcessState.ExitCode() != 1 || !strings.HasPrefix(said.String(), want) || want == "" && said.Len() > 0 {
			t.Errorf("stdout %s: exit %d, %q", out.Name(), cmd.ProcessState.ExitCode(), said.String())
		}
	}
}

// TestNCPassFD: with -F whoever holds the other end of stdout gets the connection (ssh's ProxyUseFdpass), from both.
func TestNCPassFD(t *testing.T) {
	for _, name := range []string{"nc", "nc.openbsd"} {
		nc, err := exec.LookPath(name)
		if err != nil {
			notTried(t, "-F against nc.openbsd")
			continue
		}
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		_, port, _ := net.SplitHostPort(l.Addr().String())
		pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(pair[0])
		out := os.NewFile(uintptr(pair[1]), "pair")
		cmd := exec.Command(nc, "-F", "127.0.0.1", port)
		cmd.Stdout = out
		err = cmd.Run()
		out.Close()
		if err != nil {
			t.Fatalf("%s -F: %v", name, err)
		}
		b, oob := make([]byte, 8), make([]byte, 64)
		n, oobn, _, _, err := unix.Recvmsg(pair[0], b, oob, unix.MSG_CMSG_CLOEXEC)
		if err != nil || n != 1 {
			t.Fatalf("%s -F: %d bytes, %v", name, n, err)
		}
		msgs, err := unix.ParseSocketControlMessage(oob[:oobn])
		if err != nil || len(msgs) != 1 {
			t.Fatalf("%s -F: %v, %v", name, msgs, err)
		}
		fds, err := unix.ParseUnixRights(&msgs[0])
		if err != nil || len(fds) != 1 {
			t.Fatalf("%s -F: %v, %v", name, fds, err)
		}
		unix.Write(fds[0], []byte("hi"))
		unix.Close(fds[0])
		c, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := io.ReadAll(c); string(got) != "hi" {
			t.Errorf("%s -F: the peer got %q", name, got)
		}
		c.Close()
	}
}
