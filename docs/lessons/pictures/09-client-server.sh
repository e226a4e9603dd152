#!/bin/sh
# Draws 09-client-server.svg: the calls of a client and of a server, as both of them made them (--explain=data).
#   sh 09-client-server.sh       (cat5 has to be in the PATH)
cd "$(dirname "$0")" || exit
dir=$(mktemp -d)
cat5 echo --explain=data --port-file "$dir/port" 0 2>"$dir/server" & server=$!
until [ -s "$dir/port" ]; do sleep 0.02; done
# The end of the input waits for the answer, so that each side's turns come one after the other.
mkfifo "$dir/in"
cat5 tcp --io=copy --explain=data 127.0.0.1 "$(cat "$dir/port")" <"$dir/in" >"$dir/out" 2>"$dir/client" & client=$!
exec 9>"$dir/in"
echo hello >&9
until [ -s "$dir/out" ]; do sleep 0.02; done
exec 9>&-
wait $client; kill $server; wait 2>/dev/null
awk "$(cat svg.awk)"'
# call: one line of the narrator, without what is only a number of this run
function call(s) {
	sub(/\|SOCK_CLOEXEC\|SOCK_NONBLOCK|, SOCK_CLOEXEC\|SOCK_NONBLOCK/, "", s); sub(/, MSG_DONTWAIT.*\)/, ")", s); sub(/ \(Operation.*/, "", s)
	gsub(/127\.0\.0\.1:/, ":", s)
	return s
}
/^[a-z0-9]+\(/ {
	side = FILENAME ~ /server$/ ? "s" : "c"; n = $1; sub(/\(.*/, "", n); fin = $NF == "0" && n ~ /^(read|recvfrom|recvmsg)$/
	if (n ~ /^(recvfrom|recvmsg)$/) n = "read"
	if (n ~ /^(sendto|write)$/ && side == "c") n = "send"
	if (n == "socket" || n == "accept4") ours[side, $NF] = 1
	else { fd = $1; sub(/.*\(/, "", fd); if (!ours[side, fd + 0]) next } # a file, a pipe, the epoll
	if ($0 ~ /EAGAIN/) next
	if (fin) n = "end"
	if (!got[side, n]++) txt[side, n] = call($0)
}
function left(y, n) { text(330, y, "end", "small", txt["c", n]) }
function right(y, n) { text(550, y, "start", "small", txt["s", n]) }
function go(y, what) { arrow(340, y - 4, 536, y + 16, "line"); text(438, y - 2, "middle", "bold", what) }
function come(y, what) { arrow(540, y - 4, 344, y + 16, "line"); text(438, y - 2, "middle", "bold", what) }
END {
	begin(880, 470, "The calls of a client and a server")
	text(24, 32, "start", "title", "Who calls what, and what the other one sees of it")
	text(330, 66, "end", "bold", "client"); text(550, 66, "start", "bold", "server")
	line(340, 78, 340, 450, "grid"); line(540, 78, 540, 450, "grid")
	right(98, "socket"); right(118, "bind"); right(138, "listen")
	left(138, "socket")
	box(550, 168, 262, 44, "orange")
	text(560, 186, "start", "small", "the kernel shakes hands and queues"); text(560, 202, "start", "small", "the connection: nobody is asked")
	left(172, "connect"); go(172, "SYN ...")
	right(234, "accept4")
	left(258, "send"); go(258, "6 bytes"); right(278, "read")
	right(304, "write"); come(304, "6 bytes"); left(324, "read")
	left(356, "shutdown"); go(356, "FIN"); right(376, "end")
	right(408, "close"); come(408, "FIN"); left(428, "end")
	left(448, "close")
	end()
}' "$dir/client" "$dir/server" >09-client-server.svg
rm -r "$dir"
