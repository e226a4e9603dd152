#!/bin/sh
# Draws 02-handshake.svg: the three packets and the two queues behind them. The packets and the states at their end are
# those of a real connection (cat5 shutdown --json); the sizes come from another one (cat5 probe).
#   sh 02-handshake.sh       (cat5 has to be in the PATH; as root, or the packets are inferred)
cd "$(dirname "$0")" || exit
port=$(mktemp) || exit
cat5 echo --quiet --port-file "$port" 0 &
server=$!
until [ -s "$port" ]; do sleep 0.02; done
{
	cat5 shutdown --json close | tr '{}' '\n\n'
	cat5 probe 127.0.0.1 "$(cat "$port")"
} | awk "$(cat svg.awk)"'
/"packet":/ && n < 3 { p = $0; sub(/.*"packet":"/, "", p); sub(/".*/, "", p); packet[++n] = p }
/"client_state":/ && n == 3 && !cs {
	cs = $0; sub(/.*"client_state":"/, "", cs); sub(/".*/, "", cs)
	ss = $0; sub(/.*"server_state":"/, "", ss); sub(/".*/, "", ss)
}
$1 == "mss" { mss = $7 }
$1 == "negotiated" { opts = $0; sub(/negotiated +/, "", opts) }
$1 == "window" { win = $6; sub(/,/, "", win) }
function shot(y, from, to, what, note) {
	arrow(from, y, to, y + 30, "line")
	text(390, y + 8, "middle", "bold", what)
	if (note != "") text(390, y + 44, "middle", "dim small", note)
}
END {
	begin(880, 440, "The handshake and its two queues")
	text(24, 32, "start", "title", "Three packets, two queues")
	text(190, 66, "middle", "bold", "client"); text(590, 66, "middle", "bold", "the kernel of the server")
	text(790, 66, "middle", "bold", "its process")
	line(190, 78, 190, 410, "grid"); line(590, 78, 590, 410, "grid"); line(790, 78, 790, 410, "grid")
	text(180, 104, "end", "small", "connect()"); text(180, 120, "end", "bold", "SYN_SENT")
	text(800, 104, "start", "small", "listen()"); text(600, 104, "start", "bold", "LISTEN")
	shot(104, 194, 586, packet[1], "MSS " mss ", window scale, SACK, timestamps")
	box(606, 140, 150, 56, "orange")
	text(681, 160, "middle", "bold", "SYN_RECV"); text(681, 178, "middle", "small", "half-open requests")
	shot(172, 586, 194, packet[2], "the same from there: " opts)
	text(180, 216, "end", "bold", cs); text(180, 232, "end", "small", "connect() = 0")
	shot(240, 194, 586, packet[3], "window " win)
	arrow(681, 198, 681, 258, "line")
	box(606, 260, 150, 76, "green")
	text(681, 280, "middle", "bold", ss); text(681, 298, "middle", "small", "the accept queue:")
	text(681, 314, "middle", "small", "RECVQ in cat5 state"); text(681, 330, "middle", "small", "at most listen()+1")
	arrow(756, 318, 788, 340, "line")
	text(800, 344, "start", "small", "accept()")
	arrow(194, 372, 586, 390, "line"); text(390, 366, "middle", "small", "data may come before accept()")
	text(24, 428, "start", "dim small", "SYN_SENT and SYN_RECV last one round trip: on the loopback they are over before anybody can ask.")
	end()
}' > 02-handshake.svg
kill $server; rm -f "$port"
