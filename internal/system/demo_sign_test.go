package system

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"okno/internal/store"
)

// Whoever has no program of signing walks the road in the demo all the same.
func TestInTheDemoATextIsSignedInPlaceOfAProgram(t *testing.T) {
	s := demoSettings(t, store.SQLite)
	x := run(t, s, discard)
	v := newVisitor(x.Settings.URL, "203.0.113.21")
	_, demo, err := v.do(http.MethodGet, "/demo", nil)
	if err != nil || !strings.Contains(demo, `href="/demo/sign"`) {
		t.Errorf("the first page of the demo does not lead there: %v", err)
	}
	for n, c := range []struct{ resident, algorithm string }{{"4", "rsa"}, {"5", "ecdsa"}, {"6", "gost256"}} {
		page, err := v.post("/signin/signature", "/signin/signature/")
		if err != nil {
			t.Fatal(err)
		}
		_, shown, err := v.do(http.MethodGet, page, nil)
		if err != nil || !strings.Contains(shown, `href="/demo/sign"`) {
			t.Errorf("the page of the text does not lead there: %v", err)
		}
		_, text, err := v.do(http.MethodGet, page+"/text", nil)
		if err != nil {
			t.Fatal(err)
		}
		// As a file, and pasted: browsers make the ends of lines their own, and people lose the last one.
		file, typed := []byte(text), ""
		if n > 0 {
			file, typed = nil, strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
		}
		_, signed, err := v.byHand("/demo/sign", "file", file, "resident", c.resident, "algorithm", c.algorithm, "text", typed)
		if err != nil || !strings.HasPrefix(signed, "\x30") {
			t.Fatalf("%s: %.200s, %v", c.algorithm, signed, err)
		}
		if at, body, err := v.byHand(page, "signature", []byte(signed)); err != nil || at != "/register/signature" {
			t.Errorf("%s: the signature of the demo leads to %s: %.300s, %v", c.algorithm, at, body, err)
		}
	}
	for _, c := range []struct{ resident, algorithm, text, want string }{
		{"4", "rsa", "  \r\n ", "Приложите файл с текстом"}, {"9999", "rsa", "x", "Выберите жителя"}, {"x", "rsa", "x", "Выберите жителя"}, {"4", "dsa", "x", "Выберите ключ"},
	} {
		form := url.Values{"resident": {c.resident}, "algorithm": {c.algorithm}, "text": {c.text}}
		if _, body, err := v.do(http.MethodPost, "/demo/sign", form); err == nil || !strings.Contains(err.Error(), "422") || !strings.Contains(body, c.want) {
			t.Errorf("%+v: %.100s, %v", c, body, err)
		}
	}
}
