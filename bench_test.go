package main

import (
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// The benchmarks measure whole processes, cat5 and its peers in turn within one run, and report ratios: a busy machine
// slows both. Where a peer is not installed its ratio is missing.
//
//	go test -run XXX -bench Start -benchtime 200x .
//	go test -run XXX -bench Bulk -benchtime 5x .

// built makes the programs to measure: cat5 as it ships, and a Go program that does nothing.
func built(b *testing.B) (cat5, empty string) {
	dir := b.TempDir()
	cat5, empty = filepath.Join(dir, "cat5"), filepath.Join(dir, "empty")
	src := filepath.Join(dir, "empty.go")
	if err := os.WriteFile(src, []byte("package main\n\nfunc main() {}\n"), 0o600); err != nil {
		b.Fatal(err)
	}
	for out, args := range map[string][]string{
		cat5:  {"-tags", "urfave_cli_no_docs", "."},
		empty: {src},
	} {
		cmd := exec.Command("go", append([]string{"build", "-trimpath", "-ldflags", "-s -w", "-o", out}, args...)...)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if text, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%v: %s", err, text)
		}
	}
	return cat5, empty
}

// echoServer echoes and closes when its peer has closed, on 127.0.0.1.
func echoServer(b *testing.B) (port string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				io.Copy(c, c)
				c.Close()
			}()
		}
	}()
	_, port, _ = net.SplitHostPort(l.Addr().String())
	return port
}

// BenchmarkStart is a client's whole life: start, connect, one line there and back, exit.
func BenchmarkStart(b *testing.B) {
	cat5, empty := built(b)
	port := echoServer(b)
	programs := []struct {
		name string
		argv []string
	}{
		{"cat5", []string{cat5, "tcp", "127.0.0.1", port}},
		{"empty", []string{empty}},
		{"nc", []string{"nc.openbsd", "-N", "127.0.0.1", port}},
		{"ncat", []string{"ncat", "127.0.0.1", port}},
		{"socat", []string{"socat", "-", "TCP:127.0.0.1:" + port}},
	}
	took := map[string][]time.Duration{}
	for b.Loop() {
		for _, p := range programs {
			if _, err := exec.LookPath(p.argv[0]); err != nil {
				continue
			}
			cmd := exec.Command(p.argv[0], p.argv[1:]...)
			cmd.Stdin = strings.NewReader("one line\n")
			began := time.Now()
			out, err := cmd.Output()
			if err != nil || p.name != "empty" && string(out) != "one line\n" {
				b.Fatalf("%s: %q, %v", p.name, out, err)
			}
			took[p.name] = append(took[p.name], time.Since(began))
		}
	}
	b.ReportMetric(0, "ns/op") // the sum over all programs says nothing
	b.ReportMetric(float64(median(took["cat5"]).Microseconds()), "µs/run")
	for _, p := range programs[1:] {
		if len(took[p.name]) > 0 {
			b.ReportMetric(float64(median(took["cat5"]))/float64(median(took[p.name])), "x-"+p.name)
		}
	}
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}

const bulk = 256 << 20

// BenchmarkBulk sends 256 MiB from a pipe through a client and a server into a pipe.
func BenchmarkBulk(b *testing.B) {
	cat5, _ := built(b)
	pairs := []struct {
		name           string
		server, client string // shell commands; PORT is replaced
	}{
		{"cat5", cat5 + " tcp -l -d 127.0.0.1 PORT", cat5 + " tcp --retry 99 127.0.0.1 PORT"},
		{"cat5-copy", cat5 + " tcp -l -d --io copy 127.0.0.1 PORT", cat5 + " tcp --io copy --retry 99 127.0.0.1 PORT"},
		{"nc", "nc.openbsd -l -d 127.0.0.1 PORT", "until nc.openbsd -N 127.0.0.1 PORT; do :; done"},
	}
	took := map[string][]time.Duration{}
	for b.Loop() {
		for _, p := range pairs {
			if strings.HasPrefix(p.server, "nc.") && exec.Command("sh", "-c", "command -v nc.openbsd").Run() != nil {
				continue
			}
			l, err := net.Listen("tcp", "127.0.0.1:0") // a port that is free for the moment
			if err != nil {
				b.Fatal(err)
			}
			_, port, _ := net.SplitHostPort(l.Addr().String())
			l.Close()
			script := "(" + p.server + " | wc -c) & head -c 268435456 /dev/zero | (" + p.client + "); wait"
			began := time.Now()
			out, err := exec.Command("sh", "-c", strings.ReplaceAll(script, "PORT", port)).Output()
			if err != nil || strings.TrimSpace(string(out)) != "268435456" {
				b.Fatalf("%s: %q, %v", p.name, out, err)
			}
			took[p.name] = append(took[p.name], time.Since(began))
		}
	}
	b.ReportMetric(0, "ns/op")
	for _, p := range pairs {
		if t := took[p.name]; len(t) > 0 {
			b.ReportMetric(bulk/1e6/median(t).Seconds(), "MB/s-"+p.name)
		}
	}
}
