package webhook_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/agent"
	"okno/internal/application"
	"okno/internal/keyring"
	"okno/internal/procedure"
	"okno/internal/sandbox"
	"okno/internal/store"
	"okno/internal/system"
	"okno/internal/system/systemtest"
	"okno/internal/webhook"
)

var (
	ctx     = context.Background()
	admin   = access.Actor{Kind: access.Staff, ID: "admin-one", Role: access.Admin}
	officer = access.Actor{Kind: access.Staff, ID: "officer-one", Role: access.Officer, Unit: unit}
)

const (
	extract = "rosreestr.extract"
	unit    = "rosreestr"
)

// subscribed is an agency's system that gets news, and its subscription.
func subscribed(t *testing.T, x *system.System, unit string) (access.Actor, webhook.Webhook, sandbox.AgencyLink) {
	t.Helper()
	_, token, err := x.Agents.Register(ctx, admin, agent.New{Unit: unit, Name: "АИС", Scopes: access.Scopes()})
	if err != nil {
		t.Fatal(err)
	}
	who, _, err := x.Agents.Enter(ctx, token.Secret)
	if err != nil {
		t.Fatal(err)
	}
	w, secret, err := x.Webhooks.Create(ctx, who, x.World.AgencyURL(), nil)
	if err != nil {
		t.Fatal(err)
	}
	link := sandbox.AgencyLink{Token: token.Secret, Secrets: []string{secret}}
	x.World.ConnectAgency(link)
	return who, w, link
}

