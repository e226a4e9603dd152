package sockopt

import (
	"encoding/binary"
	"strconv"
)

// field is one member of a record.
type field struct {
	name string
	val  int64
}

// record takes a struct apart that the kernel filled. Members beyond its end are missing: older kernels fill less.
func record(k Kind, b string) []field {
	switch k {
	case Cred: // struct ucred, unix(7)
		return numbers(b, "pid", "uid", "gid")
	case MemInfo: // SK_MEMINFO_*, linux/sock_diag.h
		return numbers(b, "rmem_alloc", "rcvbuf", "wmem_alloc", "sndbuf", "fwd_alloc", "wmem_queued", "optmem", "backlog", "drops")
	}
	return tcpInfo(b)
}

// numbers names the ints of b one by one.
func numbers(b string, names ...string) []field {
	var out []field
	for i, name := range names {
		if len(b) < 4*i+4 {
			break
		}
		out = append(out, field{name, int64(int32(binary.NativeEndian.Uint32([]byte(b[4*i : 4*i+4]))))})
	}
	return out
}

// gids are the numbers of a gid_t array.
func gids(b string) []string {
	out := []string{}
	for ; len(b) >= 4; b = b[4:] {
		out = append(out, strconv.FormatUint(uint64(binary.NativeEndian.Uint32([]byte(b[:4]))), 10))
	}
	return out
}

// member is where a member of struct tcp_info lies.
type member struct {
	name      string
	off, size int
}

// tcpInfo is struct tcp_info (linux/tcp.h) as far as the members mean something to a user. Times are in microseconds,
// but for the last_* ones in milliseconds; rates in bytes a second; cwnd and the counts of losses in segments. A test
// holds the offsets to those of unix.TCPInfo.
func tcpInfo(b string) []field {
	var out []field
	for _, m := range [...]member{
		{"state", 0, 1}, {"ca_state", 1, 1}, {"retransmits", 2, 1}, {"probes", 3, 1}, {"backoff", 4, 1}, {"options", 5, 1},
		{"rto", 8, 4}, {"ato", 12, 4}, {"snd_mss", 16, 4}, {"rcv_mss", 20, 4}, {"unacked", 24, 4}, {"sacked", 28, 4},
		{"lost", 32, 4}, {"retrans", 36, 4}, {"last_data_sent", 44, 4}, {"last_data_recv", 52, 4},
		{"last_ack_recv", 56, 4}, {"pmtu", 60, 4}, {"rcv_ssthresh", 64, 4}, {"rtt", 68, 4}, {"rttvar", 72, 4},
		{"snd_ssthresh", 76, 4}, {"snd_cwnd", 80, 4}, {"advmss", 84, 4}, {"reordering", 88, 4}, {"rcv_rtt", 92, 4},
		{"rcv_space", 96, 4}, {"total_retrans", 100, 4}, {"pacing_rate", 104, 8}, {"bytes_acked", 120, 8},
		{"bytes_received", 128, 8}, {"segs_out", 136, 4}, {"segs_in", 140, 4}, {"notsent_bytes", 144, 4},
		{"min_rtt", 148, 4}, {"delivery_rate", 160, 8}, {"busy_time", 168, 8}, {"rwnd_limited", 176, 8},
		{"sndbuf_limited", 184, 8}, {"bytes_sent", 200, 8}, {"bytes_retrans", 208, 8}, {"snd_wnd", 228, 4},
		{"rcv_wnd", 232, 4},
	} {
		if len(b) < m.off+m.size {
			break
		}
		p, f := []byte(b[m.off:m.off+m.size]), field{name: m.name}
		switch m.size {
		case 1:
			f.val = int64(p[0])
		case 4:
			f.val = int64(binary.NativeEndian.Uint32(p))
		case 8:
			f.val = int64(binary.NativeEndian.Uint64(p))
		}
		out = append(out, f)
	}
	return out
}
