package webpush_test

import (
	"crypto/ecdh"
	"crypto/rand"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"okno/internal/connector/call"
	"okno/internal/connector/webpush"
	"okno/internal/notification"
	"okno/internal/sandbox"
)

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

func key(t *testing.T) notification.PushKey {
	t.Helper()
	pair, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return notification.NewPushKey(pair)
}

func TestAMessageReachesTheBrowserAloneAndTellsTheServiceNothing(t *testing.T) {
	w, err := sandbox.Start(t.Context(), sandbox.Config{Dir: t.TempDir(), Slow: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	browser, err := w.PushBrowser("+79120000001")
	if err != nil {
		t.Fatal(err)
	}
	g := webpush.New(webpush.Config{Timeout: 2 * time.Second, Inside: loopback, Contact: "https://okno.example"})
	ours := key(t)
	send := func(k notification.PushKey, words, topic string, urgent bool) error {
		return g.SendPush(t.Context(), notification.Pushed{To: notification.Subscription(browser), Key: k, Topic: topic, Urgent: urgent, TTL: 24 * time.Hour, Payload: []byte(words)})
	}
	if err := send(ours, `{"title":"Решение готово","body":"Откройте портал"}`, "01k0000000000000000000000b", false); err != nil {
		t.Fatal(err)
	}
	if err := send(ours, "коротко", "01k0000000000000000000000c", true); err != nil {
		t.Fatal(err)
	}
	got := w.Pushed(browser)
	if len(got) != 2 || !strings.Contains(got[0].Text, "Решение готово") || got[0].Topic != "01k0000000000000000000000b" || got[0].TTL != 86400 || got[0].Urgency != "normal" || got[1].Urgency != "high" {
		t.Fatalf("the browser has %+v", got)
	}
	if got[0].Bytes != got[1].Bytes || got[0].Bytes > 4096 {
		t.Errorf("the length tells the service something: %d and %d bytes", got[0].Bytes, got[1].Bytes)
	}
	if box := w.Outbox("+79120000001"); len(box) != 2 || box[1].Channel != "push" || box[1].Text != "Решение готово\nОткройте портал" {
		t.Errorf("the letterbox has %+v", box)
	}
	if err := send(key(t), "чужой", "t", false); err == nil || len(w.Pushed(browser)) != 2 {
		t.Errorf("with a key that the browser is not bound to: %v", err)
	}
	w.PushPace("90")
	var later notification.Later
	if err := send(ours, "много", "t", false); !errors.As(err, &later) || later.After != 90*time.Second {
		t.Errorf("a service that asks to wait: %v", err)
	}
	w.PushPace("")
	for _, mode := range []sandbox.Mode{sandbox.Down, sandbox.Slow} {
		if err := w.SetFault("push", mode); err != nil {
			t.Fatal(err)
		}
		if err := send(ours, "нет", "t", false); err == nil || strings.Contains(err.Error(), "/push/") {
			t.Errorf("a service that is %s: %v", mode, err)
		}
	}
	if err := w.SetFault("push", sandbox.OK); err != nil {
		t.Fatal(err)
	}
	w.PushGone(browser)
	if err := send(ours, "поздно", "t", false); !errors.Is(err, notification.ErrGone) {
		t.Errorf("a browser that is gone: %v", err)
	}
}

func TestOnlyPushServicesAreCalled(t *testing.T) {
	g := webpush.New(webpush.Config{Timeout: 2 * time.Second, Hosts: []string{"fcm.googleapis.com", "push.services.mozilla.com", "localhost"}})
	for address, want := range map[string]bool{
		"https://fcm.googleapis.com/fcm/send/x":              true,
		"https://updates.push.services.mozilla.com/wpush/v2": true,
		"http://fcm.googleapis.com/fcm/send/x":               false,
		"https://fcm.googleapis.com:8443/x":                  false,
		"https://evilfcm.googleapis.com.example/x":           false,
		"https://notfcm.googleapis.com/x":                    false,
		"https://user:secret@fcm.googleapis.com/x":           false,
		"https://127.0.0.1/x":                                false,
		"http://127.0.0.1/x":                                 false,
		"https://[::ffff:10.0.0.1]/x":                        false,
		"file:///etc/passwd":                                 false,
		"":                                                   false,
	} {
		if got := g.Takes(address); got != want {
			t.Errorf("%s is taken: %v", address, got)
		}
	}
	browser := notification.Subscription{Endpoint: "https://localhost/x", P256dh: "BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM", Auth: "tBHItJI5svbpez7KI4CCXg"}
	if err := g.SendPush(t.Context(), notification.Pushed{To: browser, Key: key(t), Payload: []byte("x")}); !errors.Is(err, call.ErrInside) {
		t.Errorf("a name of a push service that leads inside: %v", err)
	}
	browser.Endpoint = "https://elsewhere.example/x"
	if err := g.SendPush(t.Context(), notification.Pushed{To: browser, Key: key(t), Payload: []byte("x")}); err == nil || strings.Contains(err.Error(), "elsewhere") {
		t.Errorf("an address of no push service: %v", err)
	}
}
