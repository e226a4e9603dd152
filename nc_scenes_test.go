package main

import (
	"io"
	"net"
	"strings"
	"time"
)

// What the test's own peers do with a connection.

// ncSink reads to the end.
func ncSink(r *ncRun, c net.Conn) { r.drain(c) }

// ncSays says something and closes.
func ncSays(s string) func(*ncRun, net.Conn) {
	return func(r *ncRun, c net.Conn) { io.WriteString(c, s) }
}

// ncAnswers reads n bytes, says something, and waits for the end.
func ncAnswers(n int, s string) func(*ncRun, net.Conn) {
	return func(r *ncRun, c net.Conn) {
		r.read(c, n)
		io.WriteString(c, s)
		r.drain(c)
	}
}

// ncServes reads n bytes, says something and closes.
func ncServes(n int, s string) func(*ncRun, net.Conn) {
	return func(r *ncRun, c net.Conn) {
		r.read(c, n)
		io.WriteString(c, s)
	}
}

// ncEchoes sends everything back, and its end when ours has come.
func ncEchoes(r *ncRun, c net.Conn) {
	b := make([]byte, 1<<16)
	for {
		n, err := c.Read(b)
		if err != nil {
			return
		}
		r.peerGot(b[:n])
		c.Write(b[:n])
	}
}

// ncHalf says something, sends its end, and reads on.
func ncHalf(s string) func(*ncRun, net.Conn) {
	return func(r *ncRun, c net.Conn) {
		io.WriteString(c, s)
		ncEnd(c)
		r.drain(c)
	}
}

// ncVisits is a client of nc's server: it says something, ends its side, and notes the answer.
func ncVisits(s string) func(*ncRun) {
	return func(r *ncRun) {
		c := r.tcp()
		defer c.Close()
		io.WriteString(c, s)
		ncEnd(c)
		r.drain(c)
	}
}

// ncListens reads what nc's server says, and leaves at its end.
func ncListens(r *ncRun) {
	c := r.tcp()
	defer c.Close()
	r.drain(c)
}

