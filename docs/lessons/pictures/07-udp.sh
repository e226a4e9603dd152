#!/bin/sh
# Draws 07-udp.svg: two writes of the same bytes, by UDP and by TCP, and in how many reads they come out at the other end.
# The server is stopped while they are sent, so that both wait in its kernel; what it then reads is cat5 --hexdump.
#   sh 07-udp.sh       (as root; needs cat5 in the PATH, ip and unshare)
[ -n "$IN_NETNS" ] || IN_NETNS=1 exec unshare -n sh "$0" "$@"
cd "$(dirname "$0")" || exit
ip link set lo up
dir=$(mktemp -d) || exit
wait_for() { until "$@" > /dev/null 2>&1; do sleep 0.02; done; }
for proto in udp tcp; do
	cat5 $proto -l -d -W 2 --hexdump="$dir/$proto" --port-file "$dir/p$proto" --quiet 127.0.0.1 0 > /dev/null &
	server=$!
	wait_for test -s "$dir/p$proto"
	p=$(cat "$dir/p$proto")
	kill -STOP $server
	( echo one; sleep 0.3; echo two ) | cat5 $proto --quiet -q 0 127.0.0.1 "$p"
	kill -CONT $server
	wait $server
	sed "s/^/$proto /" "$dir/$proto"
done | awk "$(cat svg.awk)"'
{ n[$1]++; hex[$1, n[$1]] = $0; sub(/^[a-z]+ < [0-9a-f]+ +/, "", hex[$1, n[$1]]); sub(/ *\|.*/, "", hex[$1, n[$1]]) }
END {
	begin(880, 330, "Datagrams and a stream")
	text(24, 32, "start", "title", "The same two writes, and what the other end reads")
	for (k = 0; k < 2; k++) {
		proto = k ? "tcp" : "udp"; y = 80 + 130 * k
		text(24, y + 30, "start", "bold", toupper(proto))
		text(24, y + 48, "start", "dim small", k ? "a stream" : "datagrams")
		for (i = 0; i < 2; i++) {
			box(150, y + 44 * i, 130, 34, "blue"); text(215, y + 44 * i + 22, "middle", "", i ? "write two\\n" : "write one\\n")
		}
		if (k) { arrow(284, y + 17, 430, y + 34, "line"); arrow(284, y + 61, 430, y + 44, "line") }
		else { arrow(284, y + 17, 430, y + 17, "line"); arrow(284, y + 61, 430, y + 61, "line") }
		for (i = 1; i <= n[proto]; i++) {
			h = n[proto] == 1 ? 78 : 34
			box(440, y + 44 * (i - 1), 400, h, n[proto] == 1 ? "orange" : "green")
			text(455, y + 44 * (i - 1) + h / 2 + 5, "start", "", "read: " hex[proto, i])
		}
	}
	text(215, 66, "middle", "dim small", "two writes"); text(640, 66, "middle", "dim small", "the reads of the server")
	text(24, 312, "start", "dim small", "UDP keeps the bounds of each write, and may lose it. TCP keeps every byte and its order, and no bounds.")
	end()
}' > 07-udp.svg
rm -rf "$dir"
