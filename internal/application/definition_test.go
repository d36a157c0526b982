package application

import (
	"context"
	"io/fs"
	"strings"
	"testing"

	"okno/internal/catalogue"
	"okno/internal/procedure"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

// What publishing has learnt to refuse is no reason to leave those alone who applied before: their cases are read and go on.
func TestACaseGoesOnByADefinitionThatWouldBeRefusedToday(t *testing.T) {
	files, err := catalogue.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	src, err := fs.ReadFile(files, "property-extract.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(src), "surname: p.surname\n", "surname: p.surname\n        wish: d.property.purpose\n", 1)
	if _, err := procedure.Compile("extract.yaml", []byte(text)); err == nil {
		t.Fatal("it is not refused")
	}
	old, err := procedure.Stored("extract.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	now, err := catalogue.Load()
	if err != nil {
		t.Fatal(err)
	}
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		before, after := &Service{DB: db, Catalogue: now}, &Service{DB: db, Catalogue: now}
		if err := before.pin(ctx, old); err != nil {
			t.Fatal(err)
		}
		def, err := after.definition(ctx, db, old.Version, old.Code)
		if err != nil || def.Version != old.Version {
			t.Fatalf("it cannot be read: %v", err)
		}
		if to, err := def.Move("in-work", "approve", procedure.ByOfficer); err != nil || to != "fetching" {
			t.Errorf("it goes on to %q, %v", to, err)
		}
	})
}
