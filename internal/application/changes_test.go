package application_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/catalogue"
	"okno/internal/notification"
	"okno/internal/signin/signintest"
	"okno/internal/store"
)

// Whoever keeps a service, or has begun an application for it, hears of a change that breaks something and of its end, once, and of other changes nothing.
func TestWhoKeepsAServiceIsToldThatItChangedAndThatItIsGone(t *testing.T) {
	clocked(t, func(t *testing.T, x office) {
		people := []access.Actor{x.anna}
		for i, phone := range []string{"+79120000071", "+79120000072", "+79120000073"} {
			session, err := x.Credentials.Check(ctx, x.Register(t, signintest.Visitor(fmt.Sprint("keeper", i)), phone))
			if err != nil {
				t.Fatal(err)
			}
			who := session.Actor()
			who.Level = access.Standard
			err = x.Service.DB.Write(ctx, func(tx *store.Tx) error {
				_, err := x.World.Accounts.Update(ctx, tx, who.ID, func(a *account.Account) error { a.Level = access.Standard; return nil })
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			people = append(people, who)
		}
		keeps, begins, both, stranger := people[0], people[1], people[2], people[3]
		src, err := os.ReadFile("../system/systemtest/services/stall.yaml")
		if err != nil {
			t.Fatal(err)
		}
		code, text := "town.kiosk", strings.NewReplacer(stall, "town.kiosk", "market-stall", "market-kiosk").Replace(string(src))
		publish := func(text string) {
			t.Helper()
			if _, err := x.Catalogue.Publish(ctx, access.SystemActor(), x.Service.DB, catalogue.Why{Breaking: "a test"}, catalogue.Source{File: "kiosk.yaml", Content: []byte(text)}); err != nil {
				t.Fatal(err)
			}
		}
		news := func(who access.Actor) (subjects []string) {
			t.Helper()
			list, err := x.Service.Notices.Inbox(ctx, who, 100)
			if err != nil {
				t.Fatal(err)
			}
			for _, n := range list {
				if n.Note.Topic == notification.Offer {
					subjects = append(subjects, n.Note.Subject.EN+" "+n.Note.Path)
				}
			}
			return subjects
		}
		expect := func(when string, want ...string) {
			t.Helper()
			for range 2 { // what was told is not told again
				if err := x.TellChanges(ctx); err != nil {
					t.Fatal(err)
				}
			}
			for i, who := range people {
				said := want
				if i == 3 {
					said = nil
				}
				if got := news(who); fmt.Sprint(got) != fmt.Sprint(said) {
					t.Errorf("%s person %d was told %q, not %q", when, i, got, said)
				}
			}
		}
		publish(text)
		for _, who := range []access.Actor{keeps, both} {
			if err := x.World.Accounts.SetFavourite(ctx, who, code, true); err != nil {
				t.Fatal(err)
			}
		}
		for _, who := range []access.Actor{begins, both} {
			if _, err := x.Begin(ctx, who, code); err != nil {
				t.Fatal(err)
			}
		}
		if err := x.World.Accounts.SetFavourite(ctx, stranger, stall, true); err != nil {
			t.Fatal(err)
		}
		expect("of a new service")
		publish(strings.Replace(text, "A place at the town market", "Your place at the town market", 1))
		expect("of the same in other words")
		broken := strings.Replace(text, "assurance: standard", "assurance: confirmed", 1)
		if broken == text {
			t.Fatal("the stall asks for another level")
		}
		publish(broken)
		for step := range 3 { // two, one, and that there is nobody else
			if more, err := x.TellChange(ctx, 2); err != nil || more != (step < 2) {
				t.Fatalf("step %d: %v, %v", step, more, err)
			}
		}
		changed := "A stall at the market: the service has changed services/market-kiosk"
		expect("of a change", changed)
		x.clock.Advance(time.Minute) // the latest stands first
		if _, err := x.Catalogue.Unpublish(ctx, access.SystemActor(), x.Service.DB, catalogue.Why{Breaking: "a test"}, code); err != nil {
			t.Fatal(err)
		}
		expect("of its end", "A stall at the market: the service is not offered any more applications", changed)
	})
}
