package system

import (
	"testing"
	"time"

	"okno/internal/files"
	"okno/internal/store"
)

// TestAFileThatIsBeingKeptOutlivesASweepOfADemoWhoseClockWasMoved has the sweep come between the bytes and their row.
func TestAFileThatIsBeingKeptOutlivesASweepOfADemoWhoseClockWasMoved(t *testing.T) {
	engines(t, func(t *testing.T, engine store.Engine) {
		x := run(t, demoSettings(t, engine), discard)
		if err := x.clock.advance(25 * time.Hour); err != nil {
			t.Fatal(err)
		}
		f, err := x.Files.Put(t.Context(), files.New{Name: "a.pdf", Media: files.PDF, Data: []byte("%PDF")})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := x.Files.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := x.DB.Write(t.Context(), func(tx *store.Tx) error { return x.Files.Keep(t.Context(), tx, f) }); err != nil {
			t.Fatal(err)
		}
		if _, _, err := x.Files.Open(t.Context(), x.DB, f.ID); err != nil {
			t.Errorf("its bytes are gone: %v", err)
		}
	})
}
