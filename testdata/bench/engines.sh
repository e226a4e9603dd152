#!/bin/sh
# Measures every engine of cat5 echo, and beside them two servers in C (the tutorial's on epoll, and one on libevent's
# bufferevents), all in one run in turn; draws docs/engines-*.svg and writes the tables into docs/engines.md.
#   sh testdata/bench/engines.sh
# On Debian as root it installs what the servers in C need.
# ROUNDS=3 and DURATION=1 (seconds for each cell of each round) make it some ten minutes. The machine should be idle: both
# sides of every connection run on it. CONNS and FEW are the numbers of connections of the two parts.
set -eu
cd "$(dirname "$0")/../.."
rounds=${ROUNDS:-3} duration=${DURATION:-1}
conns=${CONNS:-1,10,100,1000,10000} few=${FEW:-10,100,1000,10000}

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	missing=
	command -v gcc >/dev/null || missing="gcc libc6-dev"
	[ -e /usr/include/event2/event.h ] || missing="$missing libevent-dev"
	if [ -n "$missing" ]; then
		apt-get update -qq
		# shellcheck disable=SC2086 # a list of words
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
	fi
fi

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM
CGO_ENABLED=0 go build -trimpath -tags urfave_cli_no_docs -ldflags "-s -w" -o "$dir/cat5" .

# The servers in C, without what they print, and with the queue of waiting connections that cat5 has.
set --
trap=
if command -v gcc >/dev/null; then
	cp testdata/peers/wrap.h testdata/peers/echo_epoll.c testdata/peers/echo_bufferevent.c "$dir"
	sed -i -e 's/listen(lfd, 128)/listen(lfd, SOMAXCONN)/' -e '/write_all(STDOUT_FILENO/d' "$dir"/wrap.h "$dir"/echo_*.c
	gcc -O2 -o "$dir/epoll" "$dir/echo_epoll.c"
	set -- "$@" --server "C-epoll=$dir/epoll {port}"
	if [ -e /usr/include/event2/event.h ]; then
		gcc -O2 -o "$dir/bufferevent" "$dir/echo_bufferevent.c" -levent
		set -- "$@" --server "bufferevent=$dir/bufferevent {port}"
	else
		echo "left out: the server on libevent (libevent-dev is not installed)" >&2
	fi
	# The tutorial's edge-triggered server as it is printed: it reads four bytes at a time. And the same with TCP_NODELAY.
	sed 's/char buf\[1024\]/char buf[4]/' testdata/peers/echo_epoll_et.c | sed '/write_all(STDOUT_FILENO/d' >"$dir/four.c"
	sed 's/int cfd = Accept(lfd);/&\n\t\t\tsetsockopt(cfd, 6, 1, \&(int){1}, sizeof(int));/' "$dir/four.c" >"$dir/nodelay.c"
	gcc -O2 -o "$dir/four" "$dir/four.c"
	gcc -O2 -o "$dir/nodelay" "$dir/nodelay.c"
	trap=yes
else
	echo "left out: the servers in C (gcc is not installed)" >&2
fi

# put NAME: stdin goes to its place in docs/engines.md.
put() {
	cat >"$dir/text"
	awk -v name="$1" -v text="$dir/text" '
		$0 == "<!-- end " name " -->" { skip = 0 }
		!skip { print }
		$0 == "<!-- begin " name " -->" { skip = 1; while ((getline line < text) > 0) print line }
	' docs/engines.md >"$dir/page"
	cat "$dir/page" >docs/engines.md
}

# table FILE: the rows of a run, without its bars.
table() {
	echo '```'
	awk '/^messages\/s, /{exit} {print}' "$1" | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}'
	echo '```'
}

"$dir/cat5" bench echo -v --engine all "$@" -c "$conns" --rounds "$rounds" --duration "$duration" \
	--svg docs/engines-active.svg --svg memory=docs/engines-memory.svg >"$dir/active" # no tee(1): it would hide a failure
cat "$dir/active"
"$dir/cat5" bench echo -v --engine all "$@" -c "$few" --active 10 --rounds "$rounds" --duration "$duration" \
	--svg docs/engines-few.svg --svg cpu=docs/engines-few-cpu.svg >"$dir/few"
cat "$dir/few"

if [ -n "$trap" ]; then
	"$dir/cat5" bench echo --engine epoll-et --server "four-bytes=$dir/four {port}" --server "and-nodelay=$dir/nodelay {port}" \
		-c 1 --rounds "$rounds" --duration "$duration" >"$dir/trap"
	cat "$dir/trap"
	table "$dir/trap" | put trap
fi

table "$dir/active" | put active
table "$dir/few" | put few
echo "$(uname -s) $(uname -r), $(go env GOVERSION), $(nproc) processors ($(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)); rounds of $duration s: $rounds." | put host
