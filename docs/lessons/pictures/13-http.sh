#!/bin/sh
# Draws 13-http.svg: a request and its response, byte by byte as they went over the wire (cat5 tcp --hexdump).
#   sh 13-http.sh       (cat5 has to be in the PATH)
cd "$(dirname "$0")" || exit
dir=$(mktemp -d)
printf '<h1>hello</h1>\n' >"$dir/index.html"
cat5 http --quiet --port-file "$dir/.port" "$dir" 127.0.0.1 0 & server=$!
until [ -s "$dir/.port" ]; do sleep 0.02; done
printf 'GET / HTTP/1.1\nHost: localhost\nUser-Agent: printf\n\n' |
	cat5 tcp --crlf --hexdump="$dir/.dump" 127.0.0.1 "$(cat "$dir/.port")" >/dev/null
kill $server; wait
awk "$(cat svg.awk)"'
function hex(s,    d) { d = "0123456789abcdef"; return (index(d, substr(s, 1, 1)) - 1) * 16 + index(d, substr(s, 2, 1)) - 1 }
# row writes one line of the message, with its CR and LF as they are
function row(side, s, crlf,    x, look) {
	x = side == ">" ? 40 : 420
	y[side] += 24
	look = kind[side] == "line" ? "blue" : kind[side] == "head" ? "green" : kind[side] == "empty" ? "red" : "orange"
	if (crlf && s == "") look = "red"
	box(x - 8, y[side] - 16, side == ">" ? 330 : 440, 22, look)
	text(x, y[side], "start", "small", s)
	if (crlf) text(x + 6.95 * length(s) + 6, y[side], "start", "dim small", "\\r\\n")
	else text(x + 6.95 * length(s) + 6, y[side], "start", "dim small", "\\n")
}
$1 == ">" || $1 == "<" {
	side = $1
	for (i = 3; i <= NF && $i ~ /^[0-9a-f][0-9a-f]$/; i++) {
		c = hex($i); total[side]++
		if (c == 13) { cr = 1; continue }
		if (c != 10) { cur[side] = cur[side] sprintf("%c", c); continue }
		n[side]++; s[side, n[side]] = cur[side]; e[side, n[side]] = cr; cr = 0; cur[side] = ""
	}
}
END {
	begin(880, 350, "A request and its response on the wire")
	text(32, 32, "start", "title", "The request: " total[">"] " bytes"); text(412, 32, "start", "title", "The response: " total["<"] " bytes")
	y[">"] = y["<"] = 40
	for (k = 0; k < 2; k++) {
		side = k ? "<" : ">"; kind[side] = "line"
		for (i = 1; i <= n[side]; i++) {
			row(side, s[side, i], e[side, i])
			if (kind[side] == "line") kind[side] = "head"
			if (s[side, i] == "") kind[side] = "body"
		}
	}
	ly = 250; split("blue green red orange", class, " ")
	split("request line, status line|fields: name, colon, value|an empty line: the head ends here|the body: Content-Length bytes", t, "|")
	for (i = 1; i <= 4; i++) { box(32, ly - 12, 14, 14, class[i]); text(54, ly, "start", "small", t[i]); ly += 24 }
	end()
}' "$dir/.dump" >13-http.svg
rm -r "$dir"
