package modes

import (
	"errors"
	"math"
	"os"
	"path"
	"strings"

	"cat5/io/pump"
	"cat5/io/sys"

	"github.com/mattn/go-isatty"
	"golang.org/x/sys/unix"
)

// errClosed names the other thing that looks the same (see stdoutClosed), and the way out.
var errClosed = errors.New("it is closed, or is /dev/null opened for reading and writing (to discard on purpose: --output /dev/null)")

// stdio is our side of a cable: where bytes come from and where they go.
type stdio struct {
	k       *sys.Calls
	in, out pump.Port
	size    int64 // how many bytes the input has left, when that can be known; less than 0 when not
	closed  bool  // fd 1 has been closed
	doubt   bool  // it is /dev/null, or was closed before we came
	replace bool  // what is in the file of --output goes when there is something to put in its place
}

// openStdio is what a run of cable reads and writes: nothing, when it only connects.
func (c *cable) openStdio() (*stdio, error) {
	switch {
	case c.o.passFD && isatty.IsTerminal(1):
		return nil, usageError("--pass-fd: stdout is a terminal, which cannot take a descriptor")
	case c.o.zero || c.o.passFD || c.o.exec:
		return &stdio{k: c.k, size: -1}, nil
	}
	return openStdio(c.k, c.o)
}

// openStdio looks at descriptors 0 and 1, and opens the file of --output, before anything else is opened or sent.
func openStdio(k *sys.Calls, o *options) (*stdio, error) {
	s := &stdio{k: k, size: -1}
	if !o.noStdin {
		in, err := pump.Std(k, 0, false, "stdin")
		if err != nil {
			return nil, fail(exitRead, err)
		}
		if in.Kind == pump.Dir {
			return nil, fail(exitRead, sys.Wrap("read", "stdin", unix.EISDIR))
		}
		s.in = in
		s.size = remaining(k, &in)
	}
	if o.sendOnly {
		return s, nil
	}
	if o.output != "" {
		return s, s.openOutput(o)
	}
	var closed bool
	if closed, s.doubt = stdoutClosed(k); closed {
		s.close()
		return nil, fail(exitWrite, sys.Wrap("write", "stdout", errClosed))
	}
	out, err := pump.Std(k, 1, true, "stdout")
	if err != nil {
		s.close()
		return nil, fail(exitWrite, err)
	}
	if out.Kind == pump.Dir {
		s.close()
		return nil, fail(exitWrite, sys.Wrap("write", "stdout", unix.EISDIR))
	}
	out.OnClose = s.closeStdout
	if s.in.Kind == pump.Stream && out.Kind == pump.Stream {
		// One socket for both, as inetd passes it: it was made for us, and its peer waits for the end.
		if same, err := k.SameFile(0, 1); err == nil && same {
			out.Ends = true
		}
	}
	s.out = out
	return s, nil
}

func (s *stdio) openOutput(o *options) error {
	flags := unix.O_WRONLY | unix.O_CREAT
	if o.append {
		flags |= unix.O_APPEND
	}
	s.replace = !o.append
	name := sys.SafeName(o.output)
	fd, err := sys.Open(s.k, o.output, flags, 0o666)
	if err != nil {
		s.close()
		return fail(exitWrite, sys.Wrap("open", name, err))
	}
	out, err := pump.Std(s.k, fd, true, name)
	if err != nil {
		sys.Close(s.k, fd)
		s.close()
		return fail(exitWrite, err)
	}
	if out.Own { // opened anew: the first descriptor has done its work
		sys.Close(s.k, fd)
	}
	out.Own = true
	out.OnClose = func() error {
		s.out.Own = false
		return nil
	}
	s.out = out
	return nil
}

// begin is called when there is a peer. Only now is the old content of the file of --output given up: a name that does not
// resolve costs nobody a file.
func (s *stdio) begin() error {
	if !s.replace || s.out.Kind != pump.File {
		return nil
	}
	s.replace = false
	return sys.Wrap("truncate", s.out.Name, s.k.Ftruncate(s.out.FD, 0))
}

