package modes

import (
	"runtime/debug"
	"testing"
)

func TestVersion(t *testing.T) {
	commit := debug.BuildSetting{Key: "vcs.revision", Value: "3c789b780183ade13bd4c1222762260d05879ad6"}
	day := debug.BuildSetting{Key: "vcs.time", Value: "2026-11-24T14:47:44Z"}
	clean, dirty := debug.BuildSetting{Key: "vcs.modified", Value: "false"}, debug.BuildSetting{Key: "vcs.modified", Value: "true"}
	for _, c := range []struct {
		version  string
		settings []debug.BuildSetting
		want     string
	}{
		{"(devel)", nil, "cat5 (devel) go1.26.8\n"},
		{"", nil, "cat5 (devel) go1.26.8\n"},
		{"v1.2.0", nil, "cat5 v1.2.0 go1.26.8\n"},
		{"v1.2.0", []debug.BuildSetting{commit, day, clean}, "cat5 v1.2.0 3c789b780183 2026-11-24 go1.26.8\n"},
		{"v1.2.0+dirty", []debug.BuildSetting{commit, day, dirty}, "cat5 v1.2.0 3c789b780183+dirty 2026-11-24 go1.26.8\n"},
		{"v0.0.0-20261124144744-3c789b780183", []debug.BuildSetting{commit, day, clean}, "cat5 3c789b780183 2026-11-24 go1.26.8\n"},
		{"v0.0.0-20261124144744-3c789b780183+dirty", []debug.BuildSetting{commit, day, dirty}, "cat5 3c789b780183+dirty 2026-11-24 go1.26.8\n"},
		{"(devel)", []debug.BuildSetting{{Key: "vcs.revision", Value: "3c7"}}, "cat5 3c7 go1.26.8\n"},
	} {
		info := &debug.BuildInfo{GoVersion: "go1.26.8", Main: debug.Module{Version: c.version}, Settings: c.settings}
		if got := version(info); got != c.want {
			t.Errorf("%s: %q, not %q", c.version, got, c.want)
		}
	}
}
