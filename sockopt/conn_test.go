package sockopt

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// pair connects a client to a listener and accepts it; before sees the listener before bind(2).
func pair(t *testing.T, k *sys.Calls, sk socketKind, before func(listener int), listening func(listener int)) (client, accepted int) {
	t.Helper()
	l, c := sk.open(t, k), sk.open(t, k)
	before(l)
	if err := k.Bind(l, sk.addr()); err == unix.EADDRNOTAVAIL {
		t.Skipf("NOT TRIED: %s is no address here", sk.local)
	} else if err != nil {
		t.Fatal(err)
	}
	listening(l)
	if err := k.Listen(l, 4); err != nil {
		t.Fatal(err)
	}
	a, err := k.Getsockname(l)
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Connect(c, a); err != nil {
		t.Fatal(err)
	}
	k.Write(c, []byte("x")) // a listener with defer_accept waits for it
	fd, _, err := k.Accept4(l, unix.SOCK_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sys.Close(k, fd) })
	return c, fd
}

// TestAccepted: what a listener was given is in force on the sockets that it accepts, be it inherited or set again; and
// only what is not inherited is set again.
func TestAccepted(t *testing.T) {
	k := sys.Linux()
	for i := range Table {
		o := &Table[i]
		// What is due BeforeListen is the listener's affair and ends with it; ulp and ipv6_mtu have tests of their own.
		if o.RO || o.WO || o.On&(TCP|UnixStream|UnixSeqpacket) == 0 || o.When == BeforeListen || o.When == BeforeConnect ||
			o.Name == "ulp" || o.Name == "ipv6_mtu" {
			continue
		}
		for _, sk := range socketKinds {
			if !claimed(o, sk.on) || sk.on&(UDP|UnixDgram) != 0 {
				continue
			}
			t.Run(o.Name+"/"+sk.on.String(), func(t *testing.T) {
				s := sample(t, o)[0]
				var was Value
				refused := false
				set := func(fd int, at When) {
					if _, err := Apply(k, fd, at, []Setting{s}); err != nil {
						if refused = true; !excused(t, o, err) {
							t.Fatal(err)
						}
					}
				}
				_, fd := pair(t, k, sk, func(l int) {
					set(l, BeforeBind)
					was, _ = Read(k, l, o)
				}, func(l int) { set(l, BeforeListen) })
				if refused {
					return
				}
				inherited, _ := Read(k, fd, o)
				if o.When == Connected {
					inherited = Value{}
				} else if inherited == was && o.Again&sk.on != 0 && o.Name != "sndbuf" {
					t.Errorf("Again claims %v, which inherits %v", sk.on, was)
				}
				done, err := Apply(k, fd, Accepted, []Setting{s})
				if err != nil {
					t.Fatal(err)
				}
				if again := o.When == Connected || o.Again&sk.on != 0; (len(done) == 1) != again {
					t.Errorf("set again: %v", done)
				}
				got, _ := Read(k, fd, o)
				switch {
				case o.Name == "maxseg": // less by the timestamps that the connection uses, tcp(7)
				case o.Name == "incoming_cpu": // each packet that arrives rewrites it
				case o.When == Connected:
					if got != done[0].Got {
						t.Errorf("accepted socket has %v", got)
					}
				case got != was:
					t.Errorf("listener has %v, accepted socket %v", was, got)
				}
			})
		}
	}
}