// closeStdout closes descriptor 1 when all that was to be written there is written, so that whoever reads it sees the
// end at once, and so that the kernel's last word about the file (close(2)) is heard. /dev/null takes the number, lest
// something else gets it. A terminal stays: it is not ours to end.
//
// The lane that writes here has a Port of its own, and has closed the descriptor of that before it calls this.
func (s *stdio) closeStdout() error {
	s.out.Own = false
	if s.closed || s.out.Kind == pump.TTY || s.out.Kind == pump.Null {
		return nil
	}
	s.closed = true
	err := sys.Close(s.k, 1)
	if fd, err := sys.Open(s.k, "/dev/null", unix.O_WRONLY, 0); err == nil && fd != 1 {
		sys.Close(s.k, fd)
	}
	return err
}

// finish closes the output; the error is a failure to write.
func (s *stdio) finish() error {
	err := s.out.Close(s.k)
	if s.out.OnClose != nil {
		if e := s.out.OnClose(); err == nil && e != nil {
			err = sys.Wrap("close", s.out.Name, e)
		}
	}
	s.in.Close(s.k)
	return err
}

// close gives the descriptors back on the way out of a failure.
func (s *stdio) close() { s.in.Close(s.k) }

// stdoutClosed says whether descriptor 1 was closed when we were started. Go's runtime opens /dev/null on missing
// standard descriptors, for reading and writing, so that nothing else can land there; writes would vanish in silence.
// A >/dev/null of a shell is opened for writing only, so if a shell has started us, this one was closed. Other programs do
// open it for reading and writing (Python's DEVNULL, node's 'ignore', daemon(3)), and hardly ever close it: if it is one of
// those, doubt is true, and what is written there has to be told of.
func stdoutClosed(k *sys.Calls) (closed, doubt bool) {
	var st unix.Stat_t
	if k.Fstat(1, &st) != nil {
		return true, false
	}
	if st.Mode&unix.S_IFMT != unix.S_IFCHR || uint64(st.Rdev) != unix.Mkdev(1, 3) {
		return false, false
	}
	fl, err := k.Fcntl(1, unix.F_GETFL, 0)
	if err != nil || fl&unix.O_ACCMODE != unix.O_RDWR {
		return false, false
	}
	for _, other := range []int{0, 2} {
		if same, err := k.SameFile(1, other); err == nil && same {
			return false, false
		}
	}
	closed = startedClosed(k)
	return closed, !closed
}

// startedClosed says whether whoever started us is likely to have closed our stdout: our parent has none itself, or it is a
// shell that has one, or one has left our name in "_", as bash, ksh and zsh do for what they start.
func startedClosed(k *sys.Calls) bool {
	parent := "/proc/" + itoa(os.Getppid())
	buf := make([]byte, 64)
	switch n, err := k.Readlinkat(unix.AT_FDCWD, parent+"/fd/1", buf); {
	case err == unix.ENOENT:
		return true // it has none itself: timeout(1), xargs(1) and the like, started with >&-
	case err == nil && string(buf[:n]) == "/dev/null":
		return false // we have inherited that, or it makes no difference
	}
	if os.Getenv("_") != "" && path.Base(os.Getenv("_")) == path.Base(os.Args[0]) {
		return true
	}
	name, err := readFile(k, parent+"/comm", 64)
	if err != nil {
		return true // refusing loses nothing
	}
	switch strings.TrimSuffix(string(name), "\n") {
	case "sh", "dash", "ash", "busybox", "bash", "ksh", "mksh", "ksh93", "zsh", "fish", "tcsh", "csh", "rc", "yash":
		return true
	}
	return false
}

// remaining is how many bytes a regular file has left to read.
func remaining(k *sys.Calls, p *pump.Port) int64 {
	var st unix.Stat_t
	if p.Kind != pump.File || k.Fstat(p.FD, &st) != nil || st.Mode&unix.S_IFMT != unix.S_IFREG {
		return -1
	}
	at, err := k.Lseek(p.FD, 0, unix.SEEK_CUR)
	if err != nil || at > st.Size || st.Size == math.MaxInt64 {
		return -1
	}
	return st.Size - at
}
