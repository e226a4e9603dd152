package modes

import "strings"

// zshCompletion is the completion for zsh's own system (zshcompsys(1)): _arguments does the walking.
func zshCompletion(all []wordCommand) string {
	var b strings.Builder
	b.WriteString(zshHead)
	b.WriteString("_cat5_sockopts=(" + sockoptNames() + ")\n\n_cat5() {\n\tlocal -a commands=(\n")
	for _, c := range all {
		b.WriteString("\t\t" + single(c.name+":"+c.short) + "\n")
	}
	b.WriteString("\t)\n" + zshMain)
	for i := range all {
		all[i].zsh(&b)
	}
	return b.String() + "\n_cat5 \"$@\"\n"
}

func (c *wordCommand) zsh(b *strings.Builder) {
	b.WriteString("\n_cat5__" + c.name + "() {\n")
	b.WriteString("\tlocal -a at=(" + bashPlaces(c.at) + ") listen=(" + bashPlaces(c.listen) + ")\n")
	if c.program {
		b.WriteString("\t_cat5_program && return\n")
	}
	b.WriteString("\t_arguments -s -S \\\n")
	for _, f := range c.flags {
		f.zsh(b)
	}
	n := max(len(c.at), len(c.listen))
	for i := range n {
		place := itoa(i + 1)
		if i == n-1 {
			place = "*"
		}
		b.WriteString("\t\t'" + place + ":operand:->" + itoa(i+1) + "'")
		if i < n-1 {
			b.WriteString(" \\")
		}
		b.WriteString("\n")
	}
	b.WriteString("\t_cat5_operand $?\n}\n")
}

// zsh is the flag as _arguments takes it.
func (f *wordFlag) zsh(b *strings.Builder) {
	doc := "[" + strings.NewReplacer("\\", "\\\\", "[", "\\[", "]", "\\]", ":", "\\:").Replace(f.doc) + "]"
	arg := strings.ReplaceAll(strings.Trim(f.arg, "[=]"), ":", "\\:")
	action := " "
	if len(f.value) > 0 {
		action = " _cat5_offer " + strings.ReplaceAll(strings.Join(f.value, " "), ":", "\\:")
		action = strings.NewReplacer("<", "\\<", ">", "\\>").Replace(action)
	}
	short, long, value := "", "", ""
	if f.short != 0 {
		short = "-" + string(f.short)
	}
	if f.long != "" {
		long = "--" + f.long
	}
	first := "(" + strings.TrimSpace(short+" "+long) + ")"
	if f.again {
		first = "*"
	}
	shortValue := ""
	switch f.kind {
	case needArg:
		value = ":" + arg + ":" + action
		shortValue = value
		if short != "" {
			short += "+"
		}
		if long != "" {
			long += "="
		}
	case optArg:
		long += "=-"
		value = "::" + arg + ":" + action
	case restArg:
		value = ":*:::" + arg + ": _normal"
	}
	if short != "" {
		b.WriteString("\t\t" + single(first+short+doc+shortValue) + " \\\n")
	}
	if long != "" {
		b.WriteString("\t\t" + single(first+long+doc+value) + " \\\n")
	}
}

