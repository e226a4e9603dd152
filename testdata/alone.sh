#!/bin/sh
# Runs a program in this network namespace with loopback up, IPv4 and IPv6, and Linux's own limits, whatever those of the machine
# are; what cannot be set stays as it is. For a namespace of one's own:
#   unshare --net -- sh testdata/alone.sh PROGRAM ARGS...
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
exec "$@"
