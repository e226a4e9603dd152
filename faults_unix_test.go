package main

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// Row 29: a path of more than the 107 bytes that a socket address holds works all the same, for both sides, and is
// removed; a file name alone that is too long is exit 45, with the limit in the sentence.
func TestFault29_longPaths(t *testing.T) {
	row(t)
	for _, n := range []int{107, 108, 200} {
		path := pathOf(t, n)
		server := start(t, how{}, "unix", "--json", "-l", path)
		server.addr()
		client := start(t, how{}, "unix", "--json", path).feed("hello")
		server.feed("answer")
		if r := client.accounts(0, 6, 5, 0); r.out != "answer" {
			t.Errorf("%d bytes: %q came out", n, r.out)
		}
		if r := server.accounts(0, 5, 6, 0); r.out != "hello" {
			t.Errorf("%d bytes: %q came out", n, r.out)
		}
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%d bytes: the file is still there", n)
		}
	}
	path := shortDir(t) + "/" + strings.Repeat("n", 200)
	start(t, how{}, "unix", "-l", path).ends(45, "bind "+path+": name too long for a unix socket (the limit is 107 bytes)")
	start(t, how{}, "unix", path).ends(7, "connect "+path+": name too long for a unix socket (the limit is 107 bytes)")
	start(t, how{}, "unix", "-l", "@"+strings.Repeat("n", 108)).ends(45, "bind @"+strings.Repeat("n", 108)+": name too long for a unix socket (the limit is 107 bytes)")
}

// pathOf is a path of n bytes in a folder of its own.
func pathOf(t *testing.T, n int) string {
	t.Helper()
	dir := shortDir(t)
	for len(dir) < n-60 {
		dir += "/" + strings.Repeat("d", 40)
	}
	must(t, os.MkdirAll(dir, 0o700))
	return dir + "/" + strings.Repeat("s", n-len(dir)-1)
}

// Row 30: an abstract name may hold any byte. Shown, it is printable: in words and in JSON. Who the peer is can be
// asked for, as such a name has no permissions.
func TestFault30_abstractNames(t *testing.T) {
	row(t)
	both(t, func(t *testing.T, flag string) {
		if flag == "--quiet" {
			flag = "-v"
		}
		name := "cat5-test-" + itoa(os.Getpid()) + flag
		p := start(t, how{}, "unix", flag, "--type=dgram", "-l", "@"+name)
		p.addr()
		evil := "\x00" + name + "\x00\x1b[31m\n\xff" // the first NUL makes it abstract (unix(7))
		fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
		must(t, err)
		defer unix.Close(fd)
		must(t, unix.Bind(fd, &unix.SockaddrUnix{Name: evil}))
		must(t, unix.Sendto(fd, []byte("hello"), 0, &unix.SockaddrUnix{Name: "@" + name}))
		p.out.has(t, "hello")
		want := "datagrams from @" + name + `\x00\x1b[31m\n\xff`
		if flag == "--json" {
			want = `"remote":"@` + name + `\\x00\\x1b[31m\\n\\xff"`
		}
		p.line(want)
		p.signal(syscall.SIGTERM)
		for _, l := range p.dies(syscall.SIGTERM).lines {
			if strings.ContainsFunc(l, func(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 || r == 0xfffd }) {
				t.Errorf("this is not safe to show: %q", l)
			}
		}
	})
	t.Run("peercred", func(t *testing.T) {
		name := "@cat5-test-cred-" + itoa(os.Getpid())
		p := start(t, how{}, "unix", "--json", "--peercred", "-l", name)
		p.addr()
		c := dial(t, "unix", name)
		if ev := p.event("peercred"); ev["pid"] != float64(os.Getpid()) || ev["uid"] != float64(os.Getuid()) {
			t.Errorf("%v", ev)
		}
		c.Close()
	})
}

// staleSocket leaves a socket file behind that nobody listens on.
func staleSocket(t *testing.T, path string) os.FileInfo {
	t.Helper()
	ln, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	must(t, err)
	ln.SetUnlinkOnClose(false)
	ln.Close()
	return lstat(t, path)
}

func lstat(t *testing.T, path string) os.FileInfo {
	t.Helper()
	st, err := os.Lstat(path)
	must(t, err)
	return st
}

