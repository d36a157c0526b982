package system

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"okno/internal/catalogue"
	"okno/internal/jobs"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

// A new version of the program brings services whose registers this portal is not connected to: it starts and offers the others.
func TestAServiceWhoseRegisterIsNotConnectedIsNotOfferedAndThePortalStarts(t *testing.T) {
	s := soundSettings(t, storetest.Copy(t, store.SQLite))
	s.Registers.Others = nil
	said := &strings.Builder{}
	db := storetest.Open(t, store.SQLite, nil)
	s.Database = "sqlite:" + db.Path()
	if err := jobs.Migrate(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	x, err := New(t.Context(), s, slog.New(slog.NewJSONHandler(said, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.Close() }) //nolint:errcheck // the test is over
	for code, want := range map[string]bool{"mvd.driving-licence": false, "fns.inn": false, "rosreestr.extract": true, "fns.income-certificate": true} {
		if _, there := x.Catalogue.ByCode(code); there != want {
			t.Errorf("%s is offered: %v", code, there)
		}
		if told := strings.Contains(said.String(), "service "+code+" asks the register"); told == want {
			t.Errorf("of %s the log says %s", code, said.String())
		}
	}
}

func TestAServiceOfTheOperatorsWhoseRegisterIsNotConnectedStopsTheStart(t *testing.T) {
	s := soundSettings(t, storetest.Copy(t, store.SQLite))
	s.Registers.Others = nil
	own, err := catalogue.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	s.Services = t.TempDir()
	if err := os.CopyFS(s.Services, own); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(s.Services, "driving-licence.yaml")); err != nil {
		t.Fatal(err)
	}
	if err := Migrate(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	x, err := New(t.Context(), s, slog.New(slog.DiscardHandler))
	if err == nil {
		x.Close() //nolint:errcheck // it should not have started
	}
	if err == nil || !strings.Contains(err.Error(), "for which no address is set") || strings.Contains(err.Error(), "driving-licence") {
		t.Errorf("%v", err)
	}
}
