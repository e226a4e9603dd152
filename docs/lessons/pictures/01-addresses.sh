#!/bin/sh
# Draws 01-addresses.svg out of what `cat5 inet` says of 192.168.1.2:8000 and of 8000.
#   sh 01-addresses.sh       (cat5 has to be in the PATH)
cd "$(dirname "$0")" || exit
{ cat5 inet 192.168.1.2:8000; cat5 inet 8000; } | awk "$(cat svg.awk)"'
$1 ~ /^[0-9]+$/ && /sin_/ && !seen[$0]++ && nfield < 4 { # "   2  1f 40                    sin_port       8000, ..."
	f = nfield++; at[f] = $1; size[f] = 0
	for (i = 2; $i !~ /^sin_/; i++) byte[at[f] + size[f]++] = $i
	name[f] = $i; means[f] = $0; sub(/.*sin_[a-z]+ +/, "", means[f])
}
$1 == "htons" { wrong = $3 + 0 }
/^  little-endian/ && !lo { lo = $3; hi = $5 }
END {
	begin(880, 400, "struct sockaddr_in, and a port in memory")
	split("orange blue green box", class, " ")
	text(24, 32, "start", "title", "struct sockaddr_in of 192.168.1.2:8000, byte by byte")
	for (f = 0; f < nfield; f++) {
		x = 40 + 50 * at[f]; w = 50 * size[f]
		for (i = 0; i < size[f]; i++) {
			box(x + 50 * i, 76, 50, 40, class[f + 1])
			text(x + 50 * i + 25, 101, "middle", "bold", byte[at[f] + i])
			text(x + 50 * i + 25, 68, "middle", "dim small", "+" at[f] + i)
		}
		line(x + 2, 122, x + w - 2, 122, "line")
		text(x + w / 2, 140, "middle", "bold", name[f])
		split(means[f], word, ", ")
		text(x + w / 2, 158, "middle", "small", word[1])
		sub(/^in /, "", word[2])
		text(x + w / 2, 174, "middle", "dim small", word[2])
	}
	text(24, 222, "start", "title", "unsigned short port = 8000; on a little-endian host")
	for (k = 0; k < 2; k++) {
		x = 190 + 390 * k
		text(x + 50, 254, "middle", "bold", k ? "htons(8000), as it is sent" : "8000, as the host keeps it")
		for (i = 0; i < 2; i++) {
			box(x + 50 * i, 276, 50, 40, k ? "blue" : "box")
			text(x + 50 * i + 25, 301, "middle", "bold", k == i ? lo : hi)
			text(x + 25 + 50 * i, 270, "middle", "dim small", "+" i)
		}
	}
	text(215, 336, "middle", "dim small", "low byte"); text(268, 336, "start", "dim small", "high byte")
	text(605, 336, "middle", "dim small", "high byte"); text(658, 336, "start", "dim small", "low byte")
	arrow(310, 296, 560, 296, "line")
	text(435, 288, "middle", "small", "turned over")
	text(24, 376, "start", "small", "Without htons the bytes " lo " " hi " go out: to everybody else that is port " wrong ".")
	end()
}' > 01-addresses.svg
