#!/bin/sh
# Draws 08-unix.svg: what a name in a folder, an inode and a socket have to do with each other, in three moments of two
# servers. The inodes and the errors are those that were met while drawing.
#   sh 08-unix.sh       (cat5 has to be in the PATH)
cd "$(dirname "$0")" || exit
out=$PWD awk=$(cat svg.awk) dir=$(mktemp -d) && cd "$dir" || exit
serve() { # serve FILE: a server at ./sock.s, whose inode is then in FILE
	cat5 echo unix ./sock.s 2>log & pid=$!
	until grep -q listening log; do sleep 0.02; done
	stat -c %i sock.s >"$1"
}
say() { sed 's/.*sock.s: //'; }
serve first; first=$pid
rm sock.s
serve second
kill -9 $pid; wait 2>/dev/null $pid
connect=$(cat5 unix ./sock.s </dev/null 2>&1 | say)
bind=$(cat5 echo unix ./sock.s 2>&1 | say)
kill $first
awk -v a="$(cat first)" -v b="$(cat second)" -v c="$connect" -v e="$bind" "$awk"'
function moment(x, what) { text(x, 70, "start", "bold", what); line(x, 80, x + 256, 80, "grid") }
function name(x, y) { box(x, y, 76, 40, "blue"); text(x + 38, y + 25, "middle", "bold", "sock.s") }
function inode(x, y, n, class) {
	box(x + 110, y, 146, 40, class); text(x + 183, y + 17, "middle", "", "socket inode"); text(x + 183, y + 33, "middle", "small", n)
}
function server(x, y, who, class) { box(x + 110, y + 80, 146, 40, class); text(x + 183, y + 105, "middle", "bold", who) }
function both(x, y) { arrow(x + 76, y + 20, x + 108, y + 20, "line"); arrow(x + 183, y + 80, x + 183, y + 42, "line") }
BEGIN {
	begin(880, 436, "A unix socket: name, inode, server")
	text(24, 32, "start", "title", "A name is only a way to a socket")
	x = 24; moment(x, "1  A: bind(), listen()")
	name(x, 108); inode(x, 108, a, "green"); server(x, 108, "A listens", "green"); both(x, 108)
	text(x, 258, "start", "small", "connect() goes from the name to")
	text(x, 274, "start", "small", "the inode, and so to the listener.")
	x = 312; moment(x, "2  B: unlink(), bind(), listen()")
	name(x, 108); inode(x, 108, b, "green"); server(x, 108, "B listens", "green"); both(x, 108)
	inode(x, 268, a, "box"); server(x, 268, "A listens", "orange"); arrow(x + 183, 348, x + 183, 310, "line")
	text(x, 286, "start", "dim small", "no name"); text(x, 302, "start", "dim small", "any more")
	text(x, 412, "start", "small", "A serves whom it has, and nobody new.")
	x = 600; moment(x, "3  B is killed")
	name(x, 108); inode(x, 108, b, "box"); arrow(x + 76, 128, x + 108, 128, "line")
	box(x + 110, 188, 146, 40, "red dash"); text(x + 183, 213, "middle", "dim", "nobody")
	text(x, 258, "start", "small", "The name stays (unix(7)).")
	text(x, 282, "start", "small", "connect: " c)
	text(x, 298, "start", "small", "bind: " e)
	text(x, 322, "start", "small", "So ask before unlink():")
	text(x, 338, "start", "small", "does anybody listen there?")
	end()
}' >"$out/08-unix.svg"
wait; cd / && rm -r "$dir"
