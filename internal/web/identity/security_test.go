package identity_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"

	"okno/internal/i18n"
	"okno/internal/signin/signintest"
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

func TestWhoIsSignedInChangesThePasswordWithTheFormerOne(t *testing.T) {
	each(t, func(t *testing.T, x *portal) {
		x.Register(t, signintest.Visitor("home"), phone)
		c := x.browser(t)
		c.Open("/signin")
		signIn(c, phone, signintest.Password)
		x.clock.Advance(x.Policy.Session.Fresh)
		c.Open("/cabinet/security")
		c.Follow("Сменить пароль")
		at(t, c, "/signin/again")
		c.Fill("current-password", signintest.Password)
		c.Press("Продолжить")
		at(t, c, "/cabinet/security/password")
		c.FillAll("new-password", signintest.Password)
		c.Press("Сменить пароль")
		sees(t, c, "Этот пароль у вашей учётной записи уже есть")
		c.FillAll("new-password", "Zima-2027-lesnaya")
		x.clock.Advance(x.Policy.Session.Fresh)
		c.Press("Сменить пароль") // too late: it is asked for again, and the page is the same
		at(t, c, "/signin/again")
		c.Fill("current-password", signintest.Password)
		c.Press("Продолжить")
		at(t, c, "/cabinet/security/password")
		c.FillAll("new-password", "Zima-2027-lesnaya")
		c.Press("Сменить пароль")
		at(t, c, "/cabinet/security")
		sees(t, c, "Новый пароль действует", "Пароль изменён в кабинете")
		c.Open("/cabinet")
		at(t, c, "/cabinet")
		c.Press("Выйти")
		c.Open("/signin")
		signIn(c, phone, "Zima-2027-lesnaya")
		at(t, c, "/cabinet")
	})
}
