package main

import (
	"net"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"
)

// server is what listens on PORT, and on DIR/sock when the case has that.
func (r *ncRun) server(c *ncCase) (stop func()) {
	network, addr := "tcp4", "127.0.0.1:0"
	if strings.Contains(c.args, "DIR/sock") {
		network, addr = "unix", filepath.Join(r.dir, "sock")
	}
	if strings.Contains(c.args, "::1") {
		network, addr = "tcp6", "[::1]:0"
	}
	l, err := net.Listen(network, addr)
	if err != nil {
		r.t.Fatal(err)
	}
	if network != "unix" {
		_, r.port, _ = net.SplitHostPort(l.Addr().String())
	}
	var own net.Addr // of the connection that says that there will be no more
	if network == "unix" {
		own = &net.UnixAddr{Name: "@" + r.dir, Net: "unix"}
	}
	var stopping atomic.Bool
	last, done := make(chan string), make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			conn.SetDeadline(time.Now().Add(ncHang))
			if stopping.Load() && conn.RemoteAddr().String() == <-last {
				conn.Close()
				return
			}
			c.serve(r, conn)
			conn.Close()
		}
	}()
	return func() { // those of nc that wait in the queue are served first
		stopping.Store(true)
		defer l.Close()
		end, err := (&net.Dialer{LocalAddr: own}).Dial(network, l.Addr().String())
		if err != nil {
			l.Close()
			<-done
			return
		}
		defer end.Close()
		for {
			select {
			case last <- end.LocalAddr().String():
			case <-done:
				return
			}
		}
	}
}

// udpConn is a socket that answers whoever sent last.
type udpConn struct {
	net.PacketConn
	last net.Addr
}

func (u *udpConn) Read(b []byte) (int, error) {
	n, from, err := u.ReadFrom(b)
	if err == nil {
		u.last = from
	}
	return n, err
}
func (u *udpConn) Write(b []byte) (int, error) { return u.WriteTo(b, u.last) }
func (u *udpConn) RemoteAddr() net.Addr        { return u.last }

func (r *ncRun) udpServer(serve func(*ncRun, net.Conn)) (stop func()) {
	p, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		r.t.Fatal(err)
	}
	_, r.port, _ = net.SplitHostPort(p.LocalAddr().String())
	p.SetDeadline(time.Now().Add(ncHang))
	done := make(chan struct{})
	go func() {
		defer close(done)
		serve(r, &udpConn{PacketConn: p})
	}()
	return func() {
		p.SetDeadline(time.Now().Add(500 * time.Millisecond)) // what has been sent is in the queue
		<-done
		p.Close()
	}
}
