package pump

import (
	"testing"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// What is UDP's own: reports by ICMP, and who else sends.

// TestICMP: the report of an earlier datagram's fate does not cost the one that is being sent.
func TestICMP(t *testing.T) {
	r := newRig(t)
	inR, inW := pipe(t)
	outR, outW := pipe(t)
	fd := udp(t)
	sock := port(fd, Dgram)
	sock.Proto = UDP
	connectTo(t, fd, freePort(t))
	r.add(&Pair{Quit: -1, Out: &Lane{Src: port(inR, Pipe), Dst: sock, Record: Line}, In: &Lane{Src: sock, Dst: port(outW, Pipe)}})
	for i := range 5 {
		give(t, inW, []byte("x\n"))
		r.settle()
		if int(r.pair.In.Refused+r.pair.Out.Refused) < i {
			t.Errorf("after %d datagrams: %d refusals told", i+1, r.count(Refused))
		}
	}
	if p := r.pair; p.Out.RecordsOut != 5 || p.Out.Err != nil || p.In.Err != nil || r.done {
		t.Errorf("sent %d, errors %v %v", p.Out.RecordsOut, p.Out.Err, p.In.Err)
	}
	if b, _ := take(outR); len(b) > 0 {
		t.Errorf("%q came out", b)
	}
}

// TestTooLargeForTheWay: a router's word that an earlier datagram was too large ends neither lane, and is told; the datagram that it
// seemed to be about goes.
func TestTooLargeForTheWay(t *testing.T) {
	for _, batches := range []bool{false, true} {
		r := newRig(t)
		inR, inW := pipe(t)
		outR, outW := pipe(t)
		fd, peer := udp(t), udp(t)
		to, _ := r.k.Getsockname(peer)
		connectTo(t, fd, to)
		sock := port(fd, Dgram)
		sock.Proto = UDP
		recv, many, send, mmsg := r.k.Recvfrom, r.k.Recvmmsg, r.k.Sendto, r.k.Sendmmsg
		reports := map[string]int{}
		report := func(call string) error {
			if reports[call]++; reports[call] == 1 {
				return unix.EMSGSIZE
			}
			return nil
		}
		r.k.Recvfrom = func(fd int, p []byte, flags int, from *sys.Addr) (int, int, error) {
			if err := report("recv"); err != nil {
				return 0, 0, err
			}
			return recv(fd, p, flags, from)
		}
		r.k.Recvmmsg = func(fd int, b *sys.Batch, n, flags int) (int, error) {
			if err := report("recv"); err != nil {
				return 0, err
			}
			return many(fd, b, n, flags)
		}
		r.k.Sendto = func(fd int, p []byte, flags int, to *sys.Addr) (int, error) {
			if err := report("send"); err != nil {
				return 0, err
			}
			return send(fd, p, flags, to)
		}
		r.k.Sendmmsg = func(fd int, b *sys.Batch, n int, to *sys.Addr, flags int) (int, error) {
			if err := report("send"); err != nil {
				return 0, err
			}
			return mmsg(fd, b, n, to, flags)
		}
		r.add(&Pair{Quit: -1, Out: &Lane{Src: port(inR, Pipe), Dst: sock, Record: Line, Copy: !batches},
			In: &Lane{Src: sock, Dst: port(outW, Pipe), Copy: !batches}})
		give(t, inW, []byte("short\nlonger than that\n"))
		r.settle()
		here, _ := r.k.Getsockname(fd)
		send(peer, []byte("answer"), 0, &here)
		r.settle()
		p := r.pair
		if got, _ := take(outR); string(got) != "answer" || p.In.Err != nil || p.In.Refused != 1 || p.In.Report != unix.EMSGSIZE {
			t.Errorf("batches %v, in: %q, %v, reports %d, %v", batches, got, p.In.Err, p.In.Refused, p.In.Report)
		}
		if got := strs(takeRecords(peer, 5)); len(got) != 2 || p.Out.Err != nil || p.Out.Refused != 1 || p.Out.RecordsOut != 2 {
			t.Errorf("batches %v, out: %q, %v, reports %d", batches, got, p.Out.Err, p.Out.Refused)
		}
	}
}

// TestStrangers: datagrams from others than Only are not let in.
func TestStrangers(t *testing.T) {
	r := newRig(t)
	outR, outW := pipe(t)
	fd, friend, stranger := udp(t), udp(t), udp(t)
	here, _ := r.k.Getsockname(fd)
	only, _ := r.k.Getsockname(friend)
	sock := port(fd, Dgram)
	var from []sys.Addr
	r.add(&Pair{Quit: -1, In: &Lane{Src: sock, Dst: port(outW, Pipe), Only: only, From: func(a sys.Addr) { from = append(from, a) }}})
	r.k.Sendto(stranger, []byte("no"), 0, &here)
	r.k.Sendto(friend, []byte("yes"), 0, &here)
	r.k.Sendto(stranger, []byte("no"), 0, &here)
	r.settle()
	if b, _ := take(outR); string(b) != "yes" || r.pair.In.Strangers != 2 || len(from) != 1 || from[0] != only {
		t.Errorf("%q, strangers %d, from %v", b, r.pair.In.Strangers, from)
	}
}
