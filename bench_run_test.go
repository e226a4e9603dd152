package main

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The tests of cat5 bench that a script cannot tell: crooked servers, few ports, few descriptors, an end without warning.

// benched runs cat5 bench ARGS to its end.
func benched(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "cat5", append([]string{"bench", "echo"}, args...)...)
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0 "+os.Getenv("GORACE"))
	err := cmd.Run()
	if e := (*exec.ExitError)(nil); err != nil && !errors.As(err, &e) {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// crookedEcho echoes, but does with message nth of connection number conn what turn says; false ends the connection with
// a reset.
func crookedEcho(t *testing.T, turn func(conn, nth int, p []byte) bool) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { l.Close() })
	go func() {
		for conn := 0; ; conn++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				p := make([]byte, 64)
				for nth := 0; ; nth++ {
					n, err := c.Read(p)
					if err != nil {
						return
					}
					if !turn(conn, nth, p[:n]) {
						c.(*net.TCPConn).SetLinger(0)
						return
					}
					if _, err := c.Write(p[:n]); err != nil {
						return
					}
				}
			}()
		}
	}()
	return l.Addr().String()
}

// firstOfRun is the number of the first connection that is measured: one looked whether somebody is there, and two more
// whether he echoes.
const firstOfRun = 3

func TestBenchHidesNothing(t *testing.T) {
	for _, c := range []struct {
		name         string
		turn         func(conn, nth int, p []byte) bool
		table, wrong string
	}{
		{"connections are reset", func(conn, nth int, p []byte) bool { return conn != firstOfRun+2 || nth < 4 },
			`  ! 1 connection ended before the time: connection reset by peer`, "not every connection and message came through"},
		{"connections are refused an answer", func(conn, nth int, p []byte) bool { return conn != firstOfRun+2 },
			`  ! 1 connection could not be had: connection reset by peer`, "not every connection and message came through"},
		{"a byte is changed", func(conn, nth int, p []byte) bool {
			if conn == firstOfRun+2 && nth == 4 {
				p[41] ^= 1
			}
			return true
		}, `  ! connection \d+, message 5, byte 42: sent 0x[0-9a-f]{2}, got 0x[0-9a-f]{2}`, "what came back was not what had been sent, on 1 connection"},
	} {
		at := crookedEcho(t, c.turn)
		out, errs, code := benched(t, at, "-c", "10", "--count", "1000", "--warmup", "0")
		if code != 1 || !regexp.MustCompile(c.table).MatchString(out) || !strings.Contains(errs, c.wrong) || !regexp.MustCompile(`server +10 +\d+ `).MatchString(out) {
			t.Errorf("%s: exit %d\n%s%s", c.name, code, out, errs)
		}
	}
}

// TestBenchFewPorts: when the ports of one address are used up, the next address is taken.
func TestBenchFewPorts(t *testing.T) {
	if !inside(t) {
		return
	}
	must(t, os.WriteFile("/proc/sys/net/ipv4/ip_local_port_range", []byte("40000 40019"), 0))
	for _, args := range [][]string{{}, {"udp"}} {
		out, errs, code := benched(t, append(args, "--engine", "epoll", "-c", "70", "--count", "500", "--warmup", "0")...)
		if code != 0 || !regexp.MustCompile(`epoll +70 +\d+ `).MatchString(out) || strings.Contains(out, "!") {
			t.Errorf("%v: exit %d\n%s%s", args, code, out, errs)
		}
	}
}

// TestBenchFewDescriptors: what is missing is said, and who may raises the limit.
func TestBenchFewDescriptors(t *testing.T) {
	run := func(cap string) (string, int) {
		cmd := exec.Command("sh", "-c", "ulimit -n 100 && exec "+cap+` "$@"`, "sh", "cat5", "bench", "echo", "--engine", "epoll", "-c", "60", "--count", "100", "--warmup", "0")
		out, err := cmd.CombinedOutput()
		if e := (*exec.ExitError)(nil); err != nil && !errors.As(err, &e) {
			t.Fatal(err)
		}
		return string(out), cmd.ProcessState.ExitCode()
	}
	less := ""
	if exec.Command("sh", "-c", "ulimit -n 100 && ulimit -Hn 200").Run() == nil { // with CAP_SYS_RESOURCE (setrlimit(2))
		if out, code := run(""); code != 0 || !regexp.MustCompile(`epoll +60 +\d+ `).MatchString(out) {
			t.Errorf("with the right to raise it: exit %d\n%s", code, out)
		}
		if _, err := exec.LookPath("setpriv"); err != nil {
			notTried(t, "a bench that may not raise its limit: setpriv is not installed")
			return
		}
		less = "setpriv --bounding-set=-sys_resource --inh-caps=-sys_resource"
	}
	out, code := run(less)
	if code != 0 || !strings.Contains(out, "-  it needs 124 descriptors, and the limit is 100 (ulimit -Hn)") {
		t.Errorf("without: exit %d\n%s", code, out)
	}
}

// TestBenchKilled: when bench dies without having a say, its server leaves too.
func TestBenchKilled(t *testing.T) {
	cmd := exec.Command("cat5", "bench", "echo", "--engine", "process", "-c", "3", "--duration", "1h")
	must(t, cmd.Start())
	var server int
	eventually(t, "the server has a child for each connection", func() bool {
		for _, child := range childrenOf(cmd.Process.Pid) {
			server = child
		}
		return server != 0 && len(childrenOf(server)) == 3
	})
	pidfd, err := unix.PidfdOpen(server, 0)
	must(t, err)
	defer unix.Close(pidfd)
	must(t, cmd.Process.Kill())
	cmd.Wait()
	fds := []unix.PollFd{{Fd: int32(pidfd), Events: unix.POLLIN}}
	if n, err := unix.Poll(fds, 20000); n != 1 {
		t.Errorf("the server is still there: %v", err)
	}
}

// childrenOf reads /proc/PID/task/TID/children.
func childrenOf(pid int) (all []int) {
	files, _ := filepath.Glob("/proc/" + itoa(pid) + "/task/*/children")
	for _, f := range files {
		text, _ := os.ReadFile(f)
		for _, word := range strings.Fields(string(text)) {
			if n, err := strconv.Atoi(word); err == nil {
				all = append(all, n)
			}
		}
	}
	return all
}
