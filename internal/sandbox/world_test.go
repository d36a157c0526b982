package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func start(t *testing.T, dir string) *World {
	t.Helper()
	w, err := Start(t.Context(), Config{Dir: dir, Slow: 300 * time.Millisecond, Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return w
}

// ask posts a question and returns the answer as it came.
func ask(t *testing.T, url string, q any) (status int, body string, err error) {
	t.Helper()
	b, err := json.Marshal(q)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Post(url, "application/json", bytes.NewReader(b))
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(got), err
}

func TestARegisterTellsAStrangerNothing(t *testing.T) {
	w := start(t, t.TempDir())
	p := w.People()[0]
	for path, q := range map[string]any{
		"/passport/v1/check": passportQuestion{
			LastName: "Чужой", FirstName: p.GivenName, MiddleName: p.Patronymic, BirthDate: "1990-01-01",
			Series: p.Passport.Series, Number: p.Passport.Number,
		},
		"/snils/v1/check":      snilsQuestion{SNILS: p.SNILS, Fam: "Чужой", Im: p.GivenName, Ot: p.Patronymic, Birth: "1990-01-01"},
		"/inn/v1/check":        innQuestion{INN: p.INN, Fam: "Чужой", Nam: p.GivenName, Otch: p.Patronymic, Bdate: "01.01.1990"},
		"/income/v1/statement": incomeQuestion{INN: p.INN, Fam: "Чужой", Nam: p.GivenName, Otch: p.Patronymic, Bdate: "01.01.1990", Year: 2025},
		"/property/v1/extract": propertyQuestion{SNILS: p.SNILS, LastName: "Чужой", FirstName: p.GivenName, MiddleName: p.Patronymic, BirthDate: "1990-01-01"},
	} {
		status, body, err := ask(t, w.RegistersURL()+path, q)
		if err != nil || status != 200 {
			t.Fatalf("%s: %d, %v", path, status, err)
		}
		if !strings.Contains(body, "-101") && !strings.Contains(body, "-201") && !strings.Contains(body, "-301") &&
			!strings.Contains(body, "-402") && !strings.Contains(body, "-502") {
			t.Errorf("%s: %s, want not found", path, body)
		}
		for _, secret := range []string{p.Surname, p.BirthDate, p.Passport.IssuedAt, p.Estates[0].CadastralNumber, `"match`, `"eq"`, "true", "kopecks"} {
			if strings.Contains(body, secret) {
				t.Errorf("%s tells a stranger %q", path, secret)
			}
		}
	}
}

func TestSpoiltRegisters(t *testing.T) {
	w := start(t, t.TempDir())
	url := w.RegistersURL() + "/snils/v1/check"
	p := w.People()[0]
	q := snilsQuestion{SNILS: p.SNILS, Fam: p.Surname, Im: p.GivenName, Ot: p.Patronymic, Birth: p.BirthDate}
	set := func(m Mode) {
		t.Helper()
		if err := w.SetFault("snils", m); err != nil {
			t.Fatal(err)
		}
	}
	set(Down)
	if status, _, err := ask(t, url, q); err == nil {
		t.Errorf("down: status %d", status)
	}
	if _, body, err := ask(t, w.RegistersURL()+"/passport/v1/check", passportQuestion{}); err != nil || !strings.Contains(body, "MVD-104") {
		t.Errorf("another register, meanwhile: %s, %v", body, err)
	}
	set(Garbage)
	for range 5 {
		if _, body, err := ask(t, url, q); err == nil && strings.Contains(body, "SFR-000") {
			t.Errorf("garbage: %s", body)
		}
	}
	set(Slow)
	began := time.Now()
	if _, body, err := ask(t, url, q); err != nil || !strings.Contains(body, "SFR-000") || time.Since(began) < 300*time.Millisecond {
		t.Errorf("slow: %s, %v after %s", body, err, time.Since(began))
	}
	set(OK)
	if _, body, err := ask(t, url, q); err != nil || !strings.Contains(body, "SFR-000") {
		t.Errorf("well again: %s, %v", body, err)
	}
	for system, m := range map[string]Mode{"nothing": OK, "snils": "sleepy"} {
		if w.SetFault(system, m) == nil {
			t.Errorf("%s %s was taken", system, m)
		}
	}
}

func TestWhoWaitsForASlowSystemIsServedWhenItIsWellAgain(t *testing.T) {
	w, err := Start(t.Context(), Config{Dir: t.TempDir(), Slow: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	if err := w.SetFault("snils", Slow); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		resp, err := http.Post(w.RegistersURL()+"/snils/v1/check", "application/json", strings.NewReader(`{}`))
		if err == nil {
			err = resp.Body.Close()
		}
		done <- err
	}()
	time.Sleep(50 * time.Millisecond)
	if err := w.SetFault("snils", OK); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(5 * time.Second):
		t.Error("still waiting")
	}
}

func TestTheOutboxOutlivesAKill(t *testing.T) {
	dir := t.TempDir()
	w := start(t, dir)
	for _, m := range []Message{
		{To: "8 (900) 123-45-67", Channel: "sms", Text: "Код 123456", System: "sms1", ID: "a"},
		{To: "Anna@Example.org", Channel: "email", Text: "Тема\nТекст", System: "smtp", ID: "b"},
		{To: "+79001234567", Channel: "sms", Text: "Код 123456", System: "sms1", ID: "a"},
	} {
		if err := w.outbox.add(m); err != nil {
			t.Fatal(err)
		}
	}
	// A kill in the middle of a line, without Close.
	f, err := os.OpenFile(filepath.Join(dir, "outbox.jsonl"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"to":"+79001234567","chan`); err != nil {
		t.Fatal(err)
	}
	f.Close()

	again := start(t, dir)
	if err := again.outbox.add(Message{To: "+7 900 123 45 67", Channel: "sms", Text: "второй"}); err != nil {
		t.Fatal(err)
	}
	third := start(t, dir)
	got := third.Outbox(" 79001234567") // what a plus becomes in an address
	if len(got) != 3 || got[0].Text != "второй" || got[1].ID != "a" || got[2].ID != "a" || got[2].Text != "Код 123456" {
		t.Errorf("the phone got %+v", got)
	}
	if got := third.Outbox("anna@example.ORG"); len(got) != 1 || !got[0].SentAt.Equal(autumn) {
		t.Errorf("the mailbox got %+v", got)
	}
	if got := third.Outbox(""); len(got) != 4 {
		t.Errorf("all together got %+v", got)
	}
}

func TestTheOutboxKeepsTheLatest(t *testing.T) {
	o := &outbox{now: clock, byTo: map[string][]*Message{}}
	for i := range keep + keep/10 {
		o.put(&Message{To: "+79000000000", Text: strings.Repeat("x", i%7), ID: string(rune('0' + i%10))})
	}
	if n := len(o.find("", 0)); n != keep {
		t.Errorf("%d messages, want %d", n, keep)
	}
	if n := len(o.find("+79000000000", 0)); n != keep {
		t.Errorf("%d messages of one, want %d", n, keep)
	}
}

func TestDemoPages(t *testing.T) {
	w := start(t, t.TempDir())
	if err := w.outbox.add(Message{To: "+79001234567", Channel: "sms", Text: "<b>Код</b> 1: https://portal.example/r/t?a=1&b=2.", ID: "x"}); err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(w.Handler())
	t.Cleanup(srv.Close)

	var box []map[string]any
	getJSON(t, srv.URL+"/demo/outbox?to=+79001234567", &box)
	if len(box) != 1 || len(box[0]) != 4 || box[0]["channel"] != "sms" || box[0]["to"] != "+79001234567" || box[0]["sent_at"] != "2026-11-22T00:00:00Z" {
		t.Errorf("outbox: %v", box)
	}
	getJSON(t, srv.URL+"/demo/outbox?to=nobody@example.org", &box)
	if box == nil || len(box) != 0 {
		t.Errorf("nobody's outbox: %v", box)
	}

	req, _ := http.NewRequest(http.MethodGet, srv.URL+"/demo/outbox", nil)
	req.Header.Set("Accept", "text/html,application/xhtml+xml")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	page, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	for _, want := range []string{"&lt;b&gt;Код&lt;/b&gt;", `<a href="https://portal.example/r/t?a=1&amp;b=2" rel="noreferrer">`, `lang="ru"`} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the page has no %s:\n%s", want, page)
		}
	}
	for _, no := range []string{"<script", "<style", "style=", "onclick"} {
		if strings.Contains(string(page), no) {
			t.Errorf("the page has %s", no)
		}
	}

	var people []map[string]any
	getJSON(t, srv.URL+"/demo/people", &people)
	if len(people) != adults+minors+len(theGuests) {
		t.Fatalf("%d people", len(people))
	}
	for _, key := range []string{"surname", "given_name", "patronymic", "birth_date", "sex", "snils", "inn", "passport", "address"} {
		if people[0][key] == nil {
			t.Errorf("a resident without %s", key)
		}
	}
	passport, _ := people[0]["passport"].(map[string]any)
	for _, key := range []string{"series", "number", "issued_at", "issued_by", "department_code"} {
		if s, _ := passport[key].(string); s == "" {
			t.Errorf("a passport without %s", key)
		}
	}
}

func getJSON(t *testing.T, url string, into any) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil || resp.StatusCode != 200 {
		t.Fatalf("%s: %d, %v", url, resp.StatusCode, err)
	}
}

