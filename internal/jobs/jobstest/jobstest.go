// Package jobstest lets tests of other packages enqueue jobs and wait until they are done.
package jobstest

import (
	"context"
	"log/slog"
	"runtime/pprof"
	"strings"
	"testing"
	"time"

	"okno/internal/jobs"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

func init() { storetest.Also("river", jobs.Migrate) }

// New returns a client on a migrated database, ready to enqueue and to be given handlers, not started.
func New(t testing.TB, db *store.DB) *jobs.Client {
	t.Helper()
	if err := jobs.Migrate(context.Background(), db); err != nil {
		t.Fatal(err)
	}
	c, err := jobs.New(db, jobs.Config{Workers: 4, Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Start starts the client until the end of the test.
func Start(t testing.TB, c *jobs.Client) {
	t.Helper()
	if err := c.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := c.Stop(ctx); err != nil {
			var where strings.Builder
			pprof.Lookup("goroutine").WriteTo(&where, 1) //nolint:errcheck // a Builder takes everything
			t.Errorf("stop jobs: %v; what hangs:\n%s", err, where.String())
		}
	})
}

// Settle waits until no job of the started client waits to run now or runs. Jobs that wait for a later moment, and failed ones
// that wait for their next try, stay.
func Settle(t testing.TB, c *jobs.Client) {
	t.Helper()
	settled, err := c.Settle(context.Background(), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if !settled {
		n, err := c.Counts(context.Background())
		t.Fatalf("jobs did not settle: %v, %v", n, err)
	}
}
