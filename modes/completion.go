package modes

import "strings"

// cat5 completion prints what a shell needs to complete cat5's command lines. It is made from the same tables as the help
// and holds still: nothing that was typed is run, or read by a shell a second time, to find out what may follow.

func completionCommand() *command {
	return &command{
		name: "completion", short: "what bash, zsh or fish needs to complete cat5's lines", usage: "bash | zsh | fish",
		examples: []string{
			"source <(cat5 completion bash)                     # for this shell",
			"cat5 completion bash >/etc/bash_completion.d/cat5  # for everybody's",
			"cat5 completion zsh >~/.zsh/_cat5                  # a folder of fpath",
			"cat5 completion fish >~/.config/fish/completions/cat5.fish",
		},
		flags: []string{"help"},
		run: func(e *Env, o *options, operands []string) error {
			if len(operands) != 1 {
				return usageError("for which shell? bash, zsh or fish")
			}
			s := Completion(operands[0])
			if s == "" {
				return usageError("there is no completion for " + quoted(operands[0]) + ": bash, zsh and fish have one")
			}
			return e.print(s)
		},
	}
}

// Completion is the text of docs/completions for a shell; "" for one that has none.
func Completion(shell string) string {
	switch shell {
	case "bash":
		return bashCompletion(wordCommandsOf())
	case "zsh":
		return zshCompletion(wordCommandsOf())
	case "fish":
		return fishCompletion(wordCommandsOf())
	}
	return ""
}

// single is s in single quotes, as every shell reads it. A line break becomes a space.
func single(s string) string {
	return "'" + strings.ReplaceAll(strings.ReplaceAll(s, "\n", " "), "'", `'\''`) + "'"
}

// names is how the flag is written: --long, then -s.
func (f *wordFlag) names() (names []string) {
	if f.long != "" {
		names = append(names, "--"+f.long)
	}
	if f.short != 0 {
		names = append(names, "-"+string(f.short))
	}
	return names
}
