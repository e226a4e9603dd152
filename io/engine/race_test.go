//go:build race

package engine

// raced says that the race detector is at work.
const raced = true
