package modes

// Packets that were not seen can be inferred from what they have changed. Every rule names its witness, which the drawing
// shows.

// inferPackets is what must have passed during one call of one end: was and is are what the kernel said of both ends before and
// after. Of an end that is not ours nothing is known.
func inferPackets(was, is [2]look, who int) []shutPacket {
	if was[0].state == "" {
		return inferHandshake(was, is)
	}
	var all []shutPacket
	add := func(from int, label, why string) { all = append(all, shutPacket{from, label, why}) }
	a, b := who, 1-who
	if is[a].state == "" {
		return nil
	}
	// What the caller sent, and what came back.
	if n := grown(was[a], is[a], sentBytes); n > 0 {
		add(a, dataLabel(n), "the sender's tcpi_bytes_sent grew by as much")
		if grown(was[a], is[a], ackedBytes) >= n && is[a].state != "CLOSE" {
			add(b, "ACK", "the sender's tcpi_bytes_acked grew by as much")
		}
	}
	switch from, to := was[a].state, is[a].state; {
	case (from == "ESTABLISHED" || from == "CLOSE_WAIT") && to == "gone" && (is[b].state == "CLOSE" || was[a].aborts):
		why := from + " became nothing, and the peer's state CLOSE: a FIN would have left CLOSE_WAIT there"
		if is[b].state == "" {
			why = from + " became nothing at once, with bytes unread or SO_LINGER of 0 s: then close() sends no FIN"
		}
		add(a, "RST", why)
	case from == "ESTABLISHED" && to == "gone":
		add(a, "FIN", "nothing was unread, and SO_LINGER off: then close() sends one")
		add(b, "RST", "ESTABLISHED became nothing at once: the FIN alone would have left FIN_WAIT here")
	case sentFIN(from, to):
		add(a, "FIN", finWitness(from, to))
		if to != "FIN_WAIT1" && to != "LAST_ACK" && to != "CLOSING" {
			add(b, "ACK", ackWitness(to))
		}
	case to == "CLOSE" && from != "CLOSE" && from != "gone":
		why, acked := finSent(was[a], is[a])
		if why != "" && (from == "ESTABLISHED" || from == "CLOSE_WAIT") {
			add(a, "FIN", why)
		}
		if acked {
			add(b, "ACK", why)
		}
		if !acked || from != "CLOSE_WAIT" { // else both FINs are acknowledged, and that is a good end
			add(b, "RST", from+" became CLOSE without a close()")
		}
	}
	// What came from the peer by itself: only of a peer that is not ours, whose calls are not known.
	if is[b].state == "" {
		all = append(all, inferForeign(was[a], is[a], a)...)
	}
	return all
}

func inferHandshake(was, is [2]look) []shutPacket {
	if is[0].state == "" {
		return nil
	}
	why := "connect() returned 0, and both ends are ESTABLISHED"
	if is[1].state == "" {
		why = "connect() returned 0, and our end is ESTABLISHED"
	}
	return []shutPacket{{0, "SYN", why}, {1, "SYN/ACK", why}, {0, "ACK", why}}
}

// sentFIN says whether a FIN takes a socket from one state to the other (RFC 9293, section 3.3.2).
func sentFIN(from, to string) bool {
	switch from {
	case "ESTABLISHED":
		return to == "FIN_WAIT1" || to == "FIN_WAIT2" || to == "TIME_WAIT" || to == "CLOSING"
	case "CLOSE_WAIT":
		return to == "LAST_ACK" || to == "gone"
	}
	return false
}

// finSent finds the trace of a FIN in the counters of a socket that is over and still open, and says whether it was acknowledged:
// tcpi_bytes_acked counts a FIN, tcpi_bytes_sent does not.
func finSent(was, is look) (why string, acked bool) {
	sent := grown(was, is, sentBytes)
	if grown(was, is, ackedBytes) > sent {
		return "tcpi_bytes_acked grew by one more than tcpi_bytes_sent", true
	}
	if sent == 0 && grown(was, is, receivedBytes) == 0 && grown(was, is, func(l *look) uint64 { return uint64(l.info.Segs_out) }) > 0 {
		return "tcpi_segs_out grew, and there was nothing else to send", false
	}
	return "", false
}

func finWitness(from, to string) string {
	if to == "gone" {
		return "CLOSE_WAIT is over: the way out of it is LAST_ACK"
	}
	return from + " became " + to
}

func ackWitness(to string) string {
	if to == "gone" {
		return "LAST_ACK is over: only an ACK ends it"
	}
	return "the FIN is acknowledged: FIN_WAIT1 is over"
}

// inferForeign is what a peer elsewhere has sent.
func inferForeign(was, is look, a int) []shutPacket {
	var all []shutPacket
	fin := is.state != was.state && (is.state == "CLOSE_WAIT" || is.state == "TIME_WAIT" || is.state == "CLOSING" ||
		is.state == "LAST_ACK" && was.state == "ESTABLISHED")
	n := grown(was, is, receivedBytes)
	if fin && n > 0 {
		n-- // the kernel counts it
	}
	if n > 0 {
		all = append(all, shutPacket{1 - a, dataLabel(n), "tcpi_bytes_received grew by as much"})
	}
	if fin {
		all = append(all, shutPacket{1 - a, "FIN", was.state + " became " + is.state})
	}
	return all
}

// grown is by how much a counter of an end has grown; 0 when either is not known.
func grown(was, is look, of func(*look) uint64) uint64 {
	if was.info == nil || is.info == nil {
		return 0
	}
	before, after := of(&was), of(&is)
	return max(after, before) - before
}

func sentBytes(l *look) uint64     { return l.info.Bytes_sent }
func ackedBytes(l *look) uint64    { return l.info.Bytes_acked }
func receivedBytes(l *look) uint64 { return l.info.Bytes_received }
