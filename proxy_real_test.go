package main

import (
	"bytes"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// cat5 through the proxies that people run: microsocks, Dante, tinyproxy and ssh -D. All of them live in a network namespace of the
// test's own, so that their ports can be fixed.

// realProxy is one of them: what it needs, and where it listens.
type realProxy struct {
	name   string
	bin    string
	config string // of its file, whose place is CONF
	argv   string // the test's folder is DIR
	ports  []string
}

var realProxies = []realProxy{
	{"microsocks", "microsocks", "", "microsocks -i 127.0.0.1 -p 1080", []string{"127.0.0.1:1080"}},
	{"microsocks with a password", "microsocks", "", "microsocks -i ::1 -p 1081 -u alice -P Linux", []string{"[::1]:1081"}},
	{"Dante", "danted", `logoutput: /dev/null
internal: 127.0.0.1 port = 1082
internal: ::1 port = 1082
external: lo
clientmethod: none
socksmethod: none
user.privileged: root
user.unprivileged: root
client pass { from: 0/0 to: 0/0 }
socks block { from: 0/0 to: 0/0 port = 666 }
socks pass { from: 0/0 to: 0/0 }
`, "danted -f CONF", []string{"127.0.0.1:1082", "[::1]:1082"}},
	{"tinyproxy", "tinyproxy", "Port 3128\nListen 127.0.0.1\nListen ::1\nTimeout 600\nLogFile \"/dev/null\"\n", "tinyproxy -d -c CONF", []string{"127.0.0.1:3128", "[::1]:3128"}},
	{"tinyproxy with a password", "tinyproxy", "Port 3129\nListen 127.0.0.1\nTimeout 600\nLogFile \"/dev/null\"\nBasicAuth alice Linux\n", "tinyproxy -d -c CONF", []string{"127.0.0.1:3129"}},
	{"sshd", "sshd", "Port 22\nListenAddress 127.0.0.1\nHostKey DIR/host\nAuthorizedKeysFile DIR/user.pub\nStrictModes no\nUsePAM no\nPermitRootLogin yes\nPidFile none\n",
		"SSHD -D -f CONF", []string{"127.0.0.1:22"}},
	{"ssh -D", "ssh", "", "ssh -N -F none -i DIR/user -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -D 127.0.0.1:1083 -D [::1]:1083 root@127.0.0.1",
		[]string{"127.0.0.1:1083", "[::1]:1083"}},
}

// run starts a proxy and waits until it listens; false: it is not installed.
func (p *realProxy) run(t *testing.T, dir string) bool {
	t.Helper()
	bin, err := exec.LookPath(p.bin)
	if err != nil {
		if bin = "/usr/sbin/" + p.bin; !exists(bin) {
			return false
		}
	}
	conf := filepath.Join(dir, strings.ReplaceAll(p.ports[0], ":", "_"))
	place := strings.NewReplacer("CONF", conf, "DIR", dir, "SSHD", bin) // sshd wants to be called by its path
	must(t, os.WriteFile(conf, []byte(place.Replace(p.config)), 0o600))
	argv := strings.Fields(place.Replace(p.argv))
	cmd := exec.Command(bin, argv[1:]...)
	cmd.Args[0] = argv[0]
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // some of them work in several processes
	log, err := os.Create(conf + ".log")
	must(t, err)
	cmd.Stdout, cmd.Stderr = log, log
	must(t, cmd.Start())
	t.Cleanup(func() {
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		cmd.Wait()
		log.Close()
		if t.Failed() {
			b, _ := os.ReadFile(conf + ".log")
			t.Logf("%s said: %s", p.name, b)
		}
	})
	for _, at := range p.ports {
		eventually(t, p.name+" listens on "+at, func() bool {
			c, err := net.Dial("tcp", at)
			if err == nil {
				c.Close()
			}
			return err == nil
		})
	}
	return true
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// target serves one connection at a time: it sends what it is told to, while it reads as much, and then waits for the end.
type target struct {
	port string
	came chan bool // whether what came is what it sent
}

func newTarget(t *testing.T, data []byte) *target {
	t.Helper()
	four, err := net.Listen("tcp4", "127.0.0.1:0")
	must(t, err)
	_, port, _ := net.SplitHostPort(four.Addr().String())
	six, err := net.Listen("tcp6", "[::1]:"+port)
	must(t, err)
	tg := &target{port: port, came: make(chan bool, 100)}
	for _, ln := range []net.Listener{four, six} {
		t.Cleanup(func() { ln.Close() })
		go func() {
			for {
				c, err := ln.Accept()
				if err != nil {
					return
				}
				c.SetDeadline(time.Now().Add(hang))
				go c.Write(data)
				got := make([]byte, len(data))
				io.ReadFull(c, got)
				tg.came <- bytes.Equal(got, data)
				io.Copy(io.Discard, c)
				c.Close()
			}
		}()
	}
	return tg
}

// TestProxyReal is a cat5 as the pipe that ssh's ProxyCommand wants: binary both ways at once, by every protocol, through
// every proxy, to both families, and in chains; and what each of them says when it will not.
func TestProxyReal(t *testing.T) {
	t.Parallel()
	if !inside(t) {
		return
	}
	dir := t.TempDir()
	there := map[string]bool{}
	for _, p := range realProxies {
		if p.bin == "ssh" && !there["sshd"] || p.bin == "sshd" && !prepareSSH(t, dir) || !p.run(t, dir) {
			if strings.Contains(p.bin, "ssh") { // testdata/check.sh does not make a host an SSH server
				t.Log("no sshd here: ssh -D is not tried")
			} else {
				notTried(t, "the proxy "+p.name)
			}
			continue
		}
		there[p.name] = true
	}
	some, all := payload(1<<20), payload(16<<20)
	small, large := newTarget(t, some), newTarget(t, all)
	password := "--proxy-password=file:" + passwordFile
	for _, c := range []struct{ needs, host, flags string }{
		{"microsocks", "127.0.0.1", "--proxy socks5://127.0.0.1"},
		{"microsocks", "::1", "--proxy socks5://127.0.0.1"},
		{"microsocks", "localhost", "--proxy socks5://localhost:1080"},
		{"microsocks with a password", "::1", "--proxy socks5://alice@[::1]:1081 " + password},
		{"Dante", "127.0.0.1", "--proxy socks4://127.0.0.1:1082"},
		{"Dante", "127.0.0.1", "--proxy socks4a://127.0.0.1:1082"},
		{"Dante", "::1", "--proxy socks5://[::1]:1082"},
		{"ssh -D", "127.0.0.1", "--proxy socks4://[::1]:1083"},
		{"ssh -D", "localhost", "--proxy socks4a://127.0.0.1:1083"},
		{"ssh -D", "::1", "--proxy socks5://[::1]:1083"},
		{"tinyproxy", "127.0.0.1", "--proxy http://127.0.0.1"},
		{"tinyproxy", "::1", "--proxy http1.0://[::1]"},
		{"tinyproxy with a password", "localhost", "--proxy http://alice@127.0.0.1:3129 " + password},
		{"tinyproxy with a password", "localhost", "--proxy http1.0://alice@127.0.0.1:3129 --proxy-basic at-once " + password},
		{"tinyproxy, microsocks", "::1", "--proxy http://[::1],socks5://127.0.0.1"},
		{"Dante, tinyproxy with a password", "127.0.0.1", "--proxy socks5://127.0.0.1:1082,http://alice@127.0.0.1:3129 " + password},
		{"microsocks, tinyproxy, Dante", "localhost", "--proxy socks5://localhost --proxy http://localhost --proxy socks4://localhost:1082"},
	} {
		t.Run(c.needs+" "+c.host+" "+strings.Fields(c.flags)[1], func(t *testing.T) {
			for _, name := range strings.Split(c.needs, ", ") {
				if !there[name] {
					return // which has been said
				}
			}
			tg, data := small, some
			if strings.Contains(c.needs, ",") || c.needs == "ssh -D" {
				tg, data = large, all
			}
			p := start(t, how{}, append(append([]string{"tcp", "--json"}, strings.Fields(c.flags)...), c.host, tg.port)...)
			go p.in.Write(data)
			select {
			case same := <-tg.came:
				if !same {
					t.Error("what arrived is not what was sent")
				}
			case <-p.ended:
			}
			p.out.until(t, func(b []byte) bool { return len(b) >= len(data) })
			must(t, p.in.Close())
			r := p.accounts(0, int64(len(data)), int64(len(data)), 0)
			if r.out != string(data) {
				t.Error("what came back is not what was sent")
			}
		})
	}
	for _, c := range []struct{ needs, flags, port, says string }{
		{"microsocks", "--proxy socks5://127.0.0.1", "1", "proxy socks5 127.0.0.1:1080: connect 127.0.0.1:1: connection refused"},
		{"microsocks with a password", "--proxy socks5://bob@[::1]:1081 " + password, "1", "proxy socks5 [::1]:1081: connect 127.0.0.1:1: user or password refused"},
		{"microsocks with a password", "--proxy socks5://[::1]:1081", "1", "proxy socks5 [::1]:1081: connect 127.0.0.1:1: no acceptable authentication method (we have..."},
		{"Dante", "--proxy socks5://127.0.0.1:1082", "666", "proxy socks5 127.0.0.1:1082: connect 127.0.0.1:666: connection not allowed by ruleset"},
		{"Dante", "--proxy socks5://127.0.0.1:1082", "1", "proxy socks5 127.0.0.1:1082: connect 127.0.0.1:1: connection refused"},
		{"Dante", "--proxy socks4://127.0.0.1:1082", "1", "proxy socks4 127.0.0.1:1082: connect 127.0.0.1:1: request rejected or failed"},
		{"ssh -D", "--proxy socks5://127.0.0.1:1083", "1", "proxy socks5 127.0.0.1:1083: connect 127.0.0.1:1: closed the connection before its answer was complete"},
		{"tinyproxy", "--proxy http://127.0.0.1", "1", "proxy http 127.0.0.1:3128: connect 127.0.0.1:1: HTTP/1.1 500 Unable to connect"},
		{"tinyproxy with a password", "--proxy http://bob@127.0.0.1:3129 " + password, "1", "proxy http 127.0.0.1:3129: connect 127.0.0.1:1: HTTP/1.0 401 Unauthorized"},
		{"microsocks", "--proxy http://127.0.0.1:1080", "1", "proxy http 127.0.0.1:1080: connect 127.0.0.1:1: not an answer of this protocol: it begins with \\x05\\xff"},
	} {
		if there[c.needs] {
			start(t, how{}, append(append([]string{"tcp"}, strings.Fields(c.flags)...), "127.0.0.1", c.port)...).ends(7, c.says)
		}
	}
}

// prepareSSH makes the keys, and the folder that sshd wants, in a /run of the test's own; false where there is no sshd, or
// where we are not root enough to be one.
func prepareSSH(t *testing.T, dir string) bool {
	t.Helper()
	ids, err := os.ReadFile("/proc/self/uid_map")
	must(t, err)
	if f := strings.Fields(string(ids)); len(f) != 3 || f[2] == "1" || !exists("/usr/sbin/sshd") {
		return false
	}
	must(t, unix.Mount("tmpfs", "/run", "tmpfs", 0, ""))
	must(t, os.Mkdir("/run/sshd", 0o755))
	for _, key := range []string{"host", "user"} {
		out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", filepath.Join(dir, key)).CombinedOutput()
		if err != nil {
			t.Fatalf("ssh-keygen: %v: %s", err, out)
		}
	}
	return true
}