// Row 31: a stale socket file is replaced with --unlink=stale only, and at no moment is there no file; one that somebody
// listens on never is; and of several who try at once one gets it.
func TestFault31_staleSocket(t *testing.T) {
	row(t)
	path := shortDir(t) + "/s"
	old := staleSocket(t, path)
	start(t, how{}, "unix", "-l", path).ends(45, "bind "+path+": address already in use")
	if !os.SameFile(old, lstat(t, path)) {
		t.Fatal("the file was replaced without leave")
	}
	stop, gap := make(chan bool), make(chan int)
	go func() {
		missing := 0
		for {
			select {
			case <-stop:
				gap <- missing
				return
			default:
				if _, err := os.Lstat(path); err != nil {
					missing++
				}
			}
		}
	}()
	var all []*proc
	for range 4 {
		all = append(all, start(t, how{}, "unix", "--json", "--unlink=stale", "-l", path))
	}
	var winner *proc
	for _, p := range all {
		p.err.waitAny(t, `"ev":"listen"`, `"ev":"exit"`)
		if strings.Contains(strings.Join(p.err.now(), ""), `"ev":"listen"`) {
			if winner != nil {
				t.Error("two of them listen")
			}
			winner = p
			continue
		}
		p.accountsLike(45, func(a account) bool { return a.Reason == "bind "+path+": the socket there is in use" })
	}
	close(stop)
	if n := <-gap; n > 0 {
		t.Errorf("the file was missing at %d looks", n)
	}
	if winner == nil {
		t.Fatal("nobody listens")
	}
	if os.SameFile(old, lstat(t, path)) {
		t.Error("the file is still the old one")
	}
	start(t, how{}, "unix", "--json", path).feed("hello")
	winner.out.has(t, "hello")
	winner.in.Close()
	winner.wait()
	if left, _ := filepath.Glob(filepath.Dir(path) + "/*"); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
	if left, _ := filepath.Glob(filepath.Dir(path) + "/.*"); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

// Row 32: what stands at the path and is not a socket is never removed, whatever --unlink says: not a file, not a folder,
// not a symbolic link, not even one to a socket.
func TestFault32_somethingElseThere(t *testing.T) {
	row(t)
	dir := shortDir(t)
	staleSocket(t, dir+"/socket")
	must(t, os.WriteFile(dir+"/file", []byte("precious"), 0o600))
	must(t, os.Mkdir(dir+"/folder", 0o700))
	must(t, unix.Mkfifo(dir+"/fifo", 0o600))
	must(t, os.Symlink("socket", dir+"/link"))
	must(t, os.Symlink("nowhere", dir+"/dangling"))
	for name, what := range map[string]string{
		"file": "regular file", "folder": "directory", "fifo": "FIFO", "link": "symbolic link", "dangling": "symbolic link",
	} {
		for _, unlink := range []string{"never", "stale", "always"} {
			path := dir + "/" + name
			before := lstat(t, path)
			start(t, how{}, "unix", "--unlink="+unlink, "-l", path).ends(45, "bind "+path+": exists and is a "+what)
			if !os.SameFile(before, lstat(t, path)) {
				t.Errorf("%s was replaced with --unlink=%s", name, unlink)
			}
		}
	}
	if b, err := os.ReadFile(dir + "/file"); string(b) != "precious" {
		t.Errorf("the file holds %q, %v", b, err)
	}
	if _, err := os.Lstat(dir + "/nowhere"); err == nil {
		t.Error("a socket was made through the link")
	}
}

// Row 33: our socket file is removed when we go, by a signal too; but not when it is somebody else's by then.
func TestFault33_socketFileAtExit(t *testing.T) {
	row(t)
	for _, c := range []string{"end", "signal", "dgram", "replaced", "replaced, signal"} {
		t.Run(c, func(t *testing.T) {
			path := shortDir(t) + "/s"
			args := []string{"unix", "-d", "-l", path}
			if c == "dgram" {
				args = append(args, "--type=dgram")
			}
			p := start(t, how{}, args...)
			p.addr()
			var other os.FileInfo
			byItself := !strings.Contains(c, "signal") && c != "dgram"
			way := path // to the socket
			if strings.HasPrefix(c, "replaced") {
				way += "2"
				must(t, os.Link(path, way))
				must(t, os.Remove(path))
				other = staleSocket(t, path)
			}
			if byItself {
				dial(t, "unix", way).Close()
				p.ends(0, "listening on "+path)
			} else {
				p.signal(syscall.SIGTERM)
				p.dies(syscall.SIGTERM)
			}
			st, err := os.Lstat(path)
			if other == nil && err == nil {
				t.Error("the file is still there")
			}
			if other != nil && (err != nil || !os.SameFile(other, st)) {
				t.Error("somebody else's file was removed")
			}
		})
	}
}
