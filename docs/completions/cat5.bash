# Completion of cat5's command lines for bash. Made by: cat5 completion bash
#
# What was typed is compared, and never evaluated: no eval, no compgen -W (which expands its words).
# Where nc is a link to cat5: complete -F _cat5 nc netcat

# _cat5_reply offers those of its words that begin with what was typed. What was typed before that, in the same word, stays.
_cat5_reply() {
	local w
	for w; do
		[[ $w == "$part"* ]] && COMPREPLY+=("$before$w")
	done
}

# _cat5_split sets words to the words before the cursor. bash breaks --eof=half, [::1]:80 and @name apart, so each is put
# together from the pieces that stand without a space between them.
_cat5_split() {
	local line=${COMP_LINE:0:COMP_POINT} i piece left
	words=()
	for ((i = 0; i <= COMP_CWORD; i++)); do
		piece=${COMP_WORDS[i]}
		left=${line#"${line%%[![:space:]]*}"}
		((i == COMP_CWORD)) && piece=$left
		if ((${#words[@]} > 0)) && [[ $left == "$line" && $line ]]; then
			words[${#words[@]} - 1]+=$piece
		else
			words+=("$piece")
		fi
		line=${left#"$piece"}
	done
}

# _cat5_lines sets lines to those of a file, read in one go: files of /proc change while they are read.
_cat5_lines() {
	lines=()
	[[ -r $1 ]] && mapfile -t lines <"$1"
}

_cat5_hosts() { # the names in /etc/hosts; $1 is put behind each
	local lines line w fields
	_cat5_lines /etc/hosts
	for line in "${lines[@]}"; do
		read -ra fields <<<"${line%%#*}"
		for w in "${fields[@]:1}"; do
			_cat5_reply "$w$1"
		done
	done
}

_cat5_ports() { # services, and ports on which somebody listens here
	local proto=tcp lines line file
	[[ ${words[1]} == udp || ${words[2]} == udp || $before == *udp: ]] && proto=udp
	_cat5_lines /etc/services
	for line in "${lines[@]}"; do
		[[ $line =~ ^([^#[:space:]]+)[[:space:]]+([0-9]+)/$proto ]] || continue
		_cat5_reply "${BASH_REMATCH[1]}"
		[[ $part == [0-9]* ]] && _cat5_reply "${BASH_REMATCH[2]}"
	done
	[[ $listening ]] && return
	for file in /proc/net/tcp /proc/net/tcp6; do
		_cat5_lines $file
		for line in "${lines[@]}"; do
			[[ $line =~ ^\ *[0-9]+:\ [0-9A-F]+:([0-9A-F]+)\ [^\ ]+\ 0A\  ]] && _cat5_reply "$((16#${BASH_REMATCH[1]}))"
		done
	done
}

_cat5_sockets() { # unix sockets that can be connected to, and files
	local lines line kind='^[^ ]+ [^ ]+ [^ ]+ (00010000 [^ ]+|[^ ]+ 0002) [^ ]+ +[0-9]+ ([]A-Za-z0-9_.,/@:+%=-]+)$'
	_cat5_lines /proc/net/unix
	for line in "${lines[@]}"; do # those that listen, or have no connections
		[[ $line =~ $kind ]] && _cat5_reply "${BASH_REMATCH[2]}"
	done
	[[ ! $part || $part == @* ]] || _cat5_files -f
}

_cat5_addresses() { # HOST:PORT and sockets, behind tcp:, listen:unix: and so on; with $1 only behind these
	local prefix='^(listen:|tcp:|udp:|unix:|unix-dgram:|unix-seqpacket:)'
	[[ $1 && ! $part =~ $prefix ]] && return
	while [[ $part =~ $prefix ]]; do
		before+=${BASH_REMATCH[0]} part=${part#"${BASH_REMATCH[0]}"}
	done
	if [[ $before == *unix*: || $part == */* ]]; then
		_cat5_sockets
	elif [[ $part == *:* ]]; then
		before+=${part%:*}: part=${part##*:}
		_cat5_ports
	else
		_cat5_hosts :
		[[ ! $before && ! $part || $part == @* ]] && _cat5_sockets
	fi
}

_cat5_files() { # $1 is -f for files, -d for folders, -c for programs
	local w
	while IFS= read -r w; do
		COMPREPLY+=("$before$w")
	done < <(compgen "$1" -- "$part")
	[[ $1 == -c ]] || compopt -o filenames 2>/dev/null
}

_cat5_offer() {
	local w
	for w; do
		case $w in
		'<file>') _cat5_files -f ;;
		'<dir>') _cat5_files -d ;;
		'<program>') _cat5_files -c ;;
		'<host>') _cat5_hosts ;;
		'<port>') _cat5_ports ;;
		'<socket>') _cat5_sockets ;;
		'<address>') _cat5_addresses ;;
		'<end>') _cat5_addresses only ;;
		'<sockopt>') _cat5_reply "${_cat5_sockopts[@]}" ;;
		'<setting>') _cat5_reply "${_cat5_sockopts[@]/%/=}" ;;
		'<card>') for w in /sys/class/net/*; do _cat5_reply "${w##*/}"; done ;;
		*) _cat5_reply "$w" ;;
		esac
	done
}

# _cat5_line walks over the words of a command's line up to the one that is being typed, and offers what fits there.
_cat5_line() {
	local command=_cat5__${words[1]} flags= at=() listen=() program= takes= value= listening= ended= socket= operands=0
	local last=$((${#words[@]} - 1)) i j word
	"$command" ''
	for ((i = 2; i < last; i++)); do
		word=${words[i]} takes= value=
		case $word in
		--) ended=1 ;;
		--*=*) ;;
		--*) "$command" "$word" ;;
		-?*)
			for ((j = 1; j < ${#word}; j++)); do
				"$command" "-${word:j:1}"
				[[ $takes ]] && break
			done
			((j + 1 < ${#word})) && takes= # the value stands behind the letter
			;;
		*)
			[[ $word == unix && " ${at[operands]} " == *' unix '* && ${at[operands + 1]} ]] && socket=$((operands + 1))
			((operands++))
			;;
		esac
		if [[ $takes == rest || $ended && $program ]]; then
			((i + 1 == last)) && _cat5_files -c || _cat5_files -f
			return
		elif [[ $ended ]]; then
			((operands += last - i - 1))
			break
		elif [[ $takes ]]; then
			((++i == last)) && { _cat5_offer $value; return; }
		fi
	done
	if [[ ! $ended && $part == --*=* ]]; then
		value=
		before=${part%%=*}= part=${part#*=}
		"$command" "$before"
		_cat5_offer $value
	elif [[ ! $ended && $part == -* ]]; then
		_cat5_reply $flags
	elif [[ $socket ]]; then
		((operands == socket)) && _cat5_offer '<socket>'
	else
		[[ $listening && ${#listen[@]} -gt 0 ]] && at=("${listen[@]}")
		((operands < ${#at[@]})) || operands=$((${#at[@]} - 1))
		_cat5_offer ${at[operands]}
	fi
}

_cat5() {
	local words=() before= part i known=
	COMPREPLY=()
	_cat5_split
	[[ ${words[0]} =~ ^(.*/)?(nc|netcat)$ ]] && words=(cat5 nc "${words[@]:1}")
	part=${words[${#words[@]} - 1]}
	local skip=$((${#part} - ${#2})) # what bash keeps in front of the word it completes
	if ((${#words[@]} == 2)); then
		_cat5_reply "${_cat5_commands[@]}" --version --help
	else
		for i in "${_cat5_commands[@]}"; do
			[[ ${words[1]} == "$i" ]] && known=1
		done
		[[ $known ]] || return
		_cat5_line
	fi
	for i in "${!COMPREPLY[@]}"; do
		COMPREPLY[i]=${COMPREPLY[i]:skip}
	done
	[[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *[=:/] ]] && compopt -o nospace 2>/dev/null
	return 0
}

_cat5_commands=(tcp udp unix listen echo http bench relay scan wait state probe inet sockopt keepalive shutdown demo nc completion man version help)
_cat5_sockopts=(acceptconn add_membership add_source_membership addr_preferences autoflowlabel bind_address_no_port bindtodevice bindtoifindex block_source broadcast buf_lock busy_poll busy_poll_budget cc_info checksum cnx_advice congestion cookie cork debug defer_accept delack_max_us domain dontfrag dontroute drop_membership drop_source_membership error fastopen fastopen_connect fastopen_key fastopen_no_cookie flowinfo flowinfo_send freebind gro incoming_cpu incoming_napi_id info inq ip_passsec ipv6_block_source ipv6_freebind ipv6_mtu ipv6_mtu_discover ipv6_multicast_all ipv6_multicast_if ipv6_multicast_loop ipv6_recverr ipv6_recverr_rfc4884 ipv6_recvfragsize ipv6_recvorigdstaddr ipv6_transparent ipv6_unblock_source ipv6_unicast_if is_mptcp join_anycast join_group join_source_group keepalive keepcnt keepidle keepintvl leave_anycast leave_group leave_source_group linger linger2 local_port_range lock_filter mark max_pacing_rate maxseg md5sig meminfo minhopcount minttl mtu mtu_discover multicast_all multicast_hops multicast_if multicast_loop multicast_ttl netns_cookie no_check no_check6_rx no_check6_tx nodelay notsent_lowat oobinline passcred passpidfd passrights passsec peek_off peercred peergroups peerpidfd peersec pktinfo prefer_busy_poll priority protocol quickack rcvbuf rcvbufforce rcvlowat rcvmark rcvpriority rcvtimeo recvdstopts recverr recverr_rfc4884 recvfragsize recvhoplimit recvhopopts recvorigdstaddr recvpathmtu recvpktinfo recvrthdr recvtclass recvtos recvttl reserve_mem reuseaddr reuseport rto_max_ms rto_min_us rxq_ovfl save_syn saved_syn segment select_err_queue sndbuf sndbufforce sndlowat sndtimeo syncnt tclass tcp_inq tcp_timestamp thin_linear_timeouts timestamp timestamping timestampns tos transparent ttl tx_delay txrehash type udp_cork ulp unblock_source unicast_hops unicast_if user_timeout v6only window_clamp zerocopy)

_cat5__tcp() {
	flags='--listen -l --keep-open -k --ipv4 -4 --ipv6 -6 --zero-io -z --shuffle -r --pass-fd -F --exec --anyone --numeric -n --source -s --source-port -p --interface --backlog --proxy --proxy-user --proxy-password --proxy-basic --allow --deny --timeout -w --connect-timeout --accept-timeout --idle-timeout --deadline --quit-after -q --interval -i --retry --eof --shutdown -N --no-stdin -d --send-only --recv-only --crlf -C --telnet -t --packets -W --output -o --append --hexdump -x --rate --io --bytes --ttl --sockopt --nodelay --keepalive --rcvbuf --sndbuf --tos --md5sig --user-timeout --verbose -v --explain --quiet --json --stats --progress --color --raw --ready-fd --port-file --help -h'
	at=('<host>' '<port>')
	listen=('<port> <host>' '<port>')
	case $1 in
	--listen | -l) listening=1 ;;
	--exec) takes=rest ;;
	--source | -s | --source=) takes=1 value='<host>' ;;
	--source-port | -p | --source-port=) takes=1 value='<port>' ;;
	--interface | --interface=) takes=1 value='<card>' ;;
	--backlog | --backlog= | --proxy-user | --proxy-user= | --allow | --allow= | --deny | --deny= | --timeout | -w | --timeout= | --connect-timeout | --connect-timeout= | --accept-timeout | --accept-timeout= | --idle-timeout | --idle-timeout= | --deadline | --deadline= | --quit-after | -q | --quit-after= | --interval | -i | --interval= | --retry | --retry= | --packets | -W | --packets= | --rate | --rate= | --bytes | --bytes= | --ttl | --ttl= | --rcvbuf | --rcvbuf= | --sndbuf | --sndbuf= | --user-timeout | --user-timeout= | --ready-fd | --ready-fd=) takes=1 ;;
	--proxy | --proxy=) takes=1 value='socks5:// socks4:// socks4a:// http:// http1.0://' ;;
	--proxy-password | --proxy-password=) takes=1 value='file: fd: ask' ;;
	--proxy-basic | --proxy-basic=) takes=1 value='asked at-once' ;;
	--eof | --eof=) takes=1 value='half full keep each peer last' ;;
	--output | -o | --output= | --port-file | --port-file=) takes=1 value='<file>' ;;
	--hexdump=) value='<file>' ;;
	--io | --io=) takes=1 value='auto copy splice' ;;
	--sockopt | --sockopt=) takes=1 value='<setting>' ;;
	--tos | --tos=) takes=1 value='cs0 cs1 cs2 cs3 cs4 cs5 cs6 cs7 af11 af12 af13 af21 af22 af23 af31 af32 af33 af41 af42 af43 ef va lowdelay throughput reliability lowcost critical inetcontrol netcontrol' ;;
	--explain=) value='calls data' ;;
	--progress | --progress= | --color | --color=) takes=1 value='auto always never' ;;
	esac
}

_cat5__udp() {
	flags='--listen -l --keep-open -k --ipv4 -4 --ipv6 -6 --zero-io -z --shuffle -r --probe --pass-fd -F --numeric -n --source -s --source-port -p --interface --backlog --timeout -w --connect-timeout --accept-timeout --idle-timeout --deadline --quit-after -q --interval -i --retry --eof --shutdown -N --no-stdin -d --send-only --recv-only --crlf -C --packets -W --output -o --append --hexdump -x --rate --io --bytes --record --max-size --broadcast -b --ttl --loop --join --strict --sockopt --rcvbuf --sndbuf --tos --verbose -v --explain --quiet --json --stats --progress --color --raw --ready-fd --port-file --help -h'
	at=('<host>' '<port>')
	listen=('<port> <host>' '<port>')
	case $1 in
	--listen | -l) listening=1 ;;
	--source | -s | --source=) takes=1 value='<host>' ;;
	--source-port | -p | --source-port=) takes=1 value='<port>' ;;
	--interface | --interface=) takes=1 value='<card>' ;;
	--backlog | --backlog= | --timeout | -w | --timeout= | --connect-timeout | --connect-timeout= | --accept-timeout | --accept-timeout= | --idle-timeout | --idle-timeout= | --deadline | --deadline= | --quit-after | -q | --quit-after= | --interval | -i | --interval= | --retry | --retry= | --packets | -W | --packets= | --rate | --rate= | --bytes | --bytes= | --max-size | --max-size= | --ttl | --ttl= | --join | --join= | --rcvbuf | --rcvbuf= | --sndbuf | --sndbuf= | --ready-fd | --ready-fd=) takes=1 ;;
	--eof | --eof=) takes=1 value='half full keep each peer last' ;;
	--output | -o | --output= | --port-file | --port-file=) takes=1 value='<file>' ;;
	--hexdump=) value='<file>' ;;
	--io | --io=) takes=1 value='auto copy splice' ;;
	--record | --record=) takes=1 value='raw line len' ;;
	--loop | --loop=) takes=1 value='on off' ;;
	--sockopt | --sockopt=) takes=1 value='<setting>' ;;
	--tos | --tos=) takes=1 value='cs0 cs1 cs2 cs3 cs4 cs5 cs6 cs7 af11 af12 af13 af21 af22 af23 af31 af32 af33 af41 af42 af43 ef va lowdelay throughput reliability lowcost critical inetcontrol netcontrol' ;;
	--explain=) value='calls data' ;;
	--progress | --progress= | --color | --color=) takes=1 value='auto always never' ;;
	esac
}

