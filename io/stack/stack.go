// Package stack makes room for the main goroutine's stack at once.
//
// A goroutine begins with 2 KiB and doubles when that is used up: 4, 8, 16, 32 KiB, before a short run of cat5 is over. Each
// time the runtime cuts a span into stacks of the new size, which touches a page of each, and reads the tables of all
// frames to move their pointers: about 25 page faults of 340, and a twentieth of the time from start to exit.
//
// The work is done while packages are initialised, as the stack grows there already. Packages come "sorted by import path",
// each when all that it imports is initialised (The Go Programming Language Specification, "Package initialization"): one
// that imports nothing and whose path begins with "cat5" is among the first.
package stack

// size is the frame of grow, in bytes: with what is in use by then the stack becomes 32 KiB.
const size = 28 << 10

// Grown is only there because it has to be initialised.
var Grown = grow(0)

// grow needs a frame of size bytes, and touches none of them: the stack is made large enough on entry, and the array is
// zeroed where it is declared.
//
//go:noinline
func grow(n int) byte {
	if n > 0 {
		var frame [size]byte
		return *at(&frame, n)
	}
	return 0
}

//go:noinline
func at(frame *[size]byte, n int) *byte { return &frame[n%size] }
