#!/bin/sh
# Draws 11-epoll.svg: what epoll_wait says to one who reads four bytes at a time, as 11-epoll.c has measured it here.
#   sh 11-epoll.sh       (gcc has to be there)
cd "$(dirname "$0")" || exit
dir=$(mktemp -d)
gcc -O2 -o "$dir/epoll" 11-epoll.c && "$dir/epoll" | awk "$(cat svg.awk)"'
BEGIN {
	begin(880, 580, "Level-triggered and edge-triggered, measured")
	text(24, 32, "start", "title", "Eight bytes come, and a reader with a buffer of four")
	title["level"] = "level-triggered: \"there are bytes\", in each wait until there are none"
	title["edge"] = "edge-triggered, read once: \"bytes have come\", and not again; what is left is not heard of"
	title["until"] = "edge-triggered, read until EAGAIN: all of it, and every event is news"
}
$1 != mode { mode = $1; base = 170 + 160 * nmode++; n = 0; text(24, base - 104, "start", "bold", title[mode]); line(24, base, 856, base, "line") }
{
	x = 30 + 68 * n++; class = "box"; what = $2 == "epoll_wait" ? "wait" : $2; r = $3
	if ($2 == "peer") { class = "blue"; r = "+" $3 }
	if ($2 == "read") { class = "orange"; if ($3 == -11) r = "EAGAIN" }
	if ($2 == "epoll_wait" && $3 == 1) class = "green"
	if ($2 == "epoll_wait" && $3 == 0 && $4 > 0) class = "red"
	if ($4 > 0) box(x + 8, base - 9 * $4, 44, 9 * $4, class); else line(x + 8, base - 1, x + 52, base - 1, "line")
	text(x + 30, base - 9 * $4 - 5, "middle", "small", $4)
	text(x + 30, base + 17, "middle", "small", what); text(x + 30, base + 33, "middle", "bold", r)
}
END {
	x = 30; split("blue green orange red", c, " "); split("bytes come|epoll_wait: 1|read|epoll_wait: 0, with bytes there", t, "|")
	for (i = 1; i <= 4; i++) { box(x, 552, 14, 14, c[i]); text(x + 20, 564, "start", "small", t[i]); x += 40 + 7.2 * length(t[i]) }
	text(x, 564, "start", "dim small", "height: bytes in the socket")
	end()
}' >11-epoll.svg
rm -r "$dir"
