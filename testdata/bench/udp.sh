#!/bin/sh
# Datagrams per second over loopback, beside nc.openbsd, socat and ncat: each tool in turn, round by round, and its ratio to
# nc.openbsd of the same round; the median of the rounds is printed last.
#   sh testdata/bench/udp.sh [send|recv]...
# ROUNDS=5 COUNT=300000 (datagrams a run) SIZE=1400. The machine should be idle: both sides run on it. As root it makes a
# network namespace of its own. The other side of each tool is udp.c, built here: it counts what a sender sent, and floods
# a receiver. nc, socat and ncat cut their input where they like: what they send is counted in datagrams all the same.
set -eu
cd "$(dirname "$0")/../.."
[ $# -gt 0 ] || set -- send recv
rounds=${ROUNDS:-5} count=${COUNT:-300000} size=${SIZE:-1400}

if [ "$(id -u)" = 0 ] && [ -z "${CAT5_BENCH_NETNS:-}" ] && command -v unshare >/dev/null; then
	CAT5_BENCH_NETNS=1 exec unshare -n sh -c 'ip link set lo up && exec sh testdata/bench/udp.sh "$@"' sh "$@"
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM
CGO_ENABLED=0 go build -trimpath -tags urfave_cli_no_docs -ldflags "-s -w" -o "$dir/cat5" .
gcc -O2 -Wall -o "$dir/udp" testdata/bench/c/udp.c
head -c $((count * size)) /dev/zero | tr '\0' x >"$dir/input"

cat >"$dir/send" <<END
nc.openbsd|nc.openbsd -u -N -w1 127.0.0.1 PORT
ncat|ncat -u --send-only 127.0.0.1 PORT
socat|socat -u -b $size STDIN UDP:127.0.0.1:PORT
cat5|$dir/cat5 udp --send-only --record=raw --max-size=$size 127.0.0.1 PORT
cat5-lines|$dir/cat5 udp --send-only --record=line 127.0.0.1 PORT
cat5-copy|$dir/cat5 udp --send-only --io=copy --record=raw --max-size=$size 127.0.0.1 PORT
limit-GSO|$dir/udp gso 127.0.0.1 PORT $size
limit-sendmmsg|$dir/udp mmsg 127.0.0.1 PORT $size
END
cat >"$dir/recv" <<END
nc.openbsd|nc.openbsd -u -l 127.0.0.1 PORT
ncat|ncat -u -l --recv-only 127.0.0.1 PORT
socat|socat -u -b 65536 UDP-RECV:PORT,bind=127.0.0.1 STDOUT
cat5|$dir/cat5 udp -l -d 127.0.0.1 PORT
cat5-copy|$dir/cat5 udp --io=copy -l -d 127.0.0.1 PORT
END

# listening waits until somebody has the port.
listening() {
	hex=$(printf ':%04X ' "$1")
	until grep -q "$hex" /proc/net/udp; do
		kill -0 "$2" 2>/dev/null || return 1
		sleep 0.02
	done
}

# send TOOL COMMAND: datagrams a second that came.
send() {
	input=$dir/input
	if [ "$1" = cat5-lines ]; then # lines of two lengths: rows of two at most
		[ -e "$dir/lines" ] || awk -v n="$count" -v size="$size" 'BEGIN { s = sprintf("%" (size - 3) "s", "")
			for (i = 0; i < n; i++) print i % 2 ? s : s "x" }' >"$dir/lines"
		input=$dir/lines
	fi
	"$dir/udp" count "$port" >"$dir/came" &
	counter=$!
	listening "$port" $counter
	timeout 60 $2 <"$input" >/dev/null 2>"$dir/err" || true
	wait $counter
	read -r per_second came <"$dir/came"
}

# recv TOOL COMMAND: datagrams' worth of bytes a second that came out, under a flood.
recv() {
	{ timeout 60 $2 2>"$dir/err" & echo $! >"$dir/pid"; wait; } | "$dir/udp" bytes "$size" >"$dir/came" &
	tail=$!
	until [ -s "$dir/pid" ]; do sleep 0.02; done
	tool=$(cat "$dir/pid")
	listening "$port" "$tool" && "$dir/udp" flood 127.0.0.1 "$port" "$size" "$count" 2>/dev/null
	sleep 0.5
	kill -INT "$tool" 2>/dev/null || true
	wait $tail
	rm -f "$dir/pid"
	read -r per_second came <"$dir/came"
}

port=20000
for part; do
	printf '%s: %s datagrams of %s bytes\n' "$part" "$count" "$size"
	printf 'tool|per second|came|of nc.openbsd\n' >"$dir/table"
	round=0
	while [ $round -lt "$rounds" ]; do
		reference=
		while IFS='|' read -r name command; do
			set -- $command
			command -v "$1" >/dev/null || continue
			port=$((port + 1))
			$part "$name" "$(echo "$command" | sed "s/PORT/$port/g")" </dev/null
			[ -n "$reference" ] || reference=$per_second
			awk -v n="$name" -v p="$per_second" -v c="$came" -v r="$reference" \
				'BEGIN { printf "%s|%.0f|%d|%.2f\n", n, p, c, (r > 0 ? p / r : 0) }' | tee -a "$dir/rows.$part"
		done <"$dir/$part"
		round=$((round + 1))
	done
	echo "medians: tool, per second, ratio to nc.openbsd (least - most)"
	cut -d'|' -f1 "$dir/$part" | while read -r name; do
		grep "^$name|" "$dir/rows.$part" | sort -t'|' -k4 -n | awk -F'|' -v n="$name" \
			'{ p[NR] = $2; r[NR] = $4 } END { if (NR) printf "  %-16s %10d %8.2f  (%.2f - %.2f)\n", n, p[int((NR + 1) / 2)], r[int((NR + 1) / 2)], r[1], r[NR] }'
	done
done
