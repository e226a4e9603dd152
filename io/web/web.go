// Package web serves the files of one folder over HTTP/1.1 (RFC 9110, RFC 9112) on one epoll loop.
//
// How a request goes: conn.go takes bytes, parse.go makes a request of them, target.go a path below the folder, file.go
// opens it, answer.go says what to send and response.go how that is written, send.go sends it. Parsers are functions of
// bytes alone. An idle connection holds no buffer, and one that is being answered what the peer has not taken yet.
package web

import (
	"time"

	"cat5/io/sys"
)

// Options is how a folder is served. The functions are called on the loop's thread; each but Wall may be nil.
type Options struct {
	Idle  time.Duration // how long a connection may do nothing, between requests or within a response
	Head  time.Duration // how long the head of a request may take from its first byte to its last
	Grace time.Duration // how long responses may take when it is time to leave
	Wall  func() time.Time
	Lent  bool // the listener is somebody else's too: who comes when we leave waits for whoever accepts next

	// Accepted is told of each connection before anything is read. An error closes it.
	Accepted func(id int64, fd int, peer sys.Addr) error
	// Closed is told of its end: the bytes that came and went, and why it ended when that was not in order.
	Closed func(id, in, out int64, err error)
	// Done is told of each request that was answered, or answered in part. What r points to is only good until it returns.
	Done func(r *Record)
	// Turn is called when there is nothing to do at the moment.
	Turn func()
	// Warn is told of what nobody should miss.
	Warn func(text string)
}

// Record is one request and what became of it.
type Record struct {
	Conn   int64
	Peer   *sys.Addr
	Line   []byte // the request line as it came, at most 1 KiB of it; may hold anything
	Status int
	Bytes  int64 // of the body that were sent
	Lost   int64 // of the whole response that were not
	Took   time.Duration
}

// Serve answers whoever connects to the listening socket lfd with what is in the folder dir, until stop becomes readable,
// which it must stay. It then accepts nobody, lets the responses that are on their way end, and returns nil when they
// have or Grace is over. All three descriptors remain the caller's; lfd must not block (O_NONBLOCK). An error is the end
// of the listener or of epoll.
func Serve(k *sys.Calls, lfd, dir, stop int, o *Options) error {
	s, err := newServer(k, lfd, dir, stop, o)
	if err != nil {
		return err
	}
	defer s.end()
	return s.run()
}
