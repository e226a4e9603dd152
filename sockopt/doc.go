// Package sockopt knows every socket option that cat5 can set or read: one table, one row an option.
//
// A setting begins as text ("keepidle=10s"), Parse makes it a Setting, CheckFor says whether the socket to come has
// such an option at all, and both do so before any socket is made. Apply sets what is due at one moment of a socket's
// life and reads back what the kernel made of it, for the kernel is free to change a value (it doubles SO_RCVBUF).
//
// To add an option, add a line to table.go. If its value has a layout that no Kind describes yet, add the Kind to
// option.go, its text to parse.go and its bytes to encode.go; the test that walks the table tells what is missing.
package sockopt
