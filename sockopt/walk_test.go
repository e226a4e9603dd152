package sockopt

import (
	"errors"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"testing"
	"unsafe"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// socketKind is how to make a socket of each kind, and where to bind it.
type socketKind struct {
	on          On
	domain, typ int
	local       string
}

var socketKinds = [...]socketKind{
	{TCP4, unix.AF_INET, unix.SOCK_STREAM, "127.0.0.1:0"},
	{TCP6, unix.AF_INET6, unix.SOCK_STREAM, "[::1]:0"},
	{UDP4, unix.AF_INET, unix.SOCK_DGRAM, "127.0.0.1:0"},
	{UDP6, unix.AF_INET6, unix.SOCK_DGRAM, "[::1]:0"},
	{UnixStream, unix.AF_UNIX, unix.SOCK_STREAM, ""},
	{UnixDgram, unix.AF_UNIX, unix.SOCK_DGRAM, ""},
	{UnixSeqpacket, unix.AF_UNIX, unix.SOCK_SEQPACKET, ""},
}

// open makes a socket that the test closes.
func (sk socketKind) open(t *testing.T, k *sys.Calls) int {
	t.Helper()
	fd, err := k.Socket(sk.domain, sk.typ|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Skipf("NOT TRIED: no %v socket here: %v", sk.on, err)
	}
	t.Cleanup(func() { sys.Close(k, fd) })
	return fd
}

func (sk socketKind) addr() sys.Addr {
	if sk.domain == unix.AF_UNIX {
		return sys.UnixUnnamed()
	}
	return sys.Inet(netip.MustParseAddrPort(sk.local), 0)
}

// eachKind runs a test for every row that want accepts, on a fresh socket of each kind that which accepts.
func eachKind(t *testing.T, want func(o *Option) bool, which func(o *Option, on On) bool, do func(t *testing.T, k *sys.Calls, fd int, o *Option, sk socketKind)) {
	k := sys.Linux()
	for i := range Table {
		o := &Table[i]
		if !want(o) {
			continue
		}
		for _, sk := range socketKinds {
			if which(o, sk.on) {
				t.Run(o.Name+"/"+sk.on.String(), func(t *testing.T) { do(t, k, sk.open(t, k), o, sk) })
			}
		}
	}
}

func claimed(o *Option, on On) bool { return o.On&on != 0 }

// excused says aloud why a refusal does not count: the kernel is too old, or the test has not the rights.
func excused(t *testing.T, o *Option, err error) bool {
	switch {
	case (errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES)) && strings.Contains(o.Needs, "CAP_NET_"):
		t.Logf("NOT TRIED: %s needs %s: %v", o.Name, o.Needs, err)
		return true
	case errors.Is(err, unix.ENOPROTOOPT) && o.Since != "" && olderThan(o.Since):
		t.Logf("NOT TRIED: %s needs Linux %s: %v", o.Name, o.Since, err)
		return true
	case o.Name == "reserve_mem" || o.Name == "peersec" || strings.HasSuffix(o.Name, "_anycast"): // they need what few machines have
		t.Logf("NOT TRIED: %s needs %s: %v", o.Name, o.Needs, err)
		return true
	case o.Name == "md5sig" && errors.Is(err, unix.ENOPROTOOPT): // CONFIG_TCP_MD5SIG
		t.Logf("NOT TRIED: this kernel has no %s", o.C)
		return true
	}
	return false
}

func olderThan(version string) bool {
	b, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	num := func(s string) int {
		major, rest, _ := strings.Cut(s, ".")
		minor, _, _ := strings.Cut(rest, ".")
		minor, _, _ = strings.Cut(strings.TrimSpace(minor), "-")
		a, _ := strconv.Atoi(major)
		b, _ := strconv.Atoi(minor)
		return a*1000 + b
	}
	return num(string(b)) < num(version)
}

func TestTableIsInOrder(t *testing.T) {
	seen := map[string]bool{}
	for i := range Table {
		o := &Table[i]
		bad := func(why string) { t.Errorf("%s: %s", o.Name, why) }
		if i > 0 && Table[i-1].Name >= o.Name {
			bad("out of order after " + Table[i-1].Name)
		}
		for _, n := range append(strings.Fields(o.Also), o.Name, o.C) {
			if n = strings.ToLower(n); seen[n] && n != o.Name {
				bad("the name " + n + " is taken")
			} else if seen[n] = true; n != "" {
				if got, ok := Lookup(strings.ReplaceAll(strings.ToUpper(n), "_", "-")); !ok || got != o {
					bad("Lookup does not find " + n)
				}
			}
		}
		if o.Doc == "" || !strings.HasSuffix(o.Doc, ".") || strings.Contains(strings.TrimSuffix(o.Doc, "."), ". ") {
			bad("Doc is not one sentence")
		}
		if !strings.HasSuffix(o.Man, "(7)") && !strings.Contains(o.Man, "/") || o.C == "" || o.On == 0 {
			bad("Man, C or On is missing")
		}
		if o.Min > o.Max || o.RO && o.WO || o.RO && o.When != Connected || o.When == Accepted || o.Again&^o.On != 0 {
			bad("Min and Max, RO and WO, When, or Again and On do not fit together")
		}
		if !o.WO && !o.Kind.number() && o.Kind != Text && o.Kind != Opaque && o.Max != 0 {
			bad("Max means nothing here")
		}
		for w := range strings.FieldsSeq(o.Words) {
			if name, val, ok := strings.Cut(w, "="); !ok || name == "" {
				bad("a word without a value: " + w)
			} else if _, err := parseInt(val); err != nil {
				bad("a word without a number: " + w)
			}
		}
		if Kind(0).String() == "" || o.Kind.String() == "?" {
			bad("the Kind has no name")
		}
	}
}

