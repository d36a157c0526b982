package system

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"okno/internal/access"
	"okno/internal/i18n"
	"okno/internal/jobs/jobstest"
	"okno/internal/notification"
	"okno/internal/sandbox"
	"okno/internal/store"
	"okno/internal/wallet"
	"okno/internal/web/webtest"
)

// reached is a demo behind a line that can be cut, and a person in it at a real browser.
type reached struct {
	*System
	cut     *atomic.Bool
	b       *webtest.Browser
	account string
}

func atBrowser(t *testing.T) *reached {
	t.Helper()
	ctx := context.Background()
	r := &reached{cut: &atomic.Bool{}}
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if r.cut.Load() {
			panic(http.ErrAbortHandler)
		}
		r.Web.ServeHTTP(w, req)
	}))
	srv.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	base := "http://localhost:" + srv.Listener.Addr().String()[strings.LastIndex(srv.Listener.Addr().String(), ":")+1:]
	x, err := New(ctx, Settings{Addr: "127.0.0.1:0", URL: base, Data: t.TempDir() + "/data", Demo: true, Workers: 4}, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	r.System = x
	if err := x.Jobs.Start(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		srv.CloseClientConnections()
		srv.Close()
		if err := x.Jobs.Stop(ctx); err != nil {
			t.Error(err)
		}
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	})
	srv.Start()
	r.b = webtest.StartWhole(t).Browser(t, base, webtest.Phone())
	r.b.Open("/demo")
	known, err := x.Known()
	if err != nil || len(known.People) == 0 {
		t.Fatal(known, err)
	}
	r.account = known.People[0].ID
	r.b.Press("Войти за этого человека", known.People[0].Name)
	return r
}

// CAB-4: the browser's maker cannot be asked in a test, so the sandbox's push service is in its place: the browser is bound to it, it reads
// what comes over HTTP with the browser's keys, and hands it to the browser.
func TestARealBrowserShowsWhatIsPushed(t *testing.T) {
	x := atBrowser(t)
	b := x.b
	b.AllowNotifications()
	address, err := x.World.PushBrowser("+79120000001")
	if err != nil {
		t.Fatal(err)
	}
	b.Open("/cabinet/notices/choice")
	bind(t, b, address)
	b.Press("Включить в этом браузере")
	b.Await("that notifications are on", func(p *webtest.Page) bool {
		return p.Sees("Уведомления в этом браузере включены")
	})
	err = x.DB.Write(t.Context(), func(tx *store.Tx) error {
		return x.Notices.Tell(t.Context(), tx, x.account, notification.Note{Topic: notification.Case, Subject: i18n.Text{RU: "Справка готова", EN: "Ready"}, Body: i18n.Text{RU: "Паспорт 4510 123456", EN: "x"}, Path: "documents"})
	})
	if err != nil {
		t.Fatal(err)
	}
	jobstest.Settle(t, x.Jobs)
	got := x.World.Pushed(address)
	if len(got) != 1 || strings.Contains(got[0].Text, "4510") {
		t.Fatalf("the browser's maker handed over %+v", got)
	}
	b.Pushed(got[0].Text)
	b.Pushed(got[0].Text) // the service sent it twice
	b.Pushed("not of ours")
	var words string
	b.Run(&words, `async () => {
		const worker = await navigator.serviceWorker.ready
		for (let i = 0; ; i++) {
			const list = await worker.getNotifications()
			if (list.length > 1 || i === 100) return list.map(n => [n.title, n.body, n.data, n.lang].join('|')).sort().join(' + ')
			await new Promise(done => setTimeout(done, 50))
		}
	}`)
	if words != "Окно|Откройте портал «Окно», чтобы прочитать.|| + Справка готова|Откройте портал «Окно», чтобы прочитать.|/documents|ru" {
		t.Errorf("the screen shows %q", words)
	}

	// What is pressed is led to its page: the tab that is there already, or a new one, and nowhere but to the portal. The browser lets a
	// worker do that only when a person has pressed, so that the test has to stand in for tabs and the press.
	b.Open("/cabinet/notices")
	var led string
	b.InWorker(&led, `async () => {
		const led = []
		clients.openWindow = async url => { led.push('new ' + new URL(url).pathname) }
		WindowClient.prototype.focus = async function () { led.push('there ' + new URL(this.url).pathname) }
		await registration.showNotification('Я чужое', { data: 'https://elsewhere.example/documents' })
		const list = await registration.getNotifications()
		for (const n of list.sort((a, b) => a.title < b.title ? -1 : 1)) {
			const press = new NotificationEvent('notificationclick', { notification: n })
			const waits = []
			press.waitUntil = p => waits.push(p)
			dispatchEvent(press)
			await Promise.all(waits)
		}
		return [...led, (await registration.getNotifications()).length].join(', ')
	}`)
	if led != "there /cabinet/notices, new /documents, 0" {
		t.Errorf("whoever presses is led: %s", led)
	}
}

