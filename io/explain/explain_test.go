package explain

import (
	"errors"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// TestEveryCallIsTold: a new field of sys.Calls has to get a row in views: how it is printed, or why it is not told.
func TestEveryCallIsTold(t *testing.T) {
	calls := reflect.TypeFor[sys.Calls]()
	for i := range calls.NumField() {
		name := calls.Field(i).Name
		if j := slices.IndexFunc(views, func(v view) bool { return v.field == name }); j < 0 {
			t.Errorf("views in view.go has no row for sys.Calls.%s: how is it to be told?", name)
		}
	}
	seen := map[string]bool{}
	for _, v := range views {
		_, there := calls.FieldByName(v.field)
		switch {
		case !there:
			t.Errorf("views has a row for %s, which sys.Calls does not have", v.field)
		case seen[v.field]:
			t.Errorf("views has two rows for %s", v.field)
		case v.kind == untold && v.why == "":
			t.Errorf("%s is not told, and nobody says why", v.field)
		case v.kind != untold && (v.call == "" || v.args == nil):
			t.Errorf("%s lacks its name or its arguments", v.field)
		case v.kind == data && v.noun == "":
			t.Errorf("%s is summed up without a noun", v.field)
		}
		seen[v.field] = true
	}
}

// TestNotes: each sentence is one, and fits two lines; each listed call has one for when nothing special is known.
func TestNotes(t *testing.T) {
	names := []string{"", "state"}
	for _, v := range views {
		names = append(names, v.call)
		if v.kind == listed {
			if says, man := note(v.call, "", ""); says == "" || man == "" {
				if !slices.Contains([]string{"shutdown", "close", "connect"}, v.call) {
					t.Errorf("there is no note for %s", v.call)
				}
			}
		}
	}
	man := regexp.MustCompile(`^([a-z0-9_]+\([2578]\)|errno\(3\)|RFC \d+, [0-9.]+)(, [A-Za-z0-9_/.() -]+)*$`)
	seen := map[[2]string]bool{}
	for _, r := range notes {
		key := [2]string{r.call, r.when}
		switch {
		case seen[key]:
			t.Errorf("two notes for %q", key)
		case !slices.Contains(names, r.call):
			t.Errorf("note for %q, which is no call", r.call)
		case !strings.HasSuffix(r.says, ".") || strings.ToUpper(r.says[:1]) != r.says[:1] || len(r.says) > 110:
			t.Errorf("not a plain sentence: %q", r.says)
		case strings.Contains(r.says, "istening on "):
			t.Errorf("a line of cat5's own begins like that: %q", r.says)
		case !man.MatchString(r.man):
			t.Errorf("%q: where does it stand? %q", r.says, r.man)
		}
		seen[key] = true
	}
}

// fake is a kernel whose calls note their arguments and answer with err, or with numbers of their own.
func fake(err error) (k *sys.Calls, log *[][]any) {
	k, log = new(sys.Calls), new([][]any)
	v := reflect.ValueOf(k).Elem()
	for i := range v.NumField() {
		f := v.Field(i).Type()
		name := v.Type().Field(i).Name
		v.Field(i).Set(reflect.MakeFunc(f, func(in []reflect.Value) []reflect.Value {
			args := []any{name}
			for _, a := range in {
				args = append(args, a.Interface())
			}
			*log = append(*log, args)
			out := make([]reflect.Value, f.NumOut())
			for j := range out {
				out[j] = reflect.New(f.Out(j)).Elem()
				switch {
				case out[j].CanInt():
					out[j].SetInt(int64(3 + j))
				case f.Out(j) == reflect.TypeFor[error]() && err != nil:
					out[j].Set(reflect.ValueOf(err))
				}
			}
			return out
		}))
	}
	return k, log
}

// TestNothingChanges: every call reaches the kernel as it was made, once, and its answer comes back as it was given.
func TestNothingChanges(t *testing.T) {
	for _, err := range []error{nil, unix.EAGAIN, unix.ECONNREFUSED, unix.EINTR, errors.New("not an errno")} {
		for _, list := range []bool{false, true} {
			k, log := fake(err)
			told, end := Wrap(k, list, list, func(level, opt int) (string, string, string) { return "SO_ERROR", "Says.", "socket(7)" }, func(sys.Told) {})
			v, real := reflect.ValueOf(told).Elem(), reflect.ValueOf(k).Elem()
			for i := range v.NumField() {
				name := v.Type().Field(i).Name
				in := arguments(v.Field(i).Type())
				*log = nil
				want := real.Field(i).Call(in)
				call := (*log)[0]
				*log = nil
				got := v.Field(i).Call(in)
				made := 0
				for _, c := range *log {
					if c[0] == name && reflect.DeepEqual(c, call) {
						made++
					}
				}
				if name != "Getsockopt" && name != "Getsockname" && name != "Poll" && made != 1 { // the narrator asks with these itself
					t.Errorf("%s: made %d times", name, made)
				}
				for j := range want {
					if !reflect.DeepEqual(got[j].Interface(), want[j].Interface()) {
						t.Errorf("%s: result %d is %v, not %v", name, j, got[j], want[j])
					}
				}
			}
			end()
		}
	}
}

// arguments makes some for a function of this type.
func arguments(f reflect.Type) (in []reflect.Value) {
	for i := range f.NumIn() {
		v := reflect.New(f.In(i)).Elem()
		switch v.Kind() {
		case reflect.Slice:
			v.Set(reflect.MakeSlice(v.Type(), 4, 4))
		case reflect.Pointer:
			v.Set(reflect.New(v.Type().Elem()))
		case reflect.String:
			v.SetString("a\x1bname")
		default:
			if v.CanInt() {
				v.SetInt(int64(7 + i))
			}
		}
		in = append(in, v)
	}
	return in
}

// TestThreads: calls from many threads are told one at a time, whole, and none is lost.
func TestThreads(t *testing.T) {
	k := sys.Linux()
	var all []sys.Told // without a lock of its own
	told, end := Wrap(k, true, true, func(level, opt int) (string, string, string) { return "", "", "" }, func(x sys.Told) { all = append(all, x) })
	var wait sync.WaitGroup
	const threads, rounds = 8, 50
	for range threads {
		wait.Go(func() {
			for range rounds {
				fd, err := told.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
				if err != nil {
					t.Error(err)
					return
				}
				told.Listen(fd, 1)
				told.Close(fd)
			}
		})
	}
	wait.Wait()
	end()
	count := map[string]int{}
	for _, x := range all {
		switch x.Event {
		case "call":
			count[x.Call]++
		case "again": // the close of one thread and that of the next, told one after the other
			count[x.Call] += int(x.Calls)
		}
	}
	for _, name := range []string{"socket", "listen", "close"} {
		if count[name] != threads*rounds {
			t.Errorf("%s was told %d times, not %d", name, count[name], threads*rounds)
		}
	}
}

// TestEnd: what has been summed up is told at the end, once, and then no more.
func TestEnd(t *testing.T) {
	k, _ := fake(nil)
	k.Getsockopt = func(fd, level, opt int, val []byte) (int, error) { return 0, unix.ENOTSOCK }
	var lines []string
	told, end := Wrap(k, false, false, func(level, opt int) (string, string, string) { return "", "", "" }, func(x sys.Told) { lines = append(lines, x.Line) })
	for range 12 {
		told.Write(5, make([]byte, 10))
	}
	told.EpollCtl(1, unix.EPOLL_CTL_ADD, 2, nil)
	if lines != nil {
		t.Errorf("told too early: %q", lines)
	}
	end()
	want := []string{"12 writes, 36 B to 5", "and 1 call of housekeeping: epoll_ctl 1"}
	if !slices.Equal(lines, want) {
		t.Errorf("%q, not %q", lines, want)
	}
	end()
	told.Socket(1, 1, 0)
	told.Write(5, nil)
	if len(lines) != len(want) {
		t.Errorf("after the end came %q", lines[len(want):])
	}
}
