package modes

// What nc -h and a wrong line show: scripts look for letters in it to find out which netcat they have.

const openbsdUsage = `usage: nc [-46CDdFhklNnrStUuvZz] [-I length] [-i interval] [-M ttl]
	  [-m minttl] [-O length] [-P proxy_username] [-p source_port]
	  [-q seconds] [-s sourceaddr] [-T keyword] [-V rtable] [-W recvlimit]
	  [-w timeout] [-X proxy_protocol] [-x proxy_address[:port]]
	  [destination] [port]
`

const openbsdHelp = `OpenBSD netcat (Debian patchlevel 1.219-1)
` + openbsdUsage + `	Command Summary:
		-4		Use IPv4
		-6		Use IPv6
		-b		Allow broadcast
		-C		Send CRLF as line-ending
		-D		Enable the debug socket option
		-d		Detach from stdin
		-F		Pass socket fd
		-h		This help text
		-I length	TCP receive buffer length
		-i interval	Delay interval for lines sent, ports scanned
		-k		Keep inbound sockets open for multiple connects
		-l		Listen mode, for inbound connects
		-M ttl		Outgoing TTL / Hop Limit
		-m minttl	Minimum incoming TTL / Hop Limit
		-N		Shutdown the network socket after EOF on stdin
		-n		Suppress name/port resolutions
		-O length	TCP send buffer length
		-P proxyuser	Username for proxy authentication
		-p port		Specify local port for remote connects
		-q secs		quit after EOF on stdin and delay of secs
		-r		Randomize remote ports
		-S		Enable the TCP MD5 signature option
		-s sourceaddr	Local source address
		-T keyword	TOS value
		-t		Answer TELNET negotiation
		-U		Use UNIX domain socket
		-u		UDP mode
		-V rtable	Specify alternate routing table
		-v		Verbose
		-W recvlimit	Terminate after receiving a number of packets
		-w timeout	Timeout for connects and final net reads
		-X proto	Proxy protocol: "4", "5" (SOCKS) or "connect"
		-x addr[:port]	Specify proxy address and port
		-Z		DCCP mode
		-z		Zero-I/O mode [used for scanning]
	Port numbers can be individual or ranges: lo-hi [inclusive]
`

// What the other netcats' letters are, as far as they are read here.

const traditionalUsage = `usage: nc [-46bChklnrtUuvz] [-c command] [-e program] [-i secs] [-o file]
	  [-p port] [-q secs] [-s addr] [-T tos] [-w secs] hostname port[s]
       nc -l -p port [-options]
`

const ncatUsage = `usage: nc [options] [hostname] [port]
	-4 -6 -C -h -k -l -n -t -U -u -v -z
	-c command  -d time  -e program  -i time  -m n  -p port  -s addr  -w time  -x file
	--allow hosts  --deny hosts  --broker  --chat  --no-shutdown  --recv-only
	--send-only  --proxy addr[:port]  --proxy-type http|socks4|socks5
	and the letters' long names: --crlf --delay --exec --hex-dump --idle-timeout
	--keep-open --listen --max-conns --nodns --sh-exec --source --source-port
	--telnet --udp --unixsock --verbose --wait
`

// ncatVersionText begins as ncat's does: scripts look whether the word is there.
const ncatVersionText = "Ncat: Version 7.93, as far as cat5 has it\n"
