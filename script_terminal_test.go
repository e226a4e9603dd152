package main

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

// cmdTerminal is "terminal NAME [stdin=FILE] [stdout=FILE] ARGS...": it starts cat5 ARGS as a person does, in a session
// of its own whose controlling terminal is a pseudo-terminal (pty(7)); all three standard descriptors are that
// terminal, unless a file takes the place of one. "type" types, and what the person sees is for "await NAME screen".
func cmdTerminal(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: terminal NAME [stdin=FILE] [stdout=FILE] ARGS...")
	}
	name, args := args[0], args[1:]
	master, slave := openTerminal(ts)
	ours := []*os.File{slave}
	p := &process{stdin: master, tty: true, stdout: newCapture(), stderr: newCapture(), exited: make(chan struct{})}
	p.cmd = &exec.Cmd{Dir: ts.MkAbs("."), Env: scriptOf(ts).environ(ts), Stdin: slave, Stdout: slave, Stderr: slave,
		SysProcAttr: &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 2}}
	for ; strings.HasPrefix(args[0], "std"); args = args[1:] {
		stream, file, _ := strings.Cut(args[0], "=")
		flags := os.O_RDONLY
		if stream == "stdout" {
			flags = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
		}
		f, err := os.OpenFile(ts.MkAbs(file), flags, 0o666)
		ts.Check(err)
		ours = append(ours, f)
		if stream == "stdout" {
			p.cmd.Stdout = f
		} else {
			p.cmd.Stdin = f
		}
	}
	p.run(ts, name, args)
	for _, f := range ours {
		f.Close()
	}
	// The master is read and written here, so its reader gets a descriptor of its own to close.
	fd, err := unix.FcntlInt(master.Fd(), unix.F_DUPFD_CLOEXEC, 3)
	ts.Check(err)
	p.collect(map[*capture]*os.File{p.stdout: os.NewFile(uintptr(fd), "terminal")})
}

// openTerminal makes a pseudo-terminal that does not echo: what is on the screen is what cat5 wrote.
func openTerminal(ts *testscript.TestScript) (master, slave *os.File) {
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		ts.Fatalf("open /dev/ptmx: %v", err)
	}
	ts.Check(unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0))
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	ts.Check(err)
	path := "/dev/pts/" + strconv.Itoa(n)
	s, err := unix.Open(path, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	ts.Check(err)
	mode, err := unix.IoctlGetTermios(s, unix.TCGETS)
	ts.Check(err)
	mode.Lflag &^= unix.ECHO | unix.ECHOCTL
	ts.Check(unix.IoctlSetTermios(s, unix.TCSETS, mode))
	return os.NewFile(uintptr(fd), "/dev/ptmx"), os.NewFile(uintptr(s), path)
}
