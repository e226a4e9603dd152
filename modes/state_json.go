package modes

import (
	"cat5/io/diag"

	"golang.org/x/sys/unix"
)

// stateJSON is the document of cat5 state --json.
func stateJSON(all []diag.Socket, who *owned) string {
	d := &jsonDoc{}
	names := unixNames(all)
	d.open("", '{')
	d.number("v", 1)
	d.text("command", "state")
	d.open("sockets", '[')
	for i := range all {
		if i > 0 {
			d.b = append(d.b, ",\n"...)
		}
		d.b = append(d.b, '{')
		socketJSON(d, &all[i], names)
		if all[i].Inode != 0 {
			d.open("processes", '[')
			for _, o := range who.by[all[i].Inode] {
				d.open("", '{')
				d.number("pid", uint64(o.PID))
				d.text("name", o.Name)
				d.number("fd", uint64(o.FD))
				d.shut('}')
			}
			d.shut(']')
		}
		d.shut('}')
	}
	d.shut(']')
	d.number("hidden_processes", uint64(who.hidden))
	d.shut('}')
	return string(d.b) + "\n"
}

// socketJSON is the members of one socket. Queues of a listener have names of their own.
func socketJSON(d *jsonDoc, s *diag.Socket, names map[uint32]string) {
	d.text("proto", protoName(s))
	if s.Proto != diag.Unix {
		d.number("family", map[int]uint64{unix.AF_INET: 4, unix.AF_INET6: 6}[s.Family])
	}
	d.text("state", s.StateName())
	local, peer := ends(s, names)
	d.text("local", local)
	d.text("peer", peer)
	if s.PeerInode != 0 {
		d.number("peer_inode", uint64(s.PeerInode))
	}
	if s.State == diag.Listen {
		d.number("accept_queue", uint64(s.RecvQ))
		d.number("backlog", uint64(s.SendQ))
	} else {
		d.number("recv_q", uint64(s.RecvQ))
		d.number("send_q", uint64(s.SendQ))
	}
	if name := timerName(s); name != "" {
		d.open("timer", '{')
		d.text("name", name)
		d.number("left_ms", uint64(s.Left.Milliseconds()))
		d.number("tries", uint64(s.Tries))
		d.shut('}')
	}
	if s.Shut != 0 {
		d.text("shut_down", shutWords(s.Shut))
	}
	if s.Inode != 0 {
		d.number("inode", uint64(s.Inode))
	}
	if s.HasUID && s.Inode != 0 {
		d.number("uid", uint64(s.UID))
	}
	if s.HasMem {
		d.open("buffers", '{')
		d.number("recv_bytes", uint64(s.Memory.Recv))
		d.number("recv_limit_bytes", uint64(s.Memory.RecvLimit))
		d.number("send_bytes", uint64(s.Memory.Send))
		d.number("send_limit_bytes", uint64(s.Memory.SendLimit))
		d.number("drops", uint64(s.Memory.Drops))
		d.shut('}')
	}
	if s.Info != nil && s.State != diag.Listen {
		infoJSON(d, s)
	}
}

func infoJSON(d *jsonDoc, s *diag.Socket) {
	i := s.Info
	d.open("tcp_info", '{')
	for _, f := range []struct {
		name string
		v    uint64
	}{
		{"rtt_us", uint64(i.Rtt)}, {"rttvar_us", uint64(i.Rttvar)}, {"rto_us", uint64(i.Rto)},
		{"snd_mss", uint64(i.Snd_mss)}, {"rcv_mss", uint64(i.Rcv_mss)}, {"advmss", uint64(i.Advmss)}, {"pmtu", uint64(i.Pmtu)},
		{"snd_cwnd", uint64(i.Snd_cwnd)}, {"snd_ssthresh", uint64(i.Snd_ssthresh)}, {"snd_wnd", uint64(i.Snd_wnd)}, {"rcv_wnd", uint64(i.Rcv_wnd)},
		{"snd_wscale", uint64(i.SendScale)}, {"rcv_wscale", uint64(i.RecvScale)},
		{"bytes_sent", i.Bytes_sent}, {"bytes_acked", i.Bytes_acked}, {"bytes_received", i.Bytes_received}, {"bytes_retrans", i.Bytes_retrans},
		{"segs_out", uint64(i.Segs_out)}, {"segs_in", uint64(i.Segs_in)}, {"unacked", uint64(i.Unacked)}, {"lost", uint64(i.Lost)},
		{"total_retrans", uint64(i.Total_retrans)}, {"retransmits", uint64(i.Retransmits)}, {"probes", uint64(i.Probes)},
		{"notsent_bytes", uint64(i.Notsent_bytes)}, {"pacing_rate", i.Pacing_rate}, {"delivery_rate", i.Delivery_rate},
		{"last_data_sent_ms", uint64(i.Last_data_sent)}, {"last_data_recv_ms", uint64(i.Last_data_recv)}, {"last_ack_recv_ms", uint64(i.Last_ack_recv)},
	} {
		d.number(f.name, f.v)
	}
	if s.Cong != "" {
		d.text("congestion", s.Cong)
	}
	d.shut('}')
}