_cat5__unix() {
	flags='--listen -l --keep-open -k --zero-io -z --recv-fd --exec --backlog --timeout -w --connect-timeout --accept-timeout --idle-timeout --deadline --quit-after -q --interval -i --retry --eof --shutdown -N --no-stdin -d --send-only --recv-only --crlf -C --packets -W --output -o --append --hexdump -x --rate --io --bytes --record --max-size --strict --type --mode --unlink --bind --peercred --sockopt --sndbuf --verbose -v --explain --quiet --json --stats --progress --color --raw --ready-fd --port-file --help -h'
	at=('<socket>' '')
	case $1 in
	--listen | -l) listening=1 ;;
	--exec) takes=rest ;;
	--backlog | --backlog= | --timeout | -w | --timeout= | --connect-timeout | --connect-timeout= | --accept-timeout | --accept-timeout= | --idle-timeout | --idle-timeout= | --deadline | --deadline= | --quit-after | -q | --quit-after= | --interval | -i | --interval= | --retry | --retry= | --packets | -W | --packets= | --rate | --rate= | --bytes | --bytes= | --max-size | --max-size= | --mode | --mode= | --sndbuf | --sndbuf= | --ready-fd | --ready-fd=) takes=1 ;;
	--eof | --eof=) takes=1 value='half full keep each peer last' ;;
	--output | -o | --output= | --bind | --bind= | --port-file | --port-file=) takes=1 value='<file>' ;;
	--hexdump=) value='<file>' ;;
	--io | --io=) takes=1 value='auto copy splice' ;;
	--record | --record=) takes=1 value='raw line len' ;;
	--type | --type=) takes=1 value='stream dgram seqpacket' ;;
	--unlink | --unlink=) takes=1 value='never stale always leave' ;;
	--sockopt | --sockopt=) takes=1 value='<setting>' ;;
	--explain=) value='calls data' ;;
	--progress | --progress= | --color | --color=) takes=1 value='auto always never' ;;
	esac
}

