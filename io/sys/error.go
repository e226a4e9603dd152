package sys

import (
	"errors"

	"golang.org/x/sys/unix"
)

// Error is a failed system call and what it was about. It reads "connect 127.0.0.1:9: connection refused".
type Error struct {
	Call   string // the call, as the man page names it, or what was tried ("resolve")
	Object string // what it was done to: an address, a path, "stdout"; may be empty
	Err    error
}

func (e *Error) Error() string {
	if e.Object == "" {
		return e.Call + ": " + e.Err.Error()
	}
	return e.Call + " " + e.Object + ": " + e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }

// Wrap makes an *Error; it returns nil for a nil err.
func Wrap(call, object string, err error) error {
	if err == nil {
		return nil
	}
	return &Error{Call: call, Object: object, Err: err}
}

// Errno is the name of the errno in err's chain ("ECONNREFUSED"), or "" when there is none.
func Errno(err error) string {
	var e unix.Errno
	if errors.As(err, &e) {
		return unix.ErrnoName(e)
	}
	return ""
}
