package main

import (
	"context"
	"fmt"
	"hash/fnv"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestLookFaults makes the calls of the commands that look and teach fail, each in every way its man page knows: they
// say so and leave nothing behind, or go on without what they could not have. Those that only read have no bytes to lose.
func TestLookFaults(t *testing.T) {
	ran := 0
	for _, args := range []string{"state", "state -i --json", "shutdown wr linger0", "shutdown --infer --json close"} {
		calls, v := lookFault(t, args, "")
		if v != "" {
			t.Fatalf("%s without a fault: %s", args, v)
		}
		count := map[string]int{}
		for _, c := range calls {
			count[c]++
		}
		for _, row := range faultTable {
			ns := []int{1, 2, count[row.call]}
			slices.Sort(ns)
			for _, n := range slices.Compact(ns) {
				for _, errno := range append(slices.Clone(row.errnos), row.benign...) {
					name := fmt.Sprintf("%s:%d:%s", row.call, n, errno)
					if n < 1 || n > count[row.call] || errno == "EOPNOTSUPP" || !lookDrawn(args+name) {
						continue
					}
					ran++
					if _, v := lookFault(t, args, name); v != "" {
						t.Errorf("%s, %s: %s", args, name, v)
					}
				}
			}
		}
	}
	t.Logf("%d faults made", ran)
}

// lookDrawn draws one of lookShare, always the same ones: all of them are some 700 runs. CAT5_TEST_FAULTS_ALL runs all.
func lookDrawn(name string) bool {
	const lookShare = 40
	h := fnv.New32a()
	h.Write([]byte(name))
	return h.Sum32()%lookShare == 0 || os.Getenv("CAT5_TEST_FAULTS_ALL") != ""
}

func lookFault(t *testing.T, args, fault string) (calls []string, verdict string) {
	dir := t.TempDir()
	notes := faultFile(t, dir, "notes", nil)
	defer notes.Close()
	ctx, cancel := context.WithTimeout(context.Background(), hang)
	defer cancel()
	cmd := exec.CommandContext(ctx, "cat5", strings.Fields(args)...)
	cmd.ExtraFiles = []*os.File{notes}
	cmd.WaitDelay = 10 * time.Second
	cmd.Env = append(os.Environ(), "CAT5_TEST_CALLS=3", "CAT5_TEST_FAULT="+fault, "GORACE=atexit_sleep_ms=0 "+os.Getenv("GORACE"))
	var said strings.Builder
	cmd.Stderr = &said
	cmd.Run()
	log, _ := os.ReadFile(notes.Name())
	code := cmd.ProcessState.ExitCode()
	switch {
	case ctx.Err() != nil:
		verdict = "hangs"
	case code == 124 || code == 125 || code < 0 && !strings.HasSuffix(fault, "EPIPE"):
		verdict = fmt.Sprintf("exit %s: %s", cmd.ProcessState, said.String())
	case fault == "" && code != 0, code > 0 && said.Len() == 0:
		verdict = fmt.Sprintf("exit %d: %q", code, said.String())
	}
	return strings.Fields(string(log)), verdict
}