_cat5__listen() {
	flags='--broker --chat --discard --chargen --greet --exec --sh --prefix --first-byte --stall-timeout --max-queue --ipv4 -4 --ipv6 -6 --numeric -n --interface --backlog --allow --deny --allow-uid --max-conns -m --per-source --idle-timeout --deadline --eof --no-stdin -d --output -o --append --type --mode --unlink --sockopt --nodelay --keepalive --rcvbuf --sndbuf --user-timeout --verbose -v --explain --quiet --json --stats --color --raw --ready-fd --port-file --help -h'
	at=('tcp udp unix' '<port> <host>' '<port>')
	case $1 in
	--greet | --greet= | --first-byte | --first-byte= | --stall-timeout | --stall-timeout= | --max-queue | --max-queue= | --backlog | --backlog= | --allow | --allow= | --deny | --deny= | --allow-uid | --allow-uid= | --max-conns | -m | --max-conns= | --per-source | --per-source= | --idle-timeout | --idle-timeout= | --deadline | --deadline= | --mode | --mode= | --rcvbuf | --rcvbuf= | --sndbuf | --sndbuf= | --user-timeout | --user-timeout= | --ready-fd | --ready-fd=) takes=1 ;;
	--exec) takes=rest ;;
	--sh | --sh=) takes=1 value='<program>' ;;
	--interface | --interface=) takes=1 value='<card>' ;;
	--eof | --eof=) takes=1 value='half full keep each peer last' ;;
	--output | -o | --output= | --port-file | --port-file=) takes=1 value='<file>' ;;
	--type | --type=) takes=1 value='stream dgram seqpacket' ;;
	--unlink | --unlink=) takes=1 value='never stale always leave' ;;
	--sockopt | --sockopt=) takes=1 value='<setting>' ;;
	--explain=) value='calls data' ;;
	--color | --color=) takes=1 value='auto always never' ;;
	esac
}

