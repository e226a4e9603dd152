package modes

import (
	"strconv"
	"strings"
	"time"

	"cat5/io/sys"
	"cat5/sockopt"

	"golang.org/x/sys/unix"
)

// The kernel's prober, as TCP_INFO shows it. Nothing tells when a probe leaves or is answered, so the kernel is asked at
// the moments when something is due.

// prober is what is known of the kernel's probes on one connection.
type prober struct {
	on          int           // SO_KEEPALIVE: 0 or 1
	idle, intvl time.Duration // as read back
	cnt         int
	user        time.Duration // TCP_USER_TIMEOUT; 0: off
	verdict     time.Duration // from the last sign of life, when all timers are in time

	alive      time.Duration // the moment of the peer's last sign of life
	unanswered int           // probes on their way now
	told       int           // of those, how many were told
	lastProbe  time.Duration // when the latest of those was seen
	answered   int64         // probes
	info       *unix.TCPInfo
	ignored    int64 // ICMP messages that the kernel did not take as answers, when it began
}

// begin reads back what the kernel made of the options.
func (p *prober) begin(r *keepRun) error {
	var n [5]int
	for i, name := range []string{"keepidle", "keepintvl", "keepcnt", "user_timeout", "keepalive"} {
		row, _ := sockopt.Lookup(name)
		v, err := sockopt.Read(r.k, r.conn.FD, row)
		if err != nil {
			return fail(exitNo, err)
		}
		m, _ := v.Int()
		n[i] = int(m)
	}
	p.idle, p.intvl, p.cnt, p.user = time.Duration(n[0])*time.Second, time.Duration(n[1])*time.Second, n[2], time.Duration(n[3])*time.Millisecond
	p.on = n[4]
	p.verdict = verdictAfter(p.idle, p.intvl, p.cnt, p.user)
	info, err := sys.TCPInfo(r.k, r.conn.FD)
	if err != nil {
		return fail(exitNo, sys.Wrap("getsockopt", "TCP_INFO", err))
	}
	p.info, p.alive = info, r.k.Now()-silence(info)
	p.ignored = ignoredICMP(r.k)
	return nil
}

// verdictAfter computes how long a peer has to be silent for the kernel to give it up. tcp_keepalive_timer in
// net/ipv4/tcp_timer.c fires at idle, and every intvl from then on; each time it sends a probe, unless it gives up:
// after cnt unanswered probes, or, where TCP_USER_TIMEOUT is set, instead of the count, when the silence is as long as
// that and one probe at the least was sent.
func verdictAfter(idle, intvl time.Duration, cnt int, user time.Duration) time.Duration {
	ticks := time.Duration(cnt)
	if user > 0 {
		ticks = max((user-idle+intvl-1)/intvl, 1)
	}
	return idle + ticks*intvl
}

// silence is how long ago the last thing came from the peer: an acknowledgement or data, whichever is later, as the
// kernel itself counts (keepalive_time_elapsed in net/tcp.h). It is in units of the kernel's tick, 1 to 10 ms.
func silence(info *unix.TCPInfo) time.Duration {
	return time.Duration(min(info.Last_ack_recv, info.Last_data_recv)) * time.Millisecond
}

// tick is more than what two readings of the same moment differ by: the kernel counts in ticks of up to 10 ms.
const tick = 50 * time.Millisecond

// read asks the kernel, and tells what has happened since it was asked last.
func (p *prober) read(r *keepRun) error {
	now := r.k.Now() // before the call: so the moment of the last sign of life is never taken for a later one
	info, err := sys.TCPInfo(r.k, r.conn.FD)
	if err != nil {
		return sys.Wrap("getsockopt", "TCP_INFO", err)
	}
	last := p.info
	p.info = info
	alive := now - silence(info)
	moved := alive > p.alive+tick && info.Segs_in != last.Segs_in
	p.alive = max(p.alive, alive)
	probes := int(info.Probes)
	if info.Unacked > 0 { // with data on its way the same count is that of window probes
		probes = 0
	}
	if moved {
		p.unanswered, p.told = 0, 0
		if !r.beats.on && info.Bytes_received == last.Bytes_received {
			p.answered++ // nothing of ours but a probe could have been
			r.tellAnswered()
		}
	}
	for p.unanswered < probes { // more than one only if we were kept from looking
		p.unanswered++
		p.lastProbe = now
	}
	for p.told < p.unanswered && (p.told < p.unanswered-1 || now-p.lastProbe >= p.patience()) {
		p.told++
		r.tellProbe()
	}
	return nil
}

// patience is how long a probe is on its way before that is told: an answer takes a round trip, and on a busy machine it
// may be seen late. An answer that comes by then is all there is to tell.
func (p *prober) patience() time.Duration { return min(p.intvl/4, 250*time.Millisecond) }

// due is when the kernel's timer should fire next.
func (p *prober) due() time.Duration {
	if p.unanswered > 0 {
		return p.lastProbe + p.intvl
	}
	return p.alive + p.idle
}

// left is how long it is to the verdict if the peer stays silent; less than 0: there will be none.
func (p *prober) left(now time.Duration) time.Duration {
	if p.on == 0 {
		return -1
	}
	return max(p.alive+p.verdict-now, 0)
}

// lookAgain looks at the connection, and says when to look next: when the kernel's timer is due, and from then on often,
// because that may be late: a timer of the kernel is late by up to an eighth of its time, by design (kernel/time/timer.c).
func (r *keepRun) lookAgain() {
	p := &r.kernel
	if err := p.read(r); err != nil {
		r.stop(ending{why: endGone, err: err})
		return
	}
	step := min(max(p.intvl/64, 5*time.Millisecond), 250*time.Millisecond)
	wait := max(p.due()-r.k.Now()+time.Millisecond, step)
	if p.unanswered > 0 {
		wait = min(wait, 4*step) // an answer may come at any time
	}
	r.loop.After(&r.look, wait)
}

// ignoredICMP is how many ICMP messages about TCP connections the kernel has thrown away because the segment that they
// quote is not on its way: tcp_v4_err counts them as OutOfWindowIcmps. A keep-alive probe is such a segment, as its
// number is one below what is expected (RFC 9293, section 3.8.4), so what a router says about it is lost here.
func ignoredICMP(k *sys.Calls) int64 {
	b, err := readFile(k, "/proc/self/net/netstat", 64<<10)
	if err != nil {
		return 0
	}
	return counter(string(b), "TcpExt:", "OutOfWindowIcmps")
}

// counter reads a number from /proc/net/netstat or /proc/net/snmp: a line of names, and below it the line of numbers.
func counter(text, prefix, name string) int64 {
	var names []string
	for line := range strings.Lines(text) {
		rest, ok := strings.CutPrefix(line, prefix)
		if !ok {
			continue
		}
		if names == nil {
			names = strings.Fields(rest)
			continue
		}
		for i, v := range strings.Fields(rest) {
			if i < len(names) && names[i] == name {
				n, _ := strconv.ParseInt(v, 10, 64)
				return n
			}
		}
	}
	return 0
}
