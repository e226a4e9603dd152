package sock

import (
	"errors"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// place is an empty folder with a short name, as a socket's path has to fit.
func place(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "s")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

// openFiles is what our descriptors refer to.
func openFiles(t *testing.T) (all []string) {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if to, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil && !strings.HasPrefix(to, "/proc/") && !strings.HasPrefix(to, "/sys/") {
			all = append(all, e.Name()+" "+to)
		}
	}
	sort.Strings(all)
	return all
}

func listenUnix(path string, u Unlink) Plan {
	return Plan{Network: "unix", Type: unix.SOCK_STREAM, BindPath: path, Unlink: u}
}

func inode(t *testing.T, path string) uint64 {
	t.Helper()
	var st unix.Stat_t
	if err := unix.Lstat(path, &st); err != nil {
		t.Fatal(err)
	}
	return st.Ino
}

// leaveSocket makes a socket file that nobody listens on.
func leaveSocket(t *testing.T, path string, typ int) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_UNIX, typ|unix.SOCK_CLOEXEC, 0)
	if err == nil {
		err = unix.Bind(fd, &unix.SockaddrUnix{Name: path})
	}
	if err != nil {
		t.Fatal(err)
	}
	unix.Close(fd)
}

// TestUnlinkRules: what may be replaced, by each rule, and what is never touched.
func TestUnlinkRules(t *testing.T) {
	k := sys.Linux()
	make := map[string]func(t *testing.T, path string){
		"nothing":          func(*testing.T, string) {},
		"a stale socket":   func(t *testing.T, p string) { leaveSocket(t, p, unix.SOCK_STREAM) },
		"a stale dgram":    func(t *testing.T, p string) { leaveSocket(t, p, unix.SOCK_DGRAM) },
		"a regular file":   func(t *testing.T, p string) { os.WriteFile(p, []byte("precious"), 0o600) },
		"a directory":      func(t *testing.T, p string) { os.Mkdir(p, 0o700) },
		"a FIFO":           func(t *testing.T, p string) { unix.Mkfifo(p, 0o600) },
		"a dangling link":  func(t *testing.T, p string) { os.Symlink("nowhere", p) },
		"a link to socket": func(t *testing.T, p string) { leaveSocket(t, p+"2", unix.SOCK_STREAM); os.Symlink(p+"2", p) },
		"a live socket": func(t *testing.T, p string) {
			c, err := Listen(k, listenUnix(p, UnlinkNever))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { c.Close(k) })
		},
		"a live dgram": func(t *testing.T, p string) {
			c, err := Listen(k, Plan{Network: "unix", Type: unix.SOCK_DGRAM, BindPath: p})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { c.Close(k) })
		},
	}
	tests := []struct {
		there                string
		never, stale, always string // "" for success, or a part of the error
	}{
		{"nothing", "", "", ""},
		{"a stale socket", "address already in use", "", ""},
		{"a stale dgram", "address already in use", "", ""},
		{"a live socket", "address already in use", "in use", ""},
		{"a live dgram", "address already in use", "in use", ""},
		{"a regular file", "regular file", "regular file", "regular file"},
		{"a directory", "directory", "directory", "directory"},
		{"a FIFO", "FIFO", "FIFO", "FIFO"},
		{"a dangling link", "symbolic link", "symbolic link", "symbolic link"},
		{"a link to socket", "symbolic link", "symbolic link", "symbolic link"},
	}
	for _, tt := range tests {
		for rule, want := range map[Unlink]string{UnlinkNever: tt.never, UnlinkStale: tt.stale, UnlinkAlways: tt.always} {
			dir := place(t)
			path := filepath.Join(dir, "x")
			make[tt.there](t, path)
			before := names(t, dir)
			open := openFiles(t)
			c, err := Listen(k, listenUnix(path, rule))
			if want != "" {
				var le *ListenError
				if err == nil || !strings.Contains(err.Error(), want) || !errors.As(err, &le) {
					t.Errorf("%s, rule %d: %v; want %q", tt.there, rule, err, want)
				}
				if after := names(t, dir); strings.Join(after, " ") != strings.Join(before, " ") {
					t.Errorf("%s, rule %d: the folder had %q, and has %q", tt.there, rule, before, after)
				}
			} else if err != nil {
				t.Errorf("%s, rule %d: %v", tt.there, rule, err)
			} else {
				if d, err := Dial(t.Context(), k, Plan{Network: "unix", Type: unix.SOCK_STREAM, Path: path}); err != nil {
					t.Errorf("%s, rule %d: nobody listens: %v", tt.there, rule, err)
				} else {
					d.Close(k)
				}
				c.Close(k)
				if after := names(t, dir); len(after) != 0 {
					t.Errorf("%s, rule %d: left %q", tt.there, rule, after)
				}
			}
			if now := openFiles(t); strings.Join(now, "\n") != strings.Join(open, "\n") {
				t.Errorf("%s, rule %d: open before %q, after %q", tt.there, rule, open, now)
			}
		}
	}
}

