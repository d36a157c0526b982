package application_test

import (
	"os"
	"strings"
	"testing"

	"okno/internal/application"
	"okno/internal/procedure"
	"okno/internal/store"
)

func TestAVersionThatNobodyCouldPublishIsToldOfWhileCasesGoByIt(t *testing.T) {
	clocked(t, func(t *testing.T, x office) {
		list := func() (n int) {
			t.Helper()
			out, err := application.Outgrown(ctx, x.Service.DB, x.Service.Catalogue)
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range out {
				if o.InForce || o.Service != extract || len(o.Issues) == 0 || o.Cases != 1 {
					t.Errorf("%+v", o)
				}
			}
			return len(out)
		}
		d := x.filled(t)
		c, err := x.Submit(ctx, x.anna, extract, d.ID)
		if err != nil {
			t.Fatal(err)
		}
		if n := list(); n != 0 {
			t.Fatalf("%d versions are told of before there is one", n)
		}
		src, err := os.ReadFile("../catalogue/services/property-extract.yaml")
		if err != nil {
			t.Fatal(err)
		}
		old, err := procedure.Stored("old.yaml", []byte(strings.Replace(string(src), "surname: p.surname\n", "surname: p.surname\n        wish: d.property.purpose\n", 1)))
		if err != nil {
			t.Fatal(err)
		}
		write := func(text string, args ...any) {
			t.Helper()
			if err := x.Service.DB.Write(ctx, func(tx *store.Tx) error { return tx.Do(ctx, text, args...) }); err != nil {
				t.Fatal(err)
			}
		}
		write(`INSERT INTO definition (version, service, content, seen_at) VALUES ($1, $2, $3, $4)`, old.Version, old.Code, old.Canonical(), x.Service.DB.Now())
		write(`UPDATE application SET definition = $1 WHERE id = $2`, old.Version, c.ID)
		if n := list(); n != 1 {
			t.Errorf("%d versions are told of, and a case goes by one", n)
		}
		write(`UPDATE application SET outcome = 'granted' WHERE id = $1`, c.ID)
		if n := list(); n != 0 {
			t.Errorf("%d versions are told of when no case goes by them", n)
		}
	})
}
