package portal_test

import (
	"net/http"
	"os"
	"testing"
	"testing/fstest"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/catalogue"
	"okno/internal/store"
)

// SRV-2: when a service is taken back, what people typed for it does not vanish: it is listed, said to be of a service that is not offered, read
// and deleted by its person alone. Nobody is offered to apply for it again.
func TestADraftForAServiceThatIsNotOfferedAnyMoreIsSaidToBeSo(t *testing.T) {
	var files [2][]byte
	for i, name := range []string{"badge.yaml", "tent.yaml"} {
		src, err := os.ReadFile("../../system/systemtest/services/" + name)
		if err != nil {
			t.Fatal(err)
		}
		files[i] = src
	}
	withServices(t, fstest.MapFS{"badge.yaml": {Data: files[0]}}, func(t *testing.T, x counter) {
		const tent = "town.tent"
		list := x.cases.Catalogue
		if _, err := list.Publish(ctx, access.SystemActor(), x.Accounts.DB, catalogue.Why{Note: "a fair"}, catalogue.Source{File: "tent.yaml", Content: files[1]}); err != nil {
			t.Fatal(err)
		}
		who, c := x.Person(t, phone)
		_, other := x.Person(t, "+79120000009")
		d, err := x.cases.Begin(ctx, who, tent)
		if err != nil {
			t.Fatal(err)
		}
		typed := map[string][]string{"size": {"3"}, "helpers.0.name": {"Пётр"}}
		for _, page := range d.Form.Pages {
			if _, err := x.cases.SavePage(ctx, who, tent, page.ID, typed); err != nil {
				t.Fatal(err)
			}
		}
		one, err := x.cases.Submit(ctx, who, tent, d.ID)
		if err != nil {
			t.Fatal(err)
		}
		x.decide(t, application.Act{Event: "refuse", Reason: "full", Advice: "Места кончились"})
		if d, err = x.cases.Begin(ctx, who, tent); err != nil {
			t.Fatal(err)
		}
		if _, err := x.cases.SavePage(ctx, who, tent, d.Form.Pages[0].ID, typed); err != nil {
			t.Fatal(err)
		}
		c.Open("/applications/" + one.ID)
		sees(t, c, "Исправить и подать снова")
		c.Open("/drafts/" + d.ID) // while it is offered, its draft is filled in
		answers(t, c, http.StatusNotFound)

		if _, err := list.Unpublish(ctx, access.SystemActor(), x.Accounts.DB, catalogue.Why{Note: "no fair", Breaking: "no fair"}, tent); err != nil {
			t.Fatal(err)
		}
		c.Open("/applications/" + one.ID)
		seesNo(t, c, "Исправить и подать снова")
		for _, page := range []string{"/applications", "/cabinet"} {
			c.Open(page)
			sees(t, c, d.Def.Title.RU, "Услугу больше не оказывают")
		}
		c.Open("/drafts/" + d.ID)
		sees(t, c, "Эту услугу больше не оказывают", "Пётр")
		other.Open("/drafts/" + d.ID)
		answers(t, other, http.StatusNotFound)
		c.Press("Удалить черновик")
		sees(t, c, "Черновик удалён")
		seesNo(t, c, "Услугу больше не оказывают")

		if err := x.Accounts.DB.Write(ctx, func(tx *store.Tx) error { // of which nothing is known at all
			_, err := x.Ring.Person(ctx, tx, who.ID)
			if err != nil {
				return err
			}
			return tx.Do(ctx, `INSERT INTO draft (account_id, by_id, service, id, answers, previous, updated_at) VALUES ($1, '', 'town.nothing', 'nothing', $2, '', $3)`, who.ID, []byte{}, tx.Now())
		}); err != nil {
			t.Fatal(err)
		}
		c.Open("/applications")
		c.Follow("Черновик без названия")
		sees(t, c, "Эту услугу больше не оказывают")
		c.Press("Удалить черновик")
		seesNo(t, c, "Черновик без названия")
	})
}
