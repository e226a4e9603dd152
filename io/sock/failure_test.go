package sock

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"cat5/io/sys"
	"cat5/sockopt"

	"golang.org/x/sys/unix"
)

// failing is the real kernel, but for the n-th call, which fails; count is how many were made.
func failing(n int, errno unix.Errno, count *int, which *string) *sys.Calls {
	k := sys.Linux()
	v := reflect.ValueOf(k).Elem()
	for i := range v.NumField() {
		name, real := v.Type().Field(i).Name, reflect.ValueOf(v.Field(i).Interface())
		if name == "Close" || real.Type().NumOut() == 0 || real.Type().Out(real.Type().NumOut()-1) != reflect.TypeFor[error]() {
			continue
		}
		v.Field(i).Set(reflect.MakeFunc(real.Type(), func(args []reflect.Value) []reflect.Value {
			if *count++; *count != n {
				return real.Call(args)
			}
			*which = name
			res := make([]reflect.Value, real.Type().NumOut())
			for i := range res {
				res[i] = reflect.Zero(real.Type().Out(i))
			}
			res[len(res)-1] = reflect.New(reflect.TypeFor[error]()).Elem()
			res[len(res)-1].Set(reflect.ValueOf(errno))
			return res
		}))
	}
	return k
}

// TestEveryCallFails: whichever call of Listen, Dial or Accept fails, no descriptor and no file stays behind, whether
// the whole fails or not. (A socket file whose bind succeeded and that cannot be looked at afterwards has to stay.)
func TestEveryCallFails(t *testing.T) {
	nodelay, err := sockopt.Parse("nodelay")
	if err != nil {
		t.Fatal(err)
	}
	loop := []sys.Addr{addr("127.0.0.1:0")}
	tests := []struct {
		name string
		run  func(t *testing.T, k *sys.Calls, path string) (Conn, error)
	}{
		{"listen tcp", func(_ *testing.T, k *sys.Calls, _ string) (Conn, error) {
			return Listen(k, Plan{Network: "tcp", Type: unix.SOCK_STREAM, Local: loop, Opts: []sockopt.Setting{nodelay}})
		}},
		{"listen tcp on both families", func(_ *testing.T, k *sys.Calls, _ string) (Conn, error) {
			return Listen(k, Plan{Network: "tcp", Type: unix.SOCK_STREAM, DualStack: true, Local: []sys.Addr{addr("[::]:0"), addr("0.0.0.0:0")}})
		}},
		{"listen udp", func(_ *testing.T, k *sys.Calls, _ string) (Conn, error) {
			return Listen(k, Plan{Network: "udp", Type: unix.SOCK_DGRAM, Local: loop})
		}},
		{"listen unix", func(_ *testing.T, k *sys.Calls, path string) (Conn, error) {
			p := listenUnix(path, UnlinkNever)
			p.Mode, p.HasMode = 0o600, true
			return Listen(k, p)
		}},
		{"listen unix over a stale file", func(t *testing.T, k *sys.Calls, path string) (Conn, error) {
			leaveSocket(t, path, unix.SOCK_STREAM)
			return Listen(k, listenUnix(path, UnlinkStale))
		}},
		{"listen unix over any socket", func(t *testing.T, k *sys.Calls, path string) (Conn, error) {
			leaveSocket(t, path, unix.SOCK_STREAM)
			return Listen(k, listenUnix(path, UnlinkAlways))
		}},
		{"dial tcp", func(t *testing.T, k *sys.Calls, _ string) (Conn, error) {
			l := must(t, Plan{Network: "tcp", Type: unix.SOCK_STREAM, Local: loop})
			return Dial(t.Context(), k, Plan{Network: "tcp", Type: unix.SOCK_STREAM, Remote: []sys.Addr{l.Local}, Local: loop, Opts: []sockopt.Setting{nodelay}})
		}},
		{"dial udp", func(t *testing.T, k *sys.Calls, _ string) (Conn, error) {
			l := must(t, Plan{Network: "udp", Type: unix.SOCK_DGRAM, Local: loop})
			return Dial(t.Context(), k, Plan{Network: "udp", Type: unix.SOCK_DGRAM, Remote: []sys.Addr{l.Local}})
		}},
		{"dial unix", func(t *testing.T, k *sys.Calls, path string) (Conn, error) {
			must(t, listenUnix(path+"l", UnlinkNever))
			return Dial(t.Context(), k, Plan{Network: "unix", Type: unix.SOCK_STREAM, Path: path + "l"})
		}},
		{"dial unix dgram with a name", func(t *testing.T, k *sys.Calls, path string) (Conn, error) {
			must(t, Plan{Network: "unix", Type: unix.SOCK_DGRAM, BindPath: path + "l"})
			return Dial(t.Context(), k, Plan{Network: "unix", Type: unix.SOCK_DGRAM, Path: path + "l", BindPath: path})
		}},
		{"dial unix dgram with a name over any socket", func(t *testing.T, k *sys.Calls, path string) (Conn, error) {
			leaveSocket(t, path, unix.SOCK_DGRAM)
			must(t, Plan{Network: "unix", Type: unix.SOCK_DGRAM, BindPath: path + "l"})
			return Dial(t.Context(), k, Plan{Network: "unix", Type: unix.SOCK_DGRAM, Path: path + "l", BindPath: path, Unlink: UnlinkAlways})
		}},
		{"accept", func(t *testing.T, k *sys.Calls, _ string) (Conn, error) {
			l := must(t, Plan{Network: "tcp", Type: unix.SOCK_STREAM, Local: loop})
			real := sys.Linux()
			d, err := Dial(t.Context(), real, Plan{Network: "tcp", Type: unix.SOCK_STREAM, Remote: []sys.Addr{l.Local}})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { d.Close(real) })
			return Accept(k, &l, &Plan{Opts: []sockopt.Setting{nodelay}, Type: unix.SOCK_STREAM})
		}},
	}
	runs := 0
	for _, tt := range tests {
		for _, errno := range []unix.Errno{unix.EMFILE, unix.EIO} {
			for n := 1; ; n++ {
				count, which := 0, ""
				left := once(t, tt.run, func() *sys.Calls { return failing(n, errno, &count, &which) }, &which)
				if which == "" {
					break // that was the run without a failure
				}
				runs++
				if left != "" {
					t.Errorf("%s, call %d (%s) says %v: %s", tt.name, n, which, errno, left)
				}
			}
		}
	}
	t.Logf("%d failures", runs)
}

// once runs it in a folder of its own, closes what it made, and says what is left.
func once(t *testing.T, run func(*testing.T, *sys.Calls, string) (Conn, error), k func() *sys.Calls, which *string) (left string) {
	t.Run("", func(t *testing.T) {
		dir := place(t)
		before := openFiles(t)
		t.Cleanup(func() { // after the listeners of run have been closed
			if now := openFiles(t); strings.Join(now, "\n") != strings.Join(before, "\n") {
				left = fmt.Sprintf("open before %q, after %q", before, now)
			}
			for _, name := range names(t, dir) {
				if name != "x" && *which != "Fstatat" && *which != "Unlinkat" {
					left += " file " + name
				}
			}
		})
		c, err := run(t, k(), filepath.Join(dir, "x"))
		if err == nil {
			c.Close(sys.Linux())
			if _, err := os.Lstat(filepath.Join(dir, "x")); err == nil && *which != "Fstatat" && *which != "Unlinkat" {
				left += " the socket's own file"
			}
		}
	})
	return left
}

// must listens, and closes when the test ends.
func must(t *testing.T, p Plan) Conn {
	t.Helper()
	k := sys.Linux()
	c, err := Listen(k, p)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(k) })
	return c
}
