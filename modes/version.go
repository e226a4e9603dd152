package modes

import (
	"runtime/debug"
	"strings"
)

func versionCommand() *command {
	return &command{
		name: "version", short: "which cat5 this is: version, commit, Go", usage: "", flags: []string{"help"},
		run: func(e *Env, o *options, operands []string) error {
			if len(operands) > 0 {
				return usageError("version takes no operands")
			}
			info, ok := debug.ReadBuildInfo()
			if !ok {
				return e.print("cat5 of an unknown version\n")
			}
			return e.print(version(info))
		},
	}
}

// version is what go build put into the binary. Built in a checkout it knows the commit, its day, and whether something had
// been changed since; from the module proxy it knows the version; and without either (-buildvcs=false) nothing.
func version(info *debug.BuildInfo) string {
	set := map[string]string{}
	for _, kv := range info.Settings {
		set[kv.Key] = kv.Value
	}
	v, commit := info.Main.Version, set["vcs.revision"]
	commit = commit[:min(12, len(commit))]
	words := []string{"cat5"}
	if v != "" && v != "(devel)" && (commit == "" || !strings.Contains(v, commit)) { // a version made of the commit says it twice
		words = append(words, strings.TrimSuffix(v, "+dirty"))
	}
	if commit != "" {
		if set["vcs.modified"] == "true" {
			commit += "+dirty"
		}
		words = append(words, commit)
	}
	if day, _, ok := strings.Cut(set["vcs.time"], "T"); ok {
		words = append(words, day)
	}
	if len(words) == 1 {
		words = append(words, "(devel)")
	}
	return strings.Join(append(words, info.GoVersion), " ") + "\n"
}
