// Package systemtest runs a test on a whole portal with a sandbox around it, on both engines.
package systemtest

import (
	"context"
	"embed"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	_ "okno/internal/jobs/jobstest" // its tables are in the copies
	"okno/internal/store"
	"okno/internal/store/storetest"
	"okno/internal/system"
)

// services are definitions that only tests offer.
//
//go:embed services
var services embed.FS

// Services is a folder with services of the tests: badge takes files.
func Services(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, services); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "services")
}

// Each runs body on a fresh demo whose jobs run, on SQLite and on PostgreSQL.
func Each(t *testing.T, body func(t *testing.T, x *system.System)) {
	t.Helper()
	With(t, func(*system.Settings) {}, body)
}

// With is Each with other settings.
func With(t *testing.T, change func(*system.Settings), body func(t *testing.T, x *system.System)) {
	t.Helper()
	storetest.Engines(t, func(t *testing.T, e store.Engine) {
		ctx := context.Background() // jobs are stopped after the test, when its own context has ended
		s := system.Settings{Addr: "127.0.0.1:0", URL: "http://localhost:8080", Data: t.TempDir() + "/data", Database: storetest.Copy(t, e), Demo: true, Workers: 4, MaxConns: 8}
		change(&s)
		x, err := system.New(ctx, s, slog.New(slog.NewTextHandler(io.Discard, nil)))
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
