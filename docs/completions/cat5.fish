# Completion of cat5's command lines for fish. Made by: cat5 completion fish
# What was typed is compared, and never evaluated.
# Where nc is a link to cat5: complete -c nc -w 'cat5 nc'

function __cat5_bare # there is no command yet
	test (count (commandline -opc)) -eq 1
end

function __cat5_in # the command is one of these, and flags may still come
	set -l words (commandline -opc)
	contains -- "$words[2]" $argv; and not contains -- -- $words; and not contains -- --exec $words
end

function __cat5_program # a program stands behind --exec, or behind the -- of cat5 wait
	set -l words (commandline -opc)
	contains -- --exec $words; and return
	test "$words[2]" = wait; and contains -- -- $words
end

function __cat5_programs
	set -l words (commandline -opc)
	if contains -- "$words[-1]" --exec --
		__fish_complete_command
	else
		__cat5_files
	end
end

# __cat5_at COMMAND any|plain|listen|unix N [more] says whether the cursor is at operand N, or behind it with "more", of a
# line with --listen or without, or of one that names a unix socket.
function __cat5_at
	set -l words (commandline -opc)
	test "$words[2]" = $argv[1]; or return 1
	set -l takes (__cat5_takes $argv[1])
	set -l n 1
	set -l how plain
	set -l skip no
	set -l kind any
	set -l ended no
	for w in $words[3..-1]
		if test $ended = yes
			set n (math $n + 1)
			continue
		else if test $skip = yes
			set skip no
			continue
		end
		switch "$w"
			case --exec
				return 1
			case --
				set ended yes
				test $argv[1] = wait; and return 1
			case '--*'
				contains -- $w $takes; and set skip yes
				test "$w" = --listen; and set how listen
			case '-?*'
				set -l letters (string split '' -- (string sub -s 2 -- $w))
				while set -q letters[1]
					if contains -- -$letters[1] $takes
						set -q letters[2]; or set skip yes
						break
					end
					test $letters[1] = l; and set how listen
					test $argv[1]$letters[1] = ncU; and set kind unix
					set -e letters[1]
				end
			case '*'
				test "$w" = unix; and __cat5_unix $argv[1] $n; and set kind unix
				set n (math $n + 1)
		end
	end
	test $kind = unix; and set how unix
	test $argv[2] = $how; or test $argv[2] = any -a $kind = any; or return 1
	test $n -eq $argv[3]; and return
	test "$argv[4]" = more; and test $n -gt $argv[3]
end

function __cat5_files
	__fish_complete_path (string replace -r '^--[^=]*=' '' -- (commandline -ct))
end

function __cat5_hosts # the names in /etc/hosts; $argv[1] is put behind each
	for line in (string replace -r '#.*' '' < /etc/hosts)
		for name in (string split -n ' ' -- (string replace -a \t ' ' -- $line))[2..-1]
			printf '%s\n' "$name$argv[1]"
		end
	end
end

function __cat5_ports # services, and ports on which somebody listens here
	set -l proto tcp
	contains -- udp $argv[1] (commandline -opc)[2..3]; and set proto udp
	string match -rg '^([^#\s]+)\s+\d+/'$proto'(?:\s|$)' < /etc/services
	string match -rg '^(?:[^#\s]+)\s+(\d+)/'$proto'(?:\s|$)' < /etc/services
	for at in (cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | string match -rg '^\s*\d+: [0-9A-F]+:([0-9A-F]{4}) \S+ 0A ')
		printf '%d\tsomebody listens here\n' 0x$at
	end
end

function __cat5_sockets # unix sockets that can be connected to
	string match -rg '^\S+ \S+ \S+ (?:00010000 \S+|\S+ 0002) \S+ +\d+ ([]\w.,/@:+%=-]+)$' < /proc/net/unix
end

function __cat5_addresses # HOST:PORT and sockets, behind tcp:, listen:unix: and so on; with $argv[1] only behind these
	set -l word (commandline -ct)
	set -l before "$(string match -r '^(?:listen:|tcp:|udp:|unix:|unix-dgram:|unix-seqpacket:)+' -- $word)"
	test -n "$argv[1]" -a -z "$before"; and return
	set -l rest (string sub -s (math 1 + (string length -- "$before")) -- "$word")
	switch "$before"
		case '*unix*:'
			printf '%s\n' $before(__cat5_sockets)
			return
	end
	if string match -q '*:*' -- $rest
		set -l host (string match -r '.*:' -- $rest)
		set -l proto tcp
		string match -q '*udp:*' -- $before; and set proto udp
		printf '%s\n' $before$host(__cat5_ports $proto)
	else
		printf '%s\n' $before(__cat5_hosts :)
		test -z "$before"; and __cat5_sockets
	end
end

