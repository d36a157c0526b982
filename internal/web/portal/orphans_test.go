package portal_test

import (
	"net/http"
	"os"
	"testing"
	"testing/fstest"
	"time"

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
		sees(t, c, "Эту услугу больше не оказывают", "показать, что вы ввели, портал не может")
		c.Press("Удалить черновик")
		seesNo(t, c, "Черновик без названия")
	})
}

// A service of the files that people applied for once is known by what their cases began, also when its file is gone. What does not open there is
// deleted unread.
func TestADraftOfAServiceWhoseFileIsGoneIsReadByWhatCasesBegan(t *testing.T) {
	withFiles(t, func(t *testing.T, x counter) {
		const tent = "town.tent"
		who, c := x.Person(t, phone)
		typed := map[string][]string{"size": {"3"}, "helpers.0.name": {"Пётр"}}
		begin := func() application.Draft {
			t.Helper()
			d, err := x.cases.Begin(ctx, who, tent)
			if err != nil {
				t.Fatal(err)
			}
			for _, page := range d.Form.Pages {
				if d, err = x.cases.SavePage(ctx, who, tent, page.ID, typed); err != nil {
					t.Fatal(err)
				}
			}
			return d
		}
		if _, err := x.cases.Submit(ctx, who, tent, begin().ID); err != nil {
			t.Fatal(err)
		}
		d := begin()
		src, err := os.ReadFile("../../system/systemtest/services/badge.yaml")
		if err != nil {
			t.Fatal(err)
		}
		if x.cases.Catalogue, err = catalogue.Load(fstest.MapFS{"badge.yaml": {Data: src}}); err != nil {
			t.Fatal(err)
		}
		c.Open("/applications")
		sees(t, c, "Услугу больше не оказывают")
		c.Open("/drafts/" + d.ID)
		sees(t, c, d.Def.Title.RU, "Эту услугу больше не оказывают", "Ниже то, что вы ввели", "Пётр")

		if err := x.Accounts.DB.Write(ctx, func(tx *store.Tx) error {
			return tx.Do(ctx, `UPDATE draft SET answers = $1 WHERE id = $2`, []byte("nonsense"), d.ID)
		}); err != nil {
			t.Fatal(err)
		}
		c.Open("/applications")
		sees(t, c, "Услугу больше не оказывают")
		c.Open("/drafts/" + d.ID)
		sees(t, c, d.Def.Title.RU, "Эту услугу больше не оказывают", "показать, что вы ввели, портал не может")
		c.Press("Удалить черновик")
		sees(t, c, "Черновик удалён")
		seesNo(t, c, "Услугу больше не оказывают")
	})
}

// A parent sees, reads and deletes what they began for their child; when they may not act for the child any more, it is nobody's.
func TestAParentReadsAndDeletesADraftForTheirChildWhoseServiceIsNotOffered(t *testing.T) {
	withChildren(t, func(t *testing.T, x nursery) {
		const inn = "fns.inn"
		child, mother := x.family(t)
		name := child.Surname + " " + child.GivenName + " " + child.Patronymic
		who, c := x.Person(t, phone)
		x.confirm(t, who, mother)
		childID := x.added(t, who, c, child)
		begin := func() application.Draft { // a draft of a service that was taken back, and once cases began on it
			t.Helper()
			d, err := x.cases.Begin(ctx, access.Actor{Kind: access.Person, ID: who.ID, Level: access.Confirmed}.Acting(childID, access.Child), inn)
			if err != nil {
				t.Fatal(err)
			}
			if err := x.DB.Write(ctx, func(tx *store.Tx) error {
				if err := tx.Do(ctx, `UPDATE draft SET service = 'fns.gone' WHERE id = $1`, d.ID); err != nil {
					return err
				}
				_, err := tx.Exec(ctx, `INSERT INTO definition (version, service, content, seen_at) VALUES ('gone', 'fns.gone', $1, $2) ON CONFLICT (version) DO NOTHING`, d.Def.Canonical(), tx.Now())
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return d
		}
		d := begin()
		c.Open("/applications")
		sees(t, c, "Услугу больше не оказывают", "За: "+name)
		_, other := x.Person(t, "+79120000009")
		other.Open("/drafts/" + d.ID)
		answers(t, other, http.StatusNotFound)
		c.Open("/drafts/" + d.ID)
		sees(t, c, d.Def.Title.RU, "Ниже то, что вы ввели")
		c.Press("Удалить черновик")
		sees(t, c, "Черновик удалён")
		seesNo(t, c, "Услугу больше не оказывают")

		d = begin()
		c.Open("/drafts/" + d.ID)
		answers(t, c, http.StatusOK)
		if err := x.DB.Write(ctx, func(tx *store.Tx) error {
			return x.mandates.EndSince(ctx, tx, access.SystemActor(), who.ID, time.Time{})
		}); err != nil {
			t.Fatal(err)
		}
		c.Open("/drafts/" + d.ID)
		answers(t, c, http.StatusNotFound)
		c.Open("/applications")
		seesNo(t, c, "Услугу больше не оказывают")
	})
}
