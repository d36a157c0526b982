package catalogue

import (
	"errors"
	"testing"

	"okno/internal/access"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

func TestEveryEditionOfAServiceIsKnownWithTheTimeInWhichItWasTheLastWord(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		c := builtIn(t)
		told := func() []Edition {
			t.Helper()
			list, err := c.Editions(ctx, sys, db, extract)
			if err != nil {
				t.Fatal(err)
			}
			return list
		}
		list := told()
		if len(list) != 1 || !list[0].File || !list[0].InForce || !list[0].Since.IsZero() {
			t.Fatalf("what comes with the program: %+v", list)
		}
		file := list[0].Version
		first := published(t, c, db, Why{Note: "first"}, titled(t, "Extract first"))[0].Version
		second := published(t, c, db, Why{Note: "second"}, titled(t, "Extract second"))[0].Version
		if _, err := c.Unpublish(ctx, sys, db, Why{Note: "back"}, extract); err != nil {
			t.Fatal(err)
		}
		if last, err := c.Last(ctx, db, []string{extract, "no.such"}); err != nil || len(last) != 1 || last[extract] != second {
			t.Errorf("what was published last, and taken back: %v, %v", last, err)
		}
		if _, err := c.GoBack(ctx, sys, db, Why{Note: "again"}, extract, first); err != nil {
			t.Fatal(err)
		}
		list = told()
		var versions []string
		for i, e := range list {
			versions = append(versions, e.Version)
			if e.InForce != (i == 0) {
				t.Errorf("edition %d, %s: in force %t", i, e.Note, e.InForce)
			}
			if i > 0 && (e.Until.IsZero() || !e.Until.Equal(list[i-1].Since)) {
				t.Errorf("edition %d lasts until %s, the next begins %s", i, e.Until, list[i-1].Since)
			}
		}
		want := []string{first, file, second, first, file}
		if len(versions) != len(want) {
			t.Fatalf("%v, want %v", versions, want)
		}
		for i := range want {
			if versions[i] != want[i] {
				t.Errorf("edition %d is %.12s, want %.12s", i, versions[i], want[i])
			}
		}
		if !list[1].File || !list[1].Since.Equal(list[0].Until) && list[1].Since.IsZero() {
			t.Errorf("what was taken back: %+v", list[1])
		}
		// A node that has not taken the last one in says so.
		behind := builtIn(t)
		late, err := behind.Editions(ctx, sys, db, extract)
		if err != nil || late[0].InForce || !late[1].InForce {
			t.Errorf("a node that is behind: %+v, %v", late, err)
		}
		if last, err := c.Last(ctx, db, []string{extract}); err != nil || last[extract] != first {
			t.Errorf("what was published last: %v, %v", last, err)
		}
		latest, err := c.Latest(ctx, sys, db)
		if err != nil || latest[extract].Version != first || latest[extract].Note != "again" {
			t.Errorf("the latest: %+v, %v", latest, err)
		}
		officer := access.Actor{Kind: access.Staff, ID: "o", Role: access.Officer, Unit: "rosreestr"}
		if _, err := c.Editions(ctx, officer, db, extract); !errors.Is(err, access.ErrDenied) {
			t.Errorf("an officer asks: %v", err)
		}
		if _, err := c.Latest(ctx, officer, db); !errors.Is(err, access.ErrDenied) {
			t.Errorf("an officer asks: %v", err)
		}
		if _, err := c.Editions(ctx, sys, db, "no.such"); !errors.Is(err, ErrUnknown) {
			t.Errorf("a service that is not there: %v", err)
		}
	})
}