function __cat5_takes # the flags of a command that take the next word
	switch $argv[1]
		case tcp
			string split ' ' -- '--source -s --source-port -p --interface --backlog --proxy --proxy-user --proxy-password --proxy-basic --allow --deny --timeout -w --connect-timeout --accept-timeout --idle-timeout --deadline --quit-after -q --interval -i --retry --eof --packets -W --output -o --rate --io --bytes --ttl --sockopt --rcvbuf --sndbuf --tos --user-timeout --progress --color --ready-fd --port-file'
		case udp
			string split ' ' -- '--source -s --source-port -p --interface --backlog --timeout -w --connect-timeout --accept-timeout --idle-timeout --deadline --quit-after -q --interval -i --retry --eof --packets -W --output -o --rate --io --bytes --record --max-size --ttl --loop --join --sockopt --rcvbuf --sndbuf --tos --progress --color --ready-fd --port-file'
		case unix
			string split ' ' -- '--backlog --timeout -w --connect-timeout --accept-timeout --idle-timeout --deadline --quit-after -q --interval -i --retry --eof --packets -W --output -o --rate --io --bytes --record --max-size --type --mode --unlink --bind --sockopt --sndbuf --progress --color --ready-fd --port-file'
		case listen
			string split ' ' -- '--greet --sh --first-byte --stall-timeout --max-queue --interface --backlog --allow --deny --allow-uid --max-conns -m --per-source --idle-timeout --deadline --eof --output -o --type --mode --unlink --sockopt --rcvbuf --sndbuf --user-timeout --color --ready-fd --port-file'
		case echo
			string split ' ' -- '--interface --backlog --engine --type --mode --unlink --sockopt --rcvbuf --sndbuf --color --ready-fd --port-file'
		case http
			string split ' ' -- '--head-timeout --interface --backlog --idle-timeout --sockopt --rcvbuf --sndbuf --color --ready-fd --port-file'
		case bench
			string split ' ' -- '--connections -c --active --size --depth --duration --count --warmup --rounds --server --pid --svg --engine --type --color'
		case relay
			string split ' ' -- '--sockopt-b --transcript --grace --source -s --backlog --timeout -w --connect-timeout --idle-timeout --deadline --retry --rate --io --record --max-size --mode --unlink --sockopt --color --ready-fd --port-file'
		case scan
			string split ' ' -- '--send --in-flight --rate --timeout -w --deadline --retry --progress --color'
		case wait
			string split ' ' -- '--for --send --expect --timeout -w --connect-timeout --color'
		case state
			string split ' ' -- '--deadline'
		case probe
			string split ' ' -- '--send --expect --count -c --interval -i --timeout -w --source -s --source-port -p --interface --type --sockopt --rcvbuf --sndbuf --color'
		case sockopt
			string split ' ' -- '--kind'
		case keepalive
			string split ' ' -- '--idle --intvl --cnt --ping-pong --interval -i --for --source -s --source-port -p --interface --backlog --connect-timeout --retry --type --mode --unlink --sockopt --user-timeout --color --ready-fd --port-file'
		case shutdown
			string split ' ' -- '--svg --timeout -w'
		case nc
			string split ' ' -- '-I -i -M -m -O -P -p -q -s -T -V -W -w -X -x'
	end
end

function __cat5_unix # where the word unix says that a socket follows
	contains -- "$argv" 'listen 1' 'echo 1' 'bench 2' 'keepalive 1'
end

function __cat5_sockopts
	string split ' ' -- 'acceptconn add_membership add_source_membership addr_preferences autoflowlabel bind_address_no_port bindtodevice bindtoifindex block_source broadcast buf_lock busy_poll busy_poll_budget cc_info checksum cnx_advice congestion cookie cork debug defer_accept delack_max_us domain dontfrag dontroute drop_membership drop_source_membership error fastopen fastopen_connect fastopen_key fastopen_no_cookie flowinfo flowinfo_send freebind gro incoming_cpu incoming_napi_id info inq ip_passsec ipv6_block_source ipv6_freebind ipv6_mtu ipv6_mtu_discover ipv6_multicast_all ipv6_multicast_if ipv6_multicast_loop ipv6_recverr ipv6_recverr_rfc4884 ipv6_recvfragsize ipv6_recvorigdstaddr ipv6_transparent ipv6_unblock_source ipv6_unicast_if is_mptcp join_anycast join_group join_source_group keepalive keepcnt keepidle keepintvl leave_anycast leave_group leave_source_group linger linger2 local_port_range lock_filter mark max_pacing_rate maxseg md5sig meminfo minhopcount minttl mtu mtu_discover multicast_all multicast_hops multicast_if multicast_loop multicast_ttl netns_cookie no_check no_check6_rx no_check6_tx nodelay notsent_lowat oobinline passcred passpidfd passrights passsec peek_off peercred peergroups peerpidfd peersec pktinfo prefer_busy_poll priority protocol quickack rcvbuf rcvbufforce rcvlowat rcvmark rcvpriority rcvtimeo recvdstopts recverr recverr_rfc4884 recvfragsize recvhoplimit recvhopopts recvorigdstaddr recvpathmtu recvpktinfo recvrthdr recvtclass recvtos recvttl reserve_mem reuseaddr reuseport rto_max_ms rto_min_us rxq_ovfl save_syn saved_syn segment select_err_queue sndbuf sndbufforce sndlowat sndtimeo syncnt tclass tcp_inq tcp_timestamp thin_linear_timeouts timestamp timestamping timestampns tos transparent ttl tx_delay txrehash type udp_cork ulp unblock_source unicast_hops unicast_if user_timeout v6only window_clamp zerocopy'
end

