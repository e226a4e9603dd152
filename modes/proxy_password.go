package modes

import (
	"encoding/binary"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"cat5/io/sys"
	"cat5/io/wrap"

	"golang.org/x/sys/unix"
)

// maxPassword is how long the line with a password may be. No protocol here carries more than 255 bytes, Basic apart.
const maxPassword = 1024

// readPassword gets the password of a proxy that has a user: from where --proxy-password says, and otherwise from whoever
// sits at the terminal.
func (h *proxyHop) readPassword(k *sys.Calls) (err error) {
	if h.User == "" || h.Scheme == wrap.SOCKS4 || h.Scheme == wrap.SOCKS4A {
		return nil
	}
	kind, rest, _ := strings.Cut(h.from, ":")
	switch kind {
	case "file":
		fd, err := sys.Open(k, rest, unix.O_RDONLY, 0)
		if err != nil {
			return fail(exitRead, sys.Wrap("open", sys.SafeName(rest), err))
		}
		defer sys.Close(k, fd)
		h.Password, err = passwordLine(k, fd)
		if err != nil {
			return fail(exitRead, sys.Wrap("read", sys.SafeName(rest), err))
		}
	case "fd":
		n, _ := strconv.Atoi(rest)
		if _, err := k.Fcntl(n, unix.F_GETFD, 0); err != nil {
			return usageError("--proxy-password: descriptor " + rest + " is not open")
		}
		h.Password, err = passwordLine(k, n)
		if n > 2 {
			sys.Close(k, n)
		}
		if err != nil {
			return fail(exitRead, sys.Wrap("read", "descriptor "+rest, err))
		}
	default:
		h.Password, err = askPassword(k, passwordPrompt(h))
		if err != nil && judge(err).signal == 0 {
			return fail(exitRead, sys.Wrap("ask for a password", "", err))
		}
	}
	return err
}

// passwordLine reads up to the end of a line, or the end. It reads one byte at a time: what follows the line is somebody
// else's, if the descriptor is our input.
func passwordLine(k *sys.Calls, fd int) (string, error) {
	var line []byte
	var b [1]byte
	for {
		n, err := sys.Read(k, fd, b[:])
		switch {
		case err == unix.EAGAIN: // somebody made it non-blocking
			if _, err := k.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, -1); err != nil && err != unix.EINTR {
				return "", err
			}
			continue
		case err != nil:
			return "", err
		case n == 0 || b[0] == '\n':
			if len(line) == 0 {
				return "", errors.New("its first line is empty: no password is there")
			}
			return string(line), nil
		case len(line) == maxPassword:
			return "", errors.New("its first line has more than " + itoa(maxPassword) + " bytes")
		}
		line = append(line, b[0])
	}
}

// What of struct termios (linux/asm-generic/termbits.h) is changed: four flag words, of which the last is c_lflag, a byte
// for the line discipline, and the array c_cc.
const (
	termLflag = 12
	termCC    = 17
)

// askPassword asks whoever sits at the terminal, without an echo (termios(3)). Nothing is echoed and no key is a signal
// until it is over, so that ^C comes as a byte and the terminal is put right before we die of it.
func askPassword(k *sys.Calls, prompt string) (string, error) {
	fd, err := sys.Open(k, "/dev/tty", unix.O_RDWR, 0)
	if err != nil {
		return "", sys.Wrap("open", "/dev/tty", err)
	}
	defer sys.Close(k, fd)
	var before [64]byte
	if err := k.Ioctl(fd, unix.TCGETS, &before); err != nil {
		return "", sys.Wrap("ioctl TCGETS", "/dev/tty", err)
	}
	mute := before
	lflag := binary.NativeEndian.Uint32(mute[termLflag:])
	binary.NativeEndian.PutUint32(mute[termLflag:], lflag&^(unix.ECHO|unix.ECHONL|unix.ICANON|unix.ISIG))
	mute[termCC+unix.VMIN], mute[termCC+unix.VTIME] = 1, 0
	restore := func() { k.Ioctl(fd, unix.TCSETSF, &before) }
	sigs := watchSignals(func(sig unix.Signal) {
		if sig != unix.SIGUSR1 {
			restore()
			sys.Die(sig)
		}
	})
	defer sigs.stop()
	defer restore()
	if err := k.Ioctl(fd, unix.TCSETSF, &mute); err != nil {
		return "", sys.Wrap("ioctl TCSETSF", "/dev/tty", err)
	}
	if _, err := writeAll(k, fd, []byte(prompt)); err != nil {
		return "", sys.Wrap("write", "/dev/tty", err)
	}
	defer writeAll(k, fd, []byte("\n"))
	return typedPassword(k, fd)
}

// typedPassword reads what is typed up to the line's end, with the keys that a terminal gives a line: it is in no mode to do
// so itself.
func typedPassword(k *sys.Calls, fd int) (string, error) {
	var line []byte
	var b [1]byte
	for {
		n, err := sys.Read(k, fd, b[:])
		if err != nil {
			return "", sys.Wrap("read", "/dev/tty", err)
		}
		if n == 0 {
			b[0] = 4
		}
		switch c := b[0]; c {
		case '\r', '\n', 4: // ^D
			if len(line) == 0 {
				return "", errors.New("none was typed")
			}
			return string(line), nil
		case 3: // ^C
			return "", &verdict{code: exitBySignal + int(unix.SIGINT), signal: unix.SIGINT}
		case 28: // ^\
			return "", &verdict{code: exitBySignal + int(unix.SIGQUIT), signal: unix.SIGQUIT}
		case 8, 0x7f:
			_, size := utf8.DecodeLastRune(line)
			line = line[:len(line)-size]
		case 21: // ^U
			line = line[:0]
		default:
			if len(line) == maxPassword {
				return "", errors.New("it has more than " + itoa(maxPassword) + " bytes")
			}
			line = append(line, c)
		}
	}
}
