package system

import (
	"bytes"
	"encoding/json"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"okno/internal/store"
)

// byHand sends a form with one file.
func (v *visitor) byHand(path, field string, data []byte, pairs ...string) (at, body string, err error) {
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	for i := 0; i < len(pairs); i += 2 {
		w.WriteField(pairs[i], pairs[i+1]) //nolint:errcheck // a buffer
	}
	part, err := w.CreateFormFile(field, "file")
	if err != nil {
		return "", "", err
	}
	part.Write(data) //nolint:errcheck // a buffer
	w.Close()        //nolint:errcheck // a buffer
	r, err := http.NewRequest(http.MethodPost, v.base+path, &form)
	if err != nil {
		return "", "", err
	}
	r.Header.Set("Content-Type", w.FormDataContentType())
	return v.send(r)
}

// signed gets a text to be signed, has the resident sign it, and uploads the signature.
func (v *visitor) signed(t *testing.T, resident, algorithm string) (at, body string, err error) {
	t.Helper()
	page, err := v.post("/signin/signature", "/signin/signature/")
	if err != nil {
		t.Fatal(err)
	}
	_, text, err := v.do(http.MethodGet, page+"/text", nil)
	if err != nil {
		t.Fatal(err)
	}
	_, file, err := v.byHand("/demo/signatures/sign", "file", []byte(text), "resident", resident, "algorithm", algorithm)
	if err != nil {
		t.Fatal(err)
	}
	return v.byHand(page, "signature", []byte(file))
}

func TestAResidentOfTheDemoRegistersFromASignatureAndARevokedOneOpensNothing(t *testing.T) {
	engines(t, func(t *testing.T, engine store.Engine) {
		s := demoSettings(t, engine)
		x := run(t, s, discard)
		first := newVisitor(x.Settings.URL, "203.0.113.20")
		at, _, err := first.signed(t, "2", "gost256")
		if err != nil || at != "/register/signature" {
			t.Fatalf("%s, %v", at, err)
		}
		if _, err := first.post("/register/signature", "/register/code", "phone", "+79123450077", "terms", "on", "data", "on"); err != nil {
			t.Fatal(err)
		}
		code, err := first.code("+79123450077")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := first.post("/register/code", "/register/password", "code", code); err != nil {
			t.Fatal(err)
		}
		if _, err := first.post("/register/password", "/cabinet", "password", testPassword, "password_again", testPassword); err != nil {
			t.Fatal(err)
		}
		level := func(v *visitor) string {
			_, body, err := v.do(http.MethodGet, "/api/session", nil)
			if err != nil {
				return ""
			}
			var got struct{ Level string }
			if err := json.Unmarshal([]byte(body), &got); err != nil {
				t.Fatal(err)
			}
			return got.Level
		}
		if got := level(first); got != "confirmed" {
			t.Errorf("the account is %q", got)
		}
		second := newVisitor(x.Settings.URL, "203.0.113.21")
		if at, _, err := second.signed(t, "2", "rsa"); err != nil || at != "/cabinet" || level(second) != "confirmed" {
			t.Errorf("by another certificate: %s, %q, %v", at, level(second), err)
		}
		third := newVisitor(x.Settings.URL, "203.0.113.22")
		if err := x.World.SetFault("authority", "down"); err != nil {
			t.Fatal(err)
		}
		if _, body, err := third.signed(t, "4", "ecdsa"); err == nil || !strings.Contains(body, "удостоверяющий центр не отвечает") {
			t.Errorf("while the authority is down: %v", err)
		}
		if err := x.World.SetFault("authority", "ok"); err != nil {
			t.Fatal(err)
		}
		page, err := third.post("/signin/signature", "/signin/signature/")
		if err != nil {
			t.Fatal(err)
		}
		_, text, err := third.do(http.MethodGet, page+"/text", nil)
		if err != nil {
			t.Fatal(err)
		}
		_, file, err := third.byHand("/demo/signatures/sign", "file", []byte(text), "resident", "5", "algorithm", "ecdsa")
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := third.do(http.MethodPost, "/demo/signatures/revoke", url.Values{"resident": {"5"}, "algorithm": {"ecdsa"}}); err != nil {
			t.Fatal(err)
		}
		if _, body, err := third.byHand(page, "signature", []byte(file)); err == nil || !strings.Contains(body, "Сертификат отозван") || level(third) != "" {
			t.Errorf("a revoked one: %v", err)
		}
		w := httptest.NewRecorder()
		x.Web.Metrics().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
		metrics := w.Body.String()
		for _, line := range []string{`system="authority"`, `system="sms1"`} {
			if !strings.Contains(metrics, `okno_call_seconds_count{outcome="answered",`+line+`} `) {
				t.Errorf("the metrics do not tell of calls that were answered of %s", line)
			}
		}
		if !strings.Contains(metrics, `okno_call_seconds_count{outcome="unavailable",system="authority"} `) {
			t.Error("the metrics do not tell that the authority was away")
		}
	})
}