// TestRead reads every row that can be read on a fresh socket of every kind that it claims, and holds it to its Default.
func TestRead(t *testing.T) {
	eachKind(t, func(o *Option) bool { return !o.WO }, claimed, func(t *testing.T, k *sys.Calls, fd int, o *Option, sk socketKind) {
		v, err := Read(k, fd, o)
		if o.Needs == NeedConnection && o.Name != "ulp" {
			if err == nil {
				t.Errorf("readable without a connection: %v", v)
			}
			return
		}
		if err != nil {
			if !excused(t, o, err) {
				t.Error(err)
			}
			return
		}
		if js := string(v.AppendJSON(nil)); js == "" || strings.ContainsAny(js, "\n\t") {
			t.Errorf("JSON %q", js)
		}
		// A default that ends in a parenthesis is the system's or holds for one kind; the others hold everywhere.
		if o.Default != "" && !strings.HasSuffix(o.Default, ")") && v.String() != o.Default {
			t.Errorf("a fresh socket has %v, the row says %s", v, o.Default)
		}
	})
}

// TestOnIsComplete: what a row does not claim is refused by the kernel, or the row says why it does not claim it.
func TestOnIsComplete(t *testing.T) {
	k := sys.Linux()
	for i := range Table {
		o := &Table[i]
		t.Run(o.Name, func(t *testing.T) {
			taken := 0
			for _, sk := range socketKinds {
				if claimed(o, sk.on) {
					continue
				}
				fd := sk.open(t, k)
				var err error
				if o.RO {
					_, err = Read(k, fd, o)
				} else {
					s := sample(t, o)[0]
					prepare(k, fd, o)
					_, err = Apply(k, fd, o.When, []Setting{s})
				}
				if err == nil {
					taken++
					if o.Name == "reuseport" && olderThan("6.12") {
						continue
					}
					if o.Not == "" {
						t.Errorf("the kernel takes it on %v, which the row neither claims nor excuses", sk.on)
					}
				}
			}
			if taken == 0 && o.Not != "" && !olderThan("6.18") && os.Getuid() == 0 && o.Needs != "a memory cgroup" {
				t.Errorf("Not excuses nothing: %q", o.Not)
			}
		})
	}
}

// TestInfoLayout holds the offsets of tcpInfo to the structure of x/sys.
func TestInfoLayout(t *testing.T) {
	var i unix.TCPInfo
	for off, name := range map[uintptr]string{
		unsafe.Offsetof(i.State): "state", unsafe.Offsetof(i.Rto): "rto", unsafe.Offsetof(i.Lost): "lost",
		unsafe.Offsetof(i.Last_data_recv): "last_data_recv", unsafe.Offsetof(i.Rtt): "rtt",
		unsafe.Offsetof(i.Snd_cwnd): "snd_cwnd", unsafe.Offsetof(i.Rcv_space): "rcv_space",
		unsafe.Offsetof(i.Total_retrans): "total_retrans", unsafe.Offsetof(i.Pacing_rate): "pacing_rate",
		unsafe.Offsetof(i.Bytes_received): "bytes_received", unsafe.Offsetof(i.Notsent_bytes): "notsent_bytes",
		unsafe.Offsetof(i.Min_rtt): "min_rtt", unsafe.Offsetof(i.Delivery_rate): "delivery_rate",
		unsafe.Offsetof(i.Sndbuf_limited): "sndbuf_limited", unsafe.Offsetof(i.Bytes_retrans): "bytes_retrans",
		unsafe.Offsetof(i.Snd_wnd): "snd_wnd", unsafe.Offsetof(i.Rcv_wnd): "rcv_wnd",
	} {
		b := make([]byte, unsafe.Sizeof(i))
		b[off] = 1 // the low byte on a little-endian machine; elsewhere another power of two
		found := false
		for _, f := range tcpInfo(string(b)) {
			if f.val != 0 {
				found = f.name == name
			}
		}
		if !found {
			t.Errorf("%s does not lie at %d", name, off)
		}
	}
}
