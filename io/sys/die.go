package sys

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// Die ends the process by signal sig, for real, so that whoever waits for it sees how it died: "if the child was killed
// by a signal", wait(2). The Go runtime has a handler for nearly every signal; the default action is put back first.
// It does not return.
func Die(sig unix.Signal) {
	Default(sig)
	var set unix.Sigset_t
	set.Val[0] = 1 << (uint(sig) - 1)
	unix.PthreadSigmask(unix.SIG_UNBLOCK, &set, nil)
	unix.Kill(unix.Getpid(), sig)
	// The kernel delivers it before kill returns, unless another thread is chosen; then it is a matter of moments.
	for {
		unix.Pause()
	}
}

// Default gives a signal its default action, in place of the Go runtime's handler: that one swallows SIGALRM and SIGUSR2,
// and prints the stacks of all goroutines for SIGQUIT.
func Default(sig unix.Signal) {
	// struct sigaction with sa_handler = SIG_DFL, which is 0, and nothing else (sigaction(2)).
	var act [32]byte
	unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig), uintptr(unsafe.Pointer(&act)), 0, 8, 0, 0)
}
