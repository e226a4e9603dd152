package sockopt

import (
	"errors"
	"strings"
	"testing"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// samples are values to set where the Kind alone does not lead to one.
func samples(o *Option) []string {
	switch o.Name {
	case "bindtodevice":
		return []string{"lo", ""}
	case "congestion":
		return []string{"reno"}
	case "add_membership", "drop_membership":
		return []string{"239.1.2.3,lo", "239.1.2.3,127.0.0.1", "239.1.2.3,1"}
	case "add_source_membership", "drop_source_membership", "block_source", "unblock_source":
		return []string{"239.1.2.3,10.0.0.1,lo"}
	case "join_group", "leave_group":
		return []string{"ff02::1:3,lo", "ff12::7%lo"}
	case "join_source_group", "leave_source_group", "ipv6_block_source", "ipv6_unblock_source":
		return []string{"ff3e::7,2001:db8::1,lo"}
	case "join_anycast", "leave_anycast":
		return []string{"2001:db8::7,lo"}
	case "md5sig":
		return []string{"127.0.0.2,secret"}
	case "multicast_if":
		return []string{"lo", "127.0.0.1", "1", "any"}
	case "fastopen_key":
		return []string{strings.Repeat("0f", 16), strings.Repeat("1e", 32)}
	case "addr_preferences":
		return []string{"tmp", "public+home"}
	case "timestamping":
		return []string{"rx_software+software", "none"}
	case "buf_lock":
		return []string{"snd+rcv", "none"}
	case "delack_max_us", "rto_min_us":
		return []string{"100ms", "60000"}
	case "ipv6_mtu":
		return []string{"1280"}
	case "maxseg":
		return []string{"1000"}
	case "mark":
		return []string{"0xfffffffe", "7"}
	case "lock_filter", "fastopen_connect":
		return []string{"on"}
	case "ulp":
		return []string{"tls"}
	case "max_pacing_rate":
		return []string{"1M", "unlimited"}
	case "linger2":
		return []string{"10s", "none", "60"}
	}
	switch o.Kind {
	case Bool:
		return []string{"on", "off", "yes"}
	case Seconds, Milliseconds, Microseconds, Linger:
		return []string{"3s", "5s"}
	case Timeval:
		return []string{"1.5", "2m", "0"}
	case Bytes:
		return []string{"4k", "5000"}
	case Iface, IfaceBE:
		return []string{"lo", "1", "any"}
	case Ports:
		return []string{"40000-40999", "off"}
	case Int:
		if o.Words == tosWords {
			return []string{"lowcost", "ef", "0x54", "netcontrol"}
		}
		out := []string{"7", "9"}
		if o.Max < 9 {
			out = nil
		}
		for w := range strings.FieldsSeq(o.Words) {
			name, _, _ := strings.Cut(w, "=")
			out = append(out, name)
		}
		return out
	}
	return nil
}

func sample(t *testing.T, o *Option) []Setting {
	t.Helper()
	var out []Setting
	for _, text := range samples(o) {
		s, err := Parse(o.Name + "=" + text)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	if out == nil {
		t.Fatalf("there is no sample for %s", o.Name)
	}
	return out
}

// prepare joins the group that a leaving row leaves, or blocks what an unblocking one unblocks.
func prepare(k *sys.Calls, fd int, o *Option) {
	before := map[string][]string{
		"drop_membership":        {"add_membership=239.1.2.3,lo"},
		"drop_source_membership": {"add_source_membership=239.1.2.3,10.0.0.1,lo"},
		"block_source":           {"add_membership=239.1.2.3,lo"},
		"unblock_source":         {"add_membership=239.1.2.3,lo", "block_source=239.1.2.3,10.0.0.1,lo"},
		"leave_group":            {"join_group=ff02::1:3,lo", "join_group=ff12::7,lo"},
		"leave_anycast":          {"join_anycast=2001:db8::7,lo"},
		"leave_source_group":     {"join_source_group=ff3e::7,2001:db8::1,lo"},
		"ipv6_block_source":      {"join_group=ff3e::7,lo"},
		"ipv6_unblock_source":    {"join_group=ff3e::7,lo", "ipv6_block_source=ff3e::7,2001:db8::1,lo"},
	}
	for _, text := range before[o.Name] {
		if s, err := Parse(text); err == nil {
			Apply(k, fd, s.Option.When, []Setting{s})
		}
	}
}

// changed is where the kernel makes something else of a value, and why.
func changed(o *Option, on On, asked string) (reads string, differs bool) {
	switch {
	case o.Name == "rcvbuf" || o.Name == "sndbuf": // doubled, socket(7)
		return map[string]string{"4096": "8192", "5000": "10000"}[asked], true
	case o.Name == "defer_accept": // rounded up to whole retries at 1, 3, 7 s, tcp(7)
		return map[string]string{"3s": "3s", "5s": "7s"}[asked], true
	case o.Name == "tos" || o.Name == "tclass":
		if on&TCP != 0 && asked == "lowcost" { // ECN is TCP's
			return "cs0", true
		}
	case o.Name == "linger2" && asked == "10s":
		return "10s", true
	case o.Name == "txrehash" && asked == "default": // decided at once by net.core.txrehash
		return "", true
	case asked == "default": // the system's value reads back
		return "", true
	case o.Name == "multicast_if" && (asked == "lo" || asked == "1"):
		return "127.0.0.1", true
	case o.Name == "addr_preferences": // the groups that were not named keep theirs
		return "", true
	case asked == "1" && (o.Kind == Iface || o.Kind == IfaceBE):
		return "lo", true
	}
	return asked, false
}

// TestSet sets sample values of every row on every kind of socket that it claims and reads them back.
func TestSet(t *testing.T) {
	settable := func(o *Option) bool { return !o.RO && o.Name != "ulp" }
	eachKind(t, settable, claimed, func(t *testing.T, k *sys.Calls, fd int, o *Option, sk socketKind) {
		for _, s := range sample(t, o) {
			if err := s.CheckFor(sk.on); err != nil {
				t.Fatal(err)
			}
			if o.WO { // groups cannot be joined twice on one socket
				fd = sk.open(t, k)
			}
			prepare(k, fd, o)
			done, err := Apply(k, fd, o.When, []Setting{s})
			if err != nil {
				if !excused(t, o, err) {
					t.Errorf("%v: %v", s.shown(), err)
				}
				continue
			}
			a := done[0]
			if a.Known == o.WO && o.Name != "ipv6_mtu" {
				t.Errorf("%v: read back is %v", a, a.Known)
			}
			want, differs := changed(o, sk.on, s.Value.String())
			if a.Known && want != "" && a.Got.String() != want {
				t.Errorf("asked %v, got %v, not %s", s.Value, a.Got, want)
			}
			if a.Known && !a.Same && !differs {
				t.Errorf("not the same: %v", a)
			}
		}
	})
}

// TestRange: the kernel takes both ends of every range, and Parse takes nothing beyond.
func TestRange(t *testing.T) {
	ranged := func(o *Option) bool { return o.ranged() }
	eachKind(t, ranged, claimed, func(t *testing.T, k *sys.Calls, fd int, o *Option, sk socketKind) {
		for _, n := range []int64{o.Min, o.Max} {
			if n == 1000 && o.Kind == Microseconds {
				continue // the kernel counts in ticks, and which it has is not known
			}
			s := Setting{o, Value{o: o, n: n}}
			again, err := Parse(s.String())
			if err != nil || again != s {
				t.Errorf("%v parses as %v, %v", s, again, err)
			}
			if o.Name == "tx_delay" && n == maxInt || o.Name == "incoming_cpu" && n == o.Max {
				continue // taken, but there is no sense in it
			}
			if _, err := Apply(k, fd, o.When, []Setting{s}); err != nil && !excused(t, o, err) {
				t.Error(err)
			}
		}
		if o.Max < maxRate && o.Words == "" {
			if s, err := Parse((Setting{o, Value{o: o, n: o.Max + 1}}).String()); err == nil || !strings.Contains(err.Error(), "out of range") {
				t.Errorf("beyond the range: %v, %v", s, err)
			}
		}
	})
}

// TestApply: only what is due is set, in the order given, and an error says what failed.
func TestApply(t *testing.T) {
	k := sys.Linux()
	real := k.Setsockopt
	var order []int
	k.Setsockopt = func(fd, level, opt int, val []byte) error {
		order = append(order, opt)
		if opt == unix.TCP_KEEPCNT && level == unix.IPPROTO_TCP {
			return unix.EACCES
		}
		return real(fd, level, opt, val)
	}
	fd := socketKinds[0].open(t, k)
	var all []Setting
	for _, text := range []string{"rcvbuf=64k", "quickack", "SO_KEEPALIVE", "defer_accept=3", "keepcnt=5", "nodelay"} {
		s, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	done, err := Apply(k, fd, BeforeBind, all)
	var se *sys.Error
	if !errors.As(err, &se) || se.Error() != "setsockopt keepcnt=5 (TCP_KEEPCNT): permission denied" {
		t.Errorf("error %v", err)
	}
	if len(done) != 2 || done[0].String() != "rcvbuf: asked 65536, kernel made it 131072" || done[1].String() != "keepalive: yes" {
		t.Errorf("applied %v", done)
	}
	if js := string(done[0].AppendJSON(nil)); js != `{"name":"rcvbuf","asked":65536,"got":131072}` {
		t.Errorf("JSON %s", js)
	}
	if len(order) != 3 || order[0] != unix.SO_RCVBUF || order[1] != unix.SO_KEEPALIVE {
		t.Errorf("options set: %v", order)
	}
	if done, err := Apply(k, fd, BeforeListen, all); len(done) != 1 || err != nil {
		t.Errorf("before listen: %v, %v", done, err)
	}
	if _, err := Read(k, fd, find(t, "mtu")); err == nil || err.Error() != "getsockopt mtu (IP_MTU): transport endpoint is not connected" {
		t.Errorf("read: %v", err)
	}
	s, _ := Parse("bindtoifindex=nosuchif0")
	if _, err := Apply(k, fd, BeforeBind, []Setting{s}); err == nil || err.Error() != "setsockopt bindtoifindex=nosuchif0 (SO_BINDTOIFINDEX): no such device" {
		t.Errorf("no such interface: %v", err)
	}
}

func find(t *testing.T, name string) *Option {
	t.Helper()
	o, ok := Lookup(name)
	if !ok {
		t.Fatalf("no row %s", name)
	}
	return o
}
