package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// Datagrams in batches, seen from outside: whatever goes in one call, the other end gets the same datagrams, as many and in
// the same order. UDP holds nobody back, so each portion is heard before the next is sent.

// portions are datagrams of all sizes from nothing to the largest, in rows of one size and mixed, a portion small enough
// for any receive buffer.
func portions() (all [][][]byte) {
	n := 0
	add := func(sizes ...int) {
		var p [][]byte
		for _, size := range sizes {
			d := payload(size + n%7)[n%7:]
			p = append(p, d)
			n++
		}
		all = append(all, p)
	}
	var up, down []int
	for i := range 40 {
		up, down = append(up, i), append(down, 40-i)
	}
	row := func(n, size int) (s []int) {
		for range n {
			s = append(s, size)
		}
		return s
	}
	add(up...)
	add(down...)
	add(row(40, 0)...)
	add(row(40, 1)...)
	add(append(row(40, 1400), 3)...)
	add(append(row(20, 512), append(row(10, 513), row(20, 511)...)...)...)
	add(1472, 1473, 1472, 1472, 1473, 1473, 9000, 9000, 9000, 100)
	add(32753, 32753)
	add(32754, 32754)
	for _, size := range []int{16 << 10, 40000, 65506, 65507} {
		add(size)
	}
	add(7)
	return all
}

// TestDatagramsCross: cat5 to cat5, sending in batches or one by one, and receiving so.
func TestDatagramsCross(t *testing.T) {
	for _, from := range []string{"auto", "copy"} {
		for _, to := range []string{"auto", "copy"} {
			for _, network := range []string{"udp4", "udp6", "unix"} {
				t.Run(network+" "+from+" to "+to, func(t *testing.T) {
					t.Parallel()
					in, out := []string{"udp", "-d", "--record=len", "--io=" + to, "-l", "127.0.0.1", "0"}, []string{"udp", "--send-only", "--record=len", "--io=" + from}
					switch network {
					case "udp6":
						in[5] = "::1"
					case "unix":
						path := shortDir(t) + "/s"
						in = []string{"unix", "--type=dgram", "-d", "--record=len", "--io=" + to, "-l", path}
						out = []string{"unix", "--type=dgram", "--send-only", "--record=len", "--io=" + from}
					}
					server := start(t, how{}, in...)
					client := start(t, how{}, append(out, server.addr())...)
					var want []byte
					for _, p := range portions() {
						var b []byte
						for _, d := range p {
							b = append(b, asRecord(d)...)
						}
						go client.in.Write(b) // a pipe may hold less
						want = append(want, b...)
						got := server.out.until(t, func(b []byte) bool { return len(b) >= len(want) })
						if !bytes.Equal(got, want) {
							t.Fatalf("after %d datagrams of %d bytes and more: not the same", len(p), len(p[0]))
						}
					}
					client.in.Close()
					if r := client.wait(); r.status.ExitStatus() != 0 || r.err != "" {
						t.Errorf("%s: %s", describe(r.status), r.err)
					}
					server.signal(syscall.SIGTERM)
					server.dies(syscall.SIGTERM)
				})
			}
		}
	}
}

// TestDatagramsToOthers: to other cables, which hear one datagram at a time.
func TestDatagramsToOthers(t *testing.T) {
	for _, argv := range [][]string{
		{"nc.openbsd", "-u", "-l", "127.0.0.1", "PORT"},
		{"socat", "-u", "-b", "65536", "UDP-RECV:PORT,bind=127.0.0.1", "STDOUT"},
		{"ncat", "-u", "-l", "--recv-only", "127.0.0.1", "PORT"},
	} {
		t.Run(argv[0], func(t *testing.T) {
			t.Parallel()
			if _, err := exec.LookPath(argv[0]); err != nil {
				notTried(t, argv[0]+" is not installed")
				return
			}
			gone := udpSocket(t, "udp4")
			addr := gone.LocalAddr().String()
			gone.Close()
			number := gone.LocalAddr().(*net.UDPAddr).Port
			port := itoa(number)
			var words []string
			for _, w := range argv {
				words = append(words, strings.ReplaceAll(w, "PORT", port))
			}
			r, w, err := os.Pipe()
			must(t, err)
			cmd := exec.Command(words[0], words[1:]...)
			cmd.Stdout = w
			must(t, cmd.Start())
			w.Close()
			defer func() {
				cmd.Process.Kill()
				cmd.Wait()
			}()
			eventually(t, argv[0]+" listens", func() bool {
				table, err := os.ReadFile("/proc/net/udp")
				must(t, err)
				return strings.Contains(string(table), fmt.Sprintf(" 0100007F:%04X ", number))
			})
			out := newOutflow(r)
			client := start(t, how{}, "udp", "--send-only", "--record=len", addr)
			var want []byte
			for _, p := range portions() {
				if len(p[0]) == 0 || len(p[0]) > 1400 { // an empty one ends some of them; nc cuts a large one that comes too soon
					continue
				}
				var b []byte
				for _, d := range p {
					if len(d) == 0 {
						continue
					}
					want = append(want, d...)
					b = append(b, asRecord(d)...)
				}
				go client.in.Write(b)
				got := out.until(t, func(b []byte) bool { return len(b) >= len(want) })
				if sha256.Sum256(got) != sha256.Sum256(want) {
					t.Fatalf("%d datagrams, the first of %d bytes, arrived as %d bytes in all, not %d", len(p), len(p[0]), len(got), len(want))
				}
			}
			client.in.Close()
			if r := client.wait(); r.status.ExitStatus() != 0 {
				t.Errorf("%s: %s", describe(r.status), r.err)
			}
		})
	}
}
