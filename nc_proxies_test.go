package main

import (
	"bufio"
	"io"
	"net"
	"strings"
)

// Proxies that the test plays: each notes what it was asked, answers, and is then the server behind it.

func ncHTTP(status string) func(*ncRun, net.Conn) {
	return func(r *ncRun, c net.Conn) {
		in := bufio.NewReader(c)
		for {
			line, err := in.ReadString('\n')
			r.peerGot([]byte(line))
			if err != nil || line == "\r\n" {
				break
			}
		}
		io.WriteString(c, status+"\r\nX-Way: on\r\n\r\nhello\n")
		if strings.Contains(status, " 200") {
			b, _ := io.ReadAll(in)
			r.peerGot(b)
		}
	}
}

func ncSOCKS5(method, reply byte) func(*ncRun, net.Conn) {
	return func(r *ncRun, c net.Conn) {
		b := make([]byte, 300)
		io.ReadFull(c, b[:3])
		r.peerGot(b[:3])
		c.Write([]byte{5, method})
		if method != 0 {
			return
		}
		io.ReadFull(c, b[:5])
		n := 4 + 2 - 1
		switch b[3] {
		case 3:
			n = int(b[4]) + 2
		case 4:
			n = 16 + 2 - 1
		}
		r.peerGot(b[:5])
		r.read(c, n)
		c.Write([]byte{5, reply, 0, 1, 0, 0, 0, 0, 0, 0})
		if reply == 0 {
			io.WriteString(c, "hello\n")
			r.drain(c)
		}
	}
}

func ncSOCKS4(reply byte) func(*ncRun, net.Conn) {
	return func(r *ncRun, c net.Conn) {
		r.read(c, 9)
		c.Write([]byte{0, reply, 0, 0, 0, 0, 0, 0})
		if reply == 90 {
			io.WriteString(c, "hello\n")
			r.drain(c)
		}
	}
}

func ncProxyScenes() []ncCase {
	http := "-X connect -x 127.0.0.1:PORT "
	cases := []ncCase{
		{args: http + "-N example.net 80", serve: ncHTTP("HTTP/1.0 200 Connection established")}, {args: http + "-Nv example.net 80", serve: ncHTTP("HTTP/1.1 200 OK"), stdin: "GET\n"},
		{args: http + "-Nv 192.0.2.9 80", serve: ncHTTP("HTTP/1.0 200 OK")}, {args: http + "-N 2001:db8::2 80", serve: ncHTTP("HTTP/1.0 200 OK")},
		{args: http + "-z example.net 80", serve: ncHTTP("HTTP/1.0 200 OK")}, {args: http + "-zv example.net 80", serve: ncHTTP("HTTP/1.0 200 OK")},
		{args: http + "example.net 80", serve: ncHTTP("HTTP/1.0 403 Forbidden")}, {args: http + "-v example.net 80", serve: ncHTTP("HTTP/1.1 503 Service Unavailable")},
		{args: http + "example.net 81", serve: ncHTTP("HTTP/1.1 407 Proxy Authentication Required")},
		{args: "-X connect -x 127.0.0.1:SHUT example.net 80"}, {args: "-v -X connect -x 127.0.0.1:SHUT example.net 80"}, {args: "-v -x localhost:SHUT example.net 80"}, {args: "-x nosuch.invalid:1 example.net 80"},
		{args: "-x 127.0.0.1:PORT -N example.net 80", serve: ncSOCKS5(0, 0)}, {args: "-x 127.0.0.1:PORT -X 5 -Nv example.net 80", serve: ncSOCKS5(0, 0), stdin: "x\n"},
		{args: "-x 127.0.0.1:PORT -N 192.0.2.9 80", serve: ncSOCKS5(0, 0)}, {args: "-x 127.0.0.1:PORT -N 2001:db8::2 80", serve: ncSOCKS5(0, 0)}, {args: "-x127.0.0.1:PORT -zv example.net 80", serve: ncSOCKS5(0, 0)},
		{args: "-x 127.0.0.1:PORT example.net 82", serve: ncSOCKS5(255, 0)},
		{args: "-X 4 -x 127.0.0.1:PORT nosuch.invalid 80", serve: ncSink}, {args: "-X 4 -x 127.0.0.1:PORT ::2 80", serve: ncSink},
		{args: "-X 4 -x 127.0.0.1:PORT -N 192.0.2.9 80", serve: ncSOCKS4(90)}, {args: "-X4 -x127.0.0.1:PORT -Nv localhost 80", serve: ncSOCKS4(90)},
		{args: "-X 4 -x 127.0.0.1:PORT 192.0.2.9 81", serve: ncSOCKS4(91)}, {args: "-X 4 -x 127.0.0.1:PORT 192.0.2.9 82", serve: ncSOCKS4(92)}, {args: "-X 4 -x 127.0.0.1:PORT 192.0.2.9 83", serve: ncSOCKS4(93)},
	}
	for code := byte(1); code < 10; code++ {
		cases = append(cases, ncCase{args: "-x 127.0.0.1:PORT -v example.net 90" + itoa(int(code)), serve: ncSOCKS5(0, code)})
	}
	return cases
}
