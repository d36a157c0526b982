// Package systemtest runs a test on a whole portal with a sandbox around it, on both engines.
package systemtest

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"testing"

	"okno/internal/store"
	"okno/internal/store/storetest"
	"okno/internal/system"
)

// Each runs body on a fresh demo whose jobs run, on SQLite and on PostgreSQL.
func Each(t *testing.T, body func(t *testing.T, x *system.System)) {
	t.Helper()
	storetest.Engines(t, func(t *testing.T, e store.Engine) {
		ctx := context.Background() // jobs are stopped after the test, when its own context has ended
		x, err := system.New(ctx, system.Settings{Addr: "127.0.0.1:0", URL: "http://localhost:8080", Data: t.TempDir() + "/data", Database: storetest.DSN(t, e),
			Demo: true, Workers: 4, MaxConns: 8}, slog.New(slog.NewTextHandler(io.Discard, nil)))
		if err != nil {
			t.Fatal(err)
		}
		if err := x.Jobs.Start(ctx); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := errors.Join(x.Jobs.Stop(ctx), x.Close()); err != nil {
				t.Errorf("stop: %v", err)
			}
		})
		body(t, x)
	})
}
