package modes

import "strings"

// bashCompletion is the completion for bash 4.4 and later, without the package bash-completion.
func bashCompletion(all []wordCommand) string {
	var b strings.Builder
	b.WriteString(bashHead)
	var names []string
	for _, c := range all {
		names = append(names, c.name)
	}
	b.WriteString("_cat5_commands=(" + strings.Join(names, " ") + ")\n_cat5_sockopts=(" + sockoptNames() + ")\n")
	for i := range all {
		all[i].bash(&b)
	}
	return b.String() + "\ncomplete -F _cat5 cat5\n"
}

// bash is a function that knows the flags and the operands of one command. It is asked about a flag, which may end in "="
// when its value stands in the same word.
func (c *wordCommand) bash(b *strings.Builder) {
	b.WriteString("\n_cat5__" + c.name + "() {\n")
	var flags []string
	for _, f := range c.flags {
		flags = append(flags, f.names()...)
	}
	b.WriteString("\tflags='" + strings.Join(flags, " ") + "'\n")
	b.WriteString("\tat=(" + bashPlaces(c.at) + ")\n")
	if c.listen != nil {
		b.WriteString("\tlisten=(" + bashPlaces(c.listen) + ")\n")
	}
	if c.program {
		b.WriteString("\tprogram=1\n")
	}
	if c.name == "nc" {
		b.WriteString("\t[[ $1 == -U ]] && socket=0\n")
	}
	var cases []string // the patterns of flags that do the same stand together, in the order of the first
	labels := map[string][]string{}
	for _, f := range c.flags {
		does, patterns := "", f.names()
		switch {
		case f.kind == needArg && f.long != "":
			does, patterns = "takes=1", append(patterns, "--"+f.long+"=")
		case f.kind == needArg:
			does = "takes=1"
		case f.kind == restArg:
			does = "takes=rest"
		case f.kind == optArg:
			patterns = []string{"--" + f.long + "="}
		case f.long == "listen" || f.long == "" && f.short == 'l':
			does = "listening=1"
		}
		if len(f.value) > 0 && f.kind != restArg {
			does = strings.TrimSpace(does + " value='" + strings.Join(f.value, " ") + "'")
		}
		if does == "" {
			continue
		}
		if labels[does] == nil {
			cases = append(cases, does)
		}
		labels[does] = append(labels[does], patterns...)
	}
	if len(cases) > 0 {
		b.WriteString("\tcase $1 in\n")
		for _, does := range cases {
			b.WriteString("\t" + strings.Join(labels[does], " | ") + ") " + does + " ;;\n")
		}
		b.WriteString("\tesac\n")
	}
	b.WriteString("}\n")
}

func bashPlaces(at [][]string) string {
	var places []string
	for _, words := range at {
		places = append(places, single(strings.Join(words, " ")))
	}
	return strings.Join(places, " ")
}

const bashHead = `# Completion of cat5's command lines for bash. Made by: cat5 completion bash
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

`