// CAB-4: names and states, for whoever wants them on this device, and nothing after signing out.
func TestWithoutANetworkThePersonSeesTheirListUntilTheySignOut(t *testing.T) {
	x := atBrowser(t)
	b := x.b
	if _, err := x.Wallet.Add(t.Context(), access.Actor{Kind: access.Person, ID: x.account, Level: access.Confirmed}, wallet.Entry{Kind: "car-insurance", Typed: map[string]string{
		"document_number": "ХХХ 0123456789", "document_insurer": "АО «Заречное страхование»", "document_issued_at": "01.12.2025", "document_expires_at": "30.11.2030", "document_holder": "Бабушка",
	}}); err != nil {
		t.Fatal(err)
	}
	b.Open("/services/income-certificate/apply")
	b.Open("/cabinet/device")
	b.Press("Хранить список здесь")
	b.Await("that the list is kept", func(p *webtest.Page) bool {
		return p.Sees("Список хранится на этом устройстве")
	})
	kept := func(want bool) {
		t.Helper()
		for range 100 {
			var has bool
			if b.Run(&has, `async () => !!await caches.match('/cabinet/offline')`); has == want {
				return
			}
		}
		t.Fatalf("the list is kept: want %v", want)
	}
	kept(true)
	x.cut.Store(true)
	b.Open("/cabinet")
	page := b.Page()
	if !page.Sees("Нет связи") || !page.Sees("Справка о доходах") || !page.Sees("Черновик") || !page.Sees("Ваш список на") {
		t.Errorf("off line the page says: %s", page.Text())
	}
	if !page.Sees("Полис ОСАГО") || !page.Sees("····89") || !page.Sees("30 ноября 2030") {
		t.Errorf("of the wallet the page says off line: %s", page.Text())
	}
	for _, sealed := range []string{"0123456789", "Заречное", "Бабушка"} { // CAB-2: what opens behind a second factor is not on the device
		var has bool
		if b.Run(&has, `async () => (await (await caches.match('/cabinet/offline')).text()).includes("`+sealed+`")`); has || page.Sees(sealed) {
			t.Errorf("%s is kept on the device", sealed)
		}
	}
	x.cut.Store(false)
	b.Open("/cabinet")
	b.Run(nil, `() => document.querySelector('form[action="/signout"]').requestSubmit()`)
	b.Await("the end of the session", func(p *webtest.Page) bool { return p.Sees("Вы вышли") })
	kept(false)
	x.cut.Store(true)
	b.Open("/cabinet")
	page = b.Page()
	if !page.Sees("Нет связи") || page.Sees("Справка о доходах") || page.Sees("Полис ОСАГО") {
		t.Errorf("signed out and off line the page says: %s", page.Text())
	}
}

func bind(t *testing.T, b *webtest.Browser, a sandbox.PushAddress) {
	t.Helper()
	text, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	b.Run(nil, `() => { PushManager.prototype.subscribe = async () => {
		const a = `+string(text)+`
		const raw = s => Uint8Array.from(atob(s.replace(/-/g, '+').replace(/_/g, '/')), c => c.charCodeAt(0)).buffer
		return { endpoint: a.endpoint, getKey: name => raw(a[name]) }
	} }`)
}
