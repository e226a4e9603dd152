package modes

import (
	"context"
	"errors"

	"cat5/io/sock"
	"cat5/io/sys"
	"cat5/io/wrap"

	"golang.org/x/sys/unix"
)

// Exit codes. Those that curl has keep curl's meaning.
const (
	exitOK       = 0
	exitNo       = 1 // a negative result
	exitUsage    = 2
	exitResolve  = 6
	exitConnect  = 7
	exitShort    = 18
	exitWrite    = 23
	exitRead     = 26
	exitTimeout  = 28
	exitListen   = 45
	exitSend     = 55
	exitRecv     = 56
	exitBug      = 125
	exitNoRun    = 126 // the program is there, and cannot be run
	exitNoProg   = 127 // there is no such program
	exitBySignal = 128
)

// verdict is how a run ended: the error to tell, if any, and the code to leave with. It is an error itself, so that it
// can come up through every layer.
type verdict struct {
	code   int
	err    error       // nil when there is nothing to tell
	signal unix.Signal // not 0: die of it

	// For a voice whose codes are coarser.
	idle    bool // nothing was lost: only nothing moved any more
	unheard bool // datagrams were sent to a port where nobody listens
}

func (v *verdict) Error() string {
	if v.err == nil {
		return ""
	}
	return v.err.Error()
}

func (v *verdict) Unwrap() error { return v.err }

// fail makes a verdict.
func fail(code int, err error) error { return &verdict{code: code, err: err} }

// judge finds the exit code for any error.
func judge(err error) *verdict {
	var v *verdict
	var usage usageError
	var arg argError
	var resolve *sock.ResolveError
	var listen *sock.ListenError
	var dial *sock.DialError
	var proxy *wrap.Error
	switch {
	case err == nil:
		return &verdict{}
	case errors.As(err, &v):
		return v
	case errors.As(err, &usage), errors.As(err, &arg):
		return &verdict{code: exitUsage, err: err}
	case errors.As(err, &resolve):
		return &verdict{code: exitResolve, err: err}
	case errors.As(err, &listen):
		return &verdict{code: exitListen, err: err}
	case errors.Is(err, sock.ErrTimeout), errors.Is(err, wrap.ErrTimeout), errors.Is(err, context.DeadlineExceeded):
		return &verdict{code: exitTimeout, err: err}
	case errors.As(err, &proxy):
		return &verdict{code: exitConnect, err: err}
	case errors.As(err, &dial):
		for _, e := range dial.Errs {
			if call := (*sys.Error)(nil); !errors.As(e, &call) || call.Call != "bind" {
				return &verdict{code: exitConnect, err: err}
			}
		}
		return &verdict{code: exitListen, err: err} // no address of ours could be bound
	}
	return &verdict{code: exitNo, err: err} // nothing of what has a code: no descriptor for epoll, for instance
}