complete -c cat5 -f
complete -c cat5 -n __cat5_bare -a tcp -d 'a TCP connection, as client or (-l) as server'
complete -c cat5 -n __cat5_bare -a udp -d 'UDP datagrams, as client or (-l) as server'
complete -c cat5 -n __cat5_bare -a unix -d 'a unix socket, as client or (-l) as server'
complete -c cat5 -n __cat5_bare -a listen -d 'many peers at once: a broker, a chat, a program for each'
complete -c cat5 -n __cat5_bare -a echo -d 'an echo server, in every way a server can be built'
complete -c cat5 -n __cat5_bare -a http -d 'serve a folder to browsers and curl'
complete -c cat5 -n __cat5_bare -a bench -d 'measure an echo server: its rate, latency, cost and memory'
complete -c cat5 -n __cat5_bare -a relay -d 'two addresses glued, for one connection or any number'
complete -c cat5 -n __cat5_bare -a scan -d 'which ports answer, thousands in flight'
complete -c cat5 -n __cat5_bare -a wait -d 'until it answers (or stops), then run a command'
complete -c cat5 -n __cat5_bare -a state -d 'the sockets of this host, their states and whose they are'
complete -c cat5 -n __cat5_bare -a probe -d 'one connection measured: resolve, connect, first byte, TCP_INFO'
complete -c cat5 -n __cat5_bare -a inet -d 'addresses, prefixes, ports and byte order, byte by byte'
complete -c cat5 -n __cat5_bare -a sockopt -d 'every socket option: what it is, what the kernel makes of it'
complete -c cat5 -n __cat5_bare -a keepalive -d 'hold a connection and see whether the peer is alive'
complete -c cat5 -n __cat5_bare -a shutdown -d 'the ways to end a connection, shown from both ends'
complete -c cat5 -n __cat5_bare -a demo -d 'the tour: needs nothing but this binary'
complete -c cat5 -n __cat5_bare -a nc -d 'OpenBSD netcat, flag for flag (also as a link named nc)'
complete -c cat5 -n __cat5_bare -a completion -d 'what bash, zsh or fish needs to complete cat5'\''s lines'
complete -c cat5 -n __cat5_bare -a man -d 'the manual page of a command, or of cat5 itself'
complete -c cat5 -n __cat5_bare -a version -d 'which cat5 this is: version, commit, Go'
complete -c cat5 -n __cat5_bare -a help -d 'the page of a command, or every flag'

