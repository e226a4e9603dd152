package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// This file holds the rules of docs/architecture.md that a machine can check.

const unixPackage = "golang.org/x/sys/unix"

// layers says what each package may import of cat5 and of others' modules: imports go down a layer, and siblings do not
// know each other. A package that is not here has no place in the house yet.
var layers = map[string][]string{
	"cat5": {"cat5/modes", "cat5/io/sys", "cat5/io/explain", "cat5/io/stack"},
	"cat5/modes": {"cat5/io/sock", "cat5/io/wrap", "cat5/io/pump", "cat5/io/engine", "cat5/io/hub", "cat5/io/web", "cat5/io/load", "cat5/io/scan", "cat5/io/diag",
		"cat5/io/epoll", "cat5/io/filter", "cat5/io/hist", "cat5/io/draw", "cat5/sockopt", "cat5/io/sys",
		"github.com/urfave/cli/v2", "github.com/mattn/go-isatty", unixPackage},
	"cat5/io/sock":    {"cat5/sockopt", "cat5/io/epoll", "cat5/io/sys", unixPackage},
	"cat5/io/wrap":    {"cat5/io/sys", unixPackage},
	"cat5/io/pump":    {"cat5/io/epoll", "cat5/io/sys", unixPackage},
	"cat5/io/engine":  {"cat5/io/sys", unixPackage},
	"cat5/io/hub":     {"cat5/io/epoll", "cat5/io/sys", unixPackage}, // listen: many peers on one loop
	"cat5/io/web":     {"cat5/io/epoll", "cat5/io/sys", unixPackage}, // http
	"cat5/io/load":    {"cat5/io/hist", "cat5/io/sys", unixPackage},  // bench: the load side
	"cat5/io/scan":    {"cat5/io/epoll", "cat5/io/sys", unixPackage}, // scan and wait
	"cat5/io/diag":    {"cat5/io/sys", unixPackage},                  // the kernel's table of sockets, by netlink
	"cat5/sockopt":    {"cat5/io/sys", unixPackage},
	"cat5/io/epoll":   {"cat5/io/sys", unixPackage},
	"cat5/io/explain": {"cat5/io/sys", unixPackage},
	"cat5/io/stack":   {}, // imports nothing, so that it is initialised early
	"cat5/io/filter":  {},
	"cat5/io/hist":    {}, // a histogram of times
	"cat5/io/draw":    {}, // charts and sequence diagrams, for a terminal and as SVG
	"cat5/io/sys":     {unixPackage},
}

// speakers may print; netUsers may use package net, for its resolver and TLS.
var (
	speakers = []string{"cat5", "cat5/modes"}
	netUsers = []string{"cat5/io/sock", "cat5/io/wrap"}
)

// tables may be long: they are lists of rows.
var tables = []string{"sockopt/table.go", "modes/flags.go"}

// maxLines is the most that a file which is not a table may have.
const maxLines = 350

// notCalls are the names of package unix beside its constants that may be used outside io/sys: types, and functions
// that only compute.
var notCalls = []string{"Errno", "Signal", "Stat_t", "EpollEvent", "PollFd", "FdSet", "Timeval", "WaitStatus", "Rlimit", "TCPInfo", "Mkdev", "NsecToTimeval", "ErrnoName", "SignalName", "ByteSliceToString", "SockFilter"}

// constant is how the kernel's constants are spelt.
var constant = regexp.MustCompile(`^[A-Z][A-Z0-9_]*$|^Sizeof`)

// source is one package: its import path and its files, without tests.
type source struct {
	path  string
	fset  *token.FileSet
	names []string // of the files, relative to the top
	files []*ast.File
}

