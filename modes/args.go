// The argv normaliser: it runs before the flag library, which takes a flag after the first operand for an operand and
// refuses -p80, -lp80 and -w3. Here flags stand anywhere before --, and short ones are bundled and attached as
// getopt(3) has them; the library gets every flag in one word. A flag's name is matched whole: what is a prefix of one
// flag today may be a prefix of two tomorrow.

package modes

import (
	"strings"
	"unicode/utf8"

	"cat5/sockopt"
)

type argKind uint8

const (
	noArg   argKind = iota // --listen, -l
	needArg                // --timeout=3, --timeout 3, -w3, -w 3
	optArg                 // --hexdump=FILE; --hexdump or -x alone means its default
	restArg                // --exec PROG ARGS: every word that follows, whatever it looks like
)

// argSpec says how one flag takes its value.
type argSpec struct {
	Long    string   // without the dashes; the name that normalise writes
	Short   byte     // 0 if there is none
	Aliases []string // more long names
	Arg     argKind
}

// argError is a mistake in argv or in the value of a flag: one sentence for the one who typed it.
type argError string

func (e argError) Error() string { return string(e) }

// normalise sorts argv, which is without the command's name, into flags, operands, and the words behind -- or behind a
// flag that takes the rest of the line. Each flag is one word, --long or --long=value, in the order typed and as often
// as typed. The caller puts exactly one -- between flags and operands.
func normalise(specs []argSpec, argv []string) (flags, operands, rest []string, err error) {
	for len(argv) > 0 {
		word := argv[0]
		argv = argv[1:]
		switch {
		case word == "--":
			return flags, operands, argv, nil
		case len(word) < 2 || word[0] != '-': // "-" is an operand: standard input, by convention
			operands = append(operands, word)
		case word[1] == '-':
			if s := findLongFlag(specs, word[2:]); s != nil && s.Arg == restArg {
				if len(argv) == 0 {
					return nil, nil, nil, argError("option " + word + " needs a program")
				}
				return append(flags, "--"+s.Long), operands, argv, nil
			}
			flags, argv, err = normLong(specs, flags, word, argv)
		default:
			flags, argv, err = normShort(specs, flags, word, argv)
		}
		if err != nil {
			return nil, nil, nil, err
		}
	}
	return flags, operands, nil, nil
}

// normLong appends the flag of --name or --name=value; the value may be the next word, which is then taken from rest.
func normLong(specs []argSpec, flags []string, word string, rest []string) (_, left []string, err error) {
	name, value, given := strings.Cut(word[2:], "=")
	s := findLongFlag(specs, name)
	switch {
	case s == nil:
		return nil, nil, unknownLongFlag(specs, name)
	case s.Arg == restArg:
		return nil, nil, argError("option --" + name + " takes the words that follow it: --" + name + " PROG ARGS")
	case s.Arg == noArg && given && value != "true" && value != "false":
		return nil, nil, argError("option --" + name + " takes no value")
	case given:
		return append(flags, "--"+s.Long+"="+value), rest, nil
	case s.Arg == needArg:
		return normValue(s, flags, "--"+name, rest)
	}
	return append(flags, "--"+s.Long), rest, nil
}

// normShort appends the flags of a word such as -l, -lvv, -w3 or -lp80.
func normShort(specs []argSpec, flags []string, word string, rest []string) (_, left []string, err error) {
	for i := 1; i < len(word); i++ {
		s := findShortFlag(specs, word[i])
		switch after := word[i+1:]; {
		case s == nil:
			return nil, nil, unknownShortFlag(specs, word, i)
		case s.Arg == needArg && after != "":
			return append(flags, "--"+s.Long+"="+after), rest, nil
		case s.Arg == needArg:
			return normValue(s, flags, "-"+word[i:i+1], rest)
		case s.Arg == noArg && after != "" && after[0] == '=':
			return nil, nil, argError("option -" + word[i:i+1] + " takes no value")
		case s.Arg == optArg && after != "" && after[0] == '=':
			return nil, nil, argError("option -" + word[i:i+1] + " takes a value only as --" + s.Long + after)
		}
		flags = append(flags, "--"+s.Long)
	}
	return flags, rest, nil
}

// normValue appends the flag s with the next word as its value, whatever that looks like: -q -1 is a value.
func normValue(s *argSpec, flags []string, typed string, rest []string) (_, left []string, err error) {
	if len(rest) == 0 {
		return nil, nil, argError("option " + typed + " needs a value")
	}
	return append(flags, "--"+s.Long+"="+rest[0]), rest[1:], nil
}

func findLongFlag(specs []argSpec, name string) *argSpec {
	for i := range specs {
		if specs[i].Long == name {
			return &specs[i]
		}
		for _, alias := range specs[i].Aliases {
			if alias == name {
				return &specs[i]
			}
		}
	}
	return nil
}

func findShortFlag(specs []argSpec, c byte) *argSpec {
	for i := range specs {
		if specs[i].Short == c && c != 0 {
			return &specs[i]
		}
	}
	return nil
}

func unknownLongFlag(specs []argSpec, name string) error {
	var names []string
	for i := range specs {
		names = append(append(names, specs[i].Long), specs[i].Aliases...)
	}
	for i := range flagTable {
		if flagTable[i].name == name { // a slip of the mind, not of the finger
			return argError("option --" + name + " is not for this command: cat5 help flags")
		}
	}
	text := "unknown option --" + name
	if near := nearest(name, names); near != "" {
		text += ": did you mean --" + near + "?"
	}
	return argError(text)
}

// unknownShortFlag is about the character of word at i. A whole word that would be right with one more dash gets it.
func unknownShortFlag(specs []argSpec, word string, i int) error {
	_, size := utf8.DecodeRuneInString(word[i:])
	text := "unknown option -" + word[i:i+size]
	name, _, _ := strings.Cut(word[1:], "=")
	if len(name) > 1 && findLongFlag(specs, name) != nil {
		text += ": did you mean --" + name + "?"
	} else if here := netcatLetter(specs, word[i]); here != "" {
		text += ": that is " + here
	}
	return argError(text)
}

// netcatLetter is what a letter of other netcats is called here, or "".
func netcatLetter(specs []argSpec, c byte) string {
	for _, l := range [...]struct {
		c            byte
		needs, means string // the flag that the command has to have
	}{
		{'u', "listen", "cat5 udp"}, {'U', "listen", "cat5 unix"},
		{'e', "exec", "--exec PROG ARGS"}, {'c', "exec", "--exec sh -c COMMAND"},
		{'X', "proxy", "--proxy URL"}, {'P', "proxy", "--proxy-user NAME"},
		{'T', "tos", "--tos VALUE"}, {'M', "ttl", "--ttl N"}, {'S', "md5sig", "--md5sig"},
		{'I', "rcvbuf", "--rcvbuf SIZE"}, {'O', "sndbuf", "--sndbuf SIZE"}, {'D', "sockopt", "--sockopt debug"},
	} {
		if l.c == c && findLongFlag(specs, l.needs) != nil {
			return l.means
		}
	}
	return ""
}

// nearest is the one among names that name was probably meant to be, the first of equals, or "". Two slips of the
// finger are forgiven, and one in three letters of a long name, but never more than half of a short one: udp is not tcp.
func nearest(name string, among []string) string {
	best, limit := "", min(max(2, len(name)/3), len(name)/2)
	for _, other := range among {
		// The lengths alone rule most out, and bound the work for a name of any length.
		if d := len(name) - len(other); d > limit || -d > limit {
			continue
		}
		if d := sockopt.Slips(name, other); d <= limit {
			best, limit = other, d-1
		}
	}
	return best
}
