package main

import (
	"bufio"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/sys/unix"
)

// TestPeersNarrowTerminal: the progress line of a transfer is drawn over itself, so it must fit the terminal it is drawn
// on: one that is longer wraps, and each time it is drawn the screen scrolls.
func TestPeersNarrowTerminal(t *testing.T) {
	const columns, draws = 40, 3
	dir := t.TempDir()
	cat5, big := realCat5(t), filepath.Join(dir, "big")
	if err := os.WriteFile(big, random(8<<20, 3), 0o666); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(big)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	person, programs := narrowTerminal(t, columns)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	port := strconv.Itoa(ln.Addr().(*net.TCPAddr).Port)
	cmd := exec.Command(cat5, "tcp", "--rate=1M", "127.0.0.1", port)
	cmd.Stdin, cmd.Stderr = file, programs
	if cmd.Stdout, err = os.Create(filepath.Join(dir, "out")); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	programs.Close()
	hung := time.AfterFunc(peerHang, func() { cmd.Process.Kill() })
	defer hung.Stop()
	defer cmd.Wait()
	defer cmd.Process.Kill()
	conn, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	go conn.(*net.TCPConn).WriteTo(peerNowhere{})

	r := bufio.NewReader(person)
	for seen := 0; seen < draws; {
		text, err := r.ReadString('\r')
		if err != nil {
			t.Fatalf("the terminal ended after %d draws: %q, %v", seen, text, err)
		}
		line := strings.TrimSuffix(strings.TrimSuffix(text, "\r"), "\x1b[K")
		if line == "" {
			continue
		}
		seen++
		if n := utf8.RuneCountInString(line); n >= columns {
			t.Errorf("a line of %d characters on %d columns: %q", n, columns, line)
		}
	}
}

// TestPeersKeepOpenTerminal: with -k the end of a peer is the end of its turn. A person must not be told to type ^D,
// which would not end the peer's side but the person's, for every peer still to come.
func TestPeersKeepOpenTerminal(t *testing.T) {
	dir := t.TempDir()
	cat5 := filepath.Join(dir, "cat5")
	if out, err := exec.Command("go", "build", "-tags", "urfave_cli_no_docs", "-o", cat5, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	person, programs := narrowTerminal(t, 80)
	cmd := exec.Command(cat5, "tcp", "-l", "-k", "127.0.0.1", "0")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = programs, programs, programs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	programs.Close()
	hung := time.AfterFunc(peerHang, func() { cmd.Process.Kill() })
	defer hung.Stop()
	defer cmd.Wait()
	defer cmd.Process.Kill()
	r := bufio.NewReader(person)
	screen := ""
	await := func(word string) {
		for !strings.Contains(screen, word) {
			line, err := r.ReadString('\n')
			screen += line
			if err != nil {
				t.Fatalf("no %q on the screen: %q, %v", word, screen, err)
			}
		}
	}
	await("listening on 127.0.0.1:")
	_, port, _ := strings.Cut(screen, "127.0.0.1:")
	for _, word := range []string{"first", "second"} {
		conn, err := net.Dial("tcp", "127.0.0.1:"+strings.TrimSpace(port))
		if err != nil {
			t.Fatal(err)
		}
		conn.Write([]byte(word + "\n"))
		conn.Close()
		await(word)
	}
	if strings.Contains(screen, "^D") {
		t.Errorf("a person who keeps serving is told to type ^D: %q", screen)
	}
}

type peerNowhere struct{}

func (peerNowhere) Write(b []byte) (int, error) { return len(b), nil }

// narrowTerminal opens a pseudo-terminal (pty(7)): the person's side and the programs'.
func narrowTerminal(t *testing.T, columns uint16) (person, programs *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { person.Close() })
	fd := int(person.Fd())
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		err = unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: columns})
	}
	if err == nil {
		programs, err = os.OpenFile("/dev/pts/"+strconv.Itoa(n), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	return person, programs
}
