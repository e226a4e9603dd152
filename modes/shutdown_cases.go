package modes

import (
	"encoding/binary"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// The ways to end a connection. The client is always the one that does; the server, when it is ours, shows what that is
// to its peer.

// shutCases is all of them; the first is the one to show when none is named.
func shutCases() []shutCase {
	return []shutCase{
		{"wr", "shutdown(SHUT_WR): half-closed", "A FIN says: no more from here. The other way stays open until that end closes too. " +
			"Who sent the first FIN waits in TIME_WAIT.", shutWR},
		{"rd", "shutdown(SHUT_RD): nothing to read any more", "SHUT_RD is between a process and its own kernel: no packet tells the peer of it. " +
			"Where nothing waits to be read, read() says 0 at once; Linux still takes what comes, and gives it to the next read().", shutRD},
		{"rdwr", "shutdown(SHUT_RDWR): both, and the socket still there", "The peer sees the FIN that SHUT_WR sends. Only when it " +
			"sends data does it learn, by an RST, that nobody will read it.", shutRDWR},
		{"close", "close(): all at once", "The peer cannot tell close() from SHUT_WR: its first write() succeeds. The RST that answers " +
			"it makes the next one fail, with EPIPE and SIGPIPE.", shutClose},
		{"unread", "close() with bytes that were not read", "Who closes without having read everything sends an RST and no FIN, so that the peer " +
			"learns that bytes were lost (RFC 2525, section 2.17). Nobody waits in TIME_WAIT.", shutUnread},
		{"linger0", "close() with SO_LINGER of 0 s", "SO_LINGER on, with 0 s, makes close() throw the connection away: an RST, no TIME_WAIT, and " +
			"what was not delivered yet is lost (socket(7)).", shutLinger0},
	}
}

// greet sends something, so that there is a connection in use to be ended.
func (r *shutRun) greet(listen bool) error {
	if err := r.pass(0, "hello\n"); err != nil {
		return err
	}
	switch {
	case r.where == nil:
		_, err := r.read(1)
		return err
	case listen:
		_, err := r.read(0)
		return err
	}
	return nil
}

// drain reads what a server elsewhere still sends, to its end or for a while.
func (r *shutRun) drain() error {
	for range 8 {
		more, err := r.read(0)
		last := r.steps[len(r.steps)-1].result
		if err != nil || !more || last == result(0, nil, true) || last[0] == '-' {
			return err
		}
	}
	return nil
}

func shutWR(r *shutRun) error {
	if err := r.greet(true); err != nil {
		return err
	}
	r.shutdown(unix.SHUT_WR, "SHUT_WR")
	r.write(0, "more")
	if r.where != nil {
		err := r.drain()
		r.close(0)
		return err
	}
	if _, err := r.read(1); err != nil {
		return err
	}
	if err := r.pass(1, "reply"); err != nil {
		return err
	}
	if _, err := r.read(0); err != nil {
		return err
	}
	r.close(1)
	if _, err := r.read(0); err != nil {
		return err
	}
	r.close(0)
	return nil
}

func shutRD(r *shutRun) error {
	if err := r.greet(true); err != nil {
		return err
	}
	r.shutdown(unix.SHUT_RD, "SHUT_RD")
	if _, err := r.read(0); err != nil {
		return err
	}
	if r.where == nil {
		if err := r.pass(1, "reply"); err != nil {
			return err
		}
		if _, err := r.read(0); err != nil {
			return err
		}
	}
	if err := r.write(0, "more"); err != nil && r.where == nil {
		return sys.Wrap("write", "", err)
	}
	if r.where == nil {
		if _, err := r.read(1); err != nil {
			return err
		}
	}
	r.close(0)
	return r.leave()
}

func shutRDWR(r *shutRun) error {
	if err := r.greet(true); err != nil {
		return err
	}
	r.shutdown(unix.SHUT_RDWR, "SHUT_RDWR")
	if _, err := r.read(0); err != nil {
		return err
	}
	r.write(0, "more")
	if err := r.answer(); err != nil {
		return err
	}
	r.close(0)
	return r.leave()
}

func shutClose(r *shutRun) error {
	if err := r.greet(true); err != nil {
		return err
	}
	r.close(0)
	if err := r.answer(); err != nil {
		return err
	}
	return r.leave()
}

func shutUnread(r *shutRun) error {
	if err := r.greet(false); err != nil {
		return err
	}
	if r.where == nil {
		if err := r.pass(1, "reply"); err != nil {
			return err
		}
	}
	patience := shutPatience
	if r.where != nil {
		patience = r.patience()
	}
	came, err := r.ready(r.ends[0].fd, unix.POLLIN, patience)
	if err != nil {
		return err
	}
	st := r.did(0, "", "", nil)
	if st.remark = "not read"; !came {
		st.remark = "nothing came to be left unread"
	}
	r.close(0)
	return r.ended()
}

func shutLinger0(r *shutRun) error {
	if err := r.greet(true); err != nil {
		return err
	}
	var linger [8]byte // struct linger: l_onoff, l_linger in seconds (socket(7))
	binary.NativeEndian.PutUint32(linger[:], 1)
	if err := r.k.Setsockopt(r.ends[0].fd, unix.SOL_SOCKET, unix.SO_LINGER, linger[:]); err != nil {
		return sys.Wrap("setsockopt", "SO_LINGER", err)
	}
	r.did(0, "SO_LINGER on, 0 s", "", nil)
	r.close(0)
	return r.ended()
}

// answer is what a server does that has seen a FIN: it reads that, and writes, twice.
func (r *shutRun) answer() error {
	if r.where != nil {
		return nil
	}
	if _, err := r.read(1); err != nil {
		return err
	}
	r.write(1, "reply")
	r.write(1, "reply")
	_, err := r.read(1)
	return err
}

// ended is what a server finds after an RST.
func (r *shutRun) ended() error {
	if r.where != nil {
		return nil
	}
	if _, err := r.read(1); err != nil {
		return err
	}
	r.write(1, "reply")
	return r.leave()
}

// leave ends the server's end: it reads once more if its peer has just sent a FIN.
func (r *shutRun) leave() error {
	if r.where != nil {
		return nil
	}
	if r.last[1].state == "CLOSE_WAIT" {
		if _, err := r.read(1); err != nil {
			return err
		}
	}
	r.close(1)
	return nil
}
