package modes

import "strings"

// fishCompletion is the completion for fish 3 and later.
func fishCompletion(all []wordCommand) string {
	var b strings.Builder
	b.WriteString(fishHead)
	b.WriteString("\nfunction __cat5_takes # the flags of a command that take the next word\n\tswitch $argv[1]\n")
	for _, c := range all {
		var takes []string
		for _, f := range c.flags {
			if f.kind == needArg {
				takes = append(takes, f.names()...)
			}
		}
		if len(takes) > 0 {
			b.WriteString("\t\tcase " + c.name + "\n\t\t\tstring split ' ' -- '" + strings.Join(takes, " ") + "'\n")
		}
	}
	b.WriteString("\tend\nend\n\nfunction __cat5_unix # where the word unix says that a socket follows\n\tcontains -- \"$argv\"" + fishUnix(all) + "\nend\n")
	b.WriteString("\nfunction __cat5_sockopts\n\tstring split ' ' -- '" + sockoptNames() + "'\nend\n\ncomplete -c cat5 -f\n")
	for _, c := range all {
		b.WriteString("complete -c cat5 -n __cat5_bare -a " + c.name + " -d " + single(c.short) + "\n")
	}
	b.WriteString("\n# flags\n")
	var tails []string // what is said of a flag; commands that say the same stand in one line
	who := map[string][]string{}
	for _, c := range all {
		for _, f := range c.flags {
			tail := f.fish()
			if who[tail] == nil {
				tails = append(tails, tail)
			}
			who[tail] = append(who[tail], c.name)
		}
	}
	for _, tail := range tails {
		b.WriteString("complete -c cat5 -n '__cat5_in " + strings.Join(who[tail], " ") + "'" + tail + "\n")
	}
	b.WriteString("\n# operands\n")
	for _, c := range all {
		for i, words := range c.at {
			c.fishPlace(&b, i, len(c.at), "plain", words)
		}
		for i, words := range c.listen {
			c.fishPlace(&b, i, len(c.listen), "listen", words)
		}
		for _, i := range c.unixPlaces() {
			c.fishPlace(&b, i+1, 0, "unix", []string{wordSocket})
		}
		if c.name == "nc" {
			c.fishPlace(&b, 0, 0, "unix", []string{wordSocket})
		}
	}
	b.WriteString("complete -c cat5 -n __cat5_program -xa '(__cat5_programs)'\n")
	return b.String()
}

// fish is the flag as complete(1) of fish takes it.
func (f *wordFlag) fish() string {
	s := ""
	if f.short != 0 {
		s += " -s " + string(f.short)
	}
	if f.long != "" {
		s += " -l " + f.long
	}
	if f.kind == needArg {
		s += " -x"
	}
	if len(f.value) > 0 && f.kind != restArg {
		s += " -a " + fishWords(f.value)
	}
	return s + " -d " + single(f.doc)
}

// fishUnix is every command and place where the word "unix" says that a socket follows.
func fishUnix(all []wordCommand) (s string) {
	for i := range all {
		for _, place := range all[i].unixPlaces() {
			s += " '" + all[i].name + " " + itoa(place+1) + "'"
		}
	}
	return s
}

// fishPlace is what the operand number i, of those that are told apart, can be.
func (c *wordCommand) fishPlace(b *strings.Builder, i, n int, how string, words []string) {
	if len(words) == 0 {
		return
	}
	if c.listen == nil && how != "unix" {
		how = "any"
	}
	place := itoa(i + 1)
	if i == n-1 {
		place += " more"
	}
	b.WriteString("complete -c cat5 -n '__cat5_at " + c.name + " " + how + " " + place + "' -xa " + fishWords(words) + "\n")
}

func fishWords(words []string) string {
	var out []string
	for _, w := range words {
		switch w {
		case wordFile:
			w = "(__cat5_files)"
		case wordDir:
			w = "(__fish_complete_directories (commandline -ct))"
		case wordHost:
			w = "(__cat5_hosts)"
		case wordPort:
			w = "(__cat5_ports)"
		case wordAddress:
			w = "(__cat5_addresses)"
		case wordEnd:
			w = "(__cat5_addresses only)"
		case wordSocket:
			w = "(__cat5_sockets; __cat5_files)"
		case wordSockopt:
			w = "(__cat5_sockopts)"
		case wordSetting:
			w = "(__cat5_sockopts)="
		case wordCard:
			w = "(command ls /sys/class/net)"
		case wordProgram:
			w = "(__fish_complete_command)"
		}
		out = append(out, w)
	}
	return single(strings.Join(out, " "))
}

const fishHead = `# Completion of cat5's command lines for fish. Made by: cat5 completion fish
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
`
