#!/bin/sh
# cat5 http beside nginx: the same files, the same load, in turns, so that what else the machine does meets both.
#   sh testdata/bench/http.sh [ROUNDS [SECONDS]]
# It fetches wrk and nginx from Debian when it is root and they are not there. The last lines are what counts: requests a second
# of cat5 over those of nginx, the median of the rounds.
set -eu
cd "$(dirname "$0")/../.."
rounds=${1:-5} seconds=${2:-3}

missing=
for need in wrk:wrk nginx:nginx-light curl:curl; do
	command -v "${need%%:*}" >/dev/null && continue
	[ "$(id -u)" = 0 ] || { echo "needs ${need%%:*}"; exit 1; }
	missing="$missing ${need#*:}"
done
if [ -n "$missing" ]; then
	apt-get update -qq
	# shellcheck disable=SC2086 # a list of words
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi

dir=$(mktemp -d /dev/shm/cat5-http.XXXXXX 2>/dev/null || mktemp -d)
pids=
# shellcheck disable=SC2086 # a list of processes
trap 'kill $pids 2>/dev/null; wait; rm -rf "$dir"' EXIT
mkdir "$dir/site"
chmod 755 "$dir" "$dir/site"
head -c 1024 /dev/urandom >"$dir/site/1KiB"
head -c 10485760 /dev/urandom >"$dir/site/10MiB"
CGO_ENABLED=0 go build -trimpath -tags urfave_cli_no_docs -ldflags "-s -w" -o "$dir/cat5" .

# One process each, and a line in a log for each request.
cat >"$dir/nginx.conf" <<END
worker_processes 1;
daemon off;
pid $dir/nginx.pid;
error_log $dir/nginx.err;
events { worker_connections 4096; }
http {
	access_log $dir/nginx.log;
	sendfile on;
	tcp_nopush on;
	keepalive_requests 100000000;
	server { listen 127.0.0.1:18124; root $dir/site; }
}
END
nginx -c "$dir/nginx.conf" -p "$dir" 2>"$dir/nginx.start" &
pids="$pids $!"
"$dir/cat5" http "$dir/site" 127.0.0.1 18123 2>"$dir/cat5.log" &
pids="$pids $!"
for port in 18123 18124; do
	until curl -sf -o /dev/null "http://127.0.0.1:$port/1KiB"; do sleep 0.1; done
done

# run PORT FILE CONNECTIONS: requests a second; an error is the end.
run() {
	wrk -t1 -c"$3" -d"${seconds}s" "http://127.0.0.1:$1/$2" >"$dir/wrk"
	if grep -E 'Socket errors|Non-2xx' "$dir/wrk" >&2; then
		echo "port $1, $2: errors" >&2
		exit 1
	fi
	awk '/^Requests\/sec/ { print $2 }' "$dir/wrk"
}

for load in "1KiB 50" "10MiB 10"; do
	file=${load% *} conns=${load#* }
	: >"$dir/ratios"
	for round in $(seq "$rounds"); do
		if [ $((round % 2)) = 1 ]; then
			a=$(run 18123 "$file" "$conns") b=$(run 18124 "$file" "$conns")
		else
			b=$(run 18124 "$file" "$conns") a=$(run 18123 "$file" "$conns")
		fi
		echo "$file, round $round: cat5 $a, nginx $b requests/s"
		echo "$a $b" | awk '{ print $1 / $2 }' >>"$dir/ratios"
	done
	sort -n "$dir/ratios" | awk -v file="$file" -v conns="$conns" '{ r[NR] = $1 }
		END { printf "%s, %d connections: cat5 / nginx = %.2f (%.2f to %.2f)\n", file, conns, r[int((NR + 1) / 2)], r[1], r[NR] }' >>"$dir/result"
done
cat "$dir/result"
