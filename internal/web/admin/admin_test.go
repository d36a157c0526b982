package admin_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/agent"
	"okno/internal/catalogue"
	"okno/internal/connector/hook"
	"okno/internal/jobs"
	"okno/internal/store"
	"okno/internal/store/storetest"
	"okno/internal/web/admin"
	"okno/internal/web/desk/desktest"
	"okno/internal/web/webtest"
	"okno/internal/webhook"
)

var ctx = context.Background()

// desk is the administrator's desk, beside an address that answers as the test says.
type desk struct {
	*desktest.Floor
	agents *agent.Service
	hooks  *webhook.Service
	url    string
	status atomic.Int64 // of what is posted
	agrees atomic.Bool
}

func open(t *testing.T, db *store.DB) *desk {
	t.Helper()
	x := &desk{Floor: desktest.Open(t, db)}
	x.status.Store(http.StatusNoContent)
	x.agrees.Store(true)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodOptions && x.agrees.Load() {
			w.Header().Set("WebHook-Allowed-Origin", "*")
			return
		}
		w.WriteHeader(int(x.status.Load()))
	}))
	t.Cleanup(s.Close)
	x.url = s.URL
	list, err := catalogue.Load()
	if err != nil {
		t.Fatal(err)
	}
	x.agents = &agent.Service{DB: db, Ring: x.Ring, Policy: x.Policy, Agency: func(code string) bool { _, ok := list.Agency(code); return ok }}
	x.hooks = &webhook.Service{DB: db, Ring: x.Ring, Policy: x.Policy, Jobs: x.Queue, URL: x.Server.URL,
		Sender: hook.New(hook.Config{Timeout: 2 * time.Second, Inside: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})}
	jobs.Handle(x.Queue, x.hooks.Send)
	(&admin.Pages{DB: db, Agents: x.agents, Webhooks: x.hooks, Catalogue: list, Policy: x.Policy, Zone: time.UTC}).Mount(x.Server)
	return x
}

// one runs body on SQLite: the pages do not know the engine, and what they call is tested on both.
func one(t *testing.T, body func(t *testing.T, x *desk)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		if db.Engine() == store.SQLite {
			body(t, open(t, db))
		}
	})
}

func sees(t *testing.T, c *webtest.Client, words ...string) {
	t.Helper()
	for _, w := range words {
		if !c.Page().Sees(w) {
			t.Errorf("%s does not say «%s»: %s", c.Page().URL.Path, w, c.Page().Text())
		}
	}
}

// secret is the token that the page shows.
func secret(t *testing.T, c *webtest.Client) string {
	t.Helper()
	found := c.Page().All("code", "data-token", "new")
	if len(found) != 1 {
		t.Fatalf("no token is shown: %s", c.Page().Text())
	}
	return webtest.TextOf(found[0])
}

