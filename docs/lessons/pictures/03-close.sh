#!/bin/sh
# Draws 03-close.svg: the states of TCP (RFC 9293, 3.3.2). Those in colour are what the kernel reported in this run, at
# either end (cat5 shutdown --all --json).
#   sh 03-close.sh       (cat5 has to be in the PATH)
cd "$(dirname "$0")" || exit
cat5 shutdown --all --json | tr '{},' '\n\n\n' | awk "$(cat svg.awk)"'
/_state":"/ { s = $0; sub(/.*_state":"/, "", s); sub(/".*/, "", s); seen[s] = 1 }
function state(name, x, y) { X[name] = x; Y[name] = y; order[++count] = name }
function edge(a, b, what, dx, dy, anchor,    d, x1, y1, x2, y2, k) {
	x1 = X[a]; y1 = Y[a]; x2 = X[b]; y2 = Y[b]
	if (y1 == y2) { k = x2 > x1 ? 1 : -1; arrow(x1 + 62 * k, y1, x2 - 64 * k, y2, "line") }
	else if (x1 == x2) { k = y2 > y1 ? 1 : -1; arrow(x1, y1 + 17 * k, x2, y2 - 18 * k, "line") }
	else { k = y2 > y1 ? 1 : -1; arrow(x1 + (x2 > x1 ? 30 : -30), y1 + 17 * k, x2 + (x2 > x1 ? -30 : 30), y2 - 18 * k, "line") }
	text((x1 + x2) / 2 + dx, (y1 + y2) / 2 + dy, anchor, "small", what)
}
END {
	begin(880, 600, "The states of TCP")
	text(24, 32, "start", "title", "The states, and what leads from one to the next")
	state("CLOSE", 440, 76); state("LISTEN", 690, 76); state("SYN_SENT", 190, 180); state("SYN_RECV", 690, 180)
	state("ESTABLISHED", 440, 180); state("FIN_WAIT1", 190, 300); state("CLOSE_WAIT", 690, 300); state("CLOSING", 440, 400)
	state("FIN_WAIT2", 190, 400); state("LAST_ACK", 690, 400); state("TIME_WAIT", 190, 510); state("gone", 690, 510)
	edge("CLOSE", "LISTEN", "listen()", 0, -6, "middle")
	edge("CLOSE", "SYN_SENT", "connect(): SYN", -14, -8, "end")
	edge("LISTEN", "SYN_RECV", "SYN: SYN/ACK", 10, 4, "start")
	edge("SYN_RECV", "ESTABLISHED", "ACK", 0, -6, "middle")
	edge("SYN_SENT", "ESTABLISHED", "SYN/ACK: ACK", 0, -6, "middle")
	edge("ESTABLISHED", "FIN_WAIT1", "close(), shutdown(): FIN", -24, -4, "end")
	edge("ESTABLISHED", "CLOSE_WAIT", "FIN: ACK", 24, -4, "start")
	edge("FIN_WAIT1", "FIN_WAIT2", "ACK", -10, 4, "end")
	edge("FIN_WAIT1", "CLOSING", "FIN: ACK", 14, -6, "start")
	edge("FIN_WAIT2", "TIME_WAIT", "FIN: ACK", -10, 4, "end")
	edge("CLOSING", "TIME_WAIT", "ACK", 14, 10, "start")
	edge("CLOSE_WAIT", "LAST_ACK", "close(): FIN", 10, 4, "start")
	edge("LAST_ACK", "gone", "ACK", 10, 4, "start")
	edge("TIME_WAIT", "gone", "60 s (Linux)", 0, -6, "middle")
	text(190, 256, "middle", "dim small", "who ends first"); text(690, 256, "middle", "dim small", "the other end")
	for (i = 1; i <= count; i++) {
		s = order[i]
		box(X[s] - 60, Y[s] - 16, 120, 32, s in seen ? "green" : "box")
		text(X[s], Y[s] + 5, "middle", s in seen ? "bold" : "dim", s)
	}
	box(24, 560, 20, 14, "green"); text(52, 572, "start", "small", "reported by the kernel during cat5 shutdown --all")
	box(474, 560, 20, 14, "box"); text(502, 572, "start", "small", "too short to be seen on the loopback, or not reached")
	end()
}' > 03-close.svg
