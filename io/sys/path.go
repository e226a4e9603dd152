package sys

import (
	"strings"

	"golang.org/x/sys/unix"
)

// LookPath finds the program that a shell would run for name: a name with a slash is the path itself, any other is looked for
// in the folders of path, which is the value of PATH (an empty folder is the working directory). ENOENT says that there is
// none (a shell leaves with 127), EACCES that there is one that cannot be run (126), as execvp(3) has it.
func LookPath(k *Calls, name, path string) (string, error) {
	if strings.Contains(name, "/") {
		return name, runnable(k, name)
	}
	var found error = unix.ENOENT
	if name == "" {
		return "", found
	}
	for _, dir := range strings.Split(path, ":") {
		if dir == "" {
			dir = "."
		}
		full := dir + "/" + name
		switch err := runnable(k, full); err {
		case nil:
			return full, nil
		case unix.EACCES: // "if permission is denied for a file ... these functions will continue searching", execvp(3)
			found = err
		}
	}
	return "", found
}

// runnable says why the file cannot be run. A folder may be "executable" too: execve(2) says EACCES for one.
func runnable(k *Calls, path string) error {
	var st unix.Stat_t
	if err := k.Fstatat(unix.AT_FDCWD, path, &st, 0); err != nil {
		return err
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG {
		return unix.EACCES
	}
	return k.Faccessat(unix.AT_FDCWD, path, unix.X_OK)
}