// file files an extract for the person whose other one waits.
func file(t *testing.T, x *system.System) application.Case {
	t.Helper()
	known, err := x.Known()
	if err != nil {
		t.Fatal(err)
	}
	who := access.Actor{Kind: access.Person, ID: known.People[1].ID, Level: access.Confirmed}
	a, err := x.Accounts.Get(ctx, x.DB, who.ID)
	if err != nil {
		t.Fatal(err)
	}
	number := ""
	for _, r := range x.World.People() {
		if r.INN == a.Profile.INN {
			number = r.Estates[0].CadastralNumber
		}
	}
	d, err := x.Applications.Begin(ctx, who, extract)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range d.Form.Pages {
		if _, err := x.Applications.SavePage(ctx, who, extract, p.ID, map[string][]string{"property.cadastral_number": {number}, "property.owner": {"true"}, "extract.kind": {"object"}}); err != nil {
			t.Fatal(err)
		}
	}
	c, err := x.Applications.Submit(ctx, who, extract, d.ID)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// await looks for what is due until ok holds.
func await(t *testing.T, x *system.System, what string, ok func() bool) {
	t.Helper()
	for range 400 {
		if ok() {
			return
		}
		if err := x.Webhooks.Look(ctx); err != nil {
			t.Fatal(err)
		}
		time.Sleep(50 * time.Millisecond)
	}
	news, unbelieved := x.World.AgencyNews()
	t.Fatalf("waited for %s in vain: %d news, %d unbelieved", what, len(news), unbelieved)
}

func got(x *system.System) int { news, _ := x.World.AgencyNews(); return len(news) }

// count is how many deliveries there are of an outcome.
func count(t *testing.T, x *system.System, w webhook.Webhook, state webhook.Outcome) int {
	t.Helper()
	list, err := x.Webhooks.Deliveries(ctx, admin, w.ID, state, 1000, "")
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

func later(t *testing.T, x *system.System, advance string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, x.URL.String()+"/demo/clock", strings.NewReader(`{"advance":"`+advance+`"}`))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	if x.Web.ServeHTTP(w, r); w.Code != http.StatusOK {
		t.Fatalf("the clock: %d %s", w.Code, w.Body)
	}
}

func TestNewsOfACaseArriveSignedAndSayNothingOfThePerson(t *testing.T) {
	systemtest.Each(t, func(t *testing.T, x *system.System) {
		who, w, link := subscribed(t, x, unit)
		c := file(t, x)
		if _, err := x.Applications.Take(ctx, officer, c.ID); err != nil {
			t.Fatal(err)
		}
		await(t, x, "two news", func() bool { return got(x) == 2 })
		// From the change of the secret on both sign, and after a while the new one alone.
		_, secret, err := x.Webhooks.Rotate(ctx, who, w.ID)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := x.Applications.Do(ctx, officer, c.ID, application.Act{Event: "refuse", Reason: "data-mismatch", Advice: "Проверьте номер"}); err != nil {
			t.Fatal(err)
		}
		await(t, x, "what the old secret signs beside the new one", func() bool { return got(x) == 3 })
		x.World.ConnectAgency(sandbox.AgencyLink{Secrets: []string{secret}})
		file(t, x)
		await(t, x, "what the new secret signs", func() bool { return got(x) == 4 })
		later(t, x, "P2D")
		x.World.ConnectAgency(link)
		file(t, x)
		await(t, x, "a delivery that the old secret does not sign", func() bool { _, unbelieved := x.World.AgencyNews(); return unbelieved > 0 })
		news, _ := x.World.AgencyNews()
		for i, want := range []string{"localhost.case.submitted.v1", "localhost.case.state-changed.v1", "localhost.case.decided.v1", "localhost.case.submitted.v1"} {
			if news[i].Type != want {
				t.Errorf("the news %d are %s, not %s", i, news[i].Type, want)
			}
		}
		for _, n := range news {
			for fact, k := range c.Content.Profile {
				if k.Value != "" && len(k.Value) > 3 && strings.Contains(n.Body, k.Value) {
					t.Errorf("news say the %s of the person: %s", fact, n.Body)
				}
			}
			if strings.Contains(n.Body, c.Number) || strings.Contains(n.Body, c.AccountID) {
				t.Errorf("news name more than the case's id: %s", n.Body)
			}
		}
	})
}

// SRV-10, OPS-2: the agency's system is away for a day, while people file and officers decide; it catches up.
func TestAnAgencyThatWasAwayForADayMissesNothingAndGetsNothingTwiceUnderANewName(t *testing.T) {
	systemtest.Each(t, func(t *testing.T, x *system.System) {
		_, w, _ := subscribed(t, x, unit)
		failed := func() (int, string) {
			h, err := x.Webhooks.Get(ctx, admin, w.ID)
			if err != nil {
				t.Fatal(err)
			}
			return h.Failed, h.LastError
		}
		again := func(span string) { // nobody tries between two moves of the clock: each is awaited before anything else is done
			before, _ := failed()
			later(t, x, span)
			await(t, x, "another try in vain", func() bool { n, _ := failed(); return n > before })
		}
		for _, fault := range []sandbox.Mode{sandbox.Down, sandbox.Garbage} {
			if err := x.World.SetFault("agency", fault); err != nil {
				t.Fatal(err)
			}
			for range 3 {
				c := file(t, x)
				if _, err := x.Applications.Take(ctx, officer, c.ID); err != nil {
					t.Fatal(err)
				}
			}
			await(t, x, "a try in vain", func() bool { n, _ := failed(); return n > 0 })
			again("PT12H")
			again("PT12H")
		}
		x.World.AgencyAnswers(500, "")
		if err := x.World.SetFault("agency", sandbox.OK); err != nil {
			t.Fatal(err)
		}
		again("PT1H")
		if _, why := failed(); why != "status 500" {
			t.Errorf("the last try failed for %q", why)
		}
		if n := got(x); n != 0 {
			t.Fatalf("%d news arrived while nobody took any", n)
		}
		x.World.AgencyAnswers(0, "")
		later(t, x, "PT1H")
		await(t, x, "all of it", func() bool { return count(t, x, w, webhook.Sent) == 12 })
		news, unbelieved := x.World.AgencyNews()
		moves := map[string]bool{}
		for _, n := range news {
			moves[fmt.Sprintf("%s/%d", n.Case, n.Version)] = true
			if n.Times != 1 {
				t.Errorf("%s came %d times", n.ID, n.Times)
			}
		}
		if len(news) != 12 || len(moves) != 12 || unbelieved != 0 {
			t.Errorf("%d events of %d moves, where there were 12; %d unbelieved", len(news), len(moves), unbelieved)
		}
	})
}

func TestAnAgencysSystemDecidesACaseThatItHeardOf(t *testing.T) {
	systemtest.Each(t, func(t *testing.T, x *system.System) {
		front := httptest.NewServer(x.Web)
		t.Cleanup(front.Close)
		_, _, link := subscribed(t, x, unit)
		link.API, link.Decide = front.URL, true
		x.World.ConnectAgency(link)
		c := file(t, x)
		await(t, x, "the decision", func() bool {
			now, err := x.Applications.Get(ctx, access.SystemActor(), c.ID)
			return err == nil && now.Outcome == procedure.Granted
		})
		await(t, x, "the news of it", func() bool { return got(x) == 4 })
	})
}

func TestAnAddressThatIsGoneIsLeftAloneUntilItSaysOtherwise(t *testing.T) {
	systemtest.Each(t, func(t *testing.T, x *system.System) {
		who, w, _ := subscribed(t, x, unit)
		x.World.AgencyAnswers(410, "")
		c := file(t, x)
		await(t, x, "the end", func() bool { return count(t, x, w, webhook.Dead) == 1 })
		if _, err := x.Applications.Take(ctx, officer, c.ID); err != nil {
			t.Fatal(err)
		}
		if n := count(t, x, w, ""); n != 1 {
			t.Errorf("%d deliveries for an address that is gone", n)
		}
		if _, err := x.Webhooks.AgainAll(ctx, who, w.ID); !errors.Is(err, webhook.ErrStopped) {
			t.Errorf("it is sent to again without being asked: %v", err)
		}
		if _, err := x.Webhooks.Check(ctx, who, w.ID); err == nil {
			t.Error("it said that it wants nothing, and goes on")
		}
		x.World.AgencyAnswers(0, "")
		if _, err := x.Webhooks.Check(ctx, who, w.ID); err != nil {
			t.Fatal(err)
		}
		if n, err := x.Webhooks.AgainAll(ctx, who, w.ID); n != 1 || err != nil {
			t.Fatalf("%d, %v", n, err)
		}
		await(t, x, "what was given up", func() bool { return got(x) == 1 })
		news, _ := x.World.AgencyNews()
		if _, err := x.Webhooks.Again(ctx, who, w.ID, news[0].ID); err != nil {
			t.Fatal(err)
		}
		await(t, x, "the same again", func() bool { news, _ := x.World.AgencyNews(); return news[0].Times == 2 })
	})
}

func TestRetryAfterIsObeyedAndOneMessageHoldsUpNoOther(t *testing.T) {
	systemtest.Each(t, func(t *testing.T, x *system.System) {
		_, w, _ := subscribed(t, x, unit)
		x.World.AgencyAnswers(429, "7200")
		file(t, x)
		await(t, x, "the refusal", func() bool { h, err := x.Webhooks.Get(ctx, admin, w.ID); return err == nil && h.Failed == 1 })
		h, err := x.Webhooks.Get(ctx, admin, w.ID)
		if rest := h.RestUntil.Sub(x.DB.Now()); err != nil || rest < 110*time.Minute || rest > 2*time.Hour {
			t.Errorf("it rests for %v: %v", rest, err)
		}
		x.World.AgencyAnswers(422, "")
		later(t, x, "PT3H")
		file(t, x)
		await(t, x, "two refusals", func() bool {
			list, err := x.Webhooks.Deliveries(ctx, admin, w.ID, webhook.Waits, 10, "")
			return err == nil && len(list) == 2 && list[0].Status == 422 && list[1].Status == 422
		})
		x.World.AgencyAnswers(0, "")
		file(t, x)
		await(t, x, "the one that is well", func() bool { return got(x) == 1 })
		// For days in vain: it is given up, and shown.
		x.World.AgencyAnswers(422, "")
		later(t, x, "P4D")
		await(t, x, "the end of two", func() bool { return count(t, x, w, webhook.Dead) == 2 })
		if list, err := x.Webhooks.DeadOnes(ctx, admin, 10); err != nil || len(list) != 2 || list[0].Error != "status 422" {
			t.Errorf("the dead are %+v, %v", list, err)
		}
		later(t, x, "P40D")
		if err := x.Webhooks.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		if n := count(t, x, w, ""); n != 0 {
			t.Errorf("%d deliveries are kept for ever", n)
		}
	})
}

// The keys of the portal change while addresses are subscribed and a token waits to be shown.
func TestSecretsOfSystemsOutliveARotationOfTheMasterKey(t *testing.T) {
	systemtest.Each(t, func(t *testing.T, x *system.System) {
		who, _, _ := subscribed(t, x, unit)
		fresh, err := x.Agents.Rotate(ctx, admin, who.ID)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(x.Settings.Data, "keys", keyring.MasterFile)
		for _, change := range []func(string) error{keyring.Stage, keyring.Rotate, func(string) error { _, err := x.Rotation().Reseal(ctx, nil); return err }, keyring.Retire} {
			if err := change(path); err != nil {
				t.Fatal(err)
			}
			if _, err := x.Ring.Reload(); err != nil {
				t.Fatal(err)
			}
		}
		if shown, err := x.Agents.Show(ctx, admin, fresh.ID); err != nil || shown.Secret != fresh.Secret {
			t.Errorf("the token is not shown: %v", err)
		}
		file(t, x)
		await(t, x, "news that the secret signs", func() bool { return got(x) == 1 })
	})
}

// A move that did not happen is no news, and another agency's move is none of theirs.
func TestNewsAreWrittenWithTheMoveAndForItsAgencyAlone(t *testing.T) {
	systemtest.Each(t, func(t *testing.T, x *system.System) {
		_, w, _ := subscribed(t, x, unit)
		_, stranger, _ := subscribed(t, x, "fns")
		c := file(t, x)
		broken := errors.New("broken")
		_, err := x.Applications.Do(ctx, officer, c.ID, application.Act{Event: "take", Also: func(context.Context, *store.Tx, application.Case) error { return broken }})
		if !errors.Is(err, broken) {
			t.Fatal(err)
		}
		if n := count(t, x, w, ""); n != 1 {
			t.Errorf("%d news of one move", n)
		}
		list, err := x.Webhooks.Deliveries(ctx, admin, stranger.ID, "", 100, "")
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range list { // of a case of its own there may be news
			if d.News.Case == c.ID {
				t.Errorf("another agency is told: %+v", d)
			}
		}
	})
}

func TestOnlyTheSystemItselfAndTheAdministratorSeeASubscription(t *testing.T) {
	systemtest.Each(t, func(t *testing.T, x *system.System) {
		who, w, _ := subscribed(t, x, unit)
		other := access.Actor{Kind: access.Agent, ID: "another", Unit: unit, Scopes: who.Scopes}
		few := who
		few.Scopes = "cases:read"
		for name, actor := range map[string]access.Actor{"another system": other, "without the scope": few, "an officer": officer, "nobody": {}} {
			_, err1 := x.Webhooks.Get(ctx, actor, w.ID)
			_, _, err2 := x.Webhooks.Rotate(ctx, actor, w.ID)
			_, err3 := x.Webhooks.Deliveries(ctx, actor, w.ID, "", 1, "")
			_, err4 := x.Webhooks.AgainAll(ctx, actor, w.ID)
			_, err5 := x.Webhooks.Check(ctx, actor, w.ID)
			for i, err := range []error{err1, err2, err3, err4, err5, x.Webhooks.Delete(ctx, actor, w.ID)} {
				if err == nil {
					t.Errorf("%s may do %d", name, i)
				}
			}
		}
		if err := x.Agents.Close(ctx, admin, who.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := x.Webhooks.Get(ctx, admin, w.ID); !errors.Is(err, webhook.ErrMissing) {
			t.Errorf("a closed system is subscribed still: %v", err)
		}
	})
}
