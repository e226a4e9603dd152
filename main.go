// Command cat5 is the network cable for your shell.
package main

import (
	"os"

	"cat5/io/explain"
	_ "cat5/io/stack" // grows the stack once
	"cat5/io/sys"
	"cat5/modes"
)

func main() {
	os.Exit(modes.Main(&modes.Env{K: sys.Linux(), Name: os.Args[0], Args: os.Args[1:], Environ: os.Environ(), Explain: explain.Wrap}))
}
