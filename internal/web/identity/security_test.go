package identity_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"

	"okno/internal/i18n"
)

func TestEveryWayOfSigningInHasWordsInTheListOfSessions(t *testing.T) {
	f, err := parser.ParseFile(token.NewFileSet(), "../../credential/session.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	methods := 0
	ast.Inspect(f, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(v.Names[0].Name, "By") || len(v.Values) == 0 {
			return true
		}
		methods++
		value, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
		if err != nil || !i18n.Has("security.proved."+value) {
			t.Errorf("%s has no words: %v", v.Names[0].Name, err)
		}
		return true
	})
	if methods < 9 {
		t.Errorf("%d methods were found", methods)
	}
}
