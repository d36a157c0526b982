package internal

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"okno/internal/i18n"
)

// AUTH-8, CAB-1: a person reads in words what was done with their account and their data.
func TestEveryRecordAboutAPersonHasWordsInBothLanguages(t *testing.T) {
	all := actions(t)
	if len(all) < 60 {
		t.Fatalf("%d actions: the code is not read", len(all))
	}
	for _, action := range slices.Sorted(maps.Keys(all)) {
		for _, l := range i18n.Langs() {
			if said := l.T("security.activity." + action); !i18n.Has("security.activity."+action) || said == "" {
				t.Errorf("%s says nothing in %s; recorded in %s", action, l, all[action])
			}
		}
	}
}

// source is the code, by the directory of a package.
type source struct {
	t     *testing.T
	funcs map[string][]*ast.FuncDecl
	at    map[*ast.FuncDecl]string
	all   map[string]string
}

// actions are the actions of every audit.Event that names a subject, with where it is recorded. An action that comes from elsewhere
// than a literal is followed: into what is assigned to its name, and to whoever calls the function with it.
func actions(t *testing.T) map[string]string {
	t.Helper()
	s := source{t: t, funcs: map[string][]*ast.FuncDecl{}, at: map[*ast.FuncDecl]string{}, all: map[string]string{}}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, "_templ.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		for _, decl := range file.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Body != nil {
				dir := filepath.Dir(path)
				s.funcs[dir], s.at[fn] = append(s.funcs[dir], fn), path
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for dir, funcs := range s.funcs {
		for _, fn := range funcs {
			ast.Inspect(fn.Body, func(n ast.Node) bool {
				action, ok := about(n)
				if !ok {
					return true
				}
				for _, a := range s.texts(dir, fn, action, 0) {
					if a != "" { // none is recorded then
						s.all[a] = s.at[fn] + " " + fn.Name.Name
					}
				}
				return true
			})
		}
	}
	return s.all
}

// about is the action of an audit.Event with a subject.
func about(n ast.Node) (ast.Expr, bool) {
	lit, ok := n.(*ast.CompositeLit)
	if !ok {
		return nil, false
	}
	if sel, ok := lit.Type.(*ast.SelectorExpr); !ok || sel.Sel.Name != "Event" {
		return nil, false
	}
	fields := map[string]ast.Expr{}
	for _, e := range lit.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			if name, ok := kv.Key.(*ast.Ident); ok {
				fields[name.Name] = kv.Value
			}
		}
	}
	return fields["Action"], fields["Action"] != nil && fields["Subject"] != nil
}

// texts are what an expression of a function may say.
func (s source) texts(dir string, fn *ast.FuncDecl, x ast.Expr, deep int) []string {
	if deep > 5 {
		s.t.Fatalf("%s %s: where the action comes from goes round in circles", s.at[fn], fn.Name.Name)
	}
	var out []string
	switch x := x.(type) {
	case *ast.BasicLit:
		said, err := strconv.Unquote(x.Value)
		if err != nil {
			s.t.Fatal(err)
		}
		return []string{said}
	case *ast.BinaryExpr:
		for _, a := range s.texts(dir, fn, x.X, deep+1) {
			for _, b := range s.texts(dir, fn, x.Y, deep+1) {
				out = append(out, a+b)
			}
		}
	case *ast.Ident:
		ast.Inspect(fn.Body, func(n ast.Node) bool {
			if as, ok := n.(*ast.AssignStmt); ok {
				for i, left := range as.Lhs {
					if name, ok := left.(*ast.Ident); ok && name.Name == x.Name && len(as.Lhs) == len(as.Rhs) {
						out = append(out, s.texts(dir, fn, as.Rhs[i], deep+1)...)
					}
				}
			}
			return true
		})
		if at := parameter(fn, x.Name); at >= 0 {
			out = append(out, s.called(dir, fn, at, deep)...)
		}
	}
	if len(out) == 0 {
		s.t.Errorf("%s %s: nobody can say which actions are recorded here", s.at[fn], fn.Name.Name)
	}
	return out
}

// called are what callers in the package give a function at that place.
func (s source) called(dir string, fn *ast.FuncDecl, at, deep int) []string {
	var out []string
	for _, caller := range s.funcs[dir] {
		ast.Inspect(caller.Body, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) <= at {
				return true
			}
			name := ""
			switch f := call.Fun.(type) {
			case *ast.Ident:
				name = f.Name
			case *ast.SelectorExpr:
				name = f.Sel.Name
			}
			if name == fn.Name.Name {
				out = append(out, s.texts(dir, caller, call.Args[at], deep+1)...)
			}
			return true
		})
	}
	return out
}

// parameter is the place of a function's parameter of that name, or -1.
func parameter(fn *ast.FuncDecl, name string) int {
	at := 0
	for _, f := range fn.Type.Params.List {
		for _, n := range f.Names {
			if n.Name == name {
				return at
			}
			at++
		}
	}
	return -1
}
