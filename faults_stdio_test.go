package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// Row 12: a closed stdin is an input without bytes, and no socket lands on descriptor 0, where a reader of standard
// input would find it.
func TestFault12_stdinClosed(t *testing.T) {
	row(t)
	ln := tcpListener(t)
	p := start(t, how{sh: `exec "$0" "$@" <&-`}, "tcp", "--json", ln.Addr().String())
	c := accept(t, ln)
	rest(t, c) // the end of our input, at once
	to, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/0", p.pid()))
	must(t, err)
	if to != "/dev/null" {
		t.Errorf("descriptor 0 is %s", to)
	}
	send(t, c, []byte("answer"))
	c.Close()
	if r := p.accounts(0, 6, 0, 0); r.out != "answer" {
		t.Errorf("%q came out", r.out)
	}
}

// Row 13: a closed stdout is exit 23 before anything is connected to. The Go runtime puts /dev/null in its place, where
// the peer's bytes would vanish; a /dev/null that somebody chose is another matter.
func TestFault13_stdoutClosed(t *testing.T) {
	row(t)
	for _, closed := range []string{">&-", "<&- >&-", "<&- >&- 2>&-"} {
		t.Run(closed, func(t *testing.T) {
			ln := tcpListener(t)
			p := start(t, how{sh: `exec "$0" "$@" ` + closed}, "tcp", ln.Addr().String())
			sentence := "write stdout: it is closed"
			if strings.Contains(closed, "2>") {
				sentence = ""
			}
			p.ends(23, sentence)
			withFD(t, ln, func(fd int) error {
				if _, _, err := unix.Accept(fd); err != unix.EAGAIN {
					return fmt.Errorf("it was connected to: %v", err)
				}
				return nil
			})
		})
	}
	ln := tcpListener(t)
	p := start(t, how{sh: `exec "$0" "$@" >/dev/null`}, "tcp", "--json", ln.Addr().String()).feed("")
	c := accept(t, ln)
	send(t, c, []byte("for nobody"))
	c.Close()
	p.accounts(0, 10, 0, 0)
}

// Row 14: when the reader of our output has gone we die of SIGPIPE, as every filter does, for real. Where whoever
// started us ignores SIGPIPE it is exit 23 and a sentence.
func TestFault14_outputHasNoReader(t *testing.T) {
	row(t)
	scenario := func(t *testing.T, h how, args ...string) *proc {
		ln := tcpListener(t)
		r, w, err := os.Pipe()
		must(t, err)
		h.stdout = w
		p := start(t, h, append([]string{"tcp", ln.Addr().String()}, args...)...)
		w.Close()
		c := accept(t, ln)
		r.Close()
		send(t, c, []byte("for nobody"))
		return p
	}
	t.Run("dies", func(t *testing.T) {
		if r := scenario(t, how{}, "--json").dies(syscall.SIGPIPE); r.account(t).Lost != 10 || r.account(t).Code != 141 {
			t.Errorf("%+v", r.account(t))
		}
	})
	t.Run("dies in silence", func(t *testing.T) {
		if r := scenario(t, how{}).dies(syscall.SIGPIPE); r.err != "" {
			t.Errorf("stderr is %q", r.err)
		}
	})
	t.Run("ignored", func(t *testing.T) {
		p := scenario(t, how{sh: `trap "" PIPE; "$0" "$@"; exit $?`})
		p.ends(23, "write stdout: broken pipe after 0 B (10 bytes not delivered)")
	})
}

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
			send(t, c, data) // fits the kernel's buffers
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
		send(t, c, data)
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

// accountsLike is accounts for figures that depend on the moment.
func (p *proc) accountsLike(code int, ok func(a account) bool) result {
	p.t.Helper()
	r := p.wait()
	if a := r.account(p.t); a.Code != code || !r.status.Exited() || r.status.ExitStatus() != code || !ok(a) {
		p.t.Errorf("%s and %+v", describe(r.status), a)
	}
	return r
}

// Row 35: O_NONBLOCK is a flag of the open file description, which we share with the shell and its other children: the
// flags of stdin and stdout are the same before, during and after, whatever they are.
func TestFault35_sharedFlags(t *testing.T) {
	row(t)
	kinds := map[string]func(t *testing.T) (stdin, stdout *os.File){
		"terminal": func(t *testing.T) (*os.File, *os.File) {
			_, a := terminal(t)
			return a, a
		},
		"pipe": func(t *testing.T) (*os.File, *os.File) {
			r, _ := smallPipe(t)
			_, w := smallPipe(t)
			return r, w
		},
		"file": func(t *testing.T) (*os.File, *os.File) {
			in, err := os.CreateTemp(t.TempDir(), "")
			must(t, err)
			out, err := os.OpenFile(filepath.Join(t.TempDir(), "f"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
			must(t, err)
			return in, out
		},
		"socket": func(t *testing.T) (*os.File, *os.File) {
			a, _ := socketPair(t)
			return a, a
		},
	}
	for kind, open := range kinds {
		for _, nonblock := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, O_NONBLOCK %v", kind, nonblock), func(t *testing.T) {
				in, out := open(t)
				ln := tcpListener(t)
				p := start(t, how{stdin: in, stdout: out}, "tcp", "-v", ln.Addr().String())
				// Starting a process has made them blocking (os.File.Fd).
				must(t, unix.SetNonblock(int(in.Fd()), nonblock))
				must(t, unix.SetNonblock(int(out.Fd()), nonblock))
				inFlags, outFlags := rawFlags(t, in), rawFlags(t, out)
				check := func(when string) {
					if i, o := rawFlags(t, in), rawFlags(t, out); i != inFlags || o != outFlags {
						t.Errorf("%s: flags %o and %o, were %o and %o", when, i, o, inFlags, outFlags)
					}
				}
				c := accept(t, ln)
				send(t, c, []byte("hello\n"))
				p.line("connected")
				check("during")
				c.CloseWrite()
				p.line("end of 127")
				check("after the peer's end")
				p.signal(syscall.SIGTERM)
				p.wait()
				check("after")
			})
		}
	}
}

