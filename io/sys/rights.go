package sys

import "golang.org/x/sys/unix"

// recvFD is Calls.RecvFD.
func recvFD(fd int, p []byte) (n, passed int, err error) {
	oob := make([]byte, unix.CmsgSpace(4)) // room for one; its padding holds a second, and the kernel closes what does not fit
	n, oobn, flags, _, err := unix.Recvmsg(fd, p, oob, unix.MSG_DONTWAIT|unix.MSG_CMSG_CLOEXEC)
	if err != nil {
		return 0, -1, err
	}
	passed = -1
	messages, _ := unix.ParseSocketControlMessage(oob[:oobn])
	for i := range messages {
		fds, _ := unix.ParseUnixRights(&messages[i]) // an error: it is about something else
		for _, f := range fds {
			if passed < 0 {
				passed = f
				continue
			}
			unix.Close(f)
		}
	}
	if passed < 0 && flags&unix.MSG_CTRUNC != 0 {
		return n, -1, unix.EMFILE
	}
	return n, passed, nil
}
