package appointment

import (
	"context"
	"fmt"
	"testing"

	"okno/internal/account"
	"okno/internal/i18n"
	"okno/internal/id"
	"okno/internal/keyring/keyringtest"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

// A line of any length is looked at in front only, and a party in front hides nobody who comes alone.
func TestOfALongLineThoseInFrontAreLookedAt(t *testing.T) {
	storetest.Clocked(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		ctx, ring := context.Background(), keyringtest.Ring(t)
		var accounts []string
		if err := db.Write(ctx, func(tx *store.Tx) error {
			for n := range 2*front + 50 {
				person := fmt.Sprintf("%s-%03d", id.At(tx.Now()), n)
				key, err := ring.NewPerson(ctx, tx, person)
				if err != nil {
					return err
				}
				if err := (&account.Service{DB: db, Ring: ring}).Create(ctx, tx, key, account.New{ID: person, Lang: i18n.RU, AgreedAt: tx.Now()}); err != nil {
					return err
				}
				accounts = append(accounts, person)
				party := 2 // families first, and whoever comes alone behind all of them
				if n >= front+50 {
					party = 1
				}
				for _, desk := range []string{"d", "e"} {
					if _, err := tx.Exec(ctx, `INSERT INTO appointment_wait (id, account_id, resource, party, state, created_at) VALUES ($1, $2, $3, $4, $5, $6)`,
						fmt.Sprintf("%s-%03d", desk, n), person, desk, party, waiting, tx.Now()); err != nil {
						return err
					}
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		lines, err := waiters(ctx, db, "d", "e")
		if err != nil {
			t.Fatal(err)
		}
		for _, desk := range []string{"d", "e"} {
			line := lines[desk]
			if len(line) != 2*front {
				t.Fatalf("%d of the line are read, want %d", len(line), 2*front)
			}
			if line[0].account != accounts[0] || line[front-1].account != accounts[front-1] || line[front].account != accounts[front+50] || line[front].party != 1 {
				t.Errorf("the line begins with %s, and whoever comes alone with %s", line[0].account, line[front].account)
			}
		}
	})
}