// house parses every package, those in testdata apart.
func house(t *testing.T) []*source {
	var all []*source
	err := filepath.WalkDir(".", func(name string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !d.IsDir() {
			return nil
		}
		if name != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		s := &source{path: path.Join("cat5", filepath.ToSlash(name)), fset: token.NewFileSet()}
		found, err := filepath.Glob(filepath.Join(name, "*.go"))
		for _, f := range found {
			if strings.HasSuffix(f, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(s.fset, f, nil, parser.ParseComments|parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			s.names, s.files = append(s.names, filepath.ToSlash(f)), append(s.files, file)
		}
		if len(s.files) > 0 {
			all = append(all, s)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func (s *source) at(n ast.Node) token.Position { return s.fset.Position(n.Pos()) }

func TestImportsGoDown(t *testing.T) {
	for _, s := range house(t) {
		allowed, ok := layers[s.path]
		if !ok {
			t.Errorf("package %s is in no layer: give it one in architecture.md and in arch_test.go", s.path)
		}
		for _, f := range s.files {
			for _, imp := range f.Imports {
				name, _ := strconv.Unquote(imp.Path.Value)
				first, _, _ := strings.Cut(name, "/")
				switch {
				case name == "net" && !slices.Contains(netUsers, s.path):
					t.Errorf("%v: %s may not use package net", s.at(imp), s.path)
				case first != "cat5" && !strings.Contains(first, "."): // the standard library
				case !slices.Contains(allowed, name):
					t.Errorf("%v: %s may not import %s", s.at(imp), s.path, name)
				}
			}
		}
	}
}

// TestOneDoor: only io/sys calls the kernel; nobody lets package net make a socket; only modes and main speak.
func TestOneDoor(t *testing.T) {
	for _, s := range house(t) {
		for _, f := range s.files {
			ast.Inspect(f, func(n ast.Node) bool {
				sel, ok := n.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				pkg, ok := sel.X.(*ast.Ident)
				if !ok {
					return true
				}
				name := sel.Sel.Name
				switch what := pkg.Name + "." + name; {
				case pkg.Name == "unix" && s.path != "cat5/io/sys" && !constant.MatchString(name) && !slices.Contains(notCalls, name):
					t.Errorf("%v: %s: only io/sys calls the kernel", s.at(n), what)
				case what == "syscall.ForkExec", what == "syscall.ProcAttr", what == "syscall.SysProcAttr", what == "syscall.Errno":
					// x/sys has no fork: see spawn in io/sys.
					if s.path != "cat5/io/sys" {
						t.Errorf("%v: %s: only io/sys starts processes", s.at(n), what)
					}
				case pkg.Name == "syscall":
					t.Errorf("%v: %s: only io/sys calls the kernel, with x/sys/unix", s.at(n), what)
				case pkg.Name == "net" && (strings.HasPrefix(name, "Dial") || strings.HasPrefix(name, "Listen")):
					t.Errorf("%v: %s: sockets are made by io/sock", s.at(n), what)
				case slices.Contains(speakers, s.path):
				case strings.HasPrefix(what, "fmt.Print"), strings.HasPrefix(what, "log."), what == "os.Stdout", what == "os.Stderr":
					t.Errorf("%v: %s: below modes nobody prints", s.at(n), what)
				}
				return true
			})
		}
	}
}

// TestNoHiddenState: no init function, and no package variable but tables and errors, which nobody assigns to.
func TestNoHiddenState(t *testing.T) {
	for _, s := range house(t) {
		for _, f := range s.files {
			for _, d := range f.Decls {
				switch d := d.(type) {
				case *ast.FuncDecl:
					if d.Recv == nil && d.Name.Name == "init" {
						t.Errorf("%v: func init hides work from main", s.at(d))
					}
				case *ast.GenDecl:
					for _, spec := range d.Specs {
						if v, ok := spec.(*ast.ValueSpec); ok && d.Tok == token.VAR {
							checkVar(t, s, v)
						}
					}
				}
			}
		}
		checkAssignments(t, s)
	}
}

// checkVar wants a composite literal or an error.
func checkVar(t *testing.T, s *source, v *ast.ValueSpec) {
	for i, name := range v.Names {
		fixed := false
		if i < len(v.Values) {
			switch e := v.Values[i].(type) {
			case *ast.CompositeLit:
				fixed = true
			case *ast.CallExpr:
				fixed = types.ExprString(e.Fun) == "errors.New" || s.path == "cat5/io/stack" // whose only work that is
			}
		}
		if !fixed {
			t.Errorf("%v: var %s is neither a table nor an error", s.at(name), name.Name)
		}
	}
}

// checkAssignments looks for assignments to package variables, their elements and their fields.
func checkAssignments(t *testing.T, s *source) {
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	// Without an importer what comes from other packages has no type. The package's own names are resolved all the same.
	conf := types.Config{Error: func(error) {}, FakeImportC: true}
	pkg, _ := conf.Check(s.path, s.fset, s.files, info)
	check := func(e ast.Expr) {
		for {
			switch x := e.(type) {
			case *ast.IndexExpr:
				e = x.X
				continue
			case *ast.SelectorExpr:
				e = x.X
				continue
			case *ast.ParenExpr:
				e = x.X
				continue
			case *ast.StarExpr:
				e = x.X
				continue
			case *ast.Ident:
				if v, ok := info.Uses[x].(*types.Var); ok && v.Parent() == pkg.Scope() {
					t.Errorf("%v: the package variable %s is assigned to", s.at(x), x.Name)
				}
			}
			return
		}
	}
	for _, f := range s.files {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				for _, e := range n.Lhs {
					check(e)
				}
			case *ast.IncDecStmt:
				check(n.X)
			case *ast.RangeStmt:
				if n.Tok == token.ASSIGN {
					check(n.Key)
					check(n.Value)
				}
			}
			return true
		})
	}
}