func ncScenes() []ncCase {
	big := strings.Repeat("0123456789abcde\n", 20000)
	return append([]ncCase{
		// A client and the ends of its two directions.
		{args: "127.0.0.1 PORT", serve: ncSays("hello\n")},
		{args: "-v 127.0.0.1 PORT", serve: ncSays("hello\n")},
		{args: "-v localhost PORT", serve: ncSays("hello\n")},
		{args: "-vn 127.0.0.1 PORT", serve: ncSays("hello\n")},
		{args: "-v4 localhost PORT", serve: ncSays("hello\n")},
		{args: "-v ::1 PORT", serve: ncSays("hello\n")},
		{args: "-v6 ::1 PORT", serve: ncSays("hello\n")},
		{args: "-d 127.0.0.1 PORT", serve: ncSays("hello\n"), stdin: "not read"},
		{args: "-dN 127.0.0.1 PORT", serve: ncAnswers(0, "hello\n"), stdin: "not read"},
		{args: "-N 127.0.0.1 PORT", serve: ncAnswers(4, "answer\n"), stdin: "ask\n"},
		{args: "127.0.0.1 PORT", name: "question, answer, no -N", serve: ncServes(4, "answer\n"), stdin: "ask\n"},
		{args: "-N 127.0.0.1 PORT", name: "-N: large", serve: ncEchoes, stdin: big[:60000]},
		{args: "-q 0 127.0.0.1 PORT", serve: ncSink, stdin: "metric 1 1\n"},
		{args: "-q0 127.0.0.1 PORT", serve: ncSink, stdin: "metric 1 1\n"},
		{args: "-q 1 127.0.0.1 PORT", serve: ncAnswers(6, "STAT x\r\nEND\r\n"), stdin: "stats\n"},
		{args: "-q 1 127.0.0.1 PORT", name: "-q 1: the peer closes first", serve: ncServes(6, "END\r\n"), stdin: "stats\n"},
		{args: "-q -1 127.0.0.1 PORT", serve: ncServes(6, "END\r\n"), stdin: "stats\n"},
		{args: "-q1 -v 127.0.0.1 PORT", serve: func(r *ncRun, c net.Conn) {
			r.read(c, 2)
			time.Sleep(1500 * time.Millisecond)
			io.WriteString(c, "late")
		}, stdin: "x\n"},
		{args: "-w 1 127.0.0.1 PORT", serve: ncAnswers(5, "+PONG\r\n"), stdin: "PING\n"},
		{args: "-w1 127.0.0.1 PORT", name: "-w1: nothing at all", serve: ncSink},
		{args: "-w 2 127.0.0.1 PORT", serve: ncServes(6, "+PONG\r\n"), stdin: "PING\r\n"},
		{args: "-C 127.0.0.1 PORT", serve: ncServes(13, "220 ok\n"), stdin: "a\nb\r\nc\rd\n\n"},
		{args: "-CN 127.0.0.1 PORT", serve: ncSink, stdin: "EHLO x\nQUIT\n"},
		{args: "-c 127.0.0.1 PORT", serve: ncSink},
		{args: "-W 1 127.0.0.1 PORT", serve: ncAnswers(0, "one")},
		{args: "-W1 -v 127.0.0.1 PORT", serve: ncAnswers(3, "two"), stdin: "ask", open: true},
		{args: "-t 127.0.0.1 PORT", open: true, act: func(r *ncRun) { r.waitOut("."); r.end() }, serve: func(r *ncRun, c net.Conn) {
			io.WriteString(c, "\xff\xfd\x18\xff\xfb\x01login: \xff\xfe\x05\xff\xfc\x06\xff\xf1.")
			r.read(c, 12)
			time.Sleep(200 * time.Millisecond) // nc answers once more if the end is there by then
		}},
		{args: "-i 1 127.0.0.1 PORT", serve: ncServes(4, "ok\n"), stdin: "a\nb\n"},
		{args: "-T ef 127.0.0.1 PORT", serve: ncSays("hello\n")},
		{args: "-M 5 -m 1 127.0.0.1 PORT", serve: ncSays("hello\n")},
		{args: "-I 4096 -O 4096 -v 127.0.0.1 PORT", serve: ncSays("hello\n")},
		{args: "-D 127.0.0.1 PORT", serve: ncSays("hello\n")},
		{args: "-s 127.0.0.1 -v 127.0.0.1 PORT", serve: ncSays("hello\n")},
		{args: "-p OWN -v 127.0.0.1 PORT", serve: func(r *ncRun, c net.Conn) { io.WriteString(c, c.RemoteAddr().String()) }},
		{args: "-s 127.0.0.2 127.0.0.1 PORT", serve: func(r *ncRun, c net.Conn) { r.peerGot([]byte(c.RemoteAddr().(*net.TCPAddr).IP.String())) }},
		{args: "127.0.0.1 PORT", name: "the peer ends first, we go on until our input ends", open: true, stdin: "one\n",
			serve: ncHalf("bye\n"), act: func(r *ncRun) { r.waitOut("bye"); r.write("two\n"); r.end() }},
		{args: "-N 127.0.0.1 PORT", name: "-N: the peer ends first", open: true, stdin: "one\n",
			serve: ncHalf("bye\n"), act: func(r *ncRun) { r.waitOut("bye"); r.write("two\n"); r.end() }},
		{args: "127.0.0.1 PORT", name: "our input ends first, the answer comes later", stdin: "ask\n",
			serve: func(r *ncRun, c net.Conn) {
				r.read(c, 4)
				time.Sleep(300 * time.Millisecond)
				io.WriteString(c, "late\n")
			}},
		{args: "-N 127.0.0.1 PORT", name: "-N: the answer comes later", stdin: "ask\n",
			serve: func(r *ncRun, c net.Conn) {
				r.drain(c)
				time.Sleep(300 * time.Millisecond)
				io.WriteString(c, "late\n")
			}},
		{args: "127.0.0.1 PORT PORT", serve: ncServes(0, "hi\n"), stdin: ""},
		{args: "-v 127.0.0.1 SHUT PORT", serve: ncServes(0, "hi\n")},
		{args: "127.0.0.1 PORT SHUT", serve: ncServes(5, "banner\n"), stdin: "QUIT\n"},
		{args: "127.0.0.1 PORT PORT PORT", name: "QUIT to three", serve: ncSays("banner\n")},
		{args: "-F 127.0.0.1 PORT", serve: ncSink},
		{args: "-dv 127.0.0.1 PORT", name: "large", serve: ncSays(big)},

		// Looking whether it is open.
		{args: "-z 127.0.0.1 PORT", serve: ncSink}, {args: "-zv 127.0.0.1 PORT", serve: ncSink}, {args: "-zvn 127.0.0.1 PORT", serve: ncSink},
		{args: "-zvw3 127.0.0.1 PORT", serve: ncSink}, {args: "-zv -w 3 127.0.0.1 PORT", serve: ncSink}, {args: "-zv localhost PORT", serve: ncSink},
		{args: "-zv localhost SHUT PORT", serve: ncSink}, {args: "-zv 127.0.0.1 PORT SHUT", serve: ncSink}, {args: "-zvw0 127.0.0.1 PORT", serve: ncSink},
		{args: "-z 127.0.0.1 SHUT PORT", serve: ncSink}, {args: "-w 1 -z 127.0.0.1 PORT", serve: ncSink}, {args: "127.0.0.1 PORT -z", serve: ncSink},
		{args: "-zr 127.0.0.1 PORT", serve: ncSink}, {args: "-zv ::1 PORT", serve: ncSink}, {args: "-zvN 127.0.0.1 PORT", serve: ncSink, stdin: "x"},
		{args: "-zU DIR/sock", serve: ncSink}, {args: "-zvU DIR/sock", serve: ncSink},
		{args: "-zv -s 127.0.0.3 127.0.0.1 PORT", serve: func(r *ncRun, c net.Conn) { r.peerGot([]byte(c.RemoteAddr().(*net.TCPAddr).IP.String())) }},
		{args: "-zu 127.0.0.1 PORT", udp: true, serve: func(r *ncRun, c net.Conn) {}}, {args: "-zuv -w1 127.0.0.1 PORT", udp: true, serve: func(r *ncRun, c net.Conn) { r.read(c, 1); r.read(c, 1); r.read(c, 1) }},
		{args: "-zuv -w0 127.0.0.1 PORT", udp: true, serve: func(r *ncRun, c net.Conn) { r.read(c, 1); r.read(c, 1) }},
		{args: "-zuv 127.0.0.1 PORT", udp: true, serve: func(r *ncRun, c net.Conn) { r.read(c, 1) }},
		{args: "-zuv -w1 127.0.0.1 PORT SHUT", udp: true, serve: func(r *ncRun, c net.Conn) { r.read(c, 1) }},

		// Unix sockets.
		{args: "-U DIR/sock", serve: ncServes(10, "frontend\n"), stdin: "show stat\n"}, {args: "-vU DIR/sock", serve: ncServes(10, "frontend\n"), stdin: "show stat\n"},
		{args: "-NU DIR/sock", serve: ncAnswers(10, "frontend\n"), stdin: "show stat\n"},
		{args: "-lU DIR/own", act: func(r *ncRun) { ncUnix(r, r.dir+"/own", "hello\n") }}, {args: "-lvU DIR/own", act: func(r *ncRun) { ncUnix(r, r.dir+"/own", "hello\n") }, stdin: "answer\n"},
		{args: "-lv -U -s DIR/own", act: func(r *ncRun) { ncUnix(r, r.dir+"/own", "hello\n") }},
	}, append(ncProxyScenes(), ncServerScenes()...)...)
}

func ncUnix(r *ncRun, path, say string) {
	c := r.reach("unix", path)
	defer c.Close()
	io.WriteString(c, say)
	ncEnd(c)
	r.drain(c)
}