_cat5__echo() {
	flags='--ipv4 -4 --ipv6 -6 --numeric -n --interface --backlog --engine --type --mode --unlink --sockopt --rcvbuf --sndbuf --verbose -v --explain --quiet --json --color --ready-fd --port-file --help -h'
	at=('tcp udp unix <port>' '<port> <host>' '<port>')
	case $1 in
	--interface | --interface=) takes=1 value='<card>' ;;
	--backlog | --backlog= | --mode | --mode= | --rcvbuf | --rcvbuf= | --sndbuf | --sndbuf= | --ready-fd | --ready-fd=) takes=1 ;;
	--engine | --engine=) takes=1 value='process thread goroutine select poll epoll epoll-et reactor pool list' ;;
	--type | --type=) takes=1 value='stream dgram seqpacket' ;;
	--unlink | --unlink=) takes=1 value='never stale always leave' ;;
	--sockopt | --sockopt=) takes=1 value='<setting>' ;;
	--explain=) value='calls data' ;;
	--color | --color=) takes=1 value='auto always never' ;;
	--port-file | --port-file=) takes=1 value='<file>' ;;
	esac
}

_cat5__http() {
	flags='--head-timeout --ipv4 -4 --ipv6 -6 --numeric -n --interface --backlog --idle-timeout --sockopt --rcvbuf --sndbuf --verbose -v --explain --quiet --json --color --ready-fd --port-file --help -h'
	at=('<dir>' '<port> <host>' '<port>')
	case $1 in
	--head-timeout | --head-timeout= | --backlog | --backlog= | --idle-timeout | --idle-timeout= | --rcvbuf | --rcvbuf= | --sndbuf | --sndbuf= | --ready-fd | --ready-fd=) takes=1 ;;
	--interface | --interface=) takes=1 value='<card>' ;;
	--sockopt | --sockopt=) takes=1 value='<setting>' ;;
	--explain=) value='calls data' ;;
	--color | --color=) takes=1 value='auto always never' ;;
	--port-file | --port-file=) takes=1 value='<file>' ;;
	esac
}

