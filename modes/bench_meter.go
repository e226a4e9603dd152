package modes

import (
	"os"
	"strconv"
	"strings"
	"time"

	"cat5/io/sys"
)

// meter reads what a server uses: its process, and those that it has started (the engine "process").
type meter struct {
	k   *sys.Calls
	pid int // 0: not known
}

// tree is the process and all its descendants. The kernel lists children by the thread that started them (proc(5),
// /proc/PID/task/TID/children).
func (m *meter) tree() []int {
	all := []int{m.pid}
	for i := 0; i < len(all); i++ {
		dir := "/proc/" + itoa(all[i]) + "/task"
		threads, err := os.ReadDir(dir)
		if err != nil {
			continue // it has ended
		}
		for _, t := range threads {
			b, err := readFile(m.k, dir+"/"+t.Name()+"/children", 1<<20)
			if err != nil {
				continue
			}
			for _, word := range strings.Fields(string(b)) {
				if pid, err := strconv.Atoi(word); err == nil {
					all = append(all, pid)
				}
			}
		}
	}
	return all
}

// cpu is the processor time of all of them in nanoseconds, with that of children that have ended and been waited for.
func (m *meter) cpu() int64 {
	if m.pid == 0 {
		return unknown
	}
	sum := int64(0)
	for i, pid := range m.tree() {
		d, err := m.k.CPUTime(pid)
		if err != nil {
			if i == 0 {
				return unknown
			}
			continue // it has ended since; its parent counts it
		}
		sum += int64(d) + m.reaped(pid)
	}
	return sum
}

// reaped is cutime and cstime of /proc/PID/stat, fields 16 and 17 (proc_pid_stat(5)); the name of the program, field 2,
// may hold anything, so counting begins behind its parenthesis. A tick is a hundredth of a second in this file, whatever
// the kernel's own is.
func (m *meter) reaped(pid int) int64 {
	b, err := readFile(m.k, "/proc/"+itoa(pid)+"/stat", 4096)
	if err != nil {
		return 0
	}
	text := string(b)
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	if len(fields) < 15 {
		return 0
	}
	sum := int64(0)
	for _, f := range fields[13:15] {
		n, _ := strconv.ParseInt(f, 10, 64)
		sum += n
	}
	return sum * int64(10*time.Millisecond)
}

// memory is the memory of all of them in bytes: PSS, in which what several processes share is counted once, in parts
// (proc(5), smaps_rollup); or RSS where that cannot be read. The kernel's own memory, such as buffers of sockets, is not
// in it.
func (m *meter) memory() int64 {
	if m.pid == 0 {
		return unknown
	}
	sum := int64(0)
	for i, pid := range m.tree() {
		n, ok := m.kib(pid, "smaps_rollup", "Pss:")
		if !ok {
			n, ok = m.kib(pid, "status", "VmRSS:")
		}
		if !ok && i == 0 {
			return unknown
		}
		sum += n
	}
	return sum
}

func (m *meter) kib(pid int, file, name string) (int64, bool) {
	b, err := readFile(m.k, "/proc/"+itoa(pid)+"/"+file, 8192)
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, name); ok {
			n, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			return n * 1024, err == nil
		}
	}
	return 0, false
}