// rawFlags asks for the flags without os.File.Fd, which would change them.
func rawFlags(t *testing.T, f *os.File) (flags int) {
	t.Helper()
	withFD(t, f, func(fd int) (err error) {
		flags, err = unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
		return err
	})
	return flags
}

// socketPair is a pair of unix stream sockets that block.
func socketPair(t *testing.T) (a, b *os.File) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	must(t, err)
	a, b = os.NewFile(uintptr(fds[0]), "a"), os.NewFile(uintptr(fds[1]), "b")
	t.Cleanup(func() { a.Close(); b.Close() })
	return a, b
}

// Row 36: epoll refuses files and /dev/null (EPERM): they are always ready, a chunk a turn, so that an endless one keeps
// nobody else waiting.
func TestFault36_alwaysReady(t *testing.T) {
	row(t)
	t.Run("files", func(t *testing.T) {
		data := payload(8<<20 + 1)
		in, out := filepath.Join(t.TempDir(), "in"), filepath.Join(t.TempDir(), "out")
		must(t, os.WriteFile(in, data, 0o600))
		server := start(t, how{sh: `exec "$0" "$@" </dev/null >` + out}, "tcp", "--json", "-l", "127.0.0.1", "0")
		start(t, how{sh: `exec "$0" "$@" <` + in + " >/dev/null"}, "tcp", "--json", server.addr()).accounts(0, 0, int64(len(data)), 0)
		server.accounts(0, int64(len(data)), 0, 0)
		got, err := os.ReadFile(out)
		must(t, err)
		if !bytes.Equal(got, data) {
			t.Errorf("%d bytes arrived of %d", len(got), len(data))
		}
	})
	t.Run("endless", func(t *testing.T) {
		zero, err := os.Open("/dev/zero")
		must(t, err)
		defer zero.Close()
		ln := tcpListener(t)
		p := start(t, how{stdin: zero}, "tcp", ln.Addr().String())
		c := accept(t, ln)
		go io.Copy(io.Discard, c) // the input never waits
		send(t, c, []byte("still heard"))
		p.out.has(t, "still heard")
	})
}

// Row 37: stdin and stdout may be a socket, which blocks, and stays so: a silent one keeps nothing waiting. A directory
// is exit 26, or 23 as stdout, before anything is connected to.
func TestFault37_socketAsStdio(t *testing.T) {
	row(t)
	ln := tcpListener(t)
	ours, theirs := socketPair(t)
	p := start(t, how{stdin: theirs, stdout: theirs}, "tcp", "--json", ln.Addr().String())
	theirs.Close()
	c := accept(t, ln)
	send(t, c, []byte("hello")) // while stdin is silent
	if got := receive(t, ours, 5); string(got) != "hello" {
		t.Errorf("%q came out", got)
	}
	send(t, ours, []byte("answer"))
	receive(t, c, 6)
	big := payload(1 << 20)
	go func() { c.Write(big); c.CloseWrite() }()
	eventually(t, "the output is blocked", func() bool { // and stdin is still served
		n, err := unix.IoctlGetInt(int(ours.Fd()), unix.TIOCINQ)
		must(t, err)
		return n > 100_000
	})
	send(t, ours, []byte("and more"))
	receive(t, c, 8)
	if got := rest(t, ours); !bytes.Equal(got, big) {
		t.Errorf("%d bytes came out of %d", len(got), len(big))
	}
	ours.Close()
	p.accounts(0, int64(5+len(big)), 14, 0)
}

func TestFault37_directoryAsStdio(t *testing.T) {
	row(t)
	dir, err := os.Open(t.TempDir())
	must(t, err)
	defer dir.Close()
	ln := tcpListener(t)
	start(t, how{stdin: dir}, "tcp", ln.Addr().String()).ends(26, "read stdin: is a directory")
	start(t, how{stdout: dir}, "tcp", ln.Addr().String()).ends(23, "write stdout: is a directory")
	withFD(t, ln, func(fd int) error {
		if _, _, err := unix.Accept(fd); err != unix.EAGAIN {
			return fmt.Errorf("it was connected to: %v", err)
		}
		return nil
	})
}

// A FIFO whose writer has already gone is an input that has ended, not one to wait for.
func TestFault37_fifoWithoutWriter(t *testing.T) {
	row(t)
	path := filepath.Join(t.TempDir(), "fifo")
	must(t, unix.Mkfifo(path, 0o600))
	w, err := os.OpenFile(path, os.O_RDWR, 0)
	must(t, err)
	r, err := os.Open(path)
	must(t, err)
	defer r.Close()
	send(t, w, []byte("left behind"))
	w.Close()
	ln := tcpListener(t)
	p := start(t, how{stdin: r}, "tcp", "--json", ln.Addr().String())
	c := accept(t, ln)
	if got := rest(t, c); string(got) != "left behind" {
		t.Errorf("the peer got %q", got)
	}
	c.Close()
	p.accounts(0, 0, 11, 0)
}