# flags
complete -c cat5 -n '__cat5_in tcp udp unix keepalive' -s l -l listen -d 'serve: wait for a peer instead of connecting'
complete -c cat5 -n '__cat5_in tcp udp unix' -s k -l keep-open -d 'serve the next peer when one has gone'
complete -c cat5 -n '__cat5_in tcp udp listen echo http bench relay scan wait state probe keepalive shutdown' -s 4 -l ipv4 -d 'one address family only'
complete -c cat5 -n '__cat5_in tcp udp listen echo http bench relay scan wait state probe keepalive shutdown' -s 6 -l ipv6 -d 'one address family only'
complete -c cat5 -n '__cat5_in tcp udp unix' -s z -l zero-io -d 'connect and leave: exit 0 says that it is open'
complete -c cat5 -n '__cat5_in tcp udp' -s r -l shuffle -d 'connect to several ports in random order'
complete -c cat5 -n '__cat5_in tcp udp' -s F -l pass-fd -d 'hand the connection to who reads stdout, and leave'
complete -c cat5 -n '__cat5_in tcp unix' -l exec -d 'a program gets the connection as stdin and stdout'
complete -c cat5 -n '__cat5_in tcp' -l anyone -d '--exec for peers from other hosts too'
complete -c cat5 -n '__cat5_in tcp udp listen echo http bench relay scan wait state probe keepalive shutdown' -s n -l numeric -d 'look no names or services up'
complete -c cat5 -n '__cat5_in tcp udp relay probe keepalive' -s s -l source -x -a '(__cat5_hosts)' -d 'connect from this address'
complete -c cat5 -n '__cat5_in tcp udp keepalive' -s p -l source-port -x -a '(__cat5_ports)' -d 'connect from this port; with -l, listen on it'
complete -c cat5 -n '__cat5_in tcp udp listen echo http probe keepalive' -l interface -x -a '(command ls /sys/class/net)' -d 'use this network interface only'
complete -c cat5 -n '__cat5_in tcp udp unix listen echo http relay keepalive' -l backlog -x -d 'connections that may wait to be accepted'
complete -c cat5 -n '__cat5_in tcp' -l proxy -x -a 'socks5:// socks4:// socks4a:// http:// http1.0://' -d 'connect through socks5://HOST:PORT, http://...'
complete -c cat5 -n '__cat5_in tcp' -l proxy-user -x -d 'who we are at the proxy that stands before it'
complete -c cat5 -n '__cat5_in tcp' -l proxy-password -x -a 'file: fd: ask' -d 'the password is in file:PATH, on fd:N, or ask for it'
complete -c cat5 -n '__cat5_in tcp' -l proxy-basic -x -a 'asked at-once' -d 'when HTTP is told them'
complete -c cat5 -n '__cat5_in tcp listen' -l allow -x -d 'only these addresses may come in (repeatable)'
complete -c cat5 -n '__cat5_in tcp listen' -l deny -x -d 'these may not, allowed or not'
complete -c cat5 -n '__cat5_in tcp udp unix relay scan wait shutdown' -s w -l timeout -x -d 'give up connecting, or if nothing moves, after T'
complete -c cat5 -n '__cat5_in tcp udp unix relay wait keepalive' -l connect-timeout -x -d 'give up connecting after T'
complete -c cat5 -n '__cat5_in tcp udp unix' -l accept-timeout -x -d 'with -l: leave if nobody comes for T'
complete -c cat5 -n '__cat5_in tcp udp unix listen http relay' -l idle-timeout -x -d 'give up a peer when no byte has moved for T'
complete -c cat5 -n '__cat5_in tcp udp unix listen relay scan state' -l deadline -x -d 'give up after T in all, waiting included'
complete -c cat5 -n '__cat5_in tcp udp unix' -s q -l quit-after -x -d 'leave T after the input'\''s end (-1: never)'
complete -c cat5 -n '__cat5_in tcp udp unix' -s i -l interval -x -d 'pause for T after each line sent'
complete -c cat5 -n '__cat5_in tcp udp unix relay scan keepalive' -l retry -x -d 'try N more times to connect, 0.1 s to 5 s apart'
complete -c cat5 -n '__cat5_in tcp udp unix listen' -l eof -x -a 'half full keep each peer last' -d 'what ends do: half, full, keep, each, peer, last'
complete -c cat5 -n '__cat5_in tcp udp unix' -s N -l shutdown -d 'the same as --eof=half, the default'
complete -c cat5 -n '__cat5_in tcp udp unix listen' -s d -l no-stdin -d 'do not read the input'
complete -c cat5 -n '__cat5_in tcp udp unix' -l send-only -d 'send only, throw away what comes; receive only'
complete -c cat5 -n '__cat5_in tcp udp unix' -l recv-only -d 'send only, throw away what comes; receive only'
complete -c cat5 -n '__cat5_in tcp udp unix' -s C -l crlf -d 'send each line with CR LF'
complete -c cat5 -n '__cat5_in tcp' -s t -l telnet -d 'refuse every telnet option that the peer brings up'
complete -c cat5 -n '__cat5_in tcp udp unix' -s W -l packets -x -d 'leave when N datagrams, or reads, have come'
complete -c cat5 -n '__cat5_in tcp udp unix listen' -s o -l output -x -a '(__cat5_files)' -d 'write what comes to FILE; add to it'
complete -c cat5 -n '__cat5_in tcp udp unix listen' -l append -d 'write what comes to FILE; add to it'
complete -c cat5 -n '__cat5_in tcp udp unix relay' -s x -l hexdump -a '(__cat5_files)' -d 'both directions in hex, on stderr or in FILE'
complete -c cat5 -n '__cat5_in tcp udp unix relay' -l rate -x -d 'at most N bytes a second each way (64k, 1M)'
complete -c cat5 -n '__cat5_in tcp udp unix relay' -l io -x -a 'auto copy splice' -d 'how bytes move; auto is the fastest way'
complete -c cat5 -n '__cat5_in tcp udp unix' -l bytes -x -d 'receive N bytes, no less (--send-only: send)'
complete -c cat5 -n '__cat5_in tcp udp' -l ttl -x -d 'time to live (hops) of what is sent'
complete -c cat5 -n '__cat5_in tcp udp unix listen echo http relay probe keepalive' -l sockopt -x -a '(__cat5_sockopts)=' -d 'set a socket option (cat5 sockopt lists them)'
complete -c cat5 -n '__cat5_in tcp listen probe' -l nodelay -d 'send small pieces at once (TCP_NODELAY)'
complete -c cat5 -n '__cat5_in tcp listen' -l keepalive -d 'probe a silent peer'
complete -c cat5 -n '__cat5_in tcp udp listen echo http probe' -l rcvbuf -x -d 'receive and send buffer'
complete -c cat5 -n '__cat5_in tcp udp listen echo http probe' -l sndbuf -x -d 'receive and send buffer'
complete -c cat5 -n '__cat5_in tcp udp' -l tos -x -a 'cs0 cs1 cs2 cs3 cs4 cs5 cs6 cs7 af11 af12 af13 af21 af22 af23 af31 af32 af33 af41 af42 af43 ef va lowdelay throughput reliability lowcost critical inetcontrol netcontrol' -d 'type of service, or traffic class'
complete -c cat5 -n '__cat5_in tcp' -l md5sig -d 'ask for a key, and sign each segment with it (RFC 2385)'
complete -c cat5 -n '__cat5_in tcp listen keepalive' -l user-timeout -x -d 'give up on unacknowledged data after T'
complete -c cat5 -n '__cat5_in tcp udp unix listen echo http bench relay scan wait probe keepalive' -s v -l verbose -d 'tell what happens; -vv tells more'
complete -c cat5 -n '__cat5_in tcp udp unix listen echo http bench relay scan wait state probe inet sockopt keepalive shutdown demo completion man version' -l explain -a 'calls data' -d 'tell each socket call, what it means, TCP'\''s states'
complete -c cat5 -n '__cat5_in tcp udp unix listen echo http bench relay scan wait state probe keepalive' -l quiet -d 'tell errors only'
complete -c cat5 -n '__cat5_in tcp udp unix listen echo http relay' -l json -d 'events as JSON, one a line on stderr'
complete -c cat5 -n '__cat5_in tcp udp unix listen' -l stats -d 'tell bytes and rate at the end (and every T)'
complete -c cat5 -n '__cat5_in tcp udp unix scan' -l progress -x -a 'auto always never' -d 'a progress line on the terminal'
complete -c cat5 -n '__cat5_in tcp udp unix listen echo http bench relay scan wait probe keepalive' -l color -x -a 'auto always never' -d 'colours on stderr'
complete -c cat5 -n '__cat5_in tcp udp unix listen' -l raw -d 'let a peer'\''s control characters through'
complete -c cat5 -n '__cat5_in tcp udp unix listen echo http relay keepalive' -l ready-fd -x -d 'write a newline to descriptor N when ready'
complete -c cat5 -n '__cat5_in tcp udp unix listen echo http relay keepalive' -l port-file -x -a '(__cat5_files)' -d 'write the port listened on to FILE'
complete -c cat5 -n '__cat5_in tcp udp unix listen echo http bench relay scan wait state probe inet sockopt keepalive shutdown demo completion man version' -s h -l help -d 'this page'
complete -c cat5 -n '__cat5_in udp' -l probe -d 'first see for T (3 s) if the host refuses a byte X'
complete -c cat5 -n '__cat5_in udp unix relay' -l record -x -a 'raw line len' -d 'one datagram is a read, a line, or length + data'
complete -c cat5 -n '__cat5_in udp unix relay' -l max-size -x -d 'largest datagram to send, in bytes'
complete -c cat5 -n '__cat5_in udp' -s b -l broadcast -d 'allow broadcast addresses'
complete -c cat5 -n '__cat5_in udp' -l loop -x -a 'on off' -d 'whether own multicast is heard here'
complete -c cat5 -n '__cat5_in udp' -l join -x -d 'join a multicast group'
complete -c cat5 -n '__cat5_in udp unix' -l strict -d 'exit 18 when a datagram was truncated'
complete -c cat5 -n '__cat5_in unix' -l recv-fd -d 'carry the connection that the peer passes'
complete -c cat5 -n '__cat5_in unix listen echo bench probe keepalive' -l type -x -a 'stream dgram seqpacket' -d 'kind of socket'
complete -c cat5 -n '__cat5_in unix listen echo relay keepalive' -l mode -x -d 'permissions of the socket file'
complete -c cat5 -n '__cat5_in unix listen echo relay keepalive' -l unlink -x -a 'never stale always leave' -d 'replace a socket file: never, stale, always, leave'
complete -c cat5 -n '__cat5_in unix' -l bind -x -a '(__cat5_files)' -d 'the client'\''s own name'
complete -c cat5 -n '__cat5_in unix' -l peercred -d 'say who the peer is (pid, uid, gid)'
complete -c cat5 -n '__cat5_in unix' -l sndbuf -x -d 'set a socket option (cat5 sockopt lists them)'
complete -c cat5 -n '__cat5_in listen' -l broker -d 'what one sends goes to all the others'
complete -c cat5 -n '__cat5_in listen' -l chat -d 'the same by lines, with names, safe to show'
complete -c cat5 -n '__cat5_in listen' -l discard -d 'what comes is thrown away (RFC 863)'
complete -c cat5 -n '__cat5_in listen' -l chargen -d 'each is sent characters without an end (RFC 864)'
complete -c cat5 -n '__cat5_in listen' -l greet -x -d 'each is sent a line of text, and the end'
complete -c cat5 -n '__cat5_in listen' -l exec -d 'a program for each, on the connection as stdio'
complete -c cat5 -n '__cat5_in listen' -l sh -x -a '(__fish_complete_command)' -d 'the same, with a command for the shell'
complete -c cat5 -n '__cat5_in listen' -l prefix -d 'lines come out with who sent them'
complete -c cat5 -n '__cat5_in listen' -l first-byte -x -d 'who has sent nothing by T has to go'
complete -c cat5 -n '__cat5_in listen' -l stall-timeout -x -d 'how long one may hold up others (5; 0: for ever)'
complete -c cat5 -n '__cat5_in listen' -l max-queue -x -d 'what may wait for a slow peer before it does (1M)'
complete -c cat5 -n '__cat5_in listen' -l allow-uid -x -d 'only this user'\''s processes may (unix sockets)'
complete -c cat5 -n '__cat5_in listen' -s m -l max-conns -x -d 'at most N peers at a time; more are refused'
complete -c cat5 -n '__cat5_in listen' -l per-source -x -d 'of them at most N from one address'
complete -c cat5 -n '__cat5_in echo' -l engine -x -a 'process thread goroutine select poll epoll epoll-et reactor pool list' -d 'how connections are served; list names them'
complete -c cat5 -n '__cat5_in http' -l head-timeout -x -d 'give up when a request takes T to arrive (10 s)'
complete -c cat5 -n '__cat5_in bench' -s c -l connections -x -d 'how many, one after the other (1,100,1000)'
complete -c cat5 -n '__cat5_in bench' -l active -x -d 'so many of them send, the others are only there'
complete -c cat5 -n '__cat5_in bench' -l size -x -d 'bytes of a message (64)'
complete -c cat5 -n '__cat5_in bench' -l depth -x -d 'messages of a connection on their way at once (1)'
complete -c cat5 -n '__cat5_in bench' -l duration -x -d 'how long to measure each (2 s)'
complete -c cat5 -n '__cat5_in bench' -l count -x -d 'or how many messages'
complete -c cat5 -n '__cat5_in bench' -l warmup -x -d 'before that (300 ms)'
complete -c cat5 -n '__cat5_in bench' -l rounds -x -d 'all of it N times, the median is shown'
complete -c cat5 -n '__cat5_in bench' -l server -x -d 'start this server too; {port} in it is the port'
complete -c cat5 -n '__cat5_in bench' -l pid -x -d 'the process of the server at ADDRESS'
complete -c cat5 -n '__cat5_in bench' -l remote -d 'ADDRESS may be another host'
complete -c cat5 -n '__cat5_in bench' -l svg -x -a '(__cat5_files)' -d 'draw the rates; p99=, cpu=, memory=FILE those'
complete -c cat5 -n '__cat5_in bench' -l engine -x -a 'process thread goroutine select poll epoll epoll-et reactor pool all' -d 'how connections are served; list names them'
complete -c cat5 -n '__cat5_in bench' -l json -d 'the result as JSON on stdout, events on stderr'
complete -c cat5 -n '__cat5_in relay' -l sockopt-b -x -a '(__cat5_sockopts)=' -d 'the same for B'\''s sockets; --sockopt is for A'\''s'
complete -c cat5 -n '__cat5_in relay' -l transcript -x -a '(__cat5_files)' -d 'what was said: time, connection, direction, text'
complete -c cat5 -n '__cat5_in relay' -l once -d 'serve one connection, then leave as it ended'
complete -c cat5 -n '__cat5_in relay' -l grace -x -d 'after a signal let connections go on for T (1s)'
complete -c cat5 -n '__cat5_in scan' -s u -l udp -d 'ask with datagrams'
complete -c cat5 -n '__cat5_in scan' -l open -d 'show only what is open'
complete -c cat5 -n '__cat5_in scan' -l banner -d 'show what an open port says first'
complete -c cat5 -n '__cat5_in scan' -l send -x -d 'say this to each (\r \n \t \xHH are understood)'
complete -c cat5 -n '__cat5_in scan' -l in-flight -x -d 'at most N at once (1000)'
complete -c cat5 -n '__cat5_in scan' -l rate -x -d 'at most N a second'
complete -c cat5 -n '__cat5_in scan' -l yes -d 'more than 256 hosts, or a public network, is meant'
complete -c cat5 -n '__cat5_in scan wait probe inet sockopt shutdown' -l json -d 'the result as one JSON document on stdout'
complete -c cat5 -n '__cat5_in wait' -l any -d 'until one of the addresses answers, not all'
complete -c cat5 -n '__cat5_in wait' -l for -x -a 'open close' -d 'what to wait for'
complete -c cat5 -n '__cat5_in wait' -l send -x -d 'say this first (\r \n \t \xHH are understood)'
complete -c cat5 -n '__cat5_in wait' -l expect -x -d 'only this in what it says is an answer'
complete -c cat5 -n '__cat5_in state' -s i -l info -d 'round trips, windows, losses (TCP_INFO); buffers'
complete -c cat5 -n '__cat5_in state' -l watch -d 'print transitions until ^C, every T (0.1 s)'
complete -c cat5 -n '__cat5_in state' -l listening -d 'only those that wait for peers'
complete -c cat5 -n '__cat5_in state' -l tcp -d 'only sockets of this kind, or these'
complete -c cat5 -n '__cat5_in state' -l udp -d 'only sockets of this kind, or these'
complete -c cat5 -n '__cat5_in state' -l unix -d 'only sockets of this kind, or these'
complete -c cat5 -n '__cat5_in state' -l json -d 'one JSON document on stdout; --watch: one a line'
complete -c cat5 -n '__cat5_in probe' -l send -x -d 'send TEXT (\r \n \t \0 \xHH), time the first byte'
complete -c cat5 -n '__cat5_in probe' -l expect -x -d 'an answer has to have TEXT in it; '\'''\'': any byte'
complete -c cat5 -n '__cat5_in probe' -s c -l count -x -d 'N times, and a histogram'
complete -c cat5 -n '__cat5_in probe' -s i -l interval -x -d 'pause between the times (1 s)'
complete -c cat5 -n '__cat5_in probe' -s w -l timeout -x -d 'patience: to connect, and for the answer (5 s)'
complete -c cat5 -n '__cat5_in probe' -s p -l source-port -x -a '(__cat5_ports)' -d 'connect from this port'
complete -c cat5 -n '__cat5_in sockopt' -l kind -x -a 'tcp udp unix tcp4 tcp6 udp4 udp6 unix-stream unix-dgram unix-seqpacket' -d 'only options of tcp, udp6, unix-stream, ...'
complete -c cat5 -n '__cat5_in keepalive' -l idle -x -d 'silence before the first probe (5 s)'
complete -c cat5 -n '__cat5_in keepalive' -l intvl -x -d 'from probe to probe (1 s)'
complete -c cat5 -n '__cat5_in keepalive' -l cnt -x -d 'unanswered probes, or beats, that end it (3)'
complete -c cat5 -n '__cat5_in keepalive' -l kernel-defaults -d 'this host'\''s settings instead of 5 s, 1 s, 3'
complete -c cat5 -n '__cat5_in keepalive' -l heartbeat -d 'send a small packet and wait for its echo'
complete -c cat5 -n '__cat5_in keepalive' -l ping-pong -x -d 'the same with a payload, compared byte by byte'
complete -c cat5 -n '__cat5_in keepalive' -s i -l interval -x -d 'between beats, or lines of --watch (1 s)'
complete -c cat5 -n '__cat5_in keepalive' -l watch -d 'a line each interval: RTT, unacked, retransmits'
complete -c cat5 -n '__cat5_in keepalive' -l for -x -d 'leave after T; else ^C, or the peer'\''s end'
complete -c cat5 -n '__cat5_in keepalive' -l json -d 'one JSON document on stdout; -l: events on stderr'
complete -c cat5 -n '__cat5_in shutdown' -l all -d 'every case, one after the other'
complete -c cat5 -n '__cat5_in shutdown' -l infer -d 'infer packets even where they could be seen'
complete -c cat5 -n '__cat5_in shutdown' -l svg -x -a '(__cat5_files)' -d 'draw it to FILE, too'
complete -c cat5 -n '__cat5_in shutdown' -l mermaid -d 'print it in Mermaid'\''s language instead'
complete -c cat5 -n '__cat5_in nc' -s 4 -d 'Use IPv4'
complete -c cat5 -n '__cat5_in nc' -s 6 -d 'Use IPv6'
complete -c cat5 -n '__cat5_in nc' -s b -d 'Allow broadcast'
complete -c cat5 -n '__cat5_in nc' -s C -d 'Send CRLF as line-ending'
complete -c cat5 -n '__cat5_in nc' -s D -d 'Enable the debug socket option'
complete -c cat5 -n '__cat5_in nc' -s d -d 'Detach from stdin'
complete -c cat5 -n '__cat5_in nc' -s F -d 'Pass socket fd'
complete -c cat5 -n '__cat5_in nc' -s h -d 'This help text'
complete -c cat5 -n '__cat5_in nc' -s I -x -d 'TCP receive buffer length'
complete -c cat5 -n '__cat5_in nc' -s i -x -d 'Delay interval for lines sent, ports scanned'
complete -c cat5 -n '__cat5_in nc' -s k -d 'Keep inbound sockets open for multiple connects'
complete -c cat5 -n '__cat5_in nc' -s l -d 'Listen mode, for inbound connects'
complete -c cat5 -n '__cat5_in nc' -s M -x -d 'Outgoing TTL / Hop Limit'
complete -c cat5 -n '__cat5_in nc' -s m -x -d 'Minimum incoming TTL / Hop Limit'
complete -c cat5 -n '__cat5_in nc' -s N -d 'Shutdown the network socket after EOF on stdin'
complete -c cat5 -n '__cat5_in nc' -s n -d 'Suppress name/port resolutions'
complete -c cat5 -n '__cat5_in nc' -s O -x -d 'TCP send buffer length'
complete -c cat5 -n '__cat5_in nc' -s P -x -d 'Username for proxy authentication'
complete -c cat5 -n '__cat5_in nc' -s p -x -a '(__cat5_ports)' -d 'Specify local port for remote connects'
complete -c cat5 -n '__cat5_in nc' -s q -x -d 'quit after EOF on stdin and delay of secs'
complete -c cat5 -n '__cat5_in nc' -s r -d 'Randomize remote ports'
complete -c cat5 -n '__cat5_in nc' -s S -d 'Enable the TCP MD5 signature option'
complete -c cat5 -n '__cat5_in nc' -s s -x -a '(__cat5_hosts)' -d 'Local source address'
complete -c cat5 -n '__cat5_in nc' -s T -x -a 'af11 af12 af13 af21 af22 af23 af31 af32 af33 af41 af42 af43 critical cs0 cs1 cs2 cs3 cs4 cs5 cs6 cs7 ef inetcontrol lowcost lowdelay netcontrol reliability throughput' -d 'TOS value'
complete -c cat5 -n '__cat5_in nc' -s t -d 'Answer TELNET negotiation'
complete -c cat5 -n '__cat5_in nc' -s U -d 'Use UNIX domain socket'
complete -c cat5 -n '__cat5_in nc' -s u -d 'UDP mode'
complete -c cat5 -n '__cat5_in nc' -s V -x -d 'Specify alternate routing table'
complete -c cat5 -n '__cat5_in nc' -s v -d 'Verbose'
complete -c cat5 -n '__cat5_in nc' -s W -x -d 'Terminate after receiving a number of packets'
complete -c cat5 -n '__cat5_in nc' -s w -x -d 'Timeout for connects and final net reads'
complete -c cat5 -n '__cat5_in nc' -s X -x -a '4 5 connect' -d 'Proxy protocol: "4", "5" (SOCKS) or "connect"'
complete -c cat5 -n '__cat5_in nc' -s x -x -a '(__cat5_hosts)' -d 'Specify proxy address and port'
complete -c cat5 -n '__cat5_in nc' -s Z -d 'DCCP mode'
complete -c cat5 -n '__cat5_in nc' -s z -d 'Zero-I/O mode [used for scanning]'

# operands
complete -c cat5 -n '__cat5_at tcp plain 1' -xa '(__cat5_hosts)'
complete -c cat5 -n '__cat5_at tcp plain 2 more' -xa '(__cat5_ports)'
complete -c cat5 -n '__cat5_at tcp listen 1' -xa '(__cat5_ports) (__cat5_hosts)'
complete -c cat5 -n '__cat5_at tcp listen 2 more' -xa '(__cat5_ports)'
complete -c cat5 -n '__cat5_at udp plain 1' -xa '(__cat5_hosts)'
complete -c cat5 -n '__cat5_at udp plain 2 more' -xa '(__cat5_ports)'
complete -c cat5 -n '__cat5_at udp listen 1' -xa '(__cat5_ports) (__cat5_hosts)'
complete -c cat5 -n '__cat5_at udp listen 2 more' -xa '(__cat5_ports)'
complete -c cat5 -n '__cat5_at unix any 1' -xa '(__cat5_sockets; __cat5_files)'
complete -c cat5 -n '__cat5_at listen any 1' -xa 'tcp udp unix'
complete -c cat5 -n '__cat5_at listen any 2' -xa '(__cat5_ports) (__cat5_hosts)'
complete -c cat5 -n '__cat5_at listen any 3 more' -xa '(__cat5_ports)'
complete -c cat5 -n '__cat5_at listen unix 2' -xa '(__cat5_sockets; __cat5_files)'
complete -c cat5 -n '__cat5_at echo any 1' -xa 'tcp udp unix (__cat5_ports)'
complete -c cat5 -n '__cat5_at echo any 2' -xa '(__cat5_ports) (__cat5_hosts)'
complete -c cat5 -n '__cat5_at echo any 3 more' -xa '(__cat5_ports)'
complete -c cat5 -n '__cat5_at echo unix 2' -xa '(__cat5_sockets; __cat5_files)'
complete -c cat5 -n '__cat5_at http any 1' -xa '(__fish_complete_directories (commandline -ct))'
complete -c cat5 -n '__cat5_at http any 2' -xa '(__cat5_ports) (__cat5_hosts)'
complete -c cat5 -n '__cat5_at http any 3 more' -xa '(__cat5_ports)'
complete -c cat5 -n '__cat5_at bench any 1' -xa 'echo'
complete -c cat5 -n '__cat5_at bench any 2' -xa 'tcp udp unix (__cat5_hosts)'
complete -c cat5 -n '__cat5_at bench any 3' -xa '(__cat5_hosts)'
complete -c cat5 -n '__cat5_at bench any 4 more' -xa '(__cat5_ports)'
complete -c cat5 -n '__cat5_at bench unix 3' -xa '(__cat5_sockets; __cat5_files)'
complete -c cat5 -n '__cat5_at relay any 1' -xa 'tcp: udp: unix: listen:tcp: listen:udp: listen:unix: - (__cat5_addresses only)'
complete -c cat5 -n '__cat5_at relay any 2' -xa 'tcp: udp: unix: - (__cat5_addresses only)'
complete -c cat5 -n '__cat5_at scan any 1' -xa '(__cat5_hosts)'
complete -c cat5 -n '__cat5_at scan any 2 more' -xa '(__cat5_ports) (__cat5_hosts)'
complete -c cat5 -n '__cat5_at wait any 1 more' -xa 'tcp: udp: unix: (__cat5_addresses)'
complete -c cat5 -n '__cat5_at state any 1' -xa 'unix: (__cat5_ports) (__cat5_addresses)'
complete -c cat5 -n '__cat5_at probe any 1' -xa 'tcp: unix: (__cat5_addresses)'
complete -c cat5 -n '__cat5_at probe any 2 more' -xa 'tcp: unix: (__cat5_ports) (__cat5_addresses)'
complete -c cat5 -n '__cat5_at inet any 1 more' -xa '(__cat5_ports) (__cat5_hosts)'
complete -c cat5 -n '__cat5_at sockopt any 1' -xa 'get set (__cat5_sockopts)'
complete -c cat5 -n '__cat5_at sockopt any 2 more' -xa '(__cat5_sockopts)'
complete -c cat5 -n '__cat5_at keepalive plain 1' -xa '(__cat5_hosts) unix'
complete -c cat5 -n '__cat5_at keepalive plain 2' -xa '(__cat5_ports)'
complete -c cat5 -n '__cat5_at keepalive listen 1' -xa '(__cat5_ports) (__cat5_hosts)'
complete -c cat5 -n '__cat5_at keepalive listen 2 more' -xa '(__cat5_ports)'
complete -c cat5 -n '__cat5_at keepalive unix 2' -xa '(__cat5_sockets; __cat5_files)'
complete -c cat5 -n '__cat5_at shutdown any 1' -xa 'wr rd rdwr close unread linger0 (__cat5_hosts)'
complete -c cat5 -n '__cat5_at shutdown any 2 more' -xa 'wr rd rdwr close unread linger0 (__cat5_ports) (__cat5_hosts)'
complete -c cat5 -n '__cat5_at nc plain 1' -xa '(__cat5_hosts)'
complete -c cat5 -n '__cat5_at nc plain 2 more' -xa '(__cat5_ports)'
complete -c cat5 -n '__cat5_at nc listen 1' -xa '(__cat5_ports) (__cat5_hosts)'
complete -c cat5 -n '__cat5_at nc listen 2 more' -xa '(__cat5_ports)'
complete -c cat5 -n '__cat5_at nc unix 1' -xa '(__cat5_sockets; __cat5_files)'
complete -c cat5 -n '__cat5_at completion any 1' -xa 'bash zsh fish'
complete -c cat5 -n '__cat5_at man any 1' -xa 'tcp udp unix listen echo http bench relay scan wait state probe inet sockopt keepalive shutdown demo nc completion man version'
complete -c cat5 -n '__cat5_at help any 1' -xa 'tcp udp unix listen echo http bench relay scan wait state probe inet sockopt keepalive shutdown demo nc completion man version flags'
complete -c cat5 -n __cat5_program -xa '(__cat5_programs)'
