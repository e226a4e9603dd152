#!/bin/sh
# Runs a program in a network namespace that is its own, with loopback up, IPv4 and IPv6, Linux's own limits, whatever those of the
# machine are, and 20000 descriptors; with --names=files also without a name server. What cannot be set stays as it is.
#   unshare --net --mount -- sh testdata/alone.sh --names=files PROGRAM ARGS...
ip link set lo up 2>/dev/null
put() { # NAME VALUES...
	file=/proc/sys/net/$1
	shift
	(echo "$*" >"$file") 2>/dev/null || :
}
put ipv6/conf/all/disable_ipv6 0
put ipv6/conf/lo/disable_ipv6 0
put ipv4/ip_local_port_range 32768 60999
put ipv4/ip_unprivileged_port_start 1024
put ipv4/tcp_rmem 4096 131072 6291456
put ipv4/tcp_wmem 4096 16384 4194304
ulimit -n 20000 2>/dev/null || : # above the hard limit only a mighty root gets
if [ "$1" = --names=files ]; then # in a mount namespace of its own: whoever asks a name server that is out of reach waits, and fails
	shift
	mount --bind "$(dirname "$0")/nsswitch.conf" /etc/nsswitch.conf 2>/dev/null || :
fi
exec "$@"
