package sys

import "strconv"

// Told is one thing that is told of the calls that pass (io/explain tells, modes shows): a line for people, and its
// parts for programs. Fields that do not apply are empty.
type Told struct {
	Event    string // "call", "data" (calls summed up), "state" (what the kernel says of a socket), "kept" (housekeeping)
	Line     string // one line: of a call what strace(1) would print
	Note     string // one sentence, what it means
	Man      string // where that stands: "connect(2), tcp(7)"
	Call     string // the call, as its man page names it
	FD       int    // the descriptor; less than 0 when there is none
	Errno    string // how it failed: "ECONNREFUSED"
	From, To string // two states
	Calls    int64  // data: how many, and of how many bytes
	Bytes    int64
}

// TCPState names a state of TCP as tcpi_state of TCP_INFO has it (net/tcp_states.h, without the TCP_).
func TCPState(n uint8) string {
	names := [...]string{1: "ESTABLISHED", 2: "SYN_SENT", 3: "SYN_RECV", 4: "FIN_WAIT1", 5: "FIN_WAIT2", 6: "TIME_WAIT",
		7: "CLOSE", 8: "CLOSE_WAIT", 9: "LAST_ACK", 10: "LISTEN", 11: "CLOSING", 12: "NEW_SYN_RECV"}
	if int(n) < len(names) && names[n] != "" {
		return names[n]
	}
	return "state " + strconv.Itoa(int(n))
}
