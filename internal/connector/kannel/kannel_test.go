package kannel

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"okno/internal/connector/call"
	"okno/internal/notification"
	"okno/internal/sandbox"
)

func setUp(t *testing.T, change func(*Config)) (*sandbox.World, *Gateway) {
	t.Helper()
	w, err := sandbox.Start(t.Context(), sandbox.Config{Dir: t.TempDir(), Slow: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	c := Config{
		Name: "sms2", Username: sandbox.KannelUser, Password: sandbox.KannelPassword, Source: "Okno",
		Config: call.Config{URL: w.KannelURL(), Limits: call.Limits{Timeout: 300 * time.Millisecond, Failures: 100}},
	}
	if change != nil {
		change(&c)
	}
	g, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return w, g
}

var text = notification.Text{ID: "01k9abc-1", To: "+79001234567", Body: "Код 123456 🙂\n@okno.example #123456"}

func TestATextArrives(t *testing.T) {
	w, g := setUp(t, nil)
	long := text
	long.Body = strings.Repeat("Длинное сообщение. ", 40)
	latin := text
	latin.Body = "Code 123456_[]€ & more @okno.example"
	for i, x := range []notification.Text{text, long, latin} {
		if err := g.SendSMS(t.Context(), x); err != nil {
			t.Fatal(err)
		}
		got := w.Outbox(x.To)
		if len(got) != i+1 || got[0].Text != x.Body || got[0].ID != "01k9abc-1" || got[0].System != "sms2" || got[0].Channel != "sms" {
			t.Errorf("%+v, want %q", got, x.Body)
		}
	}
	if g.Name() != "sms2" {
		t.Error(g.Name())
	}
}

func TestNothingAboutAPersonIsInTheAddress(t *testing.T) {
	var uri string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		uri = r.RequestURI
		w.WriteHeader(202)
		io.WriteString(w, "3: Queued for later delivery")
	}))
	t.Cleanup(srv.Close)
	_, g := setUp(t, func(c *Config) { c.URL = srv.URL })
	if err := g.SendSMS(t.Context(), text); err != nil || uri != "/cgi-bin/sendsms" {
		t.Errorf("%q, %v", uri, err)
	}
}

func TestRefusals(t *testing.T) {
	w, g := setUp(t, nil)
	for _, to := range []string{"", "112", "+790012345678901234", "anna@example.org"} {
		x := text
		x.To = to
		if err := g.SendSMS(t.Context(), x); !errors.Is(err, call.ErrRejected) {
			t.Errorf("%q: %v", to, err)
		}
	}
	x := text
	x.To = "+7900123" // long enough for us, too short for the carrier
	if err := g.SendSMS(t.Context(), x); !errors.Is(err, call.ErrRejected) {
		t.Errorf("%v", err)
	}
	x = text
	x.ID = "a\r\nX-Kannel-SMSC: other"
	if err := g.SendSMS(t.Context(), x); err == nil {
		t.Error("an id with a header in it was taken")
	}
	_, wrong := setUp(t, func(c *Config) { c.URL, c.Password = w.KannelURL(), "wrong" })
	if err := wrong.SendSMS(t.Context(), text); !errors.Is(err, call.ErrUnavailable) || errors.Is(err, call.ErrRejected) || !strings.Contains(err.Error(), "403") {
		t.Errorf("a wrong password is our fault, not the text's: %v", err)
	}
	if got := w.Outbox(""); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}

func TestWhenTheCarrierIsUnwell(t *testing.T) {
	w, g := setUp(t, nil)
	spoil := func(mode sandbox.Mode, want error) {
		if err := w.SetFault("sms2", mode); err != nil {
			t.Fatal(err)
		}
		for range 5 {
			err := g.SendSMS(t.Context(), text)
			if !errors.Is(err, want) {
				t.Errorf("%s: %v", mode, err)
			}
			if strings.Contains(err.Error(), "9001234567") || strings.Contains(err.Error(), "123456") {
				t.Errorf("%s: the error tells about a person: %v", mode, err)
			}
		}
	}
	spoil(sandbox.Down, call.ErrUnavailable)
	spoil(sandbox.Garbage, call.ErrGarbage)
	if got := w.Outbox(""); len(got) != 0 {
		t.Errorf("an error, and yet it arrived: %+v", got)
	}
	spoil(sandbox.Slow, call.ErrUnavailable) // a carrier that is slow may take the text after we have given up
	time.Sleep(2 * time.Second)              // longer than slow
	before := len(w.Outbox(""))
	if err := w.SetFault("sms2", sandbox.OK); err != nil {
		t.Fatal(err)
	}
	if err := g.SendSMS(t.Context(), text); err != nil {
		t.Error(err)
	}
	if got := len(w.Outbox("")); got != before+1 {
		t.Errorf("%d texts arrived after the carrier was well again, want 1", got-before)
	}
	if err := g.Ping(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestAProxyThatSaysAcceptedIsNotTheCarrier(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(202)
		io.WriteString(w, "<html>Accepted</html>")
	}))
	t.Cleanup(srv.Close)
	_, g := setUp(t, func(c *Config) { c.URL = srv.URL })
	if err := g.SendSMS(t.Context(), text); !errors.Is(err, call.ErrGarbage) {
		t.Error(err)
	}
}

func TestSettings(t *testing.T) {
	for _, c := range []Config{
		{Config: call.Config{URL: "sms.example"}},
		{Username: "a\nb", Config: call.Config{URL: "http://sms.example"}},
		{Source: "a\rb", Config: call.Config{URL: "http://sms.example"}},
	} {
		if _, err := New(c); err == nil {
			t.Errorf("%+v was taken", c)
		}
	}
}
