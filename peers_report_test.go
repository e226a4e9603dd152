package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// The matrix as it is told at the end of TestPeers.

type peerMatrix struct {
	dir, cat5 string
	cases     []*peerCase
	seq       atomic.Int32
	mu        sync.Mutex
	cells     []*peerCell
	absent    []string
}

type peerCell struct {
	row, name, why string // why it was not tried; "" when it was
	failed         bool
}

// note opens a cell; what becomes of it is read when its test has ended.
func (m *peerMatrix) note(t *testing.T, r *rival, name, why string) {
	cat5 := "server"
	if r.role == "server" {
		cat5 = "client"
	}
	cell := &peerCell{row: fmt.Sprintf("%-17s %-6s %-6s", r.name, r.proto, cat5), name: name, why: why}
	m.mu.Lock()
	m.cells = append(m.cells, cell)
	m.mu.Unlock()
	t.Cleanup(func() { cell.failed = t.Failed() })
}

// missing is a peer that is not here. Where everything has to be tried that is a failure.
func (m *peerMatrix) missing(t *testing.T, why string) {
	m.absent = append(m.absent, why)
	t.Log("NOT TRIED: " + why)
	os.Stderr.WriteString("NOT TRIED: " + why + "\n")
	if os.Getenv("CI") == "true" || os.Getenv("CAT5_TEST_ALL") == "1" {
		t.Errorf("NOT TRIED: %s", why)
	}
}

// summary tells the matrix, a line for each peer, transport and role, and the counts.
func (m *peerMatrix) summary(t *testing.T) {
	var b strings.Builder
	fmt.Fprintf(&b, "%-17s %-6s %-6s  cases\n", "peer", "over", "cat5 is")
	ok, failed, row := 0, 0, ""
	var notes []string
	slices.SortStableFunc(m.cells, func(a, b *peerCell) int { return strings.Compare(a.row, b.row) })
	for _, c := range m.cells {
		if c.row != row {
			if row != "" {
				b.WriteByte('\n')
			}
			row = c.row
			b.WriteString(row + " ")
		}
		switch {
		case c.why != "":
			fmt.Fprintf(&b, " %s: -", c.name)
			notes = append(notes, strings.Join(strings.Fields(c.row), " ")+", "+c.name+": "+c.why)
		case c.failed:
			failed++
			fmt.Fprintf(&b, " %s: FAILED", c.name)
		default:
			ok++
			fmt.Fprintf(&b, " %s: ok", c.name)
		}
		b.WriteByte(';')
	}
	fmt.Fprintf(&b, "\n%d conversations ok, %d failed\n", ok, failed)
	for _, n := range notes {
		b.WriteString("not possible: " + n + "\n")
	}
	for _, a := range m.absent {
		b.WriteString("NOT TRIED: " + a + "\n")
	}
	t.Log("\n" + b.String())
}
