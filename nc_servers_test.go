package main

import (
	"io"
	"net"
	"os"
	"time"
)

// ncDeliberate are the cases in which cat5 nc differs from nc.openbsd on purpose, and why.
var ncDeliberate = map[string]string{
	"-lU DIR/file":            "nc removes a regular file that stands where its socket is to be; cat5 removes sockets only",
	"-luU DIR/own":            "a sender without a name: nc gives up, cat5 prints what it sent",
	"-lvuU DIR/own":           "the same",
	"-x 127.0.0.1:99999 h 1":  "the same of a port modulo 65536, as below",
	"-p 70000 127.0.0.1 SHUT": "nc binds to 70000 modulo 65536: another port than the one that was asked for",
}

func ncServerScenes() []ncCase {
	return []ncCase{
		{args: "-l OWN", act: ncVisits("hello\n")}, {args: "-lv OWN", act: ncVisits("hello\n")}, {args: "-lvn OWN", act: ncVisits("hello\n")},
		{args: "-l -p OWN", act: ncVisits("hello\n")}, {args: "-lvp OWN", act: ncVisits("hello\n")}, {args: "-lv 127.0.0.1 OWN", act: ncVisits("hello\n")},
		{args: "-lv -s 127.0.0.1 -p OWN", act: ncVisits("hello\n")}, {args: "-lvn 127.0.0.1 OWN", act: ncVisits("hello\n")}, {args: "-lv localhost OWN", act: ncVisits("hello\n")},
		{args: "-lv4 OWN", act: ncVisits("hello\n")}, {args: "-lv6 OWN", act: func(r *ncRun) { ncSix(r, "[::1]:") }}, {args: "-lv :: OWN", act: func(r *ncRun) { ncSix(r, "127.0.0.1:") }},
		{args: "-lv6 OWN", name: "-lv6: by IPv4", act: func(r *ncRun) { ncSix(r, "127.0.0.1:") }},
		{args: "-lv ::1 OWN", act: func(r *ncRun) { ncSix(r, "[::1]:") }},
		{args: "-l OWN", name: "-l: answers", stdin: "hello there\n", act: ncVisits("hi\n")},
		{args: "-lN OWN", stdin: "hello there\n", act: ncListens}, {args: "-l -q 0 OWN", stdin: "HTTP/1.1 200 OK\r\n\r\n", act: ncListens},
		{args: "-l -p OWN -q 0", name: "-q 0, and the client asks", stdin: "HTTP/1.1 200 OK\r\n\r\n", act: ncListens},
		{args: "-l -q 1 OWN", stdin: "HTTP/1.1 200 OK\r\n\r\n", act: ncListens}, {args: "-ld OWN", stdin: "not read", act: ncVisits("hi\n")},
		{args: "-lv -w 1 OWN", act: func(r *ncRun) { c := r.tcp(); defer c.Close(); io.WriteString(c, "x"); r.drain(c) }},
		{args: "-lv -w 1 OWN", name: "-w does not count while waiting", act: func(r *ncRun) { r.waitErr("Listening"); time.Sleep(1200 * time.Millisecond); ncVisits("late\n")(r) }},
		{args: "-lC OWN", stdin: "a\nb\n", act: func(r *ncRun) { c := r.tcp(); defer c.Close(); r.read(c, 6) }},
		{args: "-l -W 1 OWN", act: func(r *ncRun) { c := r.tcp(); defer c.Close(); io.WriteString(c, "packet"); r.drain(c) }},
		{args: "-l -T 0x10 -I 5000 -O 5000 OWN", act: ncVisits("hello\n")}, {args: "-lr OWN", act: ncVisits("hello\n")}, {args: "-lF OWN", act: ncVisits("hello\n")}, {args: "-l -M 9 -m 1 OWN", act: ncVisits("hello\n")},
		{args: "-l OWN", name: "input stays open, the client leaves", open: true, stdin: "x\n", act: ncVisits("hello\n")},
		{args: "-lk OWN", name: "-lk: three, one after the other", open: true, act: func(r *ncRun) { ncThree(r); r.cmd.Process.Kill() }},
		{args: "-lkv OWN", name: "-lkv: three", act: func(r *ncRun) { ncThree(r); r.cmd.Process.Kill() }},
		{args: "-lk OWN", name: "-lk: the input goes to the one that is there", open: true, act: func(r *ncRun) {
			for _, s := range []string{"first\n", "second\n"} {
				c := r.tcp()
				io.WriteString(c, s)
				r.waitOut(s)
				r.write("to " + s)
				r.read(c, 3+len(s))
				c.Close()
			}
			r.cmd.Process.Kill()
		}},
		{args: "-lk -q 0 OWN", name: "-lk -q: the input's end is the end", stdin: "HTTP/1.0 200 OK\r\n\r\n", act: ncListens},
		{args: "-lk -q 0 OWN", name: "-lk -q: the input goes on", open: true, act: func(r *ncRun) {
			for _, s := range []string{"one\n", "two\n"} {
				c := r.tcp()
				io.WriteString(c, s)
				r.waitOut(s)
				c.Close()
			}
			r.cmd.Process.Kill()
		}},
		{args: "-l PORT", serve: ncSink}, {args: "-lv 127.0.0.1 PORT", serve: ncSink}, {args: "-lU DIR/file", act: func(r *ncRun) {
			for n := 0; n < 1000 && !ncOver(r); n++ {
				if c, err := net.Dial("unix", r.dir+"/file"); err == nil {
					c.Close()
					return
				}
				time.Sleep(2 * time.Millisecond)
			}
		}},

		{args: "-lu OWN", act: func(r *ncRun) { ncUDP(r, "hi\n"); r.waitOut("hi"); r.cmd.Process.Kill() }},
		{args: "-luv OWN", act: func(r *ncRun) { ncUDP(r, "hi\n"); r.waitOut("hi"); r.cmd.Process.Kill() }},
		{args: "-luvn 127.0.0.1 OWN", act: func(r *ncRun) { ncUDP(r, "hi\n"); r.waitOut("hi"); r.cmd.Process.Kill() }},
		{args: "-lu -w 1 OWN", act: func(r *ncRun) { ncUDP(r, "hi\n") }}, {args: "-lu -W 1 OWN", act: func(r *ncRun) { ncUDP(r, "hi\n") }},
		{args: "-luk OWN", act: func(r *ncRun) { ncUDP(r, "a\n"); r.waitOut("a"); ncUDP(r, "b\n"); r.waitOut("b"); r.cmd.Process.Kill() }},
		{args: "-luk -w 1 OWN", act: func(r *ncRun) {
			ncUDP(r, "a\n")
			r.waitOut("a")
			time.Sleep(1200 * time.Millisecond)
			ncUDP(r, "b\n")
			r.waitOut("b")
			r.cmd.Process.Kill()
		}},
		{args: "-luk -W 1 OWN", act: func(r *ncRun) { ncUDP(r, "a\n"); r.waitOut("a"); ncUDP(r, "b\n"); r.waitOut("b"); r.cmd.Process.Kill() }},
		{args: "-lukv OWN", stdin: "nowhere to go\n", act: func(r *ncRun) { ncUDP(r, "a\n"); r.waitOut("a"); ncUDP(r, "b\n"); r.waitOut("b"); r.cmd.Process.Kill() }},
		{args: "-lu OWN", name: "-lu: only the first sender", act: func(r *ncRun) {
			r.listening("udp")
			a, b := r.dial("udp", "127.0.0.1:"+r.own), r.dial("udp", "127.0.0.1:"+r.own)
			defer a.Close()
			defer b.Close()
			io.WriteString(a, "a1\n")
			r.waitOut("a1")
			io.WriteString(b, "b1\n")
			io.WriteString(a, "a2\n")
			r.waitOut("a2")
			r.cmd.Process.Kill()
		}},
		{args: "-lu OWN", name: "-lu: answers", open: true, act: func(r *ncRun) {
			r.listening("udp")
			a := r.dial("udp", "127.0.0.1:"+r.own)
			defer a.Close()
			io.WriteString(a, "ask\n")
			r.waitOut("ask")
			r.write("answer\n")
			r.read(a, 7)
			r.cmd.Process.Kill()
		}},

		{args: "-u -w1 127.0.0.1 PORT", udp: true, stdin: "hi\n", serve: func(r *ncRun, c net.Conn) { r.read(c, 3); io.WriteString(c, "yes\n") }},
		{args: "-u -W1 127.0.0.1 PORT", udp: true, stdin: "hi\n", serve: func(r *ncRun, c net.Conn) { r.read(c, 3); io.WriteString(c, "yes\n") }},
		{args: "-uv -w1 127.0.0.1 PORT", udp: true, stdin: "hi\n", serve: func(r *ncRun, c net.Conn) { r.read(c, 1); r.read(c, 1); r.read(c, 1); r.read(c, 3) }},
		{args: "-u -w0 127.0.0.1 PORT", udp: true, stdin: "a:1|c\n", serve: func(r *ncRun, c net.Conn) { r.read(c, 6) }},
		{args: "-u -q0 127.0.0.1 PORT", udp: true, stdin: "a:1|c\n", serve: func(r *ncRun, c net.Conn) { r.read(c, 6) }},
		{args: "-u -q 1 127.0.0.1 PORT", udp: true, stdin: "a:1|c\n", serve: func(r *ncRun, c net.Conn) { r.read(c, 6) }},
		{args: "-ub -w1 127.0.0.1 PORT", udp: true, stdin: "a\n", serve: func(r *ncRun, c net.Conn) { r.read(c, 2) }},

		{args: "-luU DIR/own", act: func(r *ncRun) { ncDgram(r, "hi\n"); r.out.await("hi", r.exited); r.cmd.Process.Kill() }},
		{args: "-lvuU DIR/own", act: func(r *ncRun) { ncDgram(r, "hi\n"); r.out.await("hi", r.exited); r.cmd.Process.Kill() }},
		{args: "-lkuU DIR/own", act: func(r *ncRun) { ncDgram(r, "hi\n"); r.waitOut("hi"); r.cmd.Process.Kill() }},
		{args: "-lU DIR/own", name: "-lU: a socket that is there is replaced, and left", act: func(r *ncRun) { ncUnix(r, r.dir+"/own", "hi\n"); <-r.exited; r.peerGot(ncKind(r.dir + "/own")) }},
	}
}

func ncOver(r *ncRun) bool {
	select {
	case <-r.exited:
		return true
	default:
		return false
	}
}

func ncKind(path string) []byte {
	st, err := os.Lstat(path)
	if err != nil {
		return []byte("gone")
	}
	return []byte(st.Mode().String())
}

func ncSix(r *ncRun, host string) {
	c := r.reach("tcp", host+r.own)
	defer c.Close()
	io.WriteString(c, "hello\n")
}

func ncThree(r *ncRun) {
	for _, s := range []string{"one\n", "two\n", "three\n"} {
		c := r.tcp()
		io.WriteString(c, s)
		c.Close()
		r.waitOut(s)
	}
}

func ncUDP(r *ncRun, s string) {
	r.listening("udp")
	c := r.dial("udp", "127.0.0.1:"+r.own)
	defer c.Close()
	io.WriteString(c, s)
}

func ncDgram(r *ncRun, s string) {
	c := r.reach("unixgram", r.dir+"/own")
	defer c.Close()
	io.WriteString(c, s)
}
