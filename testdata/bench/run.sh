#!/bin/sh
# Measures cat5 beside nc, ncat, socat, nmap and the kernel's limit, and prints the tables. On Debian as root it installs the
# peers, and measures in a network namespace of its own where it may have one. The machine should be idle.
#   sh testdata/bench/run.sh [-docs] [-rounds N] [-size BYTES] [-only NAME,...]
# -docs writes the tables and pictures into docs/performance.md.
set -eu
cd "$(dirname "$0")/../.."
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	missing=
	for need in nc.openbsd:netcat-openbsd ncat:ncat socat:socat nmap:nmap gcc:gcc ip:iproute2; do
		command -v "${need%%:*}" >/dev/null || missing="$missing ${need#*:}"
	done
	if [ -n "$missing" ]; then
		apt-get update -qq
		# shellcheck disable=SC2086 # a list of words
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing libc6-dev
	fi
fi
bench=$(mktemp -d)/bench
go build -o "$bench" ./testdata/bench
trap 'rm -rf "${bench%/*}"' EXIT
if unshare -n true 2>/dev/null; then
	unshare -n sh -c 'ip link set lo up; exec "$@"' sh "$bench" "$@"
else
	"$bench" "$@"
fi
