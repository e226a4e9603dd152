package web

import (
	"bufio"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// TestStopWithQueue: whoever is in the kernel's queue when it is time to leave came before, and has an answer, however many
// they are.
func TestStopWithQueue(t *testing.T) {
	const many = 3*burst + 1
	var hold atomic.Bool
	held, gate := make(chan bool), make(chan bool)
	r := start(t, nil, func(o *Options) {
		o.Turn = func() {
			if hold.CompareAndSwap(true, false) {
				held <- true
				<-gate
			}
		}
	}, "f", "content")
	hold.Store(true)
	r.dial() // which makes it turn
	<-held
	conns := make([]*net.TCPConn, many)
	for i := range conns {
		conns[i] = r.dial()
		io.WriteString(conns[i], message("GET", "/f"))
	}
	unix.Close(r.wake)
	r.wake = -1
	close(gate)
	for i, c := range conns {
		b, err := io.ReadAll(c)
		if !strings.HasSuffix(string(b), "content") {
			t.Fatalf("number %d of %d got %q, %v", i+1, many, b, err)
		}
	}
	must(t, <-r.stopped)
}

// TestNoWayOut: whatever is asked for, what is outside the folder, hidden in it, or no file, is 404. Once with openat2(2),
// and once as on a kernel without it.
func TestNoWayOut(t *testing.T) {
	for _, way := range []string{"openat2", "walk"} {
		t.Run(way, func(t *testing.T) {
			k := sys.Linux()
			if way == "walk" {
				k.Openat2 = func(int, string, int, uint64) (int, error) { return -1, unix.ENOSYS }
			}
			stat := k.Fstatat
			k.Fstatat = func(at int, path string, st *unix.Stat_t, flags int) error {
				if strings.Contains(path, "/") || flags&unix.AT_SYMLINK_NOFOLLOW == 0 {
					t.Errorf("a stat of %q may leave the folder", path)
				}
				return stat(at, path, st, flags)
			}
			r := start(t, k, nil, "in.txt", "inside", ".hidden", "secret", "sub/x", "x", "sub/.h/y", "secret", "idx/index.html", "index",
				"out -> ../outside", "abs -> /etc", "absfile -> /etc/passwd", "proc -> /proc/self/root/etc", "sub/up -> ../../outside",
				"inlink -> in.txt", "dirlink -> sub", "sub/uplink -> ../in.txt", "loop -> loop", "dangling -> nothing", "unlisted/index.html/")
			must(t, os.WriteFile(filepath.Join(filepath.Dir(r.dir), "outside"), []byte("secret"), 0o666))
			must(t, unix.Mkfifo(filepath.Join(r.dir, "fifo"), 0o666))
			ln, err := net.Listen("unix", filepath.Join(r.dir, "socket"))
			must(t, err)
			defer ln.Close()
			for _, target := range []string{
				"/../outside", "/%2e%2e/outside", "/sub/../../outside", "/sub/%2e%2e/%2e%2e/outside", "/..%2foutside", "/%2e%2e%2foutside",
				"/../../../../../../../../etc/passwd", "//etc/passwd", "/%2fetc/passwd", "http://x/../outside", "/./in.txt", "/sub/./x",
				"/out", "/abs/passwd", "/abs", "/abs/", "/absfile", "/proc/passwd", "/sub/up", "/loop", "/dangling",
				"/.hidden", "/sub/.h/y", "/%2ehidden", "/.", "/..", "/fifo", "/socket", "/nothing", "/in.txt/", "/in.txt/x", "/sub/x/",
				"/" + strings.Repeat("n", 300), "/" + strings.Repeat("d/", 2500),
			} {
				a := r.get(target)
				if a.StatusCode != 404 || strings.Contains(a.body, "secret") || strings.Contains(a.body, "root:") {
					t.Errorf("%s: %s\n%s", short(target), a.Status, short(a.body))
				}
			}
			want := map[string]string{"/in.txt": "inside", "/%69n.txt": "inside", "//in.txt": "inside", "/sub//x": "x", "/idx/": "index", "/in.txt?a=/../..": "inside"}
			links := map[string]string{"/inlink": "inside", "/dirlink/x": "x", "/sub/uplink": "inside"}
			for target, body := range want {
				if a := r.get(target); a.StatusCode != 200 || a.body != body {
					t.Errorf("%s: %s %q", target, a.Status, a.body)
				}
			}
			for target, body := range links {
				a := r.get(target)
				if way == "walk" && a.StatusCode != 404 || way == "openat2" && a.body != body {
					t.Errorf("%s: %s %q", target, a.Status, a.body)
				}
			}
			// The listing has what may be asked for, and nothing else.
			list := r.get("/").body
			for _, no := range []string{"hidden", "out", "abs", "proc", "loop", "dangling", "fifo", "socket"} {
				if strings.Contains(list, `"./`+no) {
					t.Errorf("%s is listed", no)
				}
			}
			for _, yes := range []string{"in.txt", "sub/", "idx/", "unlisted/"} {
				if !strings.Contains(list, `"./`+yes+`"`) {
					t.Errorf("%s is not listed:\n%s", yes, list)
				}
			}
			if listed := strings.Contains(list, `"./inlink"`) && strings.Contains(list, `"./dirlink/"`); listed != (way == "openat2") {
				t.Errorf("links inside are listed: %v", listed)
			}
			if a := r.get("/unlisted/"); a.StatusCode != 200 || !strings.Contains(a.body, "index.html/") {
				t.Errorf("a folder called index.html: %s", a.Status)
			}
			if a := r.get("//x/..//y"); a.StatusCode != 404 {
				t.Error(a.Status)
			}
			if a := r.get("//sub"); a.StatusCode != 301 || a.Header.Get("Location") != "/sub/" {
				t.Errorf("%s to %s", a.Status, a.Header.Get("Location"))
			}
			r.stop()
			if way == "walk" && len(r.bad) != 1 {
				t.Errorf("warned: %q", r.bad)
			}
		})
	}
}

// TestSwappedLinks: while requests come a folder is swapped for a link that leads out and back; nothing outside is ever
// sent.
func TestSwappedLinks(t *testing.T) {
	for _, way := range []string{"openat2", "walk"} {
		k := sys.Linux()
		if way == "walk" {
			k.Openat2 = func(int, string, int, uint64) (int, error) { return -1, unix.EPERM }
		}
		r := start(t, k, nil, "d/f", "inside")
		out := t.TempDir()
		must(t, os.WriteFile(filepath.Join(out, "f"), []byte("secret"), 0o666))
		must(t, os.Symlink(out, filepath.Join(r.dir, "link")))
		done := make(chan bool)
		swapped := make(chan bool)
		go func() {
			defer close(swapped)
			for {
				select {
				case <-done:
					return
				default:
					unix.Renameat2(unix.AT_FDCWD, filepath.Join(r.dir, "d"), unix.AT_FDCWD, filepath.Join(r.dir, "link"), unix.RENAME_EXCHANGE)
				}
			}
		}()
		c := r.dial()
		b := bufio.NewReader(c)
		found := 0
		for range 500 {
			io.WriteString(c, message("GET", "/d/f"))
			a := read(t, b, "GET")
			switch {
			case a.StatusCode == 200 && a.body == "inside":
				found++
			case a.StatusCode != 404:
				t.Fatalf("%s: %s %q", way, a.Status, a.body)
			}
		}
		close(done)
		<-swapped
		if found == 0 {
			t.Errorf("%s: never there", way)
		}
		r.stop()
	}
}