const zshHead = `#compdef cat5
# Completion of cat5's command lines for zsh. Made by: cat5 completion zsh
# What was typed is compared, and never evaluated.
# Where nc is a link to cat5: compdef _cat5 nc netcat

_cat5_hosts() { # the names in /etc/hosts; $1 is put behind each
	local line
	local -a names expl
	while read -r line; do
		names+=(${${=line%%\#*}[2,-1]})
	done 2>/dev/null </etc/hosts
	_wanted hosts expl host compadd -S "${1- }" -q -a names
}

_cat5_ports() { # services, and ports on which somebody listens here
	local proto=tcp name port at state rest file
	local -a services open expl
	[[ $cat5_command == udp || $line[1] == udp || $IPREFIX == *udp:* ]] && proto=udp
	while read -r name port rest; do
		[[ $port == */$proto && $name != \#* ]] || continue
		services+=($name)
		[[ $PREFIX == [0-9]* ]] && services+=(${port%/*})
	done 2>/dev/null </etc/services
	if (( ! $+opt_args[-l] && ! $+opt_args[--listen] )); then
		for file in /proc/net/tcp /proc/net/tcp6; do
			while read -r name at rest state rest; do
				[[ $state == 0A ]] && open+=($((16#${at##*:})))
			done 2>/dev/null <$file
		done
	fi
	open=(${(u)open})
	_wanted open-ports expl 'port that somebody listens on' compadd -a open
	_wanted ports expl service compadd -a services
}

_cat5_sockets() { # unix sockets that can be connected to, and files
	local n state type name
	local -a names expl
	while read -r n n n state type n n name; do
		[[ $state == 00010000 || $type == 0002 ]] || continue # it listens; or has no connections
		[[ $name == [][:alnum:]_.,/@:+%=-]## ]] && names+=($name)
	done 2>/dev/null </proc/net/unix
	names=(${(u)names})
	_wanted sockets expl 'unix socket' compadd -a names
	[[ $PREFIX == @* ]] || _files
}

_cat5_addresses() { # HOST:PORT and sockets, behind tcp:, listen:unix: and so on; with $1 only behind these
	local prefix='(listen:|tcp:|udp:|unix:|unix-dgram:|unix-seqpacket:)##'
	if compset -P "$prefix"; then
		:
	elif [[ -n $1 ]]; then
		return
	fi
	if [[ $IPREFIX == *unix*: ]]; then
		_cat5_sockets
	elif compset -P '*:'; then
		_cat5_ports
	else
		_cat5_hosts :
		[[ -n $IPREFIX ]] || _cat5_sockets
	fi
}

_cat5_offer() {
	local w before=$IPREFIX
	local -a words_ open_ expl
	for w; do
		case $w in
		'<file>') _files ;;
		'<dir>') _path_files -/ ;;
		'<program>') _command_names -e ;;
		'<host>') _cat5_hosts ;;
		'<port>') _cat5_ports ;;
		'<socket>') _cat5_sockets ;;
		'<address>') _cat5_addresses ;;
		'<end>') _cat5_addresses only ;;
		'<sockopt>') words_+=($_cat5_sockopts) ;;
		'<setting>') open_+=(${^_cat5_sockopts}=) ;;
		'<card>') words_+=(/sys/class/net/*(N:t)) ;;
		*[=:/]) open_+=($w) ;;
		*) words_+=($w) ;;
		esac
	done
	(( $#words_ )) && _wanted values expl value compadd -a words_
	[[ $#open_ -gt 0 && $IPREFIX == "$before" ]] && _wanted values expl value compadd -S '' -a open_
	(( compstate[nmatches] ))
}

# _cat5_operand offers what can stand where _arguments has come to; $1 is what it returned.
_cat5_operand() {
	[[ -n $state ]] || return $1
	local -i i
	[[ $cat5_command == nc && $+opt_args[-U] == 1 ]] && at=('<socket>' '') listen=()
	for (( i = 1; i < state; i++ )); do
		[[ $line[i] == unix && " $at[i] " == *' unix '* && -n $at[i+1] ]] || continue
		(( state == i + 1 )) && _cat5_offer '<socket>'
		return
	done
	(( $#listen && ($+opt_args[-l] || $+opt_args[--listen]) )) && at=($listen)
	_cat5_offer ${=at[$(( state > $#at ? $#at : state ))]}
}

# _cat5_program completes the program behind --, if there is a -- before the cursor.
_cat5_program() {
	local at=${words[(i)--]}
	(( at < CURRENT )) || return 1
	words=($words[at+1,-1]) CURRENT=$((CURRENT - at))
	_normal
	return 0
}

`

const zshMain = `	setopt localoptions extendedglob
	[[ $words[1] == ((*/|)(nc|netcat)) ]] && words=(cat5 nc "${(@)words[2,-1]}") CURRENT=$((CURRENT + 1))
	local context state state_desc cat5_command=$words[2]
	local -a line
	local -A opt_args
	if (( CURRENT == 2 )); then
		_describe command commands
		return
	fi
	(( $commands[(I)${(b)cat5_command}:*] )) || return 1
	shift words
	(( CURRENT-- ))
	_cat5__$cat5_command
}
`
