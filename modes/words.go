package modes

import (
	"slices"
	"strings"

	"cat5/io/engine"
	"cat5/sockopt"
)

// What can stand where on a command line: the source of the completions and of the synopsis of a manual page. All of it
// comes from the tables that the help is made of, but for the operands, which are prose there.

// A word that may stand somewhere is itself, or one of these, which a shell looks up when it is asked.
const (
	wordFile    = "<file>"
	wordDir     = "<dir>"
	wordHost    = "<host>"    // of /etc/hosts
	wordPort    = "<port>"    // a service, or a port that somebody listens on
	wordAddress = "<address>" // HOST:PORT, or a unix socket
	wordEnd     = "<end>"     // the same behind tcp:, listen:unix: and so on
	wordSocket  = "<socket>"  // a unix socket: @NAME, or a file
	wordCard    = "<card>"    // a network interface
	wordProgram = "<program>"
	wordSockopt = "<sockopt>" // the name of a socket option
	wordSetting = "<setting>" // the same with "=" behind it
)

// wordFlag is a flag as a shell sees it.
type wordFlag struct {
	long  string // without dashes; may be empty
	short byte   // 0 for none
	doc   string
	arg   string // what the help calls its value
	kind  argKind
	value []string // what can stand there; nothing for a number or free text
	again bool     // it may be given more than once
}

// wordCommand is a command as a shell sees it.
type wordCommand struct {
	name, short string
	flags       []wordFlag
	at          [][]string // what the first operand can be, the second, ...; the last goes for all that follow
	listen      [][]string // the same with --listen; nil: no different
	program     bool       // a program may stand behind --
}

// wordOperands says what the operands of each command are. Behind the word "unix" stands a socket and no more, whatever is
// said of that place; so it does behind nc's -U.
var wordOperands = []wordCommand{
	{name: "tcp", at: [][]string{{wordHost}, {wordPort}}, listen: [][]string{{wordPort, wordHost}, {wordPort}}},
	{name: "udp", at: [][]string{{wordHost}, {wordPort}}, listen: [][]string{{wordPort, wordHost}, {wordPort}}},
	{name: "unix", at: [][]string{{wordSocket}, nil}},
	{name: "listen", at: [][]string{{"tcp", "udp", "unix"}, {wordPort, wordHost}, {wordPort}}},
	{name: "echo", at: [][]string{{"tcp", "udp", "unix", wordPort}, {wordPort, wordHost}, {wordPort}}},
	{name: "http", at: [][]string{{wordDir}, {wordPort, wordHost}, {wordPort}}},
	{name: "bench", at: [][]string{{"echo"}, {"tcp", "udp", "unix", wordHost}, {wordHost}, {wordPort}}},
	{name: "relay", at: [][]string{
		{"tcp:", "udp:", "unix:", "listen:tcp:", "listen:udp:", "listen:unix:", "-", wordEnd},
		{"tcp:", "udp:", "unix:", "-", wordEnd}, nil}},
	{name: "scan", at: [][]string{{wordHost}, {wordPort, wordHost}}},
	{name: "wait", at: [][]string{{"tcp:", "udp:", "unix:", wordAddress}}, program: true},
	{name: "state", at: [][]string{{"unix:", wordPort, wordAddress}, nil}},
	{name: "probe", at: [][]string{{"tcp:", "unix:", wordAddress}, {"tcp:", "unix:", wordPort, wordAddress}}},
	{name: "inet", at: [][]string{{wordPort, wordHost}}},
	{name: "sockopt", at: [][]string{{"get", "set", wordSockopt}, {wordSockopt}}},
	{name: "keepalive", at: [][]string{{wordHost, "unix"}, {wordPort}, nil}, listen: [][]string{{wordPort, wordHost}, {wordPort}}},
	{name: "shutdown", at: [][]string{{wordCases, wordHost}, {wordCases, wordPort, wordHost}}},
	{name: "demo", at: [][]string{nil}},
	{name: "nc", at: [][]string{{wordHost}, {wordPort}}, listen: [][]string{{wordPort, wordHost}, {wordPort}}},
	{name: "completion", at: [][]string{{"bash", "zsh", "fish"}, nil}},
	{name: "man", at: [][]string{{wordCommands}, nil}},
	{name: "help", at: [][]string{{wordCommands, "flags"}, nil}},
	{name: "version", at: [][]string{nil}},
}

// unixPlaces are the operands whose word "unix" says that a socket follows: not those of a command where nothing can.
func (c *wordCommand) unixPlaces() (places []int) {
	for i, words := range c.at {
		if slices.Contains(words, "unix") && i+1 < len(c.at) && len(c.at[i+1]) > 0 {
			places = append(places, i)
		}
	}
	return places
}

// These stand for lists that are known when the completion is written.
const (
	wordCases    = "<case>"
	wordCommands = "<command>"
)

