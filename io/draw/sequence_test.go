package draw

import (
	"encoding/xml"
	"flag"
	"io"
	"os"
	"strings"
	"testing"
	"unicode/utf8"
)

var updateSequence = flag.Bool("update-sequence", false, "write the golden files of the sequence diagrams anew")

// sample has everything that a row can have.
func sample() Sequence {
	return Sequence{
		Title: "a <test> & more", Roles: [2]string{"client", "server"}, Names: [2]string{"127.0.0.1:1000", "127.0.0.1:80"},
		Rows: []Row{
			{Call: [2]string{"", "listen() = 0"}, State: [2]string{"", "LISTEN"}},
			{Way: ToRight, Label: "SYN", Call: [2]string{"connect() = 0", ""}},
			{Way: ToLeft, Label: "SYN/ACK"},
			{Way: ToRight, Label: "ACK", State: [2]string{"ESTABLISHED", "ESTABLISHED"}},
			{Way: ToRight, Label: "data, 6 bytes", Inferred: true, Mark: "a", Call: [2]string{"write(6) = 6", ""}},
			{Way: ToLeft, Label: "ACK", Inferred: true, Mark: "b"},
			{Label: "no packet", Call: [2]string{"shutdown(SHUT_RD) = 0", ""}},
			{Way: ToLeft, Label: "RST", Call: [2]string{"read() = -1 ECONNRESET", "close() = 0"}, State: [2]string{"CLOSE", "gone"}},
		},
		Notes: []string{"(a) inferred: from something that takes more than one line of eighty characters to explain", "", "The end; #1."},
	}
}

func TestSequenceText(t *testing.T) {
	q := sample()
	want := `a <test> & more

                  client                                server
          127.0.0.1:1000                                127.0.0.1:80
                         |                            | listen() = 0
                         |                            | LISTEN
           connect() = 0 |---- SYN ------------------>|
                         |<---- SYN/ACK --------------|
             ESTABLISHED |---- ACK ------------------>| ESTABLISHED
            write(6) = 6 |.... data, 6 bytes (a) ....>|
                         |<.... ACK (b) ..............|
   shutdown(SHUT_RD) = 0 |         no packet          |
  read() = -1 ECONNRESET |<---- RST ------------------| close() = 0
                   CLOSE |                            | gone

(a) inferred: from something that takes more than one line of eighty characters
    to explain

The end; #1.
`
	if got := q.Text(false); got != want {
		t.Errorf("got\n%s\nnot\n%s", got, want)
	}
	for _, line := range strings.Split(q.Text(true), "\n") {
		if utf8.RuneCountInString(line) > 80 {
			t.Errorf("wider than 80: %s", line)
		}
	}
	if got := q.Text(true); !strings.Contains(got, "\n           connect() = 0 │──── SYN ──────────────────▶│\n") ||
		!strings.Contains(got, "\n                         │◀╌╌╌╌ ACK (b) ╌╌╌╌╌╌╌╌╌╌╌╌╌╌│\n") {
		t.Errorf("got\n%s", got)
	}

	q.Names[1] = "[2001:db8:1111:2222:3333:4444:5555:6666]:65535"
	want = "client 127.0.0.1:1000\nserver [2001:db8:1111:2222:3333:4444:5555:6666]:65535\n\n                  client                                server\n  "
	if got := q.Text(false); !strings.Contains(got, want) {
		t.Errorf("a long address: got\n%s", got)
	}
}

func TestSequenceMermaid(t *testing.T) {
	want := `sequenceDiagram
    participant A as client
    participant B as server
    Note over A,B: a #60;test#62; #38; more<br/>client 127.0.0.1:1000, server 127.0.0.1:80
    Note right of B: listen() = 0
    Note right of B: LISTEN
    Note left of A: connect() = 0
    A->>B: SYN
    B->>A: SYN/ACK
    A->>B: ACK
    Note left of A: ESTABLISHED
    Note right of B: ESTABLISHED
    Note left of A: write(6) = 6
    A-->>B: data, 6 bytes (a)
    B-->>A: ACK (b)
    Note left of A: shutdown(SHUT_RD) = 0
    Note over A,B: no packet
    Note left of A: read() = -1 ECONNRESET
    Note right of B: close() = 0
    B->>A: RST
    Note left of A: CLOSE
    Note right of B: gone
    Note over A,B: (a) inferred: from something that takes more than one line<br/>    of eighty characters to explain
    Note over A,B: The end#59; #35;1.
`
	if got := SequenceMermaid([]Sequence{sample()}); got != want {
		t.Errorf("got\n%s\nnot\n%s", got, want)
	}
}

func TestSequenceSVG(t *testing.T) {
	got := SequenceSVG([]Sequence{sample(), sample()})
	const golden = "testdata/sequence.svg"
	if *updateSequence {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("differs from %s: look at both, then go test ./io/draw -update-sequence", golden)
	}
	for d := xml.NewDecoder(strings.NewReader(got)); ; {
		if _, err := d.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatalf("not XML: %v", err)
		}
	}
}