_cat5__bench() {
	flags='--connections -c --active --size --depth --duration --count --warmup --rounds --server --pid --remote --svg --ipv4 -4 --ipv6 -6 --numeric -n --engine --type --verbose -v --explain --quiet --json --color --help -h'
	at=('echo' 'tcp udp unix <host>' '<host>' '<port>')
	case $1 in
	--connections | -c | --connections= | --active | --active= | --size | --size= | --depth | --depth= | --duration | --duration= | --count | --count= | --warmup | --warmup= | --rounds | --rounds= | --server | --server= | --pid | --pid=) takes=1 ;;
	--svg | --svg=) takes=1 value='<file>' ;;
	--engine | --engine=) takes=1 value='process thread goroutine select poll epoll epoll-et reactor pool all' ;;
	--type | --type=) takes=1 value='stream dgram seqpacket' ;;
	--explain=) value='calls data' ;;
	--color | --color=) takes=1 value='auto always never' ;;
	esac
}

_cat5__relay() {
	flags='--sockopt-b --transcript --once --grace --ipv4 -4 --ipv6 -6 --numeric -n --source -s --backlog --timeout -w --connect-timeout --idle-timeout --deadline --retry --hexdump -x --rate --io --record --max-size --mode --unlink --sockopt --verbose -v --explain --quiet --json --color --ready-fd --port-file --help -h'
	at=('tcp: udp: unix: listen:tcp: listen:udp: listen:unix: - <end>' 'tcp: udp: unix: - <end>' '')
	case $1 in
	--sockopt-b | --sockopt-b= | --sockopt | --sockopt=) takes=1 value='<setting>' ;;
	--transcript | --transcript= | --port-file | --port-file=) takes=1 value='<file>' ;;
	--grace | --grace= | --backlog | --backlog= | --timeout | -w | --timeout= | --connect-timeout | --connect-timeout= | --idle-timeout | --idle-timeout= | --deadline | --deadline= | --retry | --retry= | --rate | --rate= | --max-size | --max-size= | --mode | --mode= | --ready-fd | --ready-fd=) takes=1 ;;
	--source | -s | --source=) takes=1 value='<host>' ;;
	--hexdump=) value='<file>' ;;
	--io | --io=) takes=1 value='auto copy splice' ;;
	--record | --record=) takes=1 value='raw line len' ;;
	--unlink | --unlink=) takes=1 value='never stale always leave' ;;
	--explain=) value='calls data' ;;
	--color | --color=) takes=1 value='auto always never' ;;
	esac
}