// repeats are the flags that can be given more than once.
const repeats = " verbose sockopt sockopt-b allow deny allow-uid proxy proxy-user proxy-password proxy-basic server svg "

// wordCommandsOf is every command, in the order of the help.
func wordCommandsOf() []wordCommand {
	var all []wordCommand
	for _, e := range commands() {
		all = append(all, wordsOf(e.make()))
	}
	return append(all, wordsOf(&command{name: "help", short: "the page of a command, or every flag"}))
}

func wordsOf(c *command) wordCommand {
	w := wordCommand{name: c.name}
	for _, row := range wordOperands {
		if row.name == c.name {
			w = row
		}
	}
	w.short = c.short
	w.at, w.listen = lookedUp(w.at), lookedUp(w.listen)
	switch c.name {
	case "nc":
		w.flags = ncWordFlags()
		return w
	case "help":
		return w
	}
	doc := ""
	for _, r := range c.rows() {
		if r.doc != "" { // else the row before says it for both
			doc = r.doc
		}
		w.flags = append(w.flags, wordFlag{long: r.name, short: r.short, doc: doc, arg: r.arg, kind: specs([]*flagRow{r})[0].Arg,
			value: flagWords(c.name, r), again: strings.Contains(repeats, " "+r.name+" ")})
	}
	return w
}

// lookedUp puts the lists in their places.
func lookedUp(at [][]string) [][]string {
	var out [][]string
	for _, words := range at {
		var list []string
		for _, w := range words {
			switch w {
			case wordCases:
				for _, c := range shutCases() {
					list = append(list, c.name)
				}
			case wordCommands:
				for _, e := range commands() {
					list = append(list, e.name)
				}
			default:
				list = append(list, w)
			}
		}
		out = append(out, list)
	}
	return out
}

// sockoptNames is the name of every option, between spaces.
func sockoptNames() string {
	var names []string
	for i := range sockopt.Table {
		names = append(names, sockopt.Table[i].Name)
	}
	return strings.Join(names, " ")
}

// flagWords is what can stand as the value of a flag.
func flagWords(command string, r *flagRow) (words []string) {
	switch r.name {
	case "eof":
		return strings.Fields("half full keep each peer last")
	case "unlink":
		return strings.Fields("never stale always leave")
	case "proxy":
		return strings.Fields("socks5:// socks4:// socks4a:// http:// http1.0://")
	case "proxy-password":
		return strings.Fields("file: fd: ask")
	case "sockopt", "sockopt-b":
		return []string{wordSetting}
	case "interface":
		return []string{wordCard}
	case "bind":
		return []string{wordFile}
	case "sh":
		return []string{wordProgram}
	case "engine":
		for _, e := range engine.All {
			words = append(words, e.Name)
		}
		return append(words, map[string]string{"bench": "all", "echo": "list"}[command])
	case "kind":
		words = strings.Fields("tcp udp unix")
		for _, k := range socketKinds {
			words = append(words, k.name)
		}
		return words
	case "tos":
		return tosNames()
	}
	arg := strings.Trim(r.arg, "[=]")
	switch {
	case strings.Contains(arg, "|"):
		return strings.Split(arg, "|")
	case arg == "FILE":
		return []string{wordFile}
	case arg == "ADDR":
		return []string{wordHost}
	case arg == "PORT":
		return []string{wordPort}
	case strings.HasSuffix(arg, "..."):
		return []string{wordProgram}
	}
	return nil
}

func tosNames() (names []string) {
	row, _ := sockopt.Lookup("tos")
	for _, w := range strings.Fields(row.Words) {
		name, _, _ := strings.Cut(w, "=")
		names = append(names, name)
	}
	return names
}

// ncWordFlags are nc's letters, with the words of nc -h.
func ncWordFlags() (flags []wordFlag) {
	for _, l := range openbsdLetters() {
		f := wordFlag{short: l.c, again: l.c == 'v'}
		for line := range strings.Lines(openbsdHelp) {
			if words := strings.Fields(line); len(words) > 1 && words[0] == "-"+string(l.c) {
				_, f.doc, _ = strings.Cut(strings.TrimSpace(line)[2:], "\t")
				f.doc = strings.TrimSpace(f.doc)
				if l.value != nil {
					f.kind, f.arg = needArg, words[1]
				}
			}
		}
		switch l.c {
		case 'X':
			f.value = strings.Fields("4 5 connect")
		case 'T':
			f.value = strings.Fields(ncTOSWords)
		case 's', 'x':
			f.value = []string{wordHost}
		case 'p':
			f.value = []string{wordPort}
		}
		flags = append(flags, f)
	}
	slices.SortStableFunc(flags, func(a, b wordFlag) int {
		return strings.Compare(strings.ToLower(string(a.short)), strings.ToLower(string(b.short)))
	})
	return flags
}
