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

// Demos that have begun: with their staff, their people and their cases. One offers the services of the tests, too.
var (
	begun    = storetest.Begun{Begin: func(dsn, dir string) error { return begin(dsn, dir, "") }}
	offering = storetest.Begun{Begin: func(dsn, dir string) error {
		folder, err := os.MkdirTemp("", "okno-services-")
		if err != nil {
			return err
		}
		return errors.Join(os.CopyFS(folder, services), begin(dsn, dir, filepath.Join(folder, "services")), os.RemoveAll(folder))
	}}
)

func begin(dsn, dir, services string) error {
	x, err := open(system.Settings{Data: dir, Database: dsn, Services: services})
	if err != nil {
		return err
	}
	return x.Close()
}

func open(s system.Settings) (*system.System, error) {
	s.Addr, s.URL, s.Demo, s.Workers, s.MaxConns = "127.0.0.1:0", "http://localhost:8080", true, 4, 8
	return system.New(context.Background(), s, slog.New(slog.NewTextHandler(io.Discard, nil)))
}

// Each runs body on a fresh demo whose jobs run, on SQLite and on PostgreSQL.
func Each(t *testing.T, body func(t *testing.T, x *system.System)) {
	t.Helper()
	run(t, &begun, "", body)
}

// WithServices is Each on a demo that offers the services of the tests, too.
func WithServices(t *testing.T, body func(t *testing.T, x *system.System)) {
	t.Helper()
	run(t, &offering, Services(t), body)
}

func run(t *testing.T, as *storetest.Begun, services string, body func(t *testing.T, x *system.System)) {
	t.Helper()
	storetest.Engines(t, func(t *testing.T, e store.Engine) {
		s := system.Settings{Services: services}
		s.Database, s.Data, s.Lent = as.Lend(t, e)
		x, err := open(s)
		if err != nil {
			t.Fatal(err)
		}
		ctx := context.Background() // jobs are stopped after the test, when its own context has ended
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
