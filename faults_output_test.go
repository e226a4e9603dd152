package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// Row 26: an output that takes no more is exit 23, with what was written and what was not: a full device, a full file
// system, a file that reached its limit (SIGXFSZ must not kill), a failing device.
func TestFault26_outputFails(t *testing.T) {
	row(t)
	data := payload(100_000)
	// scenario sends data and says what is lost.
	scenario := func(t *testing.T, h how, file string, written int64, sentence string, args ...string) {
		for _, flag := range []string{"--quiet", "--json"} {
			ln := tcpListener(t)
			p := start(t, h, append([]string{"tcp", flag, ln.Addr().String()}, args...)...)
			c := accept(t, ln)
			c.Write(data) // as far as it is taken: whether all of it fits the kernel's buffers is the machine's affair
			c.CloseWrite()
			if flag == "--quiet" {
				r := p.ends(23, sentence+"...")
				if len(r.lines) != 1 || !strings.HasSuffix(r.err, " bytes not delivered)") {
					t.Errorf("stderr: %s", r.err)
				}
			} else {
				r := p.wait()
				if a := r.account(t); a.Code != 23 || a.In != written+a.Lost || a.Lost <= 0 {
					t.Errorf("%d bytes were written: %+v", written, a)
				}
			}
			if file != "" {
				got, err := os.ReadFile(file)
				must(t, err)
				if int64(len(got)) != written || !bytes.HasPrefix(data, got) {
					t.Errorf("%d bytes are in the file", len(got))
				}
				os.Remove(file)
			}
		}
	}
	t.Run("a full device", func(t *testing.T) {
		full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
		must(t, err)
		defer full.Close()
		scenario(t, how{stdout: full}, "", 0, "write stdout: no space left on device after 0 B")
	})
	t.Run("the limit of a file", func(t *testing.T) {
		file := t.TempDir() + "/f"
		scenario(t, how{sh: `ulimit -f 16; exec "$0" "$@"`}, file, 8192, "write "+file+": file too large after 8 KiB", "-o", file)
		scenario(t, how{sh: `ulimit -f 16; exec "$0" "$@" >` + file}, file, 8192, "write stdout: file too large after 8 KiB")
	})
	t.Run("input and output error", func(t *testing.T) {
		// Address 0 of a process is not there: the kernel says EIO, as it does for a broken disk (proc_pid_mem(5)).
		mem := "/proc/self/mem"
		scenario(t, how{}, "", 0, "write "+mem+": input/output error after 0 B", "-o", mem)
	})
	t.Run("0 bytes taken", func(t *testing.T) {
		// The memory of a process that has become another one: the kernel takes 0 bytes and calls it a success.
		scenario(t, how{sh: `exec "$0" "$@" >/proc/self/mem`}, "", 0, "write stdout: short write after 0 B")
	})
}

// The same for a file system that is full.
func TestFault26_fileSystemFull(t *testing.T) {
	row(t)
	if !inside(t) {
		return
	}
	dir := t.TempDir()
	must(t, unix.Mount("none", dir, "tmpfs", 0, "size=64k"))
	t.Cleanup(func() { unix.Unmount(dir, 0) })
	data := payload(100_000)
	for _, to := range []string{"-o", ">"} {
		ln := tcpListener(t)
		h, args := how{}, []string{"tcp", "--json", ln.Addr().String()}
		if to == "-o" {
			args = append(args, "-o", dir+"/f")
		} else {
			h.sh = `exec "$0" "$@" >` + dir + "/f"
		}
		p := start(t, h, args...)
		c := accept(t, ln)
		c.Write(data)
		c.CloseWrite()
		p.accountsLike(23, func(a account) bool {
			return a.In == 64<<10+a.Lost && a.Lost > 0 && strings.Contains(a.Reason, "no space left on device after 64 KiB (")
		})
		got, err := os.ReadFile(dir + "/f")
		must(t, err)
		if !bytes.Equal(got, data[:64<<10]) {
			t.Errorf("%d bytes are in the file", len(got))
		}
		must(t, os.Remove(dir+"/f"))
	}
}
