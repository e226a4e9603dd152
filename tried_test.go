package main

import (
	"os"
	"strconv"
	"testing"
)

// notTried says, loudly, what a test could not try on this machine. Where everything has to be tried (CAT5_TEST_ALL, as
// .ci/run sets it) that is a failure.
func notTried(t *testing.T, what string) {
	t.Helper()
	os.Stderr.WriteString("NOT TRIED: " + what + "\n")
	if os.Getenv("CAT5_TEST_ALL") != "" {
		t.Errorf("NOT TRIED: %s", what)
	}
}

func itoa(n int) string { return strconv.Itoa(n) }
