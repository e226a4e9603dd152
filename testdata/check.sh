#!/bin/sh
# Runs every test, and sets up what they need first. On Debian, as root, that is the other netcats, proxies, a C compiler and
# the tools for network namespaces; elsewhere the tests say which of these they missed, and pass.
#   sh testdata/check.sh [go test flags]
set -eu
cd "$(dirname "$0")/.."

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	missing=
	for need in nc.openbsd:netcat-openbsd nc.traditional:netcat-traditional ncat:ncat socat:socat gcc:gcc ip:iproute2 nft:nftables curl:curl wrk:wrk \
		microsocks:microsocks danted:dante-server tinyproxy:tinyproxy-bin zsh:zsh fish:fish mandoc:mandoc; do
		command -v "${need%%:*}" >/dev/null || missing="$missing ${need#*:}"
	done
	[ -e /usr/include/event2/event.h ] || missing="$missing libevent-dev libc6-dev"
	if [ -n "$missing" ]; then
		apt-get update -qq
		# shellcheck disable=SC2086 # a list of words
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
	fi
fi

# -race needs a C compiler; without one the tests still run.
race=-race
command -v gcc >/dev/null || { race=; echo "NOT TRIED: the race detector (no C compiler)"; }
# Each package in a network of its own, where a port that was free stays so and the limits are known.
if unshare --net --mount true 2>/dev/null; then
	set -- -exec "unshare --net --mount -- sh '$PWD/testdata/alone.sh' --names=files" "$@"
else
	echo "NOT TRIED: namespaces of their own (unshare: not root?)"
fi
exec go test $race -parallel 4 -timeout 11m "$@" ./...