_cat5__scan() {
	flags='--udp -u --open --banner --send --in-flight --rate --yes --ipv4 -4 --ipv6 -6 --numeric -n --timeout -w --deadline --retry --verbose -v --explain --quiet --json --progress --color --help -h'
	at=('<host>' '<port> <host>')
	case $1 in
	--send | --send= | --in-flight | --in-flight= | --rate | --rate= | --timeout | -w | --timeout= | --deadline | --deadline= | --retry | --retry=) takes=1 ;;
	--explain=) value='calls data' ;;
	--progress | --progress= | --color | --color=) takes=1 value='auto always never' ;;
	esac
}

_cat5__wait() {
	flags='--any --for --send --expect --ipv4 -4 --ipv6 -6 --numeric -n --timeout -w --connect-timeout --verbose -v --explain --quiet --json --color --help -h'
	at=('tcp: udp: unix: <address>')
	program=1
	case $1 in
	--for | --for=) takes=1 value='open close' ;;
	--send | --send= | --expect | --expect= | --timeout | -w | --timeout= | --connect-timeout | --connect-timeout=) takes=1 ;;
	--explain=) value='calls data' ;;
	--color | --color=) takes=1 value='auto always never' ;;
	esac
}

_cat5__state() {
	flags='--info -i --watch --listening --tcp --udp --unix --ipv4 -4 --ipv6 -6 --numeric -n --deadline --explain --quiet --json --help -h'
	at=('unix: <port> <address>' '')
	case $1 in
	--deadline | --deadline=) takes=1 ;;
	--explain=) value='calls data' ;;
	esac
}

