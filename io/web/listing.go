package web

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"time"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// The listing of a folder: what may be asked for, folders first, each in the order of its letters.

// maxNames is how many names a listing has at most.
const maxNames = 10_000

// entry is a line of a listing.
type entry struct {
	name string
	dir  bool
	size int64
	sec  int64
}

// list answers with the listing of the folder fd, which is at path.
func (s *server) list(c *conn, r *request, path []byte, fd int) int {
	all, more, err := s.entries(fd, path)
	if err != nil {
		return statusOf(err)
	}
	s.body = appendListing(s.body[:0], path, all, more)
	// What is in a folder changes without a date that could be relied on: no validators.
	s.html(c, r, 200, "Cache-Control: ", "no-cache")
	return 0
}

// entries reads what may be asked for. more says that there would be more than maxNames.
func (s *server) entries(fd int, path []byte) (all []entry, more bool, err error) {
	var bad error
	err = sys.ReadDir(s.k, fd, s.body[:smallFile], func(name []byte, typ byte) bool {
		if name[0] == '.' || typ != unix.DT_REG && typ != unix.DT_DIR && typ != unix.DT_LNK && typ != unix.DT_UNKNOWN {
			return true
		}
		if more = len(all) == maxNames; more {
			return false
		}
		var e entry
		var ok bool
		if e, ok, bad = s.entry(fd, path, string(name)); ok {
			all = append(all, e)
		}
		return bad == nil
	})
	if err == nil {
		err = bad
	}
	slices.SortFunc(all, func(a, b entry) int {
		if a.dir != b.dir {
			if a.dir {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(strings.ToLower(a.name), strings.ToLower(b.name)), cmp.Compare(a.name, b.name))
	})
	return all, more, err
}

// entry looks at one name; ok says that it may be asked for.
func (s *server) entry(fd int, path []byte, name string) (e entry, ok bool, err error) {
	st := &s.st
	err = s.k.Fstatat(fd, name, st, unix.AT_SYMLINK_NOFOLLOW)
	if err == nil && st.Mode&unix.S_IFMT == unix.S_IFLNK {
		err = s.follow(path, name, st)
	}
	if err != nil {
		if code := statusOf(err); code == 404 || code == 403 { // it has gone, leads out or nowhere, or is not for us
			err = nil
		}
		return e, false, err
	}
	return entry{name, isDir(st), st.Size, int64(st.Mtim.Sec)}, servable(st), nil
}

// follow finds what a symbolic link leads to, as opening it would.
func (s *server) follow(path []byte, name string, st *unix.Stat_t) error {
	full := name
	if len(path) > 0 {
		full = string(path) + "/" + name
	}
	fd, err := s.tree.open(full, unix.O_PATH)
	if err != nil {
		return err
	}
	defer sys.Close(s.k, fd)
	return s.k.Fstat(fd, st)
}

func appendListing(b, path []byte, all []entry, more bool) []byte {
	title := append([]byte{'/'}, path...)
	if len(path) > 0 {
		title = append(title, '/')
	}
	b = append(b, opening...)
	b = appendText(b, title)
	b = append(b, "</title>\n"+style+tableStyle+"<h1><bdi>"...)
	b = appendCrumbs(b, path)
	b = append(b, "</bdi></h1>\n<table>\n<tr><th>name<th>size<th>modified, UTC</tr>\n"...)
	if len(path) > 0 {
		b = append(b, "<tr><td><a href=\"../\">../</a><td><td></tr>\n"...)
	}
	for i := range all {
		b = appendEntry(b, &all[i])
	}
	b = append(b, "</table>\n"...)
	switch {
	case more:
		b = append(b, "<p>There is more here than these 10000 names.</p>\n"...)
	case len(all) == 0:
		b = append(b, "<p>This folder is empty.</p>\n"...)
	}
	return append(b, "</html>\n"...)
}

// appendCrumbs writes a path each of whose folders can be gone to.
func appendCrumbs(b, path []byte) []byte {
	if len(path) == 0 {
		return append(b, '/')
	}
	b = append(b, `<a href="/">/</a>`...)
	for at := 0; at < len(path); {
		end := len(path)
		if i := bytes.IndexByte(path[at:], '/'); i >= 0 {
			end = at + i
		}
		b = append(b, `<a href="/`...)
		b = appendPath(b, path[:end])
		b = append(b, `/">`...)
		b = appendText(b, path[at:end])
		b = append(b, "</a>/"...)
		at = end + 1
	}
	return b
}

// appendEntry writes a row. "./" before the name keeps "a:b" from being a scheme; <bdi> keeps letters that are written from
// right to left from changing the order of what stands beside them.
func appendEntry(b []byte, e *entry) []byte {
	b = append(b, `<tr><td><a href="./`...)
	b = appendPath(b, []byte(e.name))
	if e.dir {
		b = append(b, '/')
	}
	b = append(b, `"><bdi>`...)
	b = appendText(b, []byte(e.name))
	if e.dir {
		b = append(b, '/')
	}
	b = append(b, "</bdi></a><td>"...)
	if !e.dir {
		b = appendSize(b, e.size)
	}
	b = append(b, "<td>"...)
	b = time.Unix(e.sec, 0).UTC().AppendFormat(b, "2006-01-02 15:04")
	return append(b, "</tr>\n"...)
}

// appendSize writes 512 B, 1.5 KiB, 12 MiB: at most three digits before the unit.
func appendSize(b []byte, n int64) []byte {
	if n < 1024 {
		return append(appendInt(b, n), " B"...)
	}
	const letters = "KMGTPE"
	unit, i := int64(1024), 0
	for i < len(letters)-1 && n/unit >= 1000 {
		unit, i = unit*1024, i+1
	}
	tenths := (n/(unit/1024)*10 + 512) / 1024
	b = appendInt(b, tenths/10)
	if tenths < 100 {
		b = append(b, '.', byte('0'+tenths%10))
	}
	return append(b, ' ', letters[i], 'i', 'B')
}
