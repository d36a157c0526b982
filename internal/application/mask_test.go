package application_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/form"
	"okno/internal/procedure"
	"okno/internal/store"
)

// REG-11: a version that nobody could publish today fills in a passport below the level from which a form shows it. It goes on, and its person
// sees the end alone.
func TestWhatNoFormOfTheLevelMayFillInIsMaskedInVersionsOfBefore(t *testing.T) {
	clocked(t, func(t *testing.T, x office) {
		level := func(to access.Level) {
			t.Helper()
			x.anna.Level = to
			if err := x.Service.DB.Write(ctx, func(tx *store.Tx) error {
				_, err := x.World.Accounts.Update(ctx, tx, x.anna.ID, func(a *account.Account) error {
					a.Level, a.Profile.INN = to, "500100732259"
					a.Profile.Document = &form.Identity{Kind: form.Passport, Series: "4510", Number: "123456", IssuedAt: form.Date{Year: 2026, Month: time.April, Day: 1}}
					return nil
				})
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		level(access.Standard)
		d := x.draft(t, stall, map[string][]string{"region": {"77"}, "hall": {"north"}, "from": {"01.04.2026"}, "to": {"02.04.2026"}, "goods.0.name": {"bread"}, "goods.0.food": {"true"}, "goods.0.licence": {"1"}})
		for f, masked := range map[procedure.Fact]bool{procedure.PassportSeries: true, procedure.PassportNumber: true, procedure.PassportIssuedAt: true, procedure.INN: true, procedure.SNILS: false, procedure.Surname: false} {
			if k := d.Profile[f]; k.Value == "" || k.Masked != masked {
				t.Errorf("%s: %+v", f, k)
			}
		}
		c, err := x.Submit(ctx, x.anna, stall, d.ID)
		if err != nil {
			t.Fatal(err)
		}
		src, err := os.ReadFile("../system/systemtest/services/stall.yaml")
		if err != nil {
			t.Fatal(err)
		}
		old, err := procedure.Stored("old.yaml", []byte(strings.Replace(string(src), "\npages:", "\nprefill:\n  - {to: /from, from: profile.passport_issued_at, lock: never, onFail: manual}\npages:", 1)))
		if err != nil {
			t.Fatal(err)
		}
		if err := x.Service.DB.Write(ctx, func(tx *store.Tx) error {
			if err := tx.Do(ctx, `INSERT INTO definition (version, service, content, seen_at) VALUES ($1, $2, $3, $4)`, old.Version, old.Code, old.Canonical(), tx.Now()); err != nil {
				return err
			}
			return tx.Do(ctx, `UPDATE application SET definition = $1 WHERE id = $2`, old.Version, c.ID)
		}); err != nil {
			t.Fatal(err)
		}
		for to, want := range map[access.Level]string{access.Standard: "···", access.Confirmed: "01.04.2026"} {
			level(to)
			got, err := x.Get(ctx, x.anna, c.ID)
			if err != nil {
				t.Fatal(err)
			}
			f, _ := got.Form(time.UTC).Field("/from")
			if shown := f.Show(ctx, got.Content.Answers); shown != want {
				t.Errorf("%s: shown is %q", to, shown)
			}
		}
	})
}
