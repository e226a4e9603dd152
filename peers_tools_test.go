package main

import "strings"

// The other cables: how each of them is told to do what cat5 does.

// peerTool is another program that connects standard input and output with a peer. Its words are built from the port
// (or the socket's path) and, for datagrams on unix sockets, the path of the client's own name.
type peerTool struct {
	name   string
	client map[string]func(at, own string) []string
	server map[string]func(at, own string) []string
	// fixedName says that its unix datagram server has to be told its client's name.
	fixedName bool
	// oneEnd says that its server takes the end of its client for the end of it all, and what it had still to say is lost.
	oneEnd bool
	cannot map[string]string // cases its server is not able to do, and why
}

type argvFunc = func(at, own string) []string

// words makes an argv; AT and OWN in it stand for what is known later.
func words(argv ...string) argvFunc {
	return func(at, own string) []string {
		out := make([]string, len(argv))
		for i, w := range argv {
			out[i] = strings.NewReplacer("AT", at, "OWN", own).Replace(w)
		}
		return out
	}
}

var peerTools = []peerTool{
	{
		name: "nc.openbsd", oneEnd: true,
		cannot: map[string]string{"client ends first": "its server leaves at the end of its client"},
		client: map[string]argvFunc{ // -N: pass the end of the input on, which it does not by itself
			"tcp":   words("nc.openbsd", "-N", "127.0.0.1", "AT"),
			"udp":   words("nc.openbsd", "-u", "127.0.0.1", "AT"),
			"unix":  words("nc.openbsd", "-N", "-U", "AT"),
			"dgram": words("nc.openbsd", "-u", "-U", "-s", "OWN", "AT"),
		},
		server: map[string]argvFunc{
			"tcp":   words("nc.openbsd", "-l", "-N", "127.0.0.1", "0"),
			"udp":   words("nc.openbsd", "-l", "-u", "127.0.0.1", "0"),
			"unix":  words("nc.openbsd", "-l", "-N", "-U", "AT"),
			"dgram": words("nc.openbsd", "-l", "-u", "-U", "AT"),
		},
	},
	{
		name: "ncat", oneEnd: true,
		cannot: map[string]string{"client ends first": "its server leaves at the end of its client"},
		client: map[string]argvFunc{
			"tcp":   words("ncat", "127.0.0.1", "AT"),
			"udp":   words("ncat", "-u", "127.0.0.1", "AT"),
			"unix":  words("ncat", "-U", "AT"),
			"dgram": words("ncat", "-u", "-U", "-s", "OWN", "AT"),
		},
		server: map[string]argvFunc{
			"tcp":   words("ncat", "-l", "127.0.0.1", "0"),
			"udp":   words("ncat", "-l", "-u", "127.0.0.1", "0"),
			"unix":  words("ncat", "-l", "-U", "AT"),
			"dgram": words("ncat", "-l", "-u", "-U", "AT"),
		},
	},
	{
		name: "socat",
		client: map[string]argvFunc{ // -t: how long the other direction may go on after one has ended
			"tcp":   words("socat", "-t", "60", "-", "TCP:127.0.0.1:AT"),
			"udp":   words("socat", "-t", "60", "-", "UDP:127.0.0.1:AT"),
			"unix":  words("socat", "-t", "60", "-", "UNIX-CONNECT:AT"),
			"dgram": words("socat", "-t", "60", "-", "UNIX-SENDTO:AT,bind=OWN"),
		},
		server: map[string]argvFunc{
			"tcp":   words("socat", "-t", "60", "-", "TCP-LISTEN:0,bind=127.0.0.1"),
			"udp":   words("socat", "-t", "60", "-", "UDP-LISTEN:0,bind=127.0.0.1"),
			"unix":  words("socat", "-t", "60", "-", "UNIX-LISTEN:AT"),
			"dgram": words("socat", "-t", "60", "-", "UNIX-SENDTO:OWN,bind=AT"),
		},
		fixedName: true,
	},
}
