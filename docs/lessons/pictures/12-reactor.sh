#!/bin/sh
# Draws 12-reactor.svg: where the bytes wait when a client sends 50 MB to `cat5 echo --engine reactor` and nobody reads
# what comes back. The sizes are those that the kernel told (cat5 state, /proc) when nothing moved any more.
#   sh 12-reactor.sh       (cat5 has to be in the PATH)
cd "$(dirname "$0")" || exit
dir=$(mktemp -d)
cat5 echo --quiet --engine reactor --port-file "$dir/port" 0 & server=$!
until [ -s "$dir/port" ]; do sleep 0.02; done
port=$(cat "$dir/port")
mkfifo "$dir/stuck"
head -c 50000000 /dev/zero | cat5 tcp 127.0.0.1 "$port" >"$dir/stuck" & client=$!
exec 8<"$dir/stuck"
queues() { cat5 state --tcp "$port" | awk '$2 == "ESTABLISHED" { print $5, $3, $4 }' | sort; }
was=
until now=$(queues); [ -n "$now" ] && [ "$now" = "$was" ]; do was=$now; sleep 0.5; done
memory=$(awk '/VmRSS/ { print $2 }' /proc/$server/status)
{ echo "$now"; echo memory "$memory"; } | awk -v port="$port" "$(cat svg.awk)"'
function mib(n) { return sprintf("%.1f MiB", n / 1048576) }
$1 == "memory" { memory = $2 * 1024; next }
$1 ~ ":" port "$" { srecv = $2; ssend = $3; next }
{ crecv = $2; csend = $3 }
function place(x, y, w, class, what, n, note) {
	box(x, y, w, 64, class)
	text(x + w / 2, y + 20, "middle", "", what)
	text(x + w / 2, y + 39, "middle", "bold", n)
	text(x + w / 2, y + 56, "middle", "dim small", note)
}
END {
	begin(880, 430, "Back pressure: where the bytes wait")
	text(24, 32, "start", "title", "50 MB go in, and nobody reads what comes back")
	text(24, 70, "start", "bold", "client"); text(590, 70, "start", "bold", "server: bufferevent of a reactor")
	place(24, 90, 130, "box", "head | cat5 tcp", "sleeps", "no room to write")
	place(190, 90, 150, "blue", "SENDQ", mib(csend), "kernel, client")
	place(376, 90, 150, "blue", "RECVQ", mib(srecv), "kernel, server")
	place(190, 300, 150, "orange", "RECVQ", mib(crecv), "kernel, client")
	place(376, 300, 150, "orange", "SENDQ", mib(ssend), "kernel, server")
	place(24, 300, 130, "red", "a full pipe", "nobody reads", "")
	box(590, 84, 266, 286, "box")
	text(606, 108, "start", "small", "onRead: bytes have come")
	text(606, 128, "start", "small", "        write() what was read")
	box(606, 150, 234, 110, "green"); line(606, 182, 840, 182, "oline")
	text(723, 172, "middle", "small", "above high water: no read")
	text(723, 210, "middle", "", "what the peer did not take"); text(723, 232, "middle", "bold", "at most 320 KiB")
	text(723, 250, "middle", "dim small", "whole process: " mib(memory))
	text(606, 290, "start", "small", "onWrite: it has become empty")
	text(606, 314, "start", "small", "onEvent: the end, or an error;")
	text(606, 330, "start", "small", "         what waits goes out first")
	arrow(154, 122, 188, 122, "line"); arrow(340, 122, 374, 122, "line"); arrow(526, 122, 588, 122, "line")
	arrow(588, 332, 528, 332, "line"); arrow(374, 332, 342, 332, "line"); arrow(188, 332, 156, 332, "line")
	text(24, 196, "start", "small", "Each place is full because the next one is,"); text(24, 214, "start", "small", "up to the program that writes: it sleeps in write().")
	text(24, 244, "start", "small", "TCP\047s window carries that across the network."); text(24, 262, "start", "small", "When somebody reads, all of it goes on: nothing is lost.")
	text(24, 408, "start", "dim small", "Measured here; the kernel sizes its queues by itself (tcp(7), tcp_rmem and tcp_wmem).")
	end()
}' >12-reactor.svg
wc -c <&8 | grep -q '^50000000$' || echo "12-reactor.sh: bytes are missing" >&2
exec 8<&-
wait $client; kill $server; wait
rm -r "$dir"
