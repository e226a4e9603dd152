package main

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// insideVar is set in a test process that runs in namespaces of its own; its value is the test's name.
const insideVar = "CAT5_TEST_INSIDE"

// inside runs the test again in network, mount and user namespaces of its own, and returns false; there it returns
// true. So a test may configure a network, or mount over files of /etc, and harm nobody.
func inside(t *testing.T) bool {
	t.Helper()
	if os.Getenv(insideVar) == t.Name() {
		must(t, unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""))
		loopbackUp(t)
		return true
	}
	self, err := os.Executable()
	must(t, err)
	cmd := exec.Command(self, "-test.run=^"+t.Name()+"$", "-test.timeout=5m")
	cmd.Env = append(os.Environ(), insideVar+"="+t.Name(), "CAT5_TEST_BINARY="+realCat5(t))
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET | unix.CLONE_NEWNS}
	if os.Getuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= unix.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	out, err := cmd.CombinedOutput()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		noSuchFault(t, "no namespaces here: "+err.Error())
	}
	if err != nil {
		t.Fatalf("in namespaces of its own: %v\n%s", err, out)
	}
	if _, why, ok := strings.Cut(string(out), "NOT TRIED: "); ok {
		noSuchFault(t, strings.TrimSpace(why))
	}
	return false
}

func loopbackUp(t *testing.T) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	must(t, err)
	defer unix.Close(fd)
	ifr, err := unix.NewIfreq("lo")
	must(t, err)
	ifr.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	must(t, unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, ifr))
}

// replaceFile makes a file of the system have other contents, in this mount namespace.
func replaceFile(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.CreateTemp(t.TempDir(), "")
	must(t, err)
	must(t, f.Chmod(0o644))
	send(t, f, []byte(text))
	must(t, f.Close())
	must(t, unix.Mount(f.Name(), path, "", unix.MS_BIND, ""))
}

// tool runs a program that configures the network, or says that it is not there.
func tool(t *testing.T, argv ...string) {
	t.Helper()
	if _, err := exec.LookPath(argv[0]); err != nil {
		noSuchFault(t, argv[0]+" is not installed")
	}
	if out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("%q: %v\n%s", argv, err, out)
	}
}

// terminal opens a pseudo-terminal: the side of the person, and the side of programs.
func terminal(t *testing.T) (person, programs *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	must(t, err)
	t.Cleanup(func() { person.Close() })
	n, err := unix.IoctlGetInt(int(person.Fd()), unix.TIOCGPTN)
	must(t, err)
	must(t, unix.IoctlSetPointerInt(int(person.Fd()), unix.TIOCSPTLCK, 0))
	programs, err = os.OpenFile("/dev/pts/"+itoa(n), os.O_RDWR|unix.O_NOCTTY, 0)
	must(t, err)
	t.Cleanup(func() { programs.Close() })
	return person, programs
}

// session makes a process the leader of a session whose terminal is descriptor 0.
func session() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 0}
}
