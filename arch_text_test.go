package main

import (
	"bytes"
	"go/ast"
	"go/token"
	"go/types"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"cat5/io/sys"
)

// The rules about what a file says of itself.

func TestFilesAreShort(t *testing.T) {
	for _, s := range house(t) {
		for _, name := range s.names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if n := bytes.Count(text, []byte("\n")); n > maxLines && !slices.Contains(tables, name) {
				t.Errorf("%s has %d lines: it has more than one job", name, n)
			}
		}
	}
}

// TestDocumented: each package says once what it is, and each exported name has a comment.
func TestDocumented(t *testing.T) {
	for _, s := range house(t) {
		var docs []string
		for i, f := range s.files {
			if f.Doc != nil {
				docs = append(docs, s.names[i])
				want := "Package " + f.Name.Name + " "
				if f.Name.Name == "main" {
					want = "Command " + s.path + " "
				}
				if !strings.HasPrefix(f.Doc.Text(), want) {
					t.Errorf("%s: the comment of the package does not begin with %q", s.names[i], want)
				}
			}
			for _, d := range f.Decls {
				checkDoc(t, s, d)
			}
		}
		if len(docs) != 1 {
			t.Errorf("package %s has %d package comments: %v", s.path, len(docs), docs)
		}
	}
}

func checkDoc(t *testing.T, s *source, d ast.Decl) {
	missing := func(name *ast.Ident, docs ...*ast.CommentGroup) {
		for _, doc := range docs {
			if doc != nil {
				return
			}
		}
		if name.IsExported() {
			t.Errorf("%v: %s has no comment", s.at(name), name.Name)
		}
	}
	switch d := d.(type) {
	case *ast.FuncDecl:
		switch d.Name.Name {
		case "Error", "Unwrap", "String": // their interfaces say what they do
			return
		}
		if d.Recv != nil && !ast.IsExported(strings.TrimPrefix(types.ExprString(d.Recv.List[0].Type), "*")) {
			return
		}
		missing(d.Name, d.Doc)
	case *ast.GenDecl:
		if first, ok := d.Specs[0].(*ast.ValueSpec); ok && d.Tok == token.CONST && first.Type != nil {
			return // the names of an enumeration stand below the comment of its type
		}
		for _, spec := range d.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				missing(spec.Name, d.Doc, spec.Doc, spec.Comment)
			case *ast.ValueSpec:
				for _, name := range spec.Names {
					missing(name, d.Doc, spec.Doc, spec.Comment)
				}
			}
		}
	}
}

// TestEveryCallIsExplained: --explain leaves no call out. A new field of sys.Calls gets a row in io/explain/view.go, which
// says how it is told, and a sentence in notes.go; or the reason why it is not told.
func TestEveryCallIsExplained(t *testing.T) {
	views, err := os.ReadFile("io/explain/view.go")
	if err != nil {
		t.Fatal(err)
	}
	calls := reflect.TypeFor[sys.Calls]()
	for i := range calls.NumField() {
		if name := calls.Field(i).Name; !bytes.Contains(views, []byte(`{field: "`+name+`", `)) {
			t.Errorf("sys.Calls.%s has no row in io/explain/view.go", name)
		}
	}
}
