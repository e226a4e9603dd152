#!/bin/sh
# Draws 06-port-reuse.svg: may a port be bound again? Tried, not looked up: for each state that the old socket can be in,
# and for each option on the old and on the new one, cat5 binds and the picture shows what the kernel said.
#   sh 06-port-reuse.sh       (as root; needs cat5 in the PATH, ip and unshare; takes 20 s)
[ -n "$IN_NETNS" ] || IN_NETNS=1 exec unshare -n sh "$0" "$@"
cd "$(dirname "$0")" || exit
ip link set lo up
ready=$(mktemp) || exit
options() {
	case $1 in
	none) echo --sockopt reuseaddr=no ;;
	REUSEADDR) echo --sockopt reuseaddr=yes ;;
	REUSEPORT) echo --sockopt reuseaddr=no --sockopt reuseport=yes ;;
	esac
}
wait_for() { until "$@" > /dev/null; do sleep 0.02; done; }
p=7000
for state in LISTEN TIME_WAIT ESTABLISHED; do
	for old in none REUSEADDR REUSEPORT; do
		for new in none REUSEADDR REUSEPORT; do
			p=$((p + 1))
			: > "$ready"
			case $state in
			LISTEN) cat5 listen $(options $old) -d --quiet --port-file "$ready" tcp 127.0.0.1 $p & ;;
			TIME_WAIT) cat5 listen $(options $old) --quiet --greet x --port-file "$ready" tcp 127.0.0.1 $p & ;;
			ESTABLISHED) tail -f /dev/null | cat5 tcp -l $(options $old) --quiet --port-file "$ready" 127.0.0.1 $p > /dev/null & ;;
			esac
			server=$!
			wait_for test -s "$ready"
			case $state in
			TIME_WAIT)
				cat5 tcp -d 127.0.0.1 $p > /dev/null
				kill $server; wait $server 2> /dev/null
				wait_for sh -c "cat5 state --tcp $p 2> /dev/null | grep TIME_WAIT" ;;
			ESTABLISHED)
				cat5 tcp -w 60 --eof keep 127.0.0.1 $p < /dev/null 2> /dev/null & client=$!
				wait_for sh -c "cat5 state --tcp $p | grep -v LISTEN | grep ESTABLISHED.*$server/" ;;
			esac
			if cat5 echo $(options $new) --quiet --port-file "$ready.new" 127.0.0.1 $p 2> /dev/null & then second=$!; fi
			until [ -s "$ready.new" ] || ! kill -0 $second 2> /dev/null; do sleep 0.02; done
			[ -s "$ready.new" ] && echo "$state $old $new yes" || echo "$state $old $new EADDRINUSE"
			rm -f "$ready.new"
			kill $second $server $client 2> /dev/null
			wait $second $server $client 2> /dev/null
			client=
		done
	done
done | awk "$(cat svg.awk)"'
{ got[$1, $2, $3] = $4 }
END {
	begin(880, 340, "When a port may be bound again")
	text(24, 32, "start", "title", "bind() and listen() on a port that is in use, as tried on this host")
	split("LISTEN TIME_WAIT ESTABLISHED", st, " "); split("none REUSEADDR REUSEPORT", op, " ")
	split("somebody listens|only TIME_WAIT is left|a connection lives on", says, "|")
	for (s = 1; s <= 3; s++) {
		x = 112 + 258 * (s - 1)
		text(x + 120, 70, "middle", "bold", st[s]); text(x + 120, 88, "middle", "dim small", says[s])
		for (n = 1; n <= 3; n++) text(x + 80 * n - 40, 112, "middle", "small", op[n])
		for (o = 1; o <= 3; o++) {
			if (s == 1) text(104, 122 + 50 * o - 25, "end", "small", op[o])
			for (n = 1; n <= 3; n++) {
				yes = got[st[s], op[o], op[n]] == "yes"
				box(x + 80 * (n - 1) + 2, 122 + 50 * (o - 1) + 2, 76, 46, yes ? "green" : "red")
				text(x + 80 * n - 40, 122 + 50 * o - 20, "middle", yes ? "bold" : "small", yes ? "yes" : "in use")
			}
		}
	}
	text(24, 302, "start", "small", "Rows: the option that the old socket was bound with. Columns: the option of the new one, before its bind().")
	text(24, 322, "start", "dim small", "in use: EADDRINUSE. ESTABLISHED: the listener is closed, its connection is not. Same user, same address, TCP over IPv4.")
	end()
}' > 06-port-reuse.svg
rm -f "$ready"
