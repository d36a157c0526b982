package voice_test

import (
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"okno/internal/connector/call"
	"okno/internal/connector/voice"
	"okno/internal/i18n"
	"okno/internal/notification"
	"okno/internal/sandbox"
)

// setUp is a world with telephones and a gateway that calls them.
func setUp(t *testing.T, change func(*voice.Config)) (*sandbox.World, *voice.Gateway) {
	t.Helper()
	w, err := sandbox.Start(t.Context(), sandbox.Config{Dir: t.TempDir(), Slow: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return w, gateway(t, w.VoiceAddr(), change)
}

func gateway(t *testing.T, addr string, change func(*voice.Config)) *voice.Gateway {
	t.Helper()
	c := voice.Config{Addr: addr, Caller: "78001000000", Limits: call.Limits{Timeout: 2 * time.Second, Failures: 100}}
	if change != nil {
		change(&c)
	}
	g, err := voice.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

var spoken1 = notification.Spoken{ID: "01k9abc-1", To: "+79001234567", Lang: i18n.RU, Digits: "482913"}

// heard waits for what lies in the outbox: whoever listened writes it down when we have hung up.
func heard(t *testing.T, w *sandbox.World, to string, n int) []sandbox.Message {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if got := w.Outbox(to); len(got) >= n || time.Now().After(end) {
			return got
		}
	}
}

// code says what became of a call as the code of its refusal, "" for anything else.
func code(err error) string {
	var r *call.Refusal
	if errors.As(err, &r) {
		return r.Code
	}
	return ""
}

func TestTheDigitsAreHeardInRussianAndInEnglish(t *testing.T) {
	t.Parallel()
	w, g := setUp(t, nil)
	var wg sync.WaitGroup
	for to, s := range map[string]struct {
		lang   i18n.Lang
		digits string
		want   string
	}{
		"+79001234561": {i18n.RU, "482913", "Ваш код, никому его не называйте: 482913. Повторяю: 482913"},
		"+79001234562": {i18n.EN, "706550", "Your code, tell it to nobody: 706550. Once more: 706550"},
	} {
		wg.Go(func() {
			if err := g.Call(t.Context(), notification.Spoken{ID: "x", To: to, Lang: s.lang, Digits: s.digits}); err != nil {
				t.Error(err)
				return
			}
			got := heard(t, w, to, 1)
			if len(got) != 1 || got[0].Text != s.want || got[0].Channel != "voice" || got[0].System != "voice" || got[0].ID == "" {
				t.Errorf("%s: %+v", to, got)
			}
		})
	}
	wg.Wait()
	if g.Name() != "voice" || g.State() != call.Closed {
		t.Error(g.Name(), g.State())
	}
}

func TestACarrierThatTakesNoCallsIsUnavailable(t *testing.T) {
	t.Parallel()
	w, g := setUp(t, nil)
	if err := w.SetFault("voice", sandbox.Down); err != nil {
		t.Fatal(err)
	}
	if err := g.Call(t.Context(), spoken1); !errors.Is(err, call.ErrUnavailable) || code(err) != "" || !strings.Contains(err.Error(), "status 503") {
		t.Errorf("%v", err)
	}
	if got := w.Outbox(""); len(got) != 0 {
		t.Errorf("%+v", got)
	}
	nobody := gateway(t, closed(t), nil)
	began := time.Now()
	if err := nobody.Call(t.Context(), spoken1); !errors.Is(err, call.ErrUnavailable) || time.Since(began) > 4*time.Second {
		t.Errorf("%v after %s", err, time.Since(began))
	}
	if err := nobody.Ping(t.Context()); err == nil {
		t.Error("nobody answers, and the doctor hears somebody")
	}
}

func TestWhoHangsUpBeforeTheCodeHasNotHeardIt(t *testing.T) {
	t.Parallel()
	w, g := setUp(t, nil)
	if err := w.SetFault("voice", sandbox.Garbage); err != nil {
		t.Fatal(err)
	}
	if err := g.Call(t.Context(), spoken1); code(err) != voice.HungUp || errors.Is(err, call.ErrUnavailable) {
		t.Errorf("%v", err)
	}
	if err := w.SetFault("voice", sandbox.OK); err != nil {
		t.Fatal(err)
	}
	torn := make(chan error, 1)
	go func() { torn <- g.Call(t.Context(), spoken1) }()
	time.Sleep(2 * time.Second) // in the middle of the greeting
	if err := w.SetFault("voice", sandbox.Down); err != nil {
		t.Fatal(err)
	}
	if err := <-torn; code(err) != voice.HungUp {
		t.Errorf("cut off: %v", err)
	}
	if g.State() != call.Closed {
		t.Error("a person who hangs up is no failure of the carrier")
	}
}

func TestAPhoneMayRingLongAndNotForEver(t *testing.T) {
	t.Parallel()
	w, g := setUp(t, func(c *voice.Config) { c.Ring = time.Second })
	if err := w.SetFault("voice", sandbox.Slow); err != nil {
		t.Fatal(err)
	}
	if err := g.Call(t.Context(), spoken1); code(err) != voice.NoAnswer {
		t.Errorf("%v", err)
	}
	patient := gateway(t, w.VoiceAddr(), nil)
	if err := patient.Call(t.Context(), spoken1); err != nil {
		t.Errorf("it was answered after two seconds: %v", err)
	}
}

func TestNoMoreCallsThanLines(t *testing.T) {
	t.Parallel()
	w, g := setUp(t, func(c *voice.Config) { c.AtOnce = 1 })
	done := make(chan error, 1)
	go func() { done <- g.Call(t.Context(), spoken1) }()
	for g.UnderWay() == 0 {
		time.Sleep(time.Millisecond)
	}
	other := spoken1
	other.To = "+79001234568"
	if err := g.Call(t.Context(), other); !errors.Is(err, notification.ErrNoLine) {
		t.Errorf("%v", err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	if got := w.Outbox(other.To); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}

func TestTheDoctorReachesTheTrunk(t *testing.T) {
	t.Parallel()
	_, g := setUp(t, nil)
	if err := g.Ping(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestWhatCannotBeCalledIsNotTried(t *testing.T) {
	g := gateway(t, closed(t), nil)
	for _, s := range []notification.Spoken{{To: "112", Digits: "482913"}, {To: "anna@example.org", Digits: "482913"}, {To: "+79001234567", Digits: "48 29"}, {To: "+79001234567"}} {
		if err := g.Call(t.Context(), s); !errors.Is(err, call.ErrRejected) {
			t.Errorf("%+v: %v", s, err)
		}
	}
}

func TestWrongSettingsAreRefused(t *testing.T) {
	good := voice.Config{Addr: "127.0.0.1:5060", Caller: "78001000000"}
	if _, err := voice.New(good); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*voice.Config){
		"no port":           func(c *voice.Config) { c.Addr = "127.0.0.1" },
		"transport":         func(c *voice.Config) { c.Transport = "pigeon" },
		"nobody calls":      func(c *voice.Config) { c.Caller = "" },
		"a line break":      func(c *voice.Config) { c.Caller = "7800\r\nX: y" },
		"half a password":   func(c *voice.Config) { c.Username = "okno" },
		"a name for our IP": func(c *voice.Config) { c.External = "okno.example" },
	} {
		c := good
		spoil(&c)
		if _, err := voice.New(c); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func closed(t *testing.T) string {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	return c.LocalAddr().String()
}