func TestFaultsAreSetFromTheSameOriginOnly(t *testing.T) {
	w := start(t, t.TempDir())
	srv := httptest.NewServer(w.Handler())
	t.Cleanup(srv.Close)
	post := func(body, kind string, h map[string]string) int {
		t.Helper()
		req, err := http.NewRequest(http.MethodPost, srv.URL+"/demo/faults", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", kind)
		for k, v := range h {
			req.Header.Set(k, v)
		}
		resp, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	form := url.Values{"system": {"inn"}, "mode": {"down"}}.Encode()
	const urlencoded = "application/x-www-form-urlencoded"
	for _, c := range []struct {
		name, body, kind string
		h                map[string]string
		want             int
		mode             Mode
	}{
		{"another origin", form, urlencoded, map[string]string{"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}, 403, OK},
		{"an old browser elsewhere", form, urlencoded, map[string]string{"Origin": "https://evil.example"}, 403, OK},
		{"a form", form, urlencoded, map[string]string{"Origin": srv.URL, "Accept": "text/html"}, 303, Down},
		{"JSON", `{"system":"inn","mode":"slow"}`, "application/json", nil, 200, Slow},
		{"an unknown mode", `{"system":"inn","mode":"odd"}`, "application/json", nil, 422, Slow},
		{"no JSON", `{"system":"inn"`, "application/json", nil, 422, Slow},
		{"an unknown system", "system=moon&mode=ok", urlencoded, nil, 422, Slow},
	} {
		if got := post(c.body, c.kind, c.h); got != c.want || w.Faults()["inn"] != c.mode {
			t.Errorf("%s: %d and %s, want %d and %s", c.name, got, w.Faults()["inn"], c.want, c.mode)
		}
	}
	var modes map[string]Mode
	getJSON(t, srv.URL+"/demo/faults", &modes)
	if len(modes) != len(systems) || modes["inn"] != Slow || modes["smtp"] != OK {
		t.Errorf("faults: %v", modes)
	}
}

func TestTheWorldEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	w, err := Start(ctx, Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []string{w.SMPPAddr(), w.SMTPAddr()} { // somebody is connected
		c, err := net.Dial("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	cancel()
	deadline := time.Now().Add(5 * time.Second)
	for {
		c, err := net.Dial("tcp", w.SMTPAddr())
		if err != nil {
			break
		}
		c.Close()
		if time.Now().After(deadline) {
			t.Fatal("still there")
		}
		time.Sleep(10 * time.Millisecond)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	if err := w.outbox.add(Message{To: "x@example.org"}); !errors.Is(err, os.ErrClosed) {
		t.Errorf("a message after the end of the world: %v", err)
	}
}

func TestAnAddressInUseIsAnError(t *testing.T) {
	w := start(t, t.TempDir())
	if _, err := Start(t.Context(), Config{Dir: t.TempDir(), KannelAddr: w.kannel.Addr().String()}); err == nil {
		t.Error("two worlds at one address")
	}
}
