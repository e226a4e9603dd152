package main

import (
	"fmt"
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
	// What stands between the shell and us (timeout(1)) has a closed stdout itself.
	for _, line := range []string{`"$0" "$@" >&-`, `"$0" "$@" <&- >&-`, `"$0" "$@" <&- >&- 2>&-`, `timeout 60 "$0" "$@" >&-`} {
		t.Run(line, func(t *testing.T) {
			ln := tcpListener(t)
			p := start(t, how{sh: line + `; exit $?`}, "tcp", ln.Addr().String())
			sentence := "write stdout: it is closed..."
			if strings.Contains(line, "2>") {
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

	// What Python's subprocess.DEVNULL is: by a parent that is no shell, for stdout alone. A closed one looks the same then.
	for _, args := range [][]string{nil, {"--quiet"}} {
		null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
		must(t, err)
		p := start(t, how{stdout: null}, append([]string{"tcp", ln.Addr().String()}, args...)...).feed("")
		null.Close()
		c := accept(t, ln)
		send(t, c, []byte("for nobody"))
		c.Close()
		sentence := "write stdout: what was written there went nowhere: it is /dev/null, or was closed"
		if args != nil {
			sentence = ""
		}
		p.ends(0, sentence)
	}
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
	eachWay(t, func(t *testing.T, way string) {
		r := scenario(t, how{}, way, "--json").dies(syscall.SIGPIPE)
		if a := r.account(t); a.Code != 141 || a.In != a.Lost || way == "--io=copy" && a.Lost != 10 {
			t.Errorf("%+v", a)
		}
		if r := scenario(t, how{}, way).dies(syscall.SIGPIPE); r.err != "" {
			t.Errorf("stderr is %q", r.err)
		}
		sentence := "write stdout: broken pipe after 0 B"
		if way == "--io=copy" { // without copying, what could not be given was not even taken
			sentence += " (10 bytes not delivered)"
		}
		scenario(t, how{sh: `trap "" PIPE; "$0" "$@"; exit $?`}, way).ends(23, sentence)
	})
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
				p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended by itself
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