func TestAnAdministratorGivesATokenOutChangesItAndTakesItBack(t *testing.T) {
	one(t, func(t *testing.T, x *desk) {
		_, c := x.Hire(t, access.Admin, "platform")
		c.Open("/desk/admin")
		c.Follow("Системы ведомств")
		sees(t, c, "Систем пока нет")
		c.Press("Выпустить токен")
		if c.Page().Status != http.StatusUnprocessableEntity || len(c.Page().Errors()) != 3 {
			t.Fatalf("an empty form: %d %v", c.Page().Status, c.Page().Errors())
		}
		c.Choose("Федеральная служба государственной регистрации, кадастра и картографии", "unit")
		c.Fill("name", "АИС «Реестр»")
		c.Tick("cases:read", true)
		c.Fill("days", "900")
		c.Press("Выпустить токен")
		if c.Page().Status != http.StatusUnprocessableEntity || c.Value("name") != "АИС «Реестр»" {
			t.Fatalf("a lifetime of years: %d %v, kept %q", c.Page().Status, c.Page().Errors(), c.Value("name"))
		}
		c.Fill("days", "30")
		c.Press("Выпустить токен")
		first := secret(t, c)
		if strings.Contains(c.Page().URL.String(), first) {
			t.Error("the token stands in the address")
		}
		if again := c.Get(c.Page().URL.Path); again.StatusCode != http.StatusNotFound { //nolint:bodyclose // the client reads it whole
			t.Errorf("the token is shown again: %d", again.StatusCode)
		}
		if who, _, err := x.agents.Enter(ctx, first); err != nil || who.Unit != "rosreestr" || who.Scopes != "cases:read" {
			t.Fatalf("the token opens %+v, %v", who, err)
		}
		c.Follow("Токен сохранён")
		sees(t, c, "АИС «Реестр»", "действует")
		c.Press("Выпустить новый токен")
		second := secret(t, c)
		c.Follow("Токен сохранён")
		sees(t, c, "заменён")
		c.Press("Отозвать", "заменён")
		sees(t, c, "Токен отозван", "отозван")
		if _, _, err := x.agents.Enter(ctx, first); err == nil {
			t.Error("a revoked token opens")
		}
		if _, _, err := x.agents.Enter(ctx, second); err != nil {
			t.Errorf("the other one does not: %v", err)
		}
		c.Press("Закрыть систему")
		sees(t, c, "закрыта")
		if _, _, err := x.agents.Enter(ctx, second); err == nil {
			t.Error("a closed system comes in")
		}
	})
}

func TestWhatWasGivenUpIsShownWithItsReasonAndSentAgain(t *testing.T) {
	one(t, func(t *testing.T, x *desk) {
		_, c := x.Hire(t, access.Admin, "platform")
		w, _, err := x.hooks.Create(ctx, access.Actor{Kind: access.Agent, ID: "01k0000000000000000000000a", Unit: "fns", Scopes: "webhooks"}, x.url, nil)
		if err != nil {
			t.Fatal(err)
		}
		x.status.Store(http.StatusGone)
		publish := func(n int64) {
			err := x.DB.Write(ctx, func(tx *store.Tx) error {
				return x.hooks.Publish(ctx, tx, webhook.News{Unit: "fns", Case: "01k0000000000000000000000b", Service: "fns.inn", State: "submitted", Turn: "agency", Version: n})
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		publish(1)
		publish(2)
		if err := x.hooks.Send(ctx, webhook.Drain{Webhook: w.ID}); err != nil {
			t.Fatal(err)
		}
		c.Open("/desk/admin/webhooks")
		sees(t, c, "case.submitted", "case.state-changed", "status 410", "остановлена")
		c.Follow(x.url, "остановлена")
		x.agrees.Store(false)
		c.Press("Спросить адрес ещё раз")
		sees(t, c, "не подтвердил")
		x.agrees.Store(true)
		c.Press("Спросить адрес ещё раз")
		sees(t, c, "отправка продолжается")
		x.status.Store(http.StatusNoContent)
		c.Press("Отправить снова", "case.submitted")
		sees(t, c, "ждут")
		c.Press("Отправить снова всё недоставленное")
		if err := x.hooks.Send(ctx, webhook.Drain{Webhook: w.ID}); err != nil {
			t.Fatal(err)
		}
		c.Open("/desk/admin/webhooks")
		sees(t, c, "Недоставленного нет", "доходит")
		c.Open("/desk/admin/webhooks/" + w.ID + "?state=sent")
		sees(t, c, "отправлены", "2 попытки")
	})
}

func TestOnlyAdministratorsComeToTheseDesks(t *testing.T) {
	one(t, func(t *testing.T, x *desk) {
		_, c := x.Hire(t, access.Officer, "fns")
		for _, path := range []string{"/desk/admin/agents", "/desk/admin/webhooks", "/desk/admin/webhooks/01k0000000000000000000000a"} {
			if got := c.Get(path); got.StatusCode != http.StatusForbidden { //nolint:bodyclose // the client reads it whole
				t.Errorf("%s opens for an officer: %d", path, got.StatusCode)
			}
		}
	})
}
