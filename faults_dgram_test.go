package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// Row 21: a UDP socket whose queue has no room (ENOBUFS, which the kernel tells with IP_RECVERR on) is tried again a few
// times, then the datagram is counted as lost, and the rest is still sent: not fatal, not silent.
func TestFault21_noBuffers(t *testing.T) {
	row(t)
	if !inside(t) {
		return
	}
	// A link of 1 kbit/s that queues one and a half datagrams.
	tool(t, "tc", "qdisc", "add", "dev", "lo", "root", "tbf", "rate", "1kbit", "burst", "1500", "limit", "1500")
	peer := udpSocket(t, "udp4")
	lines := ""
	for i := range 3 {
		lines += strconv.Itoa(i) + strings.Repeat("x", 1000) + "\n"
	}
	p := start(t, how{}, "udp", "--json", "--record=line", "--send-only", "--sockopt=recverr=on", peer.LocalAddr().String()).feed(lines)
	r := p.wait()
	a := r.account(t)
	dropped := r.events(t, "dropped")
	if len(dropped) == 0 || a.Lost != int64(1002*len(dropped)) || a.Out+a.Lost != int64(len(lines)) || a.Code != 55 {
		t.Errorf("%d dropped, %+v", len(dropped), a)
	}
	for _, ev := range dropped {
		if ev["errno"] != "ENOBUFS" || ev["bytes"] != 1002.0 {
			t.Errorf("%v", ev)
		}
	}
}

// Row 22: an ICMP port unreachable comes back as ECONNREFUSED on the next call, once, and then the socket works again:
// it is an event, and exit 56 where an answer was needed and none came.
func TestFault22_portUnreachable(t *testing.T) {
	row(t)
	both(t, func(t *testing.T, flag string) {
		gone := udpSocket(t, "udp4")
		addr := gone.LocalAddr().String()
		gone.Close()
		p := start(t, how{}, "udp", flag, addr).feed("anybody there?\n")
		if flag == "--json" {
			r := p.accounts(56, 0, 15, 0)
			if len(r.events(t, "icmp")) == 0 || r.events(t, "icmp")[0]["errno"] != "ECONNREFUSED" {
				t.Error(r.err)
			}
			return
		}
		if r := p.ends(56, "receive "+addr+": connection refused"); len(r.lines) != 1 {
			t.Errorf("stderr: %s", r.err)
		}
	})
	t.Run("then somebody is there", func(t *testing.T) {
		gone := udpSocket(t, "udp4")
		at := gone.LocalAddr().(*net.UDPAddr)
		gone.Close()
		p := start(t, how{}, "udp", "-q", "-1", at.String())
		p.write("too early\n")
		p.line("icmp from " + at.String() + ": connection refused")
		peer, err := net.ListenUDP("udp4", at)
		must(t, err)
		defer peer.Close()
		p.write("again\n")
		b := make([]byte, 100)
		n, from, err := peer.ReadFromUDP(b)
		must(t, err)
		if string(b[:n]) != "again\n" {
			t.Errorf("the peer got %q", b[:n])
		}
		_, err = peer.WriteTo([]byte("answer"), from)
		must(t, err)
		p.out.has(t, "answer")
		p.signal(unix.SIGTERM)
		p.dies(unix.SIGTERM)
	})
}

// Row 23: a record that is too large for a datagram is refused, with the limit by name, exit 55, and nothing of it is
// sent; the largest possible one goes out whole.
func TestFault23_tooLarge(t *testing.T) {
	row(t)
	dir := shortDir(t)
	for _, c := range []struct {
		network string
		limit   int
		flags   []string
	}{
		{"udp4", 65507, nil},
		{"udp6", 65527, nil},
		{"unix", 128 << 10, []string{"--type=dgram"}},
		{"unix", 8160, []string{"--type=dgram", "--sndbuf=4096"}}, // the kernel doubles it, and keeps 32 bytes for itself
	} {
		for _, record := range []string{"line", "len"} {
			t.Run(fmt.Sprintf("%s %d %s", c.network, c.limit, record), func(t *testing.T) {
				name, addr := "udp", ""
				var peer net.PacketConn
				if c.network == "unix" {
					os.Remove(dir + "/s")
					name, addr = "unix", dir+"/s"
					peer = unixgram(t, addr)
				} else {
					u := udpSocket(t, c.network)
					must(t, u.SetReadBuffer(1<<20))
					peer, addr = u, u.LocalAddr().String()
				}
				args := append([]string{name, "--record=" + record, "--send-only", addr}, c.flags...)
				fits := asRecord(payload(c.limit))
				if record == "line" {
					fits = append(bytes.Repeat([]byte("x"), c.limit-1), '\n')
				}
				p := start(t, how{}, append(args, "--json")...)
				p.feedAside(fits)
				b := make([]byte, 1<<18)
				n, _, err := peer.ReadFrom(b)
				must(t, err)
				if n != c.limit || !bytes.HasSuffix(fits, b[:n]) {
					t.Errorf("the peer got %d bytes", n)
				}
				p.accounts(0, 0, int64(c.limit), 0)

				large := asRecord(payload(c.limit + 1))
				if record == "line" {
					large = append(bytes.Repeat([]byte("x"), c.limit), '\n')
				}
				p = start(t, how{}, args...)
				p.feedAside(large)
				p.ends(55, fmt.Sprintf("send %s: message too long: the limit is %d bytes...", addr, c.limit))
				must(t, unixSendTo(peer, "the next")) // had anything been sent, it would stand before this
				if n, _, err = peer.ReadFrom(b); err != nil || string(b[:n]) != "the next" {
					t.Errorf("the peer got %d bytes, %v", n, err)
				}
			})
		}
	}
}