_cat5__probe() {
	flags='--send --expect --count -c --interval -i --timeout -w --ipv4 -4 --ipv6 -6 --numeric -n --source -s --source-port -p --interface --type --sockopt --nodelay --rcvbuf --sndbuf --verbose -v --explain --quiet --json --color --help -h'
	at=('tcp: unix: <address>' 'tcp: unix: <port> <address>')
	case $1 in
	--send | --send= | --expect | --expect= | --count | -c | --count= | --interval | -i | --interval= | --timeout | -w | --timeout= | --rcvbuf | --rcvbuf= | --sndbuf | --sndbuf=) takes=1 ;;
	--source | -s | --source=) takes=1 value='<host>' ;;
	--source-port | -p | --source-port=) takes=1 value='<port>' ;;
	--interface | --interface=) takes=1 value='<card>' ;;
	--type | --type=) takes=1 value='stream dgram seqpacket' ;;
	--sockopt | --sockopt=) takes=1 value='<setting>' ;;
	--explain=) value='calls data' ;;
	--color | --color=) takes=1 value='auto always never' ;;
	esac
}

_cat5__inet() {
	flags='--explain --json --help -h'
	at=('<port> <host>')
	case $1 in
	--explain=) value='calls data' ;;
	esac
}

_cat5__sockopt() {
	flags='--explain --json --help -h --kind'
	at=('get set <sockopt>' '<sockopt>')
	case $1 in
	--explain=) value='calls data' ;;
	--kind | --kind=) takes=1 value='tcp udp unix tcp4 tcp6 udp4 udp6 unix-stream unix-dgram unix-seqpacket' ;;
	esac
}