// TestConnected reads what only a connection can tell.
func TestConnected(t *testing.T) {
	k := sys.Linux()
	nothing := func(int) {}
	for _, sk := range socketKinds {
		if sk.on&(UDP|UnixDgram) != 0 {
			continue
		}
		t.Run(sk.on.String(), func(t *testing.T) {
			_, fd := pair(t, k, sk, nothing, func(l int) {
				s, err := Parse("save_syn=on")
				if err == nil && sk.on&TCP != 0 {
					_, err = Apply(k, l, BeforeListen, []Setting{s})
				}
				if err != nil {
					t.Error(err)
				}
			})
			for i := range Table {
				o := &Table[i]
				if o.WO || !claimed(o, sk.on) {
					continue
				}
				v, err := Read(k, fd, o)
				if err != nil {
					if !excused(t, o, err) {
						t.Error(err)
					}
					continue
				}
				pid := strconv.Itoa(os.Getpid())
				text := v.String()
				ok := true
				switch o.Name {
				case "peercred":
					ok = text == "pid="+pid+" uid="+strconv.Itoa(os.Getuid())+" gid="+strconv.Itoa(os.Getgid())
				case "peerpidfd":
					ok = text == pid
				case "saved_syn":
					ok = len(text) >= 80 // an IPv4 and a TCP header at least, in hexadecimal
				case "mtu", "ipv6_mtu":
					ok = text != "0"
				case "info":
					ok = strings.HasPrefix(text, "state=1 ") && strings.Contains(text, " bytes_received=1 ")
				case "meminfo":
					ok = strings.HasPrefix(text, "rmem_alloc=")
				}
				if !ok {
					t.Errorf("%s is %q, %s", o.Name, text, v.AppendJSON(nil))
				}
			}
		})
	}
}

// TestULP: an upper layer needs a connection, and its name reads back.
func TestULP(t *testing.T) {
	k := sys.Linux()
	c, _ := pair(t, k, socketKinds[0], func(int) {}, func(int) {})
	s, err := Parse("ulp=tls")
	if err != nil {
		t.Fatal(err)
	}
	done, err := Apply(k, c, Connected, []Setting{s})
	if err != nil {
		t.Logf("NOT TRIED: this kernel has no %s: %v", s, err)
		return
	}
	if len(done) != 1 || !done[0].Same {
		t.Errorf("applied %v", done)
	}
}

// TestMTU: ipv6_mtu can be set before the connection, though it cannot be read until there is one: that is no failure.
func TestMTU(t *testing.T) {
	k := sys.Linux()
	s, err := Parse("ipv6_mtu=1400")
	if err != nil {
		t.Fatal(err)
	}
	fd := socketKinds[1].open(t, k)
	done, err := Apply(k, fd, BeforeBind, []Setting{s})
	if err != nil || len(done) != 1 || done[0].Known || done[0].String() != "ipv6_mtu: 1400" {
		t.Errorf("applied %v, %v", done, err)
	}
}

// TestNoCalls: a setting that is not due costs nothing, and no option at all costs nothing either.
func TestNoCalls(t *testing.T) {
	k := &sys.Calls{} // every call would panic
	s, err := Parse("nodelay")
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []When{BeforeListen, BeforeConnect, Connected, Accepted} {
		if done, err := Apply(k, -1, at, []Setting{s}); done != nil || err != nil {
			t.Errorf("%v: %v, %v", at, done, err)
		}
	}
	if v, err := Read(k, -1, find(t, "md5sig")); err == nil {
		t.Errorf("read %v", v)
	}
}

// TestValueJSON: each shape of JSON that a value can have.
func TestValueJSON(t *testing.T) {
	for in, want := range map[string]string{
		"nodelay": "true", "rcvbuf=64k": "65536", "keepidle=10s": "10", "rcvtimeo=250ms": "0.25", "linger=off": "false",
		"linger=3": "3", "mtu_discover=do": `"do"`, "tos=84": "84", "bindtodevice=a\"b\\": `"a\"b\\"`, "local_port_range=1-2": `"1-2"`,
		"max_pacing_rate=unlimited": `"unlimited"`, "buf_lock=snd+rcv": `"snd+rcv"`, "multicast_if=lo": `"lo"`,
	} {
		s, err := Parse(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(s.Value.AppendJSON(nil)); got != want {
			t.Errorf("%s: %s, not %s", in, got, want)
		}
	}
	if got := string(appendString(nil, "\x00\t\x7f\xff")); got != `"\u0000\u0009\u007f`+"\uFFFD\"" {
		t.Errorf("string %s", got)
	}
	want := `{"name":"keepidle","c":"TCP_KEEPIDLE","level":"IPPROTO_TCP","opt":4,"kind":"seconds","min":1,"max":32767,"when":"before bind","on":"tcp","access":"rw",`
	if got := string(find(t, "keepidle").AppendJSON(nil)); !strings.HasPrefix(got, want) {
		t.Errorf("row %s", got)
	}
}
