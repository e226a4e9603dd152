package sys

import (
	"bytes"
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// ReadDir calls f with the name and the type (DT_REG, DT_DIR, ... or DT_UNKNOWN) of each entry of the folder fd, "." and
// ".." apart, in the kernel's order, until f says that it has enough. buf is what the kernel writes to: 32 KiB is what
// the C library takes. The name is only good until f returns.
func ReadDir(k *Calls, fd int, buf []byte, f func(name []byte, typ byte) bool) error {
	for {
		n, err := k.Getdents(fd, buf)
		if err == unix.EINTR {
			continue
		}
		if err != nil || n == 0 {
			return err
		}
		// struct linux_dirent64 (getdents(2)): d_ino 8 bytes, d_off 8, d_reclen 2, d_type 1, then the name and a NUL.
		const nameAt = 19
		for b := buf[:n]; len(b) > nameAt; {
			size := int(binary.NativeEndian.Uint16(b[16:]))
			if size <= nameAt || size > len(b) {
				return unix.EIO // no kernel says so
			}
			name, _, _ := bytes.Cut(b[nameAt:size], []byte{0})
			if s := string(name); s != "." && s != ".." && !f(name, b[18]) {
				return nil
			}
			b = b[size:]
		}
	}
}