// TestChangedMeanwhile: somebody puts another socket there while we ask whether the old one lives.
func TestChangedMeanwhile(t *testing.T) {
	dir := place(t)
	path := filepath.Join(dir, "x")
	leaveSocket(t, path, unix.SOCK_STREAM)
	k := *sys.Linux()
	connect := k.Connect
	k.Connect = func(fd int, a sys.Addr) error {
		err := connect(fd, a)
		leaveSocket(t, path+"2", unix.SOCK_STREAM) // made first: it cannot get the same inode
		os.Rename(path+"2", path)
		return err
	}
	if _, err := Listen(&k, listenUnix(path, UnlinkStale)); err == nil || !strings.Contains(err.Error(), "changed meanwhile") {
		t.Errorf("%v", err)
	}
	if got := names(t, dir); len(got) != 1 || got[0] != "x" {
		t.Errorf("the folder has %q", got)
	}
}

// TestOnlyOursIsRemoved: at the end the file goes only if it is still the one that was made here.
func TestOnlyOursIsRemoved(t *testing.T) {
	k := sys.Linux()
	path := filepath.Join(place(t), "x")
	a, err := Listen(k, listenUnix(path, UnlinkNever))
	if err != nil {
		t.Fatal(err)
	}
	b, err := Listen(k, listenUnix(path, UnlinkAlways)) // takes a's name over
	if err != nil {
		t.Fatal(err)
	}
	was := inode(t, path)
	a.Close(k)
	if inode(t, path) != was {
		t.Error("the file of another was removed")
	}
	os.Remove(path)
	os.WriteFile(path, []byte("precious"), 0o600)
	b.Close(k)
	if text, err := os.ReadFile(path); string(text) != "precious" || err != nil {
		t.Errorf("the regular file is gone: %v", err)
	}
}

// TestFolderMoves: a relative name and a renamed folder do not matter: the folder is held open.
func TestFolderMoves(t *testing.T) {
	k := sys.Linux()
	dir := place(t)
	old, moved := filepath.Join(dir, "old"), filepath.Join(dir, "new")
	os.Mkdir(old, 0o700)
	c, err := Listen(k, listenUnix(filepath.Join(old, "x"), UnlinkNever))
	if err != nil {
		t.Fatal(err)
	}
	os.Rename(old, moved)
	c.Close(k)
	if got := names(t, moved); len(got) != 0 {
		t.Errorf("left %q", got)
	}
}

// TestMode: the file never has more permissions than asked for, and has them in the end whatever the umask.
func TestMode(t *testing.T) {
	k := *sys.Linux()
	for _, mode := range []uint32{0o600, 0o660, 0o666, 0o700, 0} {
		path := filepath.Join(place(t), "x")
		bind := k.Bind
		k.Bind = func(fd int, a sys.Addr) error {
			err := bind(fd, a)
			var st unix.Stat_t
			if unix.Lstat(path, &st) == nil && st.Mode&0o777&^mode != 0 {
				t.Errorf("mode %o: for a moment it was %o", mode, st.Mode&0o777)
			}
			return err
		}
		p := listenUnix(path, UnlinkNever)
		p.Mode, p.HasMode = mode, true
		c, err := Listen(&k, p)
		if err != nil {
			t.Fatal(err)
		}
		var st unix.Stat_t
		if unix.Lstat(path, &st); st.Mode&0o777 != mode {
			t.Errorf("mode %o: it is %o", mode, st.Mode&0o777)
		}
		c.Close(&k)
		k.Bind = bind
	}
}

// TestLongPaths: over 107 bytes a path goes through its folder; a name that is itself too long is an error.
func TestLongPaths(t *testing.T) {
	k := sys.Linux()
	for _, typ := range []int{unix.SOCK_STREAM, unix.SOCK_DGRAM, unix.SOCK_SEQPACKET} {
		dir := filepath.Join(place(t), strings.Repeat("d", 90), strings.Repeat("e", 90))
		os.MkdirAll(dir, 0o700)
		path := filepath.Join(dir, "x")
		open := openFiles(t)
		for _, u := range []Unlink{UnlinkNever, UnlinkStale, UnlinkAlways} {
			leave := u != UnlinkNever
			if leave {
				wd, _ := os.Getwd()
				os.Chdir(dir)
				leaveSocket(t, "x", typ)
				os.Chdir(wd)
			}
			c, err := Listen(k, Plan{Network: "unix", Type: typ, BindPath: path, Unlink: u})
			if err != nil {
				t.Fatalf("rule %d: %v", u, err)
			}
			d, err := Dial(t.Context(), k, Plan{Network: "unix", Type: typ, Path: path})
			if err != nil {
				t.Errorf("rule %d: %v", u, err)
			} else {
				d.Close(k)
			}
			c.Close(k)
			if got := names(t, dir); len(got) != 0 {
				t.Errorf("rule %d: left %q", u, got)
			}
		}
		_, err := Listen(k, Plan{Network: "unix", Type: typ, BindPath: filepath.Join(dir, strings.Repeat("n", 108))})
		if !errors.Is(err, sys.ErrUnixName) {
			t.Errorf("a name of 108 bytes: %v", err)
		}
		if now := openFiles(t); strings.Join(now, "\n") != strings.Join(open, "\n") {
			t.Errorf("open before %q, after %q", open, now)
		}
	}
	for _, n := range []int{107, 108} {
		_, err := Listen(k, listenUnix("@"+strings.Repeat("n", n), UnlinkNever))
		if (err != nil) != (n > 107) {
			t.Errorf("an abstract name of %d bytes: %v", n, err)
		}
	}
}