_cat5__keepalive() {
	flags='--idle --intvl --cnt --kernel-defaults --heartbeat --ping-pong --interval -i --watch --for --listen -l --ipv4 -4 --ipv6 -6 --numeric -n --source -s --source-port -p --interface --backlog --connect-timeout --retry --type --mode --unlink --sockopt --user-timeout --verbose -v --explain --quiet --json --color --ready-fd --port-file --help -h'
	at=('<host> unix' '<port>' '')
	listen=('<port> <host>' '<port>')
	case $1 in
	--idle | --idle= | --intvl | --intvl= | --cnt | --cnt= | --ping-pong | --ping-pong= | --interval | -i | --interval= | --for | --for= | --backlog | --backlog= | --connect-timeout | --connect-timeout= | --retry | --retry= | --mode | --mode= | --user-timeout | --user-timeout= | --ready-fd | --ready-fd=) takes=1 ;;
	--listen | -l) listening=1 ;;
	--source | -s | --source=) takes=1 value='<host>' ;;
	--source-port | -p | --source-port=) takes=1 value='<port>' ;;
	--interface | --interface=) takes=1 value='<card>' ;;
	--type | --type=) takes=1 value='stream dgram seqpacket' ;;
	--unlink | --unlink=) takes=1 value='never stale always leave' ;;
	--sockopt | --sockopt=) takes=1 value='<setting>' ;;
	--explain=) value='calls data' ;;
	--color | --color=) takes=1 value='auto always never' ;;
	--port-file | --port-file=) takes=1 value='<file>' ;;
	esac
}

_cat5__shutdown() {
	flags='--all --infer --svg --mermaid --ipv4 -4 --ipv6 -6 --numeric -n --timeout -w --explain --json --help -h'
	at=('wr rd rdwr close unread linger0 <host>' 'wr rd rdwr close unread linger0 <port> <host>')
	case $1 in
	--svg | --svg=) takes=1 value='<file>' ;;
	--timeout | -w | --timeout=) takes=1 ;;
	--explain=) value='calls data' ;;
	esac
}

_cat5__demo() {
	flags='--explain --help -h'
	at=('')
	case $1 in
	--explain=) value='calls data' ;;
	esac
}

_cat5__nc() {
	flags='-4 -6 -b -C -D -d -F -h -I -i -k -l -M -m -N -n -O -P -p -q -r -S -s -T -t -U -u -V -v -W -w -X -x -Z -z'
	at=('<host>' '<port>')
	listen=('<port> <host>' '<port>')
	[[ $1 == -U ]] && socket=0
	case $1 in
	-I | -i | -M | -m | -O | -P | -q | -V | -W | -w) takes=1 ;;
	-l) listening=1 ;;
	-p) takes=1 value='<port>' ;;
	-s | -x) takes=1 value='<host>' ;;
	-T) takes=1 value='af11 af12 af13 af21 af22 af23 af31 af32 af33 af41 af42 af43 critical cs0 cs1 cs2 cs3 cs4 cs5 cs6 cs7 ef inetcontrol lowcost lowdelay netcontrol reliability throughput' ;;
	-X) takes=1 value='4 5 connect' ;;
	esac
}

_cat5__completion() {
	flags='--explain --help -h'
	at=('bash zsh fish' '')
	case $1 in
	--explain=) value='calls data' ;;
	esac
}

_cat5__man() {
	flags='--explain --help -h'
	at=('tcp udp unix listen echo http bench relay scan wait state probe inet sockopt keepalive shutdown demo nc completion man version' '')
	case $1 in
	--explain=) value='calls data' ;;
	esac
}

_cat5__version() {
	flags='--explain --help -h'
	at=('')
	case $1 in
	--explain=) value='calls data' ;;
	esac
}

_cat5__help() {
	flags=''
	at=('tcp udp unix listen echo http bench relay scan wait state probe inet sockopt keepalive shutdown demo nc completion man version flags' '')
}

complete -F _cat5 cat5
