package web

import (
	"bytes"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// Validators and conditions, RFC 9110, sections 8.8 and 13.

// version is what a file is known by: what its validators are made of.
type version struct {
	size  int64
	sec   int64 // when it was last modified, seconds since 1970
	nsec  int64
	inode uint64
	fresh bool // it was modified just now, and could be again without a difference that shows
}

func versionOf(st *unix.Stat_t, now time.Time) version {
	v := version{size: st.Size, sec: int64(st.Mtim.Sec), nsec: int64(st.Mtim.Nsec), inode: st.Ino}
	// The kernel takes the time of a modification from a clock that ticks every few milliseconds, and Last-Modified has
	// whole seconds: within the second two versions may look the same (section 8.8.2.2 has the same rule for dates).
	v.fresh = now.Unix()-v.sec < 1
	return v
}

// appendTag appends the entity tag: size, time and inode. It is weak while the file is fresh.
func (v *version) appendTag(b []byte) []byte {
	if v.fresh {
		b = append(b, 'W', '/')
	}
	return v.appendOpaque(b)
}

func (v *version) appendOpaque(b []byte) []byte {
	b = append(b, '"')
	b = strconv.AppendUint(b, uint64(v.size), 16)
	b = append(b, '-')
	b = strconv.AppendUint(b, uint64(v.sec)*1e9+uint64(v.nsec), 16)
	b = append(b, '-')
	b = strconv.AppendUint(b, v.inode, 16)
	return append(b, '"')
}

// conditions evaluates what the request asks first, in the order of section 13.2.2: 0 to go on, 304, or 412.
func (v *version) conditions(r *request, b []byte) int {
	if r.twice {
		return 0
	}
	switch {
	case r.ifMatch.there():
		if !v.matches(r.ifMatch.of(b), true) {
			return 412
		}
	case r.ifUnmodified.there():
		if t, ok := parseDate(r.ifUnmodified.of(b)); ok && v.sec > t {
			return 412
		}
	}
	switch {
	case r.ifNoneMatch.there():
		if v.matches(r.ifNoneMatch.of(b), false) {
			return 304
		}
	case r.ifModified.there():
		if t, ok := parseDate(r.ifModified.of(b)); ok && v.sec <= t {
			return 304
		}
	}
	return 0
}

// ranges says whether a range counts: If-Range has to be exactly what we have, and a strong validator.
func (v *version) ranges(r *request, b []byte) bool {
	if !r.byteRange.there() || r.twice {
		return false
	}
	if !r.ifRange.there() {
		return true
	}
	if v.fresh {
		return false
	}
	want := r.ifRange.of(b)
	if len(want) > 0 && (want[0] == '"' || want[0] == 'W') {
		return v.matches(want, true)
	}
	t, ok := parseDate(want)
	return ok && t == v.sec
}

// matches looks for our tag in a list of tags, or "*". Strong comparison wants two strong ones (section 8.8.3.2).
func (v *version) matches(list []byte, strong bool) bool {
	if string(list) == "*" {
		return true
	}
	var own [64]byte
	tag := v.appendOpaque(own[:0])
	for len(list) > 0 {
		list = bytes.TrimLeft(list, " \t,")
		weak := bytes.HasPrefix(list, []byte("W/"))
		if weak {
			list = list[2:]
		}
		if len(list) == 0 || list[0] != '"' { // not a tag: the rest cannot be understood
			return false
		}
		end := bytes.IndexByte(list[1:], '"')
		if end < 0 {
			return false
		}
		if bytes.Equal(list[:end+2], tag) && !(strong && (weak || v.fresh)) {
			return true
		}
		list = list[end+2:]
	}
	return false
}
