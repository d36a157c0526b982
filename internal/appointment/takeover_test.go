package appointment_test

import (
	"slices"
	"testing"

	"okno/internal/appointment"
	"okno/internal/keyring"
	"okno/internal/policy"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

func TestBookedTimesComeAlongToTheAccountThatTakesOver(t *testing.T) {
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s := &appointment.Service{DB: db, Policy: policy.Default().Appointments}
		r := doctor(1)
		slots := on(t, s, r, clock.Now().AddDate(0, 0, 1))
		all := people(t, db, 3)
		for i, person := range []string{all[0], all[2]} {
			a, err := s.Hold(ctx, as(person), r, appointment.Ask{Start: slots[i].Start})
			if err == nil {
				_, err = s.Confirm(ctx, as(person), a.ID)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		of := func(person string) (ids []string) {
			rows, err := db.Query(ctx, `SELECT id FROM appointment WHERE account_id = $1`, person)
			if err != nil {
				t.Fatal(err)
			}
			defer rows.Close() //nolint:errcheck // read to the end below
			for rows.Next() {
				var id string
				if err := rows.Scan(&id); err != nil {
					t.Fatal(err)
				}
				ids = append(ids, id)
			}
			return ids
		}
		was := of(all[0])
		for _, want := range [][]string{was, nil} { // the second time there is nothing left
			var got []string
			if err := db.Write(ctx, func(tx *store.Tx) (err error) {
				got, err = appointment.Holder{}.Move(ctx, tx, keyring.Between{From: all[0], To: all[1]})
				return err
			}); err != nil || !slices.Equal(got, want) {
				t.Errorf("moved %v, want %v, %v", got, want, err)
			}
		}
		if len(was) != 1 || len(of(all[0])) != 0 || !slices.Equal(of(all[1]), was) || len(of(all[2])) != 1 {
			t.Errorf("the old account has %v, the new one %v, a stranger %v", of(all[0]), of(all[1]), of(all[2]))
		}
	})
}

func between(from, to string) keyring.Between { return keyring.Between{From: from, To: to} }
