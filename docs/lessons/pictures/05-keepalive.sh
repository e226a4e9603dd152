#!/bin/sh
# Draws 05-keepalive.svg: three runs of cat5 keepalive (idle 1 s, interval 1 s, count 3), one for each verdict. Each line
# is a run as it was measured; the firewall of a network namespace plays the peer that restarted and the one that is gone.
#   sh 05-keepalive.sh       (as root; needs cat5 in the PATH, ip, nft and unshare; takes 10 s)
[ -n "$IN_NETNS" ] || IN_NETNS=1 exec unshare -n sh "$0" "$@"
cd "$(dirname "$0")" || exit
ip link set lo up
port=$(mktemp) || exit
cat5 keepalive -l --quiet --port-file "$port" 0 &
server=$!
until [ -s "$port" ]; do sleep 0.02; done
p=$(cat "$port")
hold() { echo "run $1"; shift; cat5 keepalive --json --idle 1 "$@" 127.0.0.1 "$p"; }
swap() { nft "table ip t { chain in { type filter hook input priority 0; tcp dport $p $1; }; }"; }
{
	hold answers --for 3.5
	for how in 'reject with tcp reset' drop; do
		hold "$how" > "$port.run" & held=$!
		until cat5 state --tcp "$p" | grep -q 'ESTAB.*cat5$'; do sleep 0.02; done
		swap "$how"
		wait $held
		cat "$port.run"
		nft flush ruleset
	done
} | awk "$(cat svg.awk)"'
function val(key,    v) { v = $0; if (!sub(".*\"" key "\":", "", v)) return ""; sub(/^"/, "", v); sub(/[",}].*/, "", v); return v }
/^run / { r++ }
/"event":/ { e[r, ++n[r]] = (val("sent_ms") ? val("sent_ms") : val("ms")) / 1000 }
/"verdict":/ { verdict[r] = val("verdict"); errno[r] = val("errno"); t[r] = val("held_ms") / 1000 }
/"computed_ms":/ { if (val("computed_ms")) computed = val("computed_ms") / 1000 }
function at(s) { return 164 + 145 * s }
END {
	begin(880, 370, "Keep-alive: three verdicts")
	text(24, 32, "start", "title", "Three runs of cat5 keepalive --idle 1 --intvl 1 --cnt 3, as measured")
	split("the peer answers|it restarted|not a word", label, "|")
	for (s = 0; s <= 4; s++) {
		line(at(s), 60, at(s), 310, "grid"); text(at(s), 328, "middle", "dim small", s " s")
	}
	text(at(1), 54, "middle", "dim small", "idle"); text(at(4), 54, "middle", "dim small", "idle + 3 x intvl")
	e[2, ++n[2]] = t[2] # of a probe that is answered with a reset, the reset is all that is told
	for (i = 1; i <= r; i++) {
		y = 10 + 80 * i
		text(24, y + 5, "start", "bold", label[i])
		line(at(0), y, at(t[i]), y, i == 1 ? "gline" : "oline")
		for (j = 1; j <= n[i]; j++) {
			printf "<circle cx=\"%.1f\" cy=\"%d\" r=\"6\" class=\"%s\"/>\n", at(e[i, j]), y, i == 1 ? "green" : "red"
			text(at(e[i, j]), y - 12, "middle", "small", i == 1 ? "probe, ACK" : i == 2 ? "probe, RST" : "probe, nothing")
		}
		if (i > 1) {
			printf "<rect x=\"%.1f\" y=\"%d\" width=\"4\" height=\"20\" class=\"red\"/>\n", at(t[i]) - 2, y - 10
			text(at(t[i]) + (i == 2 ? 12 : -12), y + 26, i == 2 ? "start" : "end", "small", errno[i] " after " sprintf("%.2f", t[i]) " s" (i == 3 ? ", computed " computed " s" : ""))
		}
	}
	text(24, 356, "start", "dim small", "Line: the connection is held. Dot: what the kernel asked and what it got. Bar: the error that ends the wait.")
	end()
}' > 05-keepalive.svg
kill $server
rm -f "$port" "$port.run"
