package modes

import (
	"strconv"
	"time"

	"cat5/io/diag"
)

// What -i adds: TCP_INFO in words, a few lines below its socket.

func infoWords(s *diag.Socket) string {
	out := ""
	line := func(text string) {
		if text != "" {
			out += "      " + text + "\n"
		}
	}
	if i := s.Info; i != nil && s.State != diag.Listen {
		line(pathWords(i))
		line(trafficWords(i))
		line(troubleWords(i))
		line(windowWords(s, i))
	}
	if s.State == diag.Listen && s.Proto == diag.TCP {
		line("waiting to be accepted: " + itoa(int(s.RecvQ)) + " of " + itoa(int(s.SendQ)))
	}
	line(bufferWords(s))
	if s.Shut != 0 {
		line("shut down: " + shutWords(s.Shut))
	}
	return out
}

func usWords(us uint32) string {
	return formatDuration(time.Duration(us) * time.Microsecond)
}

func msWords(ms uint32) string {
	return formatDuration(time.Duration(ms) * time.Millisecond)
}

func count32(n uint32) string { return strconv.FormatUint(uint64(n), 10) }

func size64(n uint64) string { return formatBytes(int64(n)) }

// pathWords: what is known of the way.
func pathWords(i *diag.Info) string {
	s := "rtt "
	if i.Rtt == 0 {
		s += "not measured yet"
	} else {
		s += usWords(i.Rtt) + " +- " + usWords(i.Rttvar)
		if i.Min_rtt != ^uint32(0) && i.Min_rtt > 0 {
			s += " (least " + usWords(i.Min_rtt) + ")"
		}
	}
	return s + ", rto " + usWords(i.Rto) + ", mss " + count32(i.Snd_mss) + ", path mtu " + count32(i.Pmtu)
}

// trafficWords: in tcpi_bytes_received the kernel counts the peer's FIN as a byte, as it takes a sequence number (RFC 9293,
// section 3.4).
func trafficWords(i *diag.Info) string {
	s := "sent " + size64(i.Bytes_sent) + ", received " + size64(i.Bytes_received) +
		"; segments out " + count32(i.Segs_out) + ", in " + count32(i.Segs_in)
	if i.Unacked > 0 {
		s += "; unacknowledged " + plural(int64(i.Unacked), "segment")
	}
	if i.Notsent_bytes > 0 {
		s += "; not sent yet " + formatBytes(int64(i.Notsent_bytes))
	}
	return s
}

// troubleWords: only what went wrong.
func troubleWords(i *diag.Info) string {
	s := ""
	add := func(n uint32, text string) {
		if n == 0 {
			return
		}
		if s != "" {
			s += ", "
		}
		s += text
	}
	add(i.Total_retrans, plural(int64(i.Total_retrans), "retransmission")+" in all ("+size64(i.Bytes_retrans)+")")
	add(i.Lost, count32(i.Lost)+" lost")
	add(uint32(i.Retransmits), count32(uint32(i.Retransmits))+" time-outs in a row")
	add(uint32(i.Probes), plural(int64(i.Probes), "probe")+" unanswered")
	add(uint32(i.Backoff), "backed off "+count32(uint32(i.Backoff))+" times")
	add(i.Reord_seen, plural(int64(i.Reord_seen), "reordering")+" seen")
	add(i.Rcv_ooopack, plural(int64(i.Rcv_ooopack), "packet")+" out of order")
	return s
}

// windowWords: the congestion window counts segments; the others are bytes.
func windowWords(s *diag.Socket, i *diag.Info) string {
	t := "congestion window " + plural(int64(i.Snd_cwnd), "segment")
	if s.Cong != "" {
		t += " (" + visible(s.Cong) + ")"
	}
	if i.Snd_wnd > 0 {
		t += ", peer's window " + formatBytes(int64(i.Snd_wnd))
	}
	if i.Rcv_wnd > 0 {
		t += ", ours " + formatBytes(int64(i.Rcv_wnd))
	}
	if i.Rcv_wnd == 0 && i.Rcv_space > 0 {
		t += ", receive space " + formatBytes(int64(i.Rcv_space))
	}
	if s.State == diag.SynSent { // and tcpi_last_ack_recv counts from no moment that means anything
		return t + ", nothing heard yet"
	}
	return t + ", last heard " + msWords(min(i.Last_data_recv, i.Last_ack_recv)) + " ago"
}

func bufferWords(s *diag.Socket) string {
	if !s.HasMem || s.State == diag.Listen {
		return ""
	}
	m := &s.Memory
	t := "buffers: in " + formatBytes(int64(m.Recv)) + " of " + formatBytes(int64(m.RecvLimit)) + ", out " + formatBytes(int64(m.Send)) + " of " + formatBytes(int64(m.SendLimit))
	if m.Drops > 0 {
		t += ", dropped " + plural(int64(m.Drops), "packet")
	}
	return t
}

func shutWords(shut uint8) string {
	switch shut & 3 {
	case 1:
		return "reading"
	case 2:
		return "writing"
	}
	return "reading and writing"
}
