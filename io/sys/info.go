package sys

import (
	"encoding/binary"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// SocketError takes the pending error of a socket: SO_ERROR, which "reading clears" (socket(7)). It is nil when there
// is none, and the error of getsockopt itself when that fails.
func SocketError(k *Calls, fd int) error {
	n, err := GetInt(k, fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err != nil {
		return err
	}
	return errOf(unix.Errno(n))
}

// GetInt reads an option that is an int.
func GetInt(k *Calls, fd, level, opt int) (int, error) {
	var b [4]byte
	if _, err := k.Getsockopt(fd, level, opt, b[:]); err != nil {
		return 0, err
	}
	return int(int32(binary.NativeEndian.Uint32(b[:]))), nil
}

// SetInt sets an option that is an int.
func SetInt(k *Calls, fd, level, opt, val int) error {
	var b [4]byte
	binary.NativeEndian.PutUint32(b[:], uint32(int32(val)))
	return k.Setsockopt(fd, level, opt, b[:])
}

// AttachFilter sets SO_ATTACH_FILTER (socket(7)): the kernel copies the program, a struct sock_fprog that points to it.
func AttachFilter(k *Calls, fd int, program []unix.SockFilter) error {
	f := &unix.SockFprog{Len: uint16(len(program)), Filter: unsafe.SliceData(program)}
	err := k.Setsockopt(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, unsafe.Slice((*byte)(unsafe.Pointer(f)), unsafe.Sizeof(*f)))
	runtime.KeepAlive(f)
	runtime.KeepAlive(program)
	return err
}

// TCPInfo reads TCP_INFO (tcp(7)). Fields that an older kernel does not have stay 0.
func TCPInfo(k *Calls, fd int) (*unix.TCPInfo, error) {
	info := new(unix.TCPInfo)
	b := unsafe.Slice((*byte)(unsafe.Pointer(info)), unsafe.Sizeof(*info))
	if _, err := k.Getsockopt(fd, unix.IPPROTO_TCP, unix.TCP_INFO, b); err != nil {
		return nil, err
	}
	return info, nil
}

// Unsent is SIOCOUTQ: for TCP the bytes that the peer has not acknowledged (tcp(7)), a FIN on its way counting as one;
// for unix sockets the memory, not the bytes, that the peer has not read.
func Unsent(k *Calls, fd int) (int, error) { return IoctlInt(k, fd, unix.SIOCOUTQ) }

// IoctlInt makes an ioctl(2) that answers with an int.
func IoctlInt(k *Calls, fd int, req uint) (int, error) {
	var arg [64]byte
	if err := k.Ioctl(fd, req, &arg); err != nil {
		return 0, err
	}
	return int(int32(binary.NativeEndian.Uint32(arg[:4]))), nil
}

// Columns is how wide the terminal of fd is, in characters; 0 when that is not known (ioctl_tty(2), TIOCGWINSZ).
func Columns(k *Calls, fd int) int {
	var arg [64]byte // struct winsize: ws_row, ws_col, ...
	if k.Ioctl(fd, unix.TIOCGWINSZ, &arg) != nil {
		return 0
	}
	return int(binary.NativeEndian.Uint16(arg[2:]))
}