// feedAside feeds more than a pipe holds, as far as it is taken.
func (p *proc) feedAside(b []byte) {
	go func() {
		p.in.Write(b)
		p.in.Close()
	}()
}

// asRecord is b as a record of --record=len.
func asRecord(b []byte) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...)
}

// unixSendTo makes a packet socket hear s from somebody else.
func unixSendTo(to net.PacketConn, s string) error {
	c, err := net.Dial(to.LocalAddr().Network(), to.LocalAddr().String())
	if err != nil {
		return err
	}
	defer c.Close()
	_, err = c.Write([]byte(s))
	return err
}

// Row 24: an empty datagram is data and not the end: it is counted and passed on, both ways. On SEQPACKET an empty
// record and the end look alike to recv(2), and still are told apart.
func TestFault24_empty(t *testing.T) {
	row(t)
	t.Run("received", func(t *testing.T) {
		p := start(t, how{}, "udp", "--json", "--record=len", "--bytes=4", "-d", "-l", "127.0.0.1", "0")
		c := dial(t, "udp4", p.addr())
		for _, s := range []string{"", "a", "", "", "end"} {
			_, err := c.Write([]byte(s))
			must(t, err)
		}
		r := p.wait()
		want := "\x00\x00\x00\x00" + "\x00\x00\x00\x01a" + "\x00\x00\x00\x00" + "\x00\x00\x00\x00" + "\x00\x00\x00\x03end"
		if r.out != want || len(r.events(t, "empty")) != 3 || r.account(t).In != 4 {
			t.Errorf("%q came out\n%s", r.out, r.err)
		}
	})
	t.Run("sent", func(t *testing.T) {
		peer := udpSocket(t, "udp4")
		start(t, how{}, "udp", "--json", "--record=len", "--send-only", peer.LocalAddr().String()).
			feed("\x00\x00\x00\x00\x00\x00\x00\x01x\x00\x00\x00\x00").accounts(0, 0, 1, 0)
		for _, want := range []string{"", "x", ""} {
			b := make([]byte, 10)
			if n, _, err := peer.ReadFrom(b); err != nil || string(b[:n]) != want {
				t.Errorf("%q came, %v, want %q", b[:n], err, want)
			}
		}
	})
	t.Run("seqpacket", func(t *testing.T) {
		path := shortDir(t) + "/s"
		p := start(t, how{}, "unix", "--json", "--type=seqpacket", "--record=len", "-d", "-l", path)
		p.addr()
		c := dial(t, "unixpacket", path)
		for _, s := range []string{"", "one", "", "", "two"} {
			withFD(t, c.(*net.UnixConn), func(fd int) error { return unix.Send(fd, []byte(s), 0) })
		}
		c.Close()
		r := p.wait()
		want := "\x00\x00\x00\x00" + "\x00\x00\x00\x03one" + "\x00\x00\x00\x00" + "\x00\x00\x00\x00" + "\x00\x00\x00\x03two"
		if r.out != want || r.account(t).Code != 0 || r.account(t).In != 6 {
			t.Errorf("%q came out\n%s", r.out, r.err)
		}
	})
}

// Row 25: a datagram that is longer than the buffer is said to be, with its true length; under --strict it is exit 18.
func TestFault25_truncated(t *testing.T) {
	row(t)
	for _, c := range []struct {
		flag string
		code int
	}{{"--json", 0}, {"-N", 0}, {"--strict", 18}} {
		t.Run(c.flag, func(t *testing.T) {
			dir := shortDir(t)
			p := start(t, how{}, "unix", "--type=dgram", "-d", "--bytes=256k", c.flag, "-l", dir+"/s")
			p.addr()
			peer := unixgram(t, dir+"/peer")
			withFD(t, peer, func(fd int) error {
				if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUFFORCE, 200_000) == nil { // the kernel doubles it
					return nil
				}
				return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, 200_000) // and for all but root bounds it (net.core.wmem_max)
			})
			data := payload(300_000)
			_, err := peer.WriteTo(data, unixAddr(dir+"/s"))
			must(t, err)
			r := p.wait()
			if r.status.ExitStatus() != c.code || !bytes.Equal([]byte(r.out), data[:256<<10]) {
				t.Errorf("%s, %d bytes came out", describe(r.status), len(r.out))
			}
			switch c.flag {
			case "--json":
				if ev := r.events(t, "truncated"); len(ev) != 1 || ev[0]["bytes"] != 300000.0 {
					t.Error(r.err)
				}
			case "--strict":
				if !strings.HasSuffix(r.err, "cat5: 1 datagram truncated") {
					t.Error(r.err)
				}
				fallthrough
			default:
				if !strings.Contains(r.err, "cat5: datagram of 300000 bytes truncated") {
					t.Error(r.err)
				}
			}
		})
	}
}
